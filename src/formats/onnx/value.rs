//! Small constants: the whole numbers of a tensor or an attribute.

use crate::{
    bytes::Cursor,
    wire::protobuf::{Fields, Value, varint},
};

/// `TensorProto.INT64`.
const INT64: u64 = 7;
/// Numbers of a shape; more are not one.
const MOST: usize = 64;

/// The elements of a tensor of INT64, if they are few and stand in it.
pub(super) fn whole_numbers(tensor: &[u8]) -> Option<Vec<i64>> {
    let (mut numbers, mut is) = (Vec::new(), false);
    let mut fields = Fields::new(tensor, 0);
    while let Ok(Some(field)) = fields.field() {
        match (field.number, field.value) {
            (2, Value::Varint(dtype)) => is = dtype == INT64,
            (7, Value::Varint(number)) => numbers.push(number.cast_signed()),
            (7, Value::Len(packed)) => numbers.extend(unpacked(packed, MOST)),
            (9, Value::Len(raw)) => {
                numbers
                    .extend(raw.as_chunks::<8>().0.iter().take(MOST).map(|eight| i64::from_le_bytes(*eight)));
            }
            _ => {}
        }
    }
    (is && !numbers.is_empty() && numbers.len() < MOST).then_some(numbers)
}

/// Numbers that are packed into one field, at most so many.
pub(super) fn unpacked(packed: &[u8], most: usize) -> impl Iterator<Item = i64> {
    let mut cursor = Cursor::new(packed);
    std::iter::from_fn(move || varint(&mut cursor).ok().map(u64::cast_signed)).take(most)
}
