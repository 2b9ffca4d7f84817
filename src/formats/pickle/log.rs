//! What the machine noticed, kept until the file is read so that chains can be joined.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use super::{
    names::Names,
    numbers,
    opcodes::{self, code},
    reading::Readings,
    state::{Raise, State},
    value::{Kind, Value},
};
use crate::{
    bytes::{Name, Span, wide},
    facts::{Anomaly, Call, Code, Cost, GapCode, Mutation, Reference, Said, Storage, Stream},
    formats::Role,
};

/// A fact with the set of readings that see it; words are filled in at the end.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) said: Said,
    pub(super) span: Span,
    pub(super) readings: Readings,
    pub(super) count: u64,
    pub(super) stray: bool,
}

/// Bytes that loading reads again.
#[derive(Debug)]
pub(super) enum Nested {
    /// They stand in the file.
    Open { start: u64, len: u64 },
    /// They were worked out.
    Computed(Vec<u8>),
}

/// Worked-out bytes beyond this are not compared with others.
const COMPARED: usize = 1 << 16;

impl Nested {
    /// Whether these are the same bytes.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Open { start, len }, Self::Open { start: other, len: same }) => {
                (start, len) == (other, same)
            }
            (Self::Computed(bytes), Self::Computed(other)) => bytes.len() <= COMPARED && bytes == other,
            _ => false,
        }
    }
}

/// Everything that was noticed.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) noted: Vec<Noted>,
    pub(super) gaps: Vec<(GapCode, Span, String)>,
    pub(super) persistent: Vec<(Storage, Span)>,
    /// What is loaded again, and the offset of the call that does it.
    pub(super) nested: Vec<(u64, Nested, Role)>,
    /// Set where readings part in a way that no ordinary pickle does.
    pub(super) parted: bool,
    /// Bytes of constants that were looked at as text.
    pub(super) looked: u64,
    /// Facts of constants so far.
    told: usize,
    /// How often calls of one shape were seen, and where the last that was kept is.
    /// Units of work for notes since they were last paid for.
    pub(super) unpaid: u64,
    shapes: HashMap<u64, (u64, usize)>,
    chains: HashMap<u64, u64>,
}

/// Calls of one shape that are kept each; more are counted with the last.
const VARIANTS: u64 = 6;
/// Units of work of a note on a call or the like, which stays in memory until the file is judged.
const NOTE: u64 = 4096;
/// Nesting at which CPython's recursion limit is reached.
const DEEP: u64 = 900;
/// Facts of constants that are kept.
const TOLD: usize = 4096;
/// Gaps and anomalies that are kept.
const MOST: usize = 256;

impl Log {
    /// Whether a call of this shape is still worth describing; if not it is counted.
    pub(super) fn worth(&mut self, shape: u64, readings: Readings, n: u64) -> bool {
        let (seen, last) = self.shapes.entry(shape).or_insert((0, usize::MAX));
        *seen = seen.saturating_add(1);
        if *seen <= VARIANTS {
            return true;
        }
        if let Some(noted) = self.noted.get_mut(*last) {
            noted.count = noted.count.saturating_add(n);
            noted.readings = noted.readings | readings;
        }
        false
    }

    /// Keeps a call that is worth describing.
    pub(super) fn call(&mut self, shape: u64, call: Call, span: Span, s: &State, readings: Readings) {
        let at = self.noted.len();
        self.unpaid = self.unpaid.saturating_add(NOTE);
        self.note(call, span, s, readings);
        if let Some((_, last)) = self.shapes.get_mut(&shape) {
            *last = at;
        }
    }

    pub(super) fn mutation(&mut self, mutation: Mutation, s: &State, readings: Readings) {
        let mut hasher = DefaultHasher::new();
        (&mutation.target, mutation.how, &mutation.key, &mutation.value).hash(&mut hasher);
        if self.worth(hasher.finish(), readings, 1) {
            self.unpaid = self.unpaid.saturating_add(NOTE);
            self.note(mutation, opcode_span(s), s, readings);
        }
    }

    fn note(&mut self, said: impl Into<Said>, span: Span, s: &State, readings: Readings) {
        self.noted.push(Noted { said: said.into(), span, readings, count: 1, stray: s.stray });
    }

    pub(super) fn anomaly(&mut self, s: &State, what: &'static str, detail: String) {
        let same = |noted: &&mut Noted| matches!(&noted.said, Said::Anomaly(known) if known.what == what);
        if let Some(known) = self.noted.iter_mut().rev().take(MOST).find(same) {
            known.count = known.count.saturating_add(1);
            known.readings = known.readings | s.readings;
            return;
        }
        let acted = s.acted;
        self.note(Anomaly { what, detail, acted }, opcode_span(s), s, s.readings);
    }

