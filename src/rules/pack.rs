//! How rules and lists lie in the binary: written when it is built, read in place when it starts.

use std::borrow::Cow;

use crate::findings::Severity;

/// Text that lies in the binary, or was read from a rule directory.
pub(crate) type Text = Cow<'static, str>;

/// Packed bytes, read from the front.
pub(crate) struct Packed {
    rest: &'static [u8],
}

impl Packed {
    /// Begins at the front of `bytes`.
    pub(crate) const fn new(bytes: &'static [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes.
    fn take(&mut self, len: usize) -> Option<&'static [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }
}

/// Something that can be packed and read back as it was.
pub(crate) trait Pack: Sized {
    /// Appends it.
    fn pack(&self, out: &mut Vec<u8>);
    /// Reads it back; nothing if the bytes are not what was packed.
    fn unpack(from: &mut Packed) -> Option<Self>;
}

impl Pack for u64 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        Some(Self::from_le_bytes(*from.take(8)?.first_chunk()?))
    }
}

impl Pack for usize {
    fn pack(&self, out: &mut Vec<u8>) {
        u32::try_from(*self).unwrap_or(u32::MAX).to_le_bytes().iter().for_each(|&byte| out.push(byte));
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        Self::try_from(u32::from_le_bytes(*from.take(4)?.first_chunk()?)).ok()
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        Some(*from.take(1)?.first()? == 1)
    }
}

impl Pack for Text {
    fn pack(&self, out: &mut Vec<u8>) {
        self.len().pack(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        let len = usize::unpack(from)?;
        Some(Cow::Borrowed(std::str::from_utf8(from.take(len)?).ok()?))
    }
}

impl Pack for Cow<'static, [u8]> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.len().pack(out);
        out.extend_from_slice(self);
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        let len = usize::unpack(from)?;
        Some(Cow::Borrowed(from.take(len)?))
    }
}

impl Pack for Severity {
    fn pack(&self, out: &mut Vec<u8>) {
        Text::Borrowed(self.word()).pack(out);
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        Text::unpack(from)?.parse().ok()
    }
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        if let Some(some) = self {
            some.pack(out);
        }
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        if bool::unpack(from)? { T::unpack(from).map(Some) } else { Some(None) }
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.len().pack(out);
        self.iter().for_each(|one| one.pack(out));
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        let len = usize::unpack(from)?;
        (0..len).map(|_| T::unpack(from)).collect()
    }
}

/// Declares a struct whose fields are packed in order.
macro_rules! packed_struct {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name { $($(#[doc = $field_doc])+ pub(crate) $field: $type,)* }

        impl Pack for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                $(self.$field.pack(out);)*
            }

            fn unpack(from: &mut Packed) -> Option<Self> {
                Some(Self { $($field: <$type>::unpack(from)?,)* })
            }
        }
    };
}

/// Declares an enum whose variants each hold one thing, packed behind the variant's word.
macro_rules! packed_enum {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident($type:ty),)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub(crate) enum $name { $($(#[doc = $variant_doc])+ $variant($type),)* }

        impl Pack for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(inner) => {
                        Text::Borrowed(stringify!($variant)).pack(out);
                        inner.pack(out);
                    })*
                }
            }

            fn unpack(from: &mut Packed) -> Option<Self> {
                match Text::unpack(from)?.as_ref() {
                    $(stringify!($variant) => Some(Self::$variant(<$type>::unpack(from)?)),)*
                    _ => None,
                }
            }
        }
    };
}

/// Declares an enum of words; the first is the default.
macro_rules! packed_words {
    ($(#[doc = $doc:literal])+ $name:ident { $(#[doc = $first_doc:literal])+ $first:ident = $first_word:literal,
        $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal,)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) enum $name {
            $(#[doc = $first_doc])+
            #[default]
            $first,
            $($(#[doc = $word_doc])+ $variant,)*
        }

        impl $name {
            /// Every word.
            pub(crate) const WORDS: &[(&'static str, Self)] =
                &[($first_word, Self::$first), $(($word, Self::$variant),)*];
        }

        impl Pack for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                Self::WORDS.iter().position(|(_, one)| one == self).unwrap_or_default().pack(out);
            }

            fn unpack(from: &mut Packed) -> Option<Self> {
                Self::WORDS.get(usize::unpack(from)?).map(|(_, one)| *one)
            }
        }
    };
}

pub(crate) use {packed_enum, packed_struct, packed_words};
