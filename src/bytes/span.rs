//! Ranges of bytes, and sets of them.

use serde::Serialize;

/// A range of bytes in the coordinates of one artifact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

impl Span {
    /// A range of `len` bytes that begins at `start`.
    #[must_use]
    pub const fn new(start: u64, len: u64) -> Self {
        Self { start, len }
    }

    /// The range from `start` up to, not including, `end`; empty if `end` lies before `start`.
    #[must_use]
    pub const fn between(start: u64, end: u64) -> Self {
        Self { start, len: end.saturating_sub(start) }
    }

    /// Offset after the last byte.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.start.saturating_add(self.len)
    }
}

/// A set of ranges that is asked, in the end, what it leaves out.
#[derive(Clone, Debug, Default)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// Adds a range; ranges may overlap and come in any order.
    pub fn add(&mut self, span: Span) {
        match self.0.last_mut() {
            Some(last) if last.end() == span.start => last.len = last.len.saturating_add(span.len),
            _ if span.len == 0 => {}
            _ => self.0.push(span),
        }
    }

    /// Adds all ranges of another set.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// Sorts the ranges and joins those that touch.
    pub fn settle(&mut self) {
        self.0.sort_unstable();
        let mut joined: Vec<Span> = Vec::with_capacity(self.0.len());
        for span in self.0.drain(..) {
            match joined.last_mut() {
                Some(last) if span.start <= last.end() => {
                    last.len = span.end().max(last.end()).saturating_sub(last.start);
                }
                _ => joined.push(span),
            }
        }
        self.0 = joined;
    }

    /// What of the first `len` bytes no range covers, in order.
    #[must_use]
    pub fn holes(&self, len: u64) -> Vec<Span> {
        let mut settled = self.clone();
        settled.settle();
        let mut at = 0;
        let mut holes = Vec::new();
        for span in &settled.0 {
            if span.start > at {
                holes.push(Span::between(at, span.start.min(len)));
            }
            at = at.max(span.end());
        }
        if at < len {
            holes.push(Span::between(at, len));
        }
        holes.retain(|hole| hole.len > 0);
        holes
    }

    /// What of these ranges is in none of `others`, in order; both are settled.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let mut left = Vec::new();
        let mut others = others.0.iter().peekable();
        for span in &self.0 {
            let mut at = span.start;
            while let Some(other) = others.next_if(|other| other.end() <= span.end()) {
                left.push(Span::between(at, other.start.min(span.end())));
                at = at.max(other.end());
            }
            let next = others.peek().map_or(span.end(), |other| other.start.min(span.end()));
            left.push(Span::between(at, next));
        }
        left.retain(|span| span.len > 0);
        Self(left)
    }

    /// The ranges as they were added.
    #[must_use]
    pub fn as_slice(&self) -> &[Span] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_what_no_range_covers() {
        let mut spans = Spans::default();
        spans.add(Span::new(8, 4));
        spans.add(Span::new(2, 3));
        spans.add(Span::new(3, 1));
        assert_eq!(spans.holes(14), [Span::new(0, 2), Span::new(5, 3), Span::new(12, 2)]);
        assert_eq!(Spans::default().holes(0), []);
        spans.add(Span::new(0, u64::MAX));
        assert_eq!(spans.holes(14), []);
    }

    #[test]
    fn what_one_set_has_and_the_other_has_not() {
        let spans = |list: &[(u64, u64)]| {
            let mut spans = Spans::default();
            list.iter().for_each(|&(start, end)| spans.add(Span::between(start, end)));
            spans.settle();
            spans
        };
        let left = |these: &[(u64, u64)], those: &[(u64, u64)]| spans(these).without(&spans(those)).0;
        assert_eq!(left(&[(0, 10)], &[(3, 5)]), [Span::between(0, 3), Span::between(5, 10)]);
        assert_eq!(left(&[(0, 10), (20, 30)], &[(5, 25)]), [Span::between(0, 5), Span::between(25, 30)]);
        assert_eq!(left(&[(0, 4)], &[(0, 4)]), []);
        assert_eq!(left(&[(0, 4), (6, 8)], &[(4, 6), (8, 9)]), [Span::between(0, 4), Span::between(6, 8)]);
    }
}
