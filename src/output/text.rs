//! The report as a person likes to read it: the worst file first, what loading it would do, where, why it
//! matters and what to do. Files about which the same is to be said are told of once.

mod fold;
mod one;
mod page;
mod style;
mod words;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::Sink;
use crate::findings::{Coverage, Outcome, Scanned, Severity, Summary, Tool};
use fold::Fold;
use one::Teller;
use page::Page;

pub use style::{Ink, Style};
pub use words::{counted, size, unopened};

/// Collects what is worth saying and writes it when the scan has ended. Of very many files all but the worst are
/// only named.
pub struct Text<W> {
    out: W,
    style: Style,
    why: BTreeMap<String, String>,
    quiet: bool,
    fold: Fold,
    formats: BTreeMap<&'static str, u64>,
    clean: u64,
    /// Models without a digest, if every one should have it.
    unhashed: Option<u64>,
}

impl<W: Write> Text<W> {
    /// A report that will be written to `out`.
    pub fn new(out: W, style: Style) -> Self {
        let (why, fold) = (BTreeMap::new(), Fold::default());
        Self { out, style, why, quiet: false, fold, formats: BTreeMap::new(), clean: 0, unhashed: None }
    }

    /// Says of each rule why what it finds matters.
    #[must_use]
    pub fn why(mut self, why: BTreeMap<String, String>) -> Self {
        self.why = why;
        self
    }

    /// Writes nothing if nothing was found and all was read.
    #[must_use]
    pub const fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
    }
}

impl<W: Write> Sink for Text<W> {
    fn begin(&mut self, tool: &Tool) -> io::Result<()> {
        let all = tool.options.get("digest").is_some_and(|digest| digest == "always");
        self.unhashed = all.then_some(0);
        Ok(())
    }

    fn file(&mut self, scanned: &Scanned) -> io::Result<()> {
        let Some(artifact) = &scanned.artifact else {
            if !scanned.findings.is_empty() {
                self.fold.add(scanned);
            }
            return Ok(());
        };
        let hashed = artifact.sha256.is_some();
        self.unhashed = self.unhashed.map(|count| count.saturating_add(u64::from(!hashed)));
        for format in &artifact.formats {
            let count = self.formats.entry(format).or_default();
            *count = count.saturating_add(1);
        }
        let accepted = scanned.findings.iter().all(|finding| finding.suppressed.is_some());
        if accepted && artifact.coverage == Coverage::Complete {
            self.clean = self.clean.saturating_add(1);
        } else {
            self.fold.add(scanned);
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let nothing_to_tell = self.fold.is_empty();
        let (groups, others) = std::mem::take(&mut self.fold).finish();
        let mut teller = Teller::new(Page::new(&mut self.out, &self.style), &self.why);
        for group in &groups {
            teller.file(group)?;
        }
        teller.briefly(&others)?;
        let mut page = teller.page();
        let calm = nothing_to_tell && summary.outcome == Outcome::Clean;
        if !(self.quiet && calm) {
            let total =
                if nothing_to_tell { nothing(summary, &self.formats) } else { found(summary, self.clean) };
            let ink = if calm { Ink::Good } else { Ink::Strong };
            page.inked(ink, &total)?;
            if let Some(more) = beside(summary, self.unhashed) {
                page.inked(Ink::Faint, &more)?;
            }
        }
        if summary.outcome == Outcome::Interrupted {
            page.inked(Ink::Strong, "Interrupted: the files after these were not read.")?;
        }
        self.out.flush()
    }
}

/// The line of a run without anything to tell.
fn nothing(summary: &Summary, formats: &BTreeMap<&'static str, u64>) -> String {
    if summary.models == 0 {
        let among = if summary.files == 0 {
            String::new()
        } else {
            format!(" among {}", counted(summary.files, "file"))
        };
        return format!("No model{among}: nothing was judged.");
    }
    let kinds: Vec<String> = formats.iter().map(|(format, count)| format!("{count} {format}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let models = counted(summary.models, "model");
    format!("Nothing found in {models}{kinds}, {}; all of it was read.", size(summary.bytes))
}

/// The line after what was told.
fn found(summary: &Summary, clean: u64) -> String {
    let of = |severity: &Severity| summary.findings.get(severity).copied().filter(|&count| count > 0);
    let counts = Severity::ALL.iter().filter_map(|severity| Some(format!("{} {severity}", of(severity)?)));
    let counts: Vec<String> = counts.collect();
    let found =
        if counts.is_empty() { "Nothing found".to_owned() } else { format!("Found: {}", counts.join(", ")) };
    let unread = match summary.incomplete {
        0 => String::new(),
        n => format!("; {} not fully read, so nobody can say what is in the rest", counted(n, "model")),
    };
    let clean =
        if clean > 0 { format!("; nothing in {}", counted(clean, "other model")) } else { String::new() };
    format!("{found}{unread}{clean}.")
}

/// What could not be read at all, and what was left out.
fn beside(summary: &Summary, unhashed: Option<u64>) -> Option<String> {
    let missing = counted(summary.errors, "path or report");
    let missing = (summary.errors > 0).then(|| format!("Could not be read or written: {missing}."));
    let left = (summary.excluded > 0)
        .then(|| format!("Left out by --exclude: {}.", counted(summary.excluded, "path")));
    let special = format!("Not opened: {}.", unopened(summary.special));
    let special = (summary.special > 0).then_some(special);
    let unhashed =
        unhashed.filter(|&count| count > 0).map(|count| format!("Not hashed: {}.", counted(count, "model")));
    let all: Vec<String> = missing.into_iter().chain(left).chain(special).chain(unhashed).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

#[cfg(test)]
mod tests;
