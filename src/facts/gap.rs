//! What was not read, and why.

use serde::Serialize;

use crate::bytes::{Name, Short, Span, Spent};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident = $word:literal;)*) => {
        /// Why something was not read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum GapCode {
            $($(#[doc = $doc])+ $code,)*
        }

        impl GapCode {
            /// Every code with its word and its meaning.
            pub const ALL: &[(Self, &str, &str)] = &[$((Self::$code, $word, concat!($($doc),+)),)*];

            /// The word that stands for it in reports and rules.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }
        }
    };
}

codes! {
    /// The input ends before the structure does.
    Truncated = "truncated";
    /// The structure contradicts itself or its specification.
    Malformed = "malformed";
    /// A version, method or feature that is not read.
    Unsupported = "unsupported";
    /// Encrypted content.
    Encrypted = "encrypted";
    /// Bytes behind the end of the structure that nothing explains.
    Trailing = "trailing";
    /// Bytes before or within the structure that nothing explains.
    Unexplained = "unexplained";
    /// Two readings that real loaders make of the same bytes differ.
    Disagreement = "disagreement";
    /// A value that decides what is imported, called or read could not be worked out.
    Unresolved = "unresolved";
    /// The file stands in for another that is not here.
    Pointer = "pointer";
    /// No format claims a file that has a model's name or stands in a model's place.
    Unrecognised = "unrecognised";
    /// A limit was reached.
    Limit = "limit";
    /// The system could not read it.
    Io = "io";
    /// The file changed while it was read.
    Changed = "changed";
    /// A parser gave up in an unforeseen way: a defect of mlscan.
    Panicked = "panicked";
}

/// A part that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Why.
    pub code: GapCode,
    /// The members that lead to it, from the outermost in.
    pub members: Vec<Name>,
    /// Where, in the innermost member.
    pub span: Span,
    /// What exactly, in a few words.
    pub detail: String,
}

/// Why a parser stopped. It always ends as a [`Gap`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// Why.
    pub code: GapCode,
    /// Where; from there to the end nothing was read.
    pub at: u64,
    /// What exactly, in a few words.
    pub detail: String,
}

impl Fault {
    /// A fault of any kind.
    pub fn new(code: GapCode, at: u64, detail: impl Into<String>) -> Self {
        Self { code, at, detail: detail.into() }
    }

    /// The structure contradicts itself or its specification.
    pub fn malformed(at: u64, detail: impl Into<String>) -> Self {
        Self::new(GapCode::Malformed, at, detail)
    }

    /// A version, method or feature that is not read.
    pub fn unsupported(at: u64, detail: impl Into<String>) -> Self {
        Self::new(GapCode::Unsupported, at, detail)
    }

    /// The input ends before the structure does.
    pub fn truncated(at: u64, detail: impl Into<String>) -> Self {
        Self::new(GapCode::Truncated, at, detail)
    }
}

impl From<Short> for Fault {
    fn from(short: Short) -> Self {
        Self::new(GapCode::Truncated, short.at, short.to_string())
    }
}

impl From<Spent> for Fault {
    fn from(spent: Spent) -> Self {
        Self::new(GapCode::Limit, 0, spent.to_string())
    }
}
