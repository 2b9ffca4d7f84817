//! Numbers in words.

/// A number of bytes for people: `25 bytes`, `1.2 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((unit, word)) = UNITS.into_iter().find(|&(unit, _)| bytes >= unit) else {
        return counted(bytes, "byte");
    };
    let whole = bytes.checked_div(unit).unwrap_or_default();
    let rest = bytes.checked_rem(unit).unwrap_or_default();
    let tenth = rest.saturating_mul(10).checked_div(unit).unwrap_or_default();
    format!("{whole}.{tenth} {word}")
}

/// A number with its noun: `1 file`, `2 files`.
#[must_use]
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("{n} {noun}") } else { format!("{n} {noun}s") }
}

/// A number of things in a folder that are no files.
#[must_use]
pub fn unopened(n: u64) -> String {
    if n == 1 { "1 pipe, socket or device".to_owned() } else { format!("{n} pipes, sockets or devices") }
}

/// The first sentences of a text that may run over several lines: as many as it takes to say something.
pub(super) fn first_words(text: &str) -> String {
    const ENOUGH: usize = 90;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = flat.match_indices(". ").map(|(at, _)| at).find(|&at| at >= ENOUGH && !abbreviated(&flat, at));
    end.and_then(|at| flat.get(..=at)).unwrap_or(&flat).to_owned()
}

/// Whether a full stop belongs to `e.g.` and the like.
fn abbreviated(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.ends_with("e.g") || before.ends_with("i.e"))
}
