//! The parts of a traced file as a tree.

use std::collections::HashMap;

use super::Part;
use crate::{
    bytes::Name,
    facts::{Said, Stream},
};

/// Parts that lie deeper hang on the last one above this depth: their members say where they are.
pub(super) const DEEPEST: usize = 32;

/// A part and those inside it.
pub(super) struct Node<'a> {
    pub(super) part: Part<'a>,
    pub(super) inside: Vec<usize>,
}

/// The parts that say something, those that hold others first; the first is the file itself.
pub(super) fn nodes<'a>(parts: &[Part<'a>]) -> Vec<Node<'a>> {
    let mut sorted: Vec<Part<'a>> = parts.iter().copied().filter(|part| !part.members.is_empty()).collect();
    sorted.retain(says_something);
    let file = parts.iter().copied().find(|part| part.members.is_empty());
    let file = file.unwrap_or(Part { members: &[], facts: &[], gaps: &[] });
    sorted.sort_by_key(|part| part.members.len());
    let mut nodes = vec![Node { part: file, inside: Vec::new() }];
    let mut known: HashMap<&[Name], (usize, usize)> = HashMap::new();
    for part in sorted {
        let outer = (1..part.members.len()).rev().filter_map(|n| known.get(part.members.get(..n)?));
        let (parent, depth) = outer.copied().find(|&(_, depth)| depth < DEEPEST).unwrap_or_default();
        let at = nodes.len();
        if let Some(parent) = nodes.get_mut(parent) {
            parent.inside.push(at);
        }
        known.entry(part.members).or_insert((at, depth.saturating_add(1)));
        nodes.push(Node { part, inside: Vec::new() });
    }
    nodes
}

fn says_something(part: &Part<'_>) -> bool {
    let loads =
        |said: &Said| matches!(said, Said::Stream(_) | Said::Import(_) | Said::Call(_) | Said::Mutation(_));
    !part.gaps.is_empty() || part.facts.iter().any(|fact| loads(&fact.said))
}

/// The streams of a part: start, end and what is said of each.
pub(super) struct Streams<'a>(pub(super) Vec<(u64, u64, &'a Stream)>);

impl<'a> Streams<'a> {
    pub(super) fn of(part: &Part<'a>) -> Self {
        let streams = part.facts.iter().filter_map(|fact| match &fact.said {
            Said::Stream(stream) => Some((fact.span.start, fact.span.end(), &**stream)),
            _ => None,
        });
        let mut streams: Vec<_> = streams.collect();
        streams.sort_by_key(|&(start, end, stream)| (start, stream.number, end));
        Self(streams)
    }

    /// Number of the stream that an offset lies in.
    pub(super) fn at(&self, offset: u64) -> u64 {
        let before = self.0.partition_point(|&(start, _, _)| start <= offset);
        let stream = before.checked_sub(1).and_then(|at| self.0.get(at));
        stream.map_or(0, |(_, _, stream)| stream.number)
    }
}
