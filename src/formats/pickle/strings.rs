//! Methods of `str`, `bytes` and `bytearray`, worked out as Python does; nothing where that is not certain.

use std::collections::HashMap;

use super::{
    constant,
    eval::{bounded, concatenated, decoded, encoded, known, same_type},
    iterate,
    machine::Machine,
    numbers,
    state::State,
    texts,
    unpack::LARGEST,
    value::{Kind, Value},
};
use crate::bytes::{index, wide};

/// Bytes of a text that is cut into parts.
const LONGEST: usize = 1 << 16;

/// A text or bytes, and what a method is given.
struct Of<'a> {
    kind: Kind,
    text: &'a [u8],
    rest: &'a [Value],
}

/// The result of a method on a text or bytes; the first argument is the value itself.
pub(super) fn method(m: &mut Machine<'_>, s: &mut State, name: &[u8], args: &[Value]) -> Option<Value> {
    let (&base, rest) = args.split_first()?;
    let (kind, text) = known(m, s, base)?;
    let of = Of { kind, text: &text, rest };
    match name {
        b"encode" => return encoded(m, s, args),
        b"decode" => return decoded(m, s, args),
        b"__add__" => return concatenated(m, s, base, *rest.first()?),
        b"__str__" if kind == Kind::Str && rest.is_empty() => return Some(base),
        b"__getitem__" => return texts::subscript(m, s, base, *rest.first()?),
        b"__mul__" | b"__rmul__" => return repeated(m, s, base, *rest.first()?),
        b"split" | b"rsplit" | b"partition" | b"rpartition" | b"splitlines" => {
            if text.len() > LONGEST {
                return None;
            }
            let parts = parts(m, s, name, &of)?;
            let list = if name.ends_with(b"partition") { Kind::Tuple } else { Kind::List };
            let kind = if kind == Kind::ByteArray { return None } else { kind };
            let values: Vec<Value> = parts.into_iter().map(|part| s.content(kind, part)).collect();
            return Some(s.container(list, &values));
        }
        b"find" | b"index" | b"count" if rest.len() == 1 && text.is_ascii() => {
            return counted(m, s, name, &of);
        }
        b"maketrans" => return table(m, s, rest),
        _ => {}
    }
    let result = changed(m, s, name, &of)?;
    bounded(s, kind, result)
}

/// Methods that give a value of the same type.
fn changed(m: &mut Machine<'_>, s: &mut State, name: &[u8], of: &Of<'_>) -> Option<Vec<u8>> {
    let (text, kind) = (of.text, of.kind);
    let plain = text.is_ascii();
    Some(match name {
        b"join" => joined(m, s, of)?,
        b"replace" => replaced(m, s, of)?,
        b"translate" => translated(m, s, of)?,
        b"lower" | b"casefold" if plain => text.to_ascii_lowercase(),
        b"lower" | b"casefold" if kind == Kind::Str => lowered(text, name)?,
        b"upper" if plain => text.to_ascii_uppercase(),
        b"swapcase" | b"title" | b"capitalize" if plain => cased(text, name),
        b"strip" | b"lstrip" | b"rstrip" => without_ends(m, s, name, of)?,
        b"removeprefix" => {
            let head = part(m, s, of, *of.rest.first()?)?;
            text.strip_prefix(head.as_slice()).unwrap_or(text).to_vec()
        }
        b"removesuffix" => {
            let tail = part(m, s, of, *of.rest.first()?)?;
            text.strip_suffix(tail.as_slice()).unwrap_or(text).to_vec()
        }
        b"zfill" | b"ljust" | b"rjust" if plain => padded(m, s, name, of)?,
        b"format" if kind == Kind::Str => texts::format(m, s, text, of.rest)?,
        b"format_map" if kind == Kind::Str => texts::format_map(m, s, text, *of.rest.first()?)?,
        b"__format__" if kind == Kind::Str && part(m, s, of, *of.rest.first()?)?.is_empty() => text.to_vec(),
        b"__mod__" if kind == Kind::Str => texts::percent(m, s, text, *of.rest.first()?)?,
        _ => return None,
    })
}

/// An argument of the same type.
fn part(m: &Machine<'_>, s: &State, of: &Of<'_>, value: Value) -> Option<Vec<u8>> {
    known(m, s, value).filter(|(kind, _)| same_type(*kind, of.kind)).map(|(_, part)| part)
}

fn number(m: &Machine<'_>, s: &State, of: &Of<'_>, at: usize) -> Option<i64> {
    constant::number(m.data, &s.arena, *of.rest.get(at)?)
}

