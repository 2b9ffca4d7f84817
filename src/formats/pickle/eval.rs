//! Pure functions on constants, worked out as Python would, within bounds.
//!
//! A wrong answer hides a name, no answer does not: whatever is not certain gives nothing.

use super::{
    constant,
    machine::Machine,
    numbers,
    reading::Encoding,
    state::State,
    unpack::{self, LARGEST},
    value::{Kind, Value},
};
use crate::bytes::{index, wide};

/// The result of a pure function, if its arguments are known and it is one of those worked out here.
pub(super) fn evaluate(m: &mut Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let &[first, ref rest @ ..] = args else { return nothing(s, function) };
    match function {
        "list" | "tuple" | "set" | "frozenset" | "dict" if rest.is_empty() => {
            container(m, s, function, first)
        }
        "str" if rest.is_empty() => known(m, s, first).filter(|(kind, _)| *kind == Kind::Str).map(|_| first),
        "str" | "decode" => decoded(m, s, args),
        "encode" => encoded(m, s, args),
        "intern" => Some(first),
        "bytes" | "bytearray" => made_bytes(m, s, function, args),
        "chr" => {
            let point = u32::try_from(constant::number(m.data, &s.arena, first)?).ok()?;
            let mut text = Vec::new();
            numbers::push_code_point(&mut text, point)?;
            Some(s.content(Kind::Str, text))
        }
        "latin1-decode" | "utf8-decode" | "ascii-decode" => pair(m, s, function, first),
        "add" | "concat" => concatenated(m, s, first, *rest.first()?),
        "iadd" => extended(m, s, first, *rest.first()?),
        "basename" => {
            let (kind, path) = known(m, s, first)?;
            let last = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
            bounded(s, kind, last)
        }
        "literal" | "json-text" | "unquote" if rest.is_empty() => {
            let (_, text) = known(m, s, first)?;
            let text = match function {
                "literal" => unpack::literal(&text)?,
                "json-text" => serde_json::from_slice::<String>(&text).ok()?.into_bytes(),
                _ => unpack::percent(&text)?,
            };
            bounded(s, Kind::Str, text)
        }
        "base64" | "base64-urlsafe" | "base32" | "base16" | "base85" | "ascii85" | "zlib" | "gzip"
        | "bzip2" | "xz"
            if rest.is_empty() =>
        {
            let (_, content) = known(m, s, first)?;
            let result = unpack::unpacked(m, function, &content)?;
            bounded(s, Kind::Bytes, result)
        }
        "join" | "replace" | "lower" | "upper" | "strip" => method(m, s, function.as_bytes(), args),
        "str-encode" => encoded(m, s, args),
        "bytes-decode" => decoded(m, s, args),
        _ => None,
    }
}

/// What a type gives that is called without an argument.
fn nothing(s: &mut State, function: &str) -> Option<Value> {
    Some(match function {
        "list" => s.container(Kind::List, &[]),
        "tuple" => Value::EMPTY_TUPLE,
        "dict" => s.container(Kind::Dict, &[]),
        "set" => s.container(Kind::Set, &[]),
        "frozenset" => s.container(Kind::FrozenSet, &[]),
        "str" => s.content(Kind::Str, Vec::new()),
        "bytes" => s.content(Kind::Bytes, Vec::new()),
        "bytearray" => s.content(Kind::ByteArray, Vec::new()),
        _ => return None,
    })
}

/// The result of a method on a constant; the first argument is the value itself.
pub(super) fn method(m: &mut Machine<'_>, s: &mut State, name: &[u8], args: &[Value]) -> Option<Value> {
    let (&base, rest) = args.split_first()?;
    let (kind, text) = known(m, s, base)?;
    let plain = text.is_ascii();
    let result = match name {
        b"join" => joined(m, s, (kind, &text), *rest.first()?)?,
        b"replace" => replaced(m, s, (kind, text), rest)?,
        b"lower" | b"casefold" if plain => text.to_ascii_lowercase(),
        b"upper" if plain => text.to_ascii_uppercase(),
        b"strip" | b"lstrip" | b"rstrip" if plain => {
            let junk = match rest.first() {
                None if kind == Kind::Str => b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f ".to_vec(),
                None => b"\t\n\x0b\x0c\r ".to_vec(),
                Some(&junk) => known(m, s, junk)?.1,
            };
            stripped(&text, &junk, name)
        }
        b"encode" => return encoded(m, s, args),
        b"decode" => return decoded(m, s, args),
        b"__add__" => return concatenated(m, s, base, *rest.first()?),
        b"__str__" if kind == Kind::Str => return Some(base),
        b"__getitem__" if plain => {
            let at = constant::number(m.data, &s.arena, *rest.first()?)?;
            let at =
                if at < 0 { wide(text.len()).checked_sub(at.unsigned_abs())? } else { at.unsigned_abs() };
            let byte = *text.get(index(at))?;
            if kind != Kind::Str {
                return Some(s.number(i64::from(byte)));
            }
            vec![byte]
        }
        _ => return None,
    };
    bounded(s, kind, result)
}

