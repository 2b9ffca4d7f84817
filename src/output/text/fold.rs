//! Files about which the same is to be said, and what of it is said.
//!
//! However many files there are, the worst few hundred are kept with all that is shown of them, each other
//! one with its name and its numbers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::{self, Write as _},
};

use sha2::{Digest as _, Sha256};

use crate::{
    bytes::{Name, wide},
    facts::Gap,
    findings::{Artifact, Coverage, Finding, Scanned, Severity},
};

/// Names kept of files like another.
const NAMES: usize = 20;
/// Groups kept in full.
const FULL: usize = 500;
/// Findings of one rule in one file that are shown.
const OF_A_RULE: u64 = 5;
/// Parts not read that are shown of one file.
const GAPS: usize = 6;

/// A file, and those like it.
pub(super) struct Group {
    /// The file's path.
    pub(super) path: Name,
    /// The file, with the parts of it that are shown as not read.
    pub(super) artifact: Option<Artifact>,
    /// Number of the other parts that were not read.
    pub(super) more_gaps: u64,
    /// Findings that are shown, the worst first.
    pub(super) findings: Vec<Finding>,
    /// By rule, the number of those that are not.
    pub(super) more: BTreeMap<String, u64>,
    /// The other files, as far as they are kept.
    pub(super) like: Vec<Name>,
    /// Number of the other files.
    pub(super) others: u64,
}

/// A file, and the number of those like it, of which no more is said than that.
pub(super) struct Brief {
    /// Its worst finding.
    pub(super) worst: Option<Severity>,
    /// The file's path.
    pub(super) path: Name,
    /// Whether all of it was read.
    pub(super) complete: bool,
    /// Number of the other files.
    pub(super) others: u64,
}

/// The worst first, then in the order of the paths.
type Rank = (Reverse<Option<Severity>>, Name);

impl Group {
    fn new(scanned: &Scanned) -> Self {
        let mut findings: Vec<&Finding> = unsuppressed(scanned).collect();
        findings.sort_by_key(|finding| Reverse(finding.severity));
        let mut told: BTreeMap<&str, u64> = BTreeMap::new();
        findings.retain(|finding| {
            let times = told.entry(&finding.rule).or_default();
            *times = times.saturating_add(1);
            *times <= OF_A_RULE
        });
        let more = told.into_iter().filter(|&(_, times)| times > OF_A_RULE);
        let more = more.map(|(rule, times)| (rule.to_owned(), times.saturating_sub(OF_A_RULE))).collect();
        let gaps = scanned.artifact.iter().flat_map(|artifact| &artifact.gaps);
        let mut gaps: Vec<&Gap> = gaps.filter(|gap| !said(gap, &findings)).collect();
        let more_gaps = wide(gaps.len().saturating_sub(GAPS));
        gaps.truncate(GAPS);
        let artifact = scanned.artifact.as_ref().map(|artifact| with_gaps(artifact, &gaps));
        let path = artifact.as_ref().map(|artifact| &artifact.path);
        let path = path.or(scanned.findings.first().map(|finding| &finding.path)).cloned();
        Self {
            path: path.unwrap_or_default(),
            artifact,
            more_gaps,
            findings: findings.into_iter().cloned().collect(),
            more,
            like: Vec::new(),
            others: 0,
        }
    }

    fn rank(&self) -> Rank {
        (Reverse(self.findings.first().map(|finding| finding.severity)), self.path.clone())
    }

    fn brief(&self) -> Brief {
        let complete = self.artifact.as_ref().is_none_or(|artifact| artifact.coverage == Coverage::Complete);
        Brief { worst: self.rank().0.0, path: self.path.clone(), complete, others: self.others }
    }
}

/// How a group is kept.
enum Kept {
    Full(Box<Group>),
    Brief(Brief),
}

/// Groups in the making.
#[derive(Default)]
pub(super) struct Fold {
    groups: Vec<Kept>,
    seen: HashMap<[u8; 32], usize>,
    full: BTreeSet<(Rank, usize)>,
}

impl Fold {
    /// Adds a file.
    pub(super) fn add(&mut self, scanned: &Scanned) {
        let next = self.groups.len();
        let at = *self.seen.entry(likeness(scanned)).or_insert(next);
        let path = || scanned.artifact.as_ref().map(|artifact| artifact.path.clone());
        match self.groups.get_mut(at) {
            Some(Kept::Full(group)) => {
                group.others = group.others.saturating_add(1);
                let room = group.like.len() < NAMES;
                group.like.extend(path().filter(|_| room));
            }
            Some(Kept::Brief(brief)) => brief.others = brief.others.saturating_add(1),
            None => {
                let group = Group::new(scanned);
                self.full.insert((group.rank(), next));
                self.groups.push(Kept::Full(Box::new(group)));
                self.shorten();
            }
        }
    }

    /// Makes room for the worst.
    fn shorten(&mut self) {
        if self.full.len() > FULL
            && let Some((_, at)) = self.full.pop_last()
            && let Some(kept) = self.groups.get_mut(at)
            && let Kept::Full(group) = kept
        {
            *kept = Kept::Brief(group.brief());
        }
    }

    /// Whether nothing was added.
    pub(super) const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The groups that are kept in full and the others, the worst first.
    pub(super) fn finish(self) -> (Vec<Group>, Vec<Brief>) {
        let (mut full, mut short) = (Vec::new(), Vec::new());
        for kept in self.groups {
            match kept {
                Kept::Full(group) => full.push(*group),
                Kept::Brief(brief) => short.push(brief),
            }
        }
        full.sort_by_cached_key(Group::rank);
        short.sort_by(|a, b| (Reverse(a.worst), &a.path).cmp(&(Reverse(b.worst), &b.path)));
        (full, short)
    }
}

fn unsuppressed(scanned: &Scanned) -> impl Iterator<Item = &Finding> {
    scanned.findings.iter().filter(|finding| finding.suppressed.is_none())
}

/// Whether a finding says of a gap what there is to say.
fn said(gap: &Gap, shown: &[&Finding]) -> bool {
    shown.iter().any(|finding| {
        let (message, place) = (&finding.message, (&finding.members, finding.offset));
        let here = place == (&gap.members, Some(gap.span.start));
        here && message.contains("not read") && message.contains(&gap.detail)
    })
}

fn with_gaps(artifact: &Artifact, gaps: &[&Gap]) -> Artifact {
    let mut few = Artifact::new(artifact.path.clone(), artifact.size);
    few.aliases.clone_from(&artifact.aliases);
    few.formats.clone_from(&artifact.formats);
    few.sha256.clone_from(&artifact.sha256);
    few.coverage = artifact.coverage;
    few.gaps = gaps.iter().copied().cloned().collect();
    few
}

/// What files must share to be told of once.
fn likeness(scanned: &Scanned) -> [u8; 32] {
    let mut hash = Hash(Sha256::new());
    for f in unsuppressed(scanned) {
        let said = (&f.rule, f.severity, alike(&f.message), f.evidence.get("expression"));
        let _infallible = write!(hash, "{said:?}");
    }
    for gap in scanned.artifact.iter().flat_map(|artifact| &artifact.gaps) {
        let _infallible = write!(hash, "{:?}", (gap.code, alike(&gap.detail)));
    }
    hash.0.finalize().into()
}

/// A text without the bytes with which a file begins.
fn alike(text: &str) -> String {
    let byte = |word: &str| word.len() == 2 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let words = text.split_whitespace().filter(|word| !byte(word.trim_end_matches(',')));
    words.collect::<Vec<_>>().join(" ")
}

/// A digest that text can be written to.
struct Hash(Sha256);

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
