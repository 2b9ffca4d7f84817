//! How the source is laid out: which part may use which, how long files and functions are.

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
    fs,
};

use support::{files_below, repository, settle};

/// Folders of `src/` and the folders that each may use. `cli` belongs to the binary: it uses the public API only.
const FLOORS: &[(&str, &[&str])] = &[
    ("bytes", &[]),
    ("facts", &["bytes"]),
    ("wire", &["bytes"]),
    ("findings", &["facts", "bytes"]),
    ("formats", &["wire", "facts", "bytes"]),
    ("rules", &["findings", "facts", "bytes"]),
    ("output", &["findings", "facts", "bytes"]),
    ("scan", &["output", "rules", "formats", "findings", "wire", "facts", "bytes"]),
    ("cli", &[]),
];

/// Files that no floor holds.
const ABOVE: &[&str] = &["lib.rs", "main.rs"];

/// The build script: its `crate` is a program of its own.
const BUILD_SCRIPT: &str = "rules/embed.rs";

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 40;

/// The files of `src/` with their text, by their path below it.
fn sources() -> BTreeMap<String, String> {
    let root = repository("src");
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        (name, fs::read_to_string(path).unwrap())
    };
    files_below(&root, ".rs").into_iter().map(read).collect()
}

/// The floor of a file: `scan` for `scan/walk.rs` and for `scan.rs`.
fn floor(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The parts of the crate that a text names: `a` in `crate::a::b`, `a` and `c` in `use crate::{a::b, c}`.
fn used(text: &str) -> BTreeSet<String> {
    let word =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && depth == 0 && !c.is_whitespace() => {
                    found.insert(word(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// The code of a file without comments and without what is in quotes: only braces and words are left.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(end) = raw_string(rest) {
            end
        } else if c == '"' {
            quoted(rest)
        } else if rest.starts_with("'\\") {
            rest[2..].find('\'').map_or(1, |at| if at == 0 { 4 } else { at + 3 })
        } else if c == '\'' && rest.chars().nth(2) == Some('\'') {
            c.len_utf8() + rest[1..].chars().next().unwrap().len_utf8() + 1
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        out.extend(rest[..skipped].chars().filter(|&c| c == '\n'));
        rest = &rest[skipped..];
    }
    out
}

/// Length of the raw string literal that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let marks = text.strip_prefix('r')?;
    let hashes = marks.len() - marks.trim_start_matches('#').len();
    let body = marks[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(2 + hashes + body.find(&end)? + end.len())
}

/// Length of the string literal that begins here.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The functions of a file with the lines of each, from `fn` to the closing brace.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<String> = code(text).lines().map(str::to_owned).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, after)) = line.split_once("fn ") else { continue };
        let item =
            before.split_whitespace().all(|word| word.starts_with("pub") || QUALIFIERS.contains(&word));
        if !item || !after.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            continue;
        }
        let (mut depth, mut begun) = (0_i32, false);
        for (more, line) in lines[at..].iter().enumerate() {
            for c in line.chars() {
                depth += i32::from(c == '{') - i32::from(c == '}');
                begun |= c == '{';
            }
            let declared = !begun && line.trim_end().ends_with(';');
            if declared || (begun && depth == 0) {
                let name = after.split(['(', '<']).next().unwrap();
                found.push((name.to_owned(), more + 1));
                break;
            }
        }
    }
    found
}

const QUALIFIERS: &[&str] = &["const", "unsafe", "extern", "async", "in", "super)", "crate)", "self)"];

#[test]
fn each_floor_uses_only_lower_ones() {
    let floors: BTreeMap<&str, &[&str]> = FLOORS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if ABOVE.contains(&path.as_str()) || path == BUILD_SCRIPT {
            continue;
        }
        let floor = floor(&path);
        let Some(&below) = floors.get(floor) else { panic!("src/{path} is on no floor") };
        for used in used(&text).iter().filter(|used| *used != floor && !below.contains(&used.as_str())) {
            wrong.push(format!("src/{path} uses {used}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_knows_the_terminal() {
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| floor(path) != "cli" && *path != "main.rs") {
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = code(text.split("#[cfg(test)]").next().unwrap());
        for word in [
            "clap::",
            "anyhow::",
            "owo_colors::",
            "indicatif::",
            "ctrlc::",
            "stdout()",
            "SystemTime",
            "Instant",
        ] {
            if text.contains(word) {
                wrong.push(format!("src/{path} has {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_functions_are_short() {
    let (mut files, mut long) = (BTreeMap::new(), BTreeMap::new());
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            files.insert(path.clone(), format!("{lines} lines"));
        }
        for (name, lines) in functions(&text).into_iter().filter(|(_, lines)| *lines > LONGEST_FUNCTION) {
            long.insert(format!("{path}:{name}"), format!("{lines} lines"));
        }
    }
    settle("file", &files);
    settle("function", &long);
}

#[test]
fn the_readers_of_this_test_read_rust() {
    let text = "use crate::{bytes::{Name, Span}, facts,\n    wire::zip};\nfn a() {\n  let x = '{'; // }\n  \"}\"\n}\n";
    let used: Vec<String> = used(text).into_iter().chain(used("pub(crate) x: crate::rules::Rules")).collect();
    assert_eq!(used, ["bytes", "facts", "wire", "rules"]);
    assert_eq!(functions(text), [("a".to_owned(), 4)]);
    assert_eq!(
        functions("    pub(super) const fn b<T>(r: &'a str)\n    {\n r#\"{\"#; '\\''; '\\u{7b}';\n}\n"),
        [("b".to_owned(), 4)]
    );
    assert_eq!(functions("fn c();\nlet f = fn () {};"), [("c".to_owned(), 1)]);
}
