//! Files as the walk keeps them: small, with directories shared.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use super::{
    super::layout::{self, Promise},
    Target,
    notes::name,
};
use crate::{bytes::Name, facts::Gap};

/// What tells one real file from another.
pub(super) type Id = (u64, u64);

/// One name of one file.
#[derive(Debug)]
struct Entry {
    directory: usize,
    file: Box<OsStr>,
    size: u64,
    id: Option<Id>,
    /// Whether a link stands on the way from what was given to here.
    linked: bool,
}

/// What few entries have.
#[derive(Debug, Default)]
pub(super) struct Odd {
    /// Where a link out of everything given leads.
    pub(super) leaves_root: Option<Name>,
    /// Why it cannot be read.
    pub(super) trouble: Option<Gap>,
}

/// All names found, then, once settled, all files with their other names.
#[derive(Debug, Default)]
pub(super) struct Entries {
    directories: Vec<PathBuf>,
    entries: Vec<Entry>,
    odd: BTreeMap<usize, Odd>,
    /// Entries that stand for a file, in order.
    files: Vec<usize>,
    /// Other names by entry.
    aliases: BTreeMap<usize, Vec<usize>>,
}

impl Entries {
    /// Adds one name.
    pub(super) fn add(&mut self, path: &Path, size: u64, id: Option<Id>, linked: bool, odd: Option<Odd>) {
        let directory = path.parent().unwrap_or_else(|| Path::new(""));
        let file = path.file_name().unwrap_or_default();
        // A path such as `..` or `/` has no file name: then the directory is all of it.
        let directory = if file.is_empty() { path } else { directory };
        if self.directories.last().is_none_or(|last| last != directory) {
            self.directories.push(directory.to_owned());
        }
        if let Some(odd) = odd {
            self.odd.insert(self.entries.len(), odd);
        }
        let directory = self.directories.len().saturating_sub(1);
        self.entries.push(Entry { directory, file: file.into(), size, id, linked });
    }

    /// Number of names so far.
    pub(super) fn names(&self) -> usize {
        self.entries.len()
    }

    /// Sorts the names and makes one file of those that are the same one.
    pub(super) fn settle(&mut self) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let sorted = |pair: &[usize]| {
            let [a, b] = pair else { return true };
            self.name(*a) <= self.name(*b)
        };
        if !order.windows(2).all(sorted) {
            order.sort_by_cached_key(|&at| self.name(at));
        }
        let mut rank = vec![0; order.len()];
        for (place, &at) in order.iter().enumerate() {
            if let Some(slot) = rank.get_mut(at) {
                *slot = place;
            }
        }
        let key = |at: &usize| {
            let entry = self.entries.get(*at)?;
            Some((entry.id?, self.standing(*at), rank.get(*at).copied()))
        };
        let mut same: Vec<usize> = order.iter().copied().filter(|at| key(at).is_some()).collect();
        same.sort_by_key(key);
        let mut other = vec![false; self.entries.len()];
        let mut aliases: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for group in same.chunk_by(|a, b| key(a).map(|k| k.0) == key(b).map(|k| k.0)) {
            let [first, rest @ ..] = group else { continue };
            for &at in rest {
                aliases.entry(*first).or_default().push(at);
                if let Some(slot) = other.get_mut(at) {
                    *slot = true;
                }
            }
        }
        order.retain(|&at| !other.get(at).copied().unwrap_or_default());
        self.files = order;
        self.aliases = aliases;
    }

    /// How well a name stands for its file, best first: one without links, one by links, one that tells
    /// people nothing.
    fn standing(&self, at: usize) -> Option<u8> {
        let entry = self.entries.get(at)?;
        let named = || Promise::of(self.name(at).as_bytes()).is_some_and(Promise::is_name);
        let digest = entry.file.len() >= layout::DIGITS && named();
        Some(if digest { 2 } else { u8::from(entry.linked) })
    }

    /// Number of files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        let sizes = self.files.iter().filter_map(|&at| self.entries.get(at)).map(|entry| entry.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// One file.
    pub(super) fn get(&self, place: usize) -> Option<Target> {
        let at = *self.files.get(place)?;
        let path = self.name(at);
        let others = self.aliases.get(&at).map_or(&[][..], Vec::as_slice);
        let mut aliases: Vec<Name> = others.iter().map(|&other| self.name(other)).collect();
        aliases.sort_unstable();
        aliases.dedup();
        aliases.retain(|alias| *alias != path);
        let odd = std::iter::once(&at).chain(others).filter_map(|at| self.odd.get(at));
        let leaves_root = odd.filter_map(|odd| odd.leaves_root.clone()).next();
        let trouble = self.odd.get(&at).and_then(|odd| odd.trouble.clone());
        let size = self.entries.get(at)?.size;
        Some(Target { real: self.path(at), path, aliases, size, leaves_root, trouble })
    }

    fn path(&self, at: usize) -> PathBuf {
        let Some(entry) = self.entries.get(at) else { return PathBuf::new() };
        let directory = self.directories.get(entry.directory).map_or(Path::new(""), PathBuf::as_path);
        if entry.file.is_empty() { directory.to_owned() } else { directory.join(&*entry.file) }
    }

    fn name(&self, at: usize) -> Name {
        name(&self.path(at))
    }
}
