//! The walk itself: below one path that was given.

use std::{
    cmp::Ordering,
    collections::HashMap,
    fs::{self, FileType, Metadata},
    io,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use super::{
    super::layout,
    Exclude, Walked,
    entries::{Entries, Id, Odd},
    known,
    notes::{Kind, Notes, name, reason},
};
use crate::{
    bytes::{Name, Span},
    facts::{Gap, GapCode},
};

/// Names under which one directory is walked; further ones lead to files that are known by then.
const NAMES: u64 = 8;

/// A walk under way.
pub(super) struct Walker<'a> {
    exclude: &'a Exclude,
    given: Vec<PathBuf>,
    found: Walked,
    entries: Entries,
    notes: Notes,
    visits: HashMap<Id, u64>,
    /// Devices of file systems in which files are views of the kernel: reading one may never end.
    kernel: Vec<u64>,
}

/// Depths at which the directories began that change how what lies in them is taken.
#[derive(Default)]
struct Inside {
    link: Option<usize>,
    objects: Option<usize>,
    code: Option<usize>,
}

impl Inside {
    /// Forgets the directories that an entry at `depth` is not in.
    fn leave(&mut self, depth: usize) {
        for begun in [&mut self.link, &mut self.objects, &mut self.code] {
            *begun = begun.filter(|&at| depth > at);
        }
    }
}

impl<'a> Walker<'a> {
    /// A walk that has not begun.
    pub(super) fn new(paths: &[PathBuf], exclude: &'a Exclude) -> Self {
        Self {
            exclude,
            given: paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect(),
            found: Walked::default(),
            entries: Entries::default(),
            notes: Notes::default(),
            visits: HashMap::new(),
            kernel: known::kernel(|path| Some(id(&fs::metadata(path).ok()?, path)?.0)),
        }
    }

    /// Walks below one path as long as `go_on` says so.
    pub(super) fn root(&mut self, root: &Path, go_on: &mut dyn FnMut(usize) -> bool) {
        let mut walk = WalkDir::new(root).follow_links(true).sort_by(by_bytes).into_iter();
        let mut inside = Inside::default();
        while let Some(next) = walk.next() {
            if !go_on(self.entries.names()) {
                return;
            }
            let entry = match next {
                Ok(entry) => entry,
                Err(error) => {
                    self.error(root, &error);
                    continue;
                }
            };
            inside.leave(entry.depth());
            if self.exclude.holds(entry.path(), root) {
                self.found.excluded = self.found.excluded.saturating_add(1);
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
            } else if entry.file_type().is_dir() {
                if !self.enter(&entry, &mut inside) {
                    walk.skip_current_dir();
                }
            } else {
                self.file(&entry, &inside);
            }
        }
    }

    /// What was found, sorted.
    pub(super) fn finish(mut self) -> Walked {
        self.entries.settle();
        self.found.entries = self.entries;
        self.found.notes = self.notes.finish();
        self.found
    }

    /// Whether to go into a directory.
    fn enter(&mut self, entry: &DirEntry, inside: &mut Inside) -> bool {
        if entry.path_is_symlink() && entry.depth() > 0 {
            inside.link = inside.link.or(Some(entry.depth()));
            self.leaves_root(entry.path());
        }
        if entry.depth() > 0 && known::is_object_store(entry.path()) {
            inside.objects = Some(entry.depth());
        }
        if entry.depth() > 0 && known::is_code_cache(entry.path()) {
            inside.code = Some(entry.depth());
        }
        let Some(id) = entry.metadata().ok().and_then(|data| id(&data, entry.path())) else { return true };
        if self.kernel.contains(&id.0) {
            self.special(entry.path(), "a view of the kernel");
            return false;
        }
        let visits = self.visits.entry(id).or_default();
        *visits = visits.saturating_add(1);
        if *visits > NAMES {
            let said =
                || format!("`{}` is one of many names of a directory: not walked again", name(entry.path()));
            self.notes.add(Kind::Tangle, said);
            return false;
        }
        true
    }

    fn file(&mut self, entry: &DirEntry, inside: &Inside) {
        let path = entry.path();
        if !entry.file_type().is_file() {
            return self.special(path, kind(entry.file_type()));
        }
        let object = inside.objects.is_some() && known::is_object(path);
        if object || (inside.code.is_some() && known::is_byte_code(path)) {
            self.found.passed_over = self.found.passed_over.saturating_add(1);
            return;
        }
        match entry.metadata() {
            Ok(data) if id(&data, path).is_some_and(|(device, _)| self.kernel.contains(&device)) => {
                self.special(path, "a view of the kernel");
            }
            Ok(data) if known::is_absence(path, data.len()) => {
                self.found.passed_over = self.found.passed_over.saturating_add(1);
            }
            Ok(data) => {
                let linked = entry.depth() > 0 && entry.path_is_symlink();
                let outside = if linked { self.leaves_root(path) } else { None };
                let odd = outside.map(|to| Odd { leaves_root: Some(to), trouble: None });
                self.found.names.note(path);
                self.entries.add(path, data.len(), id(&data, path), linked || inside.link.is_some(), odd);
            }
            Err(error) => self.unreadable(path, &error.into()),
        }
    }

