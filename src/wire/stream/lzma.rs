//! LZMA in its two wrappings, `.xz` and the older `.lzma`, and bare as in archives.

use std::io::{Error, ErrorKind};

use lzma_rust2::{Action, Lzma2Stream, LzmaStream, Status, StreamResult, XzStream};

use super::{Cause, Codec, Decode, MAX_WINDOW, Now, Start, Step, Wrong};
use crate::bytes::{Cursor, index, wide};

/// Bytes handed over at a time: the library copies what it is given.
const WINDOW: usize = 64 << 10;
/// What the decoder itself needs beside the dictionary.
const OVERHEAD: u64 = 8 << 20;
/// The magic of `.xz`.
pub(super) const XZ: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

fn limit_in_kib() -> u32 {
    u32::try_from(MAX_WINDOW.saturating_add(OVERHEAD) >> 10).unwrap_or(u32::MAX)
}

/// What stands at the head of `rest`: a stream, or padding of zeros in fours.
pub(super) fn xz(rest: &[u8], first: bool) -> Start {
    if rest.starts_with(&XZ) {
        return Start::Stream(Box::new(Xz(XzStream::new_mem_limit(false, limit_in_kib()))), 0);
    }
    if !first && rest.first() == Some(&0) {
        let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
        let more = rest.get(zeros..).unwrap_or_default();
        let explained = zeros & 3 == 0 && (more.is_empty() || more.starts_with(&XZ));
        return if explained { Start::Skip(wide(zeros)) } else { Start::Other };
    }
    if XZ.starts_with(rest) { Start::Short } else { Start::Other }
}

/// What stands at the head of `rest`: any header that liblzma's `lzma_alone_decoder` takes.
pub(super) fn alone(rest: &[u8]) -> Start {
    if rest.len() < 14 {
        return Start::Short;
    }
    let inner = LzmaStream::new_mem_limit(limit_in_kib(), None);
    Start::Stream(Box::new(Alone { inner, short: false }), 0)
}

/// Whether the bytes begin as an `.lzma` file may.
///
/// | bytes | |
/// |---|---|
/// | 1 | lc, lp, pb as `(pb * 5 + lp) * 9 + lc`; `5d` as nearly all write it |
/// | 4 | size of the dictionary, by habit 2ⁿ or 2ⁿ + 2ⁿ⁻¹ |
/// | 8 | size unpacked, or all ones |
/// | 1 | 0: the first byte of the range coder |
///
/// joblib takes whatever begins with `5d 00` for one (`numpy_pickle_utils._LZMA_PREFIX`).
pub(super) fn looks(bytes: &[u8]) -> bool {
    let mut c = Cursor::new(bytes);
    let (Ok(props), Ok(dict), Ok(size), Ok(0)) = (c.u8(), c.u32(), c.u64(), c.u8()) else { return false };
    let usual =
        dict.is_power_of_two() || dict.count_ones() == 2 && dict & (dict << 1) != 0 || dict == u32::MAX;
    let sane = size == u64::MAX || (1..1 << 38).contains(&size);
    props <= 224 && sane && (props == 0x5d && dict & 0xff == 0 || usual && dict >= 4096)
}

/// The header of a bare stream, which archives keep apart from it.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    /// lc, lp and pb of LZMA; nothing for LZMA2.
    pub props: Option<u8>,
    /// Size of the dictionary.
    pub dictionary: u64,
    /// Bytes that come out; all ones if a mark ends the stream.
    pub size: u64,
}

impl Raw {
    pub(super) const fn codec(&self) -> Codec {
        if self.props.is_some() { Codec::Lzma } else { Codec::Lzma2 }
    }
}

/// A decoder of a bare stream.
pub(super) fn raw(header: &Raw) -> Result<Box<dyn Decode>, Wrong> {
    // No stream looks further back than it is long.
    let window = header.dictionary.min(header.size).max(4096);
    if window > MAX_WINDOW {
        return Err(Wrong::window(header.codec()));
    }
    let window = u32::try_from(window).unwrap_or(u32::MAX);
    let refused = |error: Error| Wrong::malformed(format!("the header of the lzma stream is none: {error}"));
    if let Some(props) = header.props {
        let inner = LzmaStream::new_with_props(header.size, props, window, None).map_err(refused)?;
        return Ok(Box::new(Alone { inner, short: false }));
    }
    Ok(Box::new(Two(Lzma2Stream::new_mem_limit(window, limit_in_kib()))))
}

struct Two(Lzma2Stream);

impl Decode for Two {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let input = input.get(..WINDOW).unwrap_or(input);
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.process(input, out, Action::Run);
        let took = self.0.total_in().saturating_sub(before.0);
        step(result, took, self.0.total_out().saturating_sub(before.1), Codec::Lzma2)
    }
}

struct Xz(XzStream);
struct Alone {
    inner: LzmaStream,
    short: bool,
}

fn step(result: std::io::Result<StreamResult>, took: u64, gave: u64, codec: Codec) -> Step {
    let now = match result {
        Ok(StreamResult { status: Status::StreamEnd, .. }) => Now::Ended,
        Ok(StreamResult { status: Status::Ok, .. }) => Now::More,
        Err(error) => wrong(&error, codec),
    };
    Step { took: index(took), gave: index(gave), now }
}

fn wrong(error: &Error, codec: Codec) -> Now {
    match error.kind() {
        ErrorKind::OutOfMemory => Now::Wrong(Wrong::window(codec)),
        _ => Now::Wrong(Wrong::malformed(format!("the {} stream is broken: {error}", codec.word()))),
    }
}

impl Decode for Xz {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let input = input.get(..WINDOW).unwrap_or(input);
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.process(input, out, Action::Run);
        let took = self.0.total_in().saturating_sub(before.0);
        step(result, took, self.0.total_out().saturating_sub(before.1), Codec::Xz)
    }
}

impl Decode for Alone {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let input = input.get(..WINDOW).unwrap_or(input);
        let before = (self.inner.total_in(), self.inner.total_out());
        // Told that there is no more, the library lets go of what it held back, but takes the end of the
        // input for the end of the stream.
        let action = if self.short { Action::Finish } else { Action::Run };
        let result = self.inner.process(input, out, action);
        let ended = matches!(&result, Ok(StreamResult { status: Status::StreamEnd, .. }));
        // It has read up to 40 bytes beyond the end.
        let unused = if ended { wide(self.inner.unused_input().len()) } else { 0 };
        let took = self.inner.total_in().saturating_sub(before.0).saturating_sub(unused);
        let gave = self.inner.total_out().saturating_sub(before.1);
        let eof = matches!(&result, Err(error) if error.kind() == ErrorKind::UnexpectedEof);
        let mut step = step(result, took, gave, Codec::Lzma);
        let stuck = step.took == 0 && step.gave == 0;
        if eof || self.short && ended {
            step.now = if stuck { Now::More } else { Now::Wrong(cut_short()) };
        } else if stuck && matches!(step.now, Now::More) && !self.short {
            self.short = true;
            return self.step(input, out);
        }
        step
    }
}

fn cut_short() -> Wrong {
    Wrong { why: Cause::Ended, what: "the lzma stream is cut short".to_owned() }
}
