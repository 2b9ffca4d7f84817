//! One file: its findings, the worst first, and what of it was not read.

use std::{cmp::Reverse, collections::BTreeMap, fmt::Write as _, io};

use super::{
    Ink,
    fold::Group,
    page::Page,
    words::{counted, first_sentence, size},
};
use crate::{
    bytes::{Name, wide},
    facts::Gap,
    findings::{Artifact, Finding, Severity},
};

/// Findings of one rule in one file that are shown.
const OF_A_RULE: u64 = 5;
/// Related places, and parts not read, that are shown.
const FEW: usize = 6;

/// The list of safe names. Where the fix speaks of it, its line for the case is shown.
const VOUCH: &str = "lists/safe.tsv";

/// Evidence that is shown as it is, with the word before it.
const EVIDENCE: &[(&str, &str)] = &[("expression", "does"), ("given", "given"), ("text", "text")];

/// Tells of one file and those like it.
pub(super) fn file(page: &mut Page<'_>, group: &Group, why: &BTreeMap<String, String>) -> io::Result<()> {
    let artifact = group.first.artifact.as_ref();
    page.head(&group.path().to_string(), &artifact.map(what).unwrap_or_default())?;
    if let Some(aliases) = artifact.map(|artifact| &artifact.aliases).filter(|aliases| !aliases.is_empty()) {
        page.beside(Ink::Faint, "also", &names(aliases, wide(aliases.len().saturating_sub(FEW))))?;
    }
    if let Some(digest) = artifact.and_then(|artifact| artifact.sha256.as_deref()) {
        page.beside(Ink::Faint, "sha256", digest)?;
    }
    let mut findings: Vec<&Finding> =
        group.first.findings.iter().filter(|f| f.suppressed.is_none()).collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in findings {
        let times = told.entry(&finding.rule).or_default();
        *times = times.saturating_add(1);
        if *times <= OF_A_RULE {
            one(page, finding, why.get(&finding.rule).filter(|_| *times == 1), *times == 1)?;
        }
    }
    for (rule, times) in told.into_iter().filter(|&(_, times)| times > OF_A_RULE) {
        let more = times.saturating_sub(OF_A_RULE);
        page.beside(Ink::Faint, "", &format!("and {more} more of {rule} in this file"))?;
    }
    gaps(page, artifact.map_or(&[][..], |artifact| &artifact.gaps))?;
    if group.others > 0 {
        let like =
            names(&group.like, group.unnamed().saturating_add(wide(group.like.len().saturating_sub(FEW))));
        let text = format!("{}: {like}", counted(group.others, "more file"));
        page.beside(Ink::Faint, "same in", &text)?;
    }
    page.gap()
}

/// What a file is, and how long.
fn what(artifact: &Artifact) -> String {
    let formats = artifact.formats.join(", ");
    let formats = if formats.is_empty() { String::new() } else { format!("{formats}, ") };
    format!("{formats}{}", size(artifact.size))
}

/// One finding; what holds for its rule is said once.
fn one(page: &mut Page<'_>, finding: &Finding, why: Option<&String>, first: bool) -> io::Result<()> {
    let title = if first && !finding.title.is_empty() { &finding.title } else { &finding.message };
    page.headline(finding.severity, title)?;
    if *title != finding.message && !finding.message.is_empty() {
        page.under(&finding.message)?;
    }
    let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
    page.whole("at", &format!("{}{times}", place(&finding.path, &finding.members, finding.offset)))?;
    for (key, label) in EVIDENCE {
        let value = finding.evidence.get(*key).and_then(serde_json::Value::as_str);
        if let Some(value) = value.filter(|value| !value.is_empty() && !same(value, &finding.message)) {
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
    if finding.fix.contains(VOUCH)
        && let Some(cells) = vouched(finding)
    {
        if first {
            page.labelled("vouch", &format!("with this line in {VOUCH} of a folder given with --rules:"))?;
        }
        page.row(if first { "" } else { "vouch" }, &cells)?;
    }
    if first {
        if let Some(why) = why.filter(|why| !why.trim().is_empty()) {
            page.labelled("why", &first_sentence(why))?;
        }
        if !finding.fix.trim().is_empty() {
            page.labelled("fix", &finding.fix)?;
        }
        page.whole("rule", &format!("{rule}  (mlscan explain {rule})", rule = finding.rule))?;
    }
    Ok(())
}

/// The row of the list of safe names that would vouch for what a finding is about.
fn vouched(finding: &Finding) -> Option<[&str; 3]> {
    let field = |key: &str| finding.evidence.get(key).and_then(serde_json::Value::as_str);
    let how = match field("used") {
        Some("called") => "refer,call",
        Some("made") => "refer,new,make,build",
        _ => "refer",
    };
    Some([field("module")?, field("name")?, how])
}

/// Whether a message says already what the evidence would.
fn same(value: &str, message: &str) -> bool {
    message.contains(&format!("`{value}`"))
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

/// What was not read.
fn gaps(page: &mut Page<'_>, gaps: &[Gap]) -> io::Result<()> {
    for gap in gaps.iter().take(FEW) {
        let members = place(&Name::default(), &gap.members, (gap.span.len > 0).then_some(gap.span.start));
        let at = members.trim_start_matches('!').trim_start();
        let length = if gap.span.len > 0 { format!(", {}", size(gap.span.len)) } else { String::new() };
        let colon = if at.is_empty() { "" } else { ": " };
        let text = format!("{at}{length}{colon}{} ({})", gap.detail, gap.code.word());
        page.beside(Ink::Severity(Severity::Medium), "not read:", &text)?;
    }
    if gaps.len() > FEW {
        let more = counted(wide(gaps.len().saturating_sub(FEW)), "more part");
        page.beside(Ink::Severity(Severity::Medium), "not read:", &more)?;
    }
    Ok(())
}

/// A few names, and how many are left.
fn names(names: &[Name], left: u64) -> String {
    let shown: Vec<String> = names.iter().take(FEW).map(ToString::to_string).collect();
    let left = if left > 0 { format!(" and {left} more") } else { String::new() };
    format!("{}{left}", shown.join(", "))
}