/// `base * times`.
pub(super) fn repeated(m: &Machine<'_>, s: &mut State, base: Value, times: Value) -> Option<Value> {
    let (kind, text) = known(m, s, base)?;
    let times = constant::number(m.data, &s.arena, times)?.max(0).unsigned_abs();
    let len = wide(text.len()).saturating_mul(times);
    m.budget.spend(len >> 4).ok()?;
    if len <= wide(LARGEST) { bounded(s, kind, text.repeat(index(times))) } else { None }
}

fn joined(m: &Machine<'_>, s: &mut State, of: &Of<'_>) -> Option<Vec<u8>> {
    let mut parts = Vec::new();
    let mut len = 0_usize;
    for item in iterate::take(m, s, *of.rest.first()?)? {
        let part = part(m, s, of, item)?;
        len = len.saturating_add(part.len()).saturating_add(of.text.len());
        if len > LARGEST {
            return None;
        }
        parts.push(part);
    }
    Some(parts.join(of.text))
}

fn replaced(m: &Machine<'_>, s: &State, of: &Of<'_>) -> Option<Vec<u8>> {
    let argument = |at: usize| String::from_utf8(part(m, s, of, *of.rest.get(at)?)?).ok();
    let (text, old, new) = (std::str::from_utf8(of.text).ok()?, argument(0)?, argument(1)?);
    let most = if of.rest.len() > 2 { number(m, s, of, 2)? } else { -1 };
    let grown = text.len().saturating_add(1).saturating_mul(new.len().max(1));
    if grown > LARGEST || (old.is_empty() && !text.is_ascii()) {
        return None;
    }
    let replaced = if most < 0 {
        text.replace(&old, &new)
    } else {
        text.replacen(&old, &new, index(most.unsigned_abs()))
    };
    Some(replaced.into_bytes())
}

