//! A bounded look at constants: what a whole pickle, marshalled code or source may hide in.
//!
//! Constants that no deserialiser receives are looked at by their head, as they stand or behind an encoding or a
//! compression, one in the other. Pickles in them count only if they run to STOP and look something up, source
//! only if its words stand in an order that Python allows and something is called: random bytes, floats, prose
//! and tables never do. What a call is given is looked at whatever its head is.

use super::{
    calls::Pending,
    constant, express,
    inside::{self, Held},
    log::Nested,
    machine::Machine,
    state::State,
    value::{Kind, Value},
    window::Run,
};
use crate::{
    bytes::{Name, wide},
    facts::{Said, Text, Use},
    formats::{Role, code},
    wire::{
        marshal::{self, Layout},
        python::source::Source,
    },
};

/// Shorter constants hold nothing that does anything.
const SHORTEST: u64 = 12;
/// Constants beyond this are looked at by their head and tail alone.
const LONGEST: u64 = 8 << 20;
/// Bytes of a head that are searched for a pickle within.
const HEAD: usize = 1 << 16;
/// Bytes of constants that are looked at as text in one file.
const TEXTS: u64 = 64 << 20;
/// Arguments, and items of one, that are looked at.
const ITEMS: usize = 64;

/// Looks at bytes that stand in the data.
#[inline]
pub(super) fn look(m: &mut Machine<'_>, s: &State, run: Run) {
    if run.len < SHORTEST || s.stray || !m.log.room() {
        return;
    }
    let bytes = m.bytes(run);
    if let [0x80, 2..=5, next, ..] = bytes
        && inside::opens(*next)
    {
        m.log.nested(s.at, Nested::Open { start: run.start, len: run.len }, Role::Embedded);
        return;
    }
    if run.len <= LONGEST && inside::promising(bytes) && found(m, s, bytes, Some(0)) {
        return;
    }
    if let Some(at) = inside::within(bytes.get(..HEAD).unwrap_or(bytes)) {
        let start = run.start.saturating_add(at);
        m.log.nested(s.at, Nested::Open { start, len: run.len.saturating_sub(at) }, Role::Embedded);
    }
}

/// Looks at text, which may be source, or an encoding of bytes.
#[inline]
pub(super) fn look_at_text(m: &mut Machine<'_>, s: &State, run: Run) {
    if run.len >= SHORTEST && run.len <= LONGEST && inside::telling(m.bytes(run)) {
        text(m, s, run);
    }
}

#[inline(never)]
fn text(m: &mut Machine<'_>, s: &State, run: Run) {
    if s.stray || !m.log.room() {
        return;
    }
    m.log.looked = m.log.looked.saturating_add(run.len);
    if m.log.looked <= TEXTS {
        let _any = found(m, s, m.bytes(run), None);
    }
}

/// States what bytes hold, and looks into it: whether they hold something. Text that nothing encodes has no
/// depth: it is no pickle, whatever it spells.
fn found(m: &mut Machine<'_>, s: &State, bytes: &[u8], depth: Option<u32>) -> bool {
    if m.budget.spend(wide(bytes.len()) >> 2).is_err() {
        return false;
    }
    let sink = code::Sink { reach: "lies", ..code::Sink::default() };
    match inside::held(m, bytes, depth) {
        Held::Pickle(content) => {
            let role = if depth > Some(0) { Role::Encoded } else { Role::Embedded };
            m.log.nested(s.at, Nested::Computed(content), role);
        }
        Held::More(content) => return found(m, s, &content, Some(depth.unwrap_or(0).saturating_add(1))),
        Held::Marshalled => {
            if let Some(read) = marshal::read(bytes) {
                told(m, s, code::marshalled(&read, &sink));
                let names = read.codes.iter().flat_map(|code| code.names.iter().copied());
                m.log.code(s, names.take(ITEMS).map(Name::from).collect());
            }
        }
        Held::Source => {
            let source = Source::read(bytes, true);
            if !source.runs() {
                return false;
            }
            told(m, s, code::python(bytes, &source, &sink));
            return false;
        }
        Held::Shell(what) => {
            let value = Name::from(bytes.get(..bytes.len().min(400)).unwrap_or_default());
            m.log.said(s, Said::from(Text { what, value }));
        }
        Held::Nothing => return false,
    }
    true
}

