//! From the packed streams of a folder to its bytes.

use std::io::{self, ErrorKind, Read};

use lzma_rust2::filter::{bcj::BcjReader, delta::DeltaReader};

use super::header::{Coder, Folder, Method};
use crate::{
    bytes::{Bytes, Cursor, wide},
    wire::stream::{Codec, Raw, Reader},
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
            0x03_04_01 => "ppmd",
            0x03_03_01_1b => "bcj2",
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
            _ => return (1, 0),
        };
        (codec.weight(), codec.input_weight())
    }
}

impl Folder {
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

/// Opens a folder for reading; what is read from it ends where its files do.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for coders that are not read; what a decoder says of its setting.
pub fn open(archive: &Bytes, folder: &Folder) -> io::Result<Box<dyn Read + Send>> {
    let unsupported = |what: String| io::Error::new(ErrorKind::Unsupported, what);
    let (Some((first, rest)), [packed]) = (folder.coders.split_first(), folder.packed.as_slice()) else {
        return Err(unsupported(format!("the coders {} are not read", folder.words())));
    };
    let packed = archive.slice(packed.start, packed.len).ok_or(ErrorKind::UnexpectedEof)?;
    let mut reader = codec(first, packed, folder.sizes.first().copied().unwrap_or_default())?;
    for coder in rest {
        reader = filter(coder, reader)?;
    }
    Ok(Box::new(reader.take(folder.size())))
}

/// The coder that reads the packed bytes.
fn codec(coder: &Coder, packed: Bytes, size: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut c = Cursor::new(&coder.properties);
    let open = |codec: Codec| -> Box<dyn Read + Send> { Box::new(codec.open(packed.clone())) };
    let raw = |header: Raw| -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Reader::raw(packed.clone(), &header)?))
    };
    Ok(match coder.method.0 {
        COPY => Box::new(Stored { bytes: packed, at: 0 }),
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
        DEFLATE => open(Codec::Deflate),
        DEFLATE64 => open(Codec::Deflate64),
        BZIP2 => open(Codec::Bzip2),
        ZSTD => open(Codec::Zstd),
        id => {
            let what = format!("the coder {} ({id:x}) is not read", coder.method.word());
            return Err(io::Error::new(ErrorKind::Unsupported, what));
        }
    })
}

/// A coder that changes bytes, so that they pack better.
fn filter(coder: &Coder, inner: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
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
        id => {
            let what = format!("the coder {} ({id:x}) is not read", coder.method.word());
            return Err(io::Error::new(ErrorKind::Unsupported, what));
        }
    })
}

/// Bytes that are not packed.
struct Stored {
    bytes: Bytes,
    at: u64,
}

impl Read for Stored {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.from(self.at);
        let len = (&*rest).read(out)?;
        self.at = self.at.saturating_add(wide(len));
        Ok(len)
    }
}
