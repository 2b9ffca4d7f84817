//! Films: boxes (ISO media), elements (Matroska), tags (FLV), objects (ASF).

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::facts::Fault;

/// Boxes that a file may begin with.
const BOXES: &[&[u8; 4]] =
    &[b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"jP  ", b"JXL ", b"styp"];

/// Boxes that may follow.
const FURTHER: &[&[u8; 4]] = &[
    b"moof", b"mfra", b"sidx", b"ssix", b"prft", b"pdin", b"emsg", b"meta", b"meco", b"uuid", b"udta",
    b"PICT", b"jp2h", b"jp2i", b"jp2c", b"xml ", b"uinf", b"jxlc", b"jxlp", b"jxli", b"jbrd", b"brob",
    b"Exif", b"idat",
];

/// MP4, QuickTime, HEIF, AVIF, JPEG 2000, JPEG XL: boxes of length and type.
pub(in crate::formats) static ISO_MEDIA: &Kind = &Kind::new(
    "iso-media",
    "ISO media (MP4, MOV, HEIF, JPEG 2000)",
    &["mp4", "m4a", "m4v", "mov", "heic", "heif", "avif", "jp2", "jxl", "3gp"],
    |b| {
        let kind = b.get(4..8).is_some_and(|kind| BOXES.iter().any(|known| &known[..] == kind));
        kind && !b.starts_with(&[0xff])
    },
    boxes,
);
/// Matroska and WebM: EBML elements.
pub(in crate::formats) static MATROSKA: &Kind = &Kind::new(
    "matroska",
    "Matroska film (MKV, WebM)",
    &["mkv", "mka", "webm"],
    |b| b.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]),
    ebml,
);
/// FLV: tags, each followed by its length.
pub(in crate::formats) static FLV: &Kind = &Kind::new(
    "flv",
    "Flash film",
    &["flv"],
    |b| b.starts_with(b"FLV\x01") && b.get(5..8) == Some(&[0; 3]),
    flv,
);
/// ASF: objects of a GUID and a length.
pub(in crate::formats) static ASF: &Kind = &Kind::new(
    "asf",
    "ASF film or sound (WMV, WMA)",
    &["asf", "wmv", "wma"],
    |b| b.starts_with(&[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]),
    asf,
);

fn boxes(w: &mut Walk<'_>) -> Result<(), Fault> {
    while !w.is_over() {
        w.step()?;
        let at = w.at();
        let kind = w.rest().get(4..8).unwrap_or_default();
        let known = BOXES.iter().chain(FURTHER).any(|known| &known[..] == kind);
        if at > 0 && !known {
            return Ok(());
        }
        let len = w.number(4, Big)?;
        w.skip(4)?;
        let len = match len {
            0 => w.size().saturating_sub(at),
            1 => w.number(8, Big)?,
            len => len,
        };
        if len < 8 {
            return Err(Fault::malformed(at, "a box shorter than its header"));
        }
        w.go(at.saturating_add(len))?;
    }
    Ok(())
}

/// An id: one to four bytes, as many as the first has leading zeros, and one.
fn id(w: &mut Walk<'_>) -> Result<u64, Fault> {
    let zeros = w.rest().first().map_or(8, |byte| u64::from(byte.leading_zeros()));
    w.number(zeros.saturating_add(1).min(4), Big)
}

/// A length of one to eight bytes; nothing if it is not known.
fn length(w: &mut Walk<'_>) -> Result<Option<u64>, Fault> {
    let zeros = w.rest().first().map_or(8, |byte| u64::from(byte.leading_zeros()));
    let at = w.at();
    if zeros > 7 {
        return Err(Fault::malformed(at, "a length of over eight bytes"));
    }
    let bits = zeros.saturating_add(1).saturating_mul(7);
    let mask = (1_u64 << bits).wrapping_sub(1);
    let value = w.number(zeros.saturating_add(1), Big)? & mask;
    Ok((value != mask).then_some(value))
}

/// The element that holds the film.
const SEGMENT: u64 = 0x1853_8067;
/// Elements of the highest levels: EBML, Segment, those in a Segment, Void, CRC-32.
const IDS: &[u64] = &[
    0x1a45_dfa3,
    0x1853_8067,
    0x114d_9b74,
    0x1549_a966,
    0x1654_ae6b,
    0x1f43_b675,
    0x1c53_bb6b,
    0x1941_a469,
    0x1043_a770,
    0x1254_c367,
    0xec,
    0xbf,
    0xe7,
    0xa7,
    0xab,
    0xa3,
    0xa0,
];

fn ebml(w: &mut Walk<'_>) -> Result<(), Fault> {
    let mut segment = false;
    while !w.is_over() {
        w.step()?;
        let at = w.at();
        let Some(id) = id(w).ok().filter(|id| IDS.contains(id)) else {
            w.go(at)?;
            break;
        };
        segment |= id == SEGMENT;
        // One of unknown length is entered.
        if let Some(len) = length(w)? {
            w.skip(len)?;
        }
    }
    if segment { Ok(()) } else { Err(Fault::truncated(w.at(), "the film itself is missing")) }
}

fn flv(w: &mut Walk<'_>) -> Result<(), Fault> {
    let header = w.peek(5, 4, Big)?;
    w.go(header)?;
    w.skip(4)?;
    while matches!(w.rest().first(), Some(8 | 9 | 18)) {
        w.step()?;
        w.skip(1)?;
        let len = w.number(3, Big)?;
        w.skip(len.saturating_add(11))?;
    }
    Ok(())
}

fn asf(w: &mut Walk<'_>) -> Result<(), Fault> {
    while w.at() == 0 || plausible(w.rest()) {
        w.step()?;
        let at = w.at();
        let len = w.peek(at.saturating_add(16), 8, Little)?;
        if len < 24 {
            return Err(Fault::malformed(at, "an object shorter than its header"));
        }
        w.skip(len)?;
    }
    Ok(())
}

/// Whether a GUID is one of ASF's: data, simple index, index, media index.
fn plausible(b: &[u8]) -> bool {
    [[0x36, 0x26, 0xb2, 0x75], [0x90, 0x08, 0x00, 0x33], [0xd3, 0x29, 0xe2, 0xd6], [0xf8, 0x03, 0xb1, 0xfe]]
        .iter()
        .any(|head| b.starts_with(head))
}
