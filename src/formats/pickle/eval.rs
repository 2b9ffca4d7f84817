//! Pure functions on constants, worked out as Python would, within bounds.

use std::io::Read as _;

use super::{
    constant,
    machine::Machine,
    numbers,
    state::State,
    value::{Kind, Value},
};
use crate::bytes::{index, wide};

/// Bytes that a result may have.
const LARGEST: usize = 16 << 20;
/// Units of work that it takes to begin unpacking.
const OPENING: u64 = 1 << 12;

/// The result of a pure function, if its arguments are known and it is one of those worked out here.
pub(super) fn evaluate(m: &mut Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let first = args.first().copied();
    match function {
        "list" | "tuple" | "set" | "frozenset" | "dict" | "reversed" | "sorted" => {
            container(s, function, first)
        }
        "str" if args.len() > 1 => decoded(m, s, args),
        "str" | "intern" => first.filter(|value| matches!(value.kind(), Kind::Str | Kind::Str8)),
        "bytes" | "bytearray" => made_bytes(m, s, function, args),
        "chr" => {
            let point = u32::try_from(constant::number(m.data, &s.arena, first?)?).ok()?;
            let mut text = Vec::new();
            numbers::push_code_point(&mut text, point)?;
            Some(s.content(Kind::Str, text))
        }
        "encode" if first.is_some_and(|value| value.kind() == Kind::Str) => encoded(m, s, args),
        "encode" | "decode" | "latin1-decode" | "utf8-decode" | "ascii-decode" => decoded(m, s, args),
        "add" | "concat" => concatenated(m, s, args),
        "unquote" => {
            let text = percent(&content(m, s, first?)?);
            bounded(s, Kind::Str, text)
        }
        "basename" => {
            let path = content(m, s, first?)?;
            let last = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
            bounded(s, Kind::Str, last)
        }
        "literal" | "json-text" => {
            let text = content(m, s, first?)?;
            let bare = numbers::quoted(text.trim_ascii())?;
            bounded(s, Kind::Str, bare)
        }
        "base64" | "base32" | "base16" | "base85" | "ascii85" | "zlib" | "gzip" | "bzip2" | "xz" => {
            let content = content(m, s, first?)?;
            let result = unpacked(m, function, &content)?;
            Some(s.content(Kind::Bytes, result))
        }
        "join" | "replace" | "lower" | "upper" | "strip" | "str-encode" | "bytes-decode" | "format" => {
            let name = match function {
                "str-encode" => "encode",
                "bytes-decode" => "decode",
                other => other,
            };
            method(m, s, name.as_bytes(), args)
        }
        _ => None,
    }
}

/// The result of a method on a constant; the first argument is the value itself.
pub(super) fn method(m: &mut Machine<'_>, s: &mut State, name: &[u8], args: &[Value]) -> Option<Value> {
    let (&base, rest) = args.split_first()?;
    let kind = base.kind();
    match name {
        b"join" => {
            let glue = content(m, s, base)?;
            let items = s.arena.items(*rest.first()?)?.kept.clone();
            let parts: Option<Vec<Vec<u8>>> = items.iter().map(|&item| content(m, s, item)).collect();
            bounded(s, kind, parts?.join(&glue[..]))
        }
        b"replace" => {
            let text = String::from_utf8(content(m, s, base)?).ok()?;
            let old = String::from_utf8(content(m, s, *rest.first()?)?).ok()?;
            let new = String::from_utf8(content(m, s, *rest.get(1)?)?).ok()?;
            let grown = text.len().saturating_mul(new.len().max(1));
            if grown > LARGEST {
                return None;
            }
            bounded(s, kind, text.replace(&old, &new).into_bytes())
        }
        b"lower" | b"casefold" => {
            content(m, s, base).and_then(|text| bounded(s, kind, text.to_ascii_lowercase()))
        }
        b"upper" => content(m, s, base).and_then(|text| bounded(s, kind, text.to_ascii_uppercase())),
        b"strip" => content(m, s, base).and_then(|text| bounded(s, kind, text.trim_ascii().to_vec())),
        b"encode" => encoded(m, s, args),
        b"decode" => decoded(m, s, args),
        b"__add__" => concatenated(m, s, args),
        b"__str__" | b"__format__" => Some(base),
        b"__getitem__" => {
            let text = content(m, s, base)?;
            let at = constant::number(m.data, &s.arena, *rest.first()?)?;
            let at =
                if at < 0 { wide(text.len()).checked_sub(at.unsigned_abs())? } else { at.unsigned_abs() };
            let byte = *text.get(index(at)).filter(|byte| byte.is_ascii())?;
            Some(s.content(kind, vec![byte]))
        }
        _ => None,
    }
}

