//! Archives built block by block.

use super::*;

/// A header block with a correct sum.
pub(crate) fn header(name: &str, kind: u8, size: usize, link: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = kind;
    block[157..][..link.len()].copy_from_slice(link.as_bytes());
    block[257..263].copy_from_slice(b"ustar\0");
    seal(block)
}

/// Puts the sum in.
pub(crate) fn seal(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A member with its data.
pub(crate) fn member(name: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, data.len(), "");
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Wrong> {
    let mut entries = Entries::new(bytes);
    let mut all = Vec::new();
    while let Some(entry) = entries.entry()? {
        all.push(entry);
    }
    Ok(all)
}

#[test]
fn long_names_come_from_the_headers_before() {
    let name = "a/".repeat(100) + "b";
    let pax = format!("{} path={name}\n", name.len() + 10);
    for before in [member("././@LongLink", b'L', name.as_bytes()), member("pax", b'x', pax.as_bytes())] {
        let all = entries(&[before, member("short", b'0', b"data"), vec![0; 1024]].concat()).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].name, Name::from(name.as_str()));
        assert_eq!((all[0].headers, all[0].data), (Span::new(0, 1536), Span::new(1536, 4)));
        assert!(all[0].doubts.is_empty());
    }
}

#[test]
fn sizes_may_be_in_base_256_or_in_pax() {
    let mut block = header("big", b'0', 0, "");
    block[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
    assert_eq!(entries(&seal(block)).unwrap()[0].data.len, 4 << 32);
    let all =
        entries(&[member("pax", b'x', b"12 size=700\n"), member("f", b'0', &[1; 700])].concat()).unwrap();
    assert_eq!(all[0].data, Span::new(1536, 700));
    let all = entries(&[member("pax", b'x', b"10 size=7\n"), member("f", b'0', &[1; 9])].concat()).unwrap();
    assert_eq!(all[0].doubts, ["two headers give different sizes"]);
}

#[test]
fn hostile_headers_are_no_headers() {
    let mut negative = header("n", b'0', 0, "");
    negative[124..136].fill(0xff);
    let mut words = header("n", b'0', 0, "");
    words[124..136].copy_from_slice(b"twelve bytes");
    for block in [seal(negative), seal(words), vec![1; 512], vec![0xff; 512]] {
        assert!(!looks(&block));
        assert!(entries(&block).is_err());
    }
    assert!(entries(&member("l", b'L', b"x").repeat(40)).is_err());
    assert!(entries(&member("x", b'x', b"99 path=a\n")).is_err());
    assert!(entries(&member("x", b'x', b"path")).is_err());
    assert!(entries(&member("l", b'L', b"x")).is_err());
    assert!(entries(&[header("s", b'L', usize::MAX >> 31, "")].concat()).is_err());
}

#[test]
fn an_unknown_type_is_a_file_and_a_slash_makes_a_folder() {
    let all = entries(&[member("odd", b'Z', b"x"), member("dir/", 0, b"")].concat()).unwrap();
    assert!(all[0].is_file() && all[1].is_folder());
}

#[test]
fn a_global_header_gives_what_members_do_not_say_themselves() {
    let record = |text: &str| member("x", b'g', text.as_bytes());
    let all = [
        record("10 size=3\n"),
        header("a", b'0', 0, ""),
        b"abc".to_vec(),
        vec![0; 509],
        member("b", b'0', b"xyz"),
    ];
    let bytes = [all.concat(), vec![0; 1024]].concat();
    let mut entries = Entries::new(&bytes);
    let read: Vec<_> = std::iter::from_fn(|| entries.entry().unwrap()).collect();
    let told: Vec<_> =
        read.iter().map(|entry| (entry.name.to_string(), entry.data.len, entry.doubts.len())).collect();
    assert_eq!(told, [("a".to_owned(), 3, 1), ("b".to_owned(), 3, 1)]);
}
