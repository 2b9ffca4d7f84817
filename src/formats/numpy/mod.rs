//! NumPy's `.npy`: one array, or several one after the other.
//!
//! | bytes | what |
//! |---|---|
//! | 6 | `\x93NUMPY` |
//! | 2 | version: 1.0, 2.0 or 3.0 |
//! | 2, or 4 from 2.0 on | length of the header, little-endian |
//! | length | a Python dictionary `descr`, `fortran_order`, `shape`; Latin-1, or UTF-8 from 3.0 on |
//! | rest | the elements, or a pickle if their type holds objects |
//!
//! The reference is `numpy/lib/_format_impl.py` (`read_array`, `descr_to_dtype`; `numpy/lib/format.py` before
//! NumPy 2.3). `numpy.load` takes a file that does not begin with the magic for a pickle or a zip: those are
//! other formats. Elements are not read. What stands behind a header that NumPy would refuse is handed over to
//! be read for what it is; behind one that is not understood here, as the pickle that it may be.

mod dtype;
mod header;
mod names;

use header::Header;

use crate::{
    bytes::{Bytes, Cursor, Name, Span},
    facts::{Cost, Fault, GapCode},
    formats::{About, Child, Emit, Format, Level, Place, Role, Source, Sure, looks},
};

const MAGIC: &[u8] = b"\x93NUMPY";
/// A longer header is not read.
const HEADER: u64 = 16 << 20;
/// Bytes of an array that are worth a word when the file does not hold them.
const COSTLY: u128 = 1 << 28;
/// Units of work that one array costs.
const WORK: u64 = 64;

/// The format.
pub(super) struct Numpy;

static ABOUT: About = About {
    name: "numpy",
    title: "NumPy array",
    level: Level::Structure,
    refines: &[],
    extensions: &["npy"],
    model: true,
};

impl Format for Numpy {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _place: &Place) -> Sure {
        match input.starts_with(MAGIC) {
            true => Sure::Yes,
            false if !input.is_empty() && MAGIC.starts_with(input) => Sure::Maybe,
            false => Sure::No,
        }
    }

    fn reads_head(&self) -> bool {
        true
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut at = 0;
        loop {
            out.spend(WORK)?;
            let Some(end) = array(input, at, out)? else { return Ok(()) };
            let rest = input.from(end);
            if rest.is_empty() {
                return Ok(());
            }
            if !rest.starts_with(MAGIC) {
                let span = Span::between(end, input.size());
                out.gap(GapCode::Trailing, span, format!("{} bytes behind the array", span.len));
                hand_over(input, end, "trailing", Role::Any, out);
                return Ok(());
            }
            at = end;
        }
    }
}

/// Reads one array; gives its end, or nothing if the rest of the file was handed over.
fn array(input: &Bytes, start: u64, out: &mut Emit<'_>) -> Result<Option<u64>, Fault> {
    let mut cursor = Cursor::at_offset(input, start);
    if cursor.array::<6>()?.as_slice() != MAGIC {
        return Err(Fault::malformed(start, "the magic is missing"));
    }
    let version = (cursor.u8()?, cursor.u8()?);
    let len = match version {
        (1, 0) => u64::from(cursor.u16()?),
        (2 | 3, 0) => u64::from(cursor.u32()?),
        (major, minor) => return Err(Fault::unsupported(start, format!("format version {major}.{minor}"))),
    };
    out.covered(cursor.since(start));
    let base = cursor.at();
    let bytes = cursor.take(len)?;
    if len > HEADER {
        return Err(Fault::unsupported(base, format!("a header of {len} bytes")));
    }
    let end = cursor.at();
    out.covered(cursor.since(base));
    match header::read(bytes, version.0, base, out) {
        Ok(header) => Ok(data(input, &header, Span::new(base, len), out)),
        Err(fault) if fault.code == GapCode::Limit => Err(fault),
        Err(fault) => {
            let role = if fault.code == GapCode::Unsupported { Role::NumpyObject } else { Role::Any };
            out.gap(fault.code, Span::between(fault.at.min(end), end), fault.detail);
            hand_over(input, end, "data", role, out);
            Ok(None)
        }
    }
}

/// Accounts for the data behind a header; gives their end, or nothing if the rest was handed over.
fn data(input: &Bytes, header: &Header, at: Span, out: &mut Emit<'_>) -> Option<u64> {
    let start = at.end();
    if header.dtype.object {
        if start == input.size() {
            out.gap(GapCode::Truncated, Span::new(start, 0), "the pickle of an array of objects is missing");
            return None;
        }
        hand_over(input, start, "pickle", Role::NumpyObject, out);
        return None;
    }
    let spelled = looks::cut(&header.spelled);
    if !header.dtype.known {
        out.gap(GapCode::Unresolved, at, format!("the type {spelled} is not understood"));
        hand_over(input, start, "data", Role::NumpyObject, out);
        return None;
    }
    let shape: Vec<_> = header.shape.iter().take(16).map(i128::to_string).collect();
    let shape = shape.join("×");
    let mut counts = header.shape.iter().map(|&n| u64::try_from(n).ok());
    let elements = counts.try_fold(1_u64, |product, n| product.checked_mul(n?)).filter(|&n| n < 1 << 63);
    let Some((elements, size)) = elements.zip(header.dtype.size) else {
        let detail = format!("an array of {shape} elements of type {spelled}");
        out.fact(at, Cost { what: "shape", amount: u64::MAX, detail: detail.clone() });
        out.gap(GapCode::Malformed, at, detail);
        hand_over(input, start, "data", Role::Any, out);
        return None;
    };
    let wanted = u128::from(elements).saturating_mul(size.into());
    let there = input.size().saturating_sub(start);
    if wanted <= there.into() {
        let span = Span::new(start, u64::try_from(wanted).unwrap_or(there));
        out.covered(span);
        return Some(span.end());
    }
    short(wanted, Span::new(start, there), &format!("{shape} elements of type {spelled}"), at, out);
    None
}

/// States that the file ends before the array does.
fn short(wanted: u128, there: Span, array: &str, header: Span, out: &mut Emit<'_>) {
    let amount = u64::try_from(wanted).unwrap_or(u64::MAX);
    if wanted > COSTLY && wanted >> 4 > there.len.into() {
        let detail =
            format!("loading takes {amount} bytes of memory for {array}; the file has {}", there.len);
        out.fact(header, Cost { what: "memory", amount, detail });
    }
    let detail = format!("{array} take {amount} bytes, {} are there", there.len);
    out.gap(GapCode::Truncated, Span::new(there.end(), 0), detail);
    out.covered(there);
}

/// Hands over everything from `start` on.
fn hand_over(input: &Bytes, start: u64, name: &str, role: Role, out: &mut Emit<'_>) {
    let bytes = input.from(start);
    if !bytes.is_empty() {
        let span = Some(Span::between(start, input.size()));
        out.child(Child { name: Name::from(name), span, source: Source::Open(bytes), role });
    }
}

#[cfg(test)]
mod tests;
