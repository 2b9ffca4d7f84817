//! Protocol Buffers on the wire: one field after the other, with no schema and no copy.
//!
//! | wire type | value |
//! |---|---|
//! | 0 | varint: seven bits a byte, at most ten bytes |
//! | 1 | eight bytes, little-endian |
//! | 2 | a varint length and as many bytes |
//! | 3, 4 | start and end of a group |
//! | 5 | four bytes, little-endian |

use crate::{
    bytes::{Cursor, Span, wide},
    wire::Wrong,
};

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Wire type 0. Bits beyond the 64th are dropped, as the C++ and `upb` readers do.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2, where it lies.
    Len(&'a [u8]),
    /// Wire type 3: fields follow up to the group's end.
    GroupStart,
    /// Wire type 4.
    GroupEnd,
    /// Wire type 5.
    Fixed32(u32),
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its number.
    pub number: u32,
    /// Its value.
    pub value: Value<'a>,
    /// Key, length and value.
    pub span: Span,
    /// The value alone; for a length-delimited one, its content.
    pub content: Span,
}

/// A position among the fields of a message.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    cursor: Cursor<'a>,
    base: u64,
}

impl<'a> Fields<'a> {
    /// The fields of a message that begins at offset `base` of its artifact.
    #[must_use]
    pub const fn new(message: &'a [u8], base: u64) -> Self {
        Self { cursor: Cursor::new(message), base }
    }

    /// Offset of the next field in the artifact.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.base.saturating_add(self.cursor.at())
    }

    /// The next field, or nothing at the end of the message.
    ///
    /// # Errors
    /// [`Wrong`] if the message ends within a field, or if a key is not legal: number 0, a number above
    /// 2²⁹ − 1, a wire type of 6 or 7. The position stays.
    pub fn field(&mut self) -> Result<Option<Field<'a>>, Wrong> {
        if self.cursor.is_empty() {
            return Ok(None);
        }
        let before = self.cursor.clone();
        let field = self.read();
        if field.is_err() {
            self.cursor = before;
        }
        field.map(Some)
    }

    fn read(&mut self) -> Result<Field<'a>, Wrong> {
        let start = self.at();
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or(Wrong::malformed(start, "a field number is not legal"))?;
        let mut begin = self.at();
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(self.fixed()?),
            2 => {
                let len = self.varint()?;
                begin = self.at();
                let taken = self.cursor.take(len);
                Value::Len(taken.map_err(|_| Wrong::ended(begin, "a field is longer than what holds it"))?)
            }
            3 => Value::GroupStart,
            4 => Value::GroupEnd,
            5 => {
                let four = self.cursor.u32();
                Value::Fixed32(four.map_err(|_| Wrong::ended(begin, "a field is longer than what holds it"))?)
            }
            _ => return Err(Wrong::malformed(start, "a wire type is not legal")),
        };
        let end = self.at();
        Ok(Field { number, value, span: Span::between(start, end), content: Span::between(begin, end) })
    }

    fn fixed(&mut self) -> Result<u64, Wrong> {
        let at = self.at();
        self.cursor.u64().map_err(|_| Wrong::ended(at, "a field is longer than what holds it"))
    }

    fn varint(&mut self) -> Result<u64, Wrong> {
        let at = self.at();
        varint(&mut self.cursor).map_err(|wrong| Wrong { at, ..wrong })
    }

    /// Steps over the rest of a group whose start was just given, groups within it included.
    ///
    /// # Errors
    /// [`Wrong`] as [`Self::field`], or if the end has another number than the start.
    pub fn skip_group(&mut self, start: &Field<'_>) -> Result<Span, Wrong> {
        let mut open = vec![start.number];
        while !open.is_empty() {
            let at = self.at();
            let field = self.field()?.ok_or(Wrong::ended(at, "a group does not end"))?;
            match field.value {
                Value::GroupStart if open.len() >= GROUPS => {
                    return Err(Wrong::too_much(at, "groups are nested too deeply"));
                }
                Value::GroupStart => open.push(field.number),
                Value::GroupEnd if open.pop() != Some(field.number) => {
                    return Err(Wrong::malformed(at, "a group ends that was not begun"));
                }
                _ => {}
            }
        }
        Ok(Span::between(start.span.start, self.at()))
    }
}

