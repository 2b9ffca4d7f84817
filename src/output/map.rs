//! The layout of a file: which bytes are explained by whom, and which by nobody.

mod text;

use std::io::{self, Write};

use serde::Serialize;

use super::{Style, escape};
use crate::bytes::{Name, Span};

/// What a range of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// Headers, tables and whatever else a format reads or steps over itself.
    Structure,
    /// Data that loading only copies.
    Data,
    /// Something that is read for what it is.
    Member,
    /// Something that was found where no format explains anything.
    Found,
    /// Zeros, few enough to be filling.
    Padding,
    /// Bytes that nothing explains.
    Unexplained,
    /// What was not read, and why.
    Gap,
}

impl What {
    /// The word that stands for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Data => "data",
            Self::Member => "member",
            Self::Found => "found",
            Self::Padding => "padding",
            Self::Unexplained => "unexplained",
            Self::Gap => "gap",
        }
    }
}

/// A range of the bytes of one artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// Where.
    #[serde(flatten)]
    pub span: Span,
    /// What it is.
    pub what: What,
    /// The format that explains it; the code of a gap.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub by: &'static str,
    /// The member's name.
    #[serde(skip_serializing_if = "Name::is_empty")]
    pub name: Name,
    /// More in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Whether another range explains some of the same bytes.
    pub shared: bool,
}

/// The ranges of one artifact: the file itself or something in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// The members that lead to it, from the outermost in; none for the file itself.
    pub members: Vec<Name>,
    /// Formats that claim it.
    pub formats: Vec<&'static str>,
    /// Number of bytes.
    pub size: u64,
    /// Offset of its first byte in the file; nothing if it was unpacked.
    pub file_offset: Option<u64>,
    /// Its ranges by offset.
    pub ranges: Vec<Range>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a Name,
    complete: bool,
    artifacts: &'a [Layout],
}

/// Writes one file as an object on a line.
///
/// # Errors
/// What the system says when the output cannot be written.
pub fn line(out: &mut dyn Write, path: &Name, artifacts: &[Layout], complete: bool) -> io::Result<()> {
    escape::line(out, &File { path, complete, artifacts })
}

/// Writes one file as a table for each artifact.
///
/// # Errors
/// What the system says when the output cannot be written.
pub fn table(
    out: &mut dyn Write,
    path: &Name,
    artifacts: &[Layout],
    complete: bool,
    style: &Style,
) -> io::Result<()> {
    text::table(out, path, artifacts, complete, style)
}

#[cfg(test)]
mod tests;