    fn special(&mut self, path: &Path, what: &str) {
        self.found.special = self.found.special.saturating_add(1);
        self.notes.add(Kind::Special, || format!("`{}` is {what}: not opened", name(path)));
    }

    fn error(&mut self, root: &Path, error: &walkdir::Error) {
        if error.loop_ancestor().is_some() {
            return;
        }
        let path = error.path().unwrap_or(root);
        let kind = error.io_error().map_or(io::ErrorKind::Other, io::Error::kind);
        let cause = error.io_error().map_or_else(|| error.to_string(), reason);
        let found = fs::symlink_metadata(path);
        let link = found.as_ref().is_ok_and(Metadata::is_symlink);
        if error.depth() == 0 && (link || found.is_err()) {
            self.found.errors = self.found.errors.saturating_add(1);
            self.notes.add(Kind::Unreadable, || format!("cannot read `{}`: {cause}", name(path)));
        } else if link && fs::read_link(path).is_ok_and(|target| known::is_annexed(&target)) {
            let detail = "a git-annex link to a file that is not here; `git annex get` fetches it";
            self.unread(path, GapCode::Pointer, detail.to_owned());
        } else if link && leads_nowhere(kind, path) {
            self.notes.add(Kind::Dangling, || format!("`{}` is a link that leads nowhere", name(path)));
        } else if self.exclude.holds(path, root) {
            self.found.excluded = self.found.excluded.saturating_add(1);
        } else {
            self.unreadable(path, &io::Error::new(kind, cause));
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let cause = reason(error);
        self.notes.add(Kind::Unreadable, || format!("cannot read `{}`: {cause}", name(path)));
        self.unread(path, GapCode::Io, cause);
    }

    /// Adds a name with nothing to open.
    fn unread(&mut self, path: &Path, code: GapCode, detail: String) {
        let gap = Gap { code, members: Vec::new(), span: Span::default(), detail };
        let odd = Odd { leaves_root: None, trouble: Some(gap) };
        self.entries.add(path, 0, None, false, Some(odd));
    }

    /// Where a link leads, if that is out of everything given.
    fn leaves_root(&mut self, link: &Path) -> Option<Name> {
        let real = fs::canonicalize(link).ok()?;
        let within = self.given.iter().any(|given| real.starts_with(given));
        if within || layout::in_same_store(&fs::canonicalize(link.parent()?).ok()?, &real) {
            return None;
        }
        let to = fs::read_link(link).map_or_else(|_| Name::default(), |to| name(&to));
        self.notes.add(Kind::Leaves, || format!("`{}` leads out of what was given, to `{to}`", name(link)));
        Some(to)
    }
}

/// Sorts so that paths come in the order of their bytes: a directory's name counts with its `/`.
fn by_bytes(a: &DirEntry, b: &DirEntry) -> Ordering {
    let slash = |entry: &DirEntry| entry.file_type().is_dir().then_some(b'/');
    let (left, right) = (a.file_name().as_encoded_bytes(), b.file_name().as_encoded_bytes());
    left.iter().copied().chain(slash(a)).cmp(right.iter().copied().chain(slash(b)))
}

/// Whether following a link failed because there is nothing at its end, or no end.
fn leads_nowhere(kind: io::ErrorKind, path: &Path) -> bool {
    match kind {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => true,
        // Links in a circle. The kind has no stable name, and listing what is not a directory fails otherwise.
        io::ErrorKind::PermissionDenied => false,
        _ => fs::metadata(path).is_err(),
    }
}

#[cfg(unix)]
fn kind(of: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if of.is_fifo() {
        "a pipe"
    } else if of.is_socket() {
        "a socket"
    } else if of.is_block_device() || of.is_char_device() {
        "a device"
    } else {
        "neither file nor directory"
    }
}

#[cfg(not(unix))]
fn kind(_of: FileType) -> &'static str {
    "neither file nor directory"
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as elsewhere")]
fn id(data: &Metadata, _path: &Path) -> Option<Id> {
    use std::os::unix::fs::MetadataExt as _;
    Some((data.dev(), data.ino()))
}

/// Elsewhere the path behind all links stands for the file; hard links count as files of their own.
#[cfg(not(unix))]
fn id(_data: &Metadata, path: &Path) -> Option<Id> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let real = fs::canonicalize(path).ok()?;
    let digest = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (salt, &real).hash(&mut hasher);
        hasher.finish()
    };
    Some((digest(0), digest(1)))
}
