//! The reader that all codecs share.

use std::io::{self, Read};

use super::{
    Broken, Cause, Codec, Decode, Now, Raw, Start, Step, Wrong, bzip, deflate, deflate64, lz4, lzma, zstd,
};
use crate::bytes::{Bytes, index, wide};

/// Streams that may follow each other, beside one for each 4 KiB that come out.
const STREAMS: u64 = 100_000;
/// Reads what compressed streams hold.
///
/// A fault comes as [`io::Error`] with the [`Broken`] inside, after all bytes that could be had.
pub struct Reader {
    codec: Codec,
    /// Whether more streams may follow.
    joins: bool,
    bytes: Bytes,
    at: u64,
    decoder: Option<Box<dyn Decode>>,
    streams: u64,
    given: u64,
    end: u64,
    skipped: u64,
    steps: u64,
    over: bool,
    fault: Option<Broken>,
}

impl Reader {
    pub(super) const fn new(codec: Codec, bytes: Bytes) -> Self {
        let (decoder, fault) = (None, None);
        Self {
            codec,
            joins: codec.joins(),
            bytes,
            at: 0,
            decoder,
            streams: 0,
            given: 0,
            end: 0,
            skipped: 0,
            steps: 0,
            over: false,
            fault,
        }
    }

    /// A reader of an LZMA or LZMA2 stream that begins with the first of `bytes`, and whose header stands
    /// elsewhere.
    ///
    /// # Errors
    /// A [`Broken`] if the header is none, or asks for more than is allowed.
    pub fn raw(bytes: Bytes, header: &Raw) -> Result<Self, Broken> {
        let codec = header.codec();
        let decoder = lzma::raw(header).map_err(|wrong| Broken::new(wrong.why, 0, wrong.what))?;
        Ok(Self { decoder: Some(decoder), joins: false, streams: 1, ..Self::new(codec, bytes) })
    }

    /// Bytes that have gone in.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.at
    }

    /// Bytes that have come out.
    #[must_use]
    pub const fn given(&self) -> u64 {
        self.given
    }

    /// Streams that have begun.
    #[must_use]
    pub const fn streams(&self) -> u64 {
        self.streams
    }

    /// Steps that decoders have taken.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Offset behind the last stream that ended well, with its padding.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Bytes into `buf`, or why there are no more; 0 when all streams are over.
    ///
    /// # Errors
    /// A [`Broken`] at the offset of the input where reading cannot go on.
    pub fn give(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        loop {
            if let Some(fault) = &self.fault {
                return Err(fault.clone());
            }
            if self.over || buf.is_empty() {
                return Ok(0);
            }
            let gave = match self.decoder.take() {
                Some(decoder) => self.step(decoder, buf),
                None => {
                    self.begin();
                    0
                }
            };
            if gave > 0 {
                self.given = self.given.saturating_add(wide(gave));
                return Ok(gave);
            }
        }
    }

    /// Lets the decoder take a step.
    fn step(&mut self, mut decoder: Box<dyn Decode>, buf: &mut [u8]) -> usize {
        let rest = self.bytes.get(index(self.at)..).unwrap_or_default();
        let Step { took, gave, now } = decoder.step(rest, buf);
        self.at = self.at.saturating_add(wide(took));
        self.steps = self.steps.saturating_add(1);
        let given = self.given.saturating_add(wide(gave));
        let allowed = given.saturating_add(given >> 2).saturating_add(self.codec.idle());
        if self.at.saturating_sub(self.skipped) > allowed {
            let detail = format!("a {} stream that holds almost nothing for its size", self.codec.word());
            self.fault = Some(Broken::new(Cause::TooMuch, self.at, detail));
            return gave;
        }
        match now {
            Now::More if took == 0 && gave == 0 => self.stuck(),
            Now::More => self.decoder = Some(decoder),
            Now::Ended => self.end = self.at,
            Now::Wrong(wrong) => self.wrong(wrong),
        }
        gave
    }

    /// A decoder that has all of the rest and asks for more has met the end of the input.
    fn stuck(&mut self) {
        let size = self.bytes.size();
        self.at = size;
        self.fault =
            Some(Broken::new(Cause::Ended, size, format!("the {} stream is cut short", self.codec.word())));
    }

    fn wrong(&mut self, wrong: Wrong) {
        self.fault = Some(Broken::new(wrong.why, self.at, wrong.what));
    }

    /// Begins the next stream, if there is one.
    fn begin(&mut self) {
        let rest = self.bytes.get(index(self.at)..).unwrap_or_default();
        let first = self.streams == 0;
        if !first && (rest.is_empty() || !self.joins) {
            self.over = true;
            return;
        }
        match start(self.codec, &self.bytes, self.at, first) {
            Start::Stream(decoder, header) => {
                self.at = self.at.saturating_add(header);
                self.streams = self.streams.saturating_add(1);
                self.decoder = Some(decoder);
                if self.streams > STREAMS.saturating_add(self.given >> 12) {
                    let detail = format!("over {STREAMS} streams that hold almost nothing");
                    self.fault = Some(Broken::new(Cause::TooMuch, self.at, detail));
                }
            }
            Start::Skip(len) => {
                self.at = self.at.saturating_add(len);
                self.skipped = self.skipped.saturating_add(len);
                self.end = self.at;
                self.over = self.at >= self.bytes.size();
            }
            Start::Other if first => self.wrong(Wrong::malformed(format!("no {} stream", self.codec.word()))),
            Start::Other => self.over = true,
            Start::Wrong(wrong) => self.wrong(wrong),
            Start::Short => self.stuck(),
        }
    }
}

/// What stands at `at`.
fn start(codec: Codec, bytes: &Bytes, at: u64, first: bool) -> Start {
    let rest = bytes.get(index(at)..).unwrap_or_default();
    match codec {
        Codec::Deflate => Start::Stream(deflate::raw(), 0),
        Codec::Deflate64 => Start::Stream(deflate64::raw(), 0),
        Codec::Zlib => deflate::zlib(rest),
        Codec::Gzip => deflate::gzip(rest, first),
        Codec::Bzip2 => bzip::start(rest),
        Codec::Xz => lzma::xz(rest, first),
        Codec::Lzma => lzma::alone(rest, first),
        // Its header always stands elsewhere.
        Codec::Lzma2 => Start::Other,
        Codec::Lz4 => lz4::start(bytes, at),
        Codec::Zstd => zstd::start(rest),
    }
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.give(buf).map_err(io::Error::from)
    }
}
