//! What programs bring along for places: time zones, translations.

use super::{
    Kind, Walk,
    walk::Order::{self, Big, Little},
};
use crate::facts::Fault;

/// Time zones (RFC 8536): a block of four-byte times, then one of eight-byte times and a line.
pub(in crate::formats) static TZIF: &Kind =
    &Kind::new("tzif", "time zone", &["tzif"], |b| b.starts_with(b"TZif") && b.len() >= 44, tzif);
/// Translations of gettext: two tables of lengths and places.
pub(in crate::formats) static MO: &Kind = &Kind::new(
    "gettext-mo",
    "gettext translations",
    &["mo", "gmo"],
    |b| b.starts_with(&[0xde, 0x12, 0x04, 0x95]) || b.starts_with(&[0x95, 0x04, 0x12, 0xde]),
    mo,
);

fn tzif(w: &mut Walk<'_>) -> Result<(), Fault> {
    let version = w.peek(4, 1, Big)?;
    times(4, w)?;
    if version == 0 {
        return Ok(());
    }
    times(8, w)?;
    if w.u8()? != b'\n' {
        return Err(Fault::malformed(w.at().saturating_sub(1), "the line behind the times is missing"));
    }
    while w.u8()? != b'\n' {
        w.step()?;
    }
    Ok(())
}

/// Steps over a header and its block.
fn times(width: u64, w: &mut Walk<'_>) -> Result<(), Fault> {
    if !w.rest().starts_with(b"TZif") {
        return Err(Fault::malformed(w.at(), "this is no header of times"));
    }
    w.skip(20)?;
    let mut len = 0_u64;
    // UT marks, standard marks, leap seconds, times with their types, types, letters.
    for unit in [1, 1, width.saturating_add(4), width.saturating_add(1), 6, 1] {
        len = len.saturating_add(w.number(4, Big)?.saturating_mul(unit));
    }
    w.skip(len)
}

fn mo(w: &mut Walk<'_>) -> Result<(), Fault> {
    let order = if w.bytes().first() == Some(&0xde) { Little } else { Big };
    let count = w.peek(8, 4, order)?;
    let (hashes, hash_table) = (w.peek(20, 4, order)?, w.peek(24, 4, order)?);
    w.skip(28)?;
    w.reach(hash_table.saturating_add(hashes.saturating_mul(4)))?;
    for table in [12, 16] {
        let table = w.peek(table, 4, order)?;
        w.reach(table.saturating_add(count.saturating_mul(8)))?;
        for n in 0..count {
            w.step()?;
            let at = table.saturating_add(n.saturating_mul(8));
            let (len, start) = (w.peek(at, 4, order)?, w.peek(at.saturating_add(4), 4, order)?);
            w.reach(start.saturating_add(len).saturating_add(1))?;
        }
    }
    if w.peek(4, 2, order)? == 1 || w.peek(6, 2, order)? == 1 { system_dependent(order, w) } else { Ok(()) }
}

/// Reaches the end of strings that are put together from parts (`gmo.h`, `struct sysdep_string`).
fn system_dependent(order: Order, w: &mut Walk<'_>) -> Result<(), Fault> {
    let (segments, segment_table) = (w.peek(28, 4, order)?, w.peek(32, 4, order)?);
    for n in 0..segments {
        w.step()?;
        let at = segment_table.saturating_add(n.saturating_mul(8));
        let (len, start) = (w.peek(at, 4, order)?, w.peek(at.saturating_add(4), 4, order)?);
        w.reach(start.saturating_add(len))?;
    }
    let count = w.peek(36, 4, order)?;
    for table in [40, 44] {
        let table = w.peek(table, 4, order)?;
        w.reach(table.saturating_add(count.saturating_mul(4)))?;
        for n in 0..count {
            let at = w.peek(table.saturating_add(n.saturating_mul(4)), 4, order)?;
            parts(at, order, w)?;
        }
    }
    Ok(())
}

/// Reaches the end of one such string: its place, then lengths, each with a reference, the last all ones.
fn parts(at: u64, order: Order, w: &mut Walk<'_>) -> Result<(), Fault> {
    let (mut end, mut pair) = (w.peek(at, 4, order)?, at.saturating_add(4));
    loop {
        w.step()?;
        end = end.saturating_add(w.peek(pair, 4, order)?);
        let reference = w.peek(pair.saturating_add(4), 4, order)?;
        pair = pair.saturating_add(8);
        if reference == 0xffff_ffff {
            w.reach(pair)?;
            return w.reach(end);
        }
    }
}
