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
