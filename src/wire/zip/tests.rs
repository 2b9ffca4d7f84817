use std::io::{Cursor, Read as _, Write as _};

use super::{Directory, Entry, Method, Oddity, Watch, build::*, names, open, resolves};
use crate::bytes::{Bytes, Span, wide};

fn read(bytes: &[u8]) -> Directory {
    Directory::read(&Bytes::of_file(bytes.to_vec()), 1_000_000)
}

fn words(entry: &Entry) -> Vec<&'static str> {
    entry.oddities.words()
}

fn notes(directory: &Directory) -> Vec<&'static str> {
    directory.notes.iter().map(|note| note.what).collect()
}

fn odd(members: &[Member], at: usize) -> Vec<&'static str> {
    let bytes = archive(members);
    let directory = read(&bytes);
    assert!(directory.holes(wide(bytes.len())).is_empty() || !directory.notes.is_empty());
    words(&directory.entries[at])
}

#[test]
fn honest_archives_have_nothing_odd_and_no_hole() {
    let members =
        [stored("a/", b""), stored("a/b.txt", b"text"), deflated("a/c", &[7; 5000]), stored("empty", b"")];
    let torch = [torch("m/data.pkl", b"\x80\x02."), torch("m/data/0", &[1; 64]), torch("m/data/1", b"")];
    for bytes in
        [archive(&members), archive(&torch), archive_64(&members, None), archive_with(&torch, b"a comment")]
    {
        let directory = read(&bytes);
        assert_eq!(directory.listings.len(), 1);
        assert_eq!(directory.holes(wide(bytes.len())), []);
        assert!(directory.notes.is_empty() && directory.broken.is_empty(), "{:?}", directory.notes);
        for entry in &directory.entries {
            assert_eq!(words(entry), Vec::<&str>::new(), "{}", entry.name);
        }
        assert!(resolves(&Bytes::of_file(bytes), true));
    }
}

#[test]
fn each_oddity_is_told() {
    let plain = || stored("a", b"abcdef");
    let second = || stored("b", b"second");
    let cases: [(Vec<Member>, usize, &[&str]); 15] = [
        (vec![Member { local_name: Some(b"x".to_vec()), ..plain() }], 0, &["local-name-differs"]),
        (vec![Member { local_method: Some(8), ..plain() }], 0, &["local-method-differs"]),
        (vec![Member { local_packed: Some(3), ..plain() }], 0, &["local-size-differs"]),
        (vec![Member { local_flags: Some(1), ..plain() }], 0, &["local-flags-differ", "encrypted"]),
        (vec![Member { flags: 0x20, ..plain() }], 0, &["patched-flag"]),
        (vec![Member { flags: 1, ..plain() }], 0, &["encrypted"]),
        (vec![Member { size: 9, ..plain() }], 0, &["stored-size-differs"]),
        (vec![plain(), second(), plain()], 0, &["duplicate"]),
        (vec![plain(), second(), Member { name: b"A".to_vec(), ..plain() }], 2, &["case-collision"]),
        (
            vec![plain(), Member { shares: true, ..second() }],
            1,
            &["local-name-differs", "local-crc-differs", "overlapping"],
        ),
        (vec![Member { packed: Some(50), size: 50, ..plain() }, second()], 1, &["overlapping"]),
        (vec![Member { method: 77, ..plain() }], 0, &["unknown-method"]),
        (vec![Member { name: b"d/".to_vec(), ..plain() }], 0, &["directory-with-data"]),
        (
            vec![Member { local_extra: [&b"xx\x00\x04"[..], &[9; 1024]].concat(), ..plain() }],
            0,
            &["extra-data"],
        ),
        (vec![second(), Member { listed: false, ..plain() }], 1, &["unlisted"]),
    ];
    for (members, at, expected) in cases {
        assert_eq!(odd(&members, at), expected);
    }
}

