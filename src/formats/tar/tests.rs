//! Archives built block by block.

use super::*;
use crate::{
    bytes::{Budget, Limits},
    formats::Collected,
    wire::tar::tests::{header, member},
};

fn parsed(bytes: &[u8]) -> (Collected, Result<(), Fault>) {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    let result = Tar.parse(&Bytes::of_file(bytes.to_vec()), &mut out);
    (out.finish(), result)
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

#[test]
fn members_lie_open_and_everything_is_covered() {
    let bytes = archive(&[member("a.pkl", b'0', b"N."), member("b", b'0', &[7; 512])]);
    let (collected, result) = parsed(&bytes);
    assert_eq!((result, collected.gaps.len(), collected.facts.len()), (Ok(()), 0, 0));
    assert!(collected.covered.holes(wide(bytes.len())).is_empty());
    assert_eq!(collected.children[0].span, Some(Span::new(512, 2)));
    let Source::Open(data) = &collected.children[0].source else { panic!() };
    assert_eq!((&data[..], data.file_offset()), (&b"N."[..], Some(512)));
}

#[test]
fn what_stands_behind_the_end_or_in_the_filling_is_not_covered() {
    let mut bytes = archive(&[member("a", b'0', b"x")]);
    bytes[1000] = 1;
    bytes.extend(b"cposix\nsystem\n");
    let holes = parsed(&bytes).0.covered.holes(wide(bytes.len()));
    assert_eq!(holes, [Span::new(513, 511), Span::new(2048, 14)]);
}

#[test]
fn only_pytorchs_members_get_its_roles() {
    let names = |names: &[&str]| {
        let members: Vec<_> = names.iter().map(|name| member(name, b'0', b"x")).collect();
        let children = parsed(&archive(&members)).0.children;
        children.into_iter().map(|child| child.role).collect::<Vec<_>>()
    };
    let torch = [Role::TorchTarStorages, Role::TorchTarTensors, Role::Pickle, Role::Any];
    assert_eq!(names(&["storages", "tensors", "pickle", "sys_info"]), torch);
    assert_eq!(names(&["pickle", "tensors"]), [Role::Any, Role::Any]);
    let link = [member("x", b'0', b"x"), member("storages", b'0', b"x"), header("pickle", b'2', 0, "x")];
    assert_eq!(parsed(&archive(&link)).0.children[0].role, Role::Pickle);
}

#[test]
fn odd_entries_are_stated() {
    let bytes = archive(&[
        member("/abs", b'0', b""),
        member("a/../../b", b'0', b""),
        header("link", b'2', 0, "../../etc/passwd"),
        header("fine", b'2', 0, "a/b"),
        header("null", b'3', 0, ""),
        member("A", b'0', b""),
        member("a", b'0', b""),
        member("./a", b'0', b""),
    ]);
    let said: Vec<_> = parsed(&bytes).0.facts.into_iter().map(|fact| fact.said).collect();
    let hazards: Vec<_> = said
        .iter()
        .map(|said| match said {
            crate::facts::Said::Entry(entry) => entry.hazards.join(" "),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(hazards, ["absolute", "parent", "leaves-root", "device", "case-collision", "duplicate"]);
}

#[test]
fn a_prefix_is_never_clean() {
    let bytes = archive(&[member("a", b'0', &[1; 600]), member("b", b'0', b"x")]);
    for cut in 1..bytes.len() - 512 {
        let (collected, result) = parsed(&bytes[..cut]);
        assert!(result.is_err() || !collected.gaps.is_empty(), "cut at {cut}");
    }
}
