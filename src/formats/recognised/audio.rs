//! Sound in frames and pages: MP3, Ogg, MIDI.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::{
    bytes::{index, wide},
    facts::Fault,
};

/// MP3, with the tags that stand before and behind it.
pub(in crate::formats) static MP3: &Kind =
    &Kind::new("mp3", "MPEG sound with tags", &["mp3", "mp2", "aac"], is_mp3, mp3);
/// Ogg: pages, each with the lengths of its segments.
pub(in crate::formats) static OGG: &Kind = &Kind::new(
    "ogg",
    "Ogg sound or film",
    &["ogg", "oga", "ogv", "opus", "spx"],
    |b| b.starts_with(b"OggS\0"),
    ogg,
);
/// MIDI: a header and as many tracks as it says.
pub(in crate::formats) static MIDI: &Kind =
    &Kind::new("midi", "MIDI music", &["mid", "midi"], |b| b.starts_with(b"MThd\0\0\0\x06"), midi);

/// Thousands of bits a second for MPEG 1, layers 1 to 3.
const RATES_1: [[u64; 16]; 3] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
];
/// The same for MPEG 2 and 2.5.
const RATES_2: [[u64; 16]; 3] = [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
];
/// Samples a second for MPEG 1.
const SAMPLES: [u64; 3] = [44_100, 48_000, 32_000];

/// Length of the frame whose header these bytes begin with.
fn frame(b: &[u8]) -> Option<u64> {
    let &[0xff, second, third, fourth] = b.first_chunk::<4>()? else { return None };
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    if second & 0xe0 != 0xe0 {
        return None;
    }
    if second & 0xf6 == 0xf0 {
        return adts(b);
    }
    let row = usize::from(3_u8.checked_sub(layer).filter(|_| layer != 0)?);
    let rates = if version == 3 { RATES_1 } else { RATES_2 };
    let rate = *rates.get(row)?.get(usize::from(third >> 4))?;
    let shift = match version {
        3 => 0,
        2 => 1,
        0 => 2,
        _ => return None,
    };
    let samples = *SAMPLES.get(usize::from(third >> 2 & 3))? >> shift;
    let padding = u64::from(third >> 1 & 1);
    let slots = match (row, version) {
        (0, _) => 12_000,
        (2, 0 | 2) => 72_000,
        _ => 144_000,
    };
    let len = rate.checked_mul(slots)?.checked_div(samples)?.checked_add(padding)?;
    let len = if row == 0 { len.checked_mul(4)? } else { len };
    (rate > 0 && fourth & 3 != 2).then_some(len)
}

/// Length of an AAC frame in ADTS.
fn adts(b: &[u8]) -> Option<u64> {
    let &[_, _, _, a, c, d, _] = b.first_chunk::<7>()?;
    let len = u64::from(a & 3) << 11 | u64::from(c) << 3 | u64::from(d >> 5);
    (len > 7).then_some(len)
}

fn is_mp3(b: &[u8]) -> bool {
    if b.starts_with(b"ID3") {
        return matches!(b.get(3..10), Some([2..=4, 0, _, size @ ..]) if size.iter().all(|&byte| byte < 0x80));
    }
    // Eleven bits are little: three frames in a row, or one that is the whole.
    let Some(first) = frame(b) else { return false };
    let second = frame(b.get(index(first)..).unwrap_or_default());
    let third = second.and_then(|len| frame(b.get(index(first.saturating_add(len))..)?));
    third.is_some()
}

fn mp3(w: &mut Walk<'_>) -> Result<(), Fault> {
    loop {
        w.step()?;
        let rest = w.rest();
        if rest.starts_with(b"ID3") {
            tag(w)?;
        } else if rest.starts_with(b"TAG") {
            w.skip(128)?;
        } else if rest.starts_with(b"APETAGEX") {
            ape(w)?;
        } else if let Some(len) = frame(rest) {
            w.skip(len)?;
        } else {
            return Ok(());
        }
    }
}

/// ID3v2: the size in four times seven bits.
fn tag(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(5)?;
    let flags = w.u8()?;
    let size = w.take(4)?.iter().fold(0, |n, &byte| n << 7 | u64::from(byte & 0x7f));
    w.skip(size.saturating_add(if flags & 0x10 == 0 { 0 } else { 10 }))?;
    // Some writers leave room behind the tag.
    let room = w.rest().iter().take(4096).take_while(|&&byte| byte == 0).count();
    let behind = w.rest().get(room..).unwrap_or_default();
    if frame(behind).is_some() { w.skip(wide(room)) } else { Ok(()) }
}

fn ape(w: &mut Walk<'_>) -> Result<(), Fault> {
    let (size, flags) =
        (w.peek(w.at().saturating_add(12), 4, Little)?, w.peek(w.at().saturating_add(20), 4, Little)?);
    // Bit 29: this is the header; the size counts the footer only.
    w.skip(if flags & 1 << 29 == 0 { 32 } else { size.saturating_add(32) })
}

fn ogg(w: &mut Walk<'_>) -> Result<(), Fault> {
    while w.rest().starts_with(b"OggS") {
        w.step()?;
        w.skip(26)?;
        let count = w.u8()?;
        let len = w.take(u64::from(count))?.iter().map(|&byte| u64::from(byte)).sum();
        w.skip(len)?;
    }
    Ok(())
}

fn midi(w: &mut Walk<'_>) -> Result<(), Fault> {
    let tracks = w.peek(10, 2, Big)?;
    w.skip(14)?;
    for _ in 0..tracks {
        w.skip(4)?;
        let len = w.number(4, Big)?;
        w.skip(len)?;
    }
    Ok(())
}
