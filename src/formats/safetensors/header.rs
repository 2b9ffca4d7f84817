//! The JSON header: what it says of each tensor, and what honest writers would not say.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::dtype;
use crate::{
    bytes::{Name, Span, wide},
    facts::{Anomaly, Fault, GapCode},
    formats::{Emit, looks},
    wire::json::{Kind, Reader, Token, text},
};

/// `serde_json` follows 127 brackets.
const DEPTH: usize = 127;
/// NumPy has at most 64 dimensions, other libraries fewer.
const DIMENSIONS: u64 = 64;
/// Units of work that one tensor costs; keeps the list of them small.
const WORK: u64 = 32;

/// What the header says of one tensor. Spans are offsets in the header.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) key: Span,
    pub(super) hash: u64,
    pub(super) dtype: Span,
    pub(super) shape: Span,
    /// Bytes by shape and type; nothing if they do not fit 64 bits or end within a byte.
    pub(super) wanted: Option<u64>,
    /// Whether the type is known.
    pub(super) known: bool,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Reads the header, which stands at offset `base` of the file.
pub(super) struct Header<'a, 'o, 'e> {
    reader: Reader<'a>,
    base: u64,
    out: &'o mut Emit<'e>,
    unsupported: bool,
}

impl<'a, 'o, 'e> Header<'a, 'o, 'e> {
    pub(super) fn new(bytes: &'a [u8], base: u64, out: &'o mut Emit<'e>) -> Self {
        Self { reader: Reader::new(bytes, DEPTH), base, out, unsupported: false }
    }

    /// The tensors, in the order of the header, and the offset behind the JSON object.
    pub(super) fn read(mut self) -> Result<(Vec<Entry>, u64), Fault> {
        self.reader.blank();
        if self.reader.at() > 0 {
            self.odd(Span::new(0, self.reader.at()), "header-start", "white space before the header's brace");
        }
        let first = self.next()?;
        if first.kind != Kind::Object {
            return Err(Fault::malformed(first.span.start, "the header is no JSON object"));
        }
        let mut entries = Vec::new();
        let mut described = false;
        loop {
            let key = self.next()?;
            if key.kind != Kind::Key {
                return Ok((entries, self.reader.at()));
            }
            if *self.text(key) != *b"__metadata__" {
                entries.push(self.tensor(key)?);
                continue;
            }
            if described {
                self.duplicate(key, b"__metadata__");
            }
            described = true;
            self.metadata()?;
        }
    }

    fn next(&mut self) -> Result<Token, Fault> {
        let at = self.reader.at();
        self.out.spend(1).map_err(|spent| Fault { at, ..spent.into() })?;
        self.reader.token()?.ok_or_else(|| Fault::malformed(at, "the header ends too early"))
    }

