//! 7z archives: the structure, and what unpacks it.
//!
//! | bytes | |
//! |---|---|
//! | 6 | `37 7a bc af 27 1c` |
//! | 2 | version |
//! | 4 | CRC-32 of the next 20 bytes |
//! | 8 + 8 + 4 | place (counted from 32), length and CRC-32 of the header |
//! | … | packed streams |
//! | … | header: how the streams become folders, and folders become files; mostly packed itself |
//!
//! Layout: 7-Zip, `DOC/7zFormat.txt`.

mod decode;
mod files;
mod header;
#[cfg(test)]
mod tests;
mod tree;

pub use decode::{MOST_HEADER, open};
pub use files::File;
pub use header::{Archive, Coder, Folder, Input, Method, Streams, read};

use crate::{
    bytes::{Bytes, Cursor, Span},
    wire::Wrong,
};

/// How an archive begins.
pub const MAGIC: [u8; 6] = [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c];
/// Length of what all places are counted from the end of.
pub const START: u64 = 32;

/// Where the header is, if the archive has one.
///
/// # Errors
/// A [`Wrong`] if it does not lie within the bytes.
pub fn header(bytes: &Bytes) -> Result<Span, Wrong> {
    let mut c = Cursor::at_offset(bytes, 12);
    let (place, len) = (c.u64()?, c.u64()?);
    c.u32()?;
    let start = place.checked_add(START).ok_or(Wrong::malformed(12, "the header lies beyond everything"))?;
    let span = Span::new(start, len);
    if span.end() > bytes.size() {
        return Err(Wrong::ended(bytes.size(), "the archive ends before its header does"));
    }
    Ok(span)
}
