//! PE: programs and libraries of Windows.

use super::{Kind, Walk, walk::Order::Little};
use crate::{bytes::Cursor, facts::Fault};

/// PE. What stands behind the last section (installers, zip archives of launchers) is left to others.
pub(in crate::formats) static PE: &Kind =
    &Kind::new("pe", "Windows program or library", &["exe", "dll", "pyd", "sys"], is_pe, pe);

fn is_pe(b: &[u8]) -> bool {
    let start = Cursor::at_offset(b, 0x3c).u32().unwrap_or_default();
    b.starts_with(b"MZ") && start >= 4 && Cursor::at_offset(b, u64::from(start)).rest().starts_with(b"PE\0\0")
}

fn pe(w: &mut Walk<'_>) -> Result<(), Fault> {
    let header = w.peek(0x3c, 4, Little)?;
    let field = |at: u64, width: u64, w: &Walk<'_>| w.peek(header.saturating_add(at), width, Little);
    let (sections, optional) = (field(6, 2, w)?, field(20, 2, w)?);
    let (symbols, symbol_count) = (field(12, 4, w)?, field(16, 4, w)?);
    let table = header.saturating_add(24).saturating_add(optional);
    w.go(table.saturating_add(sections.saturating_mul(40)))?;
    for n in 0..sections {
        w.step()?;
        let at = table.saturating_add(n.saturating_mul(40));
        let (len, start) =
            (w.peek(at.saturating_add(16), 4, Little)?, w.peek(at.saturating_add(20), 4, Little)?);
        if start > 0 {
            w.reach(start.saturating_add(len))?;
        }
    }
    if symbols > 0 && symbol_count > 0 {
        let names = symbols.saturating_add(symbol_count.saturating_mul(18));
        let len = w.peek(names, 4, Little)?;
        w.reach(names.saturating_add(len.max(4)))?;
    }
    // The fifth directory holds signatures; its address is an offset in the file.
    let (directories, least) = match field(24, 2, w)? {
        0x20b => (168, 152),
        _ => (152, 136),
    };
    if optional >= least {
        let (start, len) = (field(directories, 4, w)?, field(directories.saturating_add(4), 4, w)?);
        if start > 0 && len > 0 {
            w.fill(0, 8);
            w.reach(start.saturating_add(len))?;
        }
    }
    Ok(())
}
