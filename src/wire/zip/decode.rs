//! From packed bytes to plain ones, with an eye on CRC and size that never holds anything back.

use std::{
    io::{self, ErrorKind, Read},
    sync::{Arc, OnceLock},
};

use super::entry::Method;
use crate::{
    bytes::{Bytes, Cursor, wide},
    wire::{
        inflate::Inflate,
        stream::{Codec, Raw, Reader},
    },
};

/// What reading a member to its end showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// CRC-32 of the plain bytes.
    pub crc: u32,
    /// Number of plain bytes.
    pub size: u64,
    /// Packed bytes behind the end of the compressed stream.
    pub behind: u64,
}

/// Tells later what a reader saw.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<OnceLock<Outcome>>);

impl Watch {
    /// What the first reading showed; nothing if none came to the end.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.get().copied()
    }
}

impl Method {
    /// Whether [`open`] can read it.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self.0, 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95)
    }

    /// Cost of a plain byte, in sixteenths of a unit of work.
    #[must_use]
    pub const fn weight(self) -> u64 {
        match self.0 {
            0 => 0,
            12 => 28,
            14 | 95 => 12,
            20 | 93 => 3,
            9 => 10,
            _ => 2,
        }
    }
}

/// Opens packed bytes for reading. `size` is the declared number of plain bytes, which LZMA without an end mark
/// needs; all ones stand for such a mark. What is read to the end is told to `watch`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a method that is not read; what the decoder says of its header.
pub fn open(packed: Bytes, method: Method, size: u64, watch: Watch) -> io::Result<Box<dyn Read + Send>> {
    let len = packed.size();
    let codec = match method.0 {
        0 => None,
        8 => return Ok(Checked::boxed(Plain::Deflate(Box::new(Inflate::new(packed))), len, watch)),
        9 => Some(Codec::Deflate64),
        12 => Some(Codec::Bzip2),
        14 => return Ok(Checked::boxed(Plain::Stream(Box::new(lzma(&packed, size)?), LZMA), len, watch)),
        20 | 93 => Some(Codec::Zstd),
        95 => Some(Codec::Xz),
        _ => return Err(io::Error::new(ErrorKind::Unsupported, format!("compression method {}", method.0))),
    };
    let plain = match codec {
        Some(codec) => Plain::Stream(Box::new(codec.open(packed)), 0),
        None => Plain::Stored(Input { bytes: packed, at: 0 }),
    };
    Ok(Checked::boxed(plain, len, watch))
}

/// Bytes before the LZMA stream of a member: version (2), length of properties (2), properties (5).
const LZMA: u64 = 9;

/// Reads LZMA as zip holds it.
fn lzma(packed: &Bytes, size: u64) -> io::Result<Reader> {
    let mut c = Cursor::at_offset(packed, 2);
    let header = c.u16().and_then(|len| Ok((len, c.u8()?, c.u32()?)));
    let (len, props, dictionary) = header.map_err(|_| ErrorKind::UnexpectedEof)?;
    if len != 5 {
        return Err(io::Error::new(ErrorKind::InvalidData, "LZMA properties of another length than 5"));
    }
    let header = Raw { props: Some(props), dictionary: dictionary.into(), size };
    Reader::raw(packed.from(LZMA), &header).map_err(io::Error::from)
}

/// Bytes as a reader.
struct Input {
    bytes: Bytes,
    at: usize,
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.read(out)?;
        self.at = self.at.saturating_add(len);
        Ok(len)
    }
}

enum Plain {
    Stored(Input),
    Deflate(Box<Inflate>),
    /// A stream that begins behind so many bytes.
    Stream(Box<Reader>, u64),
}

impl Plain {
    /// Packed bytes that were needed, if reading came to the end.
    fn needed(&self, len: u64) -> u64 {
        match self {
            Self::Stored(_) => len,
            Self::Deflate(inflate) => inflate.consumed(),
            Self::Stream(reader, before) => reader.end().saturating_add(*before),
        }
    }
}

/// Passes everything on and counts.
struct Checked {
    plain: Plain,
    packed: u64,
    crc: flate2::Crc,
    size: u64,
    watch: Watch,
}

impl Checked {
    fn boxed(plain: Plain, packed: u64, watch: Watch) -> Box<dyn Read + Send> {
        Box::new(Self { plain, packed, crc: flate2::Crc::new(), size: 0, watch })
    }
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = match &mut self.plain {
            Plain::Stored(input) => input.read(out)?,
            Plain::Deflate(inflate) => inflate.read(out)?,
            Plain::Stream(reader, _) => reader.read(out)?,
        };
        if len == 0 && !out.is_empty() {
            let behind = self.packed.saturating_sub(self.plain.needed(self.packed));
            let _first = self.watch.0.set(Outcome { crc: self.crc.sum(), size: self.size, behind });
        }
        self.crc.update(out.get(..len).unwrap_or_default());
        self.size = self.size.saturating_add(wide(len));
        Ok(len)
    }
}
