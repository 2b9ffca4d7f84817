//! FLAC: metadata blocks with lengths, then frames without any.
//!
//! The last frame is found from behind by its header, which ends with a CRC-8, and its end by the CRC-16
//! of the whole frame.

use super::{Kind, Walk, walk::Order::Big};
use crate::{
    bytes::{index, wide},
    facts::Fault,
};

/// FLAC.
pub(in crate::formats) static FLAC: &Kind =
    &Kind::new("flac", "FLAC sound", &["flac"], |b| b.starts_with(b"fLaC"), flac);

/// Bytes of a frame that are looked through for its end.
const FRAME: usize = 16 << 20;

fn flac(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(4)?;
    loop {
        w.step()?;
        let kind = w.u8()?;
        let len = w.number(3, Big)?;
        w.skip(len)?;
        if kind & 0x80 != 0 {
            break;
        }
    }
    let frames = w.rest();
    let mut before = frames;
    while let Some(at) = memchr::memrchr(0xff, before) {
        let frame = frames.get(at..).unwrap_or_default();
        if header(frame)
            && let Some(len) = end(frame)
        {
            return w.skip(wide(at).saturating_add(len));
        }
        w.step()?;
        before = before.get(..at).unwrap_or_default();
    }
    // The low 36 bits of STREAMINFO's bytes 13 to 17 are the number of samples.
    let samples = w.peek(21, 5, Big)? & 0xf_ffff_ffff;
    if frames.is_empty() && samples == 0 {
        Ok(())
    } else {
        Err(Fault::truncated(w.size(), "the FLAC sound has no end"))
    }
}

/// Whether a frame begins here.
fn header(b: &[u8]) -> bool {
    let &[0xff, 0xf8 | 0xf9, sizes, channels, number, ..] = b else { return false };
    let (block, rate) = (sizes >> 4, sizes & 15);
    if block == 0 || rate == 15 || channels >> 4 > 10 || channels & 1 != 0 {
        return false;
    }
    // The number of the frame is spelled as UTF-8 would.
    let coded = match number.leading_ones() {
        0 => 1,
        ones @ 2..=7 => index(u64::from(ones)),
        _ => return false,
    };
    let more = [matches!(block, 6), matches!(block, 7), rate == 12, matches!(rate, 13 | 14)];
    let widths = more.into_iter().zip([1, 2, 1, 2]).map(|(is, width)| if is { width } else { 0_usize });
    let len = widths.sum::<usize>().saturating_add(coded).saturating_add(4);
    let Some(said) = b.get(len) else { return false };
    let sum = b.iter().take(len).fold(0_u8, |crc, &byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 })
    });
    sum == *said
}

/// Length of the frame that begins here: to the end of the input if the check fits there, else to the first
/// place where it fits.
fn end(frame: &[u8]) -> Option<u64> {
    let mut crc = 0_u16;
    let mut first = None;
    for (at, &byte) in frame.iter().enumerate().take(FRAME) {
        crc = (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 }
        });
        // Over a frame with its check, the sum is nought.
        if crc == 0 && at > 8 {
            let len = at.saturating_add(1);
            if len == frame.len() {
                return Some(wide(len));
            }
            first = first.or(Some(wide(len)));
        }
    }
    first
}
