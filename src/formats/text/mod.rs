//! Plain text: UTF-8, UTF-16 and UTF-32 behind a mark, and eight-bit text without controls.
//!
//! Files up to 4 MiB are looked at whole. Of larger ones the first and last 64 KiB are, and sixteen pages
//! between them, evenly spaced. Text is only ever a guess: a pickle of protocol 0 is text too.
//!
//! A `.pth` file that is text is one of Python's path files: `site.py` (`addpackage`) runs each of its
//! lines that begins with `import`, whenever Python starts.

mod encoding;

use crate::{
    bytes::{Bytes, Name, Span, index, wide},
    facts::{Fault, Text as Said},
    formats::{About, Emit, Format, Level, Place, Sure},
};

use encoding::Encoding;

/// Plain text.
pub(super) struct Text;

static ABOUT: About = About {
    name: "text",
    title: "plain text",
    level: Level::Recognised,
    refines: &[],
    extensions: &["txt", "md", "rst", "py", "json", "yaml", "yml", "toml", "cfg", "ini", "csv", "tsv", "pth"],
    model: false,
};

/// Files up to this size are looked at whole.
const WHOLE: u64 = 4 << 20;
/// Bytes at either end of larger ones.
const ENDS: u64 = 64 << 10;
/// Pages between the ends.
const PAGES: u64 = 16;
/// Bytes that decide whether it may be text.
const PROBE: u64 = 4096;
/// Characters of a line that are kept.
const LINE: usize = 2000;

impl Format for Text {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        let Some(encoding) = Encoding::of(input) else { return Sure::No };
        let tail = input.size().saturating_sub(PROBE);
        let spans = [Span::new(0, PROBE.min(input.size())), Span::between(tail, input.size())];
        let fits = spans.iter().all(|&span| bad(encoding, input, span).is_none());
        if fits { Sure::Maybe } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let encoding = Encoding::of(input).ok_or_else(|| Fault::malformed(0, "this is no text"))?;
        if out.place().name().extension() == "pth" {
            path_hooks(input, out);
        }
        for span in samples(input.size()) {
            out.spend(span.len >> 6)?;
            if let Some(at) = bad(encoding, input, span) {
                out.free(Span::new(0, at));
                return Err(Fault::malformed(at, "text up to here, then bytes that are none"));
            }
        }
        out.free(Span::new(0, input.size()));
        Ok(())
    }
}

/// The parts that are looked at.
fn samples(size: u64) -> Vec<Span> {
    if size <= WHOLE {
        return vec![Span::new(0, size)];
    }
    let step = size.checked_div(PAGES.saturating_add(1)).unwrap_or(size);
    let pages = (1..=PAGES).map(|page| Span::new(step.saturating_mul(page), PROBE));
    let ends = [Span::new(0, ENDS), Span::between(size.saturating_sub(ENDS), size)];
    ends.into_iter().chain(pages).collect()
}

/// Offset of the first byte in `span` that does not belong to text.
fn bad(encoding: Encoding, input: &Bytes, span: Span) -> Option<u64> {
    // A part may begin and end within a character.
    let part = input.get(index(span.start)..index(span.end().min(input.size()))).unwrap_or_default();
    let whole = (span.start == 0, span.end() >= input.size());
    encoding.bad(part, whole, span.start).map(|at| span.start.saturating_add(wide(at)))
}

/// States the lines that Python would run.
fn path_hooks(input: &Bytes, out: &mut Emit<'_>) {
    let what = if out.place().installed() { "installed-path-hook" } else { "path-hook" };
    let mut at = 0;
    let text = input.get(..index(WHOLE)).unwrap_or(input);
    for line in text.split_inclusive(|&byte| byte == b'\n' || byte == b'\r') {
        let span = Span::new(at, wide(line.len()));
        at = span.end();
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_end();
        if line.starts_with(b"import ") || line.starts_with(b"import\t") {
            let value = Name::from(line.get(..LINE).unwrap_or(line));
            out.fact(span, Said { what, value });
        }
    }
}

#[cfg(test)]
mod tests;