fn joined(m: &Machine<'_>, s: &State, (kind, glue): (Kind, &[u8]), items: Value) -> Option<Vec<u8>> {
    let mut parts = Vec::new();
    let mut len = 0_usize;
    for item in elements(m, s, items)? {
        let (same, part) = known(m, s, item)?;
        len = len.saturating_add(part.len()).saturating_add(glue.len());
        if (same == Kind::Str) != (kind == Kind::Str) || len > LARGEST {
            return None;
        }
        parts.push(part);
    }
    Some(parts.join(glue))
}

fn replaced(m: &Machine<'_>, s: &State, (kind, text): (Kind, Vec<u8>), rest: &[Value]) -> Option<Vec<u8>> {
    let part = |at: usize| {
        let (same, part) = known(m, s, *rest.get(at)?)?;
        String::from_utf8(part).ok().filter(|_| (same == Kind::Str) == (kind == Kind::Str))
    };
    let (text, old, new) = (String::from_utf8(text).ok()?, part(0)?, part(1)?);
    let most = match rest.get(2) {
        Some(&count) => constant::number(m.data, &s.arena, count)?,
        None => -1,
    };
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

fn bounded(s: &mut State, kind: Kind, content: Vec<u8>) -> Option<Value> {
    (content.len() <= LARGEST).then(|| s.content(kind, content))
}

/// The type and content of a string. An 8-bit string has them if all readings of the group agree on both.
fn known(m: &Machine<'_>, s: &State, value: Value) -> Option<(Kind, Vec<u8>)> {
    let content = constant::bytes(m.data, &s.arena, value).filter(|bytes| bytes.len() <= LARGEST)?;
    let kind = match value.kind() {
        Kind::Str8 if !content.is_ascii() => return None,
        Kind::Str8 if s.encoding()? == Encoding::Bytes => Kind::Bytes,
        Kind::Str8 => Kind::Str,
        kind => kind,
    };
    Some((kind, content.into_owned()))
}

/// What iterating a container gives, if all of it is known and its order too.
fn elements(m: &Machine<'_>, s: &State, source: Value) -> Option<Vec<Value>> {
    let items = s.arena.items(source)?.whole()?;
    match source.kind() {
        Kind::Set | Kind::FrozenSet if items.len() > 1 => None,
        Kind::Dict => {
            let keys: Vec<Value> = items.iter().step_by(2).copied().collect();
            let mut seen = std::collections::HashSet::new();
            for &key in &keys {
                let (kind, content) = known(m, s, key)?;
                if kind != Kind::Str || !seen.insert(content) {
                    return None;
                }
            }
            Some(keys)
        }
        _ => Some(items.to_vec()),
    }
}

fn container(m: &Machine<'_>, s: &mut State, function: &str, source: Value) -> Option<Value> {
    let kind = match function {
        "list" => Kind::List,
        "tuple" => Kind::Tuple,
        "set" => Kind::Set,
        "frozenset" => Kind::FrozenSet,
        _ => Kind::Dict,
    };
    let items = match (kind, source.kind()) {
        (Kind::Dict, Kind::Dict) => s.arena.items(source)?.whole()?.to_vec(),
        (Kind::Dict, _) => return None,
        _ => elements(m, s, source)?,
    };
    Some(s.container(kind, &items))
}

/// `bytes([…])`, `bytes(text, encoding)`, `bytearray(…)`.
fn made_bytes(m: &Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let kind = if function == "bytes" { Kind::Bytes } else { Kind::ByteArray };
    let &first = args.first()?;
    if first.is_container() {
        let byte = |item| constant::number(m.data, &s.arena, item).and_then(|n| u8::try_from(n).ok());
        let bytes: Option<Vec<u8>> = elements(m, s, first)?.into_iter().map(byte).collect();
        return bytes.map(|bytes| s.content(kind, bytes));
    }
    let bytes = match known(m, s, first)? {
        (Kind::Str, text) => encode(&text, &codec(m, s, Some(*args.get(1)?))?)?,
        (_, bytes) => bytes,
    };
    Some(s.content(kind, bytes))
}

/// Name of a codec, in the spelling that is compared; UTF-8 if none is given.
fn codec(m: &Machine<'_>, s: &State, value: Option<Value>) -> Option<String> {
    let Some(value) = value else { return Some("utf-8".to_owned()) };
    let name = String::from_utf8(constant::text(m.data, &s.arena, value)?).ok()?;
    Some(name.to_ascii_lowercase().replace('_', "-"))
}

fn encoded(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let (_, text) = known(m, s, *args.first()?).filter(|(kind, _)| *kind == Kind::Str)?;
    let name = codec(m, s, args.get(1).copied())?;
    let bytes = encode(&text, &name)?;
    let kind = if matches!(name.as_str(), "rot13" | "rot-13") { Kind::Str } else { Kind::Bytes };
    Some(s.content(kind, bytes))
}

fn encode(text: &[u8], codec: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    match codec {
        "utf-8" | "utf8" | "u8" => Some(text.as_bytes().to_vec()),
        "ascii" | "us-ascii" => text.is_ascii().then(|| text.as_bytes().to_vec()),
        "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" | "l1" => {
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
        }
        "utf-16-le" | "utf-16le" => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "rot13" | "rot-13" => Some(text.bytes().map(unpack::rot13).collect()),
        _ => None,
    }
}

fn decoded(m: &mut Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let (given, bytes) = known(m, s, *args.first()?)?;
    let name = codec(m, s, args.get(1).copied())?;
    let (kind, result) = match name.as_str() {
        "rot13" | "rot-13" if given == Kind::Str => {
            (Kind::Str, bytes.iter().copied().map(unpack::rot13).collect())
        }
        "hex" | "hex-codec" => (Kind::Bytes, unpack::unpacked(m, "base16", &bytes)?),
        "base64" | "base64-codec" => (Kind::Bytes, unpack::unpacked(m, "base64", &bytes)?),
        "zlib" | "zlib-codec" | "zip" => (Kind::Bytes, unpack::unpacked(m, "zlib", &bytes)?),
        "bz2" | "bz2-codec" => (Kind::Bytes, unpack::unpacked(m, "bzip2", &bytes)?),
        name if given != Kind::Str => (Kind::Str, unpack::decode(&bytes, name)?),
        _ => return None,
    };
    bounded(s, kind, result)
}

/// What the functions behind codecs give: a text, and how many bytes went into it.
fn pair(m: &Machine<'_>, s: &mut State, function: &str, source: Value) -> Option<Value> {
    let (_, bytes) = known(m, s, source).filter(|(kind, _)| *kind != Kind::Str)?;
    let name = function.strip_suffix("-decode")?;
    let text = unpack::decode(&bytes, if name == "utf8" { "utf-8" } else { name })?;
    let len = i64::try_from(bytes.len()).ok()?;
    let items = [bounded(s, Kind::Str, text)?, s.number(len)];
    Some(s.container(Kind::Tuple, &items))
}

fn concatenated(m: &Machine<'_>, s: &mut State, left: Value, right: Value) -> Option<Value> {
    if left.is_container() {
        let kind = left.kind();
        if kind != right.kind() || !matches!(kind, Kind::List | Kind::Tuple) {
            return None;
        }
        let items = [s.arena.items(left)?.whole()?, s.arena.items(right)?.whole()?].concat();
        return Some(s.container(kind, &items));
    }
    let ((kind, head), (same, tail)) = (known(m, s, left)?, known(m, s, right)?);
    let fits = (kind == Kind::Str) == (same == Kind::Str);
    if fits { bounded(s, kind, [head, tail].concat()) } else { None }
}

/// `left += right`, which changes a list or byte array and gives it.
fn extended(m: &Machine<'_>, s: &mut State, left: Value, right: Value) -> Option<Value> {
    match left.kind() {
        Kind::List => match elements(m, s, right) {
            Some(items) => s.add_items(left, &items),
            None => s.arena.may_change(left),
        },
        Kind::ByteArray => {
            let joined = known(m, s, left).zip(known(m, s, right));
            let joined = joined.map(|((_, head), (_, tail))| [head, tail].concat());
            s.arena.set_array(left, joined.filter(|joined| joined.len() <= 1 << 12));
        }
        _ => return concatenated(m, s, left, right),
    }
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_stripped_and_encoded_as_python_does() {
        assert_eq!(stripped(b"xosx", b"x", b"strip"), b"os");
        assert_eq!(stripped(b"xosx", b"x", b"lstrip"), b"osx");
        assert_eq!(encode("é".as_bytes(), "latin1").as_deref(), Some(&[0xe9][..]));
    }
}
