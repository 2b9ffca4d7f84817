//! A whole JSON document in a flat list.

use std::borrow::Cow;

use super::{Kind, Reader, text};
use crate::{
    bytes::{Budget, Span, index, wide},
    wire::Wrong,
};

#[derive(Clone, Copy, Debug)]
struct Slot {
    kind: Kind,
    start: u32,
    len: u32,
    /// Number of slots up to the one behind this value.
    after: u32,
}

/// A document. Keys stand before their values, in the order of the file, duplicates included.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    bytes: &'a [u8],
    slots: Vec<Slot>,
    end: u64,
}

/// A value within a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'t, 'a> {
    tree: &'t Tree<'a>,
    slot: usize,
}

impl<'a> Tree<'a> {
    /// Reads the document that `bytes` begin with, nested at most `depth` deep, of at most `nodes` values and
    /// keys (16 bytes of memory each). Each costs a unit of work.
    ///
    /// # Errors
    /// [`Wrong`] where the bytes stop being JSON, or where there is too much of it.
    pub fn read(bytes: &'a [u8], depth: usize, nodes: usize, budget: &Budget) -> Result<Self, Wrong> {
        let mut reader = Reader::new(bytes, depth);
        let mut slots: Vec<Slot> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        budget.spend(wide(bytes.len()) >> 6)?;
        while let Some(token) = reader.token()? {
            budget.spend(1)?;
            if matches!(token.kind, Kind::ObjectEnd | Kind::ArrayEnd) {
                let count = narrow(wide(slots.len()));
                if let Some(slot) = open.pop().and_then(|at| slots.get_mut(at)) {
                    slot.after = count;
                    slot.len = narrow(token.span.end().saturating_sub(u64::from(slot.start)));
                }
                continue;
            }
            if slots.len() >= nodes || token.span.end() > u64::from(u32::MAX) {
                return Err(Wrong::too_much(token.span.start, "the JSON text holds too much"));
            }
            if matches!(token.kind, Kind::Object | Kind::Array) {
                open.push(slots.len());
            }
            let after = narrow(wide(slots.len())).saturating_add(1);
            let (start, len) = (narrow(token.span.start), narrow(token.span.len));
            slots.push(Slot { kind: token.kind, start, len, after });
        }
        Ok(Self { bytes, slots, end: reader.at() })
    }

    /// The outermost value.
    #[must_use]
    pub const fn root(&self) -> Node<'_, 'a> {
        Node { tree: self, slot: 0 }
    }

    /// Offset behind the document.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }
}

fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl<'t, 'a> Node<'t, 'a> {
    fn get(self) -> Option<&'t Slot> {
        self.tree.slots.get(self.slot)
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.get().map_or(Kind::Null, |slot| slot.kind)
    }

    /// Where it stands, brackets and quotes included.
    #[must_use]
    pub fn span(self) -> Span {
        self.get().map_or_else(Span::default, |slot| Span::new(slot.start.into(), slot.len.into()))
    }

    /// Its bytes as they stand.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        let span = self.span();
        self.tree.bytes.get(index(span.start)..index(span.end())).unwrap_or_default()
    }

    /// What the string says, if it is one.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, [u8]>> {
        matches!(self.kind(), Kind::Text | Kind::Key).then(|| text(self.raw()))
    }

    /// The number, if it is a whole one that is not negative and fits.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        std::str::from_utf8(self.raw()).ok().filter(|_| self.kind() == Kind::Number)?.parse().ok()
    }

    /// The elements of an array, in order; none if it is no array.
    pub fn items(self) -> impl Iterator<Item = Self> {
        self.inner().filter(move |_| self.kind() == Kind::Array)
    }

    /// The keys and values of an object, in order, duplicates included; none if it is no object.
    pub fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let object = self.kind() == Kind::Object;
        self.inner()
            .filter(move |node| object && node.kind() == Kind::Key)
            .map(move |key| (key, Self { tree: self.tree, slot: key.slot.saturating_add(1) }))
    }

    /// All values that stand under `key`, in order.
    pub fn all<'k>(self, key: &'k [u8]) -> impl Iterator<Item = Self> + use<'t, 'a, 'k> {
        self.entries().filter(move |(name, _)| name.text().as_deref() == Some(key)).map(|(_, value)| value)
    }

    /// The value that Python's `json` would keep under `key`: the last.
    #[must_use]
    pub fn last(self, key: &[u8]) -> Option<Self> {
        self.all(key).last()
    }

    /// The slots directly within, keys among them.
    fn inner(self) -> impl Iterator<Item = Self> {
        let end = self.get().map_or(0, |slot| index(slot.after.into()));
        let first = Self { tree: self.tree, slot: self.slot.saturating_add(1) };
        std::iter::successors(Some(first), |node| {
            let slot = node.get().map_or(usize::MAX, |slot| index(slot.after.into()));
            Some(Self { tree: node.tree, slot })
        })
        .take_while(move |node| node.slot < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bytes::Limits, wire::Why};

    #[test]
    fn duplicate_keys_and_order_are_kept() {
        let budget = Budget::new(Limits::default());
        let tree = Tree::read(br#"{"a":{"x":[1,2,[3]]},"b":7,"a":"\u0041"} "#, 8, 100, &budget).unwrap();
        let root = tree.root();
        assert_eq!(root.span(), Span::new(0, 40));
        let keys: Vec<_> = root.entries().map(|(key, _)| key.text().unwrap().into_owned()).collect();
        assert_eq!(keys, [b"a", b"b", b"a"]);
        assert_eq!(root.last(b"a").unwrap().text().unwrap(), &b"A"[..]);
        assert_eq!(root.last(b"b").unwrap().number(), Some(7));
        let x = root.all(b"a").next().unwrap().last(b"x").unwrap();
        assert_eq!(x.items().count(), 3);
        assert_eq!(x.items().filter_map(Node::number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(tree.end(), 40);
    }

    #[test]
    fn too_much_is_refused() {
        let budget = Budget::new(Limits::default());
        let wide = format!("[{}1]", "1,".repeat(1000));
        assert_eq!(Tree::read(wide.as_bytes(), 8, 1000, &budget).unwrap_err().why, Why::TooMuch);
        let deep = b"[".repeat(200_000);
        assert_eq!(Tree::read(&deep, 64, 1000, &budget).unwrap_err().why, Why::TooMuch);
        let few = Budget::new(Limits { steps: 10, ..Limits::default() });
        assert!(matches!(Tree::read(wide.as_bytes(), 8, 9999, &few).unwrap_err().why, Why::Spent(_)));
    }
}
