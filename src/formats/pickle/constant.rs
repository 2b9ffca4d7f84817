//! The content of constants, read from where they stand when it is asked for.

use std::borrow::Cow;

use super::{
    arena::Arena,
    numbers,
    opcodes::{Layout, code, layout},
    value::{Kind, Node, Value},
};
use crate::bytes::{Cursor, index};

/// The argument of the opcode at an offset: the bytes behind it, without length or line feed.
pub(super) fn argument(data: &[u8], at: u64) -> Option<(u8, &[u8])> {
    let mut c = Cursor::at_offset(data, at);
    let opcode = c.u8().ok()?;
    let argument = match layout(opcode) {
        Layout::Fixed(len) => c.take(u64::from(len)).ok()?,
        Layout::Counted(width) => {
            let len = c.take(u64::from(width)).ok().map(little)?;
            c.take(len).ok()?
        }
        Layout::Signed => {
            let len = c.i32().ok().and_then(|len| u64::try_from(len).ok())?;
            c.take(len).ok()?
        }
        Layout::Line => c.until(b'\n').ok()?,
        Layout::Bare | Layout::Lines | Layout::Illegal => &[],
    };
    Some((opcode, argument))
}

/// A little-endian number of up to eight bytes.
pub(super) fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The bytes of a string constant: of a `str` its UTF-8 with lone surrogates, of an 8-bit string its bytes.
pub(super) fn bytes<'a>(data: &'a [u8], arena: &'a Arena, value: Value) -> Option<Cow<'a, [u8]>> {
    if !matches!(value.kind(), Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray) {
        return None;
    }
    if let Some(changed) = arena.array(value) {
        return changed.map(Cow::Borrowed);
    }
    if let Some(node) = value.node() {
        return match arena.get(node)? {
            Node::Content { bytes, .. } => Some(Cow::Borrowed(bytes)),
            Node::Elsewhere { start, len } => {
                let end = index(start.saturating_add(*len));
                data.get(index(*start)..end).map(Cow::Borrowed)
            }
            _ => None,
        };
    }
    let (opcode, argument) = argument(data, value.offset()?)?;
    match opcode {
        code::UNICODE => numbers::raw_unicode_escape(argument).map(Cow::Owned),
        code::STRING => numbers::quoted(argument).map(Cow::Owned),
        _ => Some(Cow::Borrowed(argument)),
    }
}

/// The bytes of a string constant that stands in the data as it is: where.
pub(super) fn place(data: &[u8], arena: &Arena, value: Value) -> Option<(u64, u64)> {
    if arena.array(value).is_some() {
        return None;
    }
    if let Some(node) = value.node() {
        return match arena.get(node)? {
            Node::Elsewhere { start, len } => Some((*start, *len)),
            _ => None,
        };
    }
    let at = value.offset()?;
    let (opcode, argument) = argument(data, at)?;
    let Layout::Counted(width) = layout(opcode) else { return None };
    Some((at.checked_add(1)?.checked_add(u64::from(width))?, crate::bytes::wide(argument.len())))
}

/// A string constant as text in which names can be looked up: 8-bit strings as Latin-1.
pub(super) fn text(data: &[u8], arena: &Arena, value: Value) -> Option<Vec<u8>> {
    let content = bytes(data, arena, value)?;
    match value.kind() {
        Kind::Str => Some(content.into_owned()),
        Kind::Str8 => Some(numbers::latin1(&content)),
        _ => None,
    }
}

/// A whole number, if it fits.
pub(super) fn number(data: &[u8], arena: &Arena, value: Value) -> Option<i64> {
    match value.kind() {
        Kind::Bool => i64::try_from(value.payload()).ok(),
        Kind::Int => match value.node() {
            Some(node) => match arena.get(node)? {
                Node::Number(number) => Some(*number),
                _ => None,
            },
            None => {
                let (opcode, argument) = argument(data, value.offset()?)?;
                whole(opcode, argument)
            }
        },
        _ => None,
    }
}

/// The bytes of a whole number that is not negative, the least first.
pub(super) fn integer(data: &[u8], arena: &Arena, value: Value) -> Option<Vec<u8>> {
    if let Some(number) = number(data, arena, value) {
        return u64::try_from(number).ok().map(|number| number.to_le_bytes().to_vec());
    }
    let (opcode, bytes) = argument(data, value.offset()?)?;
    let positive =
        matches!(opcode, code::LONG1 | code::LONG4) && bytes.last().is_some_and(|byte| byte & 0x80 == 0);
    positive.then(|| bytes.to_vec())
}

fn whole(opcode: u8, argument: &[u8]) -> Option<i64> {
    match opcode {
        code::BININT1 | code::BININT2 => i64::try_from(little(argument)).ok(),
        code::BININT => Some(i64::from(i32::from_le_bytes(argument.try_into().ok()?))),
        code::INT | code::LONG => numbers::integer(argument.strip_suffix(b"L").unwrap_or(argument)),
        code::LONG1 | code::LONG4 => {
            let filler = if argument.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
            let mut wide = [filler; 8];
            let (low, high) = argument.split_at(argument.len().min(8));
            wide.get_mut(..low.len())?.copy_from_slice(low);
            let number = i64::from_le_bytes(wide);
            let fits = high.iter().all(|&byte| byte == filler) && (number < 0) == (filler == 0xff);
            fits.then_some(number)
        }
        _ => None,
    }
}

/// A constant number as it is written, for expressions.
pub(super) fn written(data: &[u8], value: Value) -> Option<String> {
    let (opcode, argument) = argument(data, value.offset()?)?;
    match opcode {
        code::BINFLOAT => Some(format!("{:?}", f64::from_be_bytes(argument.try_into().ok()?))),
        code::FLOAT | code::INT | code::LONG => {
            let mut text = String::new();
            crate::bytes::escape_into(&mut text, argument.get(..argument.len().min(40))?);
            Some(text)
        }
        code::LONG1 | code::LONG4 => {
            let number = whole(opcode, argument);
            Some(number.map_or_else(|| format!("<int of {} bytes>", argument.len()), |n| n.to_string()))
        }
        _ => whole(opcode, argument).map(|number| number.to_string()),
    }
}