    fn text(&self, token: Token) -> Cow<'a, [u8]> {
        text(self.reader.raw(token.span))
    }

    fn span(&self, span: Span) -> Span {
        Span::new(span.start.saturating_add(self.base), span.len)
    }

    fn odd(&mut self, span: Span, what: &'static str, detail: impl Into<String>) {
        let span = self.span(span);
        self.out.fact(span, Anomaly { what, detail: detail.into(), acted: false });
    }

    fn duplicate(&mut self, key: Token, name: &[u8]) {
        self.odd(key.span, "duplicate-key", format!("the header has the key \"{}\" twice", looks::cut(name)));
    }

    fn wrong(token: Token, what: &str) -> Fault {
        Fault::malformed(token.span.start, what)
    }

    /// What is wrong with a name as a name; `serde_json` refuses lone surrogates.
    fn name(&mut self, key: Token) -> Cow<'a, [u8]> {
        let name = self.text(key);
        if std::str::from_utf8(&name).is_err() {
            self.odd(
                key.span,
                "lone-surrogate",
                format!("the name {} is no Unicode text", looks::cut(&name)),
            );
        }
        name
    }

    /// Steps over a field that a tensor has no use for; it is never there twice.
    fn unknown(&mut self, field: Token, name: &[u8]) -> Result<bool, Fault> {
        let detail = format!("a tensor has the field \"{}\"", looks::cut(name));
        self.odd(field.span, "unknown-field", detail);
        let work = self.reader.skip(field)?;
        self.out.spend(work)?;
        Ok(false)
    }

    fn tensor(&mut self, key: Token) -> Result<Entry, Fault> {
        self.out.spend(WORK)?;
        let name = self.name(key);
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let mut entry = Entry { key: key.span, hash: hasher.finish(), ..Entry::default() };
        let open = self.next()?;
        if open.kind != Kind::Object {
            return Err(Self::wrong(open, "what stands for a tensor is no JSON object"));
        }
        let (mut bits, mut elements, mut offsets) = (None, None, None);
        loop {
            let field = self.next()?;
            if field.kind != Kind::Key {
                break;
            }
            let field_name = self.text(field);
            let twice = match &*field_name {
                b"dtype" => bits.replace(self.dtype(&mut entry)?).is_some(),
                b"shape" => elements.replace(self.shape(&mut entry)?).is_some(),
                b"data_offsets" => offsets.replace(self.offsets()?).is_some(),
                other => self.unknown(field, other)?,
            };
            if twice {
                self.duplicate(field, &field_name);
            }
        }
        let (Some(bits), Some(elements), Some((start, end))) = (bits, elements, offsets) else {
            return Err(Self::wrong(open, "a tensor lacks its dtype, shape or data_offsets"));
        };
        let wanted: Option<u64> = elements.zip(bits).and_then(|(n, bits)| n.checked_mul(bits));
        entry.wanted = wanted.filter(|bits| bits % 8 == 0).map(|bits| bits >> 3);
        (entry.known, entry.start, entry.end) = (bits.is_some(), start, end);
        Ok(entry)
    }

    /// Bits of an element, if the type is known.
    fn dtype(&mut self, entry: &mut Entry) -> Result<Option<u64>, Fault> {
        let token = self.next()?;
        if token.kind != Kind::Text {
            return Err(Self::wrong(token, "a dtype is no string"));
        }
        entry.dtype = token.span;
        let name = self.text(token);
        let bits = dtype::bits(&name);
        if bits.is_none() && !self.unsupported {
            self.unsupported = true;
            let span = self.span(token.span);
            self.out.gap(GapCode::Unsupported, span, format!("the dtype {} is not known", looks::cut(&name)));
        }
        Ok(bits)
    }

    /// Number of elements; nothing if it does not fit 64 bits.
    fn shape(&mut self, entry: &mut Entry) -> Result<Option<u64>, Fault> {
        let open = self.next()?;
        let mut elements = Some(1_u64);
        let mut dimensions: u64 = 0;
        let close = self.numbers(open, |n| {
            elements = elements.and_then(|product| product.checked_mul(n));
            dimensions = dimensions.saturating_add(1);
        })?;
        entry.shape = Span::between(open.span.start, close.span.end());
        if dimensions > DIMENSIONS {
            self.odd(entry.shape, "many-dimensions", format!("a tensor of {dimensions} dimensions"));
        }
        Ok(elements)
    }

    fn offsets(&mut self) -> Result<(u64, u64), Fault> {
        let open = self.next()?;
        let mut both = [0, 0];
        let mut count = 0_usize;
        self.numbers(open, |n| {
            if let Some(place) = both.get_mut(count) {
                *place = n;
            }
            count = count.saturating_add(1);
        })?;
        match (count, both) {
            (2, [start, end]) => Ok((start, end)),
            _ => Err(Self::wrong(open, "data_offsets are not two numbers")),
        }
    }

    /// Reads an array of whole numbers that are not negative; gives back its end.
    fn numbers(&mut self, open: Token, mut each: impl FnMut(u64)) -> Result<Token, Fault> {
        if open.kind != Kind::Array {
            return Err(Self::wrong(open, "a shape or data_offsets are no array"));
        }
        loop {
            let token = self.next()?;
            if token.kind == Kind::ArrayEnd {
                return Ok(token);
            }
            let number =
                std::str::from_utf8(self.reader.raw(token.span)).ok().and_then(|raw| raw.parse().ok());
            match number {
                Some(number) if token.kind == Kind::Number => each(number),
                _ => return Err(Self::wrong(token, "a dimension or offset is no whole number")),
            }
        }
    }

    fn metadata(&mut self) -> Result<(), Fault> {
        let open = self.next()?;
        if open.kind != Kind::Object {
            self.odd(open.span, "metadata-not-text", "__metadata__ is no object of strings");
            let work = self.reader.skip(open)?;
            return Ok(self.out.spend(work)?);
        }
        let mut hashes = Vec::new();
        loop {
            let key = self.next()?;
            if key.kind != Kind::Key {
                break;
            }
            let name = self.name(key);
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            hashes.push(hasher.finish());
            let value = self.next()?;
            if value.kind == Kind::Text {
                let span = self.span(value.span);
                looks::metadata(self.out, span, &name, &self.text(value));
            } else {
                let detail = format!("the metadata \"{}\" is no string", looks::cut(&name));
                self.odd(value.span, "metadata-not-text", detail);
                let work = self.reader.skip(value)?;
                self.out.spend(work)?;
            }
        }
        let keys = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.len() < keys {
            self.odd(open.span, "duplicate-key", "__metadata__ has a key twice");
        }
        Ok(())
    }
}

/// The key or type that a span of the header holds.
pub(super) fn name(header: &[u8], span: Span) -> Name {
    looks::cut(&decoded(header, span))
}

/// What the string at a span of the header says.
pub(super) fn decoded(header: &[u8], span: Span) -> Cow<'_, [u8]> {
    let range = crate::bytes::index(span.start)..crate::bytes::index(span.end());
    text(header.get(range).unwrap_or_default())
}

/// The shape that a span of the header holds, as `2×3`.
pub(super) fn shape(header: &[u8], span: Span) -> String {
    let range = crate::bytes::index(span.start)..crate::bytes::index(span.end().min(wide(header.len())));
    let raw = header.get(range).unwrap_or_default();
    let numbers = raw.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let shown: Vec<_> = numbers.take(16).map(String::from_utf8_lossy).collect();
    shown.join("×")
}
