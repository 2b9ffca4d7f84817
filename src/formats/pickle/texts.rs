//! Subscripts and formats of constants, as Python works them out.

use super::{
    constant, eval,
    machine::Machine,
    state::State,
    value::{Kind, Value},
};
use crate::bytes::{index, wide};

/// Items of what is sliced.
const LONGEST: i64 = 1 << 16;

/// `base[key]` of a string, list or tuple, by number or slice.
pub(super) fn subscript(m: &Machine<'_>, s: &mut State, base: Value, key: Value) -> Option<Value> {
    let kind = base.kind();
    if matches!(kind, Kind::List | Kind::Tuple) {
        let items = s.arena.items(base)?.whole()?;
        let chosen: Option<Vec<Value>> =
            places(m, s, key, items.len())?.iter().map(|&at| items.get(at).copied()).collect();
        let chosen = chosen?;
        return if is_slice(m, s, key) { Some(s.container(kind, &chosen)) } else { chosen.first().copied() };
    }
    let (kind, text) = eval::known(m, s, base)?;
    if kind == Kind::Str && !text.is_ascii() {
        return None;
    }
    let chosen: Option<Vec<u8>> =
        places(m, s, key, text.len())?.iter().map(|&at| text.get(at).copied()).collect();
    let chosen = chosen?;
    match chosen.first() {
        Some(&byte) if kind != Kind::Str && !is_slice(m, s, key) => Some(s.number(i64::from(byte))),
        _ => Some(s.content(kind, chosen)),
    }
}

fn is_slice(m: &Machine<'_>, s: &State, key: Value) -> bool {
    s.arena.made(key).is_some_and(|made| m.is(made.callee, b"builtins", b"slice"))
}

/// The places that a number or slice stands for among `len`.
fn places(m: &Machine<'_>, s: &State, key: Value, len: usize) -> Option<Vec<usize>> {
    if !is_slice(m, s, key) {
        let at = constant::number(m.data, &s.arena, key)?;
        let at = if at < 0 { wide(len).checked_sub(at.unsigned_abs())? } else { at.unsigned_abs() };
        return (at < wide(len)).then(|| vec![index(at)]);
    }
    let mut bounds = [None; 3];
    let args = &s.arena.made(key)?.args;
    let fields: &[Value] = if args.len() == 1 { &[Value::NONE, *args.first()?] } else { args };
    for (bound, &value) in bounds.iter_mut().zip(fields) {
        if value != Value::NONE {
            *bound = Some(constant::number(m.data, &s.arena, value)?);
        }
    }
    let [start, stop, step] = bounds;
    range(start, stop, step.unwrap_or(1), len)
}

/// `slice(start, stop, step).indices(len)`.
fn range(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Option<Vec<usize>> {
    let len = i64::try_from(len).ok().filter(|&len| len <= LONGEST)?;
    let (low, high) = if step < 0 { (-1, len.checked_sub(1)?) } else { (0, len) };
    let bound = |at: i64| if at < 0 { at.saturating_add(len) } else { at }.clamp(low, high);
    let (first, last) = if step < 0 { (high, low) } else { (low, high) };
    let (mut at, stop) = (start.map_or(first, bound), stop.map_or(last, bound));
    let mut places = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        places.push(usize::try_from(at).ok()?);
        at = at.checked_add(step)?;
    }
    (step != 0).then_some(places)
}

/// `text.format(*args)` with fields that only name an argument.
pub(super) fn format(m: &Machine<'_>, s: &State, text: &[u8], args: &[Value]) -> Option<Vec<u8>> {
    let (mut out, mut rest, mut next) = (Vec::new(), text, 0_usize);
    loop {
        rest = match rest {
            [] => return Some(out),
            [b'{', b'{', after @ ..] | [b'}', b'}', after @ ..] => {
                out.extend(rest.first());
                after
            }
            [b'}', ..] => return None,
            [b'{', after @ ..] => {
                let end = after.iter().position(|&byte| byte == b'}')?;
                let field = std::str::from_utf8(after.get(..end)?).ok()?;
                let field = field.strip_suffix(":s").unwrap_or(field);
                let field = field.strip_suffix("!s").unwrap_or(field);
                let at = if field.is_empty() { next } else { plain_number(field)? };
                next = next.saturating_add(usize::from(field.is_empty()));
                out.extend(shown(m, s, *args.get(at)?)?);
                after.get(end.saturating_add(1)..)?
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn plain_number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `text % args` with `%s` and `%%` only.
pub(super) fn percent(m: &Machine<'_>, s: &State, text: &[u8], args: Value) -> Option<Vec<u8>> {
    let args = match args.kind() {
        Kind::Tuple => s.arena.items(args)?.whole()?.to_vec(),
        _ => vec![args],
    };
    let (mut out, mut rest, mut next) = (Vec::new(), text, args.iter());
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'%', [b's', after @ ..]) => {
                out.extend(shown(m, s, *next.next()?)?);
                after
            }
            (b'%', [b'%', after @ ..]) => {
                out.push(b'%');
                after
            }
            (b'%', _) => return None,
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    next.next().is_none().then_some(out)
}

/// What a text field writes for a text.
fn shown(m: &Machine<'_>, s: &State, value: Value) -> Option<Vec<u8>> {
    eval::known(m, s, value).filter(|(kind, _)| *kind == Kind::Str).map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_those_of_python() {
        assert_eq!(range(Some(2), Some(-1), 1, 6), Some(vec![2, 3, 4]));
        assert_eq!(range(None, None, -1, 3), Some(vec![2, 1, 0]));
        assert_eq!(range(Some(9), Some(-9), -2, 4), Some(vec![3, 1]));
        assert_eq!(range(Some(-9), Some(9), 3, 4), Some(vec![0, 3]));
        assert_eq!(range(None, None, 0, 4), None);
        assert_eq!(range(None, None, -1, 0), Some(Vec::new()));
    }
}
