//! The ways in which CPython reads one stream, each somebody's loader.
//!
//! | reading | who |
//! |---|---|
//! | C from a file without `peek` | `torch.load` of a zip, `io.BytesIO` |
//! | C with `peek` | `pickle.load(open(path, "rb"))`, gzip, zipfile |
//! | C from memory | `pickle.loads` |
//! | pure Python | joblib, PyPy |
//!
//! From a file, one Unpickler may be used again for the next stream: its memo stays, and in C what it has read
//! ahead. Encodings of 8-bit strings and out-of-band buffers are set by the caller of any of them.

use std::ops::BitOr;

/// How the bytes reach the unpickler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loader {
    /// C, from a file without `peek`: a FRAME is read ahead exactly.
    File,
    /// C, from a buffered file: what is buffered is only looked at.
    Peek,
    /// C, from memory.
    Memory,
    /// `pickle._Unpickler`.
    Python,
}

/// What 8-bit strings become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Ascii,
    Latin1,
    Bytes,
}

/// The loaders, first with an Unpickler for each stream and then with one that is used again.
const USES: [(Loader, bool); 7] = [
    (Loader::File, false),
    (Loader::Peek, false),
    (Loader::Memory, false),
    (Loader::Python, false),
    (Loader::File, true),
    (Loader::Peek, true),
    (Loader::Python, true),
];
/// A reading is a number below 42: [`USES`] first with each [`Encoding`] in order and without buffers, then all
/// that with them. These are the first of [`USES`] each time.
const FIRSTS: u64 = 0x0008_1020_4081;

/// A set of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Readings(u64);

impl Readings {
    /// Every reading.
    pub(super) const ALL: Self = Self(FIRSTS.wrapping_mul(0x7f));
    const PYTHON: Self = Self(FIRSTS.wrapping_mul(0x48));

    /// The members with an encoding.
    pub(super) const fn encoded(self, encoding: Encoding) -> Self {
        let ascii = 0x0fe0_007f_u64;
        Self(match encoding {
            Encoding::Ascii => self.0 & ascii,
            Encoding::Latin1 => self.0 & ascii.wrapping_shl(7),
            Encoding::Bytes => self.0 & ascii.wrapping_shl(14),
        })
    }

    /// The members with out-of-band buffers.
    pub(super) const fn buffered(self) -> Self {
        Self(self.0 & 0x03ff_ffe0_0000)
    }

    /// The members whose Unpickler is used again.
    pub(super) const fn reused(self) -> Self {
        Self(self.0 & FIRSTS.wrapping_mul(0x70))
    }

    /// The members by loader and whether it is used again.
    pub(super) fn uses(self) -> impl Iterator<Item = (Self, Loader, bool)> {
        let sets = (0_u32..).map(move |at| Self(self.0 & FIRSTS.wrapping_shl(at)));
        sets.zip(USES).filter(|(set, _)| !set.is_empty()).map(|(set, (loader, reuse))| (set, loader, reuse))
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn python(self) -> Self {
        Self(self.0 & Self::PYTHON.0)
    }

    pub(super) const fn c(self) -> Self {
        self.without(Self::PYTHON)
    }

    /// The members whose loader, C or Python, satisfies a condition.
    pub(super) fn by_language(self, holds: impl Fn(Loader) -> bool) -> Self {
        let c = if holds(Loader::File) { self.c() } else { Self::default() };
        let python = if holds(Loader::Python) { self.python() } else { Self::default() };
        c | python
    }

    /// The word that facts use for a set: `all`, `some` or `reuse`.
    pub(super) fn word(self, whole: Self) -> &'static str {
        if self == whole {
            "all"
        } else if self.without(self.reused()).is_empty() {
            "reuse"
        } else {
            "some"
        }
    }
}

impl BitOr for Readings {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_hold_what_they_are_called() {
        let count = |set: Readings| set.0.count_ones();
        assert_eq!(count(Readings::ALL), 42);
        let uses = Readings::ALL.uses().filter(|&(_, loader, _)| loader == Loader::Python);
        let python = uses.fold(Readings::default(), |joined, (set, _, _)| joined | set);
        assert_eq!((Readings::ALL.python(), Readings::ALL.c()), (python, Readings::ALL.without(python)));
        assert_eq!(count(python), 12);
        let again = Readings::ALL.reused();
        assert_eq!((count(again), again.word(Readings::ALL)), (18, "reuse"));
        let joined = again.uses().fold(Readings::default(), |joined, (set, _, _)| joined | set);
        assert_eq!((joined, again.uses().count()), (again, 3));
        let buffered = Readings::ALL.buffered();
        assert_eq!((count(buffered), count(again.buffered())), (21, 9));
        let kinds =
            [Encoding::Ascii, Encoding::Latin1, Encoding::Bytes].map(|one| Readings::ALL.encoded(one));
        assert!(kinds.iter().all(|&kind| count(kind) == 14 && count(kind.buffered()) == 7));
        assert!(kinds.iter().all(|&kind| count(kind.reused()) == 6));
        let joined = kinds.into_iter().fold(Readings::default(), |joined, kind| joined | kind);
        assert_eq!(joined, Readings::ALL);
    }
}
