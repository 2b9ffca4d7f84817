//! Which names some file system takes for the same file.

use unicode_normalization::UnicodeNormalization as _;

use crate::bytes::Name;

/// What names have in common that lead to one file somewhere: no regard to case (Windows, macOS), to Unicode
/// forms (macOS), to dots and spaces at the end of a part (Windows).
#[must_use]
pub fn folded(name: &Name) -> Vec<u8> {
    let lower = lower(name);
    let trims = lower.iter().any(|byte| matches!(byte, b'.' | b' '));
    if !trims {
        return lower;
    }
    let parts: Vec<&[u8]> = lower.split(|&byte| byte == b'/').map(trimmed).collect();
    parts.join(&b'/')
}

/// What two different names have that lead to one file somewhere: `duplicate` if they are the same,
/// `case-collision` if only upper and lower case differ, `form-collision` for all else.
#[must_use]
pub fn word(one: &Name, two: &Name) -> &'static str {
    match () {
        () if one == two => "duplicate",
        () if cased(one) == cased(two) => "case-collision",
        () => "form-collision",
    }
}

/// The name in lower case.
#[must_use]
pub fn cased(name: &Name) -> Vec<u8> {
    match name.as_str() {
        Some(text) if !text.is_ascii() => text.to_lowercase().into_bytes(),
        _ => name.as_bytes().to_ascii_lowercase(),
    }
}

/// The name in lower case and in one Unicode form.
fn lower(name: &Name) -> Vec<u8> {
    match name.as_str() {
        Some(text) if !text.is_ascii() => {
            text.nfd().flat_map(char::to_lowercase).collect::<String>().into_bytes()
        }
        _ => name.as_bytes().to_ascii_lowercase(),
    }
}

/// A part of a path without dots and spaces at its end, unless it is nothing else.
fn trimmed(part: &[u8]) -> &[u8] {
    let len = part
        .iter()
        .rposition(|byte| !matches!(byte, b'.' | b' '))
        .map_or(part.len(), |at| at.saturating_add(1));
    part.get(..len).unwrap_or(part)
}
