//! Members of which nothing was read since a limit was reached: told together.

use super::node::Node;
use crate::{
    bytes::{Name, Span},
    facts::{Fault, GapCode, Said},
};

/// Members that were left unread, and why.
#[derive(Debug)]
pub(super) struct Left {
    span: Span,
    first: Name,
    last: Name,
    count: u64,
    why: String,
}

impl Left {
    /// The first member that is left, or one more.
    pub(super) fn add(left: &mut Option<Self>, name: Name, span: Span, why: impl FnOnce() -> String) {
        match left {
            Some(left) => {
                left.last = name;
                left.count = left.count.saturating_add(1);
            }
            None => *left = Some(Self { span, first: name.clone(), last: name, count: 1, why: why() }),
        }
    }

    /// The gap that they make.
    fn told(self) -> (Span, Fault) {
        let Self { span, first, last, count, why } = self;
        let names = match count {
            1 => format!("`{first}`"),
            2 => format!("`{first}` and `{last}`"),
            _ => format!("{count} members from `{first}` to `{last}`"),
        };
        (span, Fault::new(GapCode::Limit, 0, format!("{names}: {why}")))
    }
}

impl Node {
    /// Why nothing was read of it, if a limit is the reason. Of an archive that is why nothing was read of its members.
    pub(super) fn why_unread(&self) -> Option<String> {
        let gap = self.gaps.first().filter(|_| self.parent.is_some())?;
        let only = self.gaps.iter().all(|gap| gap.code == GapCode::Limit && gap.span.start == 0)
            && self.facts.iter().all(|fact| matches!(fact.said, Said::GapFact(_)));
        only.then(|| self.why_left.clone().unwrap_or_else(|| gap.detail.clone()))
    }

    /// States what was left of its members.
    pub(super) fn tell_left(&mut self) {
        if let Some(left) = self.left.take() {
            self.why_left = Some(left.why.clone());
            let (span, fault) = left.told();
            self.gap(span, &fault);
        }
    }
}