/// `translate`: of a `str` by a dict, of bytes by a table of 256.
fn translated(m: &Machine<'_>, s: &State, of: &Of<'_>) -> Option<Vec<u8>> {
    let &table = of.rest.first()?;
    if of.kind != Kind::Str {
        let delete = if of.rest.len() > 1 { part(m, s, of, *of.rest.get(1)?)? } else { Vec::new() };
        let table = if table == Value::NONE { None } else { Some(known(m, s, table)?.1) };
        if table.as_ref().is_some_and(|table| table.len() != 256) {
            return None;
        }
        let kept = of.text.iter().filter(|byte| !delete.contains(byte));
        return kept
            .map(|&byte| table.as_ref().map_or(Some(byte), |table| table.get(usize::from(byte)).copied()))
            .collect();
    }
    let changes = changes(m, s, table)?;
    let mut out = Vec::new();
    for one in std::str::from_utf8(of.text).ok()?.chars() {
        match changes.get(&i64::from(u32::from(one))) {
            Some(text) => out.extend_from_slice(text),
            None => out.extend_from_slice(one.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if out.len() > LARGEST {
            return None;
        }
    }
    Some(out)
}

/// What a dict makes of characters, by their numbers.
fn changes(m: &Machine<'_>, s: &State, table: Value) -> Option<HashMap<i64, Vec<u8>>> {
    let pairs = s.arena.items(table).filter(|_| table.kind() == Kind::Dict)?.whole()?;
    m.budget.spend(wide(pairs.len()).saturating_mul(8)).ok()?;
    let mut changes = HashMap::new();
    for pair in pairs.chunks_exact(2) {
        let &[key, value] = pair else { continue };
        let mut text = Vec::new();
        match value.kind() {
            Kind::None => {}
            Kind::Int => {
                let point = constant::number(m.data, &s.arena, value).and_then(|n| u32::try_from(n).ok())?;
                numbers::push_code_point(&mut text, point)?;
            }
            _ => text = known(m, s, value).filter(|(kind, _)| *kind == Kind::Str)?.1,
        }
        // Keys that are no numbers are never asked for.
        if matches!(key.kind(), Kind::Int | Kind::Bool) {
            changes.insert(constant::number(m.data, &s.arena, key)?, text);
        } else if !matches!(key.kind(), Kind::Str | Kind::Bytes | Kind::None) {
            return None;
        }
    }
    Some(changes)
}

/// `str.maketrans(x, y, z)`, `str.maketrans(dict)`.
pub(super) fn table(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let text = |s: &State, at: usize| {
        let (_, text) = known(m, s, *args.get(at)?).filter(|(kind, _)| *kind == Kind::Str)?;
        String::from_utf8(text).ok()
    };
    let (from, to) = (text(s, 0)?, text(s, 1)?);
    let dropped = if args.len() > 2 { text(s, 2)? } else { String::new() };
    if from.chars().count() != to.chars().count() {
        return None;
    }
    let mut pairs = Vec::new();
    for (one, other) in from.chars().zip(to.chars()) {
        pairs.push(s.number(i64::from(u32::from(one))));
        pairs.push(s.number(i64::from(u32::from(other))));
    }
    for one in dropped.chars() {
        pairs.push(s.number(i64::from(u32::from(one))));
        pairs.push(Value::NONE);
    }
    m.budget.spend(wide(pairs.len())).ok()?;
    Some(s.container(Kind::Dict, &pairs))
}

fn cased(text: &[u8], name: &[u8]) -> Vec<u8> {
    let mut inside = false;
    let change = |&byte: &u8| {
        let up = match name {
            b"swapcase" => byte.is_ascii_lowercase(),
            _ => !inside,
        };
        inside = if name == b"title" { byte.is_ascii_alphabetic() } else { true };
        if up { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() }
    };
    text.iter().map(change).collect()
}

/// Small letters of a text of which only few signs are not plain: what they are has not changed in any Python.
fn lowered(text: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut out = String::new();
    for one in std::str::from_utf8(text).ok()?.chars() {
        match one {
            '\u{212a}' => out.push('k'),
            '\u{17f}' if name == b"casefold" => out.push('s'),
            '\u{17f}' => out.push(one),
            '\u{df}' | '\u{b5}' if name == b"casefold" => return None,
            '\0'..='\u{ff}' => out.extend(one.to_lowercase()),
            _ => return None,
        }
    }
    Some(out.into_bytes())
}

/// `strip`, `lstrip` and `rstrip`.
fn without_ends(m: &Machine<'_>, s: &State, name: &[u8], of: &Of<'_>) -> Option<Vec<u8>> {
    let junk = match of.rest.first() {
        None | Some(&Value::NONE) => None,
        Some(&junk) => Some(part(m, s, of, junk)?),
    };
    if !of.text.is_ascii() {
        let text = std::str::from_utf8(of.text).ok().filter(|_| of.kind == Kind::Str)?;
        return trimmed(text, junk.as_deref(), name);
    }
    let blanks =
        if of.kind == Kind::Str { &b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "[..] } else { b"\t\n\x0b\x0c\r " };
    Some(stripped(of.text, junk.as_deref().unwrap_or(blanks), name))
}

fn stripped(text: &[u8], junk: &[u8], side: &[u8]) -> Vec<u8> {
    let mut text = text;
    while let [first, rest @ ..] = text
        && side != b"rstrip"
        && junk.contains(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && side != b"lstrip"
        && junk.contains(last)
    {
        text = rest;
    }
    text.to_vec()
}

/// `strip` of a text with signs that are not plain.
fn trimmed(text: &str, junk: Option<&[u8]>, side: &[u8]) -> Option<Vec<u8>> {
    let junk = match junk {
        Some(junk) => Some(std::str::from_utf8(junk).ok()?),
        None => None,
    };
    let drop = |one: char| match junk {
        Some(junk) => junk.contains(one),
        None => one.is_whitespace() || matches!(one, '\x1c'..='\x1f'),
    };
    let text = if side == b"rstrip" { text } else { text.trim_start_matches(drop) };
    let text = if side == b"lstrip" { text } else { text.trim_end_matches(drop) };
    Some(text.as_bytes().to_vec())
}

fn padded(m: &Machine<'_>, s: &State, name: &[u8], of: &Of<'_>) -> Option<Vec<u8>> {
    let width = usize::try_from(number(m, s, of, 0)?.max(0)).ok().filter(|&width| width <= LARGEST)?;
    let fill = match (name, of.rest.get(1)) {
        (b"zfill", _) if of.text.first().is_some_and(|byte| matches!(byte, b'+' | b'-')) => return None,
        (b"zfill", _) => b"0".to_vec(),
        (_, None) => b" ".to_vec(),
        (_, Some(&fill)) => part(m, s, of, fill).filter(|fill| fill.len() == 1)?,
    };
    let fill = fill.repeat(width.saturating_sub(of.text.len()));
    Some(if name == b"ljust" { [of.text, &fill].concat() } else { [&fill, of.text].concat() })
}

/// `find`, `index` and `count` of a part in plain text.
fn counted(m: &Machine<'_>, s: &mut State, name: &[u8], of: &Of<'_>) -> Option<Value> {
    let part = part(m, s, of, *of.rest.first()?).filter(|part| !part.is_empty())?;
    let found = memchr::memmem::find(of.text, &part);
    let number = match name {
        b"count" => i64::try_from(memchr::memmem::find_iter(of.text, &part).count()).ok()?,
        b"find" => found.map_or(Some(-1), |at| i64::try_from(at).ok())?,
        _ => i64::try_from(found?).ok()?,
    };
    Some(s.number(number))
}

/// What `split` and its kin cut a text into.
fn parts(m: &Machine<'_>, s: &State, name: &[u8], of: &Of<'_>) -> Option<Vec<Vec<u8>>> {
    let text = of.text;
    let glue = match of.rest.first() {
        None | Some(&Value::NONE) => None,
        Some(&glue) => Some(part(m, s, of, glue).filter(|glue| !glue.is_empty())?),
    };
    m.budget.spend(wide(text.len())).ok()?;
    let most = if of.rest.len() > 1 { number(m, s, of, 1)? } else { -1 };
    match (name, &glue) {
        (b"partition" | b"rpartition", Some(glue)) => Some(partitioned(text, glue, name == b"rpartition")),
        (b"split" | b"rsplit", Some(glue)) => split(text, glue, most, name == b"rsplit"),
        (b"split" | b"rsplit", None) if most < 0 && text.is_ascii() => {
            let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0x0b | 0x1c..=0x1f);
            let words = text.split(blank).filter(|word| !word.is_empty());
            (of.kind == Kind::Str).then(|| words.map(<[u8]>::to_vec).collect())
        }
        (b"splitlines", None) if text.is_ascii() && !text.iter().any(|byte| matches!(byte, 0x0b..=0x1f)) => {
            let body = text.strip_suffix(b"\n").unwrap_or(text);
            Some(if text.is_empty() {
                Vec::new()
            } else {
                body.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
            })
        }
        _ => None,
    }
}

/// `partition` and `rpartition`.
fn partitioned(text: &[u8], glue: &[u8], from_end: bool) -> Vec<Vec<u8>> {
    let found = if from_end { memchr::memmem::rfind(text, glue) } else { memchr::memmem::find(text, glue) };
    match found.and_then(|at| text.split_at_checked(at)) {
        Some((head, tail)) => {
            vec![head.to_vec(), glue.to_vec(), tail.strip_prefix(glue).unwrap_or_default().to_vec()]
        }
        None if from_end => vec![Vec::new(), Vec::new(), text.to_vec()],
        None => vec![text.to_vec(), Vec::new(), Vec::new()],
    }
}

/// Parts between `glue`, cut at most so often, from the start or the end; less than nothing is any number.
fn split(text: &[u8], glue: &[u8], most: i64, from_end: bool) -> Option<Vec<Vec<u8>>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (mut parts, mut rest) = (Vec::new(), text);
    while parts.len() < most {
        let found =
            if from_end { memchr::memmem::rfind(rest, glue) } else { memchr::memmem::find(rest, glue) };
        let Some(at) = found else { break };
        let (head, tail) = (rest.get(..at)?, rest.get(at.checked_add(glue.len())?..)?);
        let (part, left) = if from_end { (tail, head) } else { (head, tail) };
        parts.push(part.to_vec());
        rest = left;
    }
    parts.push(rest.to_vec());
    if from_end {
        parts.reverse();
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_stripped_and_cased_as_python_does() {
        assert_eq!(stripped(b"xosx", b"x", b"strip"), b"os");
        assert_eq!(stripped(b"xosx", b"x", b"lstrip"), b"osx");
        assert_eq!(cased(b"oS x1y", b"title"), b"Os X1Y");
        assert_eq!(cased(b"oS x", b"capitalize"), b"Os x");
        assert_eq!(cased(b"oS", b"swapcase"), b"Os");
    }

    #[test]
    fn texts_are_split_from_both_ends() {
        let words = |text: &str, most, from_end| {
            let parts = split(text.as_bytes(), b",", most, from_end).unwrap();
            parts.into_iter().map(|part| String::from_utf8(part).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(words("a,b,,c", -1, false), ["a", "b", "", "c"]);
        assert_eq!(words("a,b,c", 1, false), ["a", "b,c"]);
        assert_eq!(words("a,b,c", 1, true), ["a,b", "c"]);
    }
}
