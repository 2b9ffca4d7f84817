//! Any format: the first byte takes one of the names that decide between guesses, the rest is the file.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mlscan::{Digest, Scanner, bytes::Limits, facts::GapCode, formats::FORMATS};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let mut limits = Limits::default();
    limits.steps = 20_000_000;
    limits.unpacked = 16 << 20;
    Scanner::builder().digest(Digest::Never).limits(limits).build()
});

/// Every file name extension that a format knows.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let extensions = FORMATS.iter().flat_map(|format| format.about().extensions);
    extensions.map(|extension| format!("file.{extension}")).collect()
});

fuzz_target!(|data: &[u8]| {
    let Some((&first, file)) = data.split_first() else { return };
    let name = &NAMES[usize::from(first) % NAMES.len()];
    let scanned = SCANNER.scan_bytes(name, file.to_vec());
    let gaps = scanned.artifact.iter().flat_map(|artifact| &artifact.gaps);
    assert!(gaps.into_iter().all(|gap| gap.code != GapCode::Panicked), "a parser gave up");
});
