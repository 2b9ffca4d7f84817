//! Standard input: kept in a file without a name while it is read.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _, Seek as _, Write},
    path::Path,
};

use anyhow::{Context as _, bail};
use mlscan::{
    Scanner,
    bytes::{Name, Span},
    facts::{Gap, GapCode},
    findings::{Artifact, Coverage, Scanned},
};

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Copies standard input, at most `most` bytes of it; tells whether there was more.
pub(super) fn spool(to: &mut impl Write, most: u64) -> anyhow::Result<bool> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        bail!("`-` reads standard input, which is a terminal: redirect a file or a pipe into it");
    }
    let mut stdin = stdin.lock();
    io::copy(&mut (&mut stdin).take(most), to).context("cannot keep standard input")?;
    Ok(stdin.read(&mut [0]).context("cannot read standard input")? > 0)
}

/// Standard input, or the first part of it.
pub(super) struct Spooled {
    file: File,
    most: u64,
    cut: bool,
}

/// Takes standard input into a file that has no name.
pub(super) fn take(most: u64) -> anyhow::Result<Spooled> {
    let mut file: File = tempfile::tempfile().context("cannot keep standard input")?;
    let cut = spool(&mut file, most)?;
    file.rewind()?;
    Ok(Spooled { file, most, cut })
}

/// Scans what was taken.
pub(super) fn scan(scanner: &Scanner, spooled: Spooled) -> anyhow::Result<Scanned> {
    let Spooled { mut file, most, cut } = spooled;
    let mut scanned = scanner.scan_file("-".into(), &mut file).context("cannot read standard input")?;
    if cut {
        let artifact = scanned.artifact.get_or_insert_with(|| Artifact::new(Name::from("-"), most));
        artifact.coverage = artifact.coverage.min(Coverage::Partial);
        artifact.gaps.push(Gap {
            code: GapCode::Limit,
            members: Vec::new(),
            span: Span::new(most, 0),
            detail: format!("standard input is longer than {most} bytes; --limit unpacked=N raises that"),
        });
    }
    Ok(scanned)
}
