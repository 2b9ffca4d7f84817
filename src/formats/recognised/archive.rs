//! Archives that are not opened: RAR, cabinets, and git's packs.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::{bytes::wide, facts::Fault};

/// RAR, of both generations: blocks up to the one that ends it.
pub(in crate::formats) static RAR: &Kind =
    &Kind::new("rar", "RAR archive", &["rar"], |b| b.starts_with(b"Rar!\x1a\x07"), rar).unread();
/// Cabinets: the length stands at 8.
pub(in crate::formats) static CAB: &Kind = &Kind::new(
    "cab",
    "cabinet archive",
    &["cab"],
    |b| b.starts_with(b"MSCF\0\0\0\0"),
    |w| {
        let len = w.peek(8, 4, Little)?;
        w.go(len)
    },
)
.unread();
/// Git's packs of objects; their end cannot be told from their structure.
pub(in crate::formats) static GIT_PACK: &Kind = &Kind::new(
    "git-pack",
    "pack of git objects",
    &["pack"],
    |b| matches!(b, [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, ..]),
    |w| w.go(w.size()),
);
/// The index of such a pack.
pub(in crate::formats) static GIT_INDEX: &Kind = &Kind::new(
    "git-pack-index",
    "index of a pack of git objects",
    &["idx"],
    |b| b.starts_with(b"\xfftOc\0\0\0\x02"),
    git_index,
);

fn rar(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(6)?;
    match w.u8()? {
        0 => while rar4(w)? {},
        1 => {
            w.skip(1)?;
            while rar5(w)? {}
        }
        _ => return Err(Fault::unsupported(6, "a RAR archive of an unknown generation")),
    }
    Ok(())
}

/// Steps over a block: CRC, type, flags, size, and the size of what follows if the flags say so.
fn rar4(w: &mut Walk<'_>) -> Result<bool, Fault> {
    w.step()?;
    let at = w.at();
    let field = |offset: u64, width: u64, w: &Walk<'_>| w.peek(at.saturating_add(offset), width, Little);
    let (kind, flags, size) = (field(2, 1, w)?, field(3, 2, w)?, field(5, 2, w)?);
    if size < 7 {
        return Err(Fault::malformed(at, "a RAR block shorter than its header"));
    }
    let mut len = size;
    if flags & 0x8000 != 0 || kind == 0x74 {
        len = len.saturating_add(field(7, 4, w)?);
    }
    if kind == 0x74 && flags & 0x100 != 0 {
        len = len.saturating_add(field(32, 4, w)? << 32);
    }
    w.skip(len)?;
    Ok(kind != 0x7b && !w.is_over())
}

/// Steps over a block: CRC, size, type, flags, sizes of what follows, all in groups of seven bits.
fn rar5(w: &mut Walk<'_>) -> Result<bool, Fault> {
    w.step()?;
    w.skip(4)?;
    let size = sevens(w)?;
    let body = w.at();
    let (kind, flags) = (sevens(w)?, sevens(w)?);
    if flags & 1 != 0 {
        sevens(w)?;
    }
    let data = if flags & 2 != 0 { sevens(w)? } else { 0 };
    w.go(body.saturating_add(size).saturating_add(data))?;
    Ok(kind != 5)
}

fn sevens(w: &mut Walk<'_>) -> Result<u64, Fault> {
    let mut value = 0_u64;
    for shift in 0..9_u32 {
        let byte = w.u8()?;
        value |= u64::from(byte & 0x7f) << shift.saturating_mul(7);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Fault::malformed(w.at(), "a number of over nine bytes"))
}

fn git_index(w: &mut Walk<'_>) -> Result<(), Fault> {
    let count = w.peek(8 + 255 * 4, 4, Big)?;
    w.skip(8 + 1024)?;
    w.skip(count.saturating_mul(24))?;
    let offsets = w.take(count.saturating_mul(4))?;
    let far = offsets.chunks(4).filter(|offset| offset.first().is_some_and(|&byte| byte & 0x80 != 0)).count();
    w.skip(wide(far).saturating_mul(8).saturating_add(40))
}