#[test]
fn a_descriptor_that_lies_or_lacks_is_told() {
    let lies = Member { crc: 5, descriptor: true, flags: 8, ..stored("a", b"abc") };
    let mut bytes = archive(&[lies]);
    let at = memchr::memmem::find(&bytes, b"PK\x07\x08").unwrap();
    bytes[at + 4] = 6;
    assert_eq!(words(&read(&bytes).entries[0]), ["descriptor-differs"]);
    bytes[at] = b'Q';
    assert_eq!(words(&read(&bytes).entries[0]), ["descriptor-missing"]);
}

#[test]
fn a_unicode_path_that_names_another_file_is_told() {
    let field = |unicode: &[u8]| {
        let mut extra = b"\x75\x70".to_vec();
        extra.extend_from_slice(&(u16::try_from(unicode.len()).unwrap() + 5).to_le_bytes());
        extra.push(1);
        extra.extend_from_slice(&crc(b"a.txt").to_le_bytes());
        extra.extend_from_slice(unicode);
        extra
    };
    let member = |unicode: &[u8]| Member { extra: field(unicode), ..stored("a.txt", b"abc") };
    assert_eq!(odd(&[member("ä.txt".as_bytes())], 0), Vec::<&str>::new());
    assert_eq!(odd(&[member(b"b.pkl")], 0), ["unicode-name-differs"]);
}

#[test]
fn two_archives_one_behind_the_other_are_both_read() {
    let one = archive(&[stored("one", b"first content")]);
    let two = archive(&[stored("two", b"second")]);
    let directory = read(&[one.clone(), two.clone()].concat());
    assert_eq!(notes(&directory), ["several-archives"]);
    let found: Vec<String> = directory.entries.iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(found, ["two", "one"]);
    let far = read(&[one, vec![7; 100_000], two].concat());
    assert_eq!(notes(&far), ["several-archives", "data-between"]);
    assert_eq!(far.entries.len(), 2);
}

#[test]
fn archives_of_one_layout_behind_each_other_are_only_several() {
    let one = archive(&[stored("a", b"12345")]);
    assert_eq!(notes(&read(&one.repeat(5))), ["several-archives"]);
}

#[test]
fn a_zip_in_a_member_of_a_first_archive_is_only_a_member() {
    let inner = archive(&[stored("inner", b"abc")]);
    let first = archive(&[stored("a.zip", &inner)]);
    let directory = read(&[first, vec![7; 70_000], archive(&[stored("b", b"c")])].concat());
    assert_eq!(directory.listings.len(), 2);
}

#[test]
fn an_older_directory_of_the_same_members_is_told() {
    let (members, records, _) = parts(&[stored("a", b"first"), stored("b", b"second")]);
    let (start, size) = (u32::try_from(members.len()).unwrap(), u32::try_from(records.len()).unwrap());
    let second = start + size + 22;
    let bytes = [
        members,
        records.clone(),
        end(2, size, start, b""),
        records[..records.len() / 2].to_vec(),
        end(1, size / 2, second, b""),
    ];
    assert_eq!(notes(&read(&bytes.concat())), ["several-directories"]);
}

#[test]
fn an_archive_in_the_comment_is_read_besides() {
    let inner = archive(&[stored("inner", b"abcdef")]);
    let bytes = archive_with(&[stored("outer", b"def")], &inner);
    let directory = read(&bytes);
    let found: Vec<String> = directory.entries.iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(found, ["inner", "outer"]);
    assert_eq!(notes(&directory), ["end-record-in-comment", "several-archives"]);
}

#[test]
fn an_archive_as_a_stored_member_is_only_a_member() {
    let inner = archive(&[stored("inner", b"abc")]);
    let directory = read(&archive(&[stored("a.zip", &inner)]));
    assert_eq!(directory.entries.len(), 1);
    assert!(notes(&directory).is_empty());
}

