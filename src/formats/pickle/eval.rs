//! Pure functions on constants, worked out as Python would, within bounds.
//!
//! A wrong answer hides a name, no answer does not: whatever is not certain gives nothing.

use super::{
    constant, iterate, lists,
    machine::Machine,
    reading::Encoding,
    state::State,
    strings, sums, texts,
    unpack::{self, LARGEST},
    value::{Kind, Value},
};
use crate::bytes::wide;

/// The result of a pure function, if its arguments are known and it is one of those worked out here; `made` stands for
/// a new object.
pub(super) fn evaluate(
    m: &mut Machine<'_>,
    s: &mut State,
    function: &str,
    args: &[Value],
    made: Value,
) -> Option<Value> {
    let &[first, ref rest @ ..] = args else { return nothing(s, function) };
    match function {
        "list" | "tuple" | "set" | "frozenset" | "dict" if rest.is_empty() => {
            container(m, s, function, first)
        }
        "str" if rest.is_empty() => shown(m, s, first),
        "str" | "decode" | "bytes-decode" => decoded(m, s, args),
        "encode" | "str-encode" => encoded(m, s, args),
        "intern" => Some(first),
        "bytes" | "bytearray" => made_bytes(m, s, function, args),
        "from-bytes" => {
            let text = known(m, s, *rest.first()?)?.1;
            let mut bytes = known(m, s, first).filter(|(kind, _)| *kind != Kind::Str)?.1;
            if text == b"big" {
                bytes.reverse();
            }
            let (low, high) = bytes.split_at(bytes.len().min(8));
            let fits = matches!(text.as_slice(), b"big" | b"little") && high.iter().all(|&byte| byte == 0);
            let number = i64::try_from(constant::little(low)).ok().filter(|_| fits && rest.len() == 1)?;
            Some(s.number(number))
        }
        "latin1-decode"
        | "utf8-decode"
        | "ascii-decode"
        | "unicode-escape-decode"
        | "raw-unicode-escape-decode"
            if rest.is_empty() =>
        {
            pair(m, s, function, first)
        }
        "add" | "concat" => concatenated(m, s, first, *rest.first()?),
        "iadd" => extended(m, s, first, *rest.first()?),
        "repeat" => strings::repeated(m, s, first, *rest.first()?),
        "setitem" | "delitem" => {
            let name = format!("__{function}__");
            lists::method(m, s, name.as_bytes(), args, made)
        }
        "next" => iterate::next(m, s, args),
        "iter" | "reversed" | "zip" | "enumerate" | "range" | "chain" | "deque" => {
            iterate::woven(m, s, function, args, made)
        }
        "max" | "min" | "sorted" | "sum" => sums::ordered(m, s, function, args),
        "to-bytes" => sums::to_bytes(m, s, args),
        "maketrans" => strings::table(m, s, args),
        "join" | "replace" | "lower" | "casefold" | "upper" | "strip" | "translate" | "format" => {
            method(m, s, function.as_bytes(), args, made)
        }
        "mod" if constant::number(m.data, &s.arena, first).is_none() => method(m, s, b"__mod__", args, made),
        "mod" => sums::number(m, s, "modulo", args),
        "mul" if constant::number(m.data, &s.arena, first).is_none() => {
            strings::repeated(m, s, first, *rest.first()?)
        }
        _ if rest.is_empty() => {
            unspelled(m, s, function, first).or_else(|| sums::number(m, s, function, args))
        }
        _ => sums::number(m, s, function, args),
    }
}

/// What functions of one argument give that undo a spelling.
fn unspelled(m: &Machine<'_>, s: &mut State, function: &str, first: Value) -> Option<Value> {
    let (kind, text) = known(m, s, first)?;
    match function {
        "basename" => {
            let last = text.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
            bounded(s, kind, last)
        }
        "expanded" => (!text.iter().any(|byte| matches!(byte, b'$' | b'~' | b'%'))).then_some(first),
        "literal" => {
            let (kind, content) = unpack::literal(&text)?;
            bounded(s, kind, content)
        }
        "json-text" => {
            let text = serde_json::from_slice::<String>(&text).ok()?.into_bytes();
            bounded(s, Kind::Str, text)
        }
        "unquote" | "unquote-plus" | "unquote-bytes" => {
            let plus = if function == "unquote-plus" { b' ' } else { b'+' };
            let text: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { plus } else { byte }).collect();
            let bytes = unpack::percent(&text);
            if function == "unquote-bytes" {
                return bounded(s, Kind::Bytes, bytes);
            }
            bounded(s, Kind::Str, String::from_utf8(bytes).ok()?.into_bytes())
        }
        "html" => bounded(s, Kind::Str, unpack::html(&text)?),
        _ => {
            let result = unpack::unpacked(m, function, &text)?;
            bounded(s, Kind::Bytes, result)
        }
    }
}

/// `str(value)` of a text or number.
fn shown(m: &Machine<'_>, s: &mut State, value: Value) -> Option<Value> {
    if value.kind() == Kind::Int {
        let number = constant::number(m.data, &s.arena, value)?;
        return bounded(s, Kind::Str, number.to_string().into_bytes());
    }
    known(m, s, value).filter(|(kind, _)| *kind == Kind::Str).map(|_| value)
}

