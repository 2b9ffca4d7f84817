//! Subscripts and formats of constants, as Python works them out.

use super::{
    constant, eval,
    machine::Machine,
    numbers,
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
    let mut next = 0_usize;
    fields(m, s, text, |field| {
        let at = if field.is_empty() { next } else { plain_number(field)? };
        next = next.saturating_add(usize::from(field.is_empty()));
        args.get(at).copied()
    })
}

/// `text.format_map(dict)` with fields that only name a key.
pub(super) fn format_map(m: &Machine<'_>, s: &State, text: &[u8], dict: Value) -> Option<Vec<u8>> {
    fields(m, s, text, |field| named(m, s, dict, field.as_bytes()))
}

/// The value of a dict under a text.
fn named(m: &Machine<'_>, s: &State, dict: Value, name: &[u8]) -> Option<Value> {
    let pairs = s.arena.items(dict).filter(|_| dict.kind() == Kind::Dict)?.whole()?;
    m.budget.spend(wide(pairs.len())).ok()?;
    let same = |pair: &&[Value]| {
        let key = pair.first().and_then(|&key| constant::text(m.data, &s.arena, key));
        key.as_deref() == Some(name)
    };
    pairs.chunks_exact(2).rev().find(same).and_then(|pair| pair.get(1).copied())
}

/// A text with its fields in braces filled in.
fn fields(
    m: &Machine<'_>,
    s: &State,
    text: &[u8],
    mut value: impl FnMut(&str) -> Option<Value>,
) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), text);
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
                let (field, how) = field.split_once(':').unwrap_or((field, ""));
                let field = field.strip_suffix("!s").unwrap_or(field);
                let how = how.bytes().next().filter(|_| how.len() == 1).or(how.is_empty().then_some(b's'))?;
                out.extend(shown(m, s, how, value(field)?)?);
                after.get(end.saturating_add(1)..)?
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

/// `string.Template(text).substitute(dict)`.
pub(super) fn template(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let &[template, dict] = args else { return None };
    let made = s.arena.made(template).filter(|made| m.is(made.callee, b"string", b"Template"))?;
    let (_, text) = eval::known(m, s, *made.args.first()?).filter(|(kind, _)| *kind == Kind::Str)?;
    let (mut out, mut rest) = (Vec::new(), text.as_slice());
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'$', [b'$', after @ ..]) => {
                out.push(b'$');
                after
            }
            (b'$', _) => {
                let inner = after.strip_prefix(b"{").unwrap_or(after);
                let len = inner.iter().take_while(|byte| word(byte)).count();
                let (name, after) = inner.split_at(len);
                let closed = if inner.len() < rest.len().saturating_sub(1) {
                    after.strip_prefix(b"}")?
                } else {
                    after
                };
                out.extend(shown(m, s, b's', named(m, s, dict, name)?)?);
                closed
            }
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    eval::bounded(s, Kind::Str, out)
}

fn plain_number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `text % args` with fields of one letter.
pub(super) fn percent(m: &Machine<'_>, s: &State, text: &[u8], args: Value) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), text);
    let args = match args.kind() {
        Kind::Tuple => s.arena.items(args)?.whole()?.to_vec(),
        _ => vec![args],
    };
    let mut next = args.iter();
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'%', [b'%', after @ ..]) => {
                out.push(b'%');
                after
            }
            (b'%', [b'(', after @ ..]) => {
                let end = after.iter().position(|&byte| byte == b')')?;
                let (name, after) = (after.get(..end)?, after.get(end.saturating_add(1)..)?);
                let (how, after) = after.split_first()?;
                out.extend(shown(m, s, *how, named(m, s, *args.first()?, name)?)?);
                next = [].iter();
                after
            }
            (b'%', [how, after @ ..]) => {
                out.extend(shown(m, s, *how, *next.next()?)?);
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

/// What a field writes: a text as it is, a number in digits or as the character that it stands for.
fn shown(m: &Machine<'_>, s: &State, how: u8, value: Value) -> Option<Vec<u8>> {
    let Some(number) = constant::number(m.data, &s.arena, value).filter(|_| value.kind() == Kind::Int) else {
        let (_, text) = eval::known(m, s, value).filter(|(kind, _)| *kind == Kind::Str)?;
        let one = how == b'c' && std::str::from_utf8(&text).ok()?.chars().count() == 1;
        return (how == b's' || one).then_some(text);
    };
    match how {
        b's' | b'd' | b'i' | b'u' => Some(number.to_string().into_bytes()),
        b'x' if number >= 0 => Some(format!("{number:x}").into_bytes()),
        b'c' => {
            let mut out = Vec::new();
            numbers::push_code_point(&mut out, u32::try_from(number).ok()?)?;
            Some(out)
        }
        _ => None,
    }
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
