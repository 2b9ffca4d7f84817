//! RIFF and its big-endian elder IFF: one chunk whose length is that of the file.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::facts::Fault;

/// What kind a RIFF file is stands at 8.
fn is(b: &[u8], kind: &[u8; 4]) -> bool {
    let magic = b.starts_with(b"RIFF") || b.starts_with(b"RF64") || b.starts_with(b"BW64");
    magic && b.get(8..12) == Some(&kind[..])
}

fn is_other(b: &[u8]) -> bool {
    let kind = b.get(8..12).is_some_and(|kind| kind.iter().all(u8::is_ascii_graphic));
    b.starts_with(b"RIFF") && kind && ![b"WAVE", b"AVI ", b"WEBP"].into_iter().any(|known| is(b, known))
}

/// WAV.
pub(in crate::formats) static WAV: &Kind = &Kind::new("wav", "WAV sound", &["wav"], |b| is(b, b"WAVE"), riff);
/// AVI: may go on with further RIFF chunks.
pub(in crate::formats) static AVI: &Kind = &Kind::new("avi", "AVI film", &["avi"], |b| is(b, b"AVI "), riff);
/// WebP.
pub(in crate::formats) static WEBP: &Kind =
    &Kind::new("webp", "WebP image", &["webp"], |b| is(b, b"WEBP"), riff);
/// Any other RIFF file.
pub(in crate::formats) static RIFF: &Kind =
    &Kind::new("riff", "RIFF file", &["ani", "sf2", "dls", "acb"], is_other, riff);
/// AIFF, and DjVu behind its own magic.
pub(in crate::formats) static AIFF: &Kind = &Kind::new(
    "iff",
    "IFF file (AIFF, DjVu)",
    &["aif", "aiff", "aifc", "djvu"],
    |b| {
        let b = b.strip_prefix(b"AT&T").unwrap_or(b);
        b.starts_with(b"FORM") && b.get(8..12).is_some_and(|kind| kind.iter().all(u8::is_ascii_graphic))
    },
    iff,
);

fn riff(w: &mut Walk<'_>) -> Result<(), Fault> {
    loop {
        w.step()?;
        let magic = w.take(4)?;
        let mut len = w.number(4, Little)?;
        // The true length stands in the chunk `ds64`, which is the first.
        if magic != b"RIFF" && len == 0xffff_ffff {
            len = w.peek(w.at().saturating_add(12), 8, Little)?;
        }
        w.skip(len)?;
        w.fill(0, 2);
        if !w.rest().starts_with(b"RIFF") || w.rest().get(8..12) != Some(b"AVIX") {
            return Ok(());
        }
    }
}

fn iff(w: &mut Walk<'_>) -> Result<(), Fault> {
    if w.rest().starts_with(b"AT&T") {
        w.skip(4)?;
    }
    w.skip(4)?;
    let len = w.number(4, Big)?;
    w.skip(len)?;
    w.fill(0, 2);
    Ok(())
}
