//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use mlscan::{
    Digest,
    bytes::Limits,
    findings::{Severity, Threshold},
};

/// What is shown when nothing is said.
pub(super) const SHORT_HELP: &str = "\
mlscan tells what a machine-learning model file would do to you before you load it.

Usage: mlscan [OPTIONS] PATH...

Examples:
  mlscan model.pt                     one file: what would loading it do?
  mlscan --fail-on medium models/     a folder: exit status 1 if anything at medium or above is found

Try `mlscan --help` for all options and commands.
";

const AFTER_HELP: &str = "\
Examples:
  mlscan model.pt                          one file
  mlscan --fail-on medium models/          a folder
  curl -sL URL | mlscan -                  standard input
  mlscan --output json=report.json models/ text here, JSON in a file
  mlscan trace model.pkl                   what loading would import and call, step by step
  mlscan map model.pt                      which bytes are what, and what lies between them

Exit status:
  0    everything was read; nothing at or above --fail-on
  1    a finding at or above --fail-on
  2    no such finding, and wrong usage, a path that does not exist, output that cannot be written
  3    no such finding, but something was not fully read, or there was nothing to scan
  130  interrupted";

const AFTER_TRACE: &str = "\
Examples:
  mlscan trace model.pkl                   a tree of imports, calls and changes
  mlscan trace --format json a.pkl b.pkl   a JSON object on a line for each file

Exit status:
  0    everything was read
  2    wrong usage, a file that does not exist
  3    something was not fully read";

/// Tells what a machine-learning model file would do to you before you load it.
///
/// Nothing that is read is ever loaded, imported or run.
#[derive(Debug, Parser)]
#[command(name = "mlscan", version, after_help = AFTER_HELP)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(super) struct Args {
    /// The command; scanning if there is none.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Options of scanning.
    #[command(flatten)]
    pub(super) scan: Scan,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge files and folders (what is done if no command is given)
    #[command(after_help = AFTER_HELP)]
    Scan(Scan),
    /// Show what loading each pickle would do, step by step
    #[command(after_help = AFTER_TRACE)]
    Trace(Trace),
    /// Show which bytes of each file are explained by whom, and which by nobody
    Map(Map),
    /// List the rules
    Rules(Catalogue),
    /// Explain one rule
    Explain(Explain),
}

/// Options of `scan`.
#[derive(Debug, clap::Args)]
pub(super) struct Scan {
    /// Files and folders; `-` reads standard input
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Format of the report; may be repeated, with --output for all but one
    #[arg(long = "format", value_name = "FORMAT")]
    pub(super) formats: Vec<Format>,
    /// Also write a report to a file; may be repeated
    #[arg(long = "output", value_name = "FORMAT=PATH", value_parser = output)]
    pub(super) outputs: Vec<Output>,
    /// Fail on findings from this severity on: critical, high, medium, low, info or never
    #[arg(long, value_name = "SEVERITY", env = "MLSCAN_FAIL_ON", default_value = "high", value_parser = fail_on)]
    pub(super) fail_on: FailOn,
    /// Add or replace rules and extend lists with those of a folder
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
    /// Leave out names and paths that match; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Succeed if there is no model to scan
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Which files to hash
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) digest: Digests,
    /// Also read data that loading only copies
    #[arg(long)]
    pub(super) deep: bool,
    /// Allow one file more than the default, such as steps=1000000000; may be repeated
    #[arg(long = "limit", value_name = "NAME=N", value_parser = limit)]
    pub(super) limits: Vec<Limit>,
    /// Threads to use [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Say nothing but findings and errors
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Colour of the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// Options of `trace`.
#[derive(Debug, clap::Args)]
pub(super) struct Trace {
    /// Files; `-` reads standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// A tree, or a JSON object on a line for each file
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Allow one file more than the default, such as steps=1000000000; may be repeated
    #[arg(long = "limit", value_name = "NAME=N", value_parser = limit)]
    pub(super) limits: Vec<Limit>,
    /// Colour of the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// Options of `map`.
#[derive(Debug, clap::Args)]
pub(super) struct Map {
    /// Files; `-` reads standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// A table, or a JSON object on a line for each file
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Also look into data that loading only copies
    #[arg(long)]
    pub(super) deep: bool,
    /// Allow one file more than the default, such as steps=1000000000; may be repeated
    #[arg(long = "limit", value_name = "NAME=N", value_parser = limit)]
    pub(super) limits: Vec<Limit>,
    /// Colour of the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// Options of `rules`.
#[derive(Debug, clap::Args)]
pub(super) struct Catalogue {
    /// Text, or one JSON document
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Add or replace rules with those of a folder
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
    /// Colour of the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// Identifier of a rule, as reports give it
    #[arg(value_name = "RULE")]
    pub(super) rule: String,
    /// Add or replace rules with those of a folder
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
    /// Colour of the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// Formats of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// Which files to hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Digests {
    /// Small ones, and those with a finding at high or above
    Auto,
    /// All
    Always,
    /// None
    Never,
}

impl From<Digests> for Digest {
    fn from(digests: Digests) -> Self {
        match digests {
            Digests::Auto => Self::Auto,
            Digests::Always => Self::Always,
            Digests::Never => Self::Never,
        }
    }
}

/// The severity from which on findings fail the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailOn(pub(super) Threshold);

fn fail_on(word: &str) -> Result<FailOn, String> {
    if word == "never" {
        return Ok(FailOn(None));
    }
    let severity = word.parse::<Severity>();
    severity
        .map(|severity| FailOn(Some(severity)))
        .map_err(|_| "it is critical, high, medium, low, info or never".to_owned())
}

/// A report in a file.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

fn output(text: &str) -> Result<Output, String> {
    let expected = || "it has the form FORMAT=PATH, such as json=report.json".to_owned();
    let (format, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(expected)?;
    Ok(Output { format: Format::from_str(format, false).map_err(|_| expected())?, path: path.into() })
}

/// One limit with its value.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) name: String,
    pub(super) value: u64,
}

fn limit(text: &str) -> Result<Limit, String> {
    let names = || Limits::default().table().map(|(name, _)| name).join(", ");
    let expected = || format!("it has the form NAME=N with a whole number N; names are {}", names());
    let (name, value) = text.split_once('=').ok_or_else(expected)?;
    let value = value.replace('_', "").parse().map_err(|_| expected())?;
    Limits::default().set(name, value).map_err(|_| expected())?;
    Ok(Limit { name: name.to_owned(), value })
}

/// The default limits with those given in their place.
pub(super) fn limits(given: &[Limit]) -> Limits {
    let mut limits = Limits::default();
    for Limit { name, value } in given {
        let _checked_when_read = limits.set(name, *value);
    }
    limits
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn values_are_checked() {
        assert_eq!(limit("steps=1_000").unwrap().value, 1000);
        assert!(
            limit("steps").is_err()
                && limit("nothing=1").unwrap_err().contains("ratio")
                && limit("steps=-1").is_err()
        );
        assert!(output("json=a=b").is_ok_and(|output| output.path.ends_with("a=b")));
        assert!(output("json").is_err() && output("xml=a").is_err() && output("json=").is_err());
        assert!(fail_on("never").is_ok_and(|fail_on| fail_on.0.is_none()) && fail_on("bad").is_err());
    }
}
