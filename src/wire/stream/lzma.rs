//! LZMA in its two wrappings, `.xz` and the older `.lzma`, and bare as in archives.

use std::io::{Error, ErrorKind};

use lzma_rust2::{Action, DICT_SIZE_MAX, Lzma2Stream, LzmaStream, Status, StreamResult, XzStream};

use super::{Cause, Codec, Decode, MAX_WINDOW, Now, Start, Step, Wrong};
use crate::bytes::{Cursor, index, wide};

/// Bytes handed over at a time: the library copies what it is given.
const WINDOW: usize = 16 << 10;
/// Bytes that are asked for at a time. Those before a fault in them are lost, as they are to CPython's `lzma`, which
/// asks for 8192.
const ROOM: usize = 4096;
/// Bytes that the library looks ahead, at most.
const AHEAD: usize = 64;
/// What the library counts as needed beside the dictionary, at most.
const BESIDE: u64 = 1 << 20;
/// The magic of `.xz`.
pub(super) const XZ: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

/// What stands at the head of `rest`: a stream, or padding of zeros in fours.
pub(super) fn xz(rest: &[u8], first: bool) -> Start {
    if rest.starts_with(&XZ) {
        return Start::Stream(Box::new(Xz(XzStream::new(false))), 0);
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
pub(super) fn alone(rest: &[u8], first: bool) -> Start {
    let mut c = Cursor::new(rest);
    let (Ok(props), Ok(dictionary), Ok(size)) = (c.u8(), c.u32(), c.u64()) else {
        return if first { Start::Short } else { Start::Other };
    };
    match raw(&Raw { props: Some(props), dictionary: dictionary.into(), size }) {
        Ok(decoder) if first || looks(rest) => Start::Stream(decoder, c.at()),
        Err(wrong) if first => Start::Wrong(wrong),
        Ok(_) | Err(_) => Start::Other,
    }
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
    let window = header.dictionary.min(header.size).clamp(4096, u64::from(DICT_SIZE_MAX));
    let window = u32::try_from(window).unwrap_or(DICT_SIZE_MAX);
    let refused = |error: Error| Wrong::malformed(format!("the header of the lzma stream is none: {error}"));
    if let Some(props) = header.props {
        let inner = LzmaStream::new_with_props(header.size, props, window, None).map_err(refused)?;
        return Ok(Box::new(Alone { inner, window: window.into() }));
    }
    Ok(Box::new(Two { inner: Lzma2Stream::new(window), window: window.into() }))
}

/// What may go into a decoder and come out of it in one step; nothing if its dictionary grew too large.
///
/// A dictionary takes no more memory than what came out, so that a large one is refused only when it fills.
fn share<'a>(
    input: &'a [u8],
    out: &'a mut [u8],
    window: u64,
    given: u64,
) -> Option<(&'a [u8], &'a mut [u8])> {
    let room = out.len().min(ROOM);
    let fills = window > MAX_WINDOW && given.saturating_add(wide(room)) > MAX_WINDOW;
    let out = out.get_mut(..room).filter(|_| !fills)?;
    Some((input.get(..WINDOW).unwrap_or(input), out))
}

fn too_large(codec: Codec) -> Step {
    Step { took: 0, gave: 0, now: Now::Wrong(Wrong::window(codec)) }
}

struct Two {
    inner: Lzma2Stream,
    window: u64,
}

struct Xz(XzStream);

struct Alone {
    inner: LzmaStream,
    window: u64,
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

impl Decode for Two {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let before = (self.inner.total_in(), self.inner.total_out());
        let Some((input, out)) = share(input, out, self.window, before.1) else {
            return too_large(Codec::Lzma2);
        };
        let result = self.inner.process(input, out, Action::Run);
        let took = self.inner.total_in().saturating_sub(before.0);
        step(result, took, self.inner.total_out().saturating_sub(before.1), Codec::Lzma2)
    }
}

impl Decode for Xz {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let needs = u64::from(self.0.memory_usage().unwrap_or_default()) << 10;
        let window = needs.saturating_sub(BESIDE);
        let Some((input, out)) = share(input, out, window, before.1) else { return too_large(Codec::Xz) };
        let result = self.0.process(input, out, Action::Run);
        let took = self.0.total_in().saturating_sub(before.0);
        step(result, took, self.0.total_out().saturating_sub(before.1), Codec::Xz)
    }
}

impl Decode for Alone {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let before = (self.inner.total_in(), self.inner.total_out());
        let Some((input, out)) = share(input, out, self.window, before.1) else {
            return too_large(Codec::Lzma);
        };
        let result = self.inner.process(input, out, Action::Run);
        let ended = matches!(&result, Ok(StreamResult { status: Status::StreamEnd, .. }));
        // It has read up to 40 bytes beyond the end.
        let unused = if ended { wide(self.inner.unused_input().len()) } else { 0 };
        let took = self.inner.total_in().saturating_sub(before.0).saturating_sub(unused);
        let gave = self.inner.total_out().saturating_sub(before.1);
        match step(result, took, gave, Codec::Lzma) {
            Step { took: 0, gave: 0, now: Now::More } => self.rest(input, out),
            step => step,
        }
    }
}

impl Alone {
    /// What comes out of the end of the input where the stream has none: the library looks ahead and holds back what
    /// liblzma gives, so that it gets more bytes, and a few that are wrong come behind.
    fn rest(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let before = self.inner.total_out();
        let _outcome = self.inner.process(&[input, &[0; AHEAD]].concat(), out, Action::Finish);
        let gave = index(self.inner.total_out().saturating_sub(before));
        Step { took: input.len(), gave, now: Now::Wrong(cut_short()) }
    }
}

fn cut_short() -> Wrong {
    Wrong { why: Cause::Ended, what: "the lzma stream is cut short".to_owned() }
}
