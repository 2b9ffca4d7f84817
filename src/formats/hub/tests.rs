//! Configurations and what looks like them.

use super::*;
use crate::bytes::{Budget, Limits};

fn references(text: &str) -> Vec<(String, &'static str, Vec<&'static str>)> {
    let bytes = Bytes::of_file(text.as_bytes().to_vec());
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    if Hub.probe(&bytes, &place) == Sure::No {
        return Vec::new();
    }
    let mut emit = Emit::new(&place, &budget);
    Hub.parse(&bytes, &mut emit).unwrap();
    let facts = emit.finish().facts;
    let said = facts.into_iter().filter_map(|fact| match fact.said {
        Said::Reference(said) => Some((said.to.to_string(), said.purpose, said.hazards)),
        _ => None,
    });
    said.collect()
}

#[test]
fn shards_are_stated_once() {
    let index =
        r#"{"metadata": {}, "weight_map": {"a": "m-1.safetensors", "b": "../m-2", "c": "m-1.safetensors"}}"#;
    let shards =
        vec![("m-1.safetensors".to_owned(), "shard", vec![]), ("../m-2".to_owned(), "shard", vec!["parent"])];
    assert_eq!(references(index), shards);
}

#[test]
fn code_beside_the_model_is_stated() {
    let config = r#"{"auto_map": {"AutoModel": "modeling_x.X", "AutoTokenizer": ["o/r--tok.T", null]}}"#;
    let code = vec![
        ("modeling_x.X".to_owned(), "remote-code", vec![]),
        ("o/r--tok.T".to_owned(), "remote-code", vec!["elsewhere"]),
    ];
    assert_eq!(references(config), code);
    let modules =
        r#"[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]"#;
    assert_eq!(
        references(modules),
        [("sentence_transformers.models.Transformer".to_owned(), "import", vec![])]
    );
}

#[test]
fn other_json_refers_to_nothing() {
    for text in
        [r#"{"a": {"auto_map": {"x": "y"}}}"#, r#"["auto_map", "idx"]"#, r#"[{"idx": 1, "type": "x"}]"#, "{}"]
    {
        assert_eq!(references(text), []);
    }
}

#[test]
fn words_are_found_wherever_they_stand_and_however_they_are_spelled() {
    let filler = "x".repeat(100_000);
    let middle = format!(r#"{{"a": "{filler}", "auto_map": {{"AutoModel": "m.X"}}, "z": "{filler}"}}"#);
    let escaped = r#"{"auto\u005fmap": {"AutoModel": "m.X"}}"#;
    for text in [middle.as_str(), escaped] {
        assert_eq!(references(text), [("m.X".to_owned(), "remote-code", vec![])]);
    }
}
