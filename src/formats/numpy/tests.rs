use super::*;
use crate::{
    bytes::{Budget, Limits},
    facts::Said,
    formats::Collected,
};

fn npy(major: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = [MAGIC, &[major, 0]].concat();
    match major {
        1 => file.extend(u16::try_from(header.len()).unwrap().to_le_bytes()),
        _ => file.extend(u32::try_from(header.len()).unwrap().to_le_bytes()),
    }
    [&file, header.as_bytes(), data].concat()
}

fn head(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}   \n")
}

fn parse(bytes: &[u8]) -> (Result<(), Fault>, Collected) {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    let result = Numpy.parse(&Bytes::of_file(bytes.to_vec()), &mut out);
    (result, out.finish())
}

fn gaps(bytes: &[u8]) -> Vec<GapCode> {
    let (result, found) = parse(bytes);
    let gaps = found.gaps.iter().map(|gap| gap.code).chain(result.err().map(|fault| fault.code));
    gaps.collect()
}

fn clean(bytes: &[u8]) -> bool {
    let (result, found) = parse(bytes);
    result.is_ok()
        && found.facts.is_empty()
        && found.gaps.is_empty()
        && found.covered.holes(bytes.len().try_into().unwrap()).is_empty()
}

#[test]
fn honest_arrays_say_nothing_and_any_prefix_something() {
    let cases = [
        ("'<f4'", "(2, 2L)", 16),
        ("'|b1'", "()", 1),
        ("'<U3'", "(2,)", 24),
        ("'|S0'", "(9,)", 0),
        ("[('a', '<i4'), ('', '|V4'), (('t', 'b'), '<f8', (2,))]", "(2,)", 48),
        ("('<f4', (2, 3))", "(1,)", 24),
        ("[('a', [('b', '|u1')], 3)]", "(0, 5)", 0),
        ("'|S'", "(4,)", 0),
    ];
    for (descr, shape, size) in cases {
        let whole = npy(1, &head(descr, shape), &vec![7; size]);
        assert!(clean(&whole), "{descr}");
        for len in 0..whole.len() {
            assert!(!clean(&whole[..len]), "{descr} {len}");
        }
    }
    let two = npy(2, &head("'<i2'", "(1,)"), b"ab").repeat(3);
    assert!(clean(&two));
    assert!(clean(&npy(3, &head("[('é', '<i2')]", "(1,)"), b"ab")));
}

#[test]
fn objects_anywhere_make_the_rest_a_pickle() {
    let types = [
        "'|O'",
        "'object'",
        "'f4,O'",
        "[('a', '<f4'), ('b', '|O')]",
        "[('a', [('b', 'O', (2,))])]",
        "('|O', (2,))",
        "'\\x4f'",
        "['xO']",
        "('O')",
        "'|' 'O'",
    ];
    for descr in types {
        let whole = npy(1, &head(descr, "(1,)"), b"\x80\x04N.");
        let (result, found) = parse(&whole);
        assert!(result.is_ok() && found.gaps.is_empty(), "{descr}");
        assert_eq!(found.children.len(), 1, "{descr}");
        assert_eq!(found.children[0].role, Role::NumpyObject);
        assert_eq!(found.children[0].span.unwrap().end(), u64::try_from(whole.len()).unwrap());
    }
    assert_eq!(gaps(&npy(1, &head("'|O'", "(1,)"), b"")), [GapCode::Truncated]);
}

#[test]
fn what_numpy_would_not_read_is_handed_over() {
    let cases = [
        ("'Object0'", "(1,)", GapCode::Unresolved),
        ("{'names': ['a'], 'formats': ['O']}", "(1,)", GapCode::Unresolved),
        ("['xOO']", "(1,)", GapCode::Unresolved),
        ("'\\N{DIGIT ONE}'", "()", GapCode::Unsupported),
        ("'<f4'", "[1]", GapCode::Malformed),
        ("'<f4'", "(-1,)", GapCode::Malformed),
        ("'<f4'", "(4294967296, 4294967296)", GapCode::Malformed),
        ("'<f4'", "(1, __import__('os'))", GapCode::Malformed),
        ("'<f4', 'x': 1", "()", GapCode::Malformed),
    ];
    for (descr, shape, code) in cases {
        let whole = npy(1, &head(descr, shape), b"\x80\x04N.");
        assert_eq!(gaps(&whole), [code], "{descr} {shape}");
        assert_eq!(parse(&whole).1.children.len(), 1, "{descr} {shape}");
    }
    assert_eq!(gaps(&npy(1, &head("'|u1'", "(1,)"), b"abc")), [GapCode::Trailing]);
    assert_eq!(gaps(&npy(3, &head("'|u1'", "(1L,)"), b"a")), [GapCode::Malformed]);
    assert_eq!(gaps(b"\x93NUMPY\x04\0\0\0\0\0"), [GapCode::Unsupported]);
}

#[test]
fn odd_headers_and_costs_are_stated() {
    let said = |bytes: &[u8]| parse(bytes).1.facts.iter().map(|fact| fact.said.clone()).collect::<Vec<_>>();
    let large = npy(2, &format!("{}{}", " ".repeat(20_000), head("'|u1'", "(1,)")), b"a");
    assert!(matches!(&said(&large)[..], [Said::Anomaly(a)] if a.what == "large-header"));
    let twice = npy(1, &head("'<f8', 'descr': '|u1'", "(1,)"), b"a");
    assert!(matches!(&said(&twice)[..], [Said::Anomaly(a)] if a.what == "duplicate-key"));
    let bomb = npy(1, &head("'<f8'", "(99999999999,)"), b"abc");
    assert!(
        matches!(&said(&bomb)[..], [Said::Cost(c), _] if c.what == "memory" && c.amount == 799_999_999_992)
    );
    let deep = npy(2, &head(&"[".repeat(200_000), "()"), b"");
    assert_eq!(gaps(&deep), [GapCode::Unsupported]);
    assert_eq!(gaps(&npy(2, "", b"")[..10]), [GapCode::Truncated]);
    assert_eq!(gaps(b"\x93NUMPY\x02\0\xff\xff\xff\xffabc"), [GapCode::Truncated]);
}
