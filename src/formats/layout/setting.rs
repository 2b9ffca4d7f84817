//! Settings as YAML, JSON and protobuf's text write them: a key, a colon, a value.

use memchr::memmem;

use crate::bytes::{Name, Span, wide};

/// Bytes of a value: no name or path is longer, and of one that is this much is told.
const LONGEST: usize = 4096;

/// A setting that was found.
pub(super) struct Setting {
    /// Its value, without quotes.
    pub(super) value: Name,
    /// From the key to the end of the value.
    pub(super) span: Span,
}

/// All settings of a key.
pub(super) fn all<'a>(text: &'a [u8], key: &'a str) -> impl Iterator<Item = Setting> + 'a {
    memmem::find_iter(text, key.as_bytes()).filter_map(move |at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        if before.is_some_and(|&byte| in_word(byte)) {
            return None;
        }
        let rest = text.get(at.checked_add(key.len())?..)?;
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
        let rest = rest.trim_ascii_start().strip_prefix(b":")?;
        let value = value(rest)?;
        let len = text.len().checked_sub(at)?.min(key.len().checked_add(value.len())?);
        Some(Setting { value: Name::from(value), span: Span::new(wide(at), wide(len)) })
    })
}

const fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// A value in quotes, maybe on the next line, or what stands on the line up to a comment or a bracket.
fn value(rest: &[u8]) -> Option<&[u8]> {
    if let [quote @ (b'"' | b'\''), inner @ ..] = rest.trim_ascii_start() {
        let part = head(inner);
        let end = memchr::memchr(*quote, part).or((part.len() == LONGEST).then_some(LONGEST))?;
        return part.get(..end);
    }
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line = head(rest.get(blank..)?).split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
    let end = memmem::find(line, b" #").unwrap_or(line.len());
    let line = line.get(..end)?;
    let plain = line.split(|byte| matches!(byte, b',' | b'}' | b']' | b'{' | b'[')).next()?.trim_ascii();
    let none = plain.is_empty() || matches!(plain, b"null" | b"~" | b"None");
    (!none).then_some(plain)
}

fn head(bytes: &[u8]) -> &[u8] {
    bytes.get(..LONGEST).unwrap_or(bytes)
}

/// Whether a letter is written as an escape, as no writer does.
pub(super) fn escaped(text: &[u8]) -> bool {
    let letter = |at: usize, skipped: usize| {
        let high = at.checked_add(skipped).and_then(|at| text.get(at));
        matches!(high, Some(b'4'..=b'7'))
    };
    memmem::find_iter(text, b"\\u00").any(|at| letter(at, 4))
        || memmem::find_iter(text, b"\\x").any(|at| letter(at, 2))
}
