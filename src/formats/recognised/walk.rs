//! Walking over a structure from one length to the next.

use crate::{
    bytes::{Budget, Bytes, Cursor, index, wide},
    facts::Fault,
};

/// Zeros behind the end that are taken for padding.
const PADDING: usize = 64 << 10;

/// A place in the bytes, from which a walker goes on to the end of a structure.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: u64,
    start: u64,
    budget: &'a Budget,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The highest.
    Big,
    /// The lowest.
    Little,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a Bytes, budget: &'a Budget) -> Self {
        Self { bytes, at: 0, start: 0, budget }
    }

    /// The place.
    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    /// Where the structure begins.
    pub(super) const fn start(&self) -> u64 {
        self.start
    }

    /// Says that the structure begins at `start`.
    pub(super) const fn begin(&mut self, start: u64) {
        self.start = start;
        self.at = start;
    }

    /// All bytes.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Number of bytes.
    pub(super) fn size(&self) -> u64 {
        wide(self.bytes.len())
    }

    /// The bytes from the place on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(index(self.at)..).unwrap_or_default()
    }

    /// Whether all lies behind.
    pub(super) fn is_over(&self) -> bool {
        self.at >= self.size()
    }

    /// Pays for one step, so that a walk over tiny pieces is bounded.
    pub(super) fn step(&self) -> Result<(), Fault> {
        self.budget.spend(1).map_err(|spent| Fault { at: self.at, ..spent.into() })
    }

    /// Goes to `at`, which may be the end and not beyond.
    pub(super) fn go(&mut self, at: u64) -> Result<(), Fault> {
        if at > self.size() {
            let missing = at.saturating_sub(self.size());
            return Err(Fault::truncated(self.at, format!("the last {missing} bytes are missing")));
        }
        self.at = at;
        Ok(())
    }

    /// Goes on by `len` bytes.
    pub(super) fn skip(&mut self, len: u64) -> Result<(), Fault> {
        self.go(self.at.saturating_add(len))
    }

    /// Goes on to `at` if that lies ahead.
    pub(super) fn reach(&mut self, at: u64) -> Result<(), Fault> {
        if at > self.at { self.go(at) } else { Ok(()) }
    }

    /// The next `len` bytes, stepped over.
    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        self.skip(len)?;
        Ok(rest.get(..index(len)).unwrap_or_default())
    }

    /// The next byte, stepped over.
    pub(super) fn u8(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    /// The next `width` bytes as a number, stepped over.
    pub(super) fn number(&mut self, width: u64, order: Order) -> Result<u64, Fault> {
        let bytes = self.take(width)?;
        Ok(number(bytes, order))
    }

    /// `width` bytes at `at` as a number; the place stays.
    pub(super) fn peek(&self, at: u64, width: u64, order: Order) -> Result<u64, Fault> {
        let mut c = Cursor::at_offset(self.bytes, at);
        if c.at() != at {
            return Err(Fault::truncated(self.size(), "a header lies behind the end"));
        }
        Ok(number(c.take(width)?, order))
    }

    /// Steps over zeros if there is nothing else up to the end.
    pub(super) fn padding(&mut self) {
        let rest = self.rest();
        if rest.len() <= PADDING && rest.iter().all(|&byte| byte == 0) {
            self.at = self.size();
        }
    }

    /// Steps over bytes as long as they are `byte`, up to the next multiple of `unit` from the start.
    pub(super) fn fill(&mut self, byte: u8, unit: u64) {
        let to = self.at.saturating_sub(self.start).checked_next_multiple_of(unit).unwrap_or(self.at);
        let to = to.saturating_add(self.start).min(self.size());
        let part = self.bytes.get(index(self.at)..index(to)).unwrap_or_default();
        if part.iter().all(|&b| b == byte) {
            self.at = to;
        }
    }
}

fn number(bytes: &[u8], order: Order) -> u64 {
    let push = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
    match order {
        Order::Big => bytes.iter().fold(0, push),
        Order::Little => bytes.iter().rev().fold(0, push),
    }
}
