//! Iterators, and calls that are made for each item.
//!
//! An iterator gives each item once, and reads its source when it is asked. What it gives is worked out when it is
//! made, and counts only if nothing has changed its sources since.

use super::{
    calls::{Pending, callable},
    constant,
    eval::{known, whole},
    machine::Machine,
    state::State,
    value::{Kind, Value},
};
use crate::bytes::wide;

/// What an iterator gives, as far as that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// All that it gives, in order.
    pub(super) items: Option<Vec<Value>>,
    /// How many of them were taken.
    taken: usize,
    /// Whether it can be gone through again, as a range can.
    again: bool,
    /// The containers that it reads, and what they held when it was made.
    sources: Vec<(Value, Vec<Value>)>,
}

impl Flow {
    /// Words of memory behind it.
    pub(super) fn words(&self) -> u64 {
        let sources = self.sources.iter().map(|(_, held)| held.len()).sum::<usize>();
        wide(self.items.as_ref().map_or(0, Vec::len).saturating_add(sources)).saturating_add(16)
    }
}

/// Items of one iterator.
const MOST: usize = 1 << 16;
/// Items over which a call is followed, and over which a pure function is worked out.
const FOLLOWED: usize = 32;
const WORKED_OUT: usize = 4096;

/// All that going through a value gives from here on, if that is known.
pub(super) fn peek(m: &Machine<'_>, s: &mut State, value: Value) -> Option<Vec<Value>> {
    if let Some(flow) = s.arena.flow(value) {
        let same = |(source, held): &(Value, Vec<Value>)| {
            s.arena.items(*source).and_then(|now| now.whole()).is_some_and(|now| now == held)
        };
        let items = flow.items.as_ref().filter(|_| flow.sources.iter().all(same))?;
        let left = items.get(flow.taken..).unwrap_or_default();
        m.budget.spend(wide(left.len())).ok()?;
        return Some(left.to_vec());
    }
    if value.is_container() {
        return whole(m, s, value);
    }
    let (kind, content) = known(m, s, value).filter(|(_, content)| content.len() <= MOST)?;
    m.budget.spend(wide(content.len()).saturating_mul(8)).ok()?;
    if kind != Kind::Str {
        return Some(content.iter().map(|&byte| s.number(i64::from(byte))).collect());
    }
    let text = String::from_utf8(content).ok()?;
    Some(text.chars().map(|one| s.content(Kind::Str, one.to_string().into_bytes())).collect())
}

/// All that going through a value gives; an iterator is at its end then.
pub(super) fn take(m: &Machine<'_>, s: &mut State, value: Value) -> Option<Vec<Value>> {
    let items = peek(m, s, value)?;
    if let Some(flow) = s.arena.flow_mut(value).filter(|flow| !flow.again) {
        flow.taken = usize::MAX;
    }
    Some(items)
}

/// `next(iterator)`, `next(iterator, default)`.
pub(super) fn next(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let (&iterator, rest) = args.split_first()?;
    s.arena.flow(iterator).filter(|flow| !flow.again)?;
    let first = peek(m, s, iterator)?.first().copied();
    let flow = s.arena.flow_mut(iterator)?;
    flow.taken = if first.is_some() { flow.taken.saturating_add(1) } else { usize::MAX };
    first.or_else(|| rest.first().copied())
}

/// Makes `made` an iterator over what was worked out of some sources, which it uses up.
pub(super) fn flow(
    s: &mut State,
    made: Value,
    items: Option<Vec<Value>>,
    (sources, again): (&[Value], bool),
) -> Value {
    let mut flow = Flow { items, again, ..Flow::default() };
    for &source in sources {
        if let Some(inner) = s.arena.flow_mut(source) {
            flow.sources.append(&mut inner.sources.clone());
            if !inner.again {
                inner.items = None;
            }
        } else if matches!(source.kind(), Kind::List | Kind::Dict | Kind::Set) {
            let held = s.arena.items(source).map(|items| items.kept.clone()).unwrap_or_default();
            flow.sources.push((source, held));
        } else if source.kind() == Kind::ByteArray {
            flow.items = None;
        }
    }
    s.arena.set_flow(made, flow);
    made
}

/// What the functions give that make one iterator of others.
pub(super) fn woven(
    m: &Machine<'_>,
    s: &mut State,
    function: &str,
    args: &[Value],
    made: Value,
) -> Option<Value> {
    let (items, again) = match (function, args) {
        ("iter", &[source]) if s.arena.flow(source).is_some_and(|flow| !flow.again) => return Some(source),
        ("iter" | "deque", &[source]) => (peek(m, s, source)?, function == "deque"),
        ("reversed", &[source]) if s.arena.flow(source).is_none_or(|flow| flow.again) => {
            let mut items = peek(m, s, source)?;
            items.reverse();
            (items, false)
        }
        ("zip", sources) => {
            (zipped(m, s, sources)?.iter().map(|row| s.container(Kind::Tuple, row)).collect(), false)
        }
        ("enumerate", &[source]) => {
            let items = peek(m, s, source)?;
            let pair = |(at, &item): (i64, &Value)| {
                let number = s.number(at);
                s.container(Kind::Tuple, &[number, item])
            };
            ((0_i64..).zip(&items).map(pair).collect(), false)
        }
        ("chain", sources) => {
            let mut items = Vec::new();
            for &source in sources {
                items.append(&mut peek(m, s, source)?);
                if items.len() > MOST {
                    return None;
                }
            }
            (items, false)
        }
        ("range", bounds) => (range(m, s, bounds)?, true),
        _ => return None,
    };
    (items.len() <= MOST).then(|| flow(s, made, Some(items), (args, again)))
}