#[test]
fn an_end_record_that_python_and_miniz_read_differently_gives_both() {
    let (mut bytes, honest, _) = parts(&[stored("a", b"honest")]);
    let (other, mut evil, _) = parts(&[stored("b", b"hidden")]);
    let offset = u32::try_from(bytes.len()).unwrap();
    let at = evil.len() - 5;
    evil[at..at + 4].copy_from_slice(&offset.to_le_bytes());
    bytes.extend(other);
    let written = u32::try_from(bytes.len()).unwrap();
    let size = u32::try_from(honest.len()).unwrap();
    bytes.extend(evil);
    bytes.push(0);
    bytes.extend(honest);
    bytes.extend(end(1, size, written, b""));
    let directory = read(&bytes);
    assert_eq!(directory.listings.len(), 2);
    assert!(notes(&directory).contains(&"end-record-ambiguous"));
}

#[test]
fn what_stands_before_or_behind_is_noted() {
    let zip = archive(&[stored("a", b"abc")]);
    let before = [b"#!/bin/sh\n".to_vec(), zip.clone()].concat();
    let directory = read(&before);
    assert_eq!(notes(&directory), ["data-before"]);
    assert_eq!(words(&directory.entries[0]), Vec::<&str>::new());
    assert_eq!(directory.holes(wide(before.len())), [Span::new(0, 10)]);
    assert_eq!(notes(&read(&[zip, b"more".to_vec()].concat())), ["data-behind"]);
}

#[test]
fn without_an_end_record_local_headers_are_read() {
    let members = [torch("m/data.pkl", b"\x80\x02."), torch("m/data/0", &[1; 640]), deflated("x", &[3; 900])];
    let (bytes, _, _) = parts(&members);
    let directory = read(&bytes);
    assert_eq!(notes(&directory), ["no-end-record"]);
    let sizes: Vec<u64> = directory.entries.iter().map(|entry| entry.size).collect();
    assert_eq!(sizes, [3, 640, 900]);
    assert!(directory.entries.iter().all(|entry| entry.oddities.is_empty()));
    assert_eq!(directory.holes(wide(bytes.len())), []);
}

#[test]
fn hostile_counts_and_offsets_are_bounded() {
    let bytes = archive_64(&[stored("a", b"abc")], Some(u64::MAX));
    assert_eq!(notes(&read(&bytes)), ["directory-count-differs"]);
    for at in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut hostile = bytes.clone();
            hostile[at] = value;
            let directory = read(&hostile);
            let size = wide(hostile.len());
            for entry in &directory.entries {
                assert!(entry.extent().end() <= size, "{entry:?}");
                assert!(entry.readings(size).iter().all(|reading| reading.data.end() <= size));
            }
        }
    }
}

#[test]
fn no_prefix_of_an_archive_looks_whole() {
    let members = [torch("m/data.pkl", b"\x80\x02."), deflated("m/b", &[3; 300])];
    for whole in [archive_with(&members, b"note"), archive_64(&members, None)] {
        for cut in 1..whole.len() {
            let part = &whole[..cut];
            let directory = read(part);
            let told = !directory.notes.is_empty() || !directory.broken.is_empty() || directory.is_empty();
            assert!(told || !directory.holes(wide(cut)).is_empty(), "cut at {cut}");
        }
    }
}

#[test]
fn many_members_cost_linear_time() {
    let members: Vec<Member> = (0..70_000).map(|n| stored(&format!("d/{n:06}"), b"x")).collect();
    let bytes = archive_64(&members, None);
    let before = std::time::Instant::now();
    let directory = read(&bytes);
    assert_eq!(directory.count(), 70_000);
    assert!(directory.notes.is_empty());
    assert!(before.elapsed().as_secs() < 5);
    assert!(Directory::read(&Bytes::of_file(bytes), 1000).limited);
}

#[test]
fn names_are_listed_without_headers() {
    let bytes = Bytes::of_file(archive(&[stored("a", b"1"), stored("b", b"2")]));
    let mut found = Vec::new();
    names(&bytes, |name| {
        found.push(name.to_vec());
        true
    });
    assert_eq!(found, [b"a", b"b"]);
}

