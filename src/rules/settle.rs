//! One attack is one finding: what belongs together is put together.

use std::collections::{BTreeMap, HashMap};

use super::{
    Rules,
    judge::{Hit, Subject},
};
use crate::{
    facts::{Call, Said},
    findings::{Finding, Related, Severity, fingerprint},
};

/// Different findings that one rule may make of one severity in one artifact.
const MOST: u64 = 200;

/// Other places that one finding names.
const PLACES: usize = 20;

/// Turns hits into findings.
pub(crate) fn findings(rules: &Rules, subject: &Subject<'_>, hits: Vec<Hit<'_>>) -> Vec<Finding> {
    let parents = parents(rules, &hits);
    let mut sorted = Sorted::default();
    let mut place: Vec<Option<usize>> = Vec::with_capacity(hits.len());
    for (hit, parent) in hits.iter().zip(&parents) {
        place.push(if parent.is_none() { Some(sorted.add(rules, subject, hit)) } else { None });
    }
    for (hit, parent) in hits.iter().zip(&parents) {
        let Some(root) = parent.map(|parent| root(&parents, parent)) else { continue };
        if let Some(finding) = place.get(root).copied().flatten().and_then(|at| sorted.findings.get_mut(at)) {
            relate(finding, hit, subject);
        }
    }
    sorted.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    sorted.findings
}

/// For each hit the one into which it disappears: that of a rule which subsumes it, on the same chain, or
/// absorbs it, and no less severe.
fn parents(rules: &Rules, hits: &[Hit<'_>]) -> Vec<Option<usize>> {
    let mut worst: HashMap<(u64, usize), usize> = HashMap::new();
    for (at, hit) in hits.iter().enumerate() {
        let known = worst.entry((hit.fact.chain, hit.rule)).or_insert(at);
        if hits.get(*known).is_some_and(|other| takes_part((at, hit), (*known, other))) {
            *known = at;
        }
    }
    let mut anywhere: HashMap<usize, usize> = HashMap::new();
    for (at, hit) in hits.iter().enumerate() {
        let known = anywhere.entry(hit.rule).or_insert(at);
        if hits.get(*known).is_some_and(|known| known.severity < hit.severity) {
            *known = at;
        }
    }
    let takes = |(own, hit): (usize, &Hit<'_>), other: usize, at: Option<&usize>| {
        let worst = hits.get(*at?)?;
        let same = other == hit.rule;
        let takes = if same { takes_part((*at?, worst), (own, hit)) } else { worst.severity >= hit.severity };
        at.filter(|_| takes).copied()
    };
    let parent = |(own, hit): (usize, &Hit<'_>)| {
        let subsumed = rules.index.subsumed_by(hit.rule).iter();
        let absorbed = rules.index.absorbed_by(hit.rule).iter();
        let near =
            subsumed.filter_map(|&other| takes((own, hit), other, worst.get(&(hit.fact.chain, other))));
        near.chain(absorbed.filter_map(|&other| takes((own, hit), other, anywhere.get(&other)))).next()
    };
    hits.iter().enumerate().map(parent).collect()
}

/// Whether one of two hits of a rule on a chain is a part of the other: it is less severe, or it is what the other call
/// was made of or led to. Of calls that run what the file chose, the last one is the outcome.
fn takes_part((at, outcome): (usize, &Hit<'_>), (before, part): (usize, &Hit<'_>)) -> bool {
    if outcome.severity != part.severity {
        return outcome.severity > part.severity;
    }
    let (Said::Call(call), Said::Call(inner)) = (&outcome.fact.said, &part.fact.said) else { return false };
    let whole = |call: &Call| matches!(call.via, "reduce" | "inst" | "obj" | "newobj" | "callback");
    let later = (whole(call), outcome.fact.span.start, at) > (whole(inner), part.fact.span.start, before);
    later && (outcome.severity == Severity::Critical || call.expression.contains(inner.expression.as_str()))
}

/// The hit at the end of a line of parents: it ends, for no two rules subsume each other.
fn root(parents: &[Option<usize>], from: usize) -> usize {
    let mut at = from;
    while let Some(next) = parents.get(at).copied().flatten() {
        at = next;
    }
    at
}

/// Findings, each with what it is known by.
#[derive(Default)]
struct Sorted {
    findings: Vec<Finding>,
    known: HashMap<String, usize>,
    counts: BTreeMap<(usize, Severity), (u64, usize)>,
}

impl Sorted {
    /// Adds a finding, or counts it with one that is the same or one too many; returns its place.
    fn add(&mut self, rules: &Rules, subject: &Subject<'_>, hit: &Hit<'_>) -> usize {
        let next = self.findings.len();
        let id = rules.shelf.rules.get(hit.rule).map_or("", |rule| rule.id.as_ref());
        let evidence = hit.evidence();
        let print = fingerprint(id, subject.members, &evidence);
        if let Some(&at) = self.known.get(&print) {
            self.again(at, hit, subject);
            return at;
        }
        let (count, last) = self.counts.entry((hit.rule, hit.severity)).or_insert((0, next));
        *count = count.saturating_add(1);
        if *count > MOST {
            let at = *last;
            self.again(at, hit, subject);
            return at;
        }
        *last = next;
        self.findings.push(Finding { evidence, ..finding(rules, subject, hit, print.clone()) });
        self.known.insert(print, next);
        next
    }

    fn again(&mut self, at: usize, hit: &Hit<'_>, subject: &Subject<'_>) {
        let Some(known) = self.findings.get_mut(at) else { return };
        known.count = known.count.saturating_add(hit.fact.count);
        known.severity = known.severity.max(hit.severity);
        relate(known, hit, subject);
    }
}

/// Whether a finding shows the text that a hit is about.
fn shows(finding: &Finding, hit: &Hit<'_>) -> bool {
    matches!(&hit.fact.said, Said::Text(text) if finding.message.contains(&text.value.to_string()))
}

fn relate(finding: &mut Finding, hit: &Hit<'_>, subject: &Subject<'_>) {
    if shows(finding, hit) {
        return;
    }
    let offset = Some(hit.fact.span.start);
    let place = |message: String| Related::new(message, subject.members.to_vec(), offset);
    match finding.related.len() {
        0..PLACES => {
            let message = hit.message();
            let known = finding.related.iter().any(|one| one.message == message && one.offset == offset);
            if !known && (finding.message != message || finding.offset != offset) {
                finding.related.push(place(message));
            }
        }
        PLACES => finding.related.push(place("and more".to_owned())),
        _ => {}
    }
}

fn finding(rules: &Rules, subject: &Subject<'_>, hit: &Hit<'_>, fingerprint: String) -> Finding {
    let Some(rule) = rules.shelf.rules.get(hit.rule) else { return Finding::new("", hit.severity) };
    let start = hit.fact.span.start;
    let mut finding = Finding::new(rule.id.as_ref(), hit.severity);
    finding.title = hit.title();
    finding.message = hit.message();
    finding.path = subject.path.clone();
    finding.members = subject.members.to_vec();
    finding.offset = (!subject.is_directory()).then_some(start);
    finding.file_offset = subject.file_offset.and_then(|base| base.checked_add(start));
    finding.length = hit.fact.span.len;
    finding.fix = rule.fix.to_string();
    finding.references = rule.references.iter().map(ToString::to_string).collect();
    finding.count = hit.fact.count;
    finding.fingerprint = fingerprint;
    finding
}
