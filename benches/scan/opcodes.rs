//! Pickles of many opcodes, on one core.

use std::{io, path::Path};

use super::{
    table::{ONE_THREAD, Row},
    write::{Pickle, repeat},
};

pub(super) const ROWS: &[Row] = &[
    Row::new("opcodes, mixed: texts, memo, calls", mixed).options(ONE_THREAD).rate(20_000_000),
    Row::new("opcodes, mixed, each read in two encodings", twice).options(ONE_THREAD).rate(10_000_000),
    Row::new("opcodes, plain data: numbers", plain).options(ONE_THREAD).rate(60_000_000),
    Row::new("opcodes, a million small dicts, 72 MB", dicts).options(ONE_THREAD).millis(1500).mib(64),
];

/// A list, and in its memo four texts and a class.
const HEAD: &[u8] =
    b"\x80\x04]q\0X\x02\0\0\0idq\x010X\x04\0\0\0nameq\x020X\x05\0\0\0valueq\x030X\x02\0\0\0okq\x040\
    cdatetime\ndate\nq\x050(";
const TAIL: &[u8] = b"e.";

/// Items that picklers append at once.
const BATCH: usize = 1000;

/// Writes a list of about `items` items of `each` opcodes; how many opcodes that gives.
fn list(path: &Path, (items, each): (u64, u64), item: impl Fn(usize, &mut Pickle)) -> io::Result<u64> {
    let mut some = Pickle::default();
    (0..64).for_each(|number| item(number, &mut some));
    let size = items * u64::try_from(some.bytes.len()).unwrap_or(1) / 64;
    let parts = repeat(path, (HEAD, TAIL), size, |number, out| {
        let mut pickle = Pickle::default();
        if number > 0 && number.is_multiple_of(BATCH) {
            pickle.raw(b"e(");
        }
        item(number, &mut pickle);
        out.append(&mut pickle.bytes);
    })?;
    Ok(parts * each)
}

/// Dicts of texts, tuples and dates, as protocol 3 writes them.
fn mixed(folder: &Path) -> io::Result<u64> {
    dates(&folder.join("mixed.pkl"), b"C")
}

/// The same as Python 2 writes them: an 8-bit text that is no ASCII goes into a call, so that loaders part by encoding.
fn twice(folder: &Path) -> io::Result<u64> {
    dates(&folder.join("twice.pkl"), b"U")
}

/// Dicts of texts, tuples and dates; `bytes` is the opcode for what a date is made of.
fn dates(path: &Path, bytes: &[u8]) -> io::Result<u64> {
    list(path, (1_000_000, 24), |number, pickle| {
        let slot = 6 + 4 * number;
        pickle
            .raw(b"}")
            .put(slot)
            .raw(b"(h\x01")
            .number(number)
            .raw(b"h\x02")
            .text("some text")
            .put(slot + 1);
        pickle.raw(b"h\x03h\x05").raw(bytes).raw(b"\x04\x07\xe8\x01\x02\x85").put(slot + 2);
        pickle.raw(b"R").put(slot + 3);
        pickle.raw(b"h\x04K\x01\x88N\x87X\x04\0\0\0pairK\x01K\x02\x86u");
    })
}

fn plain(folder: &Path) -> io::Result<u64> {
    list(&folder.join("plain.pkl"), (60_000_000, 1), |number, pickle| {
        match number % 4 {
            0 => pickle.raw(b"K\x05"),
            1 => pickle.raw(b"M\x05\x01"),
            2 => pickle.number(number),
            _ => pickle.raw(b"G\x40\x09\x21\xfb\x54\x44\x2d\x18"),
        };
    })
}

/// What pickle writes with protocol 4 of `[{"id": n, "name": …, "value": …, "ok": True}, …]`.
fn dicts(folder: &Path) -> io::Result<u64> {
    list(&folder.join("dicts.pkl"), (1_000_000, 13), |number, pickle| {
        let name = format!("row {number:07} of a table of rows");
        pickle.raw(b"}\x94(h\x01").number(number).raw(b"h\x02\x8c\x1e").raw(name.as_bytes());
        pickle.raw(b"\x94h\x03G\x40\x09\x21\xfb\x54\x44\x2d\x18h\x04\x88u");
    })
}
