//! `mlscan map`: every byte of every fixture is in a range, and the command says so.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use mlscan::Scanner;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn map(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mlscan"))
        .arg("map")
        .args(arguments)
        .current_dir(FIXTURES)
        .output()
        .unwrap()
}

#[test]
fn the_ranges_of_every_fixture_leave_no_byte_out() {
    let mut found = Vec::new();
    files(Path::new(FIXTURES), &mut found);
    assert!(found.len() > 500);
    let scanner = Scanner::builder().build();
    for path in found.iter().filter(|path| fs::metadata(path).unwrap().len() < 200_000) {
        let mapped = scanner.map(path).unwrap();
        let whole = mapped.artifacts.iter().find(|layout| layout.members.is_empty()).unwrap();
        let mut at = 0;
        for range in &whole.ranges {
            assert!(range.span.start <= at, "{} leaves out {at:#x}", path.display());
            at = at.max(range.span.end());
        }
        assert!(at >= whole.size, "{} ends at {at:#x} of {:#x}", path.display(), whole.size);
    }
}

#[test]
fn the_table_shows_members_and_what_hides_between_them() {
    let text = map(&["--color", "never", "pytorch/evil-in-gap.pt"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("member      pytorch model/data.pkl"), "{text}");
    assert!(text.contains("structure   pytorch"), "{text}");
    let found = map(&["--color", "never", "archive/evil-hole.safetensors"]);
    assert_eq!(found.status.code(), Some(3));
    assert!(String::from_utf8(found.stdout).unwrap().contains("found       bytes@"));
}

#[test]
fn a_line_of_json_holds_the_ranges_of_all_artifacts() {
    let json = map(&["--format", "json", "zip/near-folders.zip", "archive/near-plain.7z"]);
    assert_eq!(json.status.code(), Some(0));
    let text = String::from_utf8(json.stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["complete"], true);
    assert_eq!(lines[1]["artifacts"][0]["formats"][0], "7z");
    assert_eq!(lines[1]["artifacts"][1]["members"][0], "readme.txt");
    assert_eq!(map(&["no-such-file"]).status.code(), Some(2));
}
