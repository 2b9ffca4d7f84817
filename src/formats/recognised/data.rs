//! Tables and databases: SQLite, Parquet, Arrow, Feather, ORC.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::{bytes::wide, facts::Fault};

/// SQLite: pages, their size and number in the header.
pub(in crate::formats) static SQLITE: &Kind = &Kind::new(
    "sqlite",
    "SQLite database",
    &["sqlite", "sqlite3", "db", "db3", "gpkg"],
    |b| b.starts_with(b"SQLite format 3\0"),
    sqlite,
);
/// Parquet: ends with a table, its length and the magic.
pub(in crate::formats) static PARQUET: &Kind = &Kind::new(
    "parquet",
    "Parquet table",
    &["parquet"],
    |b| b.starts_with(b"PAR1") || b.starts_with(b"PARE"),
    |w| footer(if w.bytes().starts_with(b"PARE") { b"PARE" } else { b"PAR1" }, 4, w),
);
/// Arrow: the same with another magic.
pub(in crate::formats) static ARROW: &Kind = &Kind::new(
    "arrow",
    "Arrow table (IPC, Feather 2)",
    &["arrow", "feather"],
    |b| b.starts_with(b"ARROW1\0\0"),
    |w| footer(b"ARROW1", 8, w),
);
/// The first Feather: the same.
pub(in crate::formats) static FEATHER: &Kind = &Kind::new(
    "feather",
    "Feather table",
    &["feather"],
    |b| b.starts_with(b"FEA1"),
    |w| footer(b"FEA1", 4, w),
);
/// ORC: ends with the magic and the length of the part that holds it.
pub(in crate::formats) static ORC: &Kind =
    &Kind::new("orc", "ORC table", &["orc"], |b| b.starts_with(b"ORC") && b.len() > 16, orc);

fn sqlite(w: &mut Walk<'_>) -> Result<(), Fault> {
    let page = match w.peek(16, 2, Big)? {
        1 => 65536,
        page if page >= 512 && page.is_power_of_two() => page,
        _ => return Err(Fault::malformed(16, "a page size that SQLite does not have")),
    };
    // The number of pages holds if it was written by the last change (`btree.c`, `lockBtree`).
    let pages = w.peek(28, 4, Big)?;
    let current = w.peek(24, 4, Big)? == w.peek(92, 4, Big)?;
    if pages > 0 && current {
        return w.go(pages.saturating_mul(page));
    }
    w.go(w.size() & !page.saturating_sub(1))
}

/// Goes to the end of a file that ends with a footer, its length in four bytes and `magic`, and begins with
/// `head` bytes of magic.
fn footer(magic: &[u8], head: u64, w: &mut Walk<'_>) -> Result<(), Fault> {
    let Some(at) = memchr::memmem::rfind(w.bytes(), magic).map(wide).filter(|&at| at >= head) else {
        return Err(Fault::truncated(w.size(), "the table has no end"));
    };
    let len = w.peek(at.saturating_sub(4), 4, Little)?;
    if len.saturating_add(head).saturating_add(4) > at {
        return Err(Fault::malformed(at, "the table's footer is longer than what stands before it"));
    }
    w.go(at.saturating_add(wide(magic.len())))
}

fn orc(w: &mut Walk<'_>) -> Result<(), Fault> {
    let Some(at) = memchr::memmem::rfind(w.bytes(), b"ORC").map(wide).filter(|&at| at > 3) else {
        return Err(Fault::truncated(w.size(), "the table has no end"));
    };
    w.go(at.saturating_add(4))
}
