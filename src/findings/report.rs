//! The report: the contract with people and machines that read it. Fields are only ever added.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Finding, Severity, Threshold};
use crate::{bytes::Name, facts::Gap};

/// How much of an artifact was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Nothing: no format claimed it, or it could not be opened.
    None,
    /// There is at least one gap.
    Partial,
    /// Every byte has an owner.
    Complete,
}

/// One file that is, or may be, a model.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Artifact {
    /// The file, as given on the command line joined with what lies below it.
    pub path: Name,
    /// Other names of the same file.
    pub aliases: Vec<Name>,
    /// Formats that claim it.
    pub formats: Vec<&'static str>,
    /// Bytes on disk.
    pub size: u64,
    /// Digest, if it was worked out.
    pub sha256: Option<String>,
    /// How much of it was read.
    pub coverage: Coverage,
    /// What was not read.
    pub gaps: Vec<Gap>,
}

impl Artifact {
    /// An artifact of which nothing is known yet.
    #[must_use]
    pub const fn new(path: Name, size: u64) -> Self {
        Self {
            path,
            aliases: Vec::new(),
            formats: Vec::new(),
            size,
            sha256: None,
            coverage: Coverage::None,
            gaps: Vec::new(),
        }
    }
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut gap = serializer.serialize_struct("Gap", 5)?;
        gap.serialize_field("code", &self.code)?;
        gap.serialize_field("members", &self.members)?;
        gap.serialize_field("offset", &self.span.start)?;
        gap.serialize_field("length", &self.span.len)?;
        gap.serialize_field("detail", &self.detail)?;
        gap.end()
    }
}

/// What scanning one file gave.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Scanned {
    /// The artifact; nothing if the file is no model.
    pub artifact: Option<Artifact>,
    /// Findings, sorted.
    pub findings: Vec<Finding>,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What wrote the report.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Tool {
    /// `mlscan`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// SHA-256 of the rules and lists that judged.
    pub rules_digest: String,
    /// Options that shape the report, as given.
    pub options: BTreeMap<String, String>,
}

impl Tool {
    /// This version of mlscan with rules of this digest.
    #[must_use]
    pub const fn new(rules_digest: String, options: BTreeMap<String, String>) -> Self {
        Self { name: "mlscan", version: env!("CARGO_PKG_VERSION"), rules_digest, options }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything was read and nothing found at or above the threshold.
    #[default]
    Clean,
    /// Something was found at or above the threshold.
    Findings,
    /// Something was not read, or there was nothing to read.
    Incomplete,
    /// A path that does not exist, output that could not be written.
    Error,
    /// Stopped from outside.
    Interrupted,
}

impl Outcome {
    /// The exit status that goes with it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Error => 2,
            Self::Incomplete => 3,
            Self::Interrupted => 130,
        }
    }
}

/// Counts over a whole run.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How the run ended.
    pub outcome: Outcome,
    /// Its exit status.
    pub exit_code: u8,
    /// Files that were looked at.
    pub files: u64,
    /// Files that are, or may be, models.
    pub models: u64,
    /// Files that are no models.
    pub not_models: u64,
    /// Files of version control and byte-code caches, counted and not read.
    pub passed_over: u64,
    /// Paths left out by `--exclude`.
    pub excluded: u64,
    /// Pipes, sockets, devices: never opened.
    pub special: u64,
    /// Bytes of the files that were looked at.
    pub bytes: u64,
    /// Models that were not fully read.
    pub incomplete: u64,
    /// Number of findings of each severity, the worst first.
    pub findings: BTreeMap<Severity, u64>,
    /// Paths that were given and do not exist or cannot be read, and other things worth saying.
    pub notes: Vec<String>,
    /// Whether a path that was given could not be read.
    pub errors: u64,
}

impl Summary {
    /// Adds what scanning one file gave.
    pub fn count(&mut self, scanned: &Scanned) {
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(scanned.bytes);
        match &scanned.artifact {
            None => self.not_models = self.not_models.saturating_add(1),
            Some(artifact) => {
                self.models = self.models.saturating_add(1);
                let gap = u64::from(artifact.coverage != Coverage::Complete);
                self.incomplete = self.incomplete.saturating_add(gap);
            }
        }
        for finding in scanned.findings.iter().filter(|finding| finding.suppressed.is_none()) {
            let count = self.findings.entry(finding.severity).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Works out how the run ended: findings win over errors, errors over gaps.
    pub fn conclude(&mut self, threshold: Threshold, allow_empty: bool) {
        let failing = threshold.is_some_and(|least| self.findings.range(least..).any(|(_, &n)| n > 0));
        self.outcome = if failing {
            Outcome::Findings
        } else if self.errors > 0 {
            Outcome::Error
        } else if self.incomplete > 0 || (self.models == 0 && !allow_empty) {
            Outcome::Incomplete
        } else {
            Outcome::Clean
        };
        self.exit_code = self.outcome.exit_code();
    }
}

/// A whole run, collected.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// `mlscan-report/1`.
    pub schema: &'static str,
    /// What wrote it.
    pub tool: Tool,
    /// How the run ended.
    pub outcome: Outcome,
    /// Its exit status.
    pub exit_code: u8,
    /// Counts.
    pub summary: Summary,
    /// Models, sorted by path.
    pub artifacts: Vec<Artifact>,
    /// Findings, sorted by place.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Name of the contract.
    pub const SCHEMA: &'static str = "mlscan-report/1";

    /// An empty report.
    #[must_use]
    pub fn new(tool: Tool) -> Self {
        Self {
            schema: Self::SCHEMA,
            tool,
            outcome: Outcome::default(),
            exit_code: 0,
            summary: Summary::default(),
            artifacts: Vec::new(),
            findings: Vec::new(),
        }
    }
}
