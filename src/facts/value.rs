//! Fields as rules see them.

use crate::bytes::Name;

/// The value of one field.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Text or a name.
    Bytes(&'a [u8]),
    /// A whole number.
    Number(u64),
    /// True or false.
    Flag(bool),
    /// Several names.
    Names(&'a [Name]),
    /// Several words.
    Words(&'a [&'static str]),
    /// Several records, each with fields of its own.
    Records(&'a dyn Records),
    /// The field has no value here.
    Absent,
}

/// Something with named fields.
pub trait Fields {
    /// The value of the field called `name`; nothing if there is no such field.
    fn field(&self, name: &str) -> Option<Value<'_>>;
}

/// A list of things with named fields.
pub trait Records {
    /// How many there are.
    fn len(&self) -> usize;
    /// One of them.
    fn get(&self, at: usize) -> Option<&dyn Fields>;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Fields> Records for Vec<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn get(&self, at: usize) -> Option<&dyn Fields> {
        let one: &dyn Fields = self.as_slice().get(at)?;
        Some(one)
    }
}

/// A type that a field may have.
pub(super) trait AsValue {
    fn value(&self) -> Value<'_>;
}

impl AsValue for Name {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes())
    }
}

impl AsValue for String {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes())
    }
}

impl AsValue for &'static str {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes())
    }
}

impl AsValue for u64 {
    fn value(&self) -> Value<'_> {
        Value::Number(*self)
    }
}

impl AsValue for bool {
    fn value(&self) -> Value<'_> {
        Value::Flag(*self)
    }
}

impl AsValue for Vec<Name> {
    fn value(&self) -> Value<'_> {
        Value::Names(self)
    }
}

impl AsValue for Vec<&'static str> {
    fn value(&self) -> Value<'_> {
        Value::Words(self)
    }
}

impl AsValue for Vec<super::Arg> {
    fn value(&self) -> Value<'_> {
        Value::Records(self)
    }
}

impl<T: AsValue> AsValue for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Absent, AsValue::value)
    }
}
