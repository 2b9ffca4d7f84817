//! Commands that look at files one by one: `trace` and `map`.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use mlscan::bytes::Name;

use super::{
    DONE, ERROR, INCOMPLETE,
    failure::say,
    fan::{about, plain},
    input, pipe,
};

/// Reads each of `files`, at most `most` bytes of standard input, and writes what was found. `complete` says whether all
/// of a file was read. Gives the exit status.
///
/// # Errors
/// What the system says when the output cannot be written.
pub(super) fn each<T>(
    files: &[PathBuf],
    most: u64,
    read: impl Fn(&Path) -> io::Result<T>,
    complete: impl Fn(&T) -> bool,
    write: impl Fn(&mut dyn Write, &Name, &T, bool) -> io::Result<()>,
) -> anyhow::Result<u8> {
    let (mut out, mut status) = (pipe::stdout(), DONE);
    for path in files {
        let (found, cut) = match one(path, most, &read) {
            Ok(found) => found,
            Err(error) => {
                say(&format!("{error:#}"));
                status = ERROR;
                continue;
            }
        };
        if cut {
            say(&format!("standard input is longer than {most} bytes; --limit unpacked=N raises that"));
        }
        let complete = complete(&found) && !cut;
        if !complete && status == DONE {
            status = INCOMPLETE;
        }
        let name = Name::from(path.as_os_str().as_encoded_bytes());
        write(&mut out, &name, &found, complete).map_err(plain).context("cannot write")?;
    }
    out.flush().map_err(plain).context("cannot write")?;
    Ok(status)
}

/// Reads one file; tells whether only a part of it was there.
fn one<T>(path: &Path, most: u64, read: impl Fn(&Path) -> io::Result<T>) -> anyhow::Result<(T, bool)> {
    if input::is_stdin(path) {
        let mut file = tempfile::NamedTempFile::new().context("cannot keep standard input")?;
        let cut = input::spool(&mut file, most)?;
        file.flush()?;
        return Ok((regular(file.path(), read)?, cut));
    }
    Ok((regular(path, read)?, false))
}

fn regular<T>(path: &Path, read: impl Fn(&Path) -> io::Result<T>) -> anyhow::Result<T> {
    let described = |error| anyhow::Error::msg(about(path, error));
    let about = fs::metadata(path).map_err(described)?;
    if about.is_dir() {
        anyhow::bail!("cannot read `{}`: it is a folder; name the files in it", path.display());
    }
    if !about.is_file() {
        anyhow::bail!("cannot read `{}`: it is not a file", path.display());
    }
    read(path).map_err(described)
}
