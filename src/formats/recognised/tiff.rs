//! TIFF and BigTIFF: directories of fields, which lead to tables of strips and tiles.

use super::{
    Kind, Walk,
    walk::Order::{self, Big, Little},
};
use crate::{bytes::index, facts::Fault};

/// TIFF; also what is built on it (DNG, NEF, GeoTIFF).
pub(in crate::formats) static TIFF: &Kind = &Kind::new(
    "tiff",
    "TIFF image",
    &["tif", "tiff", "dng", "nef", "cr2"],
    |b| [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].into_iter().any(|magic| b.starts_with(magic)),
    tiff,
);

/// Bytes of a value of each type, from type 0.
const WIDTHS: &[u64] = &[0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/// How numbers are written.
#[derive(Clone, Copy)]
struct Style {
    order: Order,
    /// Width of an offset: 4, or 8 in BigTIFF.
    width: u64,
}

/// One field of a directory.
struct Field {
    tag: u64,
    /// Where its values stand.
    at: u64,
    width: u64,
    count: u64,
}

fn tiff(w: &mut Walk<'_>) -> Result<(), Fault> {
    let order = if w.bytes().starts_with(b"II") { Little } else { Big };
    let big = w.peek(2, 2, order)? == 43;
    let style = Style { order, width: if big { 8 } else { 4 } };
    let first = w.peek(style.width, style.width, order)?;
    let mut todo = vec![first];
    let mut seen = std::collections::BTreeSet::new();
    w.skip(if big { 16 } else { 8 })?;
    while let Some(at) = todo.pop() {
        if at != 0 && seen.insert(at) {
            directory(at, style, &mut todo, w)?;
        }
    }
    Ok(())
}

/// Reaches the end of all that the directory at `at` leads to; further directories go to `todo`.
fn directory(at: u64, style: Style, todo: &mut Vec<u64>, w: &mut Walk<'_>) -> Result<(), Fault> {
    let big = style.width == 8;
    let count = w.peek(at, if big { 8 } else { 2 }, style.order)?;
    let first = at.saturating_add(if big { 8 } else { 2 });
    let entry = if big { 20 } else { 12 };
    let mut fields = Vec::new();
    for n in 0..count {
        w.step()?;
        fields.push(field(first.saturating_add(n.saturating_mul(entry)), style, w)?);
    }
    let next = first.saturating_add(count.saturating_mul(entry));
    todo.push(w.peek(next, style.width, style.order)?);
    w.reach(next.saturating_add(style.width))?;
    for (offsets, lengths) in [(273, 279), (324, 325), (513, 514)] {
        extents(find(&fields, offsets), find(&fields, lengths), style, w)?;
    }
    for tag in [330, 34665, 34853] {
        let Some(field) = find(&fields, tag) else { continue };
        for n in 0..field.count {
            w.step()?;
            todo.push(value(field, n, style, w)?);
        }
    }
    Ok(())
}

fn find(fields: &[Field], tag: u64) -> Option<&Field> {
    fields.iter().find(|field| field.tag == tag)
}

fn field(at: u64, style: Style, w: &mut Walk<'_>) -> Result<Field, Fault> {
    let (order, offset) = (style.order, at.saturating_add(style.width).saturating_add(4));
    let kind = w.peek(at.saturating_add(2), 2, order)?;
    let count = w.peek(at.saturating_add(4), style.width, order)?;
    let width = WIDTHS.get(index(kind)).copied().unwrap_or(0);
    let len = width.saturating_mul(count);
    let inline = len <= style.width;
    let place = if inline { offset } else { w.peek(offset, style.width, order)? };
    w.reach(place.saturating_add(len))?;
    Ok(Field { tag: w.peek(at, 2, order)?, at: place, width, count })
}

fn value(field: &Field, n: u64, style: Style, w: &Walk<'_>) -> Result<u64, Fault> {
    w.peek(field.at.saturating_add(n.saturating_mul(field.width)), field.width, style.order)
}

/// Reaches the end of each strip or tile.
fn extents(at: Option<&Field>, len: Option<&Field>, style: Style, w: &mut Walk<'_>) -> Result<(), Fault> {
    let (Some(at), Some(len)) = (at, len) else { return Ok(()) };
    for n in 0..at.count.min(len.count) {
        w.step()?;
        let (at, len) = (value(at, n, style, w)?, value(len, n, style, w)?);
        w.reach(at.saturating_add(len))?;
    }
    Ok(())
}
