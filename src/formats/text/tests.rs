//! What is text and what is not.

use super::*;
use crate::{
    bytes::{Budget, Limits},
    formats::Collected,
};

fn parsed(name: &str, bytes: &[u8]) -> (Sure, Collected, Result<(), Fault>) {
    let place = Place { names: vec![Name::from(name)], ..Place::default() };
    let budget = Budget::new(Limits::default());
    let mut out = Emit::new(&place, &budget);
    let input = Bytes::of_file(bytes.to_vec());
    let result = Text.parse(&input, &mut out);
    (Text.probe(&input, &place), out.finish(), result)
}

#[test]
fn text_of_every_kind_is_covered() {
    let texts: &[&[u8]] = &[
        b"plain\n",
        "\u{feff}\u{442}\u{435}\u{43a}\u{441}\u{442}".as_bytes(),
        b"\xff\xfeh\0i\0",
        b"\xfe\xff\0h\0i",
        b"\xff\xfe\0\0h\0\0\0",
        b"caf\xe9 au lait\r\n",
    ];
    for text in texts {
        let (sure, collected, result) = parsed("x.txt", text);
        assert_eq!((sure, result), (Sure::Maybe, Ok(())), "{text:?}");
        assert!(collected.covered.holes(wide(text.len())).is_empty());
    }
}

#[test]
fn bytes_are_no_text() {
    for bytes in [&b""[..], b"a\0b", b"\x80\x04N.", b"\xff\xfe\x01\0", b"\xff\xff\xff\xff", b"x\x01"] {
        assert_eq!(parsed("x", bytes).0, Sure::No, "{bytes:?}");
    }
}

#[test]
fn text_that_turns_into_bytes_is_covered_up_to_there() {
    let mut bytes = b"text ".repeat(4000);
    bytes.splice(10_000..10_001, [0]);
    let (sure, collected, result) = parsed("x", &bytes);
    assert_eq!(sure, Sure::Maybe);
    assert_eq!(result.unwrap_err().at, 10_000);
    assert_eq!(collected.covered.holes(wide(bytes.len())), [Span::between(10_000, 20_000)]);
}

#[test]
fn a_character_across_the_edge_of_a_sample_is_no_fault() {
    let bytes = "a\u{20ac}".repeat(2_000_000);
    assert_eq!(parsed("x", bytes.as_bytes()).2, Ok(()));
}

#[test]
fn lines_that_python_runs_at_start_are_stated() {
    let file = b"\xef\xbb\xbfimport os; os.getcwd()\n./src\n import late\nimport\tsys\n";
    let facts = parsed("x.pth", file).1.facts;
    assert_eq!(facts.len(), 2);
    assert_eq!(facts[1].span, Span::new(45, 11));
    assert!(parsed("x.py", file).1.facts.is_empty());
}
