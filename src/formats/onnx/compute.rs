//! What one graph computes, where that alone does harm: shapes that ask for far too much, trees whose branches lead
//! nowhere, an input that replaces the answer.
//!
//! Only constants of the graph itself are known here. A graph that none of this is about costs one pass over
//! the heads of its nodes.

use std::collections::HashMap;

use super::{logic, tree, value};
use crate::{
    bytes::{Span, Spent, wide},
    facts::{Anomaly, Cost},
    formats::{Emit, looks},
    wire::protobuf::{Fields, Value},
};

/// Elements that no honest constant asks for: more than memory holds.
const TOO_MANY: u64 = 1 << 36;
/// Units of work of a node.
const WORK: u64 = 4;
/// Units of work of a node, a tensor or a name that is remembered.
const KEPT: u64 = 128;

/// Operations that make as many elements as a constant says, and which input says it.
const SHAPED: [(&[u8], usize); 4] = [(b"Tile", 1), (b"Expand", 1), (b"ConstantOfShape", 0), (b"Resize", 3)];

/// One node.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) kind: &'a [u8],
    pub(super) bytes: &'a [u8],
    pub(super) span: Span,
    domain: &'a [u8],
}

impl<'a> Node<'a> {
    fn new(bytes: &'a [u8], span: Span) -> Self {
        let mut node = Self { kind: b"", bytes, span, domain: b"" };
        for field in fields(bytes) {
            match field {
                (4, kind) => node.kind = kind,
                (7, domain) => node.domain = domain,
                _ => {}
            }
        }
        node
    }

    /// Names of inputs, in order; an empty one is not given.
    pub(super) fn inputs(self) -> impl Iterator<Item = &'a [u8]> {
        fields(self.bytes).filter(|(number, _)| *number == 1).map(|(_, name)| name)
    }

    fn outputs(self) -> impl Iterator<Item = &'a [u8]> {
        fields(self.bytes).filter(|(number, _)| *number == 2).map(|(_, name)| name)
    }

    /// Attributes: messages.
    pub(super) fn attributes(self) -> impl Iterator<Item = &'a [u8]> {
        fields(self.bytes).filter(|(number, _)| *number == 5).map(|(_, attribute)| attribute)
    }

    fn standard(self) -> bool {
        matches!(self.domain, b"" | b"ai.onnx")
    }
}

/// Length-delimited fields of a message, as far as it can be read.
pub(super) fn fields(message: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut fields = Fields::new(message, 0);
    let next = move || fields.field().ok().flatten();
    std::iter::from_fn(next).filter_map(|field| match field.value {
        Value::Len(bytes) => Some((field.number, bytes)),
        _ => None,
    })
}

/// One graph.
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// Names of what the graph gives back.
    pub(super) outputs: Vec<&'a [u8]>,
    /// Initializers, by name: messages.
    tensors: HashMap<&'a [u8], &'a [u8]>,
    /// Nodes, by the names that they give.
    makers: HashMap<&'a [u8], Node<'a>>,
}

impl<'a> Graph<'a> {
    fn read(bytes: &'a [u8], start: u64, out: &Emit<'_>) -> Result<Self, Spent> {
        let (mut nodes, mut outputs, mut tensors) = (Vec::new(), Vec::new(), HashMap::new());
        let mut all = Fields::new(bytes, start);
        let mut wanted = false;
        while let Ok(Some(field)) = all.field() {
            let Value::Len(content) = field.value else { continue };
            out.spend(WORK)?;
            match field.number {
                1 => {
                    out.spend(KEPT.saturating_add(wide(content.len()) >> 4))?;
                    let node = Node::new(content, field.content);
                    wanted |=
                        node.standard() && (shaped(node).is_some() || logic::GATES.contains(&node.kind));
                    nodes.push(node);
                }
                5 => {
                    out.spend(KEPT)?;
                    if let Some(name) = text(content, 8) {
                        tensors.insert(name, content);
                    }
                }
                12 => outputs.extend(text(content, 1)),
                _ => {}
            }
        }
        let mut graph = Self { nodes, outputs, tensors, makers: HashMap::new() };
        if wanted {
            out.spend(KEPT.saturating_mul(wide(graph.nodes.len())))?;
            let made = graph.nodes.iter().flat_map(|&node| node.outputs().map(move |name| (name, node)));
            graph.makers = made.collect();
        }
        Ok(graph)
    }

    /// The node that gives a name.
    pub(super) fn maker(&self, name: &[u8]) -> Option<Node<'a>> {
        self.makers.get(name).copied()
    }

    /// The constant tensor of a name: a message.
    pub(super) fn constant(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.tensors.get(name).copied().or_else(|| {
            let node = self.maker(name).filter(|node| node.kind == b"Constant")?;
            node.attributes().find_map(|attribute| text(attribute, 5))
        })
    }
}

/// The first field of a number that has bytes.
pub(super) fn text(message: &[u8], number: u32) -> Option<&[u8]> {
    fields(message).find(|(known, _)| *known == number).map(|(_, bytes)| bytes)
}

/// The input of a node that says how many elements it makes.
fn shaped(node: Node<'_>) -> Option<usize> {
    SHAPED.iter().find(|(kind, _)| *kind == node.kind).map(|(_, input)| *input)
}

/// States what a graph does that no honest one does. `bytes` are its message, which begins at offset `start`.
pub(super) fn look(bytes: &[u8], start: u64, out: &mut Emit<'_>) -> Result<(), Spent> {
    let graph = Graph::read(bytes, start, out)?;
    for &node in &graph.nodes {
        if node.domain == b"ai.onnx.ml" && node.kind.starts_with(b"TreeEnsemble") {
            out.spend(wide(node.bytes.len()) >> 2)?;
            if let Some(detail) = tree::wrong(node) {
                out.fact(node.span, Anomaly { what: "tree-index", detail, acted: false });
            }
        }
        if let Some((input, true)) = shaped(node).map(|input| (input, node.standard())) {
            ask(&graph, node, input, out);
        }
    }
    if let Some((node, detail)) = logic::gate(&graph) {
        out.fact(node.span, Anomaly { what: "gated-output", detail, acted: false });
    }
    Ok(())
}

/// States how many elements a node makes, if they are far too many.
fn ask(graph: &Graph<'_>, node: Node<'_>, input: usize, out: &mut Emit<'_>) {
    let name = node.inputs().nth(input).unwrap_or_default();
    let Some(sizes) = graph.constant(name).and_then(value::whole_numbers) else { return };
    let sizes = sizes.into_iter().map(|size| u64::try_from(size).unwrap_or(1));
    let amount = sizes.fold(1_u64, u64::saturating_mul);
    if amount > TOO_MANY {
        let many = if amount == u64::MAX { "2^64".to_owned() } else { amount.to_string() };
        let detail = format!("the operation {} makes {many} elements or more", looks::cut(node.kind));
        out.fact(node.span, Cost { what: "elements", amount, detail });
    }
}
