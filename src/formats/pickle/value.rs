//! Values of the abstract machine: eight bytes each, constants by the place at which they stand.

use crate::bytes::{index, wide};

/// What is known of a value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// No value: an empty slot.
    Absent,
    None,
    Bool,
    Int,
    Float,
    Str,
    /// An 8-bit string: `str` or `bytes`, as the encoding says.
    Str8,
    Bytes,
    ByteArray,
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
    /// Something that was looked up by name.
    Global,
    /// What a call gave.
    Object,
    /// A module, by `import_module` and the like.
    Module,
    /// An attribute of something.
    Attribute,
    /// An out-of-band buffer.
    Buffer,
}

const KINDS: [Kind; 19] = [
    Kind::Absent,
    Kind::None,
    Kind::Bool,
    Kind::Int,
    Kind::Float,
    Kind::Str,
    Kind::Str8,
    Kind::Bytes,
    Kind::ByteArray,
    Kind::Tuple,
    Kind::List,
    Kind::Dict,
    Kind::Set,
    Kind::FrozenSet,
    Kind::Global,
    Kind::Object,
    Kind::Module,
    Kind::Attribute,
    Kind::Buffer,
];

/// A value: its kind in the low five bits, above them a payload.
///
/// The payload of a constant is the offset of its opcode, or, with [`COMPUTED`] set, the number of a
/// node; of a container and of what was made, the number of a node; of a global, its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(super) struct Value(u64);

const COMPUTED: u64 = 1 << 58;

impl Value {
    pub(super) const ABSENT: Self = Self(0);
    pub(super) const NONE: Self = Self::new(Kind::None, 0);
    pub(super) const EMPTY_TUPLE: Self = Self::new(Kind::Tuple, 0);

    #[expect(clippy::as_conversions, reason = "a discriminant below 32")]
    pub(super) const fn new(kind: Kind, payload: u64) -> Self {
        Self(payload << 5 | kind as u64)
    }

    /// A constant whose content is in a node.
    pub(super) const fn computed(kind: Kind, node: u64) -> Self {
        Self::new(kind, node | COMPUTED)
    }

    pub(super) const fn bool(value: bool) -> Self {
        Self::new(Kind::Bool, if value { 1 } else { 0 })
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        KINDS.get(index(self.0 & 31)).copied().unwrap_or(Kind::Absent)
    }

    #[inline]
    pub(super) const fn payload(self) -> u64 {
        self.0 >> 5
    }

    /// Offset of the opcode of a constant that stands in the stream.
    pub(super) fn offset(self) -> Option<u64> {
        (self.is_constant() && self.payload() & COMPUTED == 0).then(|| self.payload())
    }

    /// Number of the node that holds more about the value.
    pub(super) fn node(self) -> Option<u64> {
        match self.kind() {
            Kind::Tuple | Kind::List | Kind::Dict | Kind::Set | Kind::FrozenSet => {
                Some(self.payload()).filter(|&node| node != 0)
            }
            Kind::Object | Kind::Module | Kind::Attribute => Some(self.payload()),
            _ if self.is_constant() && self.payload() & COMPUTED != 0 => Some(self.payload() & !COMPUTED),
            _ => None,
        }
    }

    pub(super) fn is_constant(self) -> bool {
        matches!(
            self.kind(),
            Kind::Int | Kind::Float | Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray
        )
    }

    pub(super) fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Tuple | Kind::List | Kind::Dict | Kind::Set | Kind::FrozenSet)
    }

    /// Whether it was looked up, made or reached, so that it may be more than data.
    pub(super) fn is_special(self) -> bool {
        matches!(self.kind(), Kind::Global | Kind::Object | Kind::Module | Kind::Attribute)
    }
}

/// More about a value than fits in it.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Items of a container; of a dict, keys and values in turn.
    Items(Items),
    /// Content of a computed string, UTF-8 with lone surrogates or bytes, and the offset of the event that gave it.
    Content { bytes: Box<[u8]>, at: u64 },
    /// A constant whose content stands elsewhere than behind its opcode.
    Elsewhere { start: u64, len: u64 },
    /// A computed or unusually written whole number.
    Number(i64),
    /// What a call gave.
    Made(Box<Made>),
    /// An attribute of a value, and the offset of the event that gave it.
    Attribute { base: Value, name: Box<[u8]>, at: u64 },
    /// A module by its name, and the offset of the event that gave it.
    Module { name: Box<[u8]>, at: u64 },
}

