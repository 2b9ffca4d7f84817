//! Archives that are not opened: 7z, RAR, cabinets, cpio, ar, and git's packs.

use super::{
    Kind, Walk,
    walk::Order::{Big, Little},
};
use crate::{
    bytes::{index, wide},
    facts::Fault,
};

/// 7z: the header says where the last part is.
pub(in crate::formats) static SEVEN_ZIP: &Kind = &Kind::new(
    "7z",
    "7z archive",
    &["7z"],
    |b| b.starts_with(&[b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c]),
    |w| {
        let (at, len) = (w.peek(12, 8, Little)?, w.peek(20, 8, Little)?);
        w.go(at.saturating_add(len).saturating_add(32))
    },
)
.unread();
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
/// cpio with text headers: up to the member `TRAILER!!!`.
pub(in crate::formats) static CPIO: &Kind =
    &Kind::new("cpio", "cpio archive", &["cpio"], is_cpio, cpio).unread();
/// ar: libraries of object files, and Debian's packages.
pub(in crate::formats) static AR: &Kind =
    &Kind::new("ar", "ar archive (library, deb)", &["a", "lib", "deb"], |b| b.starts_with(b"!<arch>\n"), ar);
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

fn is_cpio(b: &[u8]) -> bool {
    let magic = [b"070701", b"070702", b"070707"].into_iter().any(|magic| b.starts_with(magic));
    magic && b.get(6..76).is_some_and(|header| header.iter().all(u8::is_ascii_hexdigit))
}

fn cpio(w: &mut Walk<'_>) -> Result<(), Fault> {
    loop {
        w.step()?;
        let at = w.at();
        if !is_cpio(w.rest()) {
            return Err(Fault::malformed(at, "this is no cpio header"));
        }
        let old = w.rest().starts_with(b"070707");
        let (header, name, data, radix, unit) =
            if old { (76, (59, 6), (65, 11), 8, 1) } else { (110, (94, 8), (54, 8), 16, 4) };
        let number = |(from, len): (u64, u64), w: &Walk<'_>| {
            let digits = w.rest().get(index(from)..index(from.saturating_add(len))).unwrap_or_default();
            let text = std::str::from_utf8(digits).unwrap_or_default();
            u64::from_str_radix(text, radix).map_err(|_| Fault::malformed(at, "this is no number"))
        };
        let (name_len, data_len) = (number(name, w)?, number(data, w)?);
        w.skip(header)?;
        let last = w.take(name_len)? == b"TRAILER!!!\0";
        w.fill(0, unit);
        w.skip(data_len)?;
        w.fill(0, unit);
        if last {
            w.fill(0, 512);
            return Ok(());
        }
    }
}

fn ar(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(8)?;
    while w.rest().get(58..60) == Some(b"`\n") {
        w.step()?;
        let header = w.take(60)?;
        let digits = header.get(48..58).unwrap_or_default().trim_ascii();
        let len = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
        w.skip(len.ok_or_else(|| Fault::malformed(w.at(), "a size that is no number"))?)?;
        if w.at() & 1 == 1 && matches!(w.rest().first(), Some(b'\n' | 0)) {
            w.skip(1)?;
        }
    }
    Ok(())
}

fn git_index(w: &mut Walk<'_>) -> Result<(), Fault> {
    let count = w.peek(8 + 255 * 4, 4, Big)?;
    w.skip(8 + 1024)?;
    w.skip(count.saturating_mul(24))?;
    let offsets = w.take(count.saturating_mul(4))?;
    let far = offsets.chunks(4).filter(|offset| offset.first().is_some_and(|&byte| byte & 0x80 != 0)).count();
    w.skip(wide(far).saturating_mul(8).saturating_add(40))
}
