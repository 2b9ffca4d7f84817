//! The header of joblib before 0.10 (`joblib/numpy_pickle_compat.py`, `read_zfile`).
//!
//! | bytes | |
//! |---|---|
//! | 2 | `ZF` |
//! | 19 | length unpacked, as Python's `hex` writes it, filled up with spaces |
//! | 0 or 1 | a space: joblib up to 0.8.4 on Python 2 |
//! | … | a zlib stream |

use crate::{
    bytes::Bytes,
    wire::stream::{self, Codec},
};

/// Length of `hex(2 ** 64)`.
const DIGITS: usize = 19;

/// What the header says.
pub(super) struct Header {
    /// Number of bytes before the zlib stream.
    pub(super) len: u64,
    /// Bytes unpacked.
    pub(super) size: u64,
}

/// The header, if the bytes begin with one and a zlib stream follows.
pub(super) fn header(bytes: &Bytes) -> Option<Header> {
    let digits = bytes.strip_prefix(b"ZF")?.get(..DIGITS)?;
    let text = std::str::from_utf8(digits).ok()?.trim().trim_end_matches('L');
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let size = u64::from_str_radix(text, 16).ok()?;
    let len = match bytes.get(21) {
        Some(b' ') => 22,
        _ => 21,
    };
    (stream::detect(&bytes.from(len)) == Some(Codec::Zlib)).then_some(Header { len, size })
}
