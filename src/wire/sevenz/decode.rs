//! From the packed streams of a folder to its bytes.

use std::io::{self, ErrorKind, Read};

use lzma_rust2::filter::{bcj::BcjReader, bcj2::Bcj2Reader, delta::DeltaReader};

use super::header::{Coder, Folder, Input, Method};
use crate::{
    bytes::{Bytes, Cursor},
    wire::stream::{Codec, Raw, Reader, ppmd},
};

/// The longest header that is read.
pub const MOST_HEADER: u64 = 64 << 20;

const COPY: u64 = 0x00;
const LZMA2: u64 = 0x21;
const LZMA: u64 = 0x03_01_01;
const DEFLATE: u64 = 0x04_01_08;
const DEFLATE64: u64 = 0x04_01_09;
const BZIP2: u64 = 0x04_02_02;
const ZSTD: u64 = 0x04_f7_11_01;
const PPMD: u64 = 0x03_04_01;
const BCJ2: u64 = 0x03_03_01_1b;
const AES: u64 = 0x06_f1_07_01;

impl Method {
    /// The word that stands for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.0 {
            COPY => "stored",
            LZMA => "lzma",
            LZMA2 => "lzma2",
            DEFLATE => "deflate",
            DEFLATE64 => "deflate64",
            BZIP2 => "bzip2",
            ZSTD => "zstd",
            PPMD => "ppmd",
            BCJ2 => "bcj2",
            AES => "aes",
            _ => "unknown",
        }
    }

    /// Cost of a byte that comes out and of one that goes in, in sixteenths of a unit of work.
    #[must_use]
    pub const fn weights(self) -> (u64, u64) {
        let codec = match self.0 {
            LZMA | LZMA2 => Codec::Lzma,
            DEFLATE => Codec::Deflate,
            DEFLATE64 => Codec::Deflate64,
            BZIP2 => Codec::Bzip2,
            ZSTD => Codec::Zstd,
            PPMD => return (ppmd::WEIGHT, 0),
            _ => return (1, 0),
        };
        (codec.weight(), codec.input_weight())
    }
}

impl Folder {
    /// The memory that its decoders take at once, in bytes, where that is more than a little.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let models = self.coders.iter().filter(|coder| coder.method.0 == PPMD);
        models.filter_map(|coder| model(&coder.properties)).map(|(_, memory)| u64::from(memory)).sum()
    }

    /// Whether it is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.methods.contains(&AES)
    }

    /// The words for its methods, as `bcj2 lzma`.
    #[must_use]
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.methods.iter().map(|&id| Method(id).word()).collect();
        words.join(" ")
    }
}

type Plain = Box<dyn Read + Send>;

/// Opens a folder for reading; what is read from it ends where its files do.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for coders that are not read; what a decoder says of its setting.
pub fn open(archive: &Bytes, folder: &Folder) -> io::Result<Plain> {
    let mut readers: Vec<Option<Plain>> = Vec::with_capacity(folder.coders.len());
    for (coder, &size) in folder.coders.iter().zip(&folder.sizes) {
        let packed = |nth: usize| {
            let span = folder.packed.get(nth)?;
            archive.slice(span.start, span.len)
        };
        let reader = if let [Input::Packed(nth)] = *coder.inputs.as_slice() {
            codec(coder, packed(nth).ok_or(ErrorKind::UnexpectedEof)?, size)?
        } else {
            let mut inputs = Vec::with_capacity(coder.inputs.len());
            for input in &coder.inputs {
                inputs.push(match *input {
                    Input::Packed(nth) => Box::new(packed(nth).ok_or(ErrorKind::UnexpectedEof)?.reader()),
                    Input::Coder(nth) => {
                        let made = readers.get_mut(nth).and_then(Option::take);
                        made.ok_or_else(|| unread(folder))?
                    }
                });
            }
            joined(coder, inputs, size)?
        };
        readers.push(Some(reader));
    }
    let last = readers.pop().flatten().ok_or_else(|| unread(folder))?;
    Ok(Box::new(last.take(folder.size())))
}

