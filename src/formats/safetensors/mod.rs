//! safetensors: a JSON header and the bytes of tensors, with no code.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | length `n` of the header, little-endian, at most 100,000,000 |
//! | 8 | n | a JSON object, padded with spaces: name → `dtype`, `shape`, `data_offsets`; `__metadata__` → strings |
//! | 8 + n | rest | the data, which the tensors tile |
//!
//! The reference is the Rust loader (`safetensors/src/tensor.rs`, `SafeTensors::read_metadata`). It refuses
//! overlaps, holes, trailing bytes, wrong sizes, unknown types, text behind the object other than JSON white
//! space, a second `__metadata__`, metadata that is no text, and a repeated field of a tensor. It accepts a
//! repeated tensor name (the last counts), white space before the brace, unaligned headers, and fields that
//! it does not know. All of these are stated here, as some loader somewhere accepts each. Tensor data is not
//! read.

mod dtype;
mod header;
mod tiling;

use header::{Entry, Header};
use tiling::Tiling;

use crate::{
    bytes::{Bytes, Cursor, Name, Span, index},
    facts::{Anomaly, Fault, GapCode, Tensor},
    formats::{About, Child, Emit, Format, Level, Place, Role, Source, Sure},
};

/// `MAX_HEADER_SIZE` of the reference loader.
const HEADER: u64 = 100_000_000;
/// Bytes of the header that decide what the file is.
const HEAD: u64 = 4096;
/// Odd tensors and holes that are stated one by one.
const STATED: usize = 64;

/// The format.
pub(super) struct Safetensors;

static ABOUT: About = About {
    name: "safetensors",
    title: "safetensors",
    level: Level::Structure,
    refines: &[],
    extensions: &["safetensors"],
    model: true,
};

impl Format for Safetensors {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _place: &Place) -> Sure {
        let mut cursor = Cursor::new(input);
        let Ok(len) = cursor.u64() else {
            return if input.is_empty() { Sure::No } else { Sure::Maybe };
        };
        let head = cursor.rest().get(..index(HEAD.min(len))).unwrap_or(cursor.rest());
        let text = head.trim_ascii_start();
        let opened = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        let speaks = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        match opened.and_then(<[u8]>::first) {
            Some(b'"') if len <= HEADER && (speaks(b"\"dtype\"") || speaks(b"\"__metadata__\"")) => Sure::Yes,
            Some(b'"' | b'}') if len <= HEADER && len <= input.size() => Sure::Yes,
            _ if len <= HEADER.max(input.size()) => Sure::Maybe,
            _ => Sure::No,
        }
    }

    fn reads_head(&self) -> bool {
        true
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut cursor = Cursor::new(input);
        let len = cursor.u64()?;
        if len > HEADER {
            return Err(Fault::malformed(
                0,
                format!("a header of {len} bytes; loaders refuse more than {HEADER}"),
            ));
        }
        let header = cursor.take(len).inspect_err(|_| out.covered(Span::new(0, 8)))?;
        let base = cursor.at();
        out.spend(len >> 6)?;
        let read = Header::new(header, 8, out).read();
        let (entries, end) = read.map_err(|fault| {
            let fault = within_header(fault);
            out.covered(Span::between(0, fault.at));
            fault
        })?;
        padding(header, end, out);
        if !base.is_multiple_of(8) {
            let detail = format!("the data begin at offset {base}, no multiple of 8");
            out.fact(Span::new(0, 8), Anomaly { what: "unaligned-header", detail, acted: false });
        }
        out.covered(Span::new(0, input.size()));
        tensors(input, header, &entries, base, out);
        Ok(())
    }
}

/// The fault in the coordinates of the file. A header that is all there is not cut short, but malformed.
fn within_header(fault: Fault) -> Fault {
    let code = if fault.code == GapCode::Truncated { GapCode::Malformed } else { fault.code };
    Fault { code, ..fault }.within(8)
}

