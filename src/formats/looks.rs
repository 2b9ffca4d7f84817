//! What free text in a file looks like, so that rules need not see all of it.

use crate::{
    bytes::{Name, Span},
    facts::Metadata,
    formats::Emit,
};

/// Bytes of a value that a fact shows.
const SHOWN: usize = 400;
/// Bytes of a value that are looked at.
const LOOKED_AT: usize = 64 << 10;

/// Pieces of syntax that stand in program code, scripts or templates, and hardly in prose.
const SYNTAX: [&[u8]; 11] = [
    b"__import__",
    b"eval(",
    b"exec(",
    b"lambda ",
    b"lambda:",
    b"#!/",
    b"<script",
    b"{%",
    b"{{",
    b"\ndef ",
    b"\nimport ",
];

/// The value as far as a reader wants to see it.
#[must_use]
pub(super) fn cut(value: &[u8]) -> Name {
    Name::from(value.get(..SHOWN).unwrap_or(value))
}

/// What a value looks like: `url`, `path`, `code`, `binary`; nothing if it is ordinary text.
#[must_use]
pub(super) fn classes(value: &[u8]) -> Vec<&'static str> {
    let value = value.get(..LOOKED_AT).unwrap_or(value);
    let has = |piece: &[u8]| memchr::memmem::find(value, piece).is_some();
    let mut classes = Vec::new();
    if value.iter().any(|&byte| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t')) {
        classes.push("binary");
    }
    if SYNTAX.iter().any(|piece| has(piece)) || value.starts_with(b"import ") || calls(value) {
        classes.push("code");
    }
    if is_path(value) {
        classes.push("path");
    }
    if has(b"://") {
        classes.push("url");
    }
    classes
}

/// Whether a name is directly followed by a bracket and a string.
fn calls(value: &[u8]) -> bool {
    value.windows(3).any(|three| match three {
        [name, b'(', b'\'' | b'"'] => name.is_ascii_alphanumeric() || *name == b'_',
        _ => false,
    })
}

/// Whether the whole value is a path that leads out of where it stands.
fn is_path(value: &[u8]) -> bool {
    let line = value.len() < 4096 && !value.contains(&b'\n');
    let leads = match value {
        [b'/', b'/' | b'*', ..] => false,
        [b'/', rest @ ..] => rest.contains(&b'/'),
        [b'\\', b'\\', _, ..] | [b'~', b'/', ..] | [b'.', b'.', b'/' | b'\\', ..] => true,
        [drive, b':', b'\\' | b'/', ..] => drive.is_ascii_alphabetic(),
        _ => memchr::memmem::find(value, b"/../").is_some(),
    };
    line && leads
}

/// States a key and its value if the value looks like anything but ordinary text.
pub(super) fn metadata(out: &mut Emit<'_>, span: Span, key: &[u8], value: &[u8]) {
    let classes = classes(value);
    if !classes.is_empty() {
        out.fact(span, Metadata { key: cut(key), value: cut(value), classes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_has_no_class() {
        for value in
            [&b"pt"[..], b"1.0", b"[640, 640]", b"{0: 'person', 1: 'car'}", b"2024-01-01T00:00", b"a/b"]
        {
            assert_eq!(classes(value), [""; 0], "{}", value.escape_ascii());
        }
        assert_eq!(classes(b"see https://example.invalid/x"), ["url"]);
        assert_eq!(classes(b"/etc/passwd"), ["path"]);
        assert_eq!(classes(b"..\\x"), ["path"]);
        assert_eq!(classes(b"__import__('os')"), ["code"]);
        assert_eq!(classes(b"a\0b"), ["binary"]);
        assert_eq!(classes(b"os.system('id')"), ["code"]);
    }
}
