use super::*;
use crate::{
    bytes::Span,
    facts::{Call, GapCode, Import, Mutation, Said, Stream},
};

fn fact(start: u64, len: u64, said: impl Into<Said>) -> Fact {
    Fact { span: Span::new(start, len), chain: start, count: 1, said: said.into() }
}

fn stream(number: u64, ended: &'static str) -> Stream {
    Stream { number, protocol: 4, ended, opcodes: 7, ..Stream::default() }
}

fn import(module: &str, name: &str, raw: &str, how: &'static str) -> Import {
    let (module, name, raw_module) = (Name::from(module), Name::from(name), Name::from(raw));
    Import { raw_name: name.clone(), module, name, raw_module, how, readings: "all", ..Import::default() }
}

fn facts() -> Vec<Fact> {
    let expression = "posix.system('echo')".to_owned();
    let call =
        Call { callee: "posix.system".into(), expression, via: "reduce", stream: 1, ..Call::default() };
    let change = Mutation {
        target: "os.environ".into(),
        expression: "os.environ['A'] = 1".into(),
        ..Mutation::default()
    };
    vec![
        fact(40, 5, call),
        fact(32, 4, import("posix", "system", "posix", "global")),
        fact(3, 4, import("builtins", "range", "__builtin__", "global")),
        fact(5, 4, import("os", "environ", "os", "path")),
        fact(6, 4, change),
        fact(0, 30, stream(0, "stop")),
        fact(30, 20, stream(1, "broken")),
    ]
}

fn gap() -> Gap {
    Gap { code: GapCode::Truncated, members: Vec::new(), span: Span::new(50, 3), detail: "no STOP".into() }
}

#[test]
fn the_tree_tells_what_happens_in_order() {
    let (facts, inner, gaps) = (facts(), vec![fact(0, 9, stream(0, "stop"))], vec![gap()]);
    let (members, deep) = ([Name::from("a.pkl")], [Name::from("a.pkl"), Name::from("arg")]);
    let loaded = [Name::from("a.pkl"), Name::from("bytes@40")];
    let parts = [
        Part { members: &deep, facts: &inner, gaps: &[] },
        Part { members: &loaded, facts: &inner, gaps: &[] },
        Part { members: &members, facts: &facts, gaps: &gaps },
    ];
    let mut out = Vec::new();
    tree(&mut out, &"x.zip".into(), &parts, false, &Style::default()).unwrap();
    let expected = "\
x.zip
  inside: a.pkl
    stream 0 at 0x0, protocol 4, 30 bytes, 7 opcodes, ends with STOP
      0x3      import  builtins.range  (written __builtin__.range)
      0x5      import  os.environ  (reached through another name)
      0x6      change  os.environ['A'] = 1
    stream 1 at 0x1e, protocol 4, 20 bytes, 7 opcodes, breaks off
      0x20     import  posix.system
      0x28     call    posix.system('echo')
      inside: bytes@40
        stream 0 at 0x0, protocol 4, 9 bytes, 7 opcodes, ends with STOP
      not read: no STOP at 0x32, 3 bytes (truncated)
      inside: arg
        stream 0 at 0x0, protocol 4, 9 bytes, 7 opcodes, ends with STOP
  not complete: see what was not read
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn the_line_has_the_file_and_what_is_inside() {
    let (facts, gaps) = (facts(), vec![gap()]);
    let members = [Name::from("a.pkl")];
    let parts = [
        Part { members: &[], facts: &facts, gaps: &[] },
        Part { members: &members, facts: &facts, gaps: &gaps },
    ];
    let mut out = Vec::new();
    line(&mut out, &"x".into(), &parts, false).unwrap();
    assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), 1);
    let file: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let imports = file["imports"].as_array().unwrap();
    assert_eq!(imports.len(), 2, "a name reached through another is none that a stream looks up");
    assert_eq!((&imports[0]["name"], &imports[0]["stream"]), (&"system".into(), &1.into()));
    assert!(imports[0].get("raw_module").is_none());
    assert_eq!(imports[1]["raw_module"], "__builtin__");
    assert_eq!(file["streams"][1]["start"], 30);
    assert_eq!(file["calls"][0]["expression"], "posix.system('echo')");
    assert_eq!(file["nested"][0]["members"][0], "a.pkl");
    assert_eq!(file["nested"][0]["gaps"][0]["code"], "truncated");
    assert_eq!(file["complete"], false);
}

#[test]
fn what_lies_very_deep_is_still_told() {
    let names: Vec<Name> = (0..400).map(|n| Name::from(n.to_string())).collect();
    let inner = [fact(0, 9, stream(0, "stop"))];
    let depths: Vec<usize> = (0..names.len()).step_by(10).collect();
    let parts: Vec<Part<'_>> =
        depths.iter().map(|&n| Part { members: &names[..n], facts: &inner, gaps: &[] }).collect();
    let mut out = Vec::new();
    line(&mut out, &"x".into(), &parts, true).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches("\"streams\"").count(), parts.len());
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
}
