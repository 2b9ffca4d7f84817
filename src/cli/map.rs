//! `mlscan map FILE...`

use std::io::Write as _;

use anyhow::Context as _;
use mlscan::{Scanner, bytes::Name, output::map};

use super::{
    DONE, ERROR, INCOMPLETE,
    args::{Format, Map, limits},
    failure::say,
    fan::plain,
    pipe, style, trace,
};

/// Shows which bytes of each file are explained by whom.
pub(super) fn map(args: &Map) -> anyhow::Result<u8> {
    let limits = limits(&args.limits);
    let most = limits.unpacked;
    let scanner = Scanner::builder().limits(limits).deep(args.deep).build();
    let (mut out, style) = (pipe::stdout(), style::stdout(args.color));
    let mut status = DONE;
    for path in &args.files {
        let (mapped, cut) = match trace::one(path, most, |path| scanner.map(path)) {
            Ok(mapped) => mapped,
            Err(error) => {
                say(&format!("{error:#}"));
                status = ERROR;
                continue;
            }
        };
        if cut {
            say(&format!("standard input is longer than {most} bytes; --limit unpacked=N raises that"));
        }
        let complete = mapped.complete && !cut;
        if !complete && status == DONE {
            status = INCOMPLETE;
        }
        let name = Name::from(path.as_os_str().as_encoded_bytes());
        let written = match args.format {
            Format::Json => map::line(&mut out, &name, &mapped.artifacts, complete),
            _ => map::table(&mut out, &name, &mapped.artifacts, complete, &style),
        };
        written.map_err(plain).context("cannot write")?;
    }
    out.flush().map_err(plain).context("cannot write")?;
    Ok(status)
}
