//! How the coders of a folder hang together.

use super::header::Input;
use crate::bytes::{index, wide};

/// The streams of a folder. Inputs are numbered through all coders, outputs as well.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// For each coder its first input and the one behind its last.
    coders: Vec<(u64, u64)>,
    /// Number of outputs.
    pub(super) outs: u64,
    /// Inputs, and the output that goes into each.
    pub(super) binds: Vec<(u64, u64)>,
    /// The inputs that packed streams go into.
    pub(super) packed: Vec<u64>,
    /// The coders in the order in which they unpack.
    pub(super) order: Vec<usize>,
}

impl Tree {
    /// Adds a coder.
    pub(super) fn add(&mut self, ins: u64, outs: u64) {
        let first = self.ins();
        self.coders.push((first, first.saturating_add(ins)));
        self.outs = self.outs.saturating_add(outs);
    }

    /// Number of inputs.
    pub(super) fn ins(&self) -> u64 {
        self.coders.last().map_or(0, |coder| coder.1)
    }

    /// The first input that no output goes into.
    pub(super) fn free(&self) -> Option<u64> {
        (0..self.ins()).find(|at| self.binds.iter().all(|(input, _)| input != at))
    }

    /// The coders in an order in which each comes behind those that it reads, and the last gives what comes out;
    /// nothing if they form no tree, or one has several outputs.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::new();
        let count = self.coders.len();
        for _ in 0..count {
            let next = (0..count).find(|at| !order.contains(at) && self.inputs(*at, &order).is_some());
            order.extend(next);
        }
        let used = |out: u64| self.binds.iter().filter(|(_, from)| *from == out).count();
        let tree = order
            .iter()
            .enumerate()
            .all(|(nth, &at)| used(wide(at)) == usize::from(nth.saturating_add(1) < count));
        if tree && order.len() == count && self.outs == wide(count) { order } else { Vec::new() }
    }

    /// Where the inputs of a coder come from; nothing if that is a coder that is not in `order`.
    pub(super) fn inputs(&self, coder: usize, order: &[usize]) -> Option<Vec<Input>> {
        let &(first, behind) = self.coders.get(coder)?;
        let source = |input: u64| {
            if let Some(&(_, from)) = self.binds.iter().find(|bind| bind.0 == input) {
                let at = order.iter().position(|&at| at == index(from))?;
                return Some(Input::Coder(at));
            }
            self.packed.iter().position(|&packed| packed == input).map(Input::Packed)
        };
        (first..behind).map(source).collect()
    }
}
