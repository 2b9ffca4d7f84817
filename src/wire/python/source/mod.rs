//! What Python source uses, told from its words alone.
//!
//! Nothing is parsed to a tree and nothing recurses: an explicit stack holds the open brackets, so that any
//! number of them costs time in proportion to the source. Followed are `import` and `from` with their `as`,
//! names that are assigned to names, `__import__`, `importlib.import_module`, `getattr`, `vars`, `globals`,
//! `sys.modules` and `__dict__` with constants, constants that are joined, and source that is given as a
//! constant to `exec`, `eval` or `compile`, or that stands in the braces of a formatted string.

mod bind;
mod bracket;
mod follow;
mod reach;
mod token;

use std::collections::HashSet;

/// How a piece of source uses a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// It is called.
    Called,
    /// It is imported.
    Imported,
    /// It stands there, and may be called by what it is given to.
    Named,
}

/// A name that a piece of source uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Dotted, from the module on; `builtins.` stands before what is neither imported nor an attribute.
    pub name: Vec<u8>,
    /// How it is used.
    pub how: How,
    /// Offset of the word behind it, in the source that was read; within inner source, that of the outer one.
    pub at: usize,
    /// The first argument of a call, if it is a constant.
    pub text: Option<Vec<u8>>,
}

/// What a piece of source uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Names, each once for each way of using it.
    pub uses: Vec<Use>,
    /// Whether it has words in an order that Python does not allow, open strings or open brackets.
    pub odd: bool,
}

/// Names of one source.
const MOST: usize = 512;
/// Sources within sources.
const DEEPEST: usize = 4;
/// Sources within one source.
const INNER: usize = 64;

impl Source {
    /// Reads source. With `strict` it stops at the first oddity.
    #[must_use]
    pub fn read(source: &[u8], strict: bool) -> Self {
        let mut out = Self::default();
        let mut seen = HashSet::new();
        let first = follow::Follow::new(source).run(strict);
        out.odd = first.odd;
        let mut open: Vec<_> = first.inner.into_iter().map(|(at, inner)| (at, inner, 1_usize)).collect();
        out.keep(first.uses, &mut seen, None);
        let mut done = 0_usize;
        while let Some((at, inner, depth)) = open.pop().filter(|_| done < INNER) {
            done = done.saturating_add(1);
            let found = follow::Follow::new(&inner).run(false);
            out.keep(found.uses, &mut seen, Some(at));
            if depth < DEEPEST {
                open.extend(found.inner.into_iter().map(|(_, inner)| (at, inner, depth.saturating_add(1))));
            }
        }
        out
    }

    fn keep(&mut self, uses: Vec<Use>, seen: &mut HashSet<(Vec<u8>, How)>, at: Option<usize>) {
        for mut one in uses {
            if self.uses.len() < MOST && seen.insert((one.name.clone(), one.how)) {
                one.at = at.unwrap_or(one.at);
                self.uses.push(one);
            }
        }
    }

    /// Whether it reads as a program that calls something, rather than as prose or a table.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.odd && self.uses.iter().any(|one| one.how == How::Called)
    }
}

#[cfg(test)]
mod tests;