/// A call that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) callee: Value,
    pub(super) args: Vec<Value>,
    /// Names of the last arguments.
    pub(super) keywords: Vec<Value>,
    /// Offset of the opcode that made the call.
    pub(super) at: u64,
    /// The state that was set last.
    pub(super) state: Value,
}

/// What a container holds, as far as it is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub(super) kept: Vec<Value>,
    /// Special values among those that were not kept, each once.
    pub(super) special: Vec<Value>,
    /// How many were not kept.
    pub(super) dropped: u64,
    /// Values within, counted as often as they are reached.
    pub(super) unfolded: u64,
    /// Containers within containers.
    pub(super) depth: u64,
    /// Whether something within, as deep as tuples go, cannot be hashed.
    pub(super) unhashable: bool,
    /// Whether something that is not followed may have changed what is held.
    pub(super) changed: bool,
    /// Whether a special value was ever among them.
    pub(super) holds_special: bool,
}

/// Items of one container that are kept.
const KEPT: usize = 4096;
/// Special values beyond those.
const SPECIAL: usize = 1024;

impl Items {
    pub(super) fn add(&mut self, values: &[Value]) {
        let room = KEPT.saturating_sub(self.kept.len()).min(values.len());
        let (now, rest) = values.split_at(room);
        self.kept.extend_from_slice(now);
        self.dropped = self.dropped.saturating_add(wide(rest.len()));
        for value in rest.iter().filter(|value| value.is_special() || value.is_container()) {
            if self.special.len() < SPECIAL && !self.special.contains(value) {
                self.special.push(*value);
            }
        }
    }

    /// All items in order, if nothing else can have come of them.
    pub(super) fn whole(&self) -> Option<&[Value]> {
        (self.dropped == 0 && !self.changed).then_some(&self.kept)
    }

    /// Puts a value at an index that may count from the end.
    pub(super) fn set(&mut self, at: i64, value: Value) {
        let len = self.len();
        let at = if at < 0 { len.checked_sub(at.unsigned_abs()) } else { Some(at.unsigned_abs()) };
        match at.and_then(|at| self.kept.get_mut(index(at))) {
            Some(slot) => *slot = value,
            None => self.changed = true,
        }
        self.holds_special |= value.is_special();
        let room = self.special.len() < SPECIAL;
        if value.is_special() && (self.changed || self.dropped > 0) && room && !self.special.contains(&value)
        {
            self.special.push(value);
        }
    }

    pub(super) fn len(&self) -> u64 {
        wide(self.kept.len()).saturating_add(self.dropped)
    }

    /// Counts in what values that are about to be added hold.
    pub(super) fn reach(&mut self, extent: Extent) {
        self.unfolded = self.unfolded.saturating_add(extent.unfolded);
        self.depth = self.depth.max(extent.depth);
        self.unhashable |= extent.unhashable;
        self.holds_special |= extent.special;
    }

    pub(super) fn interesting(&self) -> bool {
        self.holds_special || !self.special.is_empty()
    }
}

/// What values hold when every one is counted as often as it is reached, how deep they are nested, whether
/// one of them cannot be hashed, and whether one of them is special.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) unfolded: u64,
    pub(super) depth: u64,
    pub(super) unhashable: bool,
    pub(super) special: bool,
}

impl Node {
    /// Words of memory behind the node.
    pub(super) fn weight(&self) -> u64 {
        let words = match self {
            Self::Items(items) => items.kept.len().saturating_add(items.special.len()),
            Self::Made(made) => made.args.len().saturating_add(made.keywords.len()).saturating_add(8),
            Self::Content { bytes, .. }
            | Self::Module { name: bytes, .. }
            | Self::Attribute { name: bytes, .. } => bytes.len() >> 3,
            Self::Elsewhere { .. } | Self::Number(_) => 0,
        };
        wide(words)
    }
}
