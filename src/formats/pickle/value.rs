//! Values of the abstract machine: eight bytes each, constants by the place at which they stand.

use std::collections::{HashMap, VecDeque};

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
    /// Content of a computed string: UTF-8 with lone surrogates, or bytes.
    Content(Box<[u8]>),
    /// A constant whose content stands elsewhere than behind its opcode.
    Elsewhere { start: u64, len: u64 },
    /// A computed or unusually written whole number.
    Number(i64),
    /// What a call gave.
    Made(Box<Made>),
    /// An attribute of a value.
    Attribute { base: Value, name: Box<[u8]> },
    /// A module by its name.
    Module(Box<[u8]>),
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
        if value.is_special() && self.dropped > 0 && !self.special.contains(&value) {
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
    }

    fn interesting(&self) -> bool {
        !self.special.is_empty() || self.kept.iter().any(|value| value.is_special())
    }
}

/// What values hold when every one is counted as often as it is reached, how deep they are nested, and
/// whether one of them cannot be hashed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) unfolded: u64,
    pub(super) depth: u64,
    pub(super) unhashable: bool,
}

impl Node {
    /// Words of memory behind the node.
    fn weight(&self) -> u64 {
        let words = match self {
            Self::Items(items) => items.kept.len().saturating_add(items.special.len()),
            Self::Made(made) => made.args.len().saturating_add(made.keywords.len()).saturating_add(8),
            Self::Content(bytes) | Self::Module(bytes) | Self::Attribute { name: bytes, .. } => {
                bytes.len() >> 3
            }
            Self::Elsewhere { .. } | Self::Number(_) => 0,
        };
        wide(words)
    }
}

/// Nodes of plain data that are remembered; older ones are forgotten.
const REMEMBERED: usize = 1 << 16;
/// Words behind them.
const REMEMBERED_WORDS: u64 = 1 << 23;
/// Nodes that may matter and are never forgotten.
const HELD: usize = 1 << 18;
/// Words behind them.
const HELD_WORDS: u64 = 1 << 24;

/// All nodes of one state. Old ones that hold nothing but data are forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    recent: VecDeque<Node>,
    /// Number of the oldest recent node.
    base: u64,
    held: HashMap<u64, Node>,
    recent_words: u64,
    held_words: u64,
    /// Words that were added since they were last paid for.
    pub(super) unpaid: u64,
    /// Content of byte arrays that were changed after they were written; nothing if it is not known.
    arrays: HashMap<Value, Option<Box<[u8]>>>,
    /// Whether something was forgotten that might have mattered.
    pub(super) overflowed: bool,
}

impl Arena {
    /// Number of nodes.
    pub(super) fn nodes(&self) -> u64 {
        wide(self.recent.len()).saturating_add(wide(self.held.len()))
    }

    /// Words behind them.
    pub(super) const fn words(&self) -> u64 {
        self.recent_words.saturating_add(self.held_words)
    }

    /// What values hold.
    pub(super) fn extent(&self, values: &[Value]) -> Extent {
        let mut extent = Extent { unfolded: wide(values.len()), ..Extent::default() };
        for value in values.iter().filter(|value| value.is_container()) {
            let inner = self.items(*value).map_or((0, 0), |items| (items.unfolded, items.depth));
            extent.unfolded = extent.unfolded.saturating_add(inner.0);
            extent.depth = extent.depth.max(inner.1.saturating_add(1));
        }
        extent.unhashable = !values.iter().all(|&value| self.hashable(value));
        extent
    }

    /// Whether Python can hash a value, as far as that is known.
    #[inline]
    pub(super) fn hashable(&self, value: Value) -> bool {
        match value.kind() {
            Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray => false,
            Kind::Tuple => self.items(value).is_none_or(|items| !items.unhashable),
            _ => true,
        }
    }

    /// Adds values to a container; nothing if it is not known any more.
    pub(super) fn extend(&mut self, container: Value, values: &[Value]) -> Option<Extent> {
        let extent = self.extent(values);
        let Some(Node::Items(items)) = container.node().and_then(|node| self.get_mut(node)) else {
            return None;
        };
        items.reach(extent);
        let (before, (unfolded, depth)) = (items.kept.len(), (items.unfolded, items.depth));
        items.add(values);
        let words = wide(items.kept.len().saturating_sub(before));
        self.recent_words = self.recent_words.saturating_add(words);
        self.unpaid = self.unpaid.saturating_add(words);
        Some(Extent { unfolded, depth, ..extent })
    }