/// Items of several sources side by side, as many as the shortest has.
fn zipped(m: &Machine<'_>, s: &mut State, sources: &[Value]) -> Option<Vec<Vec<Value>>> {
    let mut columns = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        // One iterator that stands in two places gives its items in turn.
        if sources.get(..at)?.contains(source) && s.arena.flow(*source).is_some_and(|flow| !flow.again) {
            return None;
        }
        columns.push(peek(m, s, *source)?);
        if columns.iter().map(Vec::len).sum::<usize>() > MOST {
            return None;
        }
    }
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    m.budget.spend(wide(rows).saturating_mul(wide(columns.len()))).ok()?;
    Some((0..rows).map(|at| columns.iter().filter_map(|column| column.get(at).copied()).collect()).collect())
}

fn range(m: &Machine<'_>, s: &mut State, bounds: &[Value]) -> Option<Vec<Value>> {
    let number = |at: usize| bounds.get(at).map(|&bound| constant::number(m.data, &s.arena, bound));
    let (start, stop) = if bounds.len() == 1 { (0, number(0)??) } else { (number(0)??, number(1)??) };
    let step = match number(2) {
        Some(step) => step.filter(|&step| step != 0)?,
        None => 1,
    };
    let mut numbers = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        numbers.push(at);
        at = at.checked_add(step).filter(|_| numbers.len() <= MOST)?;
    }
    m.budget.spend(wide(numbers.len())).ok()?;
    Some(numbers.into_iter().map(|number| s.number(number)).collect())
}

impl Machine<'_> {
    /// `map(function, items, …)` and its kin: each item is given to the function. What that gives, if it is known.
    pub(super) fn each(
        &mut self,
        s: &mut State,
        function: Value,
        sources: &[Value],
        call: &Pending,
    ) -> Option<Vec<Value>> {
        let starred = self.is(call.callee, b"itertools", b"starmap");
        let mut known = zipped(self, s, sources);
        if starred && let Some(rows) = &mut known {
            for row in rows {
                let given = row.first().copied().unwrap_or_default();
                *row = peek(self, s, given).unwrap_or_else(|| vec![Value::ABSENT]);
            }
        }
        if !callable(function) {
            return None;
        }
        let certain = known.is_some();
        let rows = known.unwrap_or_else(|| some_rows(s, sources, starred));
        let most = if self.pure(function) { WORKED_OUT } else { FOLLOWED };
        let mut results = Vec::new();
        for row in rows.iter().take(most) {
            let args = row.clone();
            results.push(self.follow(s, for_each(function, args, call)));
        }
        for special in self.beyond(s, sources) {
            self.follow(s, for_each(function, vec![special], call));
        }
        (certain && rows.len() <= most).then_some(results)
    }

    /// `reduce(function, items)`: the function is given what it gave last, and the next item.
    pub(super) fn fold(&mut self, s: &mut State, args: &[Value], call: &Pending) -> Option<Value> {
        let (&function, rest) = args.split_first()?;
        let (&source, first) = rest.split_first()?;
        let Some(items) = peek(self, s, source) else {
            self.each(s, function, &[source], call);
            return None;
        };
        let most = if self.pure(function) { WORKED_OUT } else { FOLLOWED };
        let mut items = first.first().copied().into_iter().chain(items);
        let mut so_far = items.next()?;
        for item in items.by_ref().take(most) {
            so_far = self.follow(s, for_each(function, vec![so_far, item], call));
        }
        take(self, s, source);
        if items.next().is_some() {
            self.log.unresolved(s, "more items are folded into a call than are followed");
        }
        Some(so_far)
    }

    /// Names and made values among items that were not kept.
    fn beyond(&self, s: &State, sources: &[Value]) -> Vec<Value> {
        let special =
            |source: &Value| s.arena.items(*source).map(|items| items.special.clone()).unwrap_or_default();
        sources.iter().flat_map(special).take(FOLLOWED).collect()
    }
}

/// A call that is made for an item.
fn for_each(function: Value, args: Vec<Value>, call: &Pending) -> Pending {
    Pending {
        callee: function,
        args,
        keywords: Vec::new(),
        via: "callback",
        reached: "iteration",
        readings: call.readings,
        depth: call.depth.saturating_add(1),
    }
}

/// Items of sources of which not all is known.
fn some_rows(s: &State, sources: &[Value], starred: bool) -> Vec<Vec<Value>> {
    let source = sources.first().copied().unwrap_or_default();
    let step = if source.kind() == Kind::Dict { 2 } else { 1 };
    let kept = s.arena.items(source).map(|items| items.kept.as_slice()).unwrap_or_default();
    let row = |item: Value| match s.arena.items(item).filter(|_| starred) {
        Some(items) => items.kept.clone(),
        None => vec![item],
    };
    let rows: Vec<Vec<Value>> = kept.iter().step_by(step).take(FOLLOWED).map(|&item| row(item)).collect();
    if rows.is_empty() { vec![vec![Value::ABSENT]] } else { rows }
}
