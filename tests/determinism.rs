//! The report is a function of the files: not of threads, not of where it is run, not of chance.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mlscan::{Scanner, output::Json};
use support::{FIXTURES, repository};

/// The report on all fixtures, as JSON.
fn json(threads: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let scanner = Scanner::builder().threads(threads).build();
    scanner.run(&[repository("fixtures")], &mut Json::new(&mut out)).unwrap();
    assert!(out.len() > 100_000, "{} bytes", out.len());
    out
}

fn assert_same(a: &[u8], b: &[u8], what: &str) {
    let at = a.iter().zip(b).position(|(x, y)| x != y);
    let near =
        at.map(|at| String::from_utf8_lossy(&a[at.saturating_sub(200)..a.len().min(at + 50)]).into_owned());
    assert!(a == b, "{what}: {} and {} bytes, they part behind {near:?}", a.len(), b.len());
}

#[test]
fn threads_and_repetition_change_nothing() {
    let one = json(1);
    assert_same(&one, &json(8), "1 and 8 threads");
    assert_same(&one, &json(1), "two runs");
}

fn run(from: &Path, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlscan"));
    command.args(["--format", "json", "--quiet"]).args(args).current_dir(from).stdin(Stdio::null());
    command.env_remove("MLSCAN_FAIL_ON");
    let output = command.output().unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A copy of some fixtures, of each format some.
fn copy(folder: &Path) {
    for fixture in FIXTURES.iter().step_by(7) {
        let path: PathBuf = folder.join("models").join(&fixture.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &fixture.bytes).unwrap();
    }
}

#[test]
fn where_it_is_run_changes_nothing() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    copy(here.path());
    copy(there.path());
    let models = here.path().join("models");
    let models = models.to_str().unwrap();
    assert_same(&run(here.path(), &[models]), &run(there.path(), &[models]), "the same path from two places");
    assert_same(
        &run(here.path(), &["models"]),
        &run(there.path(), &["models"]),
        "the same files in two places",
    );
}
