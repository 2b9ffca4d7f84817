//! Why a stream could not be read on.

use std::io;

/// Where reading stopped, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Broken {
    /// Offset in the input.
    pub at: u64,
    /// Why.
    pub why: Cause,
    /// What exactly, in a few words.
    pub what: String,
}

/// The kinds of reasons to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The input ends before the stream does.
    Ended,
    /// The bytes do not follow the encoding, or a check does not fit.
    Malformed,
    /// A dictionary or a method that is not there.
    Unsupported,
    /// It would take more than is allowed.
    TooMuch,
    /// What came out could not be kept.
    Io,
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        let kind = match broken.why {
            Cause::Ended => io::ErrorKind::UnexpectedEof,
            Cause::TooMuch => io::ErrorKind::OutOfMemory,
            Cause::Unsupported => io::ErrorKind::Unsupported,
            Cause::Malformed | Cause::Io => io::ErrorKind::InvalidData,
        };
        Self::new(kind, broken)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof => Cause::Ended,
            io::ErrorKind::OutOfMemory => Cause::TooMuch,
            io::ErrorKind::Unsupported => Cause::Unsupported,
            _ => Cause::Malformed,
        };
        Self { at: 0, why, what: error.to_string() }
    }
}

impl Broken {
    /// Reading stopped at `at`.
    pub(crate) fn new(why: Cause, at: u64, what: impl Into<String>) -> Self {
        Self { at, why, what: what.into() }
    }
}
