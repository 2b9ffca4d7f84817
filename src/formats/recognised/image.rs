//! Images of one chunk after another: PNG, GIF, BMP, ICO, ICNS, PSD.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::facts::Fault;

/// PNG: chunks of length, type, content, CRC; the last is `IEND`.
pub(in crate::formats) static PNG: &Kind =
    &Kind::new("png", "PNG image", &["png", "apng"], |b| b.starts_with(b"\x89PNG\r\n\x1a\n"), png);

/// GIF: a screen, then images and extensions made of sub-blocks; ends with `3b`.
pub(in crate::formats) static GIF: &Kind =
    &Kind::new("gif", "GIF image", &["gif"], |b| b.starts_with(b"GIF87a") || b.starts_with(b"GIF89a"), gif);

/// BMP: the length stands at 2.
pub(in crate::formats) static BMP: &Kind = &Kind::new("bmp", "BMP image", &["bmp", "dib"], is_bmp, bmp);

/// ICO and CUR: a table of places and lengths.
pub(in crate::formats) static ICO: &Kind = &Kind::new("ico", "Windows icon", &["ico", "cur"], is_ico, ico);

/// ICNS: the length stands at 4.
pub(in crate::formats) static ICNS: &Kind = &Kind::new(
    "icns",
    "Apple icon",
    &["icns"],
    |b| b.starts_with(b"icns") && b.len() > 8,
    |w| {
        let end = w.peek(4, 4, Big)?;
        w.go(end)
    },
);

/// PSD and PSB: three sections with lengths, then the merged image.
pub(in crate::formats) static PSD: &Kind = &Kind::new(
    "psd",
    "Photoshop image",
    &["psd", "psb"],
    |b| b.starts_with(b"8BPS\0\x01") || b.starts_with(b"8BPS\0\x02"),
    psd,
);

fn png(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(8)?;
    loop {
        w.step()?;
        let len = w.number(4, Big)?;
        let kind = w.take(4)?;
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(Fault::malformed(w.at().saturating_sub(8), "this is no PNG chunk"));
        }
        w.skip(len.saturating_add(4))?;
        if kind == b"IEND" {
            return Ok(());
        }
    }
}

fn gif(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(10)?;
    let flags = w.u8()?;
    w.skip(2)?;
    colours(flags, w)?;
    loop {
        let at = w.at();
        match w.u8()? {
            0x3b => return Ok(()),
            0x21 => w.skip(1)?,
            0x2c => {
                w.skip(8)?;
                let flags = w.u8()?;
                colours(flags, w)?;
                w.skip(1)?;
            }
            _ => return Err(Fault::malformed(at, "this is no GIF block")),
        }
        loop {
            w.step()?;
            match w.u8()? {
                0 => break,
                len => w.skip(u64::from(len))?,
            }
        }
    }
}

/// The table of colours that `flags` announce.
fn colours(flags: u8, w: &mut Walk<'_>) -> Result<(), Fault> {
    if flags & 0x80 == 0 {
        return Ok(());
    }
    w.skip(6_u64 << (flags & 7))
}

fn is_bmp(b: &[u8]) -> bool {
    let header =
        b.get(14..18).is_some_and(|four| matches!(four, [12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]));
    b.starts_with(b"BM") && header && b.get(6..10) == Some(&[0; 4])
}

fn bmp(w: &mut Walk<'_>) -> Result<(), Fault> {
    let (end, pixels) = (w.peek(2, 4, Little)?, w.peek(10, 4, Little)?);
    if end < pixels {
        return Err(Fault::malformed(2, "the length of the BMP image ends before its pixels"));
    }
    w.go(end)
}

fn is_ico(b: &[u8]) -> bool {
    let [0, 0, 1 | 2, 0, count, 0, _, _, _, 0, _, _, _, _, _, _, _, _, at, at1, at2, at3, ..] = *b else {
        return false;
    };
    let first = u64::from(u32::from_le_bytes([at, at1, at2, at3]));
    count > 0 && first >= u64::from(count).saturating_mul(16).saturating_add(6) && first < 1 << 20
}

fn ico(w: &mut Walk<'_>) -> Result<(), Fault> {
    let count = w.peek(4, 2, Little)?;
    w.skip(count.saturating_mul(16).saturating_add(6))?;
    for entry in 0..count {
        w.step()?;
        let at = entry.saturating_mul(16).saturating_add(14);
        let (len, start) = (w.peek(at, 4, Little)?, w.peek(at.saturating_add(4), 4, Little)?);
        w.reach(start.saturating_add(len))?;
    }
    Ok(())
}

fn psd(w: &mut Walk<'_>) -> Result<(), Fault> {
    let large = w.peek(4, 2, Big)? == 2;
    let (channels, height, width) = (w.peek(12, 2, Big)?, w.peek(14, 4, Big)?, w.peek(18, 4, Big)?);
    let depth = w.peek(22, 2, Big)?;
    w.skip(26)?;
    for width in [4, 4, if large { 8 } else { 4 }] {
        let len = w.number(width, Big)?;
        w.skip(len)?;
    }
    let rows = height.saturating_mul(channels);
    match w.number(2, Big)? {
        0 => w.skip(width.saturating_mul(depth).div_ceil(8).saturating_mul(rows)),
        1 => {
            let counter = if large { 4 } else { 2 };
            let counters = w.take(rows.saturating_mul(counter))?;
            let sum = counters.chunks(if large { 4 } else { 2 }).fold(0_u64, |sum, count| {
                sum.saturating_add(count.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)))
            });
            w.skip(sum)
        }
        _ => Err(Fault::unsupported(w.at(), "the merged image of the Photoshop file is deflated")),
    }
}
