//! Compressed streams, each behind the same reader: bytes in, bytes out, and where the stream ended.
//!
//! | codec | several streams in a row | what is checked |
//! |---|---|---|
//! | gzip | read as one, as Python's `gzip` does | CRC-32, length |
//! | zlib | the first only, as `zlib.decompress` does | Adler-32 |
//! | bzip2 | read as one | CRC-32 |
//! | xz | read as one, with padding between them | the check that the stream names |
//! | lzma (alone) | read as one, as Python's `lzma` does | its end mark or length |
//! | lz4 | frames read as one, skippable ones stepped over | xxHash-32, length |
//! | zstd | frames read as one, skippable ones stepped over | xxHash-64 where there is one |
//! | lzma2 (raw) | the first only | its end mark |
//! | deflate, deflate64 (raw) | the first only | nothing: they have no check |

mod broken;
mod bzip;
mod deflate;
mod deflate64;
mod detect;
mod lz4;
mod lzma;
pub mod ppmd;
mod reader;
mod unpack;
mod zstd;

use crate::bytes::Bytes;

pub use broken::{Broken, Cause};
pub use deflate::{GzipHeader, gzip_header};
pub use detect::{detect, suppose};
pub use lzma::Raw;
pub use reader::Reader;
pub use unpack::{Unpacked, spool, unpack};

/// The largest window or dictionary that is filled; larger ones are refused as over the limit.
pub const MAX_WINDOW: u64 = 128 << 20;

/// A way of compressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// RFC 1951, without header or check.
    Deflate,
    /// Deflate with a window of 64 KiB, without header or check.
    Deflate64,
    /// RFC 1950.
    Zlib,
    /// RFC 1952.
    Gzip,
    /// bzip2.
    Bzip2,
    /// The `.xz` format.
    Xz,
    /// The older `.lzma` format.
    Lzma,
    /// LZMA2 chunks, without header or check.
    Lzma2,
    /// LZ4 frames.
    Lz4,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Codec {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deflate => "deflate",
            Self::Deflate64 => "deflate64",
            Self::Zlib => "zlib",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Lzma2 => "lzma2",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// Cost of a byte that comes out, in sixteenths of a unit of work.
    #[must_use]
    pub const fn weight(self) -> u64 {
        match self {
            Self::Deflate | Self::Zlib | Self::Gzip | Self::Lz4 => 1,
            Self::Deflate64 => 6,
            Self::Zstd => 2,
            Self::Bzip2 => 18,
            Self::Xz | Self::Lzma | Self::Lzma2 => 2,
        }
    }

    /// Cost of a byte that goes in, in sixteenths of a unit of work.
    #[must_use]
    pub const fn input_weight(self) -> u64 {
        match self {
            Self::Deflate | Self::Zlib | Self::Gzip | Self::Lz4 | Self::Zstd => 2,
            Self::Deflate64 => 8,
            Self::Bzip2 => 12,
            Self::Xz | Self::Lzma | Self::Lzma2 => 24,
        }
    }

    /// Bytes that may go in beyond five for each four that come out: a block or a window that a decoder holds
    /// back, for no honest stream grows by a quarter.
    const fn idle(self) -> u64 {
        match self {
            Self::Zstd => MAX_WINDOW.saturating_add(32 << 20),
            Self::Lz4 => 20 << 20,
            Self::Deflate
            | Self::Deflate64
            | Self::Zlib
            | Self::Gzip
            | Self::Bzip2
            | Self::Xz
            | Self::Lzma
            | Self::Lzma2 => 2 << 20,
        }
    }

    /// Whether streams that follow each other are read as one.
    const fn joins(self) -> bool {
        match self {
            Self::Gzip | Self::Bzip2 | Self::Xz | Self::Lzma | Self::Lz4 | Self::Zstd => true,
            Self::Deflate | Self::Deflate64 | Self::Zlib | Self::Lzma2 => false,
        }
    }

    /// Opens a reader of what `bytes` hold.
    #[must_use]
    pub const fn open(self, bytes: Bytes) -> Reader {
        Reader::new(self, bytes)
    }
}

/// What one step of a decoder did.
#[derive(Debug)]
struct Step {
    /// Bytes that went in.
    took: usize,
    /// Bytes that came out.
    gave: usize,
    /// How it stands now.
    now: Now,
}

/// How a decoder stands.
#[derive(Debug)]
enum Now {
    /// It goes on.
    More,
    /// Its stream is over.
    Ended,
    /// It cannot go on.
    Wrong(Wrong),
}

/// Why a decoder cannot go on; the reader knows where.
#[derive(Debug)]
struct Wrong {
    why: Cause,
    what: String,
}

impl Wrong {
    fn malformed(what: impl Into<String>) -> Self {
        Self { why: Cause::Malformed, what: what.into() }
    }

    fn window(codec: Codec) -> Self {
        let what = format!("the {} stream asks for a window above {} MiB", codec.word(), MAX_WINDOW >> 20);
        Self { why: Cause::TooMuch, what }
    }
}

/// A decoder of one stream.
trait Decode: Send {
    /// Takes some of `input`, which is all that is left (or enough of it), and gives some of `out`.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step;
}

/// What stands at a place where a stream may begin.
enum Start {
    /// A stream, behind a header of this many bytes.
    Stream(Box<dyn Decode>, u64),
    /// This many bytes that belong to the container and hold nothing.
    Skip(u64),
    /// Nothing of this codec.
    Other,
    /// A stream that cannot be begun.
    Wrong(Wrong),
    /// The beginning of a header, then the end of the input.
    Short,
}
