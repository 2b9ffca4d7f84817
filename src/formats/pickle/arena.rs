//! What the values of one state point to: nodes, of which old plain ones are forgotten.

use std::collections::{HashMap, VecDeque};

use super::value::{Items, Kind, Made, Node, Value};
use crate::bytes::{index, wide};

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
