//! Rows: what is measured, what it may cost, what it costs.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use super::process::{self, Cost};

/// What is measured and what it may cost.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Milliseconds that a run may take.
    millis: Option<u64>,
    /// Units of the input that a second of one core must be enough for.
    rate: Option<u64>,
    /// MiB that may be resident beside the pages of the largest file, which are the system's own.
    mib: Option<u64>,
    /// Whether any exit status will do, or only that of a clean scan.
    any_status: bool,
    /// Options of the command.
    options: &'static [&'static str],
    /// Makes the input in an empty folder.
    pub(super) make: Make,
}

/// Makes an input; how many units it has: files, or opcodes.
type Make = fn(&Path) -> io::Result<u64>;

impl Row {
    pub(super) const fn new(name: &'static str, make: Make) -> Self {
        Self { name, millis: None, rate: None, mib: None, any_status: false, options: &[], make }
    }

    pub(super) const fn millis(self, millis: u64) -> Self {
        Self { millis: Some(millis), ..self }
    }

    pub(super) const fn rate(self, rate: u64) -> Self {
        Self { rate: Some(rate), ..self }
    }

    pub(super) const fn mib(self, mib: u64) -> Self {
        Self { mib: Some(mib), ..self }
    }

    pub(super) const fn any_status(self) -> Self {
        Self { any_status: true, ..self }
    }

    pub(super) const fn options(self, options: &'static [&'static str]) -> Self {
        Self { options, ..self }
    }
}

/// One core.
pub(super) const ONE_THREAD: &[&str] = &["--threads", "1"];
/// Runs of a row; the quickest counts, since what else the machine does only adds.
const RUNS: usize = 7;
/// A row with a run of so many microseconds is not run again.
const LONG: u64 = 3_000_000;
/// MiB of the release binary.
const BINARY: u64 = 15;

/// The titles of the columns.
pub(super) fn head() {
    line("row", ["wall ms", "cpu ms", "MiB", "a second"], "bound");
}

fn line(name: &str, cells: [&str; 4], bound: &str) {
    let [wall, cpu, mib, rate] = cells;
    println!("{name:<44} {wall:>9} {cpu:>9} {mib:>7} {rate:>12}   {bound}");
}

/// Compares the size of the binary with its bound.
pub(super) fn binary() -> io::Result<bool> {
    let mib = fs::metadata(process::BINARY)?.len().div_ceil(1 << 20);
    line("release binary", ["", "", &mib.to_string(), ""], &held(mib <= BINARY, &format!("≤ {BINARY} MiB")));
    Ok(mib <= BINARY)
}

fn held(held: bool, bound: &str) -> String {
    format!("{bound}: {}", if held { "held" } else { "NOT HELD" })
}

/// Runs a row, prints its line, and says whether it holds its bounds.
pub(super) fn measure(row: &Row) -> io::Result<bool> {
    let folder = tempfile::tempdir()?;
    let units = process::make(row.name, folder.path())?;
    let mut costs = vec![process::scan(row.options, folder.path())?];
    while costs.len() < RUNS && costs.iter().all(|cost| cost.wall < LONG) {
        costs.push(process::scan(row.options, folder.path())?);
    }
    let quickest = costs.into_iter().min_by_key(|cost| cost.wall).unwrap_or_default();
    Ok(print(row, units, quickest, pages(folder.path())?))
}

/// MiB on the disk of the largest file: what is sparse has no pages.
fn pages(folder: &Path) -> io::Result<u64> {
    let blocks = fs::read_dir(folder)?.flatten().filter_map(|entry| entry.metadata().ok());
    Ok(blocks.map(|about| about.blocks() / (2 << 10)).max().unwrap_or(0))
}

fn print(row: &Row, units: u64, cost: Cost, pages: u64) -> bool {
    // What runs on one core is measured on one core, whatever else runs on the machine.
    let time = if row.options == ONE_THREAD { cost.cpu } else { cost.wall };
    let rate = units.saturating_mul(1_000_000) / time.max(1);
    let bounds = [
        row.millis.map(|most| (time <= most * 1000, format!("≤ {most} ms"))),
        row.rate.map(|least| (rate >= least, format!("≥ {least} a second"))),
        row.mib.map(|most| (cost.resident <= most + pages, format!("≤ {most} MiB"))),
        (!row.any_status && cost.status != 0).then(|| (false, format!("status {}", cost.status))),
    ];
    let bounds: Vec<_> = bounds.into_iter().flatten().collect();
    let words: Vec<String> = bounds.iter().map(|(met, bound)| held(*met, bound)).collect();
    let millis = |micros: u64| format!("{}.{}", micros / 1000, micros % 1000 / 100);
    let rate = if units > 1 { rate.to_string() } else { String::new() };
    let cells = [millis(cost.wall), millis(cost.cpu), cost.resident.to_string(), rate];
    line(row.name, cells.each_ref().map(String::as_str), &words.join(", "));
    bounds.iter().all(|(met, _)| *met)
}
