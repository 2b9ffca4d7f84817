//! Whether a file counts as a model, or may hide one.

use super::{node::Node, slack};
use crate::findings::{Finding, Severity};

/// Formats that hold others: what is not read in them may be a model.
pub(super) const CONTAINERS: &[&str] = &["zip", "tar", "compressed", "ar", "cpio", "7z"];

/// What speaks for a model.
#[derive(Debug, Default)]
pub(super) struct Worth {
    /// A model, or what deserves a finding, was met.
    found: bool,
    /// Something was not read where a model should be.
    wanted: bool,
    /// A format claims the file, or its name is a model's.
    expected: bool,
}

impl Worth {
    /// Notes that something should be a model.
    pub(super) fn want(&mut self, wanted: bool) {
        self.wanted |= wanted;
    }

    /// Notes what an artifact gave.
    pub(super) fn note(&mut self, node: &Node, findings: &[Finding]) {
        self.found |= node.formats.iter().any(|format| format.about().model)
            || findings.iter().any(|finding| finding.severity >= Severity::Medium);
        let container = node.formats.iter().any(|format| CONTAINERS.contains(&format.about().name));
        self.wanted |= container && !node.gaps.is_empty();
        if node.parent.is_none() {
            let named = slack::expected(&node.place);
            self.wanted |= named;
            self.expected = named || !node.formats.is_empty();
        }
    }

    /// Whether the file counts. What was found in a file that nothing speaks for counts if it is a model or does harm.
    pub(super) const fn model(&self) -> bool {
        self.found || self.expected && self.wanted
    }
}
