//! One finding.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Severity;
use crate::bytes::Name;

/// What a rule concludes from a fact.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Identifier of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The rule's title.
    pub title: String,
    /// One sentence on this case: what the file does.
    pub message: String,
    /// The file, as given on the command line joined with what lies below it.
    pub path: Name,
    /// The members that lead to the place, from the outermost in.
    pub members: Vec<Name>,
    /// Offset in the innermost member.
    pub offset: Option<u64>,
    /// Offset in the file as it lies on disk; nothing if a step down was compressed.
    pub file_offset: Option<u64>,
    /// Number of bytes at that offset that the finding is about.
    pub length: u64,
    /// The fields of the fact that led to it.
    pub evidence: BTreeMap<String, serde_json::Value>,
    /// What the owner can do about it.
    pub fix: String,
    /// Other places of the same attack.
    pub related: Vec<Related>,
    /// What stays the same when the file is rebuilt: see [`super::fingerprint`].
    pub fingerprint: String,
    /// CWE, ATLAS, advisories.
    pub references: Vec<String>,
    /// Why it does not count, if a user has accepted it.
    pub suppressed: Option<String>,
    /// How often the same was said in this artifact.
    pub count: u64,
}

impl Finding {
    /// A finding with nothing but a rule and a severity; the caller fills in the rest.
    #[must_use]
    pub fn new(rule: impl Into<String>, severity: Severity) -> Self {
        Self {
            rule: rule.into(),
            severity,
            title: String::new(),
            message: String::new(),
            path: Name::default(),
            members: Vec::new(),
            offset: None,
            file_offset: None,
            length: 0,
            evidence: BTreeMap::new(),
            fix: String::new(),
            related: Vec::new(),
            fingerprint: String::new(),
            references: Vec::new(),
            suppressed: None,
            count: 1,
        }
    }

    /// What findings are sorted by: the place, then the rule.
    #[must_use]
    pub fn order(&self) -> impl Ord + '_ {
        (&self.path, &self.members, self.offset, &self.rule, &self.message)
    }
}

/// Another place of the same attack.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Related {
    /// What is there.
    pub message: String,
    /// The members that lead to it.
    pub members: Vec<Name>,
    /// Offset in the innermost member.
    pub offset: Option<u64>,
}

impl Related {
    /// Another place.
    #[must_use]
    pub const fn new(message: String, members: Vec<Name>, offset: Option<u64>) -> Self {
        Self { message, members, offset }
    }
}
