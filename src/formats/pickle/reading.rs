//! The ways in which CPython reads one stream, each somebody's loader.
//!
//! | reading | who |
//! |---|---|
//! | C from a file without `peek` | `torch.load` of a zip, `io.BytesIO` |
//! | C with `peek` | `pickle.load(open(path, "rb"))`, gzip, zipfile |
//! | C from memory | `pickle.loads` |
//! | pure Python | joblib, PyPy |
//! | one Unpickler used again | loops that keep it: the memo and what was read ahead stay |
//!
//! Encodings of 8-bit strings and out-of-band buffers are set by the caller of any of them.

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

/// One way of reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) loader: Loader,
    pub(super) encoding: Encoding,
    pub(super) buffers: bool,
    pub(super) reuse: bool,
}

const fn plain(loader: Loader) -> Reading {
    Reading { loader, encoding: Encoding::Ascii, buffers: false, reuse: false }
}

const fn encoded(loader: Loader, encoding: Encoding) -> Reading {
    Reading { encoding, ..plain(loader) }
}

/// All of them.
pub(super) static READINGS: [Reading; 11] = [
    plain(Loader::File),
    plain(Loader::Peek),
    plain(Loader::Memory),
    plain(Loader::Python),
    Reading { reuse: true, ..plain(Loader::File) },
    encoded(Loader::File, Encoding::Latin1),
    encoded(Loader::Python, Encoding::Latin1),
    encoded(Loader::File, Encoding::Bytes),
    encoded(Loader::Python, Encoding::Bytes),
    Reading { buffers: true, ..plain(Loader::File) },
    Reading { buffers: true, ..plain(Loader::Python) },
];

/// A set of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Readings(u16);

impl Readings {
    /// Every reading.
    pub(super) const ALL: Self = Self(0x7ff);

    /// The members that satisfy a condition.
    pub(super) fn only(self, holds: impl Fn(&Reading) -> bool) -> Self {
        let mut kept = 0;
        for (at, reading) in READINGS.iter().enumerate() {
            let bit = 1_u16.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
            if self.0 & bit != 0 && holds(reading) {
                kept |= bit;
            }
        }
        Self(kept)
    }

    /// The members one by one, each as a set.
    pub(super) fn each(self) -> impl Iterator<Item = (Self, Reading)> {
        READINGS.iter().enumerate().filter_map(move |(at, reading)| {
            let bit = 1_u16.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
            (self.0 & bit != 0).then_some((Self(bit), *reading))
        })
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn python(self) -> Self {
        self.only(|reading| reading.loader == Loader::Python)
    }

    pub(super) fn c(self) -> Self {
        self.only(|reading| reading.loader != Loader::Python)
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
