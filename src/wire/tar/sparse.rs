//! Maps of sparse members: which runs of a file the data hold.
//!
//! | kind | where the map is |
//! |---|---|
//! | old GNU (type `S`) | four pairs of place and length in the header at 386, then 21 in each block behind it |
//! | pax 0.0 | records `GNU.sparse.offset` and `GNU.sparse.numbytes`, in turn |
//! | pax 0.1 | record `GNU.sparse.map`: numbers with commas |
//! | pax 1.0 | lines of decimal digits at the head of the data, filled up to a block: count, then pairs |

use super::{BLOCK, number};
use crate::bytes::wide;

/// Most runs of one member.
const MOST: usize = 1 << 20;

/// A run of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where it stands in the file.
    pub at: u64,
    /// Number of bytes.
    pub len: u64,
}

/// A file of which only some runs are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sparse {
    /// Size of the file.
    pub size: u64,
    /// Bytes of the data before the first run: the map.
    pub head: u64,
    /// Runs in the order of the data.
    pub runs: Vec<Run>,
    /// Whether the map could not be read to its end.
    pub broken: bool,
}

impl Sparse {
    /// Adds the pairs of a block.
    pub(super) fn runs(&mut self, block: &[u8]) {
        for pair in block.chunks_exact(24) {
            let (at, len) = pair.split_at_checked(12).unwrap_or_default();
            match (number(at), number(len)) {
                _ if at.first() == Some(&0) => break,
                (Some(at), Some(len)) => self.run(at, len),
                _ => self.broken = true,
            }
        }
    }

    fn run(&mut self, at: u64, len: u64) {
        if self.runs.len() < MOST {
            self.runs.push(Run { at, len });
        } else {
            self.broken = true;
        }
    }

    /// Whether each run stands behind the one before and within the file, as every writer has them.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        let mut end = 0;
        self.runs.iter().all(|run| {
            let behind = run.at >= end;
            end = run.at.saturating_add(run.len);
            behind && end <= self.size
        })
    }
}

/// What pax records say of a sparse member.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    met: bool,
    major: Option<u64>,
    sparse: Sparse,
    place: Option<u64>,
}

impl Keys {
    /// Takes a record whose key begins with `GNU.sparse.`.
    pub(super) fn record(&mut self, key: &[u8], value: &[u8]) {
        self.met = true;
        let number = decimal(value);
        match (key, number) {
            (b"major", number) => self.major = number,
            (b"size" | b"realsize", Some(size)) => self.sparse.size = size,
            (b"offset", place) => self.place = place,
            (b"numbytes", Some(len)) => match self.place.take() {
                Some(at) => self.sparse.run(at, len),
                None => self.sparse.broken = true,
            },
            (b"map", _) => {
                let mut numbers = value.split(|&byte| byte == b',').map(decimal);
                self.pairs(&mut numbers);
            }
            (b"minor" | b"name" | b"numblocks", _) => {}
            _ => self.sparse.broken = true,
        }
    }

    fn pairs(&mut self, numbers: &mut dyn Iterator<Item = Option<u64>>) {
        while let Some(at) = numbers.next() {
            match (at, numbers.next().flatten()) {
                (Some(at), Some(len)) => self.sparse.run(at, len),
                _ => self.sparse.broken = true,
            }
        }
    }

    /// The map, if there is one; that of version 1.0 stands at the head of `data`.
    pub(super) fn read(mut self, data: &[u8]) -> Option<Sparse> {
        if !self.met {
            return None;
        }
        if self.major == Some(1) {
            let mut lines = data.split_inclusive(|&byte| byte == b'\n');
            let mut used = 0_u64;
            let mut next = || {
                let line = lines.next().filter(|line| line.ends_with(b"\n") && line.len() <= 24)?;
                used = used.saturating_add(wide(line.len()));
                Some(decimal(line.trim_ascii_end()))
            };
            let count = next().flatten();
            let mut numbers = Vec::new();
            for _ in 0..count.unwrap_or_default().saturating_mul(2).min(wide(MOST)) {
                let Some(number) = next() else { break };
                numbers.push(number);
            }
            let whole = count.is_some_and(|count| wide(numbers.len()) == count.saturating_mul(2));
            self.pairs(&mut numbers.into_iter());
            self.sparse.broken |= !whole;
            self.sparse.head = used.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX);
        }
        Some(self.sparse)
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}
