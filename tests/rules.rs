//! The rules that come with mlscan, as data.

use std::{env, fs, path::Path};

use mlscan::rules::{Rules, doc};

#[test]
fn every_example_comes_out_as_its_rule_says() {
    let wrong = Rules::builtin().trial();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_generated_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/README.md");
    let page = doc::markdown(&Rules::builtin());
    if env::var_os("MLSCAN_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "rules/README.md is old: MLSCAN_BLESS=1 cargo test --test rules");
}

/// Facts, and what the rules make of them.
#[cfg(test)]
mod judging {
    use mlscan::{
        bytes::{Name, Span},
        facts::{Arg, Call, Fact, Import, Mutation, Said},
        findings::{Finding, Severity},
        rules::{Rules, Subject},
    };

    fn fact(chain: u64, at: u64, said: impl Into<Said>) -> Fact {
        Fact { span: Span::new(at, 4), chain, count: 1, said: said.into() }
    }

    fn import(module: &str, name: &str, used: &'static str) -> Import {
        let package = module.split('.').next().unwrap();
        Import {
            module: module.into(),
            name: name.into(),
            package: package.into(),
            used,
            readings: "all",
            ..Import::default()
        }
    }

    fn call(module: &str, name: &str, expression: &str) -> Call {
        Call {
            callee: format!("{module}.{name}").into(),
            module: module.into(),
            name: name.into(),
            via: "reduce",
            reached: "direct",
            readings: "all",
            shape: "function",
            expression: expression.to_owned(),
            ..Call::default()
        }
    }

    fn judge(facts: &[Fact]) -> Vec<Finding> {
        let path = Name::from("model.pkl");
        Rules::builtin().judge(&Subject { formats: &["pickle"], ..Subject::new(&path) }, facts)
    }

    fn names(findings: &[Finding]) -> Vec<(&str, Severity)> {
        findings.iter().map(|finding| (finding.rule.as_str(), finding.severity)).collect()
    }

    #[test]
    fn one_attack_is_one_finding() {
        let found = judge(&[
            fact(2, 2, import("builtins", "getattr", "called")),
            fact(2, 9, import("posixpath", "os", "handed")),
            fact(2, 14, import("os", "system", "called")),
            fact(2, 20, Call { reached: "attribute", ..call("os", "system", "os.system('echo hi')") }),
        ]);
        assert_eq!(names(&found), [("dangerous-call", Severity::Critical)]);
        assert_eq!(found[0].message, "Loading runs a shell command: `os.system('echo hi')`");
        assert_eq!(found[0].offset, Some(20));
        assert_eq!(found[0].related.len(), 1, "{:?}", found[0].related);
    }

    #[test]
    fn two_attacks_are_two_findings() {
        let found = judge(&[
            fact(2, 2, call("posix", "system", "posix.system('a')")),
            fact(30, 30, call("posix", "system", "posix.system('b')")),
            fact(50, 50, call("shutil", "rmtree", "shutil.rmtree('/inert')")),
        ]);
        let critical = ("dangerous-call", Severity::Critical);
        assert_eq!(names(&found), [critical, critical, ("dangerous-call", Severity::High)]);
        assert_ne!(found[0].fingerprint, found[1].fingerprint);
    }

    #[test]
    fn a_name_that_is_called_elsewhere_is_not_told_twice() {
        let found = judge(&[
            fact(2, 2, import("posix", "system", "called")),
            fact(90, 90, call("posix", "system", "posix.system('a')")),
        ]);
        assert_eq!(names(&found), [("dangerous-call", Severity::Critical)]);
        let alone = judge(&[fact(2, 2, import("posix", "system", "handed"))]);
        assert_eq!(names(&alone), [("dangerous-handed", Severity::Critical)]);
        let mentioned = judge(&[fact(2, 2, import("posix", "system", "mentioned"))]);
        assert_eq!(names(&mentioned), [("dangerous-import", Severity::High)]);
    }

    #[test]
    fn what_frameworks_write_is_quiet() {
        let found = judge(&[
            fact(0, 0, import("collections", "OrderedDict", "called")),
            fact(0, 8, call("collections", "OrderedDict", "collections.OrderedDict()")),
            fact(9, 9, import("torch._utils", "_rebuild_tensor_v2", "called")),
            fact(9, 12, call("torch._utils", "_rebuild_tensor_v2", "torch._utils._rebuild_tensor_v2(…)")),
            fact(20, 20, import("numpy", "dtype", "called")),
            fact(20, 24, call("numpy", "dtype", "numpy.dtype('f8')")),
            fact(30, 30, import("_codecs", "encode", "called")),
            fact(40, 40, Call { via: "build", ..call("numpy", "dtype.__setstate__", "…") }),
            fact(50, 50, Call { via: "setitem", ..call("collections", "OrderedDict.__setitem__", "…") }),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn an_unknown_name_is_told_once_with_what_vouches_for_it() {
        let number = Arg { kind: "constant", classes: vec!["number"], ..Arg::default() };
        let made = Call {
            shape: "class",
            args: vec![number.clone(), number],
            ..call("acme.models", "Net", "acme.models.Net(3, 4)")
        };
        let given = "acme.models.Net(3, 4)".into();
        let found = judge(&[
            fact(0, 0, Import { given, ..import("acme.models", "Net", "called") }),
            fact(0, 8, made),
            fact(0, 12, Call { via: "build", ..call("acme.models", "Net.__setstate__", "…") }),
        ]);
        assert_eq!(names(&found), [("own-code-called", Severity::Medium)]);
        assert!(found[0].message.contains("`acme.models<TAB>Net<TAB>refer,make`"));
        assert_eq!(found[0].title, "Loading calls `acme.models.Net`, which nobody has vouched for");
    }

    #[test]
    fn a_class_of_the_model_s_own_that_only_gets_its_state_is_low() {
        let found = judge(&[
            fact(0, 0, import("acme.models", "Net", "made")),
            fact(0, 8, Call { via: "newobj", shape: "class", ..call("acme.models", "Net", "…") }),
            fact(0, 12, Call { via: "build", ..call("acme.models", "Net.__setstate__", "…") }),
            fact(20, 20, import("__main__", "Scaler", "handed")),
            fact(30, 30, import("torch", "float32", "mentioned")),
        ]);
        assert_eq!(names(&found), [("own-class", Severity::Low), ("code-not-in-file", Severity::Low)]);
        let alone = judge(&[fact(0, 0, import("acme.models", "Net", "made"))]);
        assert_eq!(names(&alone), [("only-own-code", Severity::Medium)]);
        assert!(found[0].message.contains("`acme.models<TAB>Net<TAB>refer,new,make,build`"));
        let known = judge(&[fact(0, 0, import("sklearn.acme", "Net", "made"))]);
        assert_eq!(names(&known), [("unknown-import", Severity::Medium)]);
    }

    #[test]
    fn what_only_a_reader_of_raw_arrays_sees_counts_if_it_is_dangerous() {
        let stray = |module, name| Import { readings: "stray", ..import(module, name, "called") };
        assert!(judge(&[fact(0, 0, stray("estimator", "dtype"))]).is_empty());
        assert_eq!(
            names(&judge(&[fact(0, 0, stray("posix", "system"))])),
            [("dangerous-handed", Severity::Critical)]
        );
    }

    #[test]
    fn a_dangerous_name_may_be_vouched_for_as_a_mere_mention() {
        assert!(judge(&[fact(0, 0, import("numpy", "memmap", "handed"))]).is_empty());
        assert!(judge(&[fact(0, 0, import("numpy", "memmap", "mentioned"))]).is_empty());
        let called = judge(&[fact(0, 0, call("numpy", "memmap", "numpy.memmap('x', 'w')"))]);
        assert_eq!(names(&called), [("dangerous-call", Severity::High)]);
    }

    #[test]
    fn an_unknown_function_with_a_command_is_high() {
        let found = judge(&[
            fact(0, 0, import("acme.utils", "run", "called")),
            fact(
                0,
                8,
                Call { classes: vec!["command"], ..call("acme.utils", "run", "acme.utils.run('echo hi')") },
            ),
        ]);
        assert_eq!(names(&found), [("telling-arguments", Severity::High)]);
    }

    #[test]
    fn changing_what_was_there_is_critical() {
        let found = judge(&[
            fact(0, 0, import("os", "environ", "set")),
            fact(
                0,
                8,
                Mutation {
                    target: "os.environ".into(),
                    module: "os".into(),
                    name: "environ".into(),
                    how: "setitem",
                    key: "'LD_PRELOAD'".into(),
                    expression: "os.environ['LD_PRELOAD'] = './x.so'".into(),
                    ..Mutation::default()
                },
            ),
            fact(0, 8, Call { via: "setitem", ..call("os", "environ.__setitem__", "…") }),
        ]);
        assert_eq!(names(&found), [("process-state-changed", Severity::Critical)]);
    }

    #[test]
    fn what_one_rule_says_is_bounded_and_counted() {
        let facts: Vec<Fact> =
            (0..5000).map(|at| fact(at, at, import("sklearn", &format!("f{at}"), "called"))).collect();
        let found = judge(&facts);
        assert_eq!(found.len(), 200);
        assert_eq!(found.iter().map(|finding| finding.count).sum::<u64>(), 5000);
        assert!(found.iter().all(|finding| finding.related.len() <= 21));
    }

    #[test]
    fn judging_costs_in_proportion_to_the_facts() {
        let facts: Vec<Fact> = (0..100_000)
            .flat_map(|at| {
                [
                    fact(7, at, import("acme", &format!("f{at}"), "mentioned")),
                    fact(7, at, call("posix", "system", &format!("posix.system({at})"))),
                ]
            })
            .collect();
        let start = std::time::Instant::now();
        let found = judge(&facts);
        assert!(found.len() == 1 && found[0].related.len() == 21);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}

/// Folders of a user's own.
#[cfg(test)]
mod own {
    use std::fs;

    use mlscan::{
        bytes::{Name, Span},
        facts::{Fact, Import},
        rules::{Rules, Subject},
    };

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn error(rule: &str) -> String {
        Rules::with_dir(folder(&[("own/x.toml", rule)]).path()).err().expect("an error").to_string()
    }

    const RULE: &str = r#"
title = "t"
severity = "low"
fact = "stream"
when = { protocol = { least = 6 } }
message = "Protocol {protocol}"
why = "w"
fix = "f"
references = ["CWE-1"]
evil = "fixtures/a"
honest = "fixtures/b"
[[examples]]
holds = true
fact = { protocol = 7 }
[[examples]]
holds = false
fact = { protocol = 5 }
"#;

    #[test]
    fn a_line_in_a_list_vouches() {
        let own = folder(&[("lists/safe.tsv", "acme.models\tNet\trefer,new,make,build\n")]);
        let import =
            Import { module: "acme.models".into(), name: "Net".into(), used: "made", ..Import::default() };
        let facts = [Fact { span: Span::new(0, 1), chain: 0, count: 1, said: import.into() }];
        let path = Name::from("m.pkl");
        let (all, own) = (Rules::builtin(), Rules::with_dir(own.path()).unwrap());
        assert_eq!(all.judge(&Subject::new(&path), &facts).len(), 1);
        assert!(own.judge(&Subject::new(&path), &facts).is_empty());
        assert_ne!(all.digest(), own.digest());
        assert_eq!(all.digest().len(), 64);
    }

    #[test]
    fn a_rule_of_one_s_own_is_added_and_tried() {
        let own = Rules::with_dir(folder(&[("own/x.toml", RULE)]).path()).unwrap();
        assert_eq!(own.catalogue().len(), Rules::builtin().catalogue().len() + 1);
        assert!(own.trial().is_empty());
        let wrong = RULE.replace("protocol = 7", "protocol = 3");
        assert_eq!(Rules::with_dir(folder(&[("x.toml", &wrong)]).path()).unwrap().trial().len(), 1);
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_told_with_file_and_line() {
        for (from, to, says) in [
            (
                "protocol = { least",
                "protocl = { least",
                "own/x.toml:5: `when.protocl`: there is no field `protocl` here",
            ),
            ("least = 6", "lest = 6", "own/x.toml:5: `when.protocol.lest`: there is no such key"),
            (
                "{ least = 6 }",
                "true",
                "own/x.toml:5: `when.protocol`: a number or a table with `least` and `most` is expected",
            ),
            ("\"stream\"", "\"steam\"", "own/x.toml:4: `fact`: there is no kind `steam`"),
            ("{protocol}", "{protocl}", "own/x.toml:6: `message`: there is no field `protocl` here"),
            ("fix = \"f\"", "fixx = \"f\"", "own/x.toml:1: `fix` is missing"),
            ("title", "titel = 1\ntitle", "own/x.toml:2: `titel`: there is no such key"),
            (
                "\"low\"",
                "\"lo\"",
                "own/x.toml:3: `severity`: critical, high, medium, low or info is expected",
            ),
            ("holds = false", "holds = true", "an example that holds and one that does not are expected"),
            ("why = \"w\"", "why = ", "own/x.toml:7"),
        ] {
            assert!(RULE.contains(from), "{from}");
            let said = error(&RULE.replacen(from, to, 1));
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn a_bad_expression_is_told() {
        let said =
            error(&RULE.replace("when = { protocol = { least = 6 } }", "when = { ended = { regex = '(' } }"));
        assert!(said.starts_with("own/x.toml:5: `when.ended.regex`"), "{said}");
    }
}

#[test]
fn references_have_known_forms_and_no_retired_ids() {
    let rules = Rules::builtin();
    for entry in rules.catalogue() {
        assert!(!entry.references.is_empty(), "{}", entry.id);
        for reference in entry.references {
            let known =
                ["CWE-", "AML.T", "CVE-", "GHSA-", "arXiv:"].iter().any(|form| reference.starts_with(form));
            // Retired by MITRE ATLAS 2026.07.
            let retired = ["AML.T0019", "AML.T0058", "AML.T0104"].iter().any(|id| reference.starts_with(id));
            assert!(known && !retired, "{}: {reference}", entry.id);
        }
    }
}

#[test]
fn every_expression_of_the_rules_compiles() {
    // Read again as a user's folder, where expressions are compiled.
    Rules::with_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
}

/// The two files that each rule names.
#[cfg(test)]
mod files {
    use std::{collections::BTreeMap, fs, path::Path};

    use mlscan::{
        Scanner,
        findings::{Report, Tool},
        rules::Rules,
    };

    /// Rules that hold of a file, or of what lies in a folder.
    fn found(path: &str) -> Vec<String> {
        let (scanner, real) = (Scanner::builder().build(), Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        let findings = if real.is_dir() {
            let mut report = Report::new(Tool::new(String::new(), BTreeMap::new()));
            scanner.run(&[real], &mut report).expect(path);
            report.findings
        } else {
            scanner.scan_bytes(path, fs::read(real).expect(path)).findings
        };
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn each_rule_finds_its_evil_file_and_passes_its_honest_one() {
        let rules = Rules::builtin();
        let mut wrong = Vec::new();
        for entry in rules.catalogue() {
            let holds = |file: &str| found(file).iter().any(|rule| rule == entry.id);
            if !holds(entry.evil) {
                wrong.push(format!("{}: {} gives {:?}", entry.id, entry.evil, found(entry.evil)));
            }
            if holds(entry.honest) {
                wrong.push(format!("{}: found in {}", entry.id, entry.honest));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