    fn gap(&mut self, code: GapCode, s: &State, detail: impl Into<String>) {
        if self.gaps.len() < MOST && !s.stray {
            self.gaps.push((code, opcode_span(s), detail.into()));
        }
    }

    pub(super) fn unresolved(&mut self, s: &State, detail: &str) {
        self.gap(GapCode::Unresolved, s, detail);
    }

    /// A name that decides what is imported is computed by the stream in a way that is not followed. No
    /// pickler computes names.
    pub(super) fn computed(&mut self, s: &State, what: &str) {
        let detail = format!("{what} is computed in a way that is not followed");
        self.anomaly(s, "computed-import", detail.clone());
        self.unresolved(s, &detail);
    }

    /// A frame that is longer than the data: C raises, Python takes what there is.
    pub(super) fn long_frame(&mut self, s: &State, len: u64, left: u64) {
        self.gap(GapCode::Truncated, s, format!("a frame of {len} bytes begins where {left} are left"));
    }

    /// Some readings raise or go another way here.
    pub(super) fn parts(&mut self, s: &State, _readings: Readings, raise: Raise) {
        if !self.parted {
            let detail =
                format!("loaders disagree from here on: for some of them this opcode {}", raise.words());
            self.gap(GapCode::Disagreement, s, detail);
        }
        self.parted |= !s.stray;
    }

    /// Some readings are not followed from here on, since the budget is spent.
    pub(super) fn unread(&mut self, s: &State) {
        self.gap(GapCode::Limit, s, "loaders part here, and no budget is left to follow them all");
    }

    /// An 8-bit string that is no ASCII: whether it loads is up to the caller's `encoding`.
    pub(super) fn encoded(&mut self, s: &State) {
        if s.opcodes == 0 {
            self.parted = true;
        }
    }

    /// Out-of-band buffers: their content is not in the file.
    pub(super) fn buffers(&mut self, s: &State) {
        self.gap(GapCode::Pointer, s, "out-of-band buffers hold data that is not in this file");
    }

    pub(super) fn popped(&mut self, s: &State, values: &[Value]) {
        if values.iter().any(|&value| s.arena.made(value).is_some_and(|made| made.callee.is_special())) {
            self.anomaly(s, "result-popped", "the result of a call is thrown away".to_owned());
        }
    }

    /// A number that is not written as picklers write it.
    pub(super) fn spelled(&mut self, s: &State, opcode: u8, line: &[u8]) {
        let digits = line.strip_prefix(b"-").unwrap_or(line);
        let digits = if opcode == code::LONG { digits.strip_suffix(b"L").unwrap_or(digits) } else { digits };
        let plain =
            digits.iter().all(u8::is_ascii_digit) && (digits.len() <= 2 || digits.first() != Some(&b'0'));
        if opcode != code::FLOAT && !plain {
            self.anomaly(
                s,
                "odd-number",
                format!("{} is spelled in a way that no pickler does", opcodes::name(opcode)),
            );
        }
        if digits.len() > numbers::MOST_DIGITS && opcode != code::FLOAT {
            let amount = wide(digits.len());
            let detail =
                format!("CPython since 3.11 refuses a number of {amount} digits, older versions load it");
            self.gap(GapCode::Disagreement, s, detail);
            let cost =
                Cost { what: "digits", amount, detail: format!("a number with {amount} decimal digits") };
            self.note(cost, opcode_span(s), s, s.readings);
        }
    }

    pub(super) fn memo_index(&mut self, s: &State, at: u64) {
        let memory = at.saturating_mul(16);
        if memory > 1 << 28 {
            let detail = format!("memo index {at} makes the C loader allocate {memory} bytes");
            self.note(Cost { what: "memo-index", amount: at, detail }, opcode_span(s), s, s.readings);
        } else {
            self.anomaly(s, "sparse-memo", format!("memo index {at} is far beyond what was stored"));
        }
    }

    pub(super) fn late_protocol(&mut self, s: &State, protocol: u8) {
        self.anomaly(s, "late-protocol", format!("PROTO {protocol} stands in mid-stream"));
    }

    /// Notes an ending of a stream, once for each place.
    pub(super) fn stream(&mut self, s: &State, raised: Option<Raise>) {
        let stream = Stream {
            number: s.stream,
            protocol: u64::from(s.declared),
            ended: if raised.is_some() { "broken" } else { "stop" },
            opcodes: s.opcodes,
            acted: s.acted,
            bytes: s.window.at.saturating_sub(s.began),
            kept: "",
        };
        self.costs(s);
        if s.memoized && s.put {
            self.anomaly(s, "mixed-memo", "MEMOIZE and PUT are mixed, which no pickler does".to_owned());
        }
        if s.memoized && s.declared < 4 {
            let detail = format!("MEMOIZE is newer than protocol {}, which is declared", s.declared);
            self.anomaly(s, "newer-opcode", detail);
        }
        self.note(stream, Span::between(s.began, s.window.at), s, s.readings);
    }

