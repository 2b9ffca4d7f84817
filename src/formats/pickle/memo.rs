//! The memo: dense as picklers write it, sparse as attackers do.

use std::collections::HashMap;

use super::value::Value;
use crate::bytes::{index, wide};

/// The index of a slot; decimal digits where a number of 64 bits does not hold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    At(u64),
    Digits(Box<[u8]>),
}

/// Slots per block.
const BLOCK: u64 = 1 << 12;

/// Values by index.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    blocks: Vec<Box<[Value]>>,
    sparse: HashMap<Slot, Value>,
    used: u64,
}

impl Memo {
    /// Number of slots in use: where MEMOIZE writes.
    pub(super) const fn used(&self) -> u64 {
        self.used
    }

    /// Words that it takes: of a sparse slot with all around it.
    pub(super) fn words(&self) -> u64 {
        self.used.saturating_add(wide(self.sparse.len()).saturating_mul(8))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.used == 0
    }

    #[inline]
    pub(super) fn get(&self, at: u64) -> Option<Value> {
        let dense = self.blocks.get(index(at / BLOCK)).and_then(|block| block.get(index(at % BLOCK)));
        dense.copied().filter(|&value| value != Value::ABSENT).or_else(|| self.get_sparse(&Slot::At(at)))
    }

    pub(super) fn get_sparse(&self, slot: &Slot) -> Option<Value> {
        if self.sparse.is_empty() { None } else { self.sparse.get(slot).copied() }
    }

    #[inline]
    pub(super) fn put(&mut self, at: u64, value: Value) {
        let block = index(at / BLOCK);
        if block == self.blocks.len() && at / BLOCK <= self.used / BLOCK {
            self.add_block();
        }
        match self.blocks.get_mut(block).and_then(|block| block.get_mut(index(at % BLOCK))) {
            Some(slot) => {
                self.used = self.used.saturating_add(u64::from(*slot == Value::ABSENT));
                *slot = value;
            }
            None => self.put_sparse(Slot::At(at), value),
        }
    }

    /// Adds a block, with what was sparse within it.
    fn add_block(&mut self) {
        let first = wide(self.blocks.len()).saturating_mul(BLOCK);
        let mut block = vec![Value::ABSENT; index(BLOCK)].into_boxed_slice();
        if !self.sparse.is_empty() {
            for (at, slot) in (first..).zip(block.iter_mut()) {
                *slot = self.sparse.remove(&Slot::At(at)).unwrap_or(Value::ABSENT);
            }
        }
        self.blocks.push(block);
    }

    pub(super) fn put_sparse(&mut self, slot: Slot, value: Value) {
        let slot = match slot {
            Slot::At(at) if at / BLOCK < wide(self.blocks.len()) => return self.put(at, value),
            slot => slot,
        };
        let new = self.sparse.insert(slot, value).is_none();
        self.used = self.used.saturating_add(u64::from(new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memoize_counts_slots_in_use() {
        let mut memo = Memo::default();
        memo.put(5, Value::NONE);
        assert_eq!((memo.used(), memo.get(5)), (1, Some(Value::NONE)));
        memo.put(1 << 40, Value::bool(true));
        memo.put(1 << 40, Value::bool(false));
        assert_eq!((memo.used(), memo.get(1 << 40)), (2, Some(Value::bool(false))));
        assert_eq!(memo.get(7), None);
    }
}
