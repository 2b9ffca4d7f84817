//! From packed bytes to plain ones, with an eye on CRC and size that never holds anything back.

use std::{
    io::{self, ErrorKind, Read},
    sync::{Arc, OnceLock},
};

use super::entry::Method;
use crate::{
    bytes::{Bytes, wide},
    wire::inflate::Inflate,
};

/// Most memory that a decoder of LZMA or zstd may take for its window, in KiB.
const WINDOW_KIB: u32 = 64 << 10;

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
        matches!(self.0, 0 | 8 | 12 | 14 | 20 | 93 | 95)
    }

    /// Cost of a plain byte, in sixteenths of a unit of work.
    #[must_use]
    pub const fn weight(self) -> u64 {
        match self.0 {
            0 => 0,
            12 => 28,
            14 | 95 => 12,
            20 | 93 => 3,
            _ => 2,
        }
    }
}

/// Opens packed bytes for reading. `size` is the declared number of plain bytes: LZMA without an end mark
/// needs it. What is read to the end is told to `watch`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a method that is not read; what the decoder says of its header.
pub fn open(packed: Bytes, method: Method, size: u64, watch: Watch) -> io::Result<Box<dyn Read + Send>> {
    let plain: Plain = match method.0 {
        0 => Plain::Other(Box::new(Input::new(packed))),
        8 => Plain::Deflate { len: packed.size(), inflate: Box::new(Inflate::new(packed)) },
        12 => Plain::Other(Box::new(bzip2::read::BzDecoder::new(Input::new(packed)))),
        14 => Plain::Other(Box::new(lzma(packed, size)?)),
        20 | 93 => Plain::Other(zstd(packed)?),
        95 => {
            Plain::Other(Box::new(lzma_rust2::XzReader::new_mem_limit(Input::new(packed), true, WINDOW_KIB)))
        }
        _ => return Err(io::Error::new(ErrorKind::Unsupported, format!("compression method {}", method.0))),
    };
    Ok(Box::new(Checked { plain, crc: flate2::Crc::new(), size: 0, watch }))
}

/// Reads LZMA as zip holds it: version (2), length of properties (2), properties (5), stream.
fn lzma(packed: Bytes, size: u64) -> io::Result<impl Read + Send> {
    let properties = packed.get(4..9).ok_or(ErrorKind::UnexpectedEof)?;
    let mut header = properties.to_vec();
    header.extend_from_slice(&size.to_le_bytes());
    let input = io::Cursor::new(header).chain(Input::new(packed.from(9)));
    lzma_rust2::LzmaReader::new_mem_limit(input, WINDOW_KIB, None)
}

/// Reads the frames of zstd one after the other.
fn zstd(packed: Bytes) -> io::Result<Box<dyn Read + Send>> {
    let limit = u64::from(WINDOW_KIB) << 10;
    let decoder = Zstd::new_with_max_window_size(Input::new(packed), limit);
    let decoder = decoder.map_err(|error| io::Error::new(ErrorKind::InvalidData, error.to_string()))?;
    Ok(Box::new(Frames { decoder: Some(Box::new(decoder)), limit }))
}

type Zstd = ruzstd::decoding::StreamingDecoder<Input, ruzstd::decoding::FrameDecoder>;

/// Frames of zstd, one after the other.
struct Frames {
    decoder: Option<Box<Zstd>>,
    limit: u64,
}

impl Read for Frames {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let len = decoder.read(out)?;
            if len > 0 || out.is_empty() {
                return Ok(len);
            }
            let Some(input) = self.decoder.take().map(|decoder| decoder.into_inner()) else { break };
            if wide(input.at) < input.bytes.size() {
                let next = Zstd::new_with_max_window_size(input, self.limit);
                let next = next.map_err(|error| io::Error::new(ErrorKind::InvalidData, error.to_string()))?;
                self.decoder = Some(Box::new(next));
            }
        }
        Ok(0)
    }
}

/// Bytes as a reader.
struct Input {
    bytes: Bytes,
    at: usize,
}

impl Input {
    const fn new(bytes: Bytes) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(len);
        Ok(len)
    }
}

enum Plain {
    Deflate { inflate: Box<Inflate>, len: u64 },
    Other(Box<dyn Read + Send>),
}

/// Passes everything on and counts.
struct Checked {
    plain: Plain,
    crc: flate2::Crc,
    size: u64,
    watch: Watch,
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = match &mut self.plain {
            Plain::Deflate { inflate, .. } => inflate.read(out)?,
            Plain::Other(reader) => reader.read(out)?,
        };
        if len == 0 && !out.is_empty() {
            let behind = match &self.plain {
                Plain::Deflate { inflate, len } => len.saturating_sub(inflate.consumed()),
                Plain::Other(_) => 0,
            };
            let _first = self.watch.0.set(Outcome { crc: self.crc.sum(), size: self.size, behind });
        }
        self.crc.update(out.get(..len).unwrap_or_default());
        self.size = self.size.saturating_add(wide(len));
        Ok(len)
    }
}
