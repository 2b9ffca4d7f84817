//! A trigger in the input that replaces the answer (ShadowLogic, HiddenLayer 2024): what the graph gives back is
//! chosen between what it computes and a constant, by a comparison of the input itself.

use super::compute::{Graph, Node, text};
use crate::formats::looks;

/// Operations that choose.
pub(super) const GATES: [&[u8]; 2] = [b"Where", b"If"];
/// Operations behind the choice that change nothing of it.
const AFTER: [&[u8]; 9] = [
    b"Identity",
    b"Cast",
    b"Reshape",
    b"Flatten",
    b"Softmax",
    b"LogSoftmax",
    b"Sigmoid",
    b"Squeeze",
    b"Unsqueeze",
];
/// Operations that compare.
const COMPARE: [&[u8]; 5] = [b"Equal", b"Greater", b"Less", b"GreaterOrEqual", b"LessOrEqual"];
/// Operations that take something out of the input without any weights.
const NARROW: [&[u8]; 24] = [
    b"And",
    b"Or",
    b"Not",
    b"Xor",
    b"ReduceSum",
    b"ReduceMean",
    b"ReduceMax",
    b"ReduceMin",
    b"ReduceProd",
    b"ReduceL1",
    b"ReduceL2",
    b"Cast",
    b"Slice",
    b"Gather",
    b"Mod",
    b"Abs",
    b"Sub",
    b"Add",
    b"Squeeze",
    b"Unsqueeze",
    b"Flatten",
    b"Reshape",
    b"Identity",
    b"Round",
];
/// Nodes between the input and the choice.
const STEPS: usize = 64;

/// The choice, if there is one, and what it is.
pub(super) fn gate<'a>(graph: &Graph<'a>) -> Option<(Node<'a>, String)> {
    graph.outputs.iter().find_map(|output| {
        let mut node = graph.maker(output)?;
        for _ in 0..AFTER.len() {
            if !AFTER.contains(&node.kind) {
                break;
            }
            node = graph.maker(node.inputs().next()?)?;
        }
        let replaced = match node.kind {
            b"Where" => node.inputs().skip(1).any(|name| graph.constant(name).is_some_and(several)),
            b"If" => branches(node),
            _ => false,
        };
        if !(replaced && triggered(graph, node.inputs().next()?)) {
            return None;
        }
        let (kind, output) = (looks::cut(node.kind), looks::cut(output));
        Some((
            node,
            format!("{kind} gives a constant for the output `{output}` when the input meets a comparison"),
        ))
    })
}

/// Whether a tensor has more than one element, so that it may be an answer.
fn several(tensor: &[u8]) -> bool {
    let raw = text(tensor, 9).map(<[u8]>::len).unwrap_or_default();
    let typed = [4, 7, 10].iter().filter_map(|&number| text(tensor, number)).map(<[u8]>::len).max();
    raw.max(typed.unwrap_or_default()) >= 8
}

/// Whether one branch of an `If` is a constant and the other is not.
fn branches(node: Node<'_>) -> bool {
    let bodies = node.attributes().filter_map(|attribute| text(attribute, 6));
    let constant = |body: &[u8]| {
        let mut nodes = super::compute::fields(body).filter(|(number, _)| *number == 1).map(|(_, node)| node);
        nodes.all(|node| text(node, 4) == Some(b"Constant"))
    };
    let (constants, others): (Vec<&[u8]>, Vec<&[u8]>) = bodies.partition(|body| constant(body));
    !constants.is_empty() && !others.is_empty()
}

/// Whether a condition is a comparison of what comes straight from the graph's input.
fn triggered(graph: &Graph<'_>, condition: &[u8]) -> bool {
    let (mut open, mut compares, mut reaches) = (vec![condition], false, false);
    for _ in 0..STEPS {
        let Some(name) = open.pop() else { return compares && reaches };
        if name.is_empty() || graph.constant(name).is_some() {
            continue;
        }
        let Some(node) = graph.maker(name) else {
            reaches = true;
            continue;
        };
        let compare = COMPARE.contains(&node.kind);
        if !compare && !NARROW.contains(&node.kind) {
            return false;
        }
        compares |= compare;
        open.extend(node.inputs());
    }
    false
}