/// The result of a method on a value that is known; the first argument is the value itself, `made` stands for a new
/// object.
pub(super) fn method(
    m: &mut Machine<'_>,
    s: &mut State,
    name: &[u8],
    args: &[Value],
    made: Value,
) -> Option<Value> {
    let &base = args.first()?;
    match base.kind() {
        Kind::Object if matches!(name, b"substitute" | b"safe_substitute") => texts::template(m, s, args),
        Kind::List | Kind::Tuple | Kind::Dict | Kind::Object => lists::method(m, s, name, args, made),
        Kind::Int | Kind::Bool if name == b"to_bytes" => sums::to_bytes(m, s, args),
        Kind::ByteArray | Kind::Bytes | Kind::Str | Kind::Str8 => strings::method(m, s, name, args),
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

/// A constant, unless it is too long.
pub(super) fn bounded(s: &mut State, kind: Kind, content: Vec<u8>) -> Option<Value> {
    (content.len() <= LARGEST).then(|| s.content(kind, content))
}

/// The type and content of a string. An 8-bit string has them if all readings of the group agree on both.
pub(super) fn known(m: &Machine<'_>, s: &State, value: Value) -> Option<(Kind, Vec<u8>)> {
    let content = constant::bytes(m.data, &s.arena, value).filter(|bytes| bytes.len() <= LARGEST)?;
    m.budget.spend(wide(content.len()) >> 4).ok()?;
    let kind = match value.kind() {
        Kind::Str8 if !content.is_ascii() => return None,
        Kind::Str8 if s.encoding()? == Encoding::Bytes => Kind::Bytes,
        Kind::Str8 => Kind::Str,
        kind => kind,
    };
    Some((kind, content.into_owned()))
}

/// Whether two kinds of strings can stand for each other.
pub(super) fn same_type(a: Kind, b: Kind) -> bool {
    (a == Kind::Str) == (b == Kind::Str)
}

/// What going through a container gives, if all of it is known and its order too.
pub(super) fn whole(m: &Machine<'_>, s: &State, source: Value) -> Option<Vec<Value>> {
    let items = s.arena.items(source)?.whole()?;
    m.budget.spend(wide(items.len())).ok()?;
    match source.kind() {
        Kind::Set | Kind::FrozenSet if items.len() > 1 => None,
        Kind::Dict => Some(lists::pairs(m, s, source)?.iter().step_by(2).copied().collect()),
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
        (Kind::Dict, _) => {
            let mut pairs = Vec::new();
            for pair in iterate::take(m, s, source)? {
                let pair = s.arena.items(pair)?.whole().filter(|pair| pair.len() == 2)?;
                pairs.extend_from_slice(pair);
            }
            pairs
        }
        _ => iterate::take(m, s, source)?,
    };
    Some(s.container(kind, &items))
}

/// `bytes([…])`, `bytes(text, encoding)`, `bytearray(…)`.
fn made_bytes(m: &Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let kind = if function == "bytes" { Kind::Bytes } else { Kind::ByteArray };
    let &first = args.first()?;
    if first.is_container() || first.kind() == Kind::Object {
        let items = iterate::take(m, s, first).filter(|_| args.len() == 1)?;
        let byte = |item| constant::number(m.data, &s.arena, item).and_then(|n| u8::try_from(n).ok());
        let bytes: Option<Vec<u8>> = items.into_iter().map(byte).collect();
        return bytes.map(|bytes| s.content(kind, bytes));
    }
    if let Some(len) = constant::number(m.data, &s.arena, first) {
        let len = usize::try_from(len).ok().filter(|&len| len <= 1 << 16 && args.len() == 1)?;
        return Some(s.content(kind, vec![0; len]));
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

pub(super) fn encoded(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
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

pub(super) fn decoded(m: &mut Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
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
        name if given != Kind::Str => {
            let errors = args.get(2).and_then(|&errors| constant::text(m.data, &s.arena, errors));
            let strict = unpack::decode(&bytes, name);
            let lenient =
                || unpack::valid_part(&bytes, name).filter(|_| errors.as_deref() == Some(b"ignore"));
            (Kind::Str, strict.or_else(lenient)?)
        }
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

pub(super) fn concatenated(m: &Machine<'_>, s: &mut State, left: Value, right: Value) -> Option<Value> {
    if left.is_container() {
        let kind = left.kind();
        if kind != right.kind() || !matches!(kind, Kind::List | Kind::Tuple) {
            return None;
        }
        let items = [s.arena.items(left)?.whole()?, s.arena.items(right)?.whole()?].concat();
        return Some(s.container(kind, &items));
    }
    let ((kind, head), (same, tail)) = (known(m, s, left)?, known(m, s, right)?);
    let fits = same_type(kind, same);
    if fits { bounded(s, kind, [head, tail].concat()) } else { None }
}

/// `left += right`, which changes a list or byte array and gives it.
fn extended(m: &Machine<'_>, s: &mut State, left: Value, right: Value) -> Option<Value> {
    match left.kind() {
        Kind::List => match iterate::take(m, s, right) {
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
    fn texts_are_encoded_as_python_does() {
        assert_eq!(encode("é".as_bytes(), "latin1").as_deref(), Some(&[0xe9][..]));
    }
}
