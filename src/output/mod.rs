//! Floor 4: writers, each a [`Sink`].

mod escape;
mod json;
pub mod map;
mod spool;
mod text;
pub mod trace;

use std::io;

use crate::findings::{Report, Scanned, Summary, Tool};

pub use escape::{json_document, shown};
pub use json::Json;
pub use text::{Ink, Style, Text, counted, size, unopened};

/// Takes a scan as it comes: files in order, each once.
pub trait Sink {
    /// Before the first file.
    ///
    /// # Errors
    /// What the system says when the output cannot be written.
    fn begin(&mut self, tool: &Tool) -> io::Result<()>;

    /// One file.
    ///
    /// # Errors
    /// As for [`Sink::begin`].
    fn file(&mut self, scanned: &Scanned) -> io::Result<()>;

    /// After the last file.
    ///
    /// # Errors
    /// As for [`Sink::begin`].
    fn end(&mut self, summary: &Summary) -> io::Result<()>;
}

impl Sink for Report {
    fn begin(&mut self, tool: &Tool) -> io::Result<()> {
        *self = Self::new(tool.clone());
        Ok(())
    }

    fn file(&mut self, scanned: &Scanned) -> io::Result<()> {
        self.artifacts.extend(scanned.artifact.clone());
        self.findings.extend(scanned.findings.iter().cloned());
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.summary = summary.clone();
        self.outcome = summary.outcome;
        self.exit_code = summary.exit_code;
        Ok(())
    }
}
