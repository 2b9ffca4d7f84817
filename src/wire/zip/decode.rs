//! From packed bytes to plain ones, with an eye on CRC and size that never holds anything back.

use std::{
    io::{self, ErrorKind, Read},
    sync::{Arc, OnceLock},
};

use super::entry::Method;
use crate::{
    bytes::{Bytes, Cursor, Span, wide},
    wire::{
        inflate::Inflate,
        stream::{Codec, Raw, Reader, ppmd},
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
    /// Whether the compressed stream goes on behind the packed bytes.
    pub beyond: bool,
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
        matches!(self.0, 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95 | 98)
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
            98 => ppmd::WEIGHT,
            _ => 2,
        }
    }
}

/// Opens the packed bytes in `data` for reading. `size` is the declared number of plain bytes, which LZMA without an
/// end mark needs; all ones stand for such a mark. What is read to the end is told to `watch`.
///
/// A stream that says itself where it ends is read to there, as readers of streams do, even if `data` is shorter.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a method that is not read; what the decoder says of its header.
pub fn open(
    bytes: &Bytes,
    data: Span,
    method: Method,
    size: u64,
    watch: Watch,
) -> io::Result<Box<dyn Read + Send>> {
    let stream = |codec: Codec| Plain::Stream(Box::new(codec.open(bytes.from(data.start))));
    let within = || bytes.slice(data.start, data.len).ok_or(ErrorKind::UnexpectedEof);
    let plain = match method.0 {
        0 => Plain::Open(Box::new(within()?.reader())),
        8 => Plain::Deflate(Box::new(Inflate::new(bytes.from(data.start)))),
        9 => stream(Codec::Deflate64),
        12 => stream(Codec::Bzip2),
        14 => Plain::Lzma(Box::new(Lzma::new(&within()?, size)?)),
        20 | 93 => stream(Codec::Zstd),
        95 => stream(Codec::Xz),
        98 => Plain::Open(ppmd::zip(within()?, size)?),
        other => return Err(io::Error::new(ErrorKind::Unsupported, format!("compression method {other}"))),
    };
    Ok(Checked::boxed(plain, data.len, watch))
}

/// Bytes before the LZMA stream of a member: version (2), length of properties (2), properties (5).
const LZMA: u64 = 9;

/// LZMA as zip holds it. A mark may end the stream though neither flag nor size says so: what breaks where a mark may
/// be is read again.
struct Lzma {
    packed: Bytes,
    header: Raw,
    reader: Reader,
}

impl Lzma {
    fn new(packed: &Bytes, size: u64) -> io::Result<Self> {
        let mut c = Cursor::at_offset(packed, 2);
        let header = c.u16().and_then(|len| Ok((len, c.u8()?, c.u32()?)));
        let (len, props, dictionary) = header.map_err(|_| ErrorKind::UnexpectedEof)?;
        if len != 5 {
            return Err(io::Error::new(ErrorKind::InvalidData, "LZMA properties of another length than 5"));
        }
        let header = Raw { props: Some(props), dictionary: dictionary.into(), size };
        let packed = packed.from(LZMA);
        Ok(Self { reader: Reader::raw(packed.clone(), &header)?, packed, header })
    }
}

impl Read for Lzma {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let outcome = self.reader.read(out);
        let Err(error) = &outcome else { return outcome };
        if self.header.size == u64::MAX || error.kind() != ErrorKind::InvalidData {
            return outcome;
        }
        self.header.size = u64::MAX;
        let given = self.reader.given();
        self.reader = Reader::raw(self.packed.clone(), &self.header)?;
        io::copy(&mut self.reader.by_ref().take(given), &mut io::sink())?;
        self.reader.read(out)
    }
}

enum Plain {
    /// What does not say itself where it ends.
    Open(Box<dyn Read + Send>),
    Deflate(Box<Inflate>),
    Stream(Box<Reader>),
    Lzma(Box<Lzma>),
}

impl Plain {
    /// Packed bytes that were needed, if reading came to the end.
    fn needed(&self, len: u64) -> u64 {
        match self {
            Self::Open(_) => len,
            Self::Deflate(inflate) => inflate.consumed(),
            Self::Stream(reader) => reader.end(),
            Self::Lzma(lzma) => lzma.reader.end().saturating_add(LZMA),
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
            Plain::Open(input) => input.read(out)?,
            Plain::Deflate(inflate) => inflate.read(out)?,
            Plain::Stream(reader) => reader.read(out)?,
            Plain::Lzma(lzma) => lzma.read(out)?,
        };
        if len == 0 && !out.is_empty() {
            let needed = self.plain.needed(self.packed);
            let (behind, beyond) = (self.packed.saturating_sub(needed), needed > self.packed);
            let _first = self.watch.0.set(Outcome { crc: self.crc.sum(), size: self.size, behind, beyond });
        }
        self.crc.update(out.get(..len).unwrap_or_default());
        self.size = self.size.saturating_add(wide(len));
        Ok(len)
    }
}
