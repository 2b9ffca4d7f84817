//! Methods of lists, tuples, dicts and deques, worked out as Python does; nothing where that is not certain.

use super::{
    constant,
    eval::{concatenated, known},
    iterate,
    machine::Machine,
    state::State,
    sums, texts,
    value::{Kind, Value},
};
use crate::bytes::{index, wide};

/// The result of a method of a container; the first argument is the container itself, `made` stands for a new object.
pub(super) fn method(
    m: &Machine<'_>,
    s: &mut State,
    name: &[u8],
    args: &[Value],
    made: Value,
) -> Option<Value> {
    let (&base, rest) = args.split_first()?;
    match (base.kind(), name) {
        (_, b"__iter__") if rest.is_empty() => iterate::woven(m, s, "iter", args, made),
        (Kind::Dict, b"keys" | b"values" | b"items") if rest.is_empty() => {
            let all = pairs(m, s, base)?;
            let items = view(s, name, &all);
            Some(iterate::flow(s, made, Some(items), (args, true)))
        }
        (Kind::Dict, _) => of_dict(m, s, name, (base, rest)),
        (Kind::List | Kind::Tuple, b"__getitem__") => texts::subscript(m, s, base, *rest.first()?),
        (Kind::List | Kind::Tuple, b"__add__") => concatenated(m, s, base, *rest.first()?),
        (Kind::List, b"copy") => {
            let items = s.arena.items(base)?.whole()?.to_vec();
            Some(s.container(Kind::List, &items))
        }
        (Kind::List, b"append") => {
            s.add_items(base, &[*rest.first()?]);
            Some(Value::NONE)
        }
        (Kind::List, _) => of_list(m, s, name, (base, rest)),
        (Kind::Object, _) => of_deque(m, s, name, (base, rest)),
        _ => None,
    }
}

/// Methods that change a list.
fn of_list(m: &Machine<'_>, s: &mut State, name: &[u8], (base, rest): (Value, &[Value])) -> Option<Value> {
    let mut items = s.arena.items(base)?.whole()?.to_vec();
    m.budget.spend(wide(items.len())).ok()?;
    let mut result = Value::NONE;
    match (name, rest) {
        (b"extend" | b"__iadd__", &[more]) => {
            items.append(&mut iterate::take(m, s, more)?);
            result = if name == b"extend" { Value::NONE } else { base };
        }
        (b"pop", _) => result = popped(m, s, &mut items, rest)?,
        (b"insert", &[at, value]) => {
            let at = constant::number(m.data, &s.arena, at)?;
            let len = items.len();
            let from_end = len.saturating_sub(index(at.unsigned_abs()));
            let at = if at < 0 { from_end } else { index(at.unsigned_abs()).min(len) };
            items.insert(at, value);
        }
        (b"__setitem__", &[key, value]) => {
            let at = place(m, s, key, items.len())?;
            *items.get_mut(at)? = value;
        }
        (b"__delitem__", &[key]) => {
            let at = place(m, s, key, items.len())?;
            items.remove(at);
        }
        (b"reverse", []) => items.reverse(),
        (b"sort", []) => sums::sort(m, s, &mut items)?,
        (b"clear", []) => items.clear(),
        _ => return None,
    }
    s.arena.refill(base, &items);
    Some(result)
}

/// The place that a number stands for among `len`.
fn place(m: &Machine<'_>, s: &State, key: Value, len: usize) -> Option<usize> {
    let at = constant::number(m.data, &s.arena, key)?;
    let at = if at < 0 { wide(len).checked_sub(at.unsigned_abs())? } else { at.unsigned_abs() };
    (at < wide(len)).then(|| index(at))
}

fn popped(m: &Machine<'_>, s: &State, items: &mut Vec<Value>, rest: &[Value]) -> Option<Value> {
    let at = match rest.first() {
        Some(&at) => place(m, s, at, items.len())?,
        None => items.len().checked_sub(1)?,
    };
    Some(items.remove(at))
}

/// Methods of a deque, of which only what it was made of is known.
fn of_deque(m: &Machine<'_>, s: &mut State, name: &[u8], (base, rest): (Value, &[Value])) -> Option<Value> {
    if name == b"__next__" {
        return iterate::next(m, s, &[base]);
    }
    if !s.arena.made(base).is_some_and(|made| m.is(made.callee, b"collections", b"deque")) {
        return None;
    }
    let mut items = iterate::peek(m, s, base)?;
    let value = match name {
        b"pop" => popped(m, s, &mut items, rest)?,
        b"popleft" if !items.is_empty() => items.remove(0),
        _ => return None,
    };
    iterate::flow(s, base, Some(items), (&[], true));
    Some(value)
}

