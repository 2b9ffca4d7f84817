//! Checked reading from front to back.

use super::{Span, index, wide};

/// The input ended before what was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the input ends at offset {at}, {wanted} more bytes were wanted")]
pub struct Short {
    /// Offset at which the reading began.
    pub at: u64,
    /// Number of bytes that were wanted.
    pub wanted: u64,
}

/// A position in bytes. All reads are checked; none allocates.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $number:ty = $from:ident, $width:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Short`] if the input ends first; the position stays.
        pub fn $name(&mut self) -> Result<$number, Short> {
            let taken = self.array::<$width>()?;
            Ok(<$number>::$from(taken))
        }
    )*};
}

impl<'a> Cursor<'a> {
    /// A position at the first of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A position `at` bytes into `bytes`, at most at their end.
    #[must_use]
    pub fn at_offset(bytes: &'a [u8], at: u64) -> Self {
        Self { bytes, at: index(at).min(bytes.len()) }
    }

    /// Offset of the next byte.
    #[must_use]
    pub fn at(&self) -> u64 {
        wide(self.at)
    }

    /// The range from `start` to here.
    #[must_use]
    pub fn since(&self, start: u64) -> Span {
        Span::between(start, self.at())
    }

    /// The bytes not yet read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`Short`] if the input ends first; the position stays.
    pub fn take(&mut self, len: u64) -> Result<&'a [u8], Short> {
        let short = Short { at: self.at(), wanted: len };
        let len = usize::try_from(len).map_err(|_| short)?;
        let end = self.at.checked_add(len).ok_or(short)?;
        let taken = self.bytes.get(self.at..end).ok_or(short)?;
        self.at = end;
        Ok(taken)
    }

    /// Steps over `len` bytes without looking at them.
    ///
    /// # Errors
    /// [`Short`] if the input ends first; the position stays.
    pub fn skip(&mut self, len: u64) -> Result<(), Short> {
        self.take(len).map(|_| ())
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Short`] if the input ends first; the position stays.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let short = Short { at: self.at(), wanted: wide(N) };
        let taken = self.rest().first_chunk::<N>().ok_or(short)?;
        self.at = self.at.saturating_add(N);
        Ok(*taken)
    }

    /// The bytes up to `end`, which is stepped over and not returned.
    ///
    /// # Errors
    /// [`Short`] if `end` does not occur; the position stays.
    pub fn until(&mut self, end: u8) -> Result<&'a [u8], Short> {
        let rest = self.rest();
        let len = memchr::memchr(end, rest).ok_or(Short { at: self.at(), wanted: 1 })?;
        self.at = self.at.saturating_add(len).saturating_add(1);
        Ok(rest.get(..len).unwrap_or_default())
    }

    numbers! {
        /// One byte.
        u8: u8 = from_le_bytes, 1;
        /// Two bytes, little-endian.
        u16: u16 = from_le_bytes, 2;
        /// Four bytes, little-endian.
        u32: u32 = from_le_bytes, 4;
        /// Eight bytes, little-endian.
        u64: u64 = from_le_bytes, 8;
        /// Four bytes, little-endian, signed.
        i32: i32 = from_le_bytes, 4;
        /// Eight bytes, little-endian, signed.
        i64: i64 = from_le_bytes, 8;
        /// Two bytes, big-endian.
        u16_be: u16 = from_be_bytes, 2;
        /// Four bytes, big-endian.
        u32_be: u32 = from_be_bytes, 4;
        /// Eight bytes, big-endian.
        u64_be: u64 = from_be_bytes, 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_past_the_end_leaves_the_position() {
        let mut c = Cursor::new(&[1, 2, 3]);
        assert_eq!(c.u16(), Ok(0x0201));
        assert_eq!(c.u16(), Err(Short { at: 2, wanted: 2 }));
        assert_eq!(c.take(u64::MAX), Err(Short { at: 2, wanted: u64::MAX }));
        assert_eq!(c.u8(), Ok(3));
        assert!(c.is_empty());
    }

    #[test]
    fn until_steps_over_the_end_byte() {
        let mut c = Cursor::new(b"ab\ncd");
        assert_eq!(c.until(b'\n'), Ok(&b"ab"[..]));
        assert_eq!(c.until(b'\n'), Err(Short { at: 3, wanted: 1 }));
        assert_eq!(c.rest(), b"cd");
    }
}
