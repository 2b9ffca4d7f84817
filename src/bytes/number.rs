//! The two conversions between offsets in files and indices in memory.

/// Widens an index to an offset. Lossless: no target has a `usize` above 64 bits.
#[must_use]
#[inline]
pub fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Narrows an offset to an index; what does not fit becomes `usize::MAX`, which no buffer reaches.
#[must_use]
#[inline]
pub fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
