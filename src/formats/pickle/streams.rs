//! Stream after stream, to the end of the data, and what stands between and behind them.

use std::{
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use super::{
    constant, joblib,
    log::{Nested, Noted},
    machine::{Ended, Machine},
    reading::{Loader, Readings},
    state::{Raise, State},
    torch,
    value::{Kind, Value},
    window::Window,
};
use crate::{
    bytes::{Bytes, Span},
    facts::{Call, Fault, GapCode, Said, Storage},
    formats::{Child, Emit, Role, Source},
};

/// The word for what only a loader sees that takes raw arrays for opcodes.
const STRAY: &str = "stray";
/// Streams of PyTorch's legacy layout, before its storages.
const LEGACY: u64 = 5;
/// Streams of one file.
const MOST: u64 = 100_000;

/// Reads all streams of a file and states what they do.
pub(super) fn read(input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
    let mut machine = Machine::new(input, out.budget(), joblib::after_build);
    let tar = matches!(out.place().role, Role::TorchTarStorages | Role::TorchTarTensors);
    let mut reader = Reader { next: BTreeMap::new(), again: Vec::new(), tar, last: None, broken: None };
    reader.next.insert((0, 0), Readings::ALL);
    let ended = if tar { reader.tar(&mut machine, out, input) } else { reader.all(&mut machine, out, input) };
    state_all(&mut machine, out, input);
    if let Some((code, span, detail)) = reader.broken {
        out.gap(code, span, detail);
    }
    ended
}

struct Reader {
    /// Readings that begin a stream, by its number and offset.
    next: BTreeMap<(u64, u64), Readings>,
    /// States of Unpicklers that are used again.
    again: Vec<State>,
    /// Whether every stream is followed by raw numbers that its value tells of.
    tar: bool,
    /// The value of the last stream that ended, and the state that it ended in.
    last: Option<(Value, State)>,
    broken: Option<(GapCode, Span, String)>,
}

/// How the readings of one stream ended.
#[derive(Default)]
struct Round {
    stopped: bool,
    /// Where the reading that came farthest raised, and whether it had done anything.
    raised: Option<(Raise, u64, bool)>,
    end: u64,
}

impl Reader {
    /// All streams, one behind the other.
    fn all(&mut self, m: &mut Machine<'_>, out: &mut Emit<'_>, input: &Bytes) -> Result<(), Fault> {
        let mut legacy = false;
        let mut number = 0;
        while number < MOST {
            let began = self.next.keys().map(|&(_, at)| at).min().unwrap_or(m.end);
            let Some(round) = self.round(m, number) else {
                return if legacy {
                    Err(Fault::truncated(m.end, "PyTorch's legacy layout has five streams, then storages"))
                } else {
                    Ok(())
                };
            };
            if let Some((raise, at, did)) = round.raised.filter(|_| !round.stopped) {
                if number == 0 || did {
                    out.covered(Span::between(began, at));
                }
                self.broke(m, (raise, at, began), number == 0 || did);
                return Ok(());
            }
            out.covered(Span::between(began, round.end));
            legacy |=
                number == 0 && self.last.as_ref().is_some_and(|(value, _)| torch::is_magic(input, *value));
            if legacy && number == 4 {
                if self.lists_storages(round.end) {
                    return self.storages(m, out, input, round.end);
                }
                legacy = false;
            }
            number = number.saturating_add(1);
        }
        Err(Fault::new(GapCode::Limit, 0, format!("more than {MOST} streams")))
    }

    /// One stream, in every reading that has come to it.
    fn round(&mut self, m: &mut Machine<'_>, number: u64) -> Option<Round> {
        let mut states = std::mem::take(&mut self.again);
        let begin: Vec<_> = self.next.iter().map(|(&(_, at), &readings)| (at, readings)).collect();
        self.next.clear();
        for (at, readings) in begin {
            states.push(State::new(readings, Window::new(at, m.end), number));
        }
        if states.is_empty() {
            return None;
        }
        let mut round = Round::default();
        while let Some(mut state) = states.pop() {
            let ended = m.run(&mut state);
            states.append(&mut m.parted);
            if state.stray {
                continue;
            }
            m.log.stream(&state, if let Ended::Raised(raise) = ended { Some(raise) } else { None });
            if state.arena.missed() {
                m.log.unresolved(&state, "more is held in the stream than is remembered");
            }
            match ended {
                Ended::Stop(value) => {
                    round.stopped = true;
                    round.end = round.end.max(state.window.at);
                    self.continue_from(m, &mut state);
                    self.last = Some((value, state));
                }
                Ended::Raised(raise) => {
                    let farther = round.raised.is_none_or(|(_, at, _)| state.at >= at);
                    let did = state.acted || m.names.all().iter().any(|global| global.at >= state.began);
                    let did = did || round.raised.is_some_and(|(_, _, did)| did);
                    let at = if farther { state.at } else { round.raised.map_or(0, |(_, at, _)| at) };
                    round.raised = Some((raise, at, did));
                }
            }
        }
        Some(round)
    }

    /// Notes where the readings of a stream that ended begin the next one.
    fn continue_from(&mut self, m: &Machine<'_>, state: &mut State) {
        let mut kept: BTreeMap<(u64, bool), Readings> = BTreeMap::new();
        for (one, loader, reuse) in state.readings.uses() {
            // In C an Unpickler that is used again keeps what it has read ahead; all keep their memo.
            let ahead = reuse
                && loader != Loader::Python
                && state.window.framed
                && state.window.at < state.window.fence;
            let at = state.window.next_stream(loader, ahead);
            if at >= m.end {
                continue;
            }
            let entry = if !self.tar && (ahead || (reuse && !state.memo.is_empty())) {
                kept.entry((at, ahead)).or_default()
            } else {
                self.next.entry((state.stream.saturating_add(1), at)).or_default()
            };
            *entry = *entry | one;
        }
        let mut left = kept.len();
        for ((at, ahead), readings) in kept {
            left = left.saturating_sub(1);
            let bare = State::new(state.readings, state.window, state.stream);
            // Storages stand behind the first five streams at most; no one asks for a later value.
            let last = left == 0 && state.stream >= LEGACY;
            let mut again = if last { std::mem::replace(state, bare) } else { state.clone() };
            again.readings = readings;
            if !ahead {
                again.window = Window::new(at, m.end);
            }
            again.again();
            self.again.push(again);
        }
    }

    /// A stream that no reading could finish.
    fn broke(&mut self, m: &Machine<'_>, (raise, at, began): (Raise, u64, u64), counts: bool) {
        // Bytes behind the last stream that do nothing are not a stream: the engine looks into them.
        if !counts {
            return;
        }
        let code = match raise {
            Raise::End => GapCode::Truncated,
            Raise::Limit => GapCode::Limit,
            _ => GapCode::Malformed,
        };
        let opcode = m.data.get(crate::bytes::index(at)).copied();
        let name = opcode.map_or("the end", super::opcodes::name);
        let detail = if raise == Raise::Limit {
            let limit = m.budget.spend(u64::MAX).map_err(|spent| spent.to_string());
            limit.err().unwrap_or_default()
        } else if raise == Raise::Opcode {
            format!("byte 0x{:02x} {}", opcode.unwrap_or_default(), raise.words())
        } else if raise == Raise::End {
            "the data end before STOP".to_owned()
        } else {
            format!("{name} {}", raise.words())
        };
        self.broken = Some((code, Span::between(at.max(began), m.end), detail));
    }

    /// Whether the fifth stream gave keys of storages, in a way that leaves no doubt where these begin.
    fn lists_storages(&self, end: u64) -> bool {
        let keys = self.last.as_ref().and_then(|(value, state)| {
            state.arena.items(*value).filter(|items| value.kind() == Kind::List && items.len() > 0)
        });
        let places =
            self.next.keys().map(|&(_, at)| at).chain(self.again.iter().map(|state| state.window.at));
        keys.is_some() && places.into_iter().all(|at| at == end)
    }

    /// The storages behind the fifth stream of PyTorch's legacy layout.
    fn storages(&self, m: &Machine<'_>, out: &mut Emit<'_>, input: &Bytes, at: u64) -> Result<(), Fault> {
        let stored: Vec<Storage> = m.log.persistent.iter().map(|(storage, _)| storage.clone()).collect();
        let Some((value, state)) = &self.last else { return Ok(()) };
        let items = state.arena.items(*value).map(|items| items.kept.as_slice()).unwrap_or_default();
        let keys: Vec<Vec<u8>> =
            items.iter().filter_map(|&key| constant::text(m.data, &state.arena, key)).collect();
        if keys.len() != items.len() {
            return Err(Fault::malformed(at, "the list of storage keys holds something else"));
        }
        torch::storages(out, input, at, &stored, &keys).map(|_| ())
    }

    /// `storages` and `tensors` of PyTorch's tar layout: a count, then for each a pickle and raw numbers.
    fn tar(&mut self, m: &mut Machine<'_>, out: &mut Emit<'_>, input: &Bytes) -> Result<(), Fault> {
        let storages = out.place().role == Role::TorchTarStorages;
        let (mut at, mut number) = (0, 0);
        while at < m.end && number < MOST {
            self.next = BTreeMap::from([((number, at), Readings::ALL)]);
            self.again.clear();
            let Some(round) = self.round(m, number) else { return Ok(()) };
            if let Some((raise, broken, _)) = round.raised.filter(|_| !round.stopped) {
                out.covered(Span::between(at, broken));
                self.broke(m, (raise, broken, at), true);
                return Ok(());
            }
            out.covered(Span::between(at, round.end));
            at = round.end;
            if number > 0 {
                let (value, state) = self.last.as_ref().ok_or_else(|| Fault::truncated(at, "no stream"))?;
                let end = torch::tar_numbers(input, at, storages, (*value, state), &m.names)?;
                out.covered(Span::between(at, end));
                at = end;
            }
            number = number.saturating_add(1);
        }
        self.next.clear();
        Ok(())
    }
}

/// States everything that was noticed.
fn state_all(m: &mut Machine<'_>, out: &mut Emit<'_>, input: &Bytes) {
    let noted = std::mem::take(&mut m.log.noted);
    // First the streams, which show that it is a pickle: there may be more to state than the budget allows.
    let (streams, noted): (Vec<_>, Vec<_>) =
        noted.into_iter().partition(|one| matches!(one.said, Said::Stream(_)));
    let kept = match out.place().role {
        Role::Embedded => "constant",
        Role::Encoded => "encoded",
        _ => "",
    };
    for mut stream in streams {
        if let Said::Stream(stream) = &mut stream.said {
            stream.kept = kept;
        }
        state_one(m, out, stream);
    }
    for global in m.names.all() {
        if global.stray && !plausible(&global.module, &global.name) {
            continue;
        }
        let chain = m.log.chain(global.at);
        let mut fact = global.fact(Readings::ALL);
        if global.stray {
            fact.readings = STRAY;
        }
        out.fact_in(chain, Span::new(global.at, global.len), fact);
    }
    joined(noted).into_iter().for_each(|one| state_one(m, out, one));
    for (storage, span) in std::mem::take(&mut m.log.persistent) {
        out.fact(span, storage);
    }
    for (code, span, detail) in std::mem::take(&mut m.log.gaps) {
        out.gap(code, span, detail);
    }
    for (at, nested, mut role) in std::mem::take(&mut m.log.nested) {
        if role == Role::Embedded && out.place().role == Role::Encoded {
            role = Role::Encoded;
        }
        // What nothing here loads is told from what a call does.
        let what = if role.lies() { "constant" } else { "bytes" };
        let name = format!("{what}@{at}").as_str().into();
        let (source, span) = match nested {
            Nested::Computed(bytes) => (Source::Open(Bytes::computed(bytes)), None),
            Nested::Open { start, len } => match input.slice(start, len) {
                Some(bytes) => (Source::Open(bytes), Some(Span::new(start, len))),
                None => continue,
            },
        };
        out.child(Child { name, span, source, role });
    }
}

/// What several groups of readings do alike, as one.
fn joined(noted: Vec<Noted>) -> Vec<Noted> {
    let mut known: HashMap<u64, usize> = HashMap::new();
    let mut once: Vec<Noted> = Vec::with_capacity(noted.len());
    for noted in noted {
        let Some(what) = what(&noted) else {
            once.push(noted);
            continue;
        };
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let next = once.len();
        let at = *known.entry(hasher.finish()).or_insert(next);
        match once.get_mut(at).filter(|same| self::what(same) == Some(what)) {
            Some(same) => {
                same.readings = same.readings | noted.readings;
                same.count = same.count.max(noted.count);
            }
            None => once.push(noted),
        }
    }
    once
}

/// What tells a call or a change from others.
type What<'a> = (Span, u64, bool, [&'a str; 3], &'a [u8]);

