//! One compressed file: gzip, zlib, bzip2, xz, lzma, lz4, zstd, and joblib's old `ZF` header around zlib.
//!
//! What comes out is one child. joblib writes its pickles into such streams (`joblib/compressor.py`,
//! `joblib/numpy_pickle_utils.py`, `_detect_compressor`), so the child may be joblib's. Bytes behind the
//! last stream are left to others: no loader reads them.

mod zfile;

use crate::{
    bytes::{Bytes, Name, Span, index, wide},
    facts::{Anomaly, Entry, Fault, GapCode, Member},
    formats::{About, Child, Emit, Format, Level, Place, Role, Source, Sure},
    wire::{
        path,
        stream::{self, Broken, Cause, Codec, Unpacked},
    },
};

/// Compressed files.
pub(super) struct Compressed;

static ABOUT: About = About {
    name: "compressed",
    title: "compressed file (gzip, zlib, bzip2, xz, lzma, lz4, zstd)",
    level: Level::Content,
    refines: &[],
    extensions: &["gz", "z", "bz2", "xz", "lzma", "lz4", "zst"],
    model: false,
};

/// Longest extra field of a gzip header that writers make: bgzip's has 6 bytes.
const EXTRA: u64 = 32;

/// Extensions that go when a file is unpacked, and what comes instead.
const EXTENSIONS: &[(&str, &str)] = &[
    ("gz", ""),
    ("gzip", ""),
    ("z", ""),
    ("zlib", ""),
    ("bz2", ""),
    ("xz", ""),
    ("lzma", ""),
    ("lz4", ""),
    ("zst", ""),
    ("zstd", ""),
    ("tgz", ".tar"),
    ("tbz2", ".tar"),
    ("txz", ".tar"),
    ("tzst", ".tar"),
];

impl Format for Compressed {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        if stream::detect(input).is_some() || zfile::header(input).is_some() {
            return Sure::Yes;
        }
        if stream::suppose(input).is_some() { Sure::Maybe } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        if let Some(header) = zfile::header(input) {
            return zfile(&header, input, out);
        }
        let codec = stream::detect(input).or_else(|| stream::suppose(input));
        let codec = codec.ok_or_else(|| Fault::malformed(0, "no compressed stream"))?;
        let name = inner_name(codec, input, out);
        let unpacked = stream::unpack(codec, input, out.budget());
        give(codec, name, 0, unpacked, out)
    }
}

/// Hands over what came out of the streams that begin at `base`.
fn give(codec: Codec, name: Name, base: u64, un: Unpacked, out: &mut Emit<'_>) -> Result<(), Fault> {
    let span = Span::new(base, un.end);
    let member = Member {
        name: name.clone(),
        size: un.bytes.size(),
        packed: un.end,
        method: codec.word(),
        container: "compressed",
        ..Member::default()
    };
    out.fact(span, member);
    if un.fault.is_none() || un.bytes.size() > 0 {
        let source = Source::Open(un.bytes);
        out.child(Child { name, span: Some(span), source, role: Role::Joblib });
    }
    out.covered(span);
    match un.fault {
        None => Ok(()),
        Some(broken) => Err(fault(broken).within(base)),
    }
}

/// Why a stream could not be read on, as a parser says it.
pub(super) fn fault(broken: Broken) -> Fault {
    let code = match broken.why {
        Cause::Ended => GapCode::Truncated,
        Cause::Malformed => GapCode::Malformed,
        Cause::Unsupported => GapCode::Unsupported,
        Cause::TooMuch => GapCode::Limit,
        Cause::Io => GapCode::Io,
    };
    Fault::new(code, broken.at, broken.what)
}

/// Reads joblib's old header with its stream.
fn zfile(header: &zfile::Header, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
    let head = Span::new(0, header.len);
    out.covered(head);
    let unpacked = stream::unpack(Codec::Zlib, &input.from(header.len), out.budget());
    if unpacked.fault.is_none() && unpacked.bytes.size() != header.size {
        let detail = format!("the header says {} bytes, {} come out", header.size, unpacked.bytes.size());
        out.fact(head, Anomaly { what: "size-differs", detail, acted: false });
    }
    let name = stem(&out.place().name()).unwrap_or_else(|| out.place().name());
    give(Codec::Zlib, name, header.len, unpacked, out)
}

/// The name of what is inside: the file's own without the extension, or the one that gzip's header gives.
fn inner_name(codec: Codec, input: &Bytes, out: &mut Emit<'_>) -> Name {
    let outer = out.place().name();
    let header = match codec {
        Codec::Gzip => stream::gzip_header(input).ok().flatten(),
        _ => None,
    };
    if let Some(header) = &header {
        out.free(Span::new(0, header.len));
    }
    if let Some(extra) = header.as_ref().map(|header| header.extra).filter(|&extra| extra > EXTRA) {
        let detail = format!("an extra field of {extra} bytes, which no reader of gzip looks at");
        out.fact(Span::new(10, extra), Anomaly { what: "extra-field", detail, acted: false });
    }
    let written = header.and_then(|header| header.name).filter(|name| !name.is_empty());
    if let Some(name) = &written {
        let hazards = path::hazards(name);
        if !hazards.is_empty() {
            let entry = Entry { name: name.clone(), what: "file", hazards, target: Name::default() };
            out.fact(Span::new(0, 10), entry);
        }
    }
    let base = written.map(|name| Name::from(name.file_name()));
    stem(&outer).or(base).unwrap_or_else(|| Name::from(outer.file_name()))
}

/// The file name without an extension that compressing added.
fn stem(outer: &Name) -> Option<Name> {
    let file = outer.file_name();
    let extension = outer.extension();
    let (_, instead) = EXTENSIONS.iter().find(|(known, _)| *known == extension)?;
    let len = wide(file.len()).checked_sub(wide(extension.len()))?.checked_sub(1)?;
    let kept = file.get(..index(len)).filter(|kept| !kept.is_empty())?;
    Some(Name::from([kept, instead.as_bytes()].concat()))
}

#[cfg(test)]
mod tests;