fn told(m: &mut Machine<'_>, s: &State, uses: Vec<Use>) {
    for one in uses {
        m.log.said(s, Said::from(one));
    }
}

/// Looks at what a call is given: source in its texts, code objects that it makes.
pub(super) fn given(m: &mut Machine<'_>, s: &State, call: &Pending) {
    if s.stray {
        return;
    }
    let mut open: Vec<(Value, u32)> = call.args.iter().rev().map(|&arg| (arg, 0)).collect();
    let mut sink = None;
    let mut looked = 0_usize;
    while let Some((value, depth)) = open.pop().filter(|_| looked < ITEMS) {
        looked = looked.saturating_add(1);
        if let Some(items) = s.arena.items(value).filter(|_| depth < 3) {
            let items = items.kept.iter().rev().take(ITEMS);
            open.extend(items.map(|&item| (item, depth.saturating_add(1))));
        }
        if !matches!(value.kind(), Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray) {
            continue;
        }
        let Some(content) = constant::bytes(m.data, &s.arena, value).filter(|text| text.contains(&b'('))
        else {
            continue;
        };
        if content.len() > 1 << 20 || m.budget.spend(wide(content.len()) >> 2).is_err() {
            continue;
        }
        let source = Source::read(&content, false);
        let sink = sink.get_or_insert_with(|| receiver(m, s, call, "given"));
        let uses = code::python(&content, &source, sink);
        told(m, s, uses);
    }
    object(m, s, call);
}

fn receiver(m: &Machine<'_>, s: &State, call: &Pending, reach: &'static str) -> code::Sink {
    let given_to = Name::from(express::callee(m.data, s, &m.names, call.callee).as_str());
    code::Sink { reach, given_to, place: Name::default() }
}

/// A call with the arguments of a code object: numbers, byte code, constants, names.
fn object(m: &mut Machine<'_>, s: &State, call: &Pending) {
    if call.args.len() < 12 {
        return;
    }
    let args = call.args.iter().enumerate();
    let windows = args.filter(|(_, arg)| matches!(arg.kind(), Kind::Bytes | Kind::Str8 | Kind::Str));
    let Some((at, &code)) = windows.take(1).next() else { return };
    let tuple = |more: usize| {
        let &tuple = call.args.get(at.saturating_add(more))?;
        let Some(items) = s.arena.items(tuple) else {
            return (tuple == Value::EMPTY_TUPLE).then(Vec::new);
        };
        let texts = items.kept.iter().filter_map(|&item| constant::bytes(m.data, &s.arena, item));
        Some(texts.collect::<Vec<_>>())
    };
    let layout = match (at, call.args.len()) {
        (4, _) => Layout::Two,
        (5, _) => Layout::Three,
        (_, 18..) => Layout::Eleven,
        _ => Layout::Positional,
    };
    let Some(((constants, names), code)) =
        tuple(1).zip(tuple(2)).zip(constant::bytes(m.data, &s.arena, code))
    else {
        return;
    };
    let code = marshal::Code {
        name: b"?",
        code: &code,
        file: b"",
        names: names.iter().map(AsRef::as_ref).collect(),
        constants: constants.iter().map(AsRef::as_ref).collect(),
    };
    let sink = receiver(m, s, call, "made");
    let uses = code::object(&code, layout, &sink);
    told(m, s, uses);
}

/// Bytes that `marshal.loads` is given.
pub(super) fn unmarshalled(m: &mut Machine<'_>, s: &State, content: Value) {
    let read = match constant::bytes(m.data, &s.arena, content) {
        Some(bytes) if m.budget.spend(wide(bytes.len())).is_ok() => {
            let sink =
                code::Sink { reach: "given", given_to: Name::from("marshal.loads"), ..code::Sink::default() };
            marshal::read(&bytes).map(|read| code::marshalled(&read, &sink))
        }
        _ => None,
    };
    match read {
        Some(uses) => told(m, s, uses),
        None => m.log.unresolved(s, "bytes that are loaded as code could not be read"),
    }
}
