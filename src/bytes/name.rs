//! Names that come from files: bytes, shown escaped, written to JSON without loss.

use std::{fmt, fmt::Write as _, sync::Arc};

use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// A member name, a path or a Python name, as bytes.
///
/// Python names are UTF-8 in which lone surrogates may stand (as `surrogatepass` reads them).
/// [`fmt::Display`] escapes whatever could deceive a reader or a terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Name(Arc<[u8]>);

impl Name {
    /// The bytes, as they stand in the file.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What follows the last `/`.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }

    /// The lower-case ASCII text after the last dot of the file name, or nothing.
    #[must_use]
    pub fn extension(&self) -> String {
        let file = self.file_name();
        let Some(dot) = file.iter().rposition(|&byte| byte == b'.') else { return String::new() };
        let bytes = file.get(dot.saturating_add(1)..).unwrap_or_default();
        String::from_utf8_lossy(bytes).to_ascii_lowercase()
    }
}

impl From<&[u8]> for Name {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Vec<u8>> for Name {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = String::new();
        escape_into(&mut shown, &self.0);
        f.pad(&shown)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for Name {
    /// A JSON string. Bytes that are no UTF-8 become `\udc80` to `\udcff` (Python's `surrogateescape`),
    /// lone surrogates their own escape, so that nothing is lost.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => RawValue::from_string(json(&self.0)).map_err(S::Error::custom)?.serialize(serializer),
        }
    }
}

/// Bytes in pieces: text, a lone surrogate, or a byte that is neither.
enum Piece<'a> {
    Text(&'a str),
    Surrogate(u16),
    Byte(u8),
}

fn pieces(bytes: &[u8], mut each: impl FnMut(Piece<'_>)) {
    for chunk in bytes.utf8_chunks() {
        if !chunk.valid().is_empty() {
            each(Piece::Text(chunk.valid()));
        }
        for &byte in chunk.invalid() {
            each(Piece::Byte(byte));
        }
    }
}

/// Splits as [`pieces`] does, with `ED A0..BF 80..BF` as one surrogate, save for the range
/// U+DC80..U+DCFF that stands for single bytes.
fn wide_pieces(bytes: &[u8], mut each: impl FnMut(Piece<'_>)) {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(0xed, rest) {
        let (before, from) = rest.split_at(at);
        match from {
            [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, after @ ..] => {
                let unit = 0xd000 | (u16::from(*high & 0x3f) << 6) | u16::from(*low & 0x3f);
                pieces(before, &mut each);
                if (0xdc80..=0xdcff).contains(&unit) {
                    [0xed, *high, *low].into_iter().for_each(|byte| each(Piece::Byte(byte)));
                } else {
                    each(Piece::Surrogate(unit));
                }
                rest = after;
            }
            _ => {
                let len = at.saturating_add(1);
                let end = rest.iter().skip(len).position(|b| !(0x80..=0xbf).contains(b));
                let (now, after) = rest.split_at(end.map_or(rest.len(), |n| n.saturating_add(len)));
                pieces(now, &mut each);
                rest = after;
            }
        }
    }
    pieces(rest, each);
}

fn json(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    wide_pieces(bytes, |piece| {
        let _infallible = match piece {
            Piece::Text(text) => {
                let quoted = serde_json::to_string(text).unwrap_or_default();
                out.write_str(quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default())
            }
            Piece::Surrogate(unit) => write!(out, "\\u{unit:04x}"),
            Piece::Byte(byte) => write!(out, "\\udc{byte:02x}"),
        };
    });
    out.push('"');
    out
}

/// Whether a character could deceive: controls, invisible and direction marks, private and tag characters.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Appends `bytes` so that a terminal, a log and a reader see what is there: text stays, all that is
/// invisible or not UTF-8 becomes `\n`, `\x1b`, `\u202e`, `\xff`.
pub fn escape_into(out: &mut String, bytes: &[u8]) {
    wide_pieces(bytes, |piece| match piece {
        Piece::Text(text) => text.chars().for_each(|c| escape_char(out, c)),
        Piece::Surrogate(unit) => {
            let _infallible = write!(out, "\\u{unit:04x}");
        }
        Piece::Byte(byte) => {
            let _infallible = write!(out, "\\x{byte:02x}");
        }
    });
}

fn escape_char(out: &mut String, c: char) {
    let code = u32::from(c);
    let _infallible = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        _ if !deceives(c) => out.write_char(c),
        _ if code < 0x100 => write!(out, "\\x{code:02x}"),
        _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_escaped() {
        let name = Name::from(&b"a\x1b[31m\nb\xe2\x80\xaec\xffd\xed\xa0\x80"[..]);
        assert_eq!(name.to_string(), r"a\x1b[31m\nb\u202ec\xffd\ud800");
        assert_eq!(Name::from("модель").to_string(), "модель");
    }

    #[test]
    fn json_loses_nothing() {
        let written = |bytes: &[u8]| serde_json::to_string(&Name::from(bytes)).unwrap();
        assert_eq!(written(b"a\"b"), r#""a\"b""#);
        assert_eq!(written(b"\xed\xa0\x80x\xff"), r#""\ud800x\udcff""#);
        assert_eq!(written(b"\xed\xb2\x80\xff\""), r#""\udced\udcb2\udc80\udcff\"""#);
        assert_eq!(written("한\u{d7ff}".as_bytes()), "\"한\u{d7ff}\"");
        assert_eq!(written("한\u{d7ff}".as_bytes().strip_suffix(b"\xbf").unwrap()), r#""한\udced\udc9f""#);
    }
}
