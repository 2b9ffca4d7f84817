//! Arguments and commands: all that is of the command line and not of the library.

mod args;
mod catalogue;
mod closing;
mod each;
mod failure;
mod fan;
mod input;
mod map;
mod pipe;
mod progress;
mod scan;
mod style;
mod trace;

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;

use args::{Args, Command};

/// Nothing failed and nothing was left out.
const DONE: u8 = 0;
/// Wrong usage, or something that was asked for could not be done.
const ERROR: u8 = 2;
/// Something was not read.
const INCOMPLETE: u8 = 3;

/// Runs the program and gives its exit status.
pub(crate) fn main() -> ExitCode {
    if std::env::args_os().len() <= 1 {
        let _unwritable = std::io::stderr().write_all(args::SHORT_HELP.as_bytes());
        return ExitCode::from(ERROR);
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return ExitCode::from(failure::usage(&error)),
    };
    ExitCode::from(failure::guarded(|| run(args)))
}

fn run(args: Args) -> anyhow::Result<u8> {
    match args.command {
        None => scan::scan(args.scan),
        Some(Command::Scan(scan)) => scan::scan(scan),
        Some(Command::Trace(trace)) => trace::trace(&trace),
        Some(Command::Map(map)) => map::map(&map),
        Some(Command::Rules(rules)) => catalogue::rules(&rules),
        Some(Command::Explain(explain)) => catalogue::explain(&explain),
    }
}
