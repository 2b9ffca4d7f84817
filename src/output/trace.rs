//! What loading pickles would do, step by step: as a tree for people, as JSON Lines for programs.

mod json;
mod part;
mod tree;

use std::io::{self, Write};

use crate::{
    bytes::Name,
    facts::{Fact, Gap},
};

use super::Style;

/// One artifact of a traced file: the file itself, a member, or a pickle inside a pickle.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The members that lead to it, from the outermost in; none for the file itself.
    pub members: &'a [Name],
    /// What it says, in order.
    pub facts: &'a [Fact],
    /// What of it was not read.
    pub gaps: &'a [Gap],
}

/// Writes one file as an object on a line.
///
/// `imports` are the names that the streams look up; names that were reached through others stand in `calls`.
///
/// # Errors
/// What the system says when the output cannot be written.
pub fn line(out: &mut dyn Write, path: &Name, parts: &[Part<'_>], complete: bool) -> io::Result<()> {
    json::line(out, path, parts, complete)
}

/// Writes one file as a tree.
///
/// # Errors
/// What the system says when the output cannot be written.
pub fn tree(
    out: &mut dyn Write,
    path: &Name,
    parts: &[Part<'_>],
    complete: bool,
    style: &Style,
) -> io::Result<()> {
    tree::tree(out, path, parts, complete, style)
}

#[cfg(test)]
mod tests;
