//! Layouts as they are written.

use super::*;

fn layout() -> Layout {
    let range = |start, len, what, by, name: &str| Range {
        span: Span::new(start, len),
        what,
        by,
        name: Name::from(name),
        detail: String::new(),
        shared: what == What::Found,
    };
    Layout {
        members: Vec::new(),
        formats: vec!["zip"],
        size: 300,
        file_offset: Some(0),
        ranges: vec![
            range(0, 40, What::Structure, "zip", ""),
            range(40, 60, What::Member, "zip", "a\u{1b}[2J.pkl"),
            range(100, 200, What::Found, "", "bytes@100"),
        ],
    }
}

#[test]
fn a_table_has_a_line_for_each_range() {
    let mut out = Vec::new();
    table(&mut out, &Name::from("m.zip"), &[layout()], false, &Style::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let expected = [
        "m.zip  zip, 300 bytes",
        "    0x0  40  structure   zip",
        "   0x28  60  member      zip a\\x1b[2J.pkl",
        "   0x64 200  found       bytes@100 (shared with another range)",
        "  not complete: see the gaps",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_line_is_one_json_object() {
    let mut out = Vec::new();
    line(&mut out, &Name::from("m.zip"), &[layout()], true).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["complete"], true);
    assert_eq!(value["artifacts"][0]["ranges"][1]["what"], "member");
    assert_eq!(value["artifacts"][0]["ranges"][0]["len"], 40);
    assert!(value["artifacts"][0]["ranges"][0].get("name").is_none());
    assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), 1);
}
