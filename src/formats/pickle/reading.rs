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

use crate::bytes::index;

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

/// What the caller of a loader sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) encoding: Encoding,
    pub(super) buffers: bool,
    pub(super) reuse: bool,
}

/// Readings in all: each of [`USES`] with three encodings, without and with buffers.
const COUNT: u32 = 42;
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
/// The first of [`USES`] with each encoding, without and with buffers.
const FIRSTS: u64 = 0x0008_1020_4081;

/// The reading of a number below [`COUNT`].
fn reading(number: u32) -> Reading {
    let reuse = USES.get(index(u64::from(number % 7))).is_some_and(|&(_, reuse)| reuse);
    let encoding = match number / 7 % 3 {
        0 => Encoding::Ascii,
        1 => Encoding::Latin1,
        _ => Encoding::Bytes,
    };
    Reading { encoding, buffers: number / 7 >= 3, reuse }
}

/// A set of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Readings(u64);

impl Readings {
    /// Every reading.
    pub(super) const ALL: Self = Self(FIRSTS.wrapping_mul(0x7f));
    const PYTHON: Self = Self(FIRSTS.wrapping_mul(0x48));

    /// The members that satisfy a condition.
    pub(super) fn only(self, holds: impl Fn(&Reading) -> bool) -> Self {
        let fit = self.each().filter(|(_, reading)| holds(reading));
        fit.fold(Self::default(), |kept, (one, _)| kept | one)
    }

    /// The members by loader and whether it is used again.
    pub(super) fn uses(self) -> impl Iterator<Item = (Self, Loader, bool)> {
        let sets = (0_u32..).map(move |at| Self(self.0 & FIRSTS.wrapping_shl(at)));
        sets.zip(USES).filter(|(set, _)| !set.is_empty()).map(|(set, (loader, reuse))| (set, loader, reuse))
    }

    /// The members one by one, each as a set.
    fn each(self) -> impl Iterator<Item = (Self, Reading)> {
        let members = (0..COUNT).map(|number| (Self(1_u64.wrapping_shl(number)), reading(number)));
        members.filter(move |(one, _)| self.0 & one.0 != 0)
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
        } else if self.only(|reading| !reading.reuse).is_empty() {
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
        assert_eq!(Readings::ALL.each().count(), 42);
        let uses = Readings::ALL.uses().filter(|&(_, loader, _)| loader == Loader::Python);
        let python = uses.fold(Readings::default(), |joined, (set, _, _)| joined | set);
        assert_eq!((Readings::ALL.python(), Readings::ALL.c()), (python, Readings::ALL.without(python)));
        assert_eq!(python.each().count(), 12);
        let again = Readings::ALL.only(|reading| reading.reuse);
        assert_eq!((again.each().count(), again.word(Readings::ALL)), (18, "reuse"));
        let joined = again.uses().fold(Readings::default(), |joined, (set, _, _)| joined | set);
        assert_eq!((joined, again.uses().count()), (again, 3));
    }
}
