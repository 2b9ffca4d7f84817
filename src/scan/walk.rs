//! Which files there are to read: each real file once, in the order of the bytes of its path.
//!
//! Links are followed, whether they lead to files or directories, and loops end. Pipes, sockets and devices
//! are counted and never opened. Hidden files are read and `.gitignore` is not honoured: what hides a file from
//! people must not hide it from a scan. Two kinds of files are counted without being read: Git's object store,
//! and byte code in `__pycache__` where no model lies beside it.
//!
//! The walk is done before the first file is read, since a later name may be another one of an earlier file.
//! What it keeps costs about a hundred bytes a file.

mod entries;
mod exclude;
mod known;
mod notes;
mod one;

use std::path::PathBuf;

use crate::{bytes::Name, facts::Gap};

pub use exclude::{BadGlob, Exclude};

use super::manifest::Names;
use entries::Entries;
use one::Walker;

/// One file to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target {
    /// The file as given joined with what lies below it, with `/` between.
    pub path: Name,
    /// Where to open it.
    pub real: PathBuf,
    /// Other names of the same file, sorted, then what manifests call it. Any may be the one a loader goes by.
    pub aliases: Vec<Name>,
    /// Bytes on disk when it was found.
    pub size: u64,
    /// Where a link leads, if the file was reached by one that leads out of everything given.
    pub leaves_root: Option<Name>,
    /// Why it cannot be read; then there is nothing to open.
    pub trouble: Option<Gap>,
}

/// What a walk found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Walked {
    entries: Entries,
    names: Names,
    /// Things worth saying, escaped.
    pub notes: Vec<String>,
    /// Paths that were given and do not exist.
    pub errors: u64,
    /// Paths left out by an exclusion; a directory counts once.
    pub excluded: u64,
    /// Files of Git's object store and byte-code caches, and the hub's marks of files that a model has not.
    pub passed_over: u64,
    /// Pipes, sockets, devices.
    pub special: u64,
}

impl Walked {
    /// Number of files to read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no file to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all files to read, counted again each time.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.bytes()
    }

    /// The file at a place in the order.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Target> {
        let mut target = self.entries.get(at)?;
        let called: Vec<Name> = self.names.of(&target.real).to_vec();
        target.aliases.extend(called);
        Some(target)
    }

    /// The files in order.
    pub fn targets(&self) -> impl Iterator<Item = Target> + '_ {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

/// Finds the files at and below `paths`.
///
/// A path that does not exist is counted as an error and noted; a directory that cannot be listed becomes a
/// [`Target`] with a gap.
#[must_use]
pub fn walk(paths: &[PathBuf], exclude: &Exclude) -> Walked {
    walk_while(paths, exclude, &mut |_| true)
}

/// As [`walk`], as long as `go_on` says so. It is told how many names of files were found so far.
#[must_use]
pub fn walk_while(paths: &[PathBuf], exclude: &Exclude, go_on: &mut dyn FnMut(usize) -> bool) -> Walked {
    let mut walker = Walker::new(paths, exclude);
    for path in paths {
        walker.root(path, go_on);
    }
    walker.finish()
}

#[cfg(test)]
mod tests;
