use std::io::Read as _;

use super::Zip;
use crate::{
    bytes::{Budget, Bytes, Limits, Name, wide},
    facts::{Fact, Gap, GapCode, Said},
    formats::{Child, Collected, Emit, Format as _, Place, Source, Sure},
    wire::zip::build::*,
};

fn parse(bytes: &[u8]) -> Collected {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    Zip.parse(&Bytes::of_file(bytes.to_vec()), &mut out).unwrap();
    out.finish()
}

fn plain(child: &Child) -> Vec<u8> {
    match &child.source {
        Source::Open(bytes) => bytes.to_vec(),
        Source::Packed { open, .. } => {
            let mut plain = Vec::new();
            open().unwrap().read_to_end(&mut plain).unwrap();
            plain
        }
    }
}

fn oddities(facts: &[Fact]) -> Vec<&'static str> {
    let of = |fact: &Fact| match &fact.said {
        Said::Member(member) => member.oddities.clone(),
        _ => Vec::new(),
    };
    facts.iter().flat_map(of).collect()
}

fn codes(gaps: &[Gap]) -> Vec<GapCode> {
    gaps.iter().map(|gap| gap.code).collect()
}

/// What the work for later says once every child was read.
fn settled(mut collected: Collected) -> Collected {
    let contents: Vec<Vec<u8>> = collected.children.iter().map(plain).collect();
    assert_eq!(contents.len(), collected.children.len());
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    (collected.later.take().unwrap())(&[], &mut out).unwrap();
    out.finish()
}

#[test]
fn every_member_is_handed_over_and_nothing_is_said_of_honest_ones() {
    let bytes = archive(&[stored("a/", b""), stored("a/b", b"one"), deflated("a/c", b"two two two two two")]);
    let collected = parse(&bytes);
    let contents: Vec<Vec<u8>> = collected.children.iter().map(plain).collect();
    assert_eq!(contents, [b"one".to_vec(), b"two two two two two".to_vec()]);
    let Source::Open(open) = &collected.children[0].source else { panic!("stored members lie open") };
    assert_eq!(open.file_offset(), Some(32 + 33));
    assert!(collected.facts.is_empty() && collected.gaps.is_empty());
    assert!(collected.covered.holes(wide(bytes.len())).is_empty());
    assert!(settled(collected).facts.is_empty());
}

#[test]
fn no_lie_hides_a_payload() {
    let evil = || stored("m.pkl", b"evil evil evil evil evil");
    let packed = || deflated("m.pkl", b"evil evil evil evil evil");
    let lies = [
        Member { crc: 1, ..evil() },
        Member { flags: 1, ..evil() },
        Member { flags: 0x41, crc: 1, ..evil() },
        Member { local_flags: Some(1), ..evil() },
        Member { local_name: Some(b"x".to_vec()), ..evil() },
        Member { size: 3, ..evil() },
        Member { method: 99, ..evil() },
        Member { method: 12, ..evil() },
        Member { local_packed: Some(1), ..evil() },
        Member { flags: 1, ..packed() },
        Member { crc: 1, ..packed() },
        Member { size: 3, ..packed() },
        Member { local_method: Some(0), ..packed() },
        Member { method: 0, local_method: Some(8), ..packed() },
    ];
    for (at, lie) in lies.into_iter().enumerate() {
        let collected = parse(&archive(&[lie]));
        let read = |child: &Child| match &child.source {
            Source::Packed { open, .. } if open().is_err() => Vec::new(),
            Source::Packed { open, .. } => {
                let mut plain = Vec::new();
                let _outcome = open().unwrap().read_to_end(&mut plain);
                plain
            }
            Source::Open(_) => plain(child),
        };
        let found = collected.children.iter().any(|child| read(child) == b"evil evil evil evil evil");
        assert!(found, "lie {at}");
        let settled = collected.later.is_some();
        assert!(settled || !oddities(&collected.facts).is_empty() || !collected.gaps.is_empty(), "lie {at}");
    }
}

#[test]
fn a_stream_that_goes_on_behind_its_packed_bytes_is_read_to_its_end() {
    let plain_text = b"evil evil evil evil evil";
    let whole = deflated("m.pkl", plain_text);
    let short = Member { packed: Some(3), local_packed: Some(3), ..whole };
    let later = parse(&archive(&[short]));
    assert!(later.children.iter().any(|child| plain(child) == plain_text));
    assert_eq!(oddities(&settled(later).facts), ["size-differs"]);
}

#[test]
fn members_are_looked_for_where_headers_dispute_how_long_one_is() {
    let long = |packed| Member { packed: Some(packed), ..deflated("a", b"one one one one one") };
    let hidden = Member { listed: false, ..stored("m.pkl", b"evil") };
    for packed in [30, 40, 60] {
        let collected = parse(&archive(&[long(packed), hidden.clone(), stored("b", b"two")]));
        let names: Vec<String> = collected.children.iter().map(|child| child.name.to_string()).collect();
        assert!(names.contains(&"m.pkl".to_owned()), "{packed}: {names:?}");
    }
}

