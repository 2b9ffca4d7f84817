//! How a report looks, apart from its words.

use crate::findings::Severity;

/// What a piece of text is, so that it can have a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The word for a severity.
    Severity(Severity),
    /// Something that carries the eye.
    Strong,
    /// Something for whoever looks closer.
    Faint,
    /// Good news.
    Good,
}

/// Width and colours.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns that a line may take; code and paths are never broken.
    pub width: usize,
    /// Gives a piece of text its colour.
    pub paint: fn(Ink, &str) -> String,
}

impl Default for Style {
    /// A hundred columns, no colour.
    fn default() -> Self {
        Self { width: 100, paint: |_, text| text.to_owned() }
    }
}
