//! Stand-in for the rules floor; replaced in the merge.
#![allow(missing_docs, reason = "stand-in")]

use std::path::Path;

/// A rule, as the catalogue shows it.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Entry<'a> {
    pub id: &'a str,
    pub family: &'a str,
    pub title: &'a str,
    pub severity: String,
    pub fact: &'a str,
    pub message: &'a str,
    pub why: &'a str,
    pub fix: &'a str,
    pub references: Vec<&'a str>,
    pub evil: &'a str,
    pub honest: &'a str,
}

/// Rules.
#[derive(Clone, Debug)]
pub struct Rules;

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RuleError(String);

impl Rules {
    #[must_use]
    pub const fn builtin() -> Self {
        Self
    }

    /// # Errors
    /// What is wrong.
    pub fn with_dir(dir: &Path) -> Result<Self, RuleError> {
        if dir.is_dir() { Ok(Self) } else { Err(RuleError(format!("{}: no such directory", dir.display()))) }
    }

    #[must_use]
    pub fn catalogue(&self) -> Vec<Entry<'_>> {
        let card = |id, title, severity: &str| Entry {
            id,
            family: "pickle",
            title,
            severity: severity.to_owned(),
            fact: "call",
            message: "Loading calls `{callee}`",
            why: "The file names a function that hands text to a shell. Whoever wrote the file\nchooses the text; it runs with the rights of whoever loads the model.\n",
            fix: "Do not load it. Ask for the weights as safetensors and compare digests.",
            references: vec!["CWE-502"],
            evil: "",
            honest: "",
        };
        vec![
            card("unknown-import", "Nobody has vouched for a name", "medium"),
            card("shell-command", "Loading the file runs a shell command", "critical"),
        ]
    }

    #[must_use]
    pub fn digest(&self) -> String {
        "0".repeat(64)
    }
}
