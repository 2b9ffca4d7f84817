//! What a walk says of what it did not read.

use std::{collections::BTreeMap, io, path::Path};

use crate::bytes::Name;

/// Notes of one kind that are given in full; the others are counted.
const IN_FULL: usize = 10;

/// Notes by kind, in the order of the kinds.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<Kind, (Vec<String>, u64)>);

/// Kinds of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Could not be read.
    Unreadable,
    /// A link to nothing.
    Dangling,
    /// A link out of all that was given.
    Leaves,
    /// Neither file nor directory.
    Special,
    /// A directory with very many names.
    Tangle,
}

impl Kind {
    const fn more(self) -> &'static str {
        match self {
            Self::Unreadable => "more cannot be read",
            Self::Dangling => "more links lead nowhere",
            Self::Leaves => "more links lead out of what was given",
            Self::Special => "more are pipes, sockets, devices or views of the kernel",
            Self::Tangle => "more directories have many names",
        }
    }
}

impl Notes {
    /// Adds a note.
    pub(super) fn add(&mut self, kind: Kind, note: impl FnOnce() -> String) {
        let (full, more) = self.0.entry(kind).or_default();
        if full.len() < IN_FULL {
            full.push(note());
        } else {
            *more = more.saturating_add(1);
        }
    }

    /// All notes, for people.
    pub(super) fn finish(self) -> Vec<String> {
        let mut all = Vec::new();
        for (kind, (full, more)) in self.0 {
            all.extend(full);
            if more > 0 {
                all.push(format!("{more} {}", kind.more()));
            }
        }
        all
    }
}

/// The bytes of a path, with `/` between its parts.
pub(super) fn name(path: &Path) -> Name {
    let bytes = path.as_os_str().as_encoded_bytes();
    if cfg!(windows) {
        let slashed = bytes.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte });
        return Name::from(slashed.collect::<Vec<u8>>());
    }
    Name::from(bytes)
}

/// What the system says, without its numbers.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a directory".to_owned(),
        _ => {
            let text = error.to_string().to_lowercase();
            let end = text.find(" (os error").unwrap_or(text.len());
            text.get(..end).unwrap_or_default().to_owned()
        }
    }
}
