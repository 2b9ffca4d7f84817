//! One file: its findings, the worst first, and what of it was not read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io,
};

use super::{
    Ink,
    fold::{Brief, Group},
    page::Page,
    words::{counted, first_words, size},
};
use crate::{
    bytes::{Name, wide},
    findings::{Artifact, Finding, Severity},
};

/// Related places and other names of a file that are shown.
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
        let artifact = group.artifact.as_ref();
        self.page.head(&group.path.to_string(), &artifact.map(what).unwrap_or_default())?;
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
        self.findings(group)?;
        self.gaps(group)?;
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

    /// Names files, each in one line.
    pub(super) fn briefly(&mut self, files: &[Brief]) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let more = counted(wide(files.len()), "more file");
        self.page.inked(Ink::Strong, &format!("And {more}; --format json tells all of each:"))?;
        for file in files {
            let (ink, word) = match file.worst {
                Some(severity) => (Ink::Severity(severity), severity.word()),
                None => (Ink::Severity(Severity::Medium), "not read:"),
            };
            let unread = file.worst.is_some() && !file.complete;
            let unread = if unread { ", not fully read" } else { "" };
            let like = match file.others {
                0 => String::new(),
                n => format!(" and {} like it", counted(n, "more file")),
            };
            self.page.beside(ink, word, &format!("{}{unread}{like}", file.path))?;
        }
        self.page.gap()
    }

    /// Tells of findings.
    fn findings(&mut self, group: &Group) -> io::Result<()> {
        let mut met = BTreeSet::new();
        for finding in &group.findings {
            self.finding(finding)?;
            if met.insert(&finding.rule) {
                self.rule(finding)?;
            }
        }
        for (rule, more) in &group.more {
            self.page.beside(Ink::Faint, "", &format!("and {more} more of {rule} in this file"))?;
        }
        Ok(())
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

    /// What was not read.
    fn gaps(&mut self, group: &Group) -> io::Result<()> {
        let ink = Ink::Severity(Severity::Medium);
        for gap in group.artifact.iter().flat_map(|artifact| &artifact.gaps) {
            let members = place(&Name::default(), &gap.members, (gap.span.len > 0).then_some(gap.span.start));
            let at = members.trim_start_matches('!').trim_start();
            let length = if gap.span.len > 0 { format!(", {}", size(gap.span.len)) } else { String::new() };
            let colon = if at.is_empty() { "" } else { ": " };
            let text = format!("{at}{length}{colon}{} ({})", gap.detail, gap.code.word());
            self.page.beside(ink, "not read:", &text)?;
        }
        if group.more_gaps > 0 {
            self.page.beside(ink, "not read:", &counted(group.more_gaps, "more part"))?;
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
