//! Files about which the same is to be said.

use std::{cmp::Reverse, collections::HashMap};

use crate::{
    bytes::Name,
    findings::{Scanned, Severity},
};

/// Names kept of files like another.
const NAMES: usize = 20;

/// A file, and those like it.
pub(super) struct Group {
    /// The first of them.
    pub(super) first: Scanned,
    /// The others, as far as they are kept.
    pub(super) like: Vec<Name>,
    /// Number of the others.
    pub(super) others: u64,
}

impl Group {
    /// The file's path.
    pub(super) fn path(&self) -> Name {
        let finding = self.first.findings.first().map(|finding| &finding.path);
        let path = self.first.artifact.as_ref().map(|artifact| &artifact.path).or(finding);
        path.cloned().unwrap_or_default()
    }

    fn worst(&self) -> Option<Severity> {
        self.first.findings.iter().filter(|finding| finding.suppressed.is_none()).map(|f| f.severity).max()
    }
}

/// Groups in the making. Holds each kind of file once, however many there are.
#[derive(Default)]
pub(super) struct Fold {
    groups: Vec<Group>,
    seen: HashMap<String, usize>,
}

impl Fold {
    /// Adds a file.
    pub(super) fn add(&mut self, scanned: &Scanned) {
        let at = *self.seen.entry(likeness(scanned)).or_insert(self.groups.len());
        let Some(group) = self.groups.get_mut(at) else {
            return self.groups.push(Group { first: scanned.clone(), like: Vec::new(), others: 0 });
        };
        group.others = group.others.saturating_add(1);
        if group.like.len() < NAMES {
            group.like.extend(scanned.artifact.as_ref().map(|artifact| artifact.path.clone()));
        }
    }

    /// The groups, the worst first.
    pub(super) fn finish(mut self) -> Vec<Group> {
        self.groups.sort_by_cached_key(|group| (Reverse(group.worst()), group.path()));
        self.groups
    }
}

/// What files must share to be told of once.
fn likeness(scanned: &Scanned) -> String {
    let findings = scanned.findings.iter().filter(|finding| finding.suppressed.is_none());
    let said =
        findings.map(|f| (&f.rule, f.severity, &f.message, f.evidence.get("expression"))).collect::<Vec<_>>();
    let gaps = scanned.artifact.iter().flat_map(|artifact| &artifact.gaps);
    format!("{said:?} {:?}", gaps.map(|gap| (gap.code, &gap.detail)).collect::<Vec<_>>())
}
