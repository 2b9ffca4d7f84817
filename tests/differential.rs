//! Traces of generated pickles against what CPython does with them, as `tests/differential/sample.py` wrote it down.
//!
//! `tests/differential/run.py` makes such streams in any number; see the README beside it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs};

use mlscan::{Scanner, Traced, bytes::Name, facts::Said};
use serde::Deserialize;

/// Technique; the stream in hex; module, name and both as they are spelled, of each name that any reading resolves; whether
/// all readings load it alike; the names under which each call may be stated.
#[derive(Deserialize)]
struct Sample(String, String, Vec<[String; 4]>, bool, Vec<Vec<String>>);

/// What a trace says: pairs of module and name, the same as spelled, and calls.
struct Stated {
    names: BTreeSet<(Name, Name)>,
    spelled: BTreeSet<(Name, Name)>,
    calls: BTreeSet<String>,
}

fn stated(traced: &Traced) -> Stated {
    let mut stated = Stated { names: BTreeSet::new(), spelled: BTreeSet::new(), calls: BTreeSet::new() };
    let own = traced.artifacts.iter().filter(|artifact| artifact.members.is_empty());
    for fact in own.flat_map(|artifact| &artifact.facts) {
        match &fact.said {
            Said::Import(said) if said.how != "path" => {
                stated.names.insert((said.module.clone(), said.name.clone()));
                stated.spelled.insert((said.raw_module.clone(), said.raw_name.clone()));
            }
            Said::Call(said) => {
                stated.calls.insert(said.callee.to_string());
                stated.calls.insert(format!("{}.{}", said.module, said.name));
            }
            _ => {}
        }
    }
    stated
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// What is wrong with a trace that calls itself complete.
fn wrong(sample: &Sample, traced: &Traced) -> Vec<String> {
    let Stated { names, spelled, calls } = stated(traced);
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for [module, name, raw_module, raw_name] in &sample.2 {
        let pair = |module: &str, name: &str| (Name::from(module), Name::from(name));
        if !names.contains(&pair(module, name)) && !spelled.contains(&pair(raw_module, raw_name)) {
            wrong.push(format!("{module}.{name} is not stated"));
        }
        known.insert(pair(module, name));
    }
    if sample.3 && names != known {
        wrong.push(format!("{:?} is stated, yet no reading looks it up", names.difference(&known)));
    }
    let direct = |call: &String| calls.contains(call) || calls.contains(&format!("{call}.__call__"));
    for call in sample.4.iter().filter(|ways| !ways.iter().any(direct)) {
        wrong.push(format!("the call of {} is not stated", call[0]));
    }
    wrong
}

#[test]
fn nothing_that_cpython_does_is_missing_from_a_complete_trace() {
    let text = include_str!("differential/sample.jsonl");
    let samples: Vec<Sample> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream.pkl");
    let scanner = Scanner::builder().build();
    let (mut failures, mut alike, mut incomplete) = (Vec::new(), 0_usize, Vec::new());
    for sample in &samples {
        fs::write(&path, hex(&sample.1)).unwrap();
        let traced = scanner.trace(&path).unwrap();
        alike = alike.saturating_add(usize::from(sample.3));
        if !traced.complete {
            incomplete.extend(sample.3.then(|| format!("{}: {}", sample.0, sample.1)));
            continue;
        }
        failures.extend(
            wrong(sample, &traced).into_iter().map(|what| format!("{}: {what}\n  {}", sample.0, sample.1)),
        );
    }
    assert!(samples.len() >= 1500 && failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        incomplete.len().saturating_mul(50) <= alike,
        "{} of {alike} streams that all readings load alike are not complete:\n{}",
        incomplete.len(),
        incomplete.join("\n")
    );
}
