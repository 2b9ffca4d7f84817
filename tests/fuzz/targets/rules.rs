//! The reader of rules: whatever a folder of rules holds, there are rules or an error that says why.
#![no_main]

use std::{fs, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use mlscan::rules::Rules;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("call")).unwrap();
    folder
});

fuzz_target!(|data: &[u8]| {
    fs::write(FOLDER.path().join("call/fuzzed.toml"), data).unwrap();
    if let Err(error) = Rules::with_dir(FOLDER.path()) {
        assert!(!error.to_string().is_empty());
    }
});
