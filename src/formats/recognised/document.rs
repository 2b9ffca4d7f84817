//! Documents: PDF, the older Office files, Apple's binary property lists.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::{bytes::wide, facts::Fault};

/// PDF: ends with the last `%%EOF`.
pub(in crate::formats) static PDF: &Kind =
    &Kind::new("pdf", "PDF document", &["pdf", "ai"], |b| b.starts_with(b"%PDF-"), pdf);
/// OLE compound files: Word, Excel, Outlook, installers.
pub(in crate::formats) static OLE: &Kind = &Kind::new(
    "ole",
    "OLE compound file (DOC, XLS, MSI)",
    &["doc", "xls", "ppt", "msi", "msg"],
    |b| b.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    ole,
);
/// Binary property lists: the last 32 bytes say where the table of objects is.
pub(in crate::formats) static BPLIST: &Kind = &Kind::new(
    "bplist",
    "binary property list",
    &["plist", "nib", "strings"],
    |b| b.starts_with(b"bplist0"),
    bplist,
);

fn pdf(w: &mut Walk<'_>) -> Result<(), Fault> {
    let mark = b"%%EOF";
    let Some(at) = memchr::memmem::rfind(w.bytes(), mark) else {
        return Err(Fault::truncated(w.size(), "the PDF document has no end"));
    };
    w.go(wide(at).saturating_add(wide(mark.len())))?;
    let white =
        w.rest().iter().take(4096).take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0)).count();
    w.skip(wide(white))
}

fn ole(w: &mut Walk<'_>) -> Result<(), Fault> {
    let shift = w.peek(30, 2, Little)?;
    if !matches!(shift, 9 | 12) {
        return Err(Fault::malformed(30, "a sector size that is neither 512 nor 4096"));
    }
    let size = 1_u64 << shift;
    let place = |sector: u64| sector.saturating_add(1).saturating_mul(size);
    let mut last = 0;
    let tables = tables(size, w)?;
    let per_table = size >> 2;
    for (nth, table) in (0_u64..).zip(tables) {
        last = last.max(table);
        for n in 0..per_table {
            let used = w.peek(place(table).saturating_add(n << 2), 4, Little)? != 0xffff_ffff;
            if used {
                last = last.max(nth.saturating_mul(per_table).saturating_add(n));
            }
        }
        w.step()?;
    }
    w.go(place(last.saturating_add(1)))
}

/// Sectors that hold the table of sectors: 109 in the header, the rest in a chain.
fn tables(size: u64, w: &Walk<'_>) -> Result<Vec<u64>, Fault> {
    let count = w.peek(44, 4, Little)?;
    let mut found = Vec::new();
    let (mut at, mut left) = (76, 109_u64);
    let mut next = w.peek(68, 4, Little)?;
    for _ in 0..count {
        w.step()?;
        if left == 0 {
            at = next.saturating_add(1).saturating_mul(size);
            left = (size >> 2).saturating_sub(1);
            next = w.peek(at.saturating_add(size).saturating_sub(4), 4, Little)?;
        }
        found.push(w.peek(at, 4, Little)?);
        at = at.saturating_add(4);
        left = left.saturating_sub(1);
    }
    Ok(found)
}

fn bplist(w: &mut Walk<'_>) -> Result<(), Fault> {
    let size = w.size();
    let trailer = size.saturating_sub(32);
    let (width, count) =
        (w.peek(trailer.saturating_add(6), 1, Big)?, w.peek(trailer.saturating_add(8), 8, Big)?);
    let table = w.peek(trailer.saturating_add(24), 8, Big)?;
    if table.saturating_add(width.saturating_mul(count)) != trailer {
        return Err(Fault::malformed(trailer, "the last 32 bytes are no trailer of a property list"));
    }
    w.go(size)
}
