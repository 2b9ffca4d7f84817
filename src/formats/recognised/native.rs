//! Programs and libraries: ELF and Mach-O. Their tables say where everything lies.

use super::{
    Kind, Walk,
    walk::Order::{self, Big, Little},
};
use crate::facts::Fault;

/// ELF.
pub(in crate::formats) static ELF: &Kind = &Kind::new(
    "elf",
    "ELF program or library",
    &["so", "o", "ko", "elf"],
    |b| matches!(b, [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..]),
    elf,
);
/// Mach-O for one kind of processor.
pub(in crate::formats) static MACHO: &Kind = &Kind::new(
    "mach-o",
    "Mach-O program or library",
    &["dylib", "bundle"],
    |b| matches!(b, [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]),
    |w| macho(0, w),
);
/// Mach-O for several.
pub(in crate::formats) static FAT: &Kind = &Kind::new(
    "mach-o-fat",
    "Mach-O program or library for several processors",
    &[],
    |b| {
        // Java has the same magic; its versions begin at 45.
        let few = matches!(b.get(4..8), Some([0, 0, 0, 1..=44]));
        few && matches!(b, [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..])
    },
    fat,
);

/// Where the fields of an ELF file are.
struct Elf {
    order: Order,
    wide: bool,
}

impl Elf {
    /// A field that stands at one place in files of 32 bits, at another in those of 64, with its width there.
    fn field(&self, base: u64, narrow: (u64, u64), wide: (u64, u64), w: &Walk<'_>) -> Result<u64, Fault> {
        let (at, width) = if self.wide { wide } else { narrow };
        w.peek(base.saturating_add(at), width, self.order)
    }
}

fn elf(w: &mut Walk<'_>) -> Result<(), Fault> {
    let order = if w.peek(5, 1, Little)? == 1 { Little } else { Big };
    let elf = Elf { order, wide: w.peek(4, 1, Little)? == 2 };
    let header = elf.field(0, (40, 2), (52, 2), w)?;
    w.skip(header)?;
    let segments = elf.field(0, (28, 4), (32, 8), w)?;
    let sections = elf.field(0, (32, 4), (40, 8), w)?;
    let segment_size = elf.field(0, (42, 2), (54, 2), w)?;
    let section_size = elf.field(0, (46, 2), (58, 2), w)?;
    let mut segment_count = elf.field(0, (44, 2), (56, 2), w)?;
    let mut section_count = elf.field(0, (48, 2), (60, 2), w)?;
    // Numbers that do not fit stand in the first section.
    if sections != 0 && section_count == 0 {
        section_count = elf.field(sections, (20, 4), (32, 8), w)?;
    }
    if sections != 0 && segment_count == 0xffff {
        segment_count = elf.field(sections, (28, 4), (44, 4), w)?;
    }
    for n in 0..segment_count {
        w.step()?;
        let base = segments.saturating_add(n.saturating_mul(segment_size));
        let (at, len) = (elf.field(base, (4, 4), (8, 8), w)?, elf.field(base, (16, 4), (32, 8), w)?);
        w.reach(base.saturating_add(segment_size))?;
        w.reach(at.saturating_add(len))?;
    }
    for n in 0..section_count {
        w.step()?;
        let base = sections.saturating_add(n.saturating_mul(section_size));
        w.reach(base.saturating_add(section_size))?;
        let (at, len) = (elf.field(base, (16, 4), (24, 8), w)?, elf.field(base, (20, 4), (32, 8), w)?);
        // Types 0 and 8 take no room in the file.
        if !matches!(elf.field(base, (4, 4), (4, 4), w)?, 0 | 8) {
            w.reach(at.saturating_add(len))?;
        }
    }
    Ok(())
}

fn macho(base: u64, w: &mut Walk<'_>) -> Result<(), Fault> {
    let magic = w.peek(base, 4, Big)?;
    let order = if magic >> 16 == 0xfeed { Big } else { Little };
    let long = matches!(magic, 0xfeed_facf | 0xcffa_edfe);
    let (count, len) =
        (w.peek(base.saturating_add(16), 4, order)?, w.peek(base.saturating_add(20), 4, order)?);
    let mut at = base.saturating_add(if long { 32 } else { 28 });
    w.reach(at.saturating_add(len))?;
    for _ in 0..count {
        w.step()?;
        let (kind, size) = (w.peek(at, 4, order)?, w.peek(at.saturating_add(4), 4, order)?);
        // Offset and length of what a command points to: where, in how many bytes, counted in what.
        let extents: &[(u64, u64, u64)] = match kind & 0x7fff_ffff {
            0x01 => &[(32, 4, 1)],
            0x19 => &[(40, 8, 1)],
            0x02 if long => &[(8, 4, 16), (16, 4, 1)],
            0x02 => &[(8, 4, 12), (16, 4, 1)],
            0x1d | 0x1e | 0x26 | 0x29 | 0x2b | 0x2e | 0x33 | 0x34 => &[(8, 4, 1)],
            _ => &[],
        };
        for &(field, width, unit) in extents {
            let place = at.saturating_add(field);
            let start = w.peek(place, width, order)?;
            let len = w.peek(place.saturating_add(width), width, order)?.saturating_mul(unit);
            if len > 0 {
                w.reach(base.saturating_add(start).saturating_add(len))?;
            }
        }
        at = at.saturating_add(size.max(8));
    }
    Ok(())
}

fn fat(w: &mut Walk<'_>) -> Result<(), Fault> {
    let long = w.peek(0, 4, Big)? == 0xcafe_babf;
    let (entry, width) = if long { (32, 8) } else { (20, 4) };
    let count = w.peek(4, 4, Big)?;
    w.skip(count.saturating_mul(entry).saturating_add(8))?;
    for n in 0..count {
        w.step()?;
        let at = n.saturating_mul(entry).saturating_add(16);
        let (start, len) = (w.peek(at, width, Big)?, w.peek(at.saturating_add(width), width, Big)?);
        w.reach(start.saturating_add(len))?;
    }
    Ok(())
}
