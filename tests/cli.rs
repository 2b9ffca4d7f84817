//! The command line as people and programs meet it: statuses, streams, words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

const BENIGN: &[u8] = b"\x80\x04N.";
const EVIL: &[u8] = b"cposix\nsystem\n(X\x04\0\0\0echotR.";
const CUT: &[u8] = b"\x80\x04\x95\x0a\0\0\0\0\0\0\0\x8c\x05weigh";
const TEXT: &[u8] = b"Only words.\n";

fn files(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlscan"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    for name in ["MLSCAN_FAIL_ON", "NO_COLOR", "CLICOLOR_FORCE", "CI", "PRE_COMMIT", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command
}

fn mlscan(folder: &TempDir, args: &[&str]) -> Output {
    command(folder.path(), args).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}

#[test]
fn a_clean_file_ends_with_0_and_one_calm_line() {
    let folder = files(&[("a.pkl", BENIGN)]);
    for args in [&["a.pkl"][..], &["scan", "a.pkl"]] {
        let done = mlscan(&folder, args);
        assert_eq!(status(&done), 0, "{}", stderr(&done));
        assert_eq!(stdout(&done).lines().count(), 1, "{}", stdout(&done));
        assert!(stderr(&done).contains("1 file "), "{}", stderr(&done));
    }
}

#[test]
fn a_finding_ends_with_1_and_says_where_what_and_what_to_do() {
    let folder = files(&[("models/evil.pkl", EVIL), ("models/ok.pkl", BENIGN)]);
    let done = mlscan(&folder, &["models"]);
    assert_eq!(status(&done), 1);
    for words in ["models/evil.pkl @ 0x", "critical", "posix.system", "echo", "mlscan explain "] {
        assert!(stdout(&done).contains(words), "{words}: {}", stdout(&done));
    }
    assert!(!stdout(&done).contains('\x1b'));
}

#[test]
fn a_finding_wins_over_a_path_that_does_not_exist() {
    let folder = files(&[("evil.pkl", EVIL), ("cut.pkl", CUT)]);
    let done = mlscan(&folder, &["none.pkl", "evil.pkl", "cut.pkl"]);
    assert_eq!(status(&done), 1);
    assert!(stderr(&done).contains("`none.pkl`: no such file or directory"), "{}", stderr(&done));
}

#[test]
fn a_path_that_does_not_exist_ends_with_2_and_the_others_are_scanned() {
    let folder = files(&[("ok.pkl", BENIGN)]);
    let done = mlscan(&folder, &["--format", "json", "none.pkl", "ok.pkl"]);
    assert_eq!(status(&done), 2);
    let report = report(&done);
    assert_eq!((&report["outcome"], &report["exit_code"]), (&"error".into(), &2.into()));
    assert_eq!(report["artifacts"][0]["path"], "ok.pkl");
    assert!(stderr(&done).contains("none.pkl"));
}

#[test]
fn what_was_not_fully_read_ends_with_3() {
    let folder = files(&[("cut.pkl", CUT)]);
    let done = mlscan(&folder, &["--fail-on", "never", "cut.pkl"]);
    assert_eq!(status(&done), 3, "{}", stdout(&done));
    assert!(stdout(&done).contains("not read"), "{}", stdout(&done));
}

#[test]
fn nothing_to_scan_ends_with_3_unless_that_is_allowed() {
    let folder = files(&[("readme.txt", TEXT)]);
    let done = mlscan(&folder, &["."]);
    assert_eq!(status(&done), 3);
    assert!(stderr(&done).contains("--allow-empty"), "{}", stderr(&done));
    assert_eq!(status(&mlscan(&folder, &["--allow-empty", "."])), 0);
}

