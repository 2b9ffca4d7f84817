//! Which codec bytes are of: by magic, by what follows it, and by decoding the head where the magic says little.

use super::{Cause, Codec, Reader, bzip, deflate, lz4, lzma, zstd};
use crate::bytes::{Bytes, Cursor, index, wide};

/// Bytes of the head that are tried.
const HEAD: u64 = 4096;
/// Frames that hold nothing which are stepped over to find one that says what they belong to.
const SKIPPED: usize = 64;

/// The codec that the bytes are of.
#[must_use]
pub fn detect(bytes: &Bytes) -> Option<Codec> {
    let first = *bytes.first()?;
    match first {
        0x1f if gzip(bytes) => Some(Codec::Gzip),
        b'B' if bzip::looks(bytes) => Some(Codec::Bzip2),
        0xfd if bytes.starts_with(&lzma::XZ) => Some(Codec::Xz),
        0x04 | 0x02 if lz4::looks(bytes) => Some(Codec::Lz4),
        0x28 if zstd::looks(bytes) => Some(Codec::Zstd),
        0x50..=0x5f if skipped(bytes).is_some() => skipped(bytes),
        _ => unmarked(bytes).find(|&codec| tried(codec, bytes)),
    }
}

/// The codec that the bytes may be of if their name says so: they have its header, whatever follows.
#[must_use]
pub fn suppose(bytes: &[u8]) -> Option<Codec> {
    unmarked(bytes).next()
}

/// The codecs without a magic of their own whose header the bytes have.
fn unmarked(bytes: &[u8]) -> impl Iterator<Item = Codec> {
    let zlib = matches!(*bytes, [cmf, flags, _, ..] if deflate::zlib_header(cmf, flags));
    [(lzma::looks(bytes), Codec::Lzma), (zlib, Codec::Zlib)]
        .into_iter()
        .filter_map(|(looks, codec)| looks.then_some(codec))
}

/// Whether a gzip member begins: magic and method. CPython's `_GzipReader` does not look at reserved flags.
fn gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
}

/// The codec of the first frame behind skippable ones, which LZ4 and Zstandard share.
fn skipped(bytes: &[u8]) -> Option<Codec> {
    let mut c = Cursor::new(bytes);
    for _ in 0..SKIPPED {
        if zstd::looks(c.rest()) {
            return Some(Codec::Zstd);
        }
        if lz4::looks(c.rest()) {
            return Some(Codec::Lz4);
        }
        let magic = c.u32().ok()?;
        if !zstd::skippable(magic) {
            return None;
        }
        let len = c.u32().ok()?;
        c.skip(u64::from(len)).ok()?;
    }
    None
}

/// Whether the head can be decoded and gives something.
fn tried(codec: Codec, bytes: &Bytes) -> bool {
    let head = bytes.slice(0, HEAD.min(bytes.size()));
    let Some(head) = head else { return false };
    let mut reader = Reader::new(codec, head);
    let mut out = vec![0; index(HEAD)];
    loop {
        match reader.give(&mut out) {
            // Other properties than the usual say little: then the stream must be all there is.
            Ok(0) if codec == Codec::Lzma => {
                return reader.given() > 0 && (bytes.starts_with(&[0x5d]) || reader.end() == bytes.size());
            }
            Ok(0) => return true,
            Ok(_) if reader.given() > wide(out.len()).saturating_mul(16) => return true,
            Ok(_) => {}
            Err(fault) => return fault.why != Cause::Malformed && reader.given() > 0,
        }
    }
}
