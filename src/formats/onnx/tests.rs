use super::*;
use crate::{
    bytes::{Budget, Limits},
    facts::{GapCode, Reference, Said},
    formats::Collected,
};

/// A length-delimited field.
fn len(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    if number > 15 {
        out = vec![number << 3 & 0x7f | 0x82, number >> 4];
    }
    let mut n = content.len();
    while n > 0x7f {
        out.push(u8::try_from(n & 0x7f | 0x80).unwrap());
        n >>= 7;
    }
    out.push(u8::try_from(n).unwrap());
    [&out, content].concat()
}

fn number(number: u8, n: u8) -> Vec<u8> {
    vec![number << 3, n]
}

fn entry(key: &[u8], value: &[u8]) -> Vec<u8> {
    [len(1, key), len(2, value)].concat()
}

fn node(kind: &[u8], domain: &[u8], attributes: &[u8]) -> Vec<u8> {
    len(1, &[len(1, b"x"), len(2, b"y"), len(4, kind), attributes.to_vec(), len(7, domain)].concat())
}

/// A float tensor of one dimension.
fn tensor(name: &[u8], elements: u8, rest: &[u8]) -> Vec<u8> {
    [number(1, elements), number(2, 1), len(8, name), rest.to_vec()].concat()
}

fn model(graph: &[u8], more: &[u8]) -> Vec<u8> {
    [number(1, 8), len(2, b"test"), len(7, graph), len(8, &number(2, 17)), more.to_vec()].concat()
}

fn parse(bytes: &[u8]) -> (Result<(), Fault>, Collected) {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    let result = Onnx.parse(&Bytes::of_file(bytes.to_vec()), &mut out);
    (result, out.finish())
}

fn said(bytes: &[u8]) -> Vec<Said> {
    parse(bytes).1.facts.into_iter().map(|fact| fact.said).collect()
}

fn oddities(graph: &[u8]) -> Vec<&'static str> {
    let words = said(&model(graph, b"")).into_iter().flat_map(|said| match said {
        Said::Tensor(tensor) => tensor.oddities,
        Said::Anomaly(anomaly) => vec![anomaly.what],
        _ => Vec::new(),
    });
    words.collect()
}

fn references(bytes: &[u8]) -> Vec<Reference> {
    let all = said(bytes).into_iter().filter_map(|said| match said {
        Said::Reference(reference) => Some(*reference),
        _ => None,
    });
    all.collect()
}

fn honest() -> Vec<u8> {
    let weights = len(5, &tensor(b"w", 2, &len(9, b"01234567")));
    let typed = len(5, &tensor(b"v", 2, &len(4, b"01234567")));
    let constant =
        len(5, &[len(1, b"value"), len(5, &tensor(b"", 1, &len(9, b"0123"))), vec![0xa0, 1, 4]].concat());
    let graph =
        [node(b"Constant", b"", &constant), node(b"Add", b"ai.onnx", b""), len(2, b"g"), weights, typed];
    model(&graph.concat(), &len(14, &entry(b"author", b"somebody")))
}

#[test]
fn an_honest_model_says_nothing_and_any_prefix_something() {
    let whole = honest();
    let (result, found) = parse(&whole);
    assert!(result.is_ok() && found.gaps.is_empty());
    assert!(found.facts.is_empty(), "{:?}", found.facts);
    assert!(found.covered.holes(whole.len().try_into().unwrap()).is_empty());
    let probe = |bytes: &[u8]| probe::probe(bytes, false);
    assert_eq!(probe(&whole), Sure::Yes);
    let opset = whole.windows(4).position(|four| four == [0x42, 2, 0x10, 17]).unwrap() + 4;
    for end in (0..whole.len()).filter(|&end| end != opset) {
        let (result, found) = parse(&whole[..end]);
        assert!(result.is_err() || !found.gaps.is_empty(), "{end}");
    }
}

#[test]
fn operations_from_outside_are_stated_once() {
    let inner = [node(b"PythonOp", b"com.microsoft", b""), len(2, b"body")].concat();
    let branch = len(5, &[len(1, b"then_branch"), len(6, &inner)].concat());
    let graph = [
        node(b"If", b"", &branch),
        node(b"PythonOp", b"com.microsoft", b""),
        node(b"Mine", b"local", b""),
        len(2, b"main"),
    ];
    let function = len(25, &[len(1, b"Mine"), len(10, b"local")].concat());
    let facts =
        parse(&model(&graph.concat(), &[function, len(8, &len(1, b"com.microsoft"))].concat())).1.facts;
    let ops: Vec<_> = facts
        .iter()
        .filter_map(|fact| match &fact.said {
            Said::Operator(op) => Some((op.name.to_string(), op.place.to_string(), op.declared, fact.count)),
            _ => None,
        })
        .collect();
    assert_eq!(ops, [("PythonOp".into(), "main/body".into(), true, 2)]);
    let function = len(
        25,
        &[len(1, b"Mine"), len(7, &node(b"PyOp", b"ai.onnx.contrib", b"")[2..]), len(10, b"local")].concat(),
    );
    let facts = said(&model(&len(2, b"main"), &function));
    assert!(matches!(&facts[..], [Said::Operator(op)] if op.name.as_bytes() == b"PyOp" && !op.declared));
}

