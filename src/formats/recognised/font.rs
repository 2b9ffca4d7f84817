//! Fonts: OpenType and TrueType, and the two packings for the web.

use super::{Kind, Walk, walk::Order::Big};
use crate::facts::Fault;

/// OpenType, TrueType and collections of them: tables with places and lengths.
pub(in crate::formats) static OPENTYPE: &Kind =
    &Kind::new("opentype", "OpenType or TrueType font", &["ttf", "otf", "ttc"], is_opentype, opentype);
/// WOFF: the length stands at 8.
pub(in crate::formats) static WOFF: &Kind =
    &Kind::new("woff", "web font", &["woff"], |b| b.starts_with(b"wOFF") && b.len() > 44, web);
/// WOFF 2: the same.
pub(in crate::formats) static WOFF2: &Kind =
    &Kind::new("woff2", "web font", &["woff2"], |b| b.starts_with(b"wOF2") && b.len() > 48, web);

fn web(w: &mut Walk<'_>) -> Result<(), Fault> {
    let len = w.peek(8, 4, Big)?;
    w.go(len)
}

fn is_opentype(b: &[u8]) -> bool {
    let tables = |b: &[u8]| {
        let count = matches!(b.get(4..6), Some([0, 1..=64]));
        let tag = b.get(12..16).is_some_and(|tag| tag.iter().all(|b| b.is_ascii_graphic() || *b == b' '));
        count && tag
    };
    match b.get(..4) {
        Some(b"ttcf") => matches!(b.get(4..8), Some([0, 1 | 2, 0, 0])),
        Some(b"OTTO" | b"true" | [0, 1, 0, 0]) => tables(b),
        _ => false,
    }
}

fn opentype(w: &mut Walk<'_>) -> Result<(), Fault> {
    if !w.bytes().starts_with(b"ttcf") {
        return one(0, w);
    }
    let count = w.peek(8, 4, Big)?;
    w.skip(count.saturating_mul(4).saturating_add(12))?;
    for n in 0..count {
        let at = w.peek(n.saturating_mul(4).saturating_add(12), 4, Big)?;
        one(at, w)?;
    }
    if w.peek(4, 2, Big)? == 2 {
        let signature = count.saturating_mul(4).saturating_add(12);
        let (len, at) =
            (w.peek(signature.saturating_add(4), 4, Big)?, w.peek(signature.saturating_add(8), 4, Big)?);
        w.reach(at.saturating_add(len))?;
    }
    Ok(())
}

/// Reaches the end of the tables of one font.
fn one(at: u64, w: &mut Walk<'_>) -> Result<(), Fault> {
    let count = w.peek(at.saturating_add(4), 2, Big)?;
    let first = at.saturating_add(12);
    w.reach(first.saturating_add(count.saturating_mul(16)))?;
    for n in 0..count {
        w.step()?;
        let entry = first.saturating_add(n.saturating_mul(16));
        let (start, len) =
            (w.peek(entry.saturating_add(8), 4, Big)?, w.peek(entry.saturating_add(12), 4, Big)?);
        w.reach(start.saturating_add(len))?;
    }
    w.fill(0, 4);
    Ok(())
}