fn bounded(s: &mut State, kind: Kind, content: Vec<u8>) -> Option<Value> {
    (content.len() <= LARGEST && kind != Kind::Object).then(|| s.content(kind, content))
}

/// The bytes of a string, 8-bit strings as the group of readings sees them.
fn content(m: &Machine<'_>, s: &State, value: Value) -> Option<Vec<u8>> {
    constant::bytes(m.data, &s.arena, value)
        .map(std::borrow::Cow::into_owned)
        .filter(|bytes| bytes.len() <= LARGEST)
}

fn container(s: &mut State, function: &str, source: Option<Value>) -> Option<Value> {
    let kind = match function {
        "list" | "sorted" | "reversed" => Kind::List,
        "tuple" => Kind::Tuple,
        "set" => Kind::Set,
        "frozenset" => Kind::FrozenSet,
        _ => Kind::Dict,
    };
    let Some(source) = source else { return Some(s.container(kind, &[])) };
    if kind == Kind::Dict && source.kind() != Kind::Dict {
        return None;
    }
    let mut items = s.arena.items(source)?.kept.clone();
    if function == "reversed" {
        items.reverse();
    }
    if source.kind() == Kind::Dict && kind != Kind::Dict {
        items = items.into_iter().step_by(2).collect();
    }
    Some(s.container(kind, &items))
}

/// `bytes([…])`, `bytes(text, encoding)`, `bytearray(…)`.
fn made_bytes(m: &Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let kind = if function == "bytes" { Kind::Bytes } else { Kind::ByteArray };
    let Some(&first) = args.first() else { return Some(s.content(kind, Vec::new())) };
    if let Some(items) = s.arena.items(first) {
        let byte =
            |&item: &Value| constant::number(m.data, &s.arena, item).and_then(|n| u8::try_from(n).ok());
        let bytes: Option<Vec<u8>> = items.kept.iter().map(byte).collect();
        return bytes.map(|bytes| s.content(kind, bytes));
    }
    let bytes = match first.kind() {
        Kind::Str if args.len() > 1 => encode(&content(m, s, first)?, &codec(m, s, args.get(1).copied())?)?,
        Kind::Bytes | Kind::ByteArray => content(m, s, first)?,
        Kind::Str8 if s.encoding() == Some(super::reading::Encoding::Bytes) => content(m, s, first)?,
        Kind::Str8 if args.len() > 1 => content(m, s, first)?,
        _ => return None,
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
    let text = content(m, s, *args.first()?)?;
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
        "rot13" | "rot-13" => Some(text.bytes().map(rot13).collect()),
        _ => None,
    }
}

fn rot13(byte: u8) -> u8 {
    let turn = |first: u8| byte.wrapping_sub(first).wrapping_add(13).wrapping_rem(26).wrapping_add(first);
    match byte {
        b'a'..=b'z' => turn(b'a'),
        b'A'..=b'Z' => turn(b'A'),
        other => other,
    }
}

fn decoded(m: &mut Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let bytes = content(m, s, *args.first()?)?;
    let name = codec(m, s, args.get(1).copied())?;
    let (kind, result) = match name.as_str() {
        "utf-8" | "utf8" | "u8" => (Kind::Str, std::str::from_utf8(&bytes).ok()?.as_bytes().to_vec()),
        "ascii" | "us-ascii" => (Kind::Str, bytes.is_ascii().then(|| bytes.clone())?),
        "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" | "l1" => (Kind::Str, numbers::latin1(&bytes)),
        "utf-16-le" | "utf-16le" => {
            let units =
                bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |n, &b| n << 8 | u16::from(b)));
            (Kind::Str, String::from_utf16(&units.collect::<Vec<u16>>()).ok()?.into_bytes())
        }
        "rot13" | "rot-13" => (Kind::Str, bytes.iter().copied().map(rot13).collect()),
        "unicode-escape" => {
            (Kind::Str, numbers::latin1(&numbers::quoted(&[b"'", &bytes[..], b"'"].concat())?))
        }
        "raw-unicode-escape" => (Kind::Str, numbers::raw_unicode_escape(&bytes)?),
        "hex" | "hex-codec" => (Kind::Bytes, unpacked(m, "base16", &bytes)?),
        "base64" | "base64-codec" => (Kind::Bytes, unpacked(m, "base64", &bytes)?),
        "zlib" | "zlib-codec" | "zip" => (Kind::Bytes, unpacked(m, "zlib", &bytes)?),
        "bz2" | "bz2-codec" => (Kind::Bytes, unpacked(m, "bzip2", &bytes)?),
        _ => return None,
    };
    bounded(s, kind, result)
}

