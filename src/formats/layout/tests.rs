//! Descriptions as the tools write them.

use super::*;
use crate::{
    bytes::{Budget, Limits},
    facts::Said,
};

fn parsed(name: &str, text: &str) -> Collected {
    let place = Place { names: vec![Name::from(name)], ..Place::default() };
    let budget = Budget::new(Limits::default());
    let bytes = Bytes::of_file(text.as_bytes().to_vec());
    let mut out = Emit::new(&place, &budget);
    if Layout.probe(&bytes, &place) != Sure::No {
        Layout.parse(&bytes, &mut out).unwrap();
    }
    out.finish()
}

fn references(name: &str, text: &str) -> Vec<(String, &'static str)> {
    let said = parsed(name, text).facts.into_iter().filter_map(|fact| match fact.said {
        Said::Reference(said) => Some((said.to.to_string(), said.purpose)),
        _ => None,
    });
    said.collect()
}

#[test]
fn each_tool_is_told_what_to_run() {
    let one = |to: &str, purpose| vec![(to.to_owned(), purpose)];
    let model = "flavors:\n  python_function:\n    env: x\n    loader_module: acme.load # ours\n";
    assert_eq!(references("m/MLmodel", model), one("acme.load", "loader-module"));
    let flow = "flavors: {python_function: {loader_module: acme.load, data: d}}";
    assert_eq!(references("MLmodel", flow), one("acme.load", "loader-module"));
    let manifest = r#"{"model": {"modelName": "x", "handler": "handler.py:run"}}"#;
    assert_eq!(references("MAR-INF/MANIFEST.json", manifest), one("handler.py:run", "loader-code"));
    assert_eq!(
        references("config.pbtxt", "name: \"x\"\nbackend: \"python\"\n"),
        one("model.py", "loader-code")
    );
    let nemo = "encoder:\n  _target_: acme.Encoder\n";
    assert_eq!(references("model_config.yaml", nemo), one("acme.Encoder", "import"));
}

#[test]
fn other_files_tell_nothing() {
    for (name, text) in [
        ("config.pbtxt", "backend: \"onnxruntime\"\n"),
        ("XMLmodel", "flavors:\n loader_module: x\n"),
        ("MLmodel", "loader_module: x\n"),
        ("MLmodel", "flavors:\n  my_loader_module: x\n  loader_module:\n"),
        ("MANIFEST.json", r#"{"handler": "x"}"#),
    ] {
        assert_eq!(references(name, text), [], "{name}");
    }
}

#[test]
fn letters_that_are_escaped_are_a_gap() {
    let text = "flavors: {python_function: {\"loader\\x5fmodule\": acme}}";
    assert_eq!(parsed("MLmodel", text).gaps.len(), 1);
}

#[test]
fn many_settings_on_one_line_cost_no_more_than_they_are_long() {
    let text = "target: _target_: ".repeat(20_000);
    let found = parsed("model_config.yaml", &text).facts;
    let longest = found.iter().filter_map(|fact| match &fact.said {
        Said::Reference(said) => Some(said.to.as_bytes().len()),
        _ => None,
    });
    assert!(longest.max().is_some_and(|longest| longest <= 4096));
    let spaced = format!("target: {}os.system\n", " ".repeat(10_000));
    assert_eq!(references("model_config.yaml", &spaced), [("os.system".to_owned(), "import")]);
}