fn what(noted: &Noted) -> Option<What<'_>> {
    let (stream, words, target) = match &noted.said {
        Said::Call(call) => (call.stream, [call.via, call.reached, &call.expression], &call.callee),
        Said::Mutation(change) => (change.stream, [change.how, "", &change.expression], &change.target),
        _ => return None,
    };
    Some((noted.span, stream, noted.stray, words, target.as_bytes()))
}

fn state_one(m: &mut Machine<'_>, out: &mut Emit<'_>, noted: Noted) {
    let Noted { mut said, span, readings, count, stray } = noted;
    let word = if stray { STRAY } else { readings.word(Readings::ALL) };
    match &mut said {
        Said::Call(call) => {
            if stray && !plausible_call(call) {
                return;
            }
            call.readings = word;
        }
        Said::Mutation(mutation) => mutation.readings = word,
        _ if stray => return,
        _ => {}
    }
    let chain = m.log.chain(span.start);
    out.add(count, chain, span, said);
}

/// Whether a call that raw bytes spell by chance could be one: of a name, or of what a name's call gave.
fn plausible_call(call: &Call) -> bool {
    if !call.name.as_bytes().is_empty() {
        return plausible(call.module.as_bytes(), call.name.as_bytes());
    }
    let first = call.callee.as_bytes().split(|&byte| byte == b'(').next().unwrap_or_default();
    let dot = first.iter().rposition(|&byte| byte == b'.').unwrap_or(0);
    let (module, name) = first.split_at(dot);
    plausible(module, name.get(1..).unwrap_or_default())
}

/// Whether a name that raw bytes spell by chance could be one.
pub(super) fn plausible(module: &[u8], name: &[u8]) -> bool {
    let identifier = |part: &[u8]| {
        part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let dotted = |path: &[u8]| path.split(|&byte| byte == b'.').all(identifier);
    module.len() > 1 && name.len() > 1 && dotted(module) && dotted(name)
}
