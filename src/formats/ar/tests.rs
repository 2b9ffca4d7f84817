//! Archives written byte by byte.

use super::*;
use crate::{
    bytes::{Budget, Limits, wide},
    formats::Collected,
};

fn member(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{name:<16}0           0     0     100644  {:<10}`\n", data.len()).into_bytes();
    bytes.extend(data);
    if bytes.len() % 2 == 1 {
        bytes.push(b'\n');
    }
    bytes
}

fn parsed(bytes: &[u8]) -> Collected {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    Ar.parse(&Bytes::of_file(bytes.to_vec()), &mut out).unwrap();
    out.finish()
}

#[test]
fn members_are_handed_over_under_their_whole_names() {
    let parts = [
        MAGIC.to_vec(),
        member("/", b"table"),
        member("//", b"a-name-that-is-long.o/\n"),
        member("short.o/", b"1"),
        member("/0", b"22"),
        member("#1/8", b"bsd.o\0\0\x00333"),
    ];
    let bytes = parts.concat();
    let collected = parsed(&bytes);
    let names: Vec<_> = collected.children.iter().map(|child| child.name.to_string()).collect();
    assert_eq!(names, ["short.o", "a-name-that-is-long.o", "bsd.o"]);
    let lengths: Vec<_> =
        collected.children.iter().filter_map(|child| child.span).map(|span| span.len).collect();
    assert_eq!(lengths, [1, 2, 3]);
    assert!(collected.covered.holes(wide(bytes.len())).is_empty());
}

#[test]
fn an_archive_that_is_cut_is_never_clean() {
    let bytes = [MAGIC.to_vec(), member("a/", b"0123456789")].concat();
    for cut in 9..bytes.len() {
        let collected = parsed(&bytes[..cut]);
        assert!(!collected.gaps.is_empty() || !collected.covered.holes(wide(cut)).is_empty(), "cut at {cut}");
    }
}