#[test]
fn the_threshold_decides_by_option_or_environment() {
    let folder = files(&[("evil.pkl", EVIL)]);
    assert_eq!(status(&mlscan(&folder, &["--fail-on", "critical", "evil.pkl"])), 1);
    assert_eq!(status(&mlscan(&folder, &["--fail-on", "never", "evil.pkl"])), 0);
    let with = |args: &[&str]| {
        let done = command(folder.path(), args).env("MLSCAN_FAIL_ON", "never").output().unwrap();
        status(&done)
    };
    assert_eq!(with(&["evil.pkl"]), 0);
    assert_eq!(with(&["--fail-on", "high", "evil.pkl"]), 1);
}

#[test]
fn the_status_does_not_depend_on_the_format() {
    let folder = files(&[("evil.pkl", EVIL), ("cut.pkl", CUT), ("ok.pkl", BENIGN)]);
    for file in ["evil.pkl", "cut.pkl", "ok.pkl"] {
        let [text, json] = ["text", "json"].map(|format| mlscan(&folder, &["--format", format, file]));
        assert_eq!(status(&text), status(&json));
        assert_eq!(report(&json)["exit_code"], status(&json));
    }
}

#[test]
fn without_arguments_there_is_short_help_with_examples() {
    let done = mlscan(&files(&[]), &[]);
    assert_eq!(status(&done), 2);
    assert!(stderr(&done).lines().count() < 15);
    assert_eq!(stderr(&done).matches("\n  mlscan ").count(), 2, "{}", stderr(&done));
}

#[test]
fn help_names_every_option_and_status() {
    let done = mlscan(&files(&[]), &["--help"]);
    assert_eq!(status(&done), 0);
    let options = "--format --output --fail-on --rules --exclude --threads --quiet --color --allow-empty --digest --deep \
                   --limit trace rules explain MLSCAN_FAIL_ON 130";
    for word in options.split_whitespace() {
        assert!(stdout(&done).contains(word), "{word}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_one_clear_line() {
    let folder = files(&[("ok.pkl", BENIGN)]);
    let wrong: [(&[&str], &str); 12] = [
        (&["--exclud", "x", "ok.pkl"], "--exclude"),
        (&["--fail-on", "bad", "ok.pkl"], "never"),
        (&["--format", "xml", "ok.pkl"], "json"),
        (&["--format", "text", "--format", "json", "ok.pkl"], "--output"),
        (&["--output", "json", "ok.pkl"], "FORMAT=PATH"),
        (&["--output", "json=none/report.json", "ok.pkl"], "none/report.json"),
        (&["--exclude", "a[", "ok.pkl"], "--exclude"),
        (&["--limit", "nothing=1", "ok.pkl"], "members"),
        (&["--threads", "0", "ok.pkl"], "--threads"),
        (&["--rules", "none", "ok.pkl"], "none"),
        (&["--quiet"], "PATH"),
        (&["explain", "no-such-rule-at-all"], "no-such-rule-at-all"),
    ];
    for (args, word) in wrong {
        let done = mlscan(&folder, args);
        assert_eq!(status(&done), 2, "{args:?}");
        assert_eq!(stderr(&done).lines().count(), 1, "{args:?}: {}", stderr(&done));
        assert!(stderr(&done).contains(word), "{args:?}: {}", stderr(&done));
        assert!(!stderr(&done).contains("panicked"));
    }
}

#[test]
fn standard_input_is_scanned_beside_files() {
    let folder = files(&[("ok.pkl", BENIGN)]);
    let with = |args: &[&str], bytes: &[u8]| {
        let mut child = command(folder.path(), args);
        let mut child =
            child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _closed_early = child.stdin.take().unwrap().write_all(bytes);
        child.wait_with_output().unwrap()
    };
    let done = with(&["--format", "json", "ok.pkl", "-"], EVIL);
    assert_eq!(status(&done), 1);
    let report = report(&done);
    assert_eq!(report["artifacts"][0]["path"], "-");
    assert_eq!(report["artifacts"][1]["path"], "ok.pkl");
    assert_eq!(report["findings"][0]["path"], "-");
    assert_eq!((&report["summary"]["files"], &report["summary"]["models"]), (&2.into(), &2.into()));
    assert_eq!(status(&with(&["-"], BENIGN)), 0);
    let long = with(&["--limit", "unpacked=3", "-"], BENIGN);
    assert_eq!(status(&long), 3);
    assert!(stdout(&long).contains("--limit unpacked=N"), "{}", stdout(&long));
    assert_eq!(status(&with(&["trace", "-"], BENIGN)), 0);
}

#[test]
fn one_scan_writes_many_reports() {
    let folder = files(&[("evil.pkl", EVIL)]);
    let done = mlscan(&folder, &["--output", "json=report.json", "--output", "text=report.txt", "evil.pkl"]);
    assert_eq!(status(&done), 1);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("report.txt"), stdout(&done));
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["outcome"], "findings");
    let silent = mlscan(&folder, &["--format", "json", "--output", "json=report.json", "evil.pkl"]);
    assert_eq!((status(&silent), stdout(&silent)), (1, ""));
}