#[test]
fn files_that_tensors_refer_to_are_stated_wherever_they_stand() {
    let external = |location: &[u8], more: &[u8]| {
        [len(13, &entry(b"location", location)), more.to_vec(), number(14, 1)].concat()
    };
    let range = [len(13, &entry(b"offset", b"64")), len(13, &entry(b"length", b"36"))].concat();
    let graph = [
        len(5, &tensor(b"a", 9, &external(b"w.bin", &range))),
        len(5, &tensor(b"b", 9, &external(b"w.bin", b""))),
        node(
            b"Constant",
            b"",
            &len(5, &[len(1, b"value"), len(5, &tensor(b"", 1, &external(b"../x", b"")))].concat()),
        ),
        len(15, &len(1, &tensor(b"", 1, &external(b"/etc/passwd", &len(13, &entry(b"is_dir", b"1")))))),
    ];
    let training =
        len(20, &len(1, &len(5, &tensor(b"t", 1, &external(b"C:\\x", &len(13, &entry(b"offset", b"-1")))))));
    let found = references(&model(&graph.concat(), &training));
    let shown: Vec<_> = found.iter().map(|r| (r.to.to_string(), r.hazards.join(" "), r.needs)).collect();
    let expected = [
        ("w.bin", "", 100),
        ("../x", "parent", 4),
        ("/etc/passwd", "absolute", 4),
        ("is_dir", "unknown-key", 0),
        ("C:\\x", "negative drive backslash", 4),
    ];
    assert_eq!(shown, expected.map(|(to, hazards, needs)| (to.to_owned(), hazards.to_owned(), needs)));
    let cut = model(&graph.concat(), &training);
    assert_eq!(references(&cut[..cut.len() - 8]).len(), 4);
    let context = [
        len(5, &[len(1, b"embed_mode"), number(3, 0)].concat()),
        len(5, &[len(1, b"ep_cache_context"), len(4, b"/x.bin")].concat()),
    ];
    let found = references(&model(&node(b"EPContext", b"com.microsoft", &context.concat()), b""));
    assert_eq!((found[0].purpose, &found[0].hazards[..]), ("ep-context", &["absolute"][..]));
}

#[test]
fn tensors_that_contradict_themselves_are_stated() {
    let one = |elements, rest: &[u8]| oddities(&len(5, &tensor(b"w", elements, rest)));
    assert_eq!(one(2, &len(9, b"0123")), ["size-differs"]);
    assert_eq!(one(1, &[len(9, b"0123"), len(4, b"0123")].concat()), ["dual-data"]);
    assert_eq!(
        one(1, &[len(9, b"0123"), number(14, 1), len(13, &entry(b"location", b"x"))].concat()),
        ["dual-data"]
    );
    assert_eq!(one(1, &number(14, 1)), ["no-location"]);
    assert_eq!(one(1, b""), ["size-differs"]);
    assert_eq!(one(1, &[len(9, b"0123"), number(2, 99)].concat()), ["repeated-field", "unknown-dtype"]);
    let negative = [&[0x08][..], &[0xff; 9], &[1]].concat();
    assert_eq!(one(1, &[negative, len(9, b"0123")].concat()), ["negative-dimension"]);
    let twice = len(5, &tensor(b"w", 1, &len(9, b"0123"))).repeat(2);
    assert_eq!(oddities(&twice), ["duplicate-name"]);
    let packed = [len(1, &[2, 1]), number(2, 22), len(9, b"0")].concat();
    assert_eq!(oddities(&len(5, &packed)), [""; 0]);
}

#[test]
fn unknown_fields_and_hostile_structures_are_stated() {
    let hidden = len(27, &[b'x'; 2000]);
    assert!(matches!(&said(&model(b"", &hidden))[..], [Said::Anomaly(a)] if a.what == "unknown-fields"));
    assert!(said(&model(b"", &len(27, b"x"))).is_empty());
    let twice = model(b"", &len(7, b""));
    assert!(matches!(&said(&twice)[..], [Said::Anomaly(a)] if a.what == "repeated-field"));
    let mut deep = Vec::new();
    for _ in 0..200 {
        deep = node(b"If", b"", &len(5, &len(6, &deep)));
    }
    assert_eq!(parse(&model(&deep, b"")).0.unwrap_err().code, GapCode::Malformed);
    let groups = [model(b"", b""), [0x0b; 200_000].to_vec()].concat();
    assert_eq!(parse(&groups).0.unwrap_err().code, GapCode::Malformed);
    assert_eq!(parse(b"\x08\x08\x3a\xff\xff\xff\xff\x0f").0.unwrap_err().code, GapCode::Truncated);
    assert!(parse(&[&honest()[..], b"\0\0\0"].concat()).0.is_err());
}

#[test]
fn other_protobufs_and_text_are_not_claimed() {
    for bytes in [
        &b""[..],
        b"\x08\x01\x12\x08\x0a\x06\x08\x01\x12\x02ab",
        b"plain text: nothing",
        b"PK\x03\x04",
        b"\x80\x04N.",
        b"\x0a\x05hello",
        b":header: x",
        b"\x89PNG\r\n",
    ] {
        assert_eq!(probe::probe(bytes, false), Sure::No, "{}", bytes.escape_ascii());
    }
    assert_eq!(probe::probe(&model(b"", b""), false), Sure::Maybe);
    assert_eq!(probe::probe(&node(b"Add", b"", b""), false), Sure::No);
}
