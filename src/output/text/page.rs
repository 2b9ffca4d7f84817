//! Lines on a page: wrapped, indented, and without power over whatever shows them.

use std::io::{self, Write};

use super::{Ink, Style};
use crate::{findings::Severity, output::escape};

/// Where the text of a finding begins.
const MARGIN: usize = 12;
/// Where the text after a label begins, counted from the margin.
const LABEL: usize = 6;

/// A page under the pen. Text may come as it stands in a file: it is escaped here.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    style: &'a Style,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write, style: &'a Style) -> Self {
        Self { out, style }
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A paragraph from the left edge.
    pub(super) fn inked(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        for line in self.wrapped(text, 0) {
            writeln!(self.out, "{}", (self.style.paint)(ink, &line))?;
        }
        Ok(())
    }

    /// The head of a file: its path, and what it is.
    pub(super) fn head(&mut self, path: &str, what: &str) -> io::Result<()> {
        let what = (self.style.paint)(Ink::Faint, &escape::shown(what));
        let path = escape::guarded(&escape::shown(path));
        writeln!(self.out, "{}  {what}", (self.style.paint)(Ink::Strong, &path))
    }

    /// Whether a headline takes no more than a line.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.wrapped(text, MARGIN).len() == 1
    }

    /// A severity in the margin, and a headline beside it.
    pub(super) fn headline(&mut self, severity: Severity, text: &str) -> io::Result<()> {
        self.margin(Ink::Severity(severity), severity.word(), text, true)
    }

    /// A word in the margin, and a paragraph beside it.
    pub(super) fn beside(&mut self, ink: Ink, word: &str, text: &str) -> io::Result<()> {
        self.margin(ink, word, text, false)
    }

    fn margin(&mut self, ink: Ink, word: &str, text: &str, strong: bool) -> io::Result<()> {
        for (at, line) in self.wrapped(text, MARGIN).into_iter().enumerate() {
            let word = if at == 0 { word } else { "" };
            let lead = format!("  {word:<9} ");
            let lead = if at == 0 { lead.replacen(word, &(self.style.paint)(ink, word), 1) } else { lead };
            let line = if at == 0 && strong { (self.style.paint)(Ink::Strong, &line) } else { line };
            writeln!(self.out, "{lead}{line}")?;
        }
        Ok(())
    }

    /// A paragraph under a finding.
    pub(super) fn under(&mut self, text: &str) -> io::Result<()> {
        let lead = " ".repeat(MARGIN);
        for line in self.wrapped(text, MARGIN) {
            writeln!(self.out, "{lead}{line}")?;
        }
        Ok(())
    }

    /// A label under a finding, with a paragraph.
    pub(super) fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let lines = self.wrapped(text, MARGIN.saturating_add(LABEL));
        self.lines(label, &lines)
    }

    /// A label under a finding, with a line that is never broken.
    pub(super) fn whole(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.lines(label, &[escape::shown(text)])
    }

    fn lines(&mut self, label: &str, lines: &[String]) -> io::Result<()> {
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let padded = format!("{label:<LABEL$}");
            let margin = " ".repeat(MARGIN);
            writeln!(
                self.out,
                "{margin}{}{}",
                (self.style.paint)(Ink::Faint, &padded),
                escape::guarded(line)
            )?;
        }
        Ok(())
    }

    /// Escaped text in lines that fit when `indent` columns stand before them.
    fn wrapped(&self, text: &str, indent: usize) -> Vec<String> {
        let width = self.style.width.saturating_sub(indent).max(24);
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let word = escape::shown(word);
            let Some(last) = lines.last_mut() else { continue };
            let together = last.chars().count().saturating_add(word.chars().count()).saturating_add(1);
            if last.is_empty() {
                *last = word;
            } else if together <= width {
                last.push(' ');
                last.push_str(&word);
            } else {
                lines.push(word);
            }
        }
        lines.iter().map(|line| escape::guarded(line)).collect()
    }
}
