use super::*;
use crate::{
    bytes::{Budget, Limits},
    facts::Said,
    formats::Collected,
};

fn file(header: &[u8], data: &[u8]) -> Vec<u8> {
    [&u64::try_from(header.len()).unwrap().to_le_bytes()[..], header, data].concat()
}

/// As the reference writer pads it.
fn padded(header: &[u8], data: &[u8]) -> Vec<u8> {
    let len = header.len().next_multiple_of(8);
    file(&[header, &b" ".repeat(len.saturating_sub(header.len()))].concat(), data)
}

fn parse(bytes: &[u8]) -> (Result<(), Fault>, Collected) {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    let result = Safetensors.parse(&Bytes::of_file(bytes.to_vec()), &mut out);
    (result, out.finish())
}

fn clean(bytes: &[u8]) -> bool {
    let (result, found) = parse(bytes);
    result.is_ok()
        && found.facts.is_empty()
        && found.gaps.is_empty()
        && found.covered.holes(bytes.len().try_into().unwrap()).is_empty()
}

/// Oddities of tensors and anomalies, in order, and codes of gaps.
fn odd(header: &[u8], data: &[u8]) -> (Vec<&'static str>, Vec<GapCode>) {
    let (result, found) = parse(&file(header, data));
    let words = found.facts.iter().flat_map(|fact| match &fact.said {
        Said::Tensor(tensor) => tensor.oddities.clone(),
        Said::Anomaly(anomaly) if anomaly.what != "unaligned-header" => vec![anomaly.what],
        Said::Metadata(metadata) => metadata.classes.clone(),
        _ => Vec::new(),
    });
    let gaps = found.gaps.iter().map(|gap| gap.code);
    (words.collect(), gaps.chain(result.err().map(|fault| fault.code)).collect())
}

const TWO: &[u8] = br#"{"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]},"a":{"dtype":"I8","shape":[1,2],"data_offsets":[0,2]},"__metadata__":{"format":"pt"}}   "#;

