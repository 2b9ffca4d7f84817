//! The header: a Python dictionary.

use super::dtype::{self, Dtype};
use crate::{
    bytes::{Span, wide},
    facts::{Anomaly, Fault, GapCode},
    formats::{Emit, looks},
    wire::{
        Why,
        python::{Kind, Literal, Node},
    },
};

/// CPython's parser follows 200 brackets.
const DEPTH: usize = 200;
/// Values in a header.
const VALUES: usize = 1 << 20;
/// What `numpy.load` refuses unless it is told otherwise (`max_header_size`), or to unpickle.
const LARGE: u64 = 10_000;

/// What the header says.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) dtype: Dtype,
    /// The type as it is spelled.
    pub(super) spelled: Vec<u8>,
    pub(super) shape: Vec<i128>,
}

/// Reads a header of format version `major`, which stands at offset `base`.
pub(super) fn read(bytes: &[u8], major: u8, base: u64, out: &mut Emit<'_>) -> Result<Header, Fault> {
    out.spend(wide(bytes.len()))?;
    let span = Span::new(base, wide(bytes.len()));
    if span.len > LARGE {
        let detail = format!("a header of {} bytes", span.len);
        out.fact(span, Anomaly { what: "large-header", detail, acted: false });
    }
    if major >= 3 && std::str::from_utf8(bytes).is_err() {
        return Err(Fault::malformed(base, "the header is not UTF-8"));
    }
    let literal = Literal::read(bytes, DEPTH, VALUES).map_err(|wrong| {
        let fault = Fault::from(wrong).within(base);
        let code = if wrong.why == Why::TooMuch { GapCode::Unsupported } else { GapCode::Malformed };
        Fault { code, ..fault }
    })?;
    if literal.end() < span.len || major >= 3 && literal.long() {
        return Err(Fault::malformed(base.saturating_add(literal.end()), "the header is no Python literal"));
    }
    let root = literal.root();
    if root.kind() != Kind::Dict {
        return Err(Fault::malformed(base, "the header is no dictionary"));
    }
    interpret(root, base, out)
}

fn interpret(root: Node<'_, '_>, base: u64, out: &mut Emit<'_>) -> Result<Header, Fault> {
    let (mut descr, mut order, mut shape) = (None, None, None);
    for (key, value) in root.entries() {
        let span = Span::new(key.span().start.saturating_add(base), key.span().len);
        let name = key.text().filter(|_| key.kind() == Kind::Text);
        let place = match name.as_deref() {
            Some(b"descr") => &mut descr,
            Some(b"fortran_order") => &mut order,
            Some(b"shape") => &mut shape,
            _ => return Err(Fault::malformed(span.start, "the header has a key that is none of its three")),
        };
        if place.replace(value).is_some() {
            let detail =
                format!("the header has the key {} twice; NumPy keeps the last", looks::cut(key.raw()));
            out.fact(span, Anomaly { what: "duplicate-key", detail, acted: false });
        }
    }
    let (Some(descr), Some(order), Some(shape)) = (descr, order, shape) else {
        return Err(Fault::malformed(base, "the header lacks one of its three keys"));
    };
    if !matches!(order.kind(), Kind::True | Kind::False) {
        return Err(Fault::malformed(
            base.saturating_add(order.span().start),
            "fortran_order is no truth value",
        ));
    }
    let dimensions: Option<Vec<_>> = shape.items().map(Node::integer).collect();
    match dimensions.filter(|_| shape.kind() == Kind::Tuple) {
        Some(dimensions) => {
            Ok(Header { dtype: dtype::of(descr), spelled: descr.raw().to_vec(), shape: dimensions })
        }
        None => {
            Err(Fault::malformed(base.saturating_add(shape.span().start), "the shape is no tuple of numbers"))
        }
    }
}
