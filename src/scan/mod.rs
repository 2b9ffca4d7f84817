//! Floor 5: walking, detection, descent. Stand-in for the scanner; replaced in the merge (keep `pub mod walk`).
#![allow(missing_docs, reason = "stand-in")]

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    bytes::{Bytes, Limits, Name, Span},
    facts::{Call, Fact, Gap, GapCode, Import, Stream},
    findings::{Artifact, Coverage, Finding, Outcome, Scanned, Severity, Summary, Threshold, Tool},
    output::Sink,
    rules::Rules,
};

pub mod walk;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digest {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Progress {
    pub files: u64,
    pub of_files: u64,
    pub bytes: u64,
    pub of_bytes: u64,
    pub findings: u64,
}

pub struct Traced {
    pub artifacts: Vec<TracedArtifact>,
    pub complete: bool,
}

pub struct TracedArtifact {
    pub members: Vec<Name>,
    pub facts: Vec<Fact>,
    pub gaps: Vec<Gap>,
}

type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

pub struct Builder {
    rules: Rules,
    exclude: Vec<String>,
    allow_empty: bool,
    fail_on: Threshold,
    options: BTreeMap<String, String>,
    progress: Option<Watch>,
    stop: Arc<AtomicBool>,
}

impl Builder {
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }
    #[must_use]
    pub fn limits(self, _limits: Limits) -> Self {
        self
    }
    #[must_use]
    pub fn threads(self, _threads: usize) -> Self {
        self
    }
    #[must_use]
    pub fn digest(self, _digest: Digest) -> Self {
        self
    }
    #[must_use]
    pub fn deep(self, _deep: bool) -> Self {
        self
    }
    #[must_use]
    pub fn exclude(mut self, exclude: Vec<String>) -> Self {
        self.exclude = exclude;
        self
    }
    #[must_use]
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }
    #[must_use]
    pub fn fail_on(mut self, fail_on: Threshold) -> Self {
        self.fail_on = fail_on;
        self
    }
    #[must_use]
    pub fn options(mut self, options: BTreeMap<String, String>) -> Self {
        self.options = options;
        self
    }
    #[must_use]
    pub fn progress(mut self, progress: Watch) -> Self {
        self.progress = Some(progress);
        self
    }
    #[must_use]
    pub fn stop(mut self, stop: Arc<AtomicBool>) -> Self {
        self.stop = stop;
        self
    }
    #[must_use]
    pub fn build(self) -> Scanner {
        Scanner(self)
    }
}

pub struct Scanner(Builder);

const EVIL: &[u8] = b"cposix\nsystem\n";

