//! `mlscan trace FILE...`

use std::{fs, io::Write, path::Path};

use anyhow::Context as _;
use mlscan::{
    Scanner, Traced,
    bytes::Name,
    output::{
        Style,
        trace::{self, Part},
    },
};

use super::{
    DONE, ERROR, INCOMPLETE,
    args::{Format, Trace, limits},
    failure::say,
    fan::{about, plain},
    input, pipe, style,
};

/// Shows what loading each file would do.
pub(super) fn trace(args: &Trace) -> anyhow::Result<u8> {
    let limits = limits(&args.limits);
    let most = limits.unpacked;
    let scanner = Scanner::builder().limits(limits).build();
    let (mut out, style) = (pipe::stdout(), style::stdout(args.color));
    let mut status = DONE;
    for path in &args.files {
        let (traced, cut) = match one(path, most, |path| scanner.trace(path)) {
            Ok(traced) => traced,
            Err(error) => {
                say(&format!("{error:#}"));
                status = ERROR;
                continue;
            }
        };
        if cut {
            say(&format!("standard input is longer than {most} bytes; --limit unpacked=N raises that"));
        }
        let complete = traced.complete && !cut;
        if !complete && status == DONE {
            status = INCOMPLETE;
        }
        let name = Name::from(path.as_os_str().as_encoded_bytes());
        write(&mut out, &name, &traced, complete, args.format, &style)
            .map_err(plain)
            .context("cannot write")?;
    }
    out.flush().map_err(plain).context("cannot write")?;
    Ok(status)
}

/// Reads one file; tells whether only a part of it was there.
pub(super) fn one<T>(
    path: &Path,
    most: u64,
    read: impl Fn(&Path) -> std::io::Result<T>,
) -> anyhow::Result<(T, bool)> {
    if input::is_stdin(path) {
        let mut file = tempfile::NamedTempFile::new().context("cannot keep standard input")?;
        let cut = input::spool(&mut file, most)?;
        file.flush()?;
        return Ok((regular(file.path(), read)?, cut));
    }
    Ok((regular(path, read)?, false))
}

fn regular<T>(path: &Path, read: impl Fn(&Path) -> std::io::Result<T>) -> anyhow::Result<T> {
    let described = |error| anyhow::Error::msg(about(path, error));
    let about = fs::metadata(path).map_err(described)?;
    if about.is_dir() {
        anyhow::bail!("cannot trace `{}`: it is a folder; name the files in it", path.display());
    }
    if !about.is_file() {
        anyhow::bail!("cannot trace `{}`: it is not a file", path.display());
    }
    read(path).map_err(described)
}

fn write<'a>(
    out: &mut dyn Write,
    path: &Name,
    traced: &'a Traced,
    complete: bool,
    format: Format,
    style: &Style,
) -> std::io::Result<()> {
    let part = |artifact: &'a mlscan::TracedArtifact| Part {
        members: &artifact.members,
        facts: &artifact.facts,
        gaps: &artifact.gaps,
    };
    let parts: Vec<Part<'a>> = traced.artifacts.iter().map(part).collect();
    match format {
        Format::Text => trace::tree(out, path, &parts, complete, style),
        Format::Json => trace::line(out, path, &parts, complete),
    }
}
