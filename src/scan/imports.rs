//! Where a pickle of pure text may begin: at an import, or at a mark before one.
//!
//! An import of protocol 0 is `c` or `i`, a module and a name, each ended by a line feed (`pickle.py`, `save_global`).

/// Longest module or name.
const NAME: usize = 100;
/// How far before an import the stream that makes it may begin.
const BEFORE: usize = 1024;
/// Marks before an import at which the stream may begin.
const OPENINGS: usize = 4;
/// Imports in a range that are looked at.
const MOST: usize = 100_000;

/// Tells `add` the offsets at which such a stream may begin.
pub(super) fn starts(bytes: &[u8], mut add: impl FnMut(usize)) {
    let mut left = MOST;
    let mut last: Option<usize> = None;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let Some(line) = last.replace(end) else { continue };
        let name = bytes.get(line.saturating_add(1)..end).unwrap_or_default();
        let next = bytes.get(end.saturating_add(1)..).unwrap_or_default();
        if !is_name(name) || !follows(next) {
            continue;
        }
        for at in before(bytes, line) {
            let Some(fewer) = left.checked_sub(1) else { return };
            left = fewer;
            add(at);
            let from = at.saturating_sub(BEFORE);
            let earlier = bytes.get(from..at).unwrap_or_default();
            let marks = memchr::memrchr_iter(b'(', earlier).take(OPENINGS);
            marks.for_each(|mark| add(from.saturating_add(mark)));
        }
    }
}

fn is_name(name: &[u8]) -> bool {
    let first = name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
    first && name.len() <= NAME && name.iter().all(|&byte| in_name(byte))
}

const fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

/// Whether what stands behind an import can do so: words of a list are followed by words.
fn follows(next: &[u8]) -> bool {
    match next {
        [b'p' | b'g', digit, ..] => digit.is_ascii_digit(),
        [b'c', ..] => true,
        [b'q' | b'h' | b'r' | b'j' | b'i', then, ..] => !then.is_ascii_lowercase(),
        [first, ..] => !(first.is_ascii_lowercase() || first.is_ascii_whitespace()),
        [] => false,
    }
}

/// Offsets of the opcodes whose module may end at the line feed `line`.
fn before(bytes: &[u8], line: usize) -> impl Iterator<Item = usize> + '_ {
    let from = line.saturating_sub(NAME.saturating_add(1));
    let part = bytes.get(from..line).unwrap_or_default();
    let len = part.iter().rev().take_while(|&&byte| in_name(byte)).count();
    let from = line.saturating_sub(len);
    let part = bytes.get(from..line).unwrap_or_default();
    let opcodes = part.iter().zip(from..).filter(|(byte, _)| matches!(byte, b'c' | b'i'));
    opcodes.map(|(_, at)| at).filter(move |at| at.saturating_add(1) < line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Vec<usize> {
        let mut all = Vec::new();
        starts(bytes, |at| all.push(at));
        all
    }

    #[test]
    fn imports_are_found_wherever_they_stand() {
        assert_eq!(found(b"cos\nsystem\n(S'x'\n"), [0]);
        assert_eq!(found(b"</html>\ncos\nsystem\np0\n."), [8]);
        assert_eq!(found(b"text cx\ncos\nsystem\n(S"), [8]);
        assert_eq!(found(b"(S'x'\nios\nsystem\n."), [6, 0]);
    }

    #[test]
    fn words_are_no_imports() {
        for text in [&b"cats\ndogs\nfish\n"[..], b"come in\nplease\n\n", b"c\nx\n(", b"cos\nsystem\n", b""] {
            assert_eq!(found(text), [0; 0], "{text:?}");
        }
    }
}
