//! What begins in the midst of other bytes: archives, packed streams, pickles, programs.
//!
//! | where | what is looked for | how far |
//! |---|---|---|
//! | holes, which no format explains | the first thing that a format is sure of, with all that follows it | 8 MiB from either end |
//! | free bytes, which a format has for its own and does not mind | what a format reads without a fault, as far as that goes | 8 MiB from either end |
//! | with `--deep`, data that loading only copies | the same | all of it |

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use regex::bytes::Regex;

use super::{
    detect::{self, Claims},
    imports,
};
use crate::{
    bytes::{Budget, Bytes, Name, Span, Spent, index, wide},
    facts::{Fact, Gap, GapCode, Said},
    formats::{Child, Collected, Emit, FORMATS, Format, Place, Role, Source, program},
};

/// How far from either end a range is looked through, unless all of it is to be.
const SEARCHED: u64 = 8 << 20;
/// Places of one kind in a range that are looked at closely.
const MOST: usize = 100_000;
/// Work that a close look takes, whatever comes of it.
const LOOK: u64 = 64;
/// Where a header of tar has its magic.
const TAR: usize = 257;

/// How archives, packed streams, pickles that say their protocol, and programs begin.
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let marks = [
        r"PK\x03\x04",
        r"\x1f\x8b\x08",
        r"BZh[1-9]",
        r"\xfd7zXZ\x00",
        r"7z\xbc\xaf\x27\x1c",
        r"\x04\x22\x4d\x18",
        r"\x28\xb5\x2f\xfd",
        r"\x80[\x02-\x05]",
        r"\x7fELF",
        r"MZ",
        r"[\xce\xcf]\xfa\xed\xfe",
        r"ustar",
    ];
    Regex::new(&format!("(?s-u){}", marks.join("|"))).ok()
});

/// Something to read, and the language if it is a program.
pub(super) type Found = (Child, Option<&'static str>);

/// Looks through the bytes of one artifact.
pub(super) struct Search<'a> {
    bytes: &'a Bytes,
    inner: Place,
    budget: &'a Budget,
}

impl<'a> Search<'a> {
    pub(super) fn new(bytes: &'a Bytes, place: &Place, budget: &'a Budget) -> Self {
        let inner = Place {
            names: vec![Name::default()],
            depth: place.depth.saturating_add(1),
            role: Role::Slack,
            deep: false,
            mapped: false,
        };
        Self { bytes, inner, budget }
    }

    /// The first thing that begins in each hole, with the rest of the hole.
    pub(super) fn holes(&self, holes: &[Span]) -> Vec<Child> {
        let mut found = Vec::new();
        for hole in holes {
            let Ok(mut starts) = self.starts(*hole, SEARCHED) else { break };
            starts.insert(0, Start { at: hole.start, text: false });
            // What begins where the artifact does is the artifact itself.
            let mut starts = starts.into_iter().filter(|start| start.at > 0);
            if let Some(start) = starts.find(|&start| self.looks(start, hole.end())) {
                found.push(self.child(Span::between(start.at, hole.end()), Role::Slack));
            }
        }
        found
    }

    /// What lies in free bytes.
    ///
    /// # Errors
    /// [`Spent`] if the bytes are more than the budget allows to search.
    pub(super) fn free(&self, ranges: &[Span]) -> Result<Vec<Child>, Spent> {
        let mut found = Vec::new();
        for range in ranges {
            found.extend(self.within(*range, SEARCHED, Role::Slack)?.into_iter().map(|(child, _)| child));
        }
        Ok(found)
    }

    /// What lies anywhere in the bytes but at their start.
    ///
    /// # Errors
    /// [`Spent`] if the bytes are more than the budget allows to search.
    pub(super) fn all(&self) -> Result<Vec<Found>, Spent> {
        self.within(Span::between(1, self.bytes.size()), u64::MAX, Role::Any)
    }

    fn within(&self, range: Span, far: u64, role: Role) -> Result<Vec<Found>, Spent> {
        let mut found: Vec<Found> = Vec::new();
        let mut end = range.start.max(1);
        for start in self.starts(range, far)? {
            if start.at < end {
                continue;
            }
            self.budget.spend(LOOK)?;
            if let Some((to, language)) = self.reads(start, range.end()) {
                end = to;
                found.push((self.child(Span::between(start.at, to), role), language));
            }
        }
        Ok(found)
    }

    fn child(&self, span: Span, role: Role) -> Child {
        let bytes = self.bytes.slice(span.start, span.len).unwrap_or_else(|| self.bytes.from(span.start));
        let name = Name::from(format!("bytes@{}", span.start));
        Child { name, span: Some(span), source: Source::Open(bytes), role }
    }

