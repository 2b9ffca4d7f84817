//! LZ4 frames, of today's kind and the legacy kind.
//!
//! | bytes | of a frame |
//! |---|---|
//! | 4 | magic `04 22 4d 18` |
//! | 2 | flags, size of a block |
//! | 8 | size of the content, if flag 8 |
//! | 4 | id of a dictionary, if flag 1 |
//! | 1 | check of the header |
//! | 4 + n | a block: size (top bit: not compressed), content, 4 bytes of check if flag 16 |
//! | 4 | 0: the end |
//! | 4 | check of the content, if flag 4 |
//!
//! A legacy frame has the magic `02 21 4c 18`, then blocks, and ends with the input or at another magic.

use std::io::{self, ErrorKind, Read};

use lz4_flex::frame::{Error, FrameDecoder};

use super::{Cause, Decode, Now, Start, Step, Wrong, zstd::skippable};
use crate::bytes::{Bytes, Cursor, Short, index, wide};

const FRAME: u32 = 0x184d_2204;
const LEGACY: u32 = 0x184c_2102;
/// The most that 8 MiB, the size of a legacy block, can become.
const LEGACY_BLOCK: u64 = (8 << 20) + (8 << 20) / 255 + 16;

/// The largest block, and so the most that is there of one.
const TORN: usize = 9 << 20;
/// Where the data of the first block can begin: behind the shortest header and a size.
const FIRST: u64 = 11;
/// How far back blocks refer.
const WINDOW: usize = 64 << 10;

/// Whether the bytes begin as frames of this kind do.
pub(super) fn looks(bytes: &[u8]) -> bool {
    let mut c = Cursor::new(bytes);
    match (c.u32(), c.u8(), c.u8()) {
        // Version 1, reserved bits 0, a block size of 64 KiB to 4 MiB.
        (Ok(FRAME), Ok(flags), Ok(block)) => {
            flags >> 6 == 1 && flags & 2 == 0 && block & 0x8f == 0 && block >> 4 >= 4
        }
        (Ok(LEGACY), Ok(first), Ok(second)) => u32::from(first) | u32::from(second) != 0,
        _ => false,
    }
}

/// What stands at `at`.
pub(super) fn start(bytes: &Bytes, at: u64) -> Start {
    let rest = bytes.get(index(at)..).unwrap_or_default();
    let mut c = Cursor::new(rest);
    let Ok(magic) = c.u32() else { return Start::Other };
    let walked = match magic {
        FRAME => frame(&mut c),
        LEGACY => legacy(&mut c),
        _ if skippable(magic) => {
            return match c.u32().and_then(|len| c.skip(u64::from(len))) {
                Ok(()) => Start::Skip(c.at()),
                Err(_) => Start::Short,
            };
        }
        _ => return Start::Other,
    };
    let whole = walked.is_ok();
    let len = if whole { c.at() } else { wide(rest.len()) };
    let Some(bytes) = bytes.slice(at, len) else { return Start::Other };
    // Where the walk stops in a cut stream, the data of its last block begin.
    let torn = if whole { None } else { bytes.get(index(c.at())..).map(<[u8]>::to_vec) };
    let plain =
        c.at().checked_sub(1).and_then(|at| bytes.get(index(at))).is_some_and(|&byte| byte & 0x80 != 0);
    let decoder = Lz4 {
        inner: FrameDecoder::new(Part { bytes, at: 0 }),
        whole,
        torn: torn
            .filter(|torn| (4..=TORN).contains(&torn.len()) && c.at() >= FIRST)
            .map(|torn| (torn, plain)),
        window: Vec::new(),
    };
    Start::Stream(Box::new(decoder), 0)
}

/// Steps over a frame behind its magic.
fn frame(c: &mut Cursor<'_>) -> Result<(), Short> {
    let flags = c.u8()?;
    let flag = |bit: u8, len: u64| if flags & bit != 0 { len } else { 0 };
    c.skip(flag(8, 8).saturating_add(flag(1, 4)).saturating_add(2))?;
    loop {
        let size = c.u32()?;
        if size == 0 {
            return c.skip(flag(4, 4));
        }
        c.skip(u64::from(size & 0x7fff_ffff).saturating_add(flag(16, 4)))?;
    }
}

/// Steps over the blocks of a legacy frame.
fn legacy(c: &mut Cursor<'_>) -> Result<(), Short> {
    while !c.is_empty() {
        let before = c.clone();
        let size = c.u32()?;
        if matches!(size, FRAME | LEGACY) || skippable(size) || u64::from(size) > LEGACY_BLOCK {
            *c = before;
            return Ok(());
        }
        c.skip(u64::from(size))?;
    }
    Ok(())
}