#[test]
fn quiet_says_nothing_of_what_is_clean() {
    let folder = files(&[("ok.pkl", BENIGN), ("evil.pkl", EVIL)]);
    let clean = mlscan(&folder, &["--quiet", "ok.pkl"]);
    assert_eq!((status(&clean), stdout(&clean), stderr(&clean)), (0, "", ""));
    let found = mlscan(&folder, &["--quiet", "."]);
    assert_eq!((status(&found), stderr(&found)), (1, ""));
    assert!(stdout(&found).contains("critical"));
    assert!(stderr(&mlscan(&folder, &["--quiet", "none"])).contains("none"));
}

#[test]
fn colour_comes_when_asked_for() {
    let folder = files(&[("evil.pkl", EVIL)]);
    let with = |args: &[&str], variables: &[(&str, &str)]| {
        let done = command(folder.path(), args).envs(variables.iter().copied()).output().unwrap();
        stdout(&done).contains('\x1b')
    };
    assert!(with(&["--color", "always", "evil.pkl"], &[("NO_COLOR", "1")]));
    assert!(with(&["evil.pkl"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!with(&["evil.pkl"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!with(&["--color", "never", "evil.pkl"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = files(&[]);
    for n in 0..300 {
        fs::write(folder.path().join(format!("{n}.pkl")), [EVIL, b"N."].concat()).unwrap();
    }
    let mut child = command(folder.path(), &["--format", "json", "."]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(status(&done), 1);
    assert!(!stderr(&done).contains("pipe"), "{}", stderr(&done));
}

#[test]
fn traces_say_what_loading_would_do() {
    let folder = files(&[("evil.pkl", EVIL), ("cut.pkl", CUT)]);
    let text = mlscan(&folder, &["trace", "evil.pkl"]);
    assert_eq!(status(&text), 0, "{}", stderr(&text));
    for words in ["import  posix.system", "call ", "posix.system('echo')", "0x"] {
        assert!(stdout(&text).contains(words), "{words}: {}", stdout(&text));
    }
    let json = mlscan(&folder, &["trace", "--format", "json", "evil.pkl", "cut.pkl"]);
    assert_eq!(status(&json), 3);
    let lines: Vec<Value> = stdout(&json).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["path"], &lines[0]["complete"]), (&"evil.pkl".into(), &true.into()));
    assert_eq!(
        (&lines[0]["imports"][0]["module"], &lines[0]["imports"][0]["name"]),
        (&"posix".into(), &"system".into())
    );
    assert_eq!(lines[0]["calls"][0]["expression"], "posix.system('echo')");
    assert_eq!(lines[1]["complete"], false);
    let missing = mlscan(&folder, &["trace", "none.pkl", "evil.pkl"]);
    assert_eq!(status(&missing), 2);
    assert!(stdout(&missing).contains("posix.system") && stderr(&missing).contains("none.pkl"));
    assert_eq!(status(&mlscan(&folder, &["trace", "."])), 2);
}

#[test]
fn rules_can_be_listed_and_explained() {
    let folder = files(&[]);
    let listed = mlscan(&folder, &["rules", "--format", "json"]);
    assert_eq!(status(&listed), 0);
    let rules = report(&listed);
    let id = rules[0]["id"].as_str().unwrap();
    assert!(stdout(&mlscan(&folder, &["rules"])).contains(id));
    let explained = mlscan(&folder, &["explain", id]);
    assert_eq!(status(&explained), 0);
    assert!(stdout(&explained).contains("Why it matters") && stdout(&explained).contains("What to do"));
    let (_, slip) = id.split_at(1);
    let hint = mlscan(&folder, &["explain", slip]);
    assert_eq!(status(&hint), 2);
    assert!(stderr(&hint).contains(&format!("did you mean `{id}`?")), "{}", stderr(&hint));
}

#[test]
fn what_is_left_out_is_said() {
    let folder = files(&[("old/evil.pkl", EVIL), ("ok.pkl", BENIGN)]);
    let done = mlscan(&folder, &["--exclude", "old", "."]);
    assert_eq!(status(&done), 0);
    assert!(stdout(&done).contains("--exclude: 1 path"), "{}", stdout(&done));
    let json = report(&mlscan(&folder, &["--exclude", "old", "--format", "json", "."]));
    assert_eq!(
        (&json["summary"]["excluded"], &json["tool"]["options"]["exclude"]),
        (&1.into(), &"old".into())
    );
}

#[cfg(unix)]
mod unix {
    use super::*;

    #[test]
    fn hostile_names_reach_no_terminal_and_give_no_command() {
        let folder = files(&[]);
        for name in ["::error::x", "\x1b[2J\n::warning::y", "##[group]z", "\u{202e}lkp.live"] {
            fs::write(folder.path().join(name), EVIL).unwrap();
        }
        for format in ["text", "json"] {
            let args = [
                "--format",
                format,
                "::error::x",
                "\x1b[2J\n::warning::y",
                "##[group]z",
                "\u{202e}lkp.live",
                "\x1b[3J",
            ];
            let done = mlscan(&folder, &args);
            assert_eq!(status(&done), 1);
            for text in [stdout(&done), stderr(&done)] {
                assert!(!text.contains(['\x1b', '\u{202e}']) && !text.contains("##["), "{text}");
                assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
            }
        }
    }

    #[test]
    fn output_that_cannot_be_written_ends_with_2() {
        if !Path::new("/dev/full").exists() {
            return; // only Linux has it
        }
        let folder = files(&[("ok.pkl", BENIGN), ("evil.pkl", EVIL)]);
        let clean = mlscan(&folder, &["--output", "json=/dev/full", "ok.pkl"]);
        assert_eq!(status(&clean), 2);
        assert!(stderr(&clean).contains("/dev/full"), "{}", stderr(&clean));
        assert_eq!(status(&mlscan(&folder, &["--output", "json=/dev/full", "evil.pkl"])), 1);
    }

    #[test]
    fn a_pipe_in_the_way_is_never_opened() {
        let folder = files(&[("ok.pkl", BENIGN)]);
        let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
        assert!(made.success());
        let done = mlscan(&folder, &["."]);
        assert_eq!(status(&done), 0);
        assert!(stderr(&done).contains("pipe"));
        assert_eq!(status(&mlscan(&folder, &["trace", "pipe"])), 2);
    }

    #[test]
    fn an_interrupted_scan_says_so() {
        let folder = files(&[]);
        for n in 0..20_000 {
            fs::write(folder.path().join(format!("{n}.txt")), b"x").unwrap();
        }
        // Too early and the signal ends the process, too late and there is nothing to interrupt.
        for delay in (10..400).step_by(10) {
            let mut child = command(folder.path(), &["--format", "json", "."]);
            let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(delay));
            let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            let done = child.wait_with_output().unwrap();
            if sent.success() && done.status.code() == Some(130) {
                let report = report(&done);
                assert_eq!((&report["outcome"], &report["exit_code"]), (&"interrupted".into(), &130.into()));
                assert!(stderr(&done).contains("interrupted"));
                return;
            }
        }
        panic!("a scan of 20,000 files could not be interrupted");
    }
}