/// Groups within groups; C++ and Python stop at 100.
const GROUPS: usize = 100;

/// One varint of at most ten bytes.
///
/// # Errors
/// [`Wrong`] if the input ends first, or if the tenth byte promises an eleventh.
pub fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Wrong> {
    let mut value: u64 = 0;
    for (place, &byte) in cursor.rest().iter().take(10).enumerate() {
        let shift = u32::try_from(place).unwrap_or_default().saturating_mul(7);
        value |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte < 0x80 {
            cursor.skip(wide(place).saturating_add(1))?;
            return Ok(value);
        }
    }
    match cursor.rest().len() {
        0..10 => Err(Wrong::ended(cursor.at(), "a varint does not end")),
        _ => Err(Wrong::malformed(cursor.at(), "a varint is longer than ten bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Why;

    fn all(bytes: &[u8]) -> Result<Vec<Field<'_>>, Wrong> {
        let mut fields = Fields::new(bytes, 100);
        let mut found = Vec::new();
        while let Some(field) = fields.field()? {
            found.push(field);
        }
        Ok(found)
    }

    #[test]
    fn fields_have_exact_offsets() {
        let bytes = b"\x08\x96\x01\x12\x02hi\x1d\x01\0\0\0\x21\x02\0\0\0\0\0\0\0\x2b\x2c";
        let found = all(bytes).unwrap();
        assert_eq!(found[0].value, Value::Varint(150));
        assert_eq!(found[1].value, Value::Len(b"hi"));
        assert_eq!((found[1].span, found[1].content), (Span::new(103, 4), Span::new(105, 2)));
        assert_eq!(found[2].value, Value::Fixed32(1));
        assert_eq!(found[3].value, Value::Fixed64(2));
        assert_eq!((found[4].value, found[4].number), (Value::GroupStart, 5));
        assert_eq!(found[5].value, Value::GroupEnd);
    }

    #[test]
    fn hostile_keys_and_lengths_are_refused() {
        assert_eq!(all(b"\x00\x01").unwrap_err().why, Why::Malformed);
        assert_eq!(all(b"\x0e").unwrap_err().why, Why::Malformed);
        assert_eq!(
            all(b"\x0a\x05abc").unwrap_err(),
            Wrong::ended(102, "a field is longer than what holds it")
        );
        let huge = b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(all(huge).unwrap_err().why, Why::Ended);
        assert_eq!(all(&[0x08, 0x80]).unwrap_err().why, Why::Ended);
        let eleven: Vec<u8> = [&[0x08][..], &[0x80; 10], &[1]].concat();
        assert_eq!(all(&eleven).unwrap_err().why, Why::Malformed);
        let ten: Vec<u8> = [&[0x08][..], &[0xff; 9], &[0x7f]].concat();
        assert_eq!(all(&ten).unwrap()[0].value, Value::Varint(u64::MAX));
    }

    #[test]
    fn groups_are_stepped_over_without_recursion() {
        let mut fields = Fields::new(b"\x0b\x13\x08\x01\x14\x0c\x10\x07", 0);
        let start = fields.field().unwrap().unwrap();
        assert_eq!(fields.skip_group(&start), Ok(Span::new(0, 6)));
        assert_eq!(fields.field().unwrap().unwrap().value, Value::Varint(7));
        let deep = [0x0b; 200_000];
        let mut fields = Fields::new(&deep, 0);
        let start = fields.field().unwrap().unwrap();
        assert_eq!(fields.skip_group(&start).unwrap_err().why, Why::TooMuch);
        let mut crossed = Fields::new(b"\x0b\x14", 0);
        let start = crossed.field().unwrap().unwrap();
        assert_eq!(crossed.skip_group(&start).unwrap_err().why, Why::Malformed);
    }
}
