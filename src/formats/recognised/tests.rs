//! One small file of each kind, made by hand.

use super::*;
use crate::{
    bytes::{Budget, Limits, wide},
    formats::{Collected, FORMATS},
};

struct Sample {
    kind: &'static str,
    ends: bool,
    bytes: Vec<u8>,
}

fn samples() -> Vec<Sample> {
    let lines = include_str!("samples.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| sample(line).unwrap()).collect()
}

fn sample(line: &'static str) -> Option<Sample> {
    let mut words = line.split(' ');
    let (kind, ends) = (words.next()?, words.next()? == "end");
    let mut bytes = Vec::new();
    for word in words {
        match word.split_once('*') {
            Some((byte, times)) => {
                let byte = u8::from_str_radix(byte, 16).ok()?;
                bytes.extend(std::iter::repeat_n(byte, times.parse().ok()?));
            }
            None => {
                for pair in word.as_bytes().chunks(2) {
                    bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
                }
            }
        }
    }
    Some(Sample { kind, ends, bytes })
}

fn format(name: &str) -> &'static dyn Format {
    *FORMATS.iter().find(|format| format.about().name == name).unwrap()
}

fn parsed(name: &str, bytes: &[u8]) -> (Sure, Collected, Result<(), Fault>) {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    let input = Bytes::of_file(bytes.to_vec());
    let result = format(name).parse(&input, &mut out);
    (format(name).probe(&input, &place), out.finish(), result)
}

#[test]
fn every_kind_has_a_sample() {
    let samples: Vec<_> = samples().iter().map(|sample| sample.kind).collect();
    for format in FORMATS {
        let about = format.about();
        let elsewhere = ["placeholder", "text"].contains(&about.name);
        assert!(
            about.level != Level::Recognised || elsewhere || samples.contains(&about.name),
            "{}",
            about.name
        );
    }
    assert!(samples.len() > 50);
}

#[test]
fn a_whole_file_is_claimed_by_one_kind_and_covered() {
    for Sample { kind, bytes, .. } in samples() {
        let (sure, collected, result) = parsed(kind, &bytes);
        assert_eq!((sure, result), (Sure::Yes, Ok(())), "{kind}");
        assert!(collected.covered.holes(wide(bytes.len())).is_empty(), "{kind} {:?}", collected.covered);
        assert_eq!(format(kind).about().model, !collected.gaps.is_empty(), "{kind}");
        let input = Bytes::of_file(bytes);
        let claims = FORMATS.iter().filter(|format| format.probe(&input, &Place::default()) == Sure::Yes);
        assert_eq!(claims.count(), 1, "{kind}");
    }
}

#[test]
fn what_stands_behind_the_end_is_left_to_others() {
    for Sample { kind, bytes, ends } in samples().into_iter().filter(|sample| sample.ends) {
        let behind = b"\x80\x04cposix\nsystem\n";
        let (_, collected, result) = parsed(kind, &[&bytes[..], behind].concat());
        let holes = collected.covered.holes(wide(bytes.len() + behind.len()));
        assert!(ends && result.is_ok(), "{kind} {result:?}");
        assert_eq!(holes, [Span::new(wide(bytes.len()), wide(behind.len()))], "{kind}");
    }
}

#[test]
fn a_prefix_is_never_whole() {
    let mut wrong = Vec::new();
    for Sample { kind, bytes, ends } in samples() {
        for cut in (0..bytes.len()).filter(|_| ends) {
            let (sure, collected, result) = parsed(kind, &bytes[..cut]);
            let clean = sure == Sure::Yes && result.is_ok() && collected.covered.holes(wide(cut)).is_empty();
            if clean && !whole_before(kind, &bytes[cut..]) {
                wrong.push(format!("{kind} cut at {cut}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Whether what lies before `rest` is whole without it: a line end, a further part.
fn whole_before(kind: &str, rest: &[u8]) -> bool {
    match kind {
        "pdf" => rest == b"\n",
        "avi" => rest.starts_with(b"RIFF"),
        "iso-media" => rest.ends_with(b"mdatabcd"),
        "flv" => rest.starts_with(b"\x09\0\0"),
        "mp3" => rest.starts_with(b"TAG") || rest.starts_with(b"\xff\xfb"),
        _ => false,
    }
}

#[test]
fn hostile_bytes_end_in_a_fault_or_an_end() {
    for Sample { kind, bytes, .. } in samples() {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                if at + 8 <= bytes.len() && value == 0xff {
                    bytes[at..at + 8].fill(value);
                }
                let _any = parsed(kind, &bytes);
            }
        }
    }
}