    /// Adds a node; numbers begin with 1.
    pub(super) fn add(&mut self, node: Node) -> u64 {
        while self.recent.len() >= REMEMBERED
            || (self.recent_words > REMEMBERED_WORDS && !self.recent.is_empty())
        {
            self.forget();
        }
        let words = node.weight();
        self.recent_words = self.recent_words.saturating_add(words);
        self.unpaid = self.unpaid.saturating_add(words);
        self.recent.push_back(node);
        self.base.saturating_add(wide(self.recent.len()))
    }

    fn forget(&mut self) {
        let Some(old) = self.recent.pop_front() else { return };
        self.base = self.base.saturating_add(1);
        let words = old.weight();
        self.recent_words = self.recent_words.saturating_sub(words);
        let matters = match &old {
            Node::Items(items) => items.interesting(),
            Node::Made(made) => made.args.iter().any(|arg| arg.is_special() && arg.kind() != Kind::Object),
            Node::Attribute { .. } | Node::Module(_) => true,
            Node::Content(_) | Node::Elsewhere { .. } | Node::Number(_) => false,
        };
        let held = self.held_words.saturating_add(words);
        if matters && self.held.len() < HELD && held <= HELD_WORDS {
            self.held_words = held;
            self.held.insert(self.base, old);
        } else if matters {
            self.overflowed = true;
        }
    }

    pub(super) fn get(&self, node: u64) -> Option<&Node> {
        let at = node.checked_sub(self.base).and_then(|after| after.checked_sub(1));
        at.and_then(|at| self.recent.get(index(at))).or_else(|| self.held.get(&node))
    }

    pub(super) fn get_mut(&mut self, node: u64) -> Option<&mut Node> {
        match node.checked_sub(self.base).and_then(|at| at.checked_sub(1)) {
            Some(at) => self.recent.get_mut(index(at)),
            None => self.held.get_mut(&node),
        }
    }

    /// The items of a container, as far as they are known.
    pub(super) fn items(&self, value: Value) -> Option<&Items> {
        static NONE: Items = Items {
            kept: Vec::new(),
            special: Vec::new(),
            dropped: 0,
            unfolded: 0,
            depth: 0,
            unhashable: false,
            changed: false,
        };
        if !value.is_container() {
            return None;
        }
        match value.node() {
            None => Some(&NONE),
            Some(node) => match self.get(node)? {
                Node::Items(items) => Some(items),
                _ => None,
            },
        }
    }

    /// What a byte array holds now, if it was changed.
    pub(super) fn array(&self, value: Value) -> Option<Option<&[u8]>> {
        if self.arrays.is_empty() || value.kind() != Kind::ByteArray {
            return None;
        }
        self.arrays.get(&value).map(Option::as_deref)
    }

    /// Notes what a byte array holds from now on.
    pub(super) fn set_array(&mut self, value: Value, content: Option<Vec<u8>>) {
        self.arrays.insert(value, content.map(Vec::into_boxed_slice));
    }

    /// Notes that something that is not followed may have changed a value.
    pub(super) fn may_change(&mut self, value: Value) {
        if value.kind() == Kind::ByteArray {
            self.set_array(value, None);
        } else if matches!(value.kind(), Kind::List | Kind::Dict | Kind::Set)
            && let Some(Node::Items(items)) = value.node().and_then(|node| self.get_mut(node))
        {
            items.changed = true;
        }
    }

    /// What is known of the call that made an object.
    pub(super) fn made(&self, value: Value) -> Option<&Made> {
        match self.get(value.node().filter(|_| value.kind() == Kind::Object)?)? {
            Node::Made(made) => Some(made),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_plain_nodes_are_forgotten_and_others_are_not() {
        let mut arena = Arena::default();
        let plain = arena.add(Node::Number(1));
        let special = arena.add(Node::Module(b"os".to_vec().into()));
        for n in 0..70_000 {
            arena.add(Node::Number(n));
        }
        assert!(arena.get(plain).is_none());
        assert!(matches!(arena.get(special), Some(Node::Module(_))));
        let last = arena.add(Node::Number(5));
        assert!(matches!(arena.get(last), Some(Node::Number(5))));
    }
}
