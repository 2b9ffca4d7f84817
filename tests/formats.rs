//! What holds for every format: a part of a file is not taken for the file, damage makes nothing crash or
//! vanish, and the registry is whole.
//!
//! `MLSCAN_FULL=1 cargo test --release --test formats` tries every cut and every bit, which takes some minutes.

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
    env,
};

use mlscan::{
    facts::GapCode,
    findings::{Finding, Scanned, Severity},
    formats::FORMATS,
};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use support::{FIXTURES, Fixture, Random, SCANNER, clean, repository, rows, settle, words};

/// Up to this size a fixture is cut at each byte.
const CUT_EVERYWHERE: usize = 2 << 10;
/// Cuts of a larger one.
const CUTS: usize = 200;
/// Up to this size each bit is flipped in a full run.
const FLIP_EVERYWHERE: usize = 4 << 10;
/// In a quick run one bit of so many. It is odd, so that each place in a byte has its turn.
const QUICK: usize = 61;
/// Flips of larger fixtures, in all.
const FLIPS: usize = 10_000;

fn full() -> bool {
    env::var_os("MLSCAN_FULL").is_some()
}

fn cuts(fixture: &Fixture) -> Vec<usize> {
    let len = fixture.bytes.len();
    if len <= CUT_EVERYWHERE || full() {
        return (0..len).collect();
    }
    let mut random = Random::new(&fixture.path);
    let cuts: BTreeSet<usize> = (0..CUTS).map(|_| random.below(len)).chain([len - 1]).collect();
    cuts.into_iter().collect()
}

fn scan(fixture: &Fixture, bytes: Vec<u8>) -> Scanned {
    SCANNER.scan_bytes(&fixture.path, bytes)
}

/// What a defect of a parser looks like from outside.
fn panicked(scanned: &Scanned) -> bool {
    scanned.artifact.iter().flat_map(|it| &it.gaps).any(|gap| gap.code == GapCode::Panicked)
}

#[test]
fn no_part_of_a_file_is_clean_unless_it_is_whole() {
    let clean_cuts = |fixture: &Fixture| -> Vec<(String, String)> {
        let is_clean = |&cut: &usize| clean(&scan(fixture, fixture.bytes[..cut].to_vec()));
        let clean = cuts(fixture).into_iter().filter(is_clean);
        clean.map(|cut| (format!("{}@{cut}", fixture.path), "clean".to_owned())).collect()
    };
    let broken: Vec<(String, String)> = FIXTURES.par_iter().flat_map(clean_cuts).collect();
    settle("prefix", &broken.into_iter().collect());
}

