//! What `--deep` looks for in data that loading only copies: programs, archives and pickles between the weights.

use memchr::memmem;

use super::{detect, slack};
use crate::{
    bytes::{Budget, Bytes, Name, Span, Spent, wide},
    formats::{Child, Emit, Place, Role, Source, program},
};

/// How what is looked for begins.
const MARKS: [&[u8]; 10] = [
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04\x95",
    b"\x80\x05\x95",
];
/// Places of one artifact that are looked at closely.
const MOST: usize = 100_000;

/// What was found: something to read, and the language if it is a program.
pub(super) type Found = (Child, Option<&'static str>);

/// Programs, archives and pickles that begin anywhere in the bytes but at their start and in what was handed
/// over already.
///
/// # Errors
/// [`Spent`] if the bytes are more than the budget allows to search.
pub(super) fn children(
    bytes: &Bytes,
    known: &[Span],
    place: &Place,
    budget: &Budget,
) -> Result<Vec<Found>, Spent> {
    budget.spend(bytes.size() >> 3)?;
    let inner = Place {
        names: vec![Name::default()],
        depth: place.depth.saturating_add(1),
        role: Role::Slack,
        deep: false,
        mapped: false,
    };
    let mut found: Vec<Found> = Vec::new();
    let mut end = 1;
    for at in starts(bytes) {
        if at < end || known.iter().any(|span| span.start <= at && at < span.end()) {
            continue;
        }
        let part = bytes.from(at);
        if let Some((len, language)) = begins(&part, &inner, budget) {
            end = at.saturating_add(len);
            let name = Name::from(format!("bytes@{at}"));
            let source = Source::Open(bytes.slice(at, len).unwrap_or(part));
            found.push((Child { name, span: Some(Span::new(at, len)), source, role: Role::Any }, language));
        }
    }
    Ok(found)
}

fn starts(bytes: &Bytes) -> Vec<u64> {
    let mut starts: Vec<u64> =
        MARKS.iter().flat_map(|mark| memmem::find_iter(bytes, mark).take(MOST).map(wide)).collect();
    starts.sort_unstable();
    starts
}

/// How long what begins here is, if a format is sure of it and reads it without a fault, or convinces.
fn begins(part: &Bytes, place: &Place, budget: &Budget) -> Option<(u64, Option<&'static str>)> {
    let claims = detect::claims(part, place);
    for format in claims.sure {
        let mut emit = Emit::new(place, budget);
        if format.parse(part, &mut emit).is_ok() {
            let covered = emit.finish().covered;
            let end = covered.as_slice().iter().map(|span| span.end()).max().filter(|&end| end > 0);
            return end.map(|end| (end, program(format.about().name)));
        }
    }
    slack::begins(part, place, budget).then_some((part.size(), None))
}
