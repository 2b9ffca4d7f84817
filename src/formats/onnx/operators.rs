//! Operations that come from outside the standard.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    bytes::{Name, Span, wide},
    facts::Operator,
    formats::{Emit, looks},
};

/// Domains that the standard defines (`onnx.defs`).
const STANDARD: [&[u8]; 6] =
    [b"", b"ai.onnx", b"ai.onnx.ml", b"ai.onnx.training", b"ai.onnx.preview", b"ai.onnx.preview.training"];

/// Domains, or the beginnings of domains, that runtimes implement themselves: a function of the model that
/// bears such a name does not say what runs.
const RUNTIME: [&[u8]; 3] = [b"com.microsoft", b"com.ms.", b"ai.onnx.contrib"];

/// Whether the standard defines a domain.
pub(super) fn standard(domain: &[u8]) -> bool {
    STANDARD.contains(&domain)
}

type Key<'a> = (&'a [u8], &'a [u8]);

struct First {
    span: Span,
    node: Name,
    place: Name,
    count: u64,
}

/// All operations that are not standard, each once.
#[derive(Default)]
pub(super) struct Operators<'a> {
    used: BTreeMap<Key<'a>, First>,
    functions: BTreeSet<Key<'a>>,
    declared: BTreeSet<&'a [u8]>,
}

impl<'a> Operators<'a> {
    /// Counts one more use; says whether that is all: one more than `most` facts are kept, so that the limit
    /// is found to be reached.
    pub(super) fn again(&mut self, domain: &'a [u8], name: &'a [u8], most: u64) -> bool {
        let full = wide(self.used.len()) > most;
        let first = self.used.get_mut(&(domain, name));
        let known = full || first.is_some();
        if let Some(first) = first {
            first.count = first.count.saturating_add(1);
        }
        known
    }

    /// Keeps the first use.
    pub(super) fn first(&mut self, key: Key<'a>, span: Span, node: &[u8], place: &[u8]) {
        self.used.insert(key, First { span, node: looks::cut(node), place: looks::cut(place), count: 1 });
    }

    /// The model brings a function of this name.
    pub(super) fn function(&mut self, domain: &'a [u8], name: &'a [u8]) {
        self.functions.insert((domain, name));
    }

    /// The model says which version of a domain it uses.
    pub(super) fn declare(&mut self, domain: &'a [u8]) {
        self.declared.insert(domain);
    }

    /// States one fact for each operation that the model does not define itself.
    pub(super) fn state(self, out: &mut Emit<'_>) {
        let mut all: Vec<_> = self.used.into_iter().collect();
        all.sort_by_key(|(_, first)| first.span);
        for (key, First { span, node, place, count }) in all {
            let runtime = RUNTIME.iter().any(|start| key.0.starts_with(start));
            if self.functions.contains(&key) && !runtime {
                continue;
            }
            let (domain, name) = (looks::cut(key.0), looks::cut(key.1));
            let declared = self.declared.contains(key.0);
            out.fact_times(count, span, Operator { domain, name, node, place, declared });
        }
    }
}