fn flipped(fixture: &Fixture, bit: usize) -> Vec<u8> {
    let mut bytes = fixture.bytes.clone();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// The flips of a bit that make a parser give up, by fixture.
fn defects(flips: &[(&Fixture, usize)]) -> Vec<String> {
    let gives_up = |&&(fixture, bit): &&(&Fixture, usize)| panicked(&scan(fixture, flipped(fixture, bit)));
    flips.par_iter().filter(gives_up).map(|(fixture, bit)| format!("{} bit {bit}", fixture.path)).collect()
}

#[test]
fn no_flipped_bit_of_a_small_fixture_makes_a_parser_give_up() {
    let step = if full() { 1 } else { QUICK };
    let small = FIXTURES.iter().filter(|fixture| fixture.bytes.len() <= FLIP_EVERYWHERE);
    let all = small.flat_map(|fixture| (0..fixture.bytes.len() * 8).map(move |bit| (fixture, bit)));
    let flips: Vec<_> = all.step_by(step).collect();
    assert_eq!(defects(&flips), Vec::<String>::new(), "{} flips", flips.len());
}

#[test]
fn no_flipped_bit_of_a_large_fixture_makes_a_parser_give_up() {
    let large: Vec<_> = FIXTURES.iter().filter(|it| it.bytes.len() > FLIP_EVERYWHERE).collect();
    let mut random = Random::new("flips of large fixtures");
    let mut flips = Vec::new();
    for _ in 0..FLIPS {
        let fixture = large[random.below(large.len())];
        flips.push((fixture, random.below(fixture.bytes.len() * 8)));
    }
    assert_eq!(defects(&flips), Vec::<String>::new());
}

/// Whether a finding from medium on says this name.
fn names(findings: &[Finding], name: &str) -> bool {
    let grave = findings.iter().filter(|finding| finding.severity >= Severity::Medium);
    grave.into_iter().any(|finding| words(finding).contains(name))
}

/// `1,3-5` as 1, 3, 4, 5.
fn ranges(text: &str) -> Vec<usize> {
    let mut bits = Vec::new();
    for run in text.split(',') {
        let (first, last) = run.split_once('-').unwrap_or((run, run));
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        bits.extend(first..=last);
    }
    bits
}

/// Whether a file that does nothing but look a name up deserves a finding.
fn bad(name: &str) -> bool {
    let Some((module, name_in_it)) = name.rsplit_once('.') else { return false };
    let lookup = format!("c{module}\n{name_in_it}\n.").into_bytes();
    names(&SCANNER.scan_bytes("name.pkl", lookup).findings, name)
}

/// The table says, of each bit of each attack, which names CPython still looks up: see `flips.py` beside it.
#[test]
fn no_finding_is_lost_while_cpython_still_looks_the_name_up() {
    let mut broken = BTreeMap::new();
    for row in rows("tests/support/flips.tsv") {
        let fixture = FIXTURES.iter().find(|it| it.path == row[0]);
        let fixture = fixture.unwrap_or_else(|| panic!("{} is gone: run flips.py", row[0]));
        let told: Vec<&str> = row[1].split(' ').filter(|name| bad(name)).collect();
        let lost = |&bit: &usize| {
            let after = scan(fixture, flipped(fixture, bit)).findings;
            let lost: Vec<&str> = told.iter().copied().filter(|name| !names(&after, name)).collect();
            (!lost.is_empty()).then(|| (format!("{}@{bit}", fixture.path), lost.join(" ")))
        };
        broken.extend(ranges(&row[2]).par_iter().filter_map(lost).collect::<Vec<_>>());
    }
    settle("flip", &broken);
}

#[test]
fn the_registry_is_whole() {
    let folders = support::entries(&repository("src/formats"));
    let folders: BTreeSet<String> =
        folders.iter().filter(|path| path.is_dir()).map(|path| support::base(path)).collect();
    let names: Vec<&str> = FORMATS.iter().map(|format| format.about().name).collect();
    for folder in &folders {
        let source = std::fs::read_to_string(repository("src/formats/mod.rs")).unwrap();
        assert!(source.contains(&format!("    &{folder}::")), "src/formats/{folder} is not in FORMATS");
    }
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len(), "two formats have one name: {names:?}");
    let claimed = |fixture: &Fixture| {
        // Under a model's name the report tells what it is, whatever it is.
        let scanned = SCANNER.scan_bytes(&format!("{}.pkl", fixture.path), fixture.bytes.clone());
        let by_its_name = scan(fixture, fixture.bytes.clone());
        [scanned, by_its_name].into_iter().flat_map(|it| it.artifact.map_or(vec![], |it| it.formats))
    };
    let claimed: BTreeSet<&str> = FIXTURES.par_iter().flat_map_iter(claimed).collect();
    let samples = std::fs::read_to_string(repository("src/formats/recognised/samples.txt")).unwrap();
    let sampled: BTreeSet<&str> = samples.lines().filter_map(|line| line.split(' ').next()).collect();
    let without = names.iter().filter(|name| !claimed.contains(*name) && !sampled.contains(*name));
    settle(
        "fixture",
        &without.map(|name| ((*name).to_owned(), "no fixture is of this format".to_owned())).collect(),
    );
}