#[test]
fn a_flag_in_one_header_does_not_shut_the_reading_of_the_other() {
    let method = Member {
        method: 99,
        flags: 0x41,
        local_flags: Some(0),
        local_method: Some(8),
        ..deflated("m", b"evil")
    };
    let collected = parse(&archive(&[method]));
    let read = |child: &Child| match &child.source {
        Source::Packed { open, .. } => open().is_ok() && plain(child) == b"evil",
        Source::Open(_) => false,
    };
    assert!(collected.children.iter().any(read));
}

#[test]
fn what_only_reading_shows_is_said_later() {
    let wrong = Member { crc: 7, size: 9, ..deflated("a", b"some text") };
    let slack = Member { data: [deflate(b"text"), b"hidden".to_vec()].concat(), ..deflated("b", b"text") };
    let later = settled(parse(&archive(&[wrong, Member { size: 3, ..deflated("c", b"text") }, slack])));
    assert_eq!(oddities(&later.facts), ["crc-differs", "size-differs", "bytes-behind-stream"]);
    assert_eq!(later.children[0].span.map(|span| span.len), Some(6));
    assert_eq!(plain(&later.children[0]), b"hidden");
}

#[test]
fn what_is_encrypted_or_cannot_be_unpacked_is_a_gap() {
    let sealed = Member { flags: 1, size: 12, ..stored("a", &[9; 24]) };
    assert_eq!(codes(&parse(&archive(&[sealed])).gaps), [GapCode::Encrypted]);
    let aes = Member { method: 99, flags: 1, ..stored("a", &[9; 24]) };
    assert_eq!(codes(&parse(&archive(&[aes])).gaps), [GapCode::Encrypted]);
    let other = Member { method: 97, ..stored("a", &[9; 24]) };
    assert_eq!(codes(&parse(&archive(&[other])).gaps), [GapCode::Unsupported]);
    let cut = Member { packed: Some(500), size: 500, ..stored("a", b"abc") };
    assert_eq!(codes(&parse(&archive(&[cut])).gaps), [GapCode::Truncated]);
}

#[test]
fn names_and_links_are_judged_by_what_they_would_do() {
    let link = Member { attributes: 0o120_777 << 16, ..stored("a/link", b"../../x") };
    let device = Member { attributes: 0o060_644 << 16, ..stored("disk", b"") };
    let root = Member { attributes: 0o104_755 << 16, ..stored("tool", b"x") };
    let collected =
        parse(&archive(&[stored("../x", b"1"), link, device, root, stored("b", b"2"), stored("B", b"3")]));
    let entries: Vec<(String, &str, Vec<&str>)> = collected
        .facts
        .iter()
        .filter_map(|fact| match &fact.said {
            Said::Entry(entry) => Some((entry.name.to_string(), entry.what, entry.hazards.clone())),
            _ => None,
        })
        .collect();
    let expected = [
        ("../x", "file", vec!["parent"]),
        ("a/link", "link", vec!["leaves-root"]),
        ("disk", "device", vec!["device"]),
        ("tool", "file", vec!["set-uid"]),
        ("b", "file", vec!["case-collision"]),
        ("B", "file", vec!["case-collision"]),
    ];
    assert_eq!(entries, expected.map(|(name, what, hazards)| (name.to_owned(), what, hazards)));
}

#[test]
fn a_zip_is_known_by_either_end() {
    let probe = |bytes: &[u8]| Zip.probe(&Bytes::of_file(bytes.to_vec()), &Place::default());
    let zip = archive(&[stored("a", b"abc")]);
    assert_eq!(probe(&zip), Sure::Yes);
    assert_eq!(probe(&[b"\x7fELF".to_vec(), zip.clone()].concat()), Sure::Yes);
    assert_eq!(probe(&[b"x".to_vec(), zip, b"y".to_vec()].concat()), Sure::Maybe);
    assert_eq!(probe(&archive(&[])), Sure::Yes);
    assert_eq!(probe(b"PK\x05\x06"), Sure::No);
    assert_eq!(probe(b"text"), Sure::No);
}

#[test]
fn no_prefix_of_an_archive_is_read_without_a_word() {
    let whole = archive_with(&[stored("a", b"abc"), deflated("b", &[3; 300])], b"note");
    for cut in 4..whole.len() {
        let (place, budget) = (Place::default(), Budget::new(Limits::default()));
        let mut out = Emit::new(&place, &budget);
        let part = Bytes::of_file(whole[..cut].to_vec());
        let outcome = Zip.parse(&part, &mut out);
        let collected = out.finish();
        let holes = collected.covered.holes(part.size());
        assert!(outcome.is_err() || !collected.gaps.is_empty() || !holes.is_empty(), "cut at {cut}");
    }
}

#[test]
fn more_members_than_are_allowed_are_a_gap() {
    let members: Vec<Member> = (0..50).map(|n| stored(&n.to_string(), b"x")).collect();
    let mut limits = Limits::default();
    limits.set("members", 20).unwrap();
    let (place, budget) = (Place::default(), Budget::new(limits));
    let mut out = Emit::new(&place, &budget);
    Zip.parse(&Bytes::of_file(archive(&members)), &mut out).unwrap();
    let collected = out.finish();
    assert!(codes(&collected.gaps).contains(&GapCode::Limit));
    assert_eq!(collected.children[0].name, Name::from("0"));
}