    /// Places in a range, up to `far` from either end, at which something seems to begin.
    fn starts(&self, range: Span, far: u64) -> Result<Vec<Start>, Spent> {
        let ends = if range.len <= far.saturating_mul(2) {
            vec![range]
        } else {
            vec![Span::new(range.start, far), Span::between(range.end().saturating_sub(far), range.end())]
        };
        let mut starts = Vec::new();
        for part in ends {
            self.budget.spend(part.len >> 4)?;
            let part = index(part.start)..index(part.end()).min(self.bytes.len());
            let Some(bytes) = self.bytes.get(part.clone()) else { continue };
            let mut add =
                |at: usize, text| starts.push(Start { at: wide(part.start.saturating_add(at)), text });
            for at in marks(bytes) {
                add(if bytes.get(at) == Some(&b'u') { at.saturating_sub(TAR) } else { at }, false);
            }
            imports::starts(bytes, |at| add(at, true));
        }
        starts.sort_unstable();
        starts.dedup();
        Ok(starts)
    }

    /// Whether something begins here of which a format is sure and can read a part, or that convinces after a trial.
    fn looks(&self, start: Start, end: u64) -> bool {
        let Some(part) = self.bytes.slice(start.at, end.saturating_sub(start.at)) else { return false };
        let can_read = |format: &dyn Format| {
            let (whole, collected) = parsed(format, &part, &self.inner, self.budget);
            if collected.children.is_empty() { whole } else { opens(&collected) }
        };
        let claims = start.claims(&part, &self.inner);
        self.budget.spend(LOOK).is_ok()
            && (claims.sure.iter().any(|format| can_read(*format))
                || tried(&claims, &part, &self.inner, self.budget).is_some())
    }

    /// Where what begins here ends, if a format is sure of it and reads it without a fault, or a pickle acts.
    fn reads(&self, start: Start, end: u64) -> Option<(u64, Option<&'static str>)> {
        let part = self.bytes.slice(start.at, end.saturating_sub(start.at))?;
        let broke = |gap: &Gap| matches!(gap.code, GapCode::Truncated | GapCode::Malformed);
        let ends = |collected: &Collected| {
            let ends = collected.covered.as_slice().iter().map(|span| span.end()).max();
            ends.filter(|&end| end > 0).map(|end| start.at.saturating_add(end))
        };
        let claims = start.claims(&part, &self.inner);
        for format in &claims.sure {
            let (whole, collected) = parsed(*format, &part, &self.inner, self.budget);
            let shut = !collected.children.is_empty() && !opens(&collected);
            if whole && !shut && !collected.gaps.iter().any(broke) {
                return ends(&collected).map(|end| (end, program(format.about().name)));
            }
        }
        let strict = Place { role: Role::Embedded, ..self.inner.clone() };
        let acts = |fact: &Fact| matches!(fact.said, Said::Call(_) | Said::Mutation(_));
        let tried =
            tried(&claims, &part, &strict, self.budget).filter(|found| found.facts.iter().any(acts))?;
        Some((ends(&tried).unwrap_or(end), None))
    }
}

/// A place at which something seems to begin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    at: u64,
    /// Whether it can only be a pickle of pure text.
    text: bool,
}

impl Start {
    /// The formats that may read what begins here.
    fn claims(self, part: &Bytes, place: &Place) -> Claims {
        if self.text {
            let pickle = FORMATS.iter().copied().find(|format| format.about().name == "pickle");
            return Claims { sure: Vec::new(), trial: pickle.into_iter().collect() };
        }
        detect::claims(part, place)
    }
}

/// What a format says of the bytes, and whether it read them without a fault.
fn parsed(format: &dyn Format, part: &Bytes, place: &Place, budget: &Budget) -> (bool, Collected) {
    let mut emit = Emit::new(place, budget);
    let outcome = catch_unwind(AssertUnwindSafe(|| format.parse(part, &mut emit)));
    (matches!(outcome, Ok(Ok(()))), emit.finish())
}

/// Whether a member can be read. Letters that spell the head of an archive lead to none.
fn opens(collected: &Collected) -> bool {
    let shut = |child: &Child| collected.gaps.iter().any(|gap| Some(gap.span) == child.span);
    collected.children.iter().any(|child| !shut(child))
}

/// What a format says that only a trial makes sure.
fn tried(claims: &Claims, part: &Bytes, place: &Place, budget: &Budget) -> Option<Collected> {
    claims.trial.iter().find_map(|format| {
        let (_, collected) = parsed(*format, part, place, budget);
        format.convinces(&collected, part, place, false).then_some(collected)
    })
}

/// Where a mark stands, also within another.
fn marks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut from = 0;
    let next = move || {
        let found = MARKS.as_ref()?.find_at(bytes, from)?;
        from = found.start().saturating_add(1);
        Some(found.start())
    };
    std::iter::from_fn(next).take(MOST)
}