#[test]
fn an_honest_file_says_nothing_and_any_prefix_something() {
    let whole = padded(TWO, b"0123456789");
    assert!(clean(&whole));
    for len in 0..whole.len() {
        assert!(!clean(&whole[..len]), "{len}");
    }
    assert!(clean(&padded(b"{}", b"")));
    assert!(clean(&padded(br#"{"z":{"dtype":"F4","shape":[0,9],"data_offsets":[0,0]},"x":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}"#, b"123")));
}

#[test]
fn tensors_that_do_not_tile_are_stated() {
    let header = |a: &str, b: &str| {
        format!(r#"{{"a":{{"dtype":"U8","shape":{a}}},"b":{{"dtype":"U8","shape":{b}}}}}"#).into_bytes()
    };
    let overlap = header(r#"[4],"data_offsets":[0,4]"#, r#"[3],"data_offsets":[2,5]"#);
    assert_eq!(odd(&overlap, b"01234"), (vec!["overlaps"], vec![]));
    let shared = header(r#"[4],"data_offsets":[0,4]"#, r#"[4],"data_offsets":[0,4]"#);
    assert_eq!(odd(&shared, b"0123"), (vec!["overlaps", "shared-offset"], vec![]));
    let gap = header(r#"[1],"data_offsets":[0,1]"#, r#"[1],"data_offsets":[3,4]"#);
    assert_eq!(odd(&gap, b"0123"), (vec!["gap"], vec![GapCode::Unexplained]));
    assert_eq!(odd(&gap, b"012345").1, [GapCode::Unexplained, GapCode::Trailing]);
    let reversed = header(r#"[1],"data_offsets":[1,0]"#, r#"[1],"data_offsets":[0,1]"#);
    assert_eq!(odd(&reversed, b"0").0, ["size-differs", "reversed"]);
    let far = header(r#"[1],"data_offsets":[0,1]"#, r#"[9],"data_offsets":[1,10]"#);
    assert_eq!(odd(&far, b"0"), (vec!["out-of-range"], vec![GapCode::Truncated]));
    let huge = header(r#"[1],"data_offsets":[0,1]"#, r#"[18446744073709551615,2],"data_offsets":[1,1]"#);
    assert_eq!(odd(&huge, b"0").0, ["overflow"]);
}

#[test]
fn duplicate_keys_and_odd_metadata_are_stated() {
    let a = r#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
    let twice = format!(
        r#"{{{a},{}}}"#,
        a.replace('a', "\\u0061")
            .replacen("d\\u0061t\\u0061_offsets", "data_offsets", 1)
            .replace("sh\\u0061pe", "shape")
    );
    assert_eq!(
        odd(twice.as_bytes(), b"0"),
        (vec!["duplicate-key", "duplicate-name"], vec![GapCode::Disagreement])
    );
    let field = a.replace("\"U8\"", "\"U8\",\"dtype\":\"I8\"");
    assert_eq!(odd(format!("{{{field}}}").as_bytes(), b"0").0, ["duplicate-key"]);
    let extra = a.replace("\"U8\"", "\"U8\",\"x\":[[]]");
    assert_eq!(odd(format!("{{{extra}}}").as_bytes(), b"0").0, ["unknown-field"]);
    assert_eq!(
        odd(br#"{"__metadata__":{"a":1},"__metadata__":null}"#, b"").0,
        ["metadata-not-text", "duplicate-key", "metadata-not-text"]
    );
    assert_eq!(odd(br#"{"__metadata__":{"a":"x","a":"https://h/"}}"#, b"").0, ["url", "duplicate-key"]);
    assert_eq!(odd(b" {}\n", b"").0, ["header-start", "header-padding"]);
    assert_eq!(odd(b"{}\0\0", b"").1, [GapCode::Trailing]);
    assert_eq!(
        odd(b"{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", b"").0,
        ["lone-surrogate"]
    );
}

#[test]
fn broken_headers_are_malformed_and_long_ones_refused() {
    let broken: [&[u8]; 9] = [
        b"",
        b"[]",
        b"{\"a\":[\"U8\",[1],[0,1]]}",
        br#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
        br#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
        br#"{"a":{"dtype":"U8","shape":[1]}}"#,
        br#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"#,
        b"{\"\xff\":1}",
        b"{\"a\"",
    ];
    for header in broken {
        assert_eq!(odd(header, b"0").1, [GapCode::Malformed], "{}", header.escape_ascii());
    }
    let deep = format!("{{\"a\":{}", "[".repeat(200_000));
    assert_eq!(odd(deep.as_bytes(), b"").1, [GapCode::Malformed]);
    let unknown = br#"{"a":{"dtype":"F3","shape":[1],"data_offsets":[0,1]}}"#;
    assert_eq!(odd(unknown, b"0"), (vec!["unknown-dtype"], vec![GapCode::Unsupported]));
    assert_eq!(parse(&[0xff; 40]).0.unwrap_err().code, GapCode::Malformed);
    assert_eq!(parse(&file(b"{}", b"")[..9]).0.unwrap_err().code, GapCode::Truncated);
}

#[test]
fn content_decides_and_a_name_only_between_guesses() {
    let probe = |bytes: &[u8]| Safetensors.probe(&Bytes::of_file(bytes.to_vec()), &Place::default());
    assert_eq!(probe(&file(TWO, b"0123456789")), Sure::Yes);
    assert_eq!(probe(&file(TWO, b"0123456789")[..60]), Sure::Yes);
    assert_eq!(probe(&file(b"{}", b"")), Sure::Yes);
    assert_eq!(probe(&file(b"oops", b"0")), Sure::Maybe);
    assert_eq!(probe(b"PK\x03\x04\x14\0\x08\x08\x08\0{\""), Sure::No);
    assert_eq!(probe(b"\x80\x02}q\0(X\x01\0\0\0a"), Sure::No);
    assert_eq!(probe(b""), Sure::No);
}
