//! Paths that a user leaves out.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns of paths that are left out.
///
/// A pattern without `/` is held against the name of each file and directory, one with `/` against the path as
/// it is reported and as it lies below what was given. `*` and `?` stay within a name, `**` does not. A directory
/// that matches is left out with all that is in it.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    names: GlobSet,
    paths: GlobSet,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadGlob(String);

impl From<globset::Error> for BadGlob {
    fn from(error: globset::Error) -> Self {
        Self(error.to_string())
    }
}

impl Exclude {
    /// Reads patterns.
    ///
    /// # Errors
    /// [`BadGlob`] with what is wrong with the first that cannot be read.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, BadGlob> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns.iter().map(AsRef::as_ref) {
            let bare = pattern.trim_end_matches('/');
            let glob = GlobBuilder::new(bare).literal_separator(true).build()?;
            if bare.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        Ok(Self { names: names.build()?, paths: paths.build()? })
    }

    /// Whether a path, found below `root`, is left out.
    pub(super) fn holds(&self, path: &Path, root: &Path) -> bool {
        let name = path.file_name().is_some_and(|name| self.names.is_match(name));
        let below = || path.strip_prefix(root).is_ok_and(|below| self.paths.is_match(below));
        name || (!self.paths.is_empty() && (self.paths.is_match(path) || below()))
    }
}
