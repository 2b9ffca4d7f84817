//! Why an encoding could not be read on.

use crate::bytes::{Short, Spent};

/// Where reading stopped, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Wrong {
    /// Offset of what is wrong.
    pub at: u64,
    /// Why.
    pub why: Why,
    /// What exactly, in a few words.
    pub what: &'static str,
}

/// The kinds of reasons to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The input ends before the structure does.
    Ended,
    /// The bytes do not follow the encoding.
    Malformed,
    /// It is nested deeper, or holds more, than the reader was allowed to follow.
    TooMuch,
    /// A limit of the user was reached.
    Spent(Spent),
}

impl Wrong {
    /// The input ends at `at`, within `what`.
    #[must_use]
    pub const fn ended(at: u64, what: &'static str) -> Self {
        Self { at, why: Why::Ended, what }
    }

    /// The bytes at `at` do not follow the encoding.
    #[must_use]
    pub const fn malformed(at: u64, what: &'static str) -> Self {
        Self { at, why: Why::Malformed, what }
    }

    /// What begins at `at` is more than the reader may follow.
    #[must_use]
    pub const fn too_much(at: u64, what: &'static str) -> Self {
        Self { at, why: Why::TooMuch, what }
    }
}

impl From<Spent> for Wrong {
    fn from(spent: Spent) -> Self {
        Self { at: 0, why: Why::Spent(spent), what: "a limit was reached" }
    }
}

impl From<Short> for Wrong {
    fn from(short: Short) -> Self {
        Self::ended(short.at, "the input ends too early")
    }
}
