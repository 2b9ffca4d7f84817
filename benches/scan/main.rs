//! The numbers that mlscan holds, each measured on the release binary and printed beside its bound.
//!
//! `cargo bench` runs all rows, `cargo bench -- WORD…` those whose names hold one of the words. Inputs are
//! made in a temporary folder and removed again; the largest of them take 1 GiB.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a bench reads nothing that others wrote and prints what it finds"
)]

mod archive;
mod hostile;
mod models;
mod opcodes;
mod process;
mod sparse;
mod table;
mod tree;
mod write;

use std::{io, path::Path, process::ExitCode};

use table::Row;

const ROWS: [&[Row]; 5] = [models::ROWS, sparse::ROWS, opcodes::ROWS, tree::ROWS, hostile::ROWS];

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [process::MAKE, row, folder] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return make(row, Path::new(folder));
    }
    let words: Vec<_> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let wanted = |row: &&Row| words.is_empty() || words.iter().any(|word| row.name.contains(&***word));
    table::head();
    let mut met = table::binary()?;
    for row in ROWS.into_iter().flatten().filter(wanted) {
        met &= table::measure(row)?;
    }
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes one input and prints how many units it has.
fn make(row: &str, folder: &Path) -> io::Result<ExitCode> {
    let row = ROWS.into_iter().flatten().find(|known| known.name == row);
    let row = row.ok_or_else(|| io::Error::other("there is no such row"))?;
    println!("{}", (row.make)(folder)?);
    Ok(ExitCode::SUCCESS)
}