impl Scanner {
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            rules: Rules::builtin(),
            exclude: Vec::new(),
            allow_empty: false,
            fail_on: Some(Severity::High),
            options: BTreeMap::new(),
            progress: None,
            stop: Arc::default(),
        }
    }

    /// # Errors
    /// What a sink says.
    pub fn run(&self, paths: &[PathBuf], sink: &mut dyn Sink) -> io::Result<Summary> {
        let exclude = walk::Exclude::new(&self.0.exclude).map_err(io::Error::other)?;
        sink.begin(&Tool::new(self.0.rules.digest(), self.0.options.clone()))?;
        let walked = walk::walk(paths, &exclude);
        let mut summary = Summary::default();
        summary.notes.clone_from(&walked.notes);
        summary.errors = walked.errors;
        summary.excluded = walked.excluded;
        summary.passed_over = walked.passed_over;
        summary.special = walked.special;
        for target in walked.targets() {
            if self.0.stop.load(Ordering::SeqCst) {
                summary.outcome = Outcome::Interrupted;
                break;
            }
            let scanned =
                match (&target.trouble, File::open(&target.real).and_then(|mut f| Bytes::open(&mut f))) {
                    (None, Ok(bytes)) => judge(target.path, &bytes),
                    (None, Err(error)) => troubled(target.path, error.to_string()),
                    (Some(gap), _) => troubled(target.path, gap.detail.clone()),
                };
            summary.count(&scanned);
            sink.file(&scanned)?;
            if let Some(progress) = &self.0.progress {
                progress(Progress { files: summary.files, bytes: summary.bytes, ..Progress::default() });
            }
        }
        if summary.outcome == Outcome::Interrupted {
            summary.exit_code = 130;
        } else {
            summary.conclude(self.0.fail_on, self.0.allow_empty);
        }
        sink.end(&summary)?;
        Ok(summary)
    }

    /// # Errors
    /// What the system says.
    pub fn scan_file(&self, name: Name, file: &mut File) -> io::Result<Scanned> {
        Ok(judge(name, &Bytes::open(file)?))
    }

    #[must_use]
    pub fn scan_bytes(&self, name: &str, bytes: Vec<u8>) -> Scanned {
        judge(name.into(), &Bytes::of_file(bytes))
    }

    /// # Errors
    /// What the system says.
    pub fn trace(&self, path: &Path) -> io::Result<Traced> {
        let bytes = Bytes::open(&mut File::open(path)?)?;
        let mut facts = Vec::new();
        let fact = |start, len, said| Fact { span: Span::new(start, len), chain: start, count: 1, said };
        let complete = bytes.last() == Some(&b'.');
        let ended = if complete { "stop" } else { "broken" };
        let stream = Stream { ended, bytes: bytes.size(), protocol: 4, ..Stream::default() };
        facts.push(fact(0, bytes.size(), stream.into()));
        if let Some(at) = bytes.windows(EVIL.len()).position(|w| w == EVIL) {
            let at = crate::bytes::wide(at);
            let import = Import {
                module: "posix".into(),
                name: "system".into(),
                raw_module: "posix".into(),
                raw_name: "system".into(),
                how: "global",
                used: "called",
                readings: "all",
                ..Import::default()
            };
            facts.push(fact(at, 14, import.into()));
            let call = Call {
                callee: "posix.system".into(),
                module: "posix".into(),
                name: "system".into(),
                via: "reduce",
                reached: "direct",
                expression: "posix.system('echo')".into(),
                readings: "all",
                ..Call::default()
            };
            facts.push(fact(at, 20, call.into()));
        }
        let gaps = if complete {
            vec![]
        } else {
            vec![Gap {
                code: GapCode::Truncated,
                members: vec![],
                span: Span::new(bytes.size(), 0),
                detail: "no STOP".into(),
            }]
        };
        Ok(Traced { artifacts: vec![TracedArtifact { members: vec![], facts, gaps }], complete })
    }
}

fn troubled(path: Name, detail: String) -> Scanned {
    let mut artifact = Artifact::new(path, 0);
    artifact.gaps.push(Gap { code: GapCode::Io, members: vec![], span: Span::default(), detail });
    Scanned { artifact: Some(artifact), ..Scanned::default() }
}

fn judge(path: Name, bytes: &Bytes) -> Scanned {
    let mut scanned = Scanned { bytes: bytes.size(), ..Scanned::default() };
    let evil = bytes.windows(EVIL.len()).position(|w| w == EVIL);
    if evil.is_none() && bytes.first() != Some(&0x80) {
        return scanned;
    }
    let mut artifact = Artifact::new(path.clone(), bytes.size());
    artifact.formats = vec!["pickle"];
    artifact.coverage = Coverage::Complete;
    if bytes.last() != Some(&b'.') {
        artifact.coverage = Coverage::Partial;
        let span = Span::new(bytes.size(), 0);
        artifact.gaps.push(Gap {
            code: GapCode::Truncated,
            members: vec![],
            span,
            detail: "the stream ends before STOP".into(),
        });
    }
    if let Some(at) = evil {
        let mut finding = Finding::new("shell-command", Severity::Critical);
        finding.title = "Loading the file runs a shell command".into();
        finding.message = "Loading calls `posix.system` with `echo`".into();
        finding.path = path;
        finding.offset = Some(crate::bytes::wide(at));
        finding.evidence.insert("expression".into(), "posix.system('echo')".into());
        finding.fix = "Do not load it. Ask for the weights as safetensors and compare digests.".into();
        scanned.findings.push(finding);
    }
    scanned.artifact = Some(artifact);
    scanned
}