/// Bytes that are read from front to back.
struct Part {
    bytes: Bytes,
    at: usize,
}

impl Read for Part {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.read(buf)?;
        self.at = self.at.saturating_add(len);
        Ok(len)
    }
}

struct Lz4 {
    inner: FrameDecoder<Part>,
    whole: bool,
    /// What is there of the last block of a cut stream, and whether it is not compressed.
    torn: Option<(Vec<u8>, bool)>,
    /// The last bytes that came out, to which a block may refer.
    window: Vec<u8>,
}

impl Decode for Lz4 {
    fn step(&mut self, _: &[u8], out: &mut [u8]) -> Step {
        let before = self.inner.get_ref().at;
        let result = self.inner.read(out);
        if !self.whole {
            self.keep(out.get(..*result.as_ref().unwrap_or(&0)).unwrap_or_default());
        }
        let part = self.inner.get_ref();
        let took = part.at.saturating_sub(before);
        let (gave, now) = match result {
            Ok(gave) if gave > 0 || took > 0 => (gave, Now::More),
            Ok(_) if part.at < part.bytes.len() => {
                (0, Now::Wrong(Wrong::malformed("the lz4 frame ends early")))
            }
            Ok(_) if self.whole => (0, Now::Ended),
            Ok(_) => (0, Now::Wrong(cut_short())),
            Err(error) => (0, Now::Wrong(self.wrong(&error))),
        };
        if let Now::Wrong(Wrong { why: Cause::Ended, .. }) = now
            && let Some((torn, plain)) = self.torn.take()
        {
            let gave =
                if plain { torn.as_slice().read(out).unwrap_or(0) } else { head(&torn, &self.window, out) };
            return Step { took, gave, now };
        }
        Step { took, gave, now }
    }
}

/// Puts into `out` what the head of a block gives, up to where it is cut; `window` came before. Gives the number of
/// bytes.
///
/// | bytes | |
/// |---|---|
/// | 1 | upper half: number of literals, lower half: length of a match less 4; 15 means that more bytes follow |
/// | … | more of the first number: bytes to be added, up to one below 255 |
/// | … | literals |
/// | 2 | how far back the match begins |
/// | … | more of the second number |
fn head(block: &[u8], window: &[u8], out: &mut [u8]) -> usize {
    let mut c = Cursor::new(block);
    let mut all = window.to_vec();
    let most = window.len().saturating_add(out.len());
    while all.len() < most && sequence(&mut c, &mut all, most).is_ok() {}
    let new = all.get(window.len()..).unwrap_or_default();
    let len = new.len().min(out.len());
    if let (Some(to), Some(from)) = (out.get_mut(..len), new.get(..len)) {
        to.copy_from_slice(from);
    }
    len
}

/// Literals and a match.
fn sequence(c: &mut Cursor<'_>, all: &mut Vec<u8>, most: usize) -> Result<(), Short> {
    let token = c.u8()?;
    let literals = number(c, token >> 4)?.min(wide(c.rest().len()));
    all.extend_from_slice(c.take(literals)?);
    let back = usize::from(c.u16()?);
    let len = number(c, token & 0x0f)?.saturating_add(4);
    for _ in 0..len.min(wide(most.saturating_sub(all.len()))) {
        let byte = all.len().checked_sub(back).and_then(|at| all.get(at)).copied();
        all.push(byte.unwrap_or_default());
    }
    Ok(())
}

/// A number of which half a byte is known.
fn number(c: &mut Cursor<'_>, half: u8) -> Result<u64, Short> {
    let mut number = u64::from(half);
    let mut more = half == 15;
    while more {
        let byte = c.u8()?;
        number = number.saturating_add(byte.into());
        more = byte == 255;
    }
    Ok(number)
}

fn cut_short() -> Wrong {
    Wrong { why: Cause::Ended, what: "the lz4 stream is cut short".to_owned() }
}

impl Lz4 {
    fn keep(&mut self, given: &[u8]) {
        self.window.extend_from_slice(given);
        let surplus = self.window.len().saturating_sub(WINDOW);
        if surplus > WINDOW {
            self.window.drain(..surplus);
        }
    }

    fn wrong(&self, error: &io::Error) -> Wrong {
        let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        match known {
            Some(Error::DictionaryNotSupported) => Wrong {
                why: Cause::Unsupported,
                what: "the lz4 frame needs a dictionary, which is not in it".to_owned(),
            },
            _ if error.kind() == ErrorKind::UnexpectedEof && !self.whole => cut_short(),
            _ => Wrong::malformed(format!("the lz4 stream is broken: {error}")),
        }
    }
}
