//! Floor 5: from paths to findings. Walking, detection, descent, and the [`Scanner`] that drives them.

mod bundle;
mod descend;
mod detect;
mod digest;
mod hidden;
mod imports;
mod layout;
mod left;
mod lfs;
mod manifest;
mod node;
mod one;
mod open;
mod queue;
mod run;
mod signatures;
mod sketch;
mod slack;
mod unexplained;
pub mod walk;
mod worth;

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    bytes::{Limits, Name},
    facts::{Fact, Gap},
    findings::{Scanned, Severity, Summary, Threshold},
    output::{Sink, map::Layout},
    rules::Rules,
};

/// Which artifacts are hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digest {
    /// Those up to 1 MiB, and up to 1 GiB those with a finding at or above high.
    #[default]
    Auto,
    /// All.
    Always,
    /// None.
    Never,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Files read.
    pub files: u64,
    /// Files to read.
    pub of_files: u64,
    /// Bytes of the files read.
    pub bytes: u64,
    /// Bytes of the files to read.
    pub of_bytes: u64,
    /// Findings so far.
    pub findings: u64,
}

/// What is told how far a run has come, from any thread.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// What loading a file would do, artifact by artifact.
#[derive(Debug)]
#[non_exhaustive]
pub struct Traced {
    /// The file itself first, then what is inside.
    pub artifacts: Vec<TracedArtifact>,
    /// Whether every byte was read in every reading.
    pub complete: bool,
}

/// Which bytes of a file are explained by whom, artifact by artifact.
#[derive(Debug)]
#[non_exhaustive]
pub struct Mapped {
    /// The file itself first, then what is inside.
    pub artifacts: Vec<Layout>,
    /// Whether every byte is explained.
    pub complete: bool,
}

/// One artifact of a [`Traced`] file.
#[derive(Debug)]
#[non_exhaustive]
pub struct TracedArtifact {
    /// The members that lead to it; empty for the file itself.
    pub members: Vec<Name>,
    /// What is said of it, in the order of offsets.
    pub facts: Vec<Fact>,
    /// What was not read.
    pub gaps: Vec<Gap>,
}

/// Settings of a [`Scanner`].
#[derive(Clone)]
pub struct Builder {
    rules: Arc<Rules>,
    limits: Limits,
    threads: usize,
    digest: Digest,
    deep: bool,
    exclude: Vec<String>,
    allow_empty: bool,
    fail_on: Threshold,
    options: BTreeMap<String, String>,
    progress: Option<Watch>,
    stop: Arc<AtomicBool>,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name.into();
            self
        }
    )*};
}

impl Builder {
    settings! {
        /// Rules that judge; those that come with mlscan unless set.
        rules: Rules;
        /// How far the scan of one file may go.
        limits: Limits;
        /// Number of threads; 0 is one for each processor.
        threads: usize;
        /// Which artifacts are hashed.
        digest: Digest;
        /// Whether opaque data is read too.
        deep: bool;
        /// Globs of paths that are left out.
        exclude: Vec<String>;
        /// Whether a run that meets no model is clean.
        allow_empty: bool;
        /// The severity from which on a finding fails the run.
        fail_on: Threshold;
        /// Options that the report repeats.
        options: BTreeMap<String, String>;
        /// When this is set the run stops after the files at work.
        stop: Arc<AtomicBool>;
    }

    /// Is told how far the run has come.
    #[must_use]
    pub fn progress(mut self, watch: Watch) -> Self {
        self.progress = Some(watch);
        self
    }

    /// The scanner.
    #[must_use]
    pub const fn build(self) -> Scanner {
        Scanner(self)
    }
}

/// Scans files. Nothing that it reads is ever loaded, imported or run.
pub struct Scanner(Builder);

impl Scanner {
    /// A scanner with the built-in rules and the default limits.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            rules: Arc::new(Rules::builtin()),
            limits: Limits::default(),
            threads: 0,
            digest: Digest::Auto,
            deep: false,
            exclude: Vec::new(),
            allow_empty: false,
            fail_on: Some(Severity::High),
            options: BTreeMap::new(),
            progress: None,
            stop: Arc::default(),
        }
    }

    /// Scans everything at and below `paths`, and hands it to `sink` in the order of the paths.
    ///
    /// # Errors
    /// What the sink says when it cannot write; a glob that cannot be read. A path that cannot be read is
    /// no error here: it is in the summary.
    pub fn run(&self, paths: &[PathBuf], sink: &mut dyn Sink) -> io::Result<Summary> {
        run::run(&self.0, paths, sink)
    }

    /// Scans a file that is open; what the report calls it is `name`.
    ///
    /// # Errors
    /// What the system says when it cannot be read.
    pub fn scan_file(&self, name: Name, file: &mut File) -> io::Result<Scanned> {
        one::file(&self.0, name, file)
    }

    /// Scans bytes that the caller has read from a file called `name`.
    #[must_use]
    pub fn scan_bytes(&self, name: &str, bytes: Vec<u8>) -> Scanned {
        one::bytes(&self.0, name.into(), bytes)
    }

    /// What loading the pickle at `path` would do, step by step.
    ///
    /// # Errors
    /// What the system says when it cannot be read.
    pub fn trace(&self, path: &Path) -> io::Result<Traced> {
        one::trace(&self.0, path)
    }

    /// Which bytes of the file at `path` are explained by whom.
    ///
    /// # Errors
    /// What the system says when it cannot be read.
    pub fn map(&self, path: &Path) -> io::Result<Mapped> {
        one::map(&self.0, path)
    }
}
