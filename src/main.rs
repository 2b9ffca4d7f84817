//! Command line of mlscan.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
