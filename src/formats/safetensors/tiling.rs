//! Whether the tensors tile the data: each byte belongs to exactly one.
//!
//! The reference loader (`Metadata::validate`, `SafeTensors::read_metadata`) sorts the tensors by their
//! offsets and refuses a file unless each begins where the one before ends, is as long as its shape and type
//! say, and the last ends with the file. Loaders in other languages check less, or nothing.

use super::header::{Entry, decoded};
use crate::bytes::Span;

/// What is wrong with one tensor.
pub(super) struct Odd {
    /// Number of the tensor in the header.
    pub(super) entry: usize,
    /// What is wrong.
    pub(super) oddities: Vec<&'static str>,
}

/// What is wrong with all of them.
#[derive(Default)]
pub(super) struct Tiling {
    /// Tensors that are not as they should be, in the order of their data.
    pub(super) odd: Vec<Odd>,
    /// Bytes of the data that belong to no tensor, in order.
    pub(super) holes: Vec<Span>,
    /// Greatest end of a tensor that lies outside; 0 if none does.
    pub(super) beyond: u64,
}

/// Numbers of entries whose key another, later entry has too: loaders keep the last.
pub(super) fn superseded(header: &[u8], entries: &[Entry]) -> Vec<usize> {
    let mut order: Vec<_> = entries.iter().enumerate().map(|(at, entry)| (entry.hash, at)).collect();
    order.sort_unstable();
    let same = |one: usize, other: usize| {
        let key = |at: usize| entries.get(at).map(|entry| decoded(header, entry.key));
        key(one) == key(other)
    };
    let pairs = order.windows(2).filter_map(|two| match two {
        [(a, one), (b, other)] if a == b && same(*one, *other) => Some(*one),
        _ => None,
    });
    let mut found: Vec<_> = pairs.collect();
    found.sort_unstable();
    found
}

/// What is wrong with a tensor, wherever the others are.
fn alone(entry: &Entry) -> Vec<&'static str> {
    let mut oddities = Vec::new();
    if entry.known && entry.wanted.is_none() {
        oddities.push("overflow");
    } else if entry.known && entry.wanted != entry.end.checked_sub(entry.start) {
        oddities.push("size-differs");
    }
    if !entry.known {
        oddities.push("unknown-dtype");
    }
    if entry.end < entry.start {
        oddities.push("reversed");
    }
    oddities
}

/// Lays the tensors side by side on `len` bytes of data; `dropped` ones are left out.
pub(super) fn tile(entries: &[Entry], dropped: &[usize], len: u64) -> Tiling {
    let mut order: Vec<_> = entries.iter().enumerate().collect();
    order.retain(|(at, _)| dropped.binary_search(at).is_err());
    order.sort_by_key(|(at, entry)| (entry.start, entry.end, *at));
    let mut tiling = Tiling::default();
    let mut at = 0;
    let mut before: Option<&Entry> = None;
    for (number, entry) in order {
        let mut oddities = alone(entry);
        if entry.start < at {
            oddities.push("overlaps");
        }
        if before.is_some_and(|b| (b.start, b.end) == (entry.start, entry.end)) && entry.end > entry.start {
            oddities.push("shared-offset");
        }
        if entry.start > at && entry.start <= len {
            oddities.push("gap");
            tiling.holes.push(Span::between(at, entry.start));
        }
        let end = entry.end.max(entry.start);
        if end > len {
            oddities.push("out-of-range");
            tiling.beyond = tiling.beyond.max(end);
        }
        at = at.max(end);
        before = Some(entry);
        if !oddities.is_empty() {
            tiling.odd.push(Odd { entry: number, oddities });
        }
    }
    if at < len {
        tiling.holes.push(Span::between(at, len));
    }
    tiling
}
