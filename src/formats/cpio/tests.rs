//! Archives written byte by byte.

use super::*;
use crate::{
    bytes::{Budget, Limits, wide},
    formats::Collected,
};

fn member(name: &str, mode: u32, data: &[u8]) -> Vec<u8> {
    let numbers = [1, mode, 0, 0, 1, 0, u32::try_from(data.len()).unwrap(), 0, 0, 0, 0];
    let mut bytes = b"070701".to_vec();
    numbers.iter().for_each(|number| bytes.extend(format!("{number:08X}").bytes()));
    let len = name.len().saturating_add(1);
    bytes.extend(format!("{len:08X}{:08X}{name}\0", 0).bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn parsed(bytes: &[u8]) -> (Collected, Result<(), Fault>) {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    let result = Cpio.parse(&Bytes::of_file(bytes.to_vec()), &mut out);
    (out.finish(), result)
}

#[test]
fn members_are_handed_over_and_everything_is_covered() {
    let parts = [
        member("a.pkl", 0o100_644, b"N."),
        member("link", 0o120_777, b"../../etc/passwd"),
        member("../up", 0o100_644, b"x"),
        member("TRAILER!!!", 0, b""),
    ];
    let bytes = parts.concat();
    let (collected, result) = parsed(&bytes);
    assert_eq!((result, collected.gaps.len()), (Ok(()), 0));
    assert!(collected.covered.holes(wide(bytes.len())).is_empty());
    let names: Vec<_> = collected.children.iter().map(|child| child.name.to_string()).collect();
    assert_eq!(names, ["a.pkl", "../up"]);
    assert_eq!(collected.facts.len(), 2);
}

#[test]
fn an_archive_that_is_cut_is_never_clean() {
    let bytes = [member("a", 0o100_644, b"0123456789"), member("TRAILER!!!", 0, b"")].concat();
    for cut in 1..bytes.len().saturating_sub(3) {
        let (collected, result) = parsed(&bytes[..cut]);
        assert!(result.is_err() || !collected.gaps.is_empty(), "cut at {cut}");
    }
}
