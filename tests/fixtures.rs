//! What the report says of each fixture, and what it must say.
//!
//! `tests/snapshots/<folder>.txt` holds the whole of it; `MLSCAN_BLESS=1 cargo test` writes these files anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use mlscan::{
    bytes::Name,
    findings::{Coverage, Scanned, Severity},
};
use sha2::{Digest as _, Sha256};
use support::{FIXTURES, Fixture, SCANNER, blessing, repository, rows, settle, words};

/// What the purpose of an honest fixture says that deserves a finding all the same.
const CARRIES_CODE: &str = "does carry code";

fn scan(fixture: &Fixture) -> Scanned {
    SCANNER.scan_bytes(&fixture.path, fixture.bytes.clone())
}

fn fixture(path: &str) -> &'static Fixture {
    let found = FIXTURES.iter().find(|fixture| fixture.path == path);
    found.unwrap_or_else(|| panic!("fixtures/{path} is listed and missing"))
}

fn place(members: &[Name], offset: Option<u64>, length: u64) -> String {
    let members: String = members.iter().map(|member| format!("{member}!")).collect();
    offset.map_or(members.clone(), |offset| format!("{members}{offset:#x}+{length}"))
}

fn told(fixture: &Fixture, scanned: &Scanned) -> String {
    let name = fixture.path.split_once('/').unwrap().1;
    let Some(artifact) = &scanned.artifact else { return format!("{name}: no model\n") };
    let coverage = match artifact.coverage {
        Coverage::Complete => "complete",
        Coverage::Partial => "partial",
        Coverage::None => "none",
    };
    let mut text = format!("{name}: {}, {coverage}\n", artifact.formats.join(" "));
    for gap in &artifact.gaps {
        let at = place(&gap.members, Some(gap.span.start), gap.span.len);
        writeln!(text, "    gap {} {at}: {}", gap.code.word(), gap.detail).unwrap();
    }
    for finding in &scanned.findings {
        let at = place(&finding.members, finding.offset, finding.length);
        writeln!(text, "    {} {} {at}: {}", finding.severity, finding.rule, finding.message).unwrap();
    }
    text
}

#[test]
fn the_report_of_each_fixture_is_as_the_snapshots_say() {
    let mut pages: BTreeMap<&str, String> = BTreeMap::new();
    for fixture in FIXTURES.iter() {
        let folder = fixture.path.split_once('/').unwrap().0;
        *pages.entry(folder).or_default() += &told(fixture, &scan(fixture));
    }
    let folder = repository("tests/snapshots");
    let known: BTreeSet<String> =
        support::entries(&folder).iter().map(|path| support::base(path).replace(".txt", "")).collect();
    let mut wrong = Vec::new();
    for (name, page) in &pages {
        let path = folder.join(format!("{name}.txt"));
        if blessing() {
            fs::write(&path, page).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        wrong.extend(difference(&written, page).map(|text| format!("{name}.txt, {text}")));
    }
    wrong.extend(known.iter().filter(|name| !pages.contains_key(name.as_str())).cloned());
    assert!(wrong.is_empty(), "MLSCAN_BLESS=1 cargo test --test fixtures\n{}", wrong.join("\n"));
}

/// The first lines that differ.
fn difference(written: &str, now: &str) -> Option<String> {
    let (mut old, mut new) = (written.lines(), now.lines());
    for line in 1.. {
        let (was, is) = (old.next(), new.next());
        if was != is {
            return Some(format!("line {line}:\n  - {}\n  + {}", was.unwrap_or("-"), is.unwrap_or("-")));
        }
        was?;
    }
    None
}

#[test]
fn attacks_are_found_and_named() {
    let mut broken = BTreeMap::new();
    for row in rows("fixtures/attacks.tsv") {
        let findings = scan(fixture(&row[0])).findings;
        let least: Severity = row[3].parse().unwrap();
        let worst = findings.iter().map(|finding| finding.severity).max();
        let payload = row.get(4).map_or("", String::as_str);
        let named = findings.iter().any(|finding| words(finding).contains(payload));
        if worst < Some(least) {
            let worst = worst.map_or("nothing".to_owned(), |severity| severity.to_string());
            broken.insert(row[0].clone(), format!("found {worst}, due {least}: {}", row[2]));
        } else if !named {
            broken.insert(row[0].clone(), format!("no finding names {payload}"));
        }
    }
    settle("attack", &broken);
}

#[test]
fn honest_files_are_quiet_and_fully_read() {
    let mut loud = BTreeMap::new();
    let mut unread = BTreeMap::new();
    for row in [rows("fixtures/origin.tsv"), rows("fixtures/near.tsv")].concat() {
        let scanned = scan(fixture(&row[0]));
        let worst = scanned.findings.iter().max_by_key(|finding| finding.severity);
        let worst = worst.filter(|finding| finding.severity >= Severity::Medium);
        match worst {
            Some(finding) if !row[2].contains(CARRIES_CODE) => {
                loud.insert(row[0].clone(), format!("{} {}", finding.severity, finding.message));
            }
            None if row[2].contains(CARRIES_CODE) => {
                loud.insert(row[0].clone(), "carries code, and nothing says so".to_owned());
            }
            _ => {}
        }
        for artifact in scanned.artifact.iter().filter(|it| it.coverage != Coverage::Complete) {
            let gap = artifact.gaps.first().map(|gap| format!("{} {}", gap.code.word(), gap.detail));
            unread.insert(row[0].clone(), gap.unwrap_or_default());
        }
    }
    settle("quiet", &loud);
    settle("complete", &unread);
}

#[test]
fn every_fixture_is_listed_with_its_digest() {
    let readme = fs::read_to_string(repository("fixtures/README.md")).unwrap();
    let mut folder = "";
    let mut listed = BTreeMap::new();
    for line in readme.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            folder = name;
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        if let [name, _, size, digest, _] = cells[..] {
            let name = format!("{folder}/{}", name.trim_start_matches("| "));
            listed.insert(name, format!("{size} {}", digest.trim_matches('`')));
        }
    }
    for fixture in FIXTURES.iter() {
        let digest: String =
            Sha256::digest(&fixture.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let now = format!("{} {digest}", fixture.bytes.len());
        assert_eq!(listed.get(&fixture.path), Some(&now), "{}: fixtures/make.py --readme", fixture.path);
    }
    for name in listed.keys().filter(|name| !name.ends_with("/file")) {
        fixture(name);
    }
}
