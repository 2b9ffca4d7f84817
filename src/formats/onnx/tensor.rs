//! One tensor: where its data are and whether they are as many as its shape says.

use super::external::External;
use crate::{
    bytes::{Cursor, Name, index, wide},
    facts::Tensor,
    formats::looks,
    wire::protobuf::{Field, Value, varint},
};

/// Packed varints of up to so many bytes are counted; of more, only the possible range is known.
const COUNTED: u64 = 64 << 10;
/// Bytes of packed dimensions that are read.
const DIMS: u64 = 4096;

/// `TensorProto.DataType`: name, bits of an element, and the field for typed data with the elements in each
/// of its values, as `num/den` (a complex number takes two values, four-bit numbers share one).
const TYPES: [(&str, u64, u32, (u64, u64)); 29] = [
    ("UNDEFINED", 0, 0, (1, 1)),
    ("FLOAT", 32, 4, (1, 1)),
    ("UINT8", 8, 5, (1, 1)),
    ("INT8", 8, 5, (1, 1)),
    ("UINT16", 16, 5, (1, 1)),
    ("INT16", 16, 5, (1, 1)),
    ("INT32", 32, 5, (1, 1)),
    ("INT64", 64, 7, (1, 1)),
    ("STRING", 0, 6, (1, 1)),
    ("BOOL", 8, 5, (1, 1)),
    ("FLOAT16", 16, 5, (1, 1)),
    ("DOUBLE", 64, 10, (1, 1)),
    ("UINT32", 32, 11, (1, 1)),
    ("UINT64", 64, 11, (1, 1)),
    ("COMPLEX64", 64, 4, (2, 1)),
    ("COMPLEX128", 128, 10, (2, 1)),
    ("BFLOAT16", 16, 5, (1, 1)),
    ("FLOAT8E4M3FN", 8, 5, (1, 1)),
    ("FLOAT8E4M3FNUZ", 8, 5, (1, 1)),
    ("FLOAT8E5M2", 8, 5, (1, 1)),
    ("FLOAT8E5M2FNUZ", 8, 5, (1, 1)),
    ("UINT4", 4, 5, (1, 2)),
    ("INT4", 4, 5, (1, 2)),
    ("FLOAT4E2M1", 4, 5, (1, 2)),
    ("FLOAT8E8M0", 8, 5, (1, 1)),
    ("UINT2", 2, 5, (1, 4)),
    ("INT2", 2, 5, (1, 4)),
    ("FLOAT6E2M3", 0, 0, (1, 1)),
    ("FLOAT6E3M2", 0, 0, (1, 1)),
];

/// A number of values, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    least: u64,
    most: u64,
}

/// What the fields of a tensor say.
#[derive(Clone, Debug)]
pub(super) struct Data<'a> {
    pub(super) name: &'a [u8],
    pub(super) external: External<'a>,
    dtype: u64,
    dims: Vec<i64>,
    raw: u64,
    typed: Vec<(u32, Count)>,
    outside: bool,
    segmented: bool,
    many: bool,
}

impl<'a> Data<'a> {
    pub(super) fn new() -> Self {
        Self {
            name: &[],
            external: External::default(),
            dtype: 0,
            dims: Vec::new(),
            raw: 0,
            typed: Vec::new(),
            outside: false,
            segmented: false,
            many: false,
        }
    }

    /// Takes note of a field.
    pub(super) fn field(&mut self, field: &Field<'a>) {
        match (field.number, field.value) {
            (1, Value::Varint(n)) => self.dim(n),
            (1, Value::Len(packed)) => self.dims(packed),
            (2, Value::Varint(n)) => self.dtype = n,
            (3, _) => self.segmented = true,
            (8, Value::Len(name)) => self.name = name,
            (9, Value::Len(raw)) => self.raw = wide(raw.len()),
            (14, Value::Varint(n)) => self.outside = n == 1,
            (4 | 5 | 6 | 7 | 10 | 11, value) => self.typed(field.number, value),
            _ => {}
        }
    }

    fn dim(&mut self, n: u64) {
        if wide(self.dims.len()) >= DIMS {
            self.many = true;
            return;
        }
        self.dims.push(n.cast_signed());
    }