fn unread(folder: &Folder) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, format!("the coders {} are not read", folder.words()))
}

fn not_read(coder: &Coder) -> io::Error {
    let what = format!("the coder {} ({:x}) is not read", coder.method.word(), coder.method.0);
    io::Error::new(ErrorKind::Unsupported, what)
}

/// The coder that reads packed bytes.
fn codec(coder: &Coder, packed: Bytes, size: u64) -> io::Result<Plain> {
    let mut c = Cursor::new(&coder.properties);
    let open = |codec: Codec| -> Plain { Box::new(codec.open(packed.clone())) };
    let raw = |header: Raw| -> io::Result<Plain> { Ok(Box::new(Reader::raw(packed.clone(), &header)?)) };
    Ok(match coder.method.0 {
        LZMA => {
            let header = c.u8().and_then(|props| Ok((props, c.u32()?)));
            let (props, dictionary) = header.map_err(|_| ErrorKind::InvalidData)?;
            return raw(Raw { props: Some(props), dictionary: dictionary.into(), size });
        }
        LZMA2 => {
            let bits = c.u8().map_err(|_| ErrorKind::InvalidData)?;
            // 2 and 3 in turn, shifted ever further: 4 KiB, 6 KiB, 8 KiB, …
            let dictionary = (2 | u64::from(bits & 1)).checked_shl(u32::from(bits >> 1).saturating_add(11));
            return raw(Raw { props: None, dictionary: dictionary.unwrap_or(u64::MAX), size });
        }
        PPMD => {
            let (order, memory) = model(&coder.properties).ok_or(ErrorKind::InvalidData)?;
            return ppmd::seven(packed, order, memory, size);
        }
        DEFLATE => open(Codec::Deflate),
        DEFLATE64 => open(Codec::Deflate64),
        BZIP2 => open(Codec::Bzip2),
        ZSTD => open(Codec::Zstd),
        _ => return filter(coder, Box::new(packed.reader())),
    })
}

/// Order and memory of PPMd.
fn model(properties: &[u8]) -> Option<(u32, u32)> {
    let mut c = Cursor::new(properties);
    Some((c.u8().ok()?.into(), c.u32().ok()?))
}

/// The coder that reads what other coders give.
fn joined(coder: &Coder, mut inputs: Vec<Plain>, size: u64) -> io::Result<Plain> {
    match (coder.method.0, inputs.len()) {
        (BCJ2, 4) => Ok(Box::new(Bcj2Reader::try_new(inputs, size)?)),
        (_, 1) => inputs.pop().map_or_else(|| Err(not_read(coder)), |inner| filter(coder, inner)),
        _ => Err(not_read(coder)),
    }
}

/// A coder that changes bytes, so that they pack better.
fn filter(coder: &Coder, inner: Plain) -> io::Result<Plain> {
    Ok(match coder.method.0 {
        COPY => inner,
        0x03 => {
            let distance = coder.properties.first().copied().unwrap_or_default();
            Box::new(DeltaReader::new(inner, usize::from(distance).saturating_add(1)))
        }
        0x04 | 0x03_03_01_03 => Box::new(BcjReader::new_x86(inner, 0)),
        0x05 | 0x03_03_02_05 => Box::new(BcjReader::new_ppc(inner, 0)),
        0x06 | 0x03_03_04_01 => Box::new(BcjReader::new_ia64(inner, 0)),
        0x07 | 0x03_03_05_01 => Box::new(BcjReader::new_arm(inner, 0)),
        0x08 | 0x03_03_07_01 => Box::new(BcjReader::new_arm_thumb(inner, 0)),
        0x09 | 0x03_03_08_05 => Box::new(BcjReader::new_sparc(inner, 0)),
        0x0a => Box::new(BcjReader::new_arm64(inner, 0)),
        0x0b => Box::new(BcjReader::new_riscv(inner, 0)),
        _ => return Err(not_read(coder)),
    })
}
