//! What is remembered of values beside themselves: nodes, by number.

use std::{
    cell::Cell,
    collections::{HashMap, VecDeque},
};

use super::{
    iterate::Flow,
    value::{Extent, Items, Kind, Made, Node, Value},
};
use crate::bytes::{index, wide};

/// Nodes of plain data that are remembered; older ones are forgotten.
const REMEMBERED: usize = 1 << 16;
/// Words behind them.
const REMEMBERED_WORDS: u64 = 1 << 23;
/// Nodes that may matter and are never forgotten.
const HELD: usize = 1 << 18;
/// Words behind them.
const HELD_WORDS: u64 = 1 << 24;

/// Words of what iterators give.
const FLOWS_WORDS: u64 = 1 << 21;

/// All nodes of one state. Old ones that hold nothing but data are forgotten, and others once there are too
/// many of them; whether one of those was asked for again is noted.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    recent: VecDeque<Node>,
    /// Number of the oldest recent node.
    base: u64,
    held: HashMap<u64, Node>,
    recent_words: u64,
    held_words: u64,
    /// Nodes and words behind them that were added since they were last paid for.
    pub(super) unpaid: u64,
    /// Content of byte arrays that were changed after they were written; nothing if it is not known.
    arrays: HashMap<Value, Option<Box<[u8]>>>,
    /// What iterators give.
    flows: HashMap<Value, Flow>,
    flow_words: u64,
    /// A bit for each node that was forgotten although it may matter.
    lost: Vec<u64>,
    missed: Cell<bool>,
}

impl Arena {
    /// Number of nodes.
    pub(super) fn nodes(&self) -> u64 {
        wide(self.recent.len()).saturating_add(wide(self.held.len()))
    }

    /// Words behind them.
    pub(super) const fn words(&self) -> u64 {
        self.recent_words.saturating_add(self.held_words).saturating_add(self.flow_words)
    }

    /// Whether a node was asked for that had been forgotten although it may matter.
    pub(super) const fn missed(&self) -> bool {
        self.missed.get()
    }

    /// What values hold.
    pub(super) fn extent(&self, values: &[Value]) -> Extent {
        let mut extent = Extent { unfolded: wide(values.len()), ..Extent::default() };
        for &value in values {
            extent.special |= value.is_special();
            extent.unhashable |= !self.hashable(value);
            if value.is_container() {
                let inner = self.peek_items(value).map_or((0, 0), |items| (items.unfolded, items.depth));
                extent.unfolded = extent.unfolded.saturating_add(inner.0);
                extent.depth = extent.depth.max(inner.1.saturating_add(1));
            }
        }
        extent
    }

    /// Whether Python can hash a value, as far as that is known.
    #[inline]
    pub(super) fn hashable(&self, value: Value) -> bool {
        match value.kind() {
            Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray => false,
            Kind::Tuple => self.peek_items(value).is_none_or(|items| !items.unhashable),
            _ => true,
        }
    }

    /// Adds values to a container; nothing if it is not known any more.
    pub(super) fn extend(&mut self, container: Value, values: &[Value]) -> Option<Extent> {
        let (node, extent) = (container.node()?, self.extent(values));
        let Some(Node::Items(items)) = self.get_mut(node) else {
            if values.iter().any(|value| value.is_special()) {
                self.lose(node);
            }
            return None;
        };
        items.reach(extent);
        let (before, (unfolded, depth)) = (items.kept.len(), (items.unfolded, items.depth));
        items.add(values);
        let words = wide(items.kept.len().saturating_sub(before));
        let all = if node > self.base { &mut self.recent_words } else { &mut self.held_words };
        *all = all.saturating_add(words);
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
        self.unpaid = self.unpaid.saturating_add(words).saturating_add(1);
        self.recent.push_back(node);
        self.base.saturating_add(wide(self.recent.len()))
    }

    fn forget(&mut self) {
        let Some(old) = self.recent.pop_front() else { return };
        self.base = self.base.saturating_add(1);
        let words = old.weight();
        self.recent_words = self.recent_words.saturating_sub(words);
        let matters = match &old {
            // What is still empty when it is old has yet to be filled.
            Node::Items(items) => items.len() == 0 || items.interesting(),
            Node::Made(made) => made.args.iter().any(|arg| arg.is_special() && arg.kind() != Kind::Object),
            Node::Attribute { .. } | Node::Module { .. } => true,
            Node::Content { .. } | Node::Elsewhere { .. } | Node::Number(_) => false,
        };
        let held = self.held_words.saturating_add(words);
        if matters && self.held.len() < HELD && held <= HELD_WORDS {
            self.held_words = held;
            self.held.insert(self.base, old);
        } else if matters {
            self.lose(self.base);
        }
    }

