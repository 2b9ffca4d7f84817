//! Which bytes of an artifact are explained by whom: what `map` shows.

use super::node::Node;
use crate::{
    bytes::{Name, Span, Spans},
    formats::{Child, Collected, Role},
    output::map::{Layout, Range, What},
};

/// What formats said of the bytes of one artifact.
#[derive(Default)]
pub(super) struct Sketch {
    covered: Vec<(&'static str, Spans)>,
    named: Vec<Range>,
}

impl Sketch {
    /// Notes what a format explains; what it hands over is noted by [`Sketch::hand`].
    pub(super) fn take(&mut self, by: &'static str, collected: &Collected) {
        self.covered.push((by, collected.covered.clone()));
        let data = |(span, name): &(Span, Name)| Range {
            span: *span,
            what: What::Data,
            by,
            name: name.clone(),
            detail: String::new(),
            shared: false,
        };
        self.named.extend(collected.labels.iter().map(data));
        self.hand(by, &collected.children);
    }

    /// Notes what was handed over, or found where nothing was explained.
    pub(super) fn hand(&mut self, by: &'static str, children: &[Child]) {
        let member = |child: &Child| {
            let what = if child.role == Role::Slack { What::Found } else { What::Member };
            let (name, detail) = (child.name.clone(), String::new());
            child.span.map(|span| Range { span, what, by, name, detail, shared: false })
        };
        self.named.extend(children.iter().filter_map(member));
    }

    /// The whole of an artifact that has been read.
    pub(super) fn layout(self, node: &Node) -> Layout {
        let mut taken = Spans::default();
        self.named.iter().for_each(|range| taken.add(range.span));
        taken.settle();
        let mut ranges = self.named;
        ranges.dedup_by(|a, b| (a.span, &a.name) == (b.span, &b.name));
        let plain = |what, by| {
            move |span| Range { span, what, by, name: Name::default(), detail: String::new(), shared: false }
        };
        for (by, mut covered) in self.covered {
            covered.settle();
            ranges.extend(covered.without(&taken).as_slice().iter().copied().map(plain(What::Structure, by)));
        }
        mark(&mut ranges);
        ranges.extend(node.gaps.iter().map(|gap| Range {
            span: gap.span,
            what: What::Gap,
            by: gap.code.word(),
            name: Name::default(),
            detail: gap.detail.clone(),
            shared: false,
        }));
        ranges.extend(node.padding().into_iter().map(plain(What::Padding, "")));
        ranges.extend(node.unaccounted().into_iter().map(plain(What::Unexplained, "")));
        ranges.sort_by(|a, b| (a.span, a.what, &a.name).cmp(&(b.span, b.what, &b.name)));
        Layout {
            members: node.place.names.iter().skip(1).cloned().collect(),
            formats: node.formats.iter().map(|format| format.about().name).collect(),
            size: node.bytes.size(),
            file_offset: node.bytes.file_offset(),
            ranges,
        }
    }
}

/// Marks ranges that share bytes.
fn mark(ranges: &mut [Range]) {
    ranges.sort_by_key(|range| (range.span.start, range.span.len));
    let (mut widest, mut end) = (0_usize, 0_u64);
    let mut shared = Vec::new();
    for (at, range) in ranges.iter().enumerate() {
        if range.span.start < end && range.span.len > 0 {
            shared.extend([widest, at]);
        }
        if range.span.end() > end {
            (widest, end) = (at, range.span.end());
        }
    }
    for at in shared {
        if let Some(range) = ranges.get_mut(at) {
            range.shared = true;
        }
    }
}