    fn dims(&mut self, packed: &[u8]) {
        let mut cursor = Cursor::new(packed);
        while let (Ok(n), false) = (varint(&mut cursor), self.many) {
            self.dim(n);
        }
        self.many |= !cursor.is_empty();
    }

    fn typed(&mut self, number: u32, value: Value<'_>) {
        let more = match value {
            Value::Len(bytes) => packed(number, bytes),
            _ => Count { least: 1, most: 1 },
        };
        let at = self.typed.iter().position(|(known, _)| *known == number).unwrap_or(self.typed.len());
        if at == self.typed.len() {
            self.typed.push((number, Count::default()));
        }
        if let Some((_, count)) = self.typed.get_mut(at) {
            count.least = count.least.saturating_add(more.least);
            count.most = count.most.saturating_add(more.most);
        }
    }

    fn elements(&self) -> Option<u64> {
        let sizes = self.dims.iter().map(|&n| u64::try_from(n).ok());
        sizes.into_iter().try_fold(1_u64, |product, n| product.checked_mul(n?)).filter(|_| !self.many)
    }

    /// Bytes that the shape takes, if they are known.
    pub(super) fn bytes(&self) -> Option<u64> {
        let (_, bits, ..) = TYPES.get(index(self.dtype)).filter(|(_, bits, ..)| *bits > 0)?;
        Some(self.elements()?.checked_mul(*bits)?.div_ceil(8))
    }

    /// What is wrong with it.
    pub(super) fn oddities(&self) -> Vec<&'static str> {
        let typed = self.typed.iter().any(|(_, count)| count.most > 0);
        let outside = self.outside || self.external.is_some();
        let places = [self.raw > 0, typed, outside].into_iter().filter(|is| *is).count();
        let known = TYPES.get(index(self.dtype));
        let odd = [
            ("dual-data", places > 1 || self.typed.iter().filter(|(_, count)| count.most > 0).count() > 1),
            ("no-location", self.outside && !self.external.is_some()),
            ("negative-dimension", self.dims.iter().any(|&n| n < 0)),
            ("overflow", self.elements().is_none() && self.dims.iter().all(|&n| n >= 0)),
            ("unknown-dtype", known.is_none()),
            ("size-differs", !outside && !self.segmented && self.differs()),
        ];
        odd.into_iter().filter(|(_, is)| *is).map(|(word, _)| word).collect()
    }

    /// Whether the data that are here are more or fewer than the shape takes.
    fn differs(&self) -> bool {
        let Some(elements) = self.elements() else { return false };
        let Some(&(_, _, field, (num, den))) = TYPES.get(index(self.dtype)) else { return false };
        if self.raw > 0 {
            return self.bytes().is_some_and(|bytes| bytes != self.raw);
        }
        let values = elements.saturating_mul(num).div_ceil(den.max(1));
        let there = self.typed.iter().find(|(number, _)| *number == field).map(|(_, count)| *count);
        let there = there.unwrap_or_default();
        field > 0 && !(there.least..=there.most).contains(&values)
    }

    /// The fact about it.
    pub(super) fn fact(&self, oddities: Vec<&'static str>) -> Tensor {
        let shape: Vec<_> = self.dims.iter().take(16).map(i64::to_string).collect();
        let known = TYPES.get(index(self.dtype)).map(|(name, ..)| Name::from(*name));
        Tensor {
            name: looks::cut(self.name),
            dtype: known.unwrap_or_else(|| Name::from(self.dtype.to_string())),
            shape: shape.join("×"),
            bytes: if self.raw > 0 { self.raw } else { self.bytes().unwrap_or_default() },
            oddities,
        }
    }
}

/// Number of values in a length-delimited field of typed data.
fn packed(number: u32, bytes: &[u8]) -> Count {
    let len = wide(bytes.len());
    let exactly = |n| Count { least: n, most: n };
    match number {
        4 => exactly(len >> 2),
        10 => exactly(len >> 3),
        6 => exactly(1),
        _ if len <= COUNTED => exactly(wide(bytes.iter().filter(|byte| **byte < 0x80).count())),
        _ => Count { least: len.div_ceil(10), most: len },
    }
}
