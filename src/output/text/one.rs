//! One file: its findings, the worst first, and what of it was not read.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io,
};

use super::{
    Ink,
    fold::Group,
    page::Page,
    words::{counted, first_words, size},
};
use crate::{
    bytes::{Name, wide},
    facts::Gap,
    findings::{Artifact, Finding, Severity},
};

/// Findings of one rule in one file that are shown.
const OF_A_RULE: u64 = 5;
/// Related places, other names of a file, and parts not read, that are shown.
const FEW: usize = 6;

/// Evidence that is shown as it is, with the word before it.
const EVIDENCE: &[(&str, &str)] = &[("expression", "does"), ("given", "given"), ("text", "text")];

/// Tells of files. Why a rule matters and what to do is said where it first speaks.
pub(super) struct Teller<'a> {
    page: Page<'a>,
    why: &'a BTreeMap<String, String>,
    explained: BTreeSet<String>,
}

impl<'a> Teller<'a> {
    pub(super) const fn new(page: Page<'a>, why: &'a BTreeMap<String, String>) -> Self {
        Self { page, why, explained: BTreeSet::new() }
    }

    /// The page, for what comes after the files.
    pub(super) fn page(self) -> Page<'a> {
        self.page
    }

    /// Tells of one file and those like it.
    pub(super) fn file(&mut self, group: &Group) -> io::Result<()> {
        let artifact = group.first.artifact.as_ref();
        self.page.head(&group.path().to_string(), &artifact.map(what).unwrap_or_default())?;
        if let Some(artifact) = artifact.filter(|artifact| !artifact.aliases.is_empty()) {
            self.page.beside(
                Ink::Faint,
                "also",
                &names(&artifact.aliases, FEW, wide(artifact.aliases.len())),
            )?;
        }
        if let Some(digest) = artifact.and_then(|artifact| artifact.sha256.as_deref()) {
            self.page.beside(Ink::Faint, "sha256", digest)?;
        }
        let shown = self.findings(&group.first.findings)?;
        self.gaps(artifact.map_or(&[][..], |artifact| &artifact.gaps), &shown)?;
        if group.others > 0 {
            let like = names(&group.like, group.like.len(), group.others);
            self.page.beside(
                Ink::Faint,
                "same in",
                &format!("{}: {like}", counted(group.others, "more file")),
            )?;
        }
        self.page.gap()
    }

    /// Tells of findings, the worst first; gives back those that were shown.
    fn findings<'f>(&mut self, all: &'f [Finding]) -> io::Result<Vec<&'f Finding>> {
        let mut shown: Vec<&Finding> = all.iter().filter(|finding| finding.suppressed.is_none()).collect();
        shown.sort_by_key(|finding| Reverse(finding.severity));
        let mut told: BTreeMap<&str, u64> = BTreeMap::new();
        shown.retain(|finding| {
            let times = told.entry(&finding.rule).or_default();
            *times = times.saturating_add(1);
            *times <= OF_A_RULE
        });
        let mut met = BTreeSet::new();
        for finding in &shown {
            self.finding(finding)?;
            if met.insert(&finding.rule) {
                self.rule(finding)?;
            }
        }
        for (rule, times) in told.into_iter().filter(|&(_, times)| times > OF_A_RULE) {
            let more = times.saturating_sub(OF_A_RULE);
            self.page.beside(Ink::Faint, "", &format!("and {more} more of {rule} in this file"))?;
        }
        Ok(shown)
    }

    /// One finding: what, where, and what it is concluded from.
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let page = &mut self.page;
        if page.fits(&finding.message) || finding.title.is_empty() {
            page.headline(finding.severity, &finding.message)?;
        } else {
            page.headline(finding.severity, &finding.title)?;
            page.under(&finding.message)?;
        }
        let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
        page.whole("at", &format!("{}{times}", place(&finding.path, &finding.members, finding.offset)))?;
        for (key, label) in EVIDENCE {
            let value = finding.evidence.get(*key).and_then(serde_json::Value::as_str);
            if let Some(value) = value.filter(|value| !value.is_empty() && !finding.message.contains(value)) {
                page.whole(label, value)?;
            }
        }
        for related in finding.related.iter().take(FEW) {
            let at = place(&Name::default(), &related.members, related.offset);
            page.labelled("with", &format!("{} {}", related.message, at.trim_start_matches('!')))?;
        }
        if finding.related.len() > FEW {
            page.labelled("", &format!("and {} more places", finding.related.len().saturating_sub(FEW)))?;
        }
        Ok(())
    }

    /// What holds for all findings of a rule.
    fn rule(&mut self, finding: &Finding) -> io::Result<()> {
        let rule = &finding.rule;
        if !self.explained.insert(rule.clone()) {
            return self.page.whole("rule", &format!("{rule}  (as above)"));
        }
        if let Some(why) = self.why.get(rule).filter(|why| !why.trim().is_empty()) {
            self.page.labelled("why", &first_words(why))?;
        }
        if !finding.fix.trim().is_empty() {
            self.page.labelled("fix", &finding.fix)?;
        }
        self.page.whole("rule", &format!("{rule}  (mlscan explain {rule})"))
    }

    /// What was not read, unless a finding has just said so.
    fn gaps(&mut self, gaps: &[Gap], shown: &[&Finding]) -> io::Result<()> {
        let ink = Ink::Severity(Severity::Medium);
        let said = |gap: &&Gap| {
            shown.iter().any(|finding| {
                let (message, place) = (&finding.message, (&finding.members, finding.offset));
                let here = place == (&gap.members, Some(gap.span.start));
                here && message.contains("not read") && message.contains(&gap.detail)
            })
        };
        let unsaid: Vec<&Gap> = gaps.iter().filter(|gap| !said(gap)).collect();
        for gap in unsaid.iter().take(FEW) {
            let members = place(&Name::default(), &gap.members, (gap.span.len > 0).then_some(gap.span.start));
            let at = members.trim_start_matches('!').trim_start();
            let length = if gap.span.len > 0 { format!(", {}", size(gap.span.len)) } else { String::new() };
            let colon = if at.is_empty() { "" } else { ": " };
            let text = format!("{at}{length}{colon}{} ({})", gap.detail, gap.code.word());
            self.page.beside(ink, "not read:", &text)?;
        }
        if unsaid.len() > FEW {
            let more = counted(wide(unsaid.len().saturating_sub(FEW)), "more part");
            self.page.beside(ink, "not read:", &more)?;
        }
        Ok(())
    }
}

/// What a file is, and how long.
fn what(artifact: &Artifact) -> String {
    let formats = artifact.formats.join(", ");
    let formats = if formats.is_empty() { String::new() } else { format!("{formats}, ") };
    format!("{formats}{}", size(artifact.size))
}

/// `path!member!member @ 0x2a`.
fn place(path: &Name, members: &[Name], offset: Option<u64>) -> String {
    let mut text = path.to_string();
    for member in members {
        let _infallible = write!(text, "!{member}");
    }
    if let Some(offset) = offset {
        let _infallible = write!(text, " @ {offset:#x}");
    }
    text
}

/// The first names, and how many of all of them are left.
fn names(names: &[Name], most: usize, all: u64) -> String {
    let shown: Vec<String> = names.iter().take(most).map(ToString::to_string).collect();
    let left = all.saturating_sub(wide(shown.len()));
    let left = if left > 0 { format!(" and {left} more") } else { String::new() };
    format!("{}{left}", shown.join(", "))
}