#[test]
fn a_reading_that_only_the_local_header_has_is_kept() {
    let member = Member { local_method: Some(8), ..stored("a", &deflate(b"hidden")) };
    let bytes = archive(&[member]);
    let readings = read(&bytes).entries[0].readings(wide(bytes.len()));
    let methods: Vec<Method> = readings.iter().map(|reading| reading.method).collect();
    assert_eq!(methods, [Method::STORED, Method::DEFLATE]);
}

#[test]
fn what_a_reader_saw_is_told_when_it_came_to_the_end() {
    let watch = Watch::default();
    let packed = [deflate(b"hello"), b"behind".to_vec()].concat();
    let mut plain = Vec::new();
    let data = Span::new(0, wide(packed.len()));
    let mut reader = open(&Bytes::computed(packed), data, Method::DEFLATE, 5, watch.clone()).unwrap();
    reader.read_to_end(&mut plain).unwrap();
    let outcome = watch.outcome().unwrap();
    assert_eq!(
        (plain.as_slice(), outcome.crc, outcome.size, outcome.behind),
        (&b"hello"[..], crc(b"hello"), 5, 6)
    );
    assert!(open(&Bytes::computed(Vec::new()), Span::default(), Method(99), 0, Watch::default()).is_err());
}

/// An archive of the `zip` crate, a writer with other habits.
fn written_by_another(large: bool) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().large_file(large);
    writer.add_directory("dir", options).unwrap();
    writer.start_file("dir/a.txt", options.compression_method(zip::CompressionMethod::Deflated)).unwrap();
    writer.write_all(&b"hello ".repeat(100)).unwrap();
    writer.start_file("dir/b.bin", options.compression_method(zip::CompressionMethod::Stored)).unwrap();
    writer.write_all(&[1, 2, 3]).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn another_writer_and_reader_agree() {
    for large in [false, true] {
        let bytes = written_by_another(large);
        let directory = read(&bytes);
        assert!(directory.notes.is_empty());
        assert!(directory.entries.iter().all(|entry| entry.oddities.is_empty()));
        assert_eq!(directory.holes(wide(bytes.len())), []);
        let whole = Bytes::of_file(bytes.clone());
        let mut other = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for (at, entry) in directory.entries.iter().enumerate() {
            let (mut mine, mut theirs) = (Vec::new(), Vec::new());
            let mut reader = open(&whole, entry.data, entry.method, entry.size, Watch::default()).unwrap();
            reader.read_to_end(&mut mine).unwrap();
            other.by_index(at).unwrap().read_to_end(&mut theirs).unwrap();
            assert_eq!(mine, theirs);
            assert_eq!(entry.crc, crc(&mine));
            assert!(!entry.oddities.has(Oddity::CrcDiffers));
        }
    }
}

/// What Python's `lzma` makes of `hello hello hello` as raw LZMA, with the mark that ends it.
const LZMA: &[u8] = b"\x09\x04\x05\x00\x5d\x00\x00\x80\x00\x00\x34\x19\x49\xee\x8d\xe9\x4f\x7f\x35\xc5\xa3\xff\xff\x78\xa4\x00\x00";

#[test]
fn a_mark_may_end_lzma_whatever_the_declared_size() {
    for size in [17, 300, u64::MAX] {
        let (watch, mut plain) = (Watch::default(), Vec::new());
        let bytes = Bytes::computed(LZMA.to_vec());
        let data = Span::new(0, bytes.size());
        let mut reader = open(&bytes, data, Method(14), size, watch.clone()).unwrap();
        reader.read_to_end(&mut plain).unwrap();
        assert_eq!(plain, b"hello hello hello", "{size}");
        let beyond = watch.outcome().unwrap();
        assert!(beyond.size == 17 && beyond.behind <= 8 && !beyond.beyond, "{size}: {beyond:?}");
    }
}
