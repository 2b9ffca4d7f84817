//! Code for virtual machines: Java, Android, WebAssembly, LLVM, Python.

use super::{
    Kind, Walk, marshal,
    walk::Order::{Big, Little},
};
use crate::{bytes::Cursor, facts::Fault};

/// Java class files (JVMS chapter 4).
pub(in crate::formats) static JAVA: &Kind = &Kind::new(
    "java-class",
    "Java class",
    &["class"],
    |b| b.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) && b.get(6..8).is_some_and(|v| matches!(v, [0, 45..=99])),
    java,
);
/// Dalvik code: the length stands at 32.
pub(in crate::formats) static DEX: &Kind = &Kind::new(
    "dex",
    "Android code",
    &["dex"],
    |b| b.starts_with(b"dex\n0") && b.get(7) == Some(&0),
    |w| {
        let end = w.peek(32, 4, Little)?;
        w.go(end)
    },
);
/// WebAssembly: sections of an id and a length.
pub(in crate::formats) static WASM: &Kind =
    &Kind::new("wasm", "WebAssembly module", &["wasm"], |b| b.starts_with(b"\0asm") && b.len() >= 8, wasm);
/// LLVM bitcode, bare or wrapped: blocks with lengths.
pub(in crate::formats) static LLVM: &Kind = &Kind::new(
    "llvm-bitcode",
    "LLVM bitcode",
    &["bc"],
    |b| b.starts_with(&[b'B', b'C', 0xc0, 0xde]) || b.starts_with(&[0xde, 0xc0, 0x17, 0x0b]),
    llvm,
);
/// Python's compiled modules.
pub(in crate::formats) static PYC: &Kind =
    &Kind::new("pyc", "compiled Python module", &["pyc", "pyo"], |b| python(b).is_some(), pyc);

fn java(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(8)?;
    let count = w.number(2, Big)?;
    let mut slot = 1;
    while slot < count {
        w.step()?;
        let at = w.at();
        let (len, slots) = match w.u8()? {
            1 => (w.number(2, Big)?, 1),
            5 | 6 => (8, 2),
            3 | 4 | 9..=12 | 17 | 18 => (4, 1),
            7 | 8 | 16 | 19 | 20 => (2, 1),
            15 => (3, 1),
            _ => return Err(Fault::malformed(at, "this is no constant of a Java class")),
        };
        w.skip(len)?;
        slot = slot.saturating_add(slots);
    }
    w.skip(6)?;
    let interfaces = w.number(2, Big)?;
    w.skip(interfaces.saturating_mul(2))?;
    for _ in 0..2 {
        for _ in 0..w.number(2, Big)? {
            w.skip(6)?;
            attributes(w)?;
        }
    }
    attributes(w)
}

fn attributes(w: &mut Walk<'_>) -> Result<(), Fault> {
    for _ in 0..w.number(2, Big)? {
        w.step()?;
        w.skip(2)?;
        let len = w.number(4, Big)?;
        w.skip(len)?;
    }
    Ok(())
}

fn wasm(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.skip(8)?;
    while matches!(w.rest().first(), Some(0..=14)) {
        w.step()?;
        w.skip(1)?;
        let mut len = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = w.u8()?;
            len |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        w.skip(len)?;
    }
    Ok(())
}

fn llvm(w: &mut Walk<'_>) -> Result<(), Fault> {
    if w.bytes().starts_with(&[0xde, 0xc0, 0x17, 0x0b]) {
        let (start, len) = (w.peek(8, 4, Little)?, w.peek(12, 4, Little)?);
        w.go(start.saturating_add(len))?;
        w.fill(0, 16);
        return Ok(());
    }
    w.skip(4)?;
    while w.rest().len() >= 8 {
        w.step()?;
        // Two bits for «a block begins», eight for its id, four for a width, then up to the next word.
        if w.peek(w.at(), 4, Little)? & 3 != 1 {
            break;
        }
        w.skip(4)?;
        let words = w.number(4, Little)?;
        w.skip(words.saturating_mul(4))?;
    }
    if w.at() > 4 { Ok(()) } else { Err(Fault::truncated(4, "the blocks of the bitcode are missing")) }
}

/// Magic numbers of Python's compiled modules: the first and last of a release, length of the header, and
/// how code objects are laid out (`Lib/importlib/_bootstrap_external.py`).
const MAGIC: &[(u16, u16, u64, marshal::Layout)] = &[
    (62011, 62211, 8, marshal::Layout::Two),
    (3000, 3180, 8, marshal::Layout::Three),
    (3190, 3379, 12, marshal::Layout::Three),
    (3390, 3399, 16, marshal::Layout::Three),
    (3400, 3449, 16, marshal::Layout::Positional),
    (3450, 3999, 16, marshal::Layout::Eleven),
];

/// Length of the header, and layout of code objects.
fn python(b: &[u8]) -> Option<(u64, marshal::Layout)> {
    let mut c = Cursor::new(b);
    let magic = c.u16().ok()?;
    if c.array::<2>() != Ok(*b"\r\n") {
        return None;
    }
    let row = MAGIC.iter().find(|(first, last, ..)| (*first..=*last).contains(&magic))?;
    Some((row.2, row.3))
}

fn pyc(w: &mut Walk<'_>) -> Result<(), Fault> {
    let (header, layout) = python(w.bytes()).ok_or_else(|| Fault::malformed(0, "this is no Python magic"))?;
    w.skip(header)?;
    marshal::object(layout, w)
}