/// Looks at what stands between the JSON object and the data.
fn padding(header: &[u8], end: u64, out: &mut Emit<'_>) {
    let rest = header.get(index(end)..).unwrap_or_default();
    let span = Span::between(
        end.saturating_add(8),
        end.saturating_add(8).saturating_add(crate::bytes::wide(rest.len())),
    );
    if rest.iter().all(|&byte| byte == b' ') {
        return;
    }
    let detail = format!("{} bytes behind the header's object that are no spaces", span.len);
    if rest.iter().all(u8::is_ascii_whitespace) {
        out.fact(span, Anomaly { what: "header-padding", detail, acted: false });
    } else {
        out.gap(GapCode::Trailing, span, detail);
    }
}

/// States what is wrong with the tensors and their data.
fn tensors(input: &Bytes, header: &[u8], entries: &[Entry], base: u64, out: &mut Emit<'_>) {
    let data = input.size().saturating_sub(base);
    let dropped = tiling::superseded(header, entries);
    let mut tiling = tiling::tile(entries, &dropped, data);
    for &entry in dropped.iter().take(STATED) {
        repeated(header, entries, entry, out);
    }
    let count = tiling.odd.len();
    for odd in tiling.odd.drain(..).take(STATED) {
        state(header, entries, odd.entry, odd.oddities, out);
    }
    let more = count.saturating_sub(STATED).max(dropped.len().saturating_sub(STATED));
    if more > 0 {
        let detail = format!("{more} more tensors are not as they should be");
        out.fact(Span::new(8, 1), Anomaly { what: "many-odd-tensors", detail, acted: false });
    }
    if tiling.beyond > 0 {
        let missing = tiling.beyond.saturating_sub(data);
        out.gap(
            GapCode::Truncated,
            Span::new(input.size(), 0),
            format!("{missing} bytes of tensors are missing"),
        );
    }
    holes(input, &tiling, base, out);
}

/// A tensor whose name a later one bears too. Loaders that keep the first see another model if they differ.
fn repeated(header: &[u8], entries: &[Entry], at: usize, out: &mut Emit<'_>) {
    let Some(entry) = entries.get(at) else { return };
    let span = Span::new(entry.key.start.saturating_add(8), entry.key.len);
    let name = header::name(header, entry.key);
    let detail = format!("the header has the tensor \"{name}\" twice; loaders keep the last or the first");
    out.fact(span, Anomaly { what: "duplicate-key", detail: detail.clone(), acted: false });
    out.gap(GapCode::Disagreement, span, detail);
    state(header, entries, at, vec!["duplicate-name"], out);
}

fn state(header: &[u8], entries: &[Entry], at: usize, oddities: Vec<&'static str>, out: &mut Emit<'_>) {
    let Some(entry) = entries.get(at) else { return };
    let tensor = Tensor {
        name: header::name(header, entry.key),
        dtype: header::name(header, entry.dtype),
        shape: header::shape(header, entry.shape),
        bytes: entry.end.saturating_sub(entry.start),
        oddities,
    };
    out.fact(Span::new(entry.key.start.saturating_add(8), entry.key.len), tensor);
}

/// Bytes of the data that no tensor owns: a gap each, and handed over to be read for what they are.
fn holes(input: &Bytes, tiling: &Tiling, base: u64, out: &mut Emit<'_>) {
    for (number, hole) in tiling.holes.iter().enumerate() {
        let mut span = Span::new(hole.start.saturating_add(base), hole.len);
        if number == STATED {
            span = Span::between(span.start, input.size());
        }
        let last = span.end() == input.size();
        let (code, name) = if last { (GapCode::Trailing, "trailing") } else { (GapCode::Unexplained, "gap") };
        out.gap(code, span, format!("{} bytes belong to no tensor", span.len));
        if let Some(bytes) = input.slice(span.start, span.len) {
            let (name, source) = (Name::from(name), Source::Open(bytes));
            out.child(Child { name, span: Some(span), source, role: Role::Any });
        }
        if number == STATED {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
