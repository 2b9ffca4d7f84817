//! Pickles: nothing gives up, and cutting the last byte off never makes a file clean that was not.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mlscan::{
    Digest, Scanner,
    bytes::Limits,
    facts::GapCode,
    findings::{Coverage, Scanned},
};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let mut limits = Limits::default();
    limits.steps = 20_000_000;
    limits.unpacked = 16 << 20;
    Scanner::builder().digest(Digest::Never).limits(limits).build()
});

fn scan(bytes: &[u8]) -> Scanned {
    let scanned = SCANNER.scan_bytes("model.pkl", bytes.to_vec());
    let gaps = scanned.artifact.iter().flat_map(|artifact| &artifact.gaps);
    assert!(gaps.into_iter().all(|gap| gap.code != GapCode::Panicked), "a parser gave up");
    scanned
}

fuzz_target!(|data: &[u8]| {
    let scanned = scan(data);
    let complete = scanned.artifact.is_some_and(|artifact| artifact.coverage == Coverage::Complete);
    // A pickle that is read to its STOP is not whole without it.
    if complete && data.starts_with(b"\x80\x04\x95") && data.iter().filter(|&&byte| byte == b'.').count() == 1 {
        let cut = scan(&data[..data.len() - 1]).artifact;
        assert!(data.last() != Some(&b'.') || cut.is_none_or(|cut| cut.coverage != Coverage::Complete));
    }
});