/// Whether two keys are the same, if that is certain.
fn same(m: &Machine<'_>, s: &State, a: Value, b: Value) -> Option<bool> {
    let numbers = (constant::number(m.data, &s.arena, a), constant::number(m.data, &s.arena, b));
    match numbers {
        (Some(a), Some(b)) => return Some(a == b),
        (Some(_), None) if is_text(b) => return Some(false),
        (None, Some(_)) if is_text(a) => return Some(false),
        _ => {}
    }
    match (a.kind(), b.kind()) {
        (Kind::None, Kind::None) => Some(true),
        (Kind::None, _) if is_text(b) => Some(false),
        (_, Kind::None) if is_text(a) => Some(false),
        _ => {
            let ((kind, a), (other, b)) = (known(m, s, a)?, known(m, s, b)?);
            Some(kind == other && a == b)
        }
    }
}

fn is_text(value: Value) -> bool {
    matches!(value.kind(), Kind::Str | Kind::Str8 | Kind::Bytes)
}

/// The value that a dict holds under a key: nothing inside if it holds none, nothing at all if that is not certain.
pub(super) fn under(m: &Machine<'_>, s: &State, dict: Value, key: Value) -> Option<Option<Value>> {
    let pairs = s.arena.items(dict)?.whole()?;
    m.budget.spend(wide(pairs.len()).saturating_mul(4)).ok()?;
    for pair in pairs.chunks_exact(2).rev() {
        if same(m, s, *pair.first()?, key)? {
            return Some(pair.get(1).copied());
        }
    }
    Some(None)
}

/// The keys and values of a dict, each key once and where it was put first.
pub(super) fn pairs(m: &Machine<'_>, s: &State, dict: Value) -> Option<Vec<Value>> {
    let all = s.arena.items(dict)?.whole()?;
    let mut seen = std::collections::HashMap::new();
    let mut once: Vec<Value> = Vec::new();
    m.budget.spend(wide(all.len()).saturating_mul(4)).ok()?;
    for pair in all.chunks_exact(2) {
        let &[key, value] = pair else { continue };
        let number = constant::number(m.data, &s.arena, key);
        let name = if number.is_some() { None } else { Some(known(m, s, key)?) };
        match seen.get(&(number, name.clone())).copied() {
            Some(at) => *once.get_mut(at)? = value,
            None => {
                seen.insert((number, name), once.len().saturating_add(1));
                once.extend([key, value]);
            }
        }
    }
    Some(once)
}

/// Methods of a dict.
fn of_dict(m: &Machine<'_>, s: &mut State, name: &[u8], (base, rest): (Value, &[Value])) -> Option<Value> {
    let default = || rest.get(1).copied().unwrap_or(Value::NONE);
    match (name, rest) {
        (b"__getitem__", &[key]) => under(m, s, base, key)?,
        (b"get", &[key, ..]) => Some(under(m, s, base, key)?.unwrap_or_else(default)),
        (b"setdefault", &[key, ..]) => {
            let known = under(m, s, base, key)?;
            if known.is_none() {
                s.add_items(base, &[key, default()]);
            }
            Some(known.unwrap_or_else(default))
        }
        (b"__setitem__", &[_, _]) => {
            s.add_items(base, rest);
            Some(Value::NONE)
        }
        (b"pop", &[key, ref default @ ..]) => taken_out(m, s, base, (key, default.first().copied())),
        (b"popitem", []) => {
            let mut all = pairs(m, s, base)?;
            let last = all.split_off(all.len().checked_sub(2)?);
            s.arena.refill(base, &all);
            Some(s.container(Kind::Tuple, &last))
        }
        (b"update", &[more]) if more.kind() == Kind::Dict => {
            let all = s.arena.items(more)?.whole()?.to_vec();
            s.add_items(base, &all);
            Some(Value::NONE)
        }
        (b"copy", []) => {
            let all = pairs(m, s, base)?;
            Some(s.container(Kind::Dict, &all))
        }
        _ => None,
    }
}

/// `dict.pop(key, default)`.
fn taken_out(
    m: &Machine<'_>,
    s: &mut State,
    dict: Value,
    (key, default): (Value, Option<Value>),
) -> Option<Value> {
    let value = under(m, s, dict, key)?.or(default)?;
    let all = s.arena.items(dict)?.whole()?.to_vec();
    let mut left = Vec::new();
    for pair in all.chunks_exact(2) {
        if !same(m, s, *pair.first()?, key)? {
            left.extend_from_slice(pair);
        }
    }
    s.arena.refill(dict, &left);
    Some(value)
}

/// What `keys`, `values` and `items` give of keys and values in turn.
fn view(s: &mut State, name: &[u8], all: &[Value]) -> Vec<Value> {
    match name {
        b"keys" => all.iter().step_by(2).copied().collect(),
        b"values" => all.iter().skip(1).step_by(2).copied().collect(),
        _ => all.chunks_exact(2).map(|pair| s.container(Kind::Tuple, pair)).collect(),
    }
}
