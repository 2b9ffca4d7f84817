//! What an event loads belongs to the event: findings on both are one.

use std::collections::HashMap;

use super::{Finding, Related};
use crate::bytes::Name;

/// Related places that one finding names.
const PLACES: usize = 20;

/// The place of each nested pickle, and the worst finding within it, of several the innermost.
type Worst = HashMap<Vec<Name>, usize>;

/// Puts a finding on an event that loads bytes of the file into the worst finding on those bytes, if that is no less
/// severe. All findings are on one file; such bytes are the member `bytes@` with the offset of the event.
#[must_use]
pub fn gather(mut findings: Vec<Finding>) -> Vec<Finding> {
    let worst = worst(&findings);
    if worst.is_empty() {
        return findings;
    }
    let into: Vec<Option<usize>> =
        findings.iter().map(|finding| within(finding, &findings, &worst)).collect();
    for (at, into) in into.iter().enumerate() {
        let (Some(into), Some(finding)) = (*into, findings.get(at)) else { continue };
        let own = Related::new(finding.message.clone(), finding.members.clone(), finding.offset);
        let places: Vec<Related> = [own].into_iter().chain(finding.related.iter().cloned()).collect();
        if let Some(outcome) = findings.get_mut(into) {
            let room = PLACES.saturating_sub(outcome.related.len());
            outcome.related.extend(places.into_iter().take(room));
        }
    }
    let mut into = into.into_iter();
    findings.retain(|_| into.next().flatten().is_none());
    findings
}

fn worst(findings: &[Finding]) -> Worst {
    let mut worst = Worst::new();
    for (at, finding) in findings.iter().enumerate() {
        for (depth, member) in (1..).zip(&finding.members) {
            let Some(place) =
                finding.members.get(..depth).filter(|_| member.as_bytes().starts_with(b"bytes@"))
            else {
                continue;
            };
            let known = worst.entry(place.to_vec()).or_insert(at);
            let rank = |finding: &Finding| (finding.severity, finding.members.len());
            if findings.get(*known).is_some_and(|known| rank(known) < rank(finding)) {
                *known = at;
            }
        }
    }
    worst
}

/// The finding on what the event of a finding loads.
fn within(finding: &Finding, findings: &[Finding], worst: &Worst) -> Option<usize> {
    let last = Name::from(format!("bytes@{}", finding.offset?).as_str());
    let place: Vec<Name> = finding.members.iter().cloned().chain([last]).collect();
    let into = worst.get(&place).copied()?;
    findings.get(into).filter(|inner| inner.severity >= finding.severity).map(|_| into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Severity;

    fn finding(severity: Severity, members: &[&str], offset: u64) -> Finding {
        let members = members.iter().map(|member| Name::from(*member)).collect();
        let message = format!("{offset}");
        Finding { members, offset: Some(offset), message, ..Finding::new("x", severity) }
    }

    #[test]
    fn what_loads_a_pickle_goes_with_what_that_pickle_does() {
        let found = gather(vec![
            finding(Severity::High, &[], 9),
            finding(Severity::High, &[], 12),
            finding(Severity::High, &["bytes@9"], 5),
            finding(Severity::Critical, &["bytes@9", "bytes@5"], 1),
            finding(Severity::Medium, &["bytes@12"], 1),
        ]);
        let kept: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(kept, ["12", "1", "1"]);
        let related: Vec<&str> = found[1].related.iter().map(|place| place.message.as_str()).collect();
        assert_eq!(related, ["9", "5"]);
    }
}