    fn lose(&mut self, node: u64) {
        let word = index(node >> 6);
        if word >= self.lost.len() {
            self.lost.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.lost.get_mut(word) {
            *word |= 1_u64.rotate_left(u32::try_from(node & 63).unwrap_or(0));
        }
    }

    fn is_lost(&self, node: u64) -> bool {
        let bit = 1_u64.rotate_left(u32::try_from(node & 63).unwrap_or(0));
        self.lost.get(index(node >> 6)).is_some_and(|word| word & bit != 0)
    }

    /// A node that matters to what is done.
    pub(super) fn get(&self, node: u64) -> Option<&Node> {
        let found = self.peek(node);
        if found.is_none() && self.is_lost(node) {
            self.missed.set(true);
        }
        found
    }

    /// A node, if it is still known.
    fn peek(&self, node: u64) -> Option<&Node> {
        match node.checked_sub(self.base).and_then(|after| after.checked_sub(1)) {
            Some(at) => self.recent.get(index(at)),
            None => self.held.get(&node),
        }
    }

    pub(super) fn get_mut(&mut self, node: u64) -> Option<&mut Node> {
        match node.checked_sub(self.base).and_then(|at| at.checked_sub(1)) {
            Some(at) => self.recent.get_mut(index(at)),
            None => self.held.get_mut(&node),
        }
    }

    /// The items of a container, as far as they are known.
    pub(super) fn items(&self, value: Value) -> Option<&Items> {
        let found = self.peek_items(value);
        if found.is_none() && value.is_container() && value.node().is_some_and(|node| self.is_lost(node)) {
            self.missed.set(true);
        }
        found
    }

    fn peek_items(&self, value: Value) -> Option<&Items> {
        static NONE: Items = Items {
            kept: Vec::new(),
            special: Vec::new(),
            dropped: 0,
            unfolded: 0,
            depth: 0,
            unhashable: false,
            changed: false,
            holds_special: false,
        };
        if !value.is_container() {
            return None;
        }
        match value.node() {
            None => Some(&NONE),
            Some(node) => match self.peek(node)? {
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
        let words = content.as_ref().map_or(1, |content| wide(content.len() >> 3).saturating_add(1));
        self.unpaid = self.unpaid.saturating_add(words);
        self.arrays.insert(value, content.map(Vec::into_boxed_slice));
    }

    /// Notes that something that is not followed may have changed a value.
    pub(super) fn may_change(&mut self, value: Value) {
        if value.kind() == Kind::ByteArray {
            self.set_array(value, None);
        } else if let Some(flow) = self.flow_mut(value) {
            flow.items = None;
        } else if let Some(state) =
            self.made(value).map(|made| made.state).filter(|state| state.kind() == Kind::Dict)
        {
            self.may_change(state);
        } else if matches!(value.kind(), Kind::List | Kind::Dict | Kind::Set)
            && let Some(Node::Items(items)) = value.node().and_then(|node| self.get_mut(node))
        {
            items.changed = true;
        }
    }

    /// Puts other items into a container, if it is still known.
    pub(super) fn refill(&mut self, container: Value, values: &[Value]) {
        let Some(node) = container.node() else { return };
        let Some(Node::Items(items)) = self.get_mut(node) else { return };
        let words = wide(items.kept.len());
        items.kept.clear();
        let all = if node > self.base { &mut self.recent_words } else { &mut self.held_words };
        *all = all.saturating_sub(words);
        self.extend(container, values);
    }

    /// What an iterator gives.
    pub(super) fn flow(&self, value: Value) -> Option<&Flow> {
        if self.flows.is_empty() { None } else { self.flows.get(&value) }
    }

    pub(super) fn flow_mut(&mut self, value: Value) -> Option<&mut Flow> {
        if self.flows.is_empty() { None } else { self.flows.get_mut(&value) }
    }

    pub(super) fn set_flow(&mut self, value: Value, flow: Flow) {
        let words = flow.words();
        self.unpaid = self.unpaid.saturating_add(words);
        self.flow_words = self.flow_words.saturating_add(words);
        // What has no flow gives nothing that is known.
        if self.flow_words <= FLOWS_WORDS {
            self.flows.insert(value, flow);
        } else {
            self.flows.remove(&value);
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
        let special = arena.add(Node::Module { name: b"os".to_vec().into(), at: 0 });
        for n in 0..70_000 {
            arena.add(Node::Number(n));
        }
        assert!(arena.get(plain).is_none());
        assert!(matches!(arena.get(special), Some(Node::Module { .. })));
        let last = arena.add(Node::Number(5));
        assert!(matches!(arena.get(last), Some(Node::Number(5))));
    }
}
