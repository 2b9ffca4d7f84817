//! One scan, many reports.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context as _, bail};
use mlscan::{
    findings::{Outcome, Scanned, Summary, Threshold, Tool},
    output::{Json, Sink, Style, Text},
};

use super::{
    args::{Format, Output, Scan},
    failure,
    pipe::{self, Pipe},
    progress::Bar,
    style,
};

/// One report.
struct Report {
    to: String,
    sink: Box<dyn Sink>,
    failed: bool,
}

/// Hands a scan on to all reports, with what standard input gave in its place.
///
/// A report that cannot be written is given up; the others go on.
pub(super) struct Fan {
    reports: Vec<Report>,
    pending: Option<Scanned>,
    threshold: Threshold,
    allow_empty: bool,
    bar: Bar,
    /// How it ended, once it has.
    pub(super) summary: Summary,
}

impl Fan {
    /// Opens all reports that the options ask for.
    pub(super) fn open(args: &Scan, why: &BTreeMap<String, String>, bar: Bar) -> anyhow::Result<Self> {
        let mut reports = Vec::new();
        for Output { format, path } in &args.outputs {
            if path.as_os_str() == "-" {
                reports.push(stdout(args, *format, why));
                continue;
            }
            let to = path.display().to_string();
            let file = File::create(path).map_err(plain).with_context(|| format!("cannot write `{to}`"))?;
            let sink = sink(BufWriter::new(Pipe(file)), *format, args, style::file(args.color), why);
            reports.push(Report { to, sink, failed: false });
        }
        let asked = if args.formats.is_empty() { &[Format::Text][..] } else { &args.formats };
        let here = |format: &&Format| {
            args.formats.is_empty() || !args.outputs.iter().any(|to| to.format == **format)
        };
        reports.extend(asked.iter().filter(here).map(|format| stdout(args, *format, why)));
        if reports.iter().filter(|report| report.to == STDOUT).count() > 1 {
            bail!(
                "only one report can go to standard output: give the others a file with --output FORMAT=PATH"
            );
        }
        let (threshold, allow_empty) = (args.fail_on.0, args.allow_empty);
        Ok(Self { reports, pending: None, threshold, allow_empty, bar, summary: Summary::default() })
    }

    /// Adds what was scanned apart.
    pub(super) fn add(&mut self, scanned: Scanned) {
        self.pending = Some(scanned);
    }

    fn each(&mut self, mut write: impl FnMut(&mut dyn Sink) -> io::Result<()>) {
        for report in self.reports.iter_mut().filter(|report| !report.failed) {
            if let Err(error) = write(report.sink.as_mut()) {
                report.failed = true;
                failure::say(&format!("cannot write {}: {}", report.to, plain(error)));
            }
        }
    }

    fn pending_before(&mut self, next: Option<&Scanned>) {
        let path = |scanned: &Scanned| scanned.artifact.as_ref().map(|artifact| artifact.path.clone());
        let now = match (&self.pending, next) {
            (Some(pending), Some(next)) => path(next).is_some_and(|next| path(pending) <= Some(next)),
            (pending, None) => pending.is_some(),
            (None, Some(_)) => false,
        };
        if now && let Some(scanned) = self.pending.take() {
            self.each(|sink| sink.file(&scanned));
            self.summary.count(&scanned);
        }
    }

    /// Works out how it all ended: findings win over reports that could not be written, those over the rest.
    fn conclude(&mut self) {
        let interrupted = self.summary.outcome == Outcome::Interrupted;
        self.summary.conclude(self.threshold, self.allow_empty);
        if interrupted {
            let found = self.summary.outcome == Outcome::Findings;
            self.summary.outcome = Outcome::Interrupted;
            let exit_code = if found { Outcome::Findings } else { Outcome::Interrupted }.exit_code();
            self.summary.exit_code = exit_code;
        }
    }

    /// The exit status, also if the last words of a report could not be written.
    pub(super) fn status(&self) -> u8 {
        let failed = self.reports.iter().any(|report| report.failed);
        let status = self.summary.exit_code;
        if failed && status != Outcome::Findings.exit_code() { Outcome::Error.exit_code() } else { status }
    }
}

impl Sink for Fan {
    fn begin(&mut self, tool: &Tool) -> io::Result<()> {
        self.each(|sink| sink.begin(tool));
        Ok(())
    }

    fn file(&mut self, scanned: &Scanned) -> io::Result<()> {
        self.pending_before(Some(scanned));
        self.each(|sink| sink.file(scanned));
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.bar.clear();
        let counted = std::mem::replace(&mut self.summary, summary.clone());
        add(&mut self.summary, &counted);
        self.pending_before(None);
        let failed = self.reports.iter().filter(|report| report.failed).count();
        self.summary.errors = self.summary.errors.saturating_add(u64::try_from(failed).unwrap_or(u64::MAX));
        self.conclude();
        let summary = self.summary.clone();
        self.each(|sink| sink.end(&summary));
        Ok(())
    }
}

/// Adds the counts of what was scanned apart.
fn add(summary: &mut Summary, apart: &Summary) {
    let counts = [
        (&mut summary.files, apart.files),
        (&mut summary.models, apart.models),
        (&mut summary.not_models, apart.not_models),
        (&mut summary.bytes, apart.bytes),
        (&mut summary.incomplete, apart.incomplete),
    ];
    for (count, more) in counts {
        *count = count.saturating_add(more);
    }
    for (severity, more) in &apart.findings {
        let count = summary.findings.entry(*severity).or_default();
        *count = count.saturating_add(*more);
    }
}

const STDOUT: &str = "standard output";

fn stdout(args: &Scan, format: Format, why: &BTreeMap<String, String>) -> Report {
    let sink = sink(pipe::stdout(), format, args, style::stdout(args.color), why);
    Report { to: STDOUT.to_owned(), sink, failed: false }
}

fn sink(
    out: impl Write + 'static,
    format: Format,
    args: &Scan,
    style: Style,
    why: &BTreeMap<String, String>,
) -> Box<dyn Sink> {
    match format {
        Format::Text => Box::new(Text::new(out, style).why(why.clone()).quiet(args.quiet)),
        Format::Json => Box::new(Json::new(out)),
    }
}

/// What the system says, without its number.
pub(super) fn plain(error: io::Error) -> anyhow::Error {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    anyhow::Error::msg(text.get(..end).unwrap_or_default().to_lowercase())
}

/// What is wrong with a path, for people.
pub(super) fn about(path: &Path, error: io::Error) -> String {
    format!("cannot read `{}`: {}", path.display(), plain(error))
}
