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
    let len = if walked.is_ok() { c.at() } else { wide(rest.len()) };
    let Some(bytes) = bytes.slice(at, len) else { return Start::Other };
    Start::Stream(Box::new(Lz4 { inner: FrameDecoder::new(Part { bytes, at: 0 }), whole: walked.is_ok() }), 0)
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
}

impl Decode for Lz4 {
    fn step(&mut self, _: &[u8], out: &mut [u8]) -> Step {
        let before = self.inner.get_ref().at;
        let result = self.inner.read(out);
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
        Step { took, gave, now }
    }
}

fn cut_short() -> Wrong {
    Wrong { why: Cause::Ended, what: "the lz4 stream is cut short".to_owned() }
}

impl Lz4 {
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
