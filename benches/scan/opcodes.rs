//! Pickles of many opcodes, on one core.

use std::{io, path::Path};

use super::{
    table::Row,
    write::{Pickle, repeat},
};

pub(super) const ROWS: &[Row] = &[
    Row::new("opcodes, mixed: texts, memo, calls", mixed).options(ONE).rate(20_000_000),
    Row::new("opcodes, plain data: numbers", plain).options(ONE).rate(60_000_000),
    Row::new("opcodes, a million small dicts, 72 MB", dicts).options(ONE).millis(1500).mib(72 + 64),
];

const ONE: &[&str] = &["--threads", "1"];
/// A list, and four texts in its memo.
const HEAD: &[u8] = b"\x80\x04]\x94\x8c\x02id\x940\x8c\x04name\x940\x8c\x05value\x940\x8c\x02ok\x940(";
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

/// Dates, tuples, texts that are kept and used again.
fn mixed(folder: &Path) -> io::Result<u64> {
    list(&folder.join("mixed.pkl"), (1_200_000, 18), |number, pickle| {
        let slot = 5 + 2 * number;
        pickle.raw(b"(").text("name").put(slot).raw(b"K\x01").text("date").global("datetime", "date");
        pickle.raw(b"C\x04\x07\xe8\x01\x02\x85R").put(slot + 1).text("again").get(slot + 1);
        pickle.text("pair").raw(b"K\x01\x88\x86d");
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
        pickle.raw(b"}\x94(j\x01\0\0\0").number(number).raw(b"j\x02\0\0\0\x8c\x1e").raw(name.as_bytes());
        pickle.raw(b"\x94j\x03\0\0\0G\x40\x09\x21\xfb\x54\x44\x2d\x18j\x04\0\0\0\x88u");
    })
}