    /// A whole number of very many bytes, which takes long to write out.
    pub(super) fn long(&mut self, s: &State, len: u64) {
        // Each byte is 2.408 decimal digits.
        let amount = len.saturating_mul(2408).checked_div(1000).unwrap_or(len);
        let detail = format!("a number with about {amount} decimal digits");
        self.note(Cost { what: "digits", amount, detail }, opcode_span(s), s, s.readings);
    }

    /// What the objects of a stream take that is out of proportion to its bytes.
    pub(super) fn costs(&mut self, s: &State) {
        let (unfolded, depth) = s.largest;
        let bytes = s.window.at.saturating_sub(s.began);
        if unfolded > bytes.saturating_mul(64).max(100_000_000) {
            let amount = format!("{unfolded} values");
            let amount = if unfolded == u64::MAX { "more than 2^64 values".to_owned() } else { amount };
            let detail = format!("an object that unfolds to {amount} when it is printed, compared or copied");
            self.note(Cost { what: "elements", amount: unfolded, detail }, opcode_span(s), s, s.readings);
        }
        if depth > DEEP {
            let detail =
                format!("containers nested {depth} deep, which ends in a recursion error or a crash");
            self.note(Cost { what: "nesting", amount: depth, detail }, opcode_span(s), s, s.readings);
        }
    }

    /// A bare extension code.
    pub(super) fn extension(&mut self, s: &State, code: u64) {
        self.anomaly(
            s,
            "extension-code",
            format!("extension code {code} names something in the loader's registry"),
        );
    }

    pub(super) fn persistent(&mut self, s: &State, id: Value, data: &[u8], names: &Names) {
        let span = opcode_span(s);
        self.persistent.push((super::torch::storage(s, id, data, names), span));
    }

    /// What a constant, or what a call is given, holds.
    pub(super) fn said(&mut self, s: &State, said: Said) {
        self.told = self.told.saturating_add(1);
        if self.told <= TOLD {
            self.note(said, opcode_span(s), s, s.readings);
        }
    }

    /// Marshalled code that lies in a constant.
    pub(super) fn code(&mut self, s: &State, names: Vec<Name>) {
        let place = Name::from(format!("bytes@{}", s.at));
        self.said(s, Said::from(Code { language: "python-bytecode", names, place, text: String::new() }));
    }

    /// Whether there is room for more bytes that are looked into.
    pub(super) fn room(&self) -> bool {
        self.nested.len() < MOST
    }

    /// Bytes that are loaded again. Those of a constant that was looked at before are one and the same.
    pub(super) fn nested(&mut self, at: u64, nested: Nested, role: Role) {
        let room = self.room();
        match self.nested.iter_mut().rfind(|(_, known, _)| known.same(&nested)) {
            Some(known) if known.2.lies() || !role.lies() => *known = (at, nested, role),
            Some(_) => {}
            None if room => self.nested.push((at, nested, role)),
            None => {}
        }
    }

    /// A file that loading reads besides.
    pub(super) fn reference(&mut self, s: &State, reference: Reference) {
        self.unpaid = self.unpaid.saturating_add(NOTE);
        self.note(reference, opcode_span(s), s, s.readings);
    }

    /// Joins the chains of several events.
    pub(super) fn join(&mut self, events: &[u64]) {
        let Some((&first, rest)) = events.split_first() else { return };
        let mut root = self.chain(first);
        for &event in rest {
            let other = self.chain(event);
            let (low, high) = (root.min(other), root.max(other));
            if low != high {
                self.chains.insert(high, low);
            }
            root = low;
        }
    }

    /// The chain that an event belongs to.
    pub(super) fn chain(&mut self, event: u64) -> u64 {
        let mut root = event;
        while let Some(&up) = self.chains.get(&root) {
            root = up;
        }
        if root != event {
            self.chains.insert(event, root);
        }
        root
    }
}

/// The opcode at work.
pub(super) fn opcode_span(s: &State) -> Span {
    Span::between(s.at, s.window.at.max(s.at.saturating_add(1)))
}

/// A hash of what makes calls alike: callee, opcode, and the kinds of the arguments.
pub(super) fn shape(first: Value, callee: Value, via: &str, args: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let stable = if first.kind() == Kind::Global { first } else { Value::ABSENT };
    (stable, callee.kind(), via).hash(&mut hasher);
    for arg in args.iter().take(8) {
        (arg.kind(), if arg.kind() == Kind::Global { *arg } else { Value::ABSENT }).hash(&mut hasher);
    }
    hasher.finish()
}
