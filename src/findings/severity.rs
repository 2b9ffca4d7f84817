//! How bad a finding is, and from where on it fails a run.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A note.
    Info,
    /// Legal, unusual, worth knowing.
    Low,
    /// Nobody can vouch for it, or it is malformed in a way that loaders have been attacked with.
    Medium,
    /// Loading touches files, network, libraries or process state, or hides something made for that.
    High,
    /// Loading runs code or commands that the file chose.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|severity| severity.word() == word);
        found.ok_or_else(|| "critical, high, medium, low or info is expected".to_owned())
    }
}

/// The severity from which on a finding fails the run; `None` is never.
pub type Threshold = Option<Severity>;