fn concatenated(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let (&left, &right) = (args.first()?, args.get(1)?);
    if left.is_container() && left.kind() == right.kind() {
        let items = [&s.arena.items(left)?.kept[..], &s.arena.items(right)?.kept[..]].concat();
        return Some(s.container(left.kind(), &items));
    }
    let joined = [content(m, s, left)?, content(m, s, right)?].concat();
    bounded(s, left.kind(), joined)
}

/// Undoes an encoding or a compression.
pub(super) fn unpacked(m: &Machine<'_>, how: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match how {
        "base64" => radix(bytes, 6, |byte| match byte {
            b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
            b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
            b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
            b'+' | b'-' => Some(62),
            b'/' | b'_' => Some(63),
            _ => None,
        }),
        "base32" => radix(bytes, 5, |byte| match byte {
            b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
            b'2'..=b'7' => Some(byte.wrapping_sub(b'2').wrapping_add(26)),
            _ => None,
        }),
        "base16" => {
            radix(bytes, 4, |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        }
        "base85" => base85(bytes, |byte| BASE85.iter().position(|&one| one == byte)),
        "ascii85" => base85(bytes, |byte| usize::from(byte).checked_sub(33).filter(|&digit| digit < 85)),
        "xz" => inflated(m, lzma_rust2::XzReader::new(bytes, true)),
        "zlib" => inflated(m, flate2::read::ZlibDecoder::new(bytes)),
        "gzip" => inflated(m, flate2::read::MultiGzDecoder::new(bytes)),
        "bzip2" => inflated(m, bzip2::read::MultiBzDecoder::new(bytes)),
        _ => None,
    }
}

fn inflated(m: &Machine<'_>, decoder: impl std::io::Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    // Paid for before it is unpacked: what a spent budget refuses costs no time.
    m.budget.spend(OPENING).ok()?;
    let most = wide(LARGEST).saturating_add(1).min(m.budget.steps_left());
    // What a broken stream gave before it broke is still worth reading.
    let _broken = decoder.take(most).read_to_end(&mut out);
    m.budget.unpack(wide(out.len()), 16).ok()?;
    (!out.is_empty() && out.len() <= LARGEST).then_some(out)
}

/// Digits of so many bits each, most significant first; other characters are skipped, as Python does.
fn radix(text: &[u8], bits: u32, digit: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut have) = (0_u32, 0_u32);
    for value in text.iter().take_while(|byte| **byte != b'=').filter_map(|&byte| digit(byte)) {
        held = (held << bits | u32::from(value)) & 0xffff;
        have = have.wrapping_add(bits);
        if have >= 8 {
            have = have.wrapping_sub(8);
            out.push(u8::try_from(held.checked_shr(have)? & 0xff).ok()?);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The digits of `base64.b85decode`.
const BASE85: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/// Five digits of base 85 for four bytes, the last group cut as it was padded.
fn base85(text: &[u8], digit: impl Fn(u8) -> Option<usize>) -> Option<Vec<u8>> {
    let digits: Option<Vec<usize>> =
        text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|&byte| digit(byte)).collect();
    let digits = digits?;
    let mut out = Vec::with_capacity(digits.len());
    for group in digits.chunks(5) {
        let padded = group.iter().copied().chain(std::iter::repeat(84)).take(5);
        let value = padded.fold(0_u64, |value, digit| value.wrapping_mul(85).wrapping_add(wide(digit)));
        let bytes = u32::try_from(value).ok()?.to_be_bytes();
        out.extend_from_slice(bytes.get(..group.len().saturating_sub(1))?);
    }
    Some(out)
}

/// Undoes percent-encoding.
fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *byte == b'%') {
            Some(decoded) => {
                out.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_bytes() {
        let digit = |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        assert_eq!(radix(b"6f73", 4, digit).as_deref(), Some(&b"os"[..]));
        assert_eq!(rot13(b'b'), b'o');
        assert_eq!(encode("é".as_bytes(), "latin1").as_deref(), Some(&[0xe9][..]));
    }
}
