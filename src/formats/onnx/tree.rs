//! Trees of `ai.onnx.ml`: whether each branch leads to a node that is there.
//!
//! A runtime that trusts the numbers reads outside of its arrays (`onnxruntime/core/providers/cpu/ml/tree_ensemble_common.h`).

use std::collections::HashSet;

use super::{
    compute::{Node, fields, text},
    value::unpacked,
};
use crate::wire::protobuf::{Fields, Value};

/// Nodes of an ensemble that are looked at.
const MOST: usize = 4 << 20;

/// The numbers of an attribute of this name.
fn numbers(node: Node<'_>, name: &[u8]) -> Vec<i64> {
    let Some(attribute) = node.attributes().find(|attribute| text(attribute, 1) == Some(name)) else {
        return Vec::new();
    };
    let (mut found, mut all) = (Vec::new(), Fields::new(attribute, 0));
    while let Ok(Some(field)) = all.field() {
        match field.value {
            Value::Varint(number) if field.number == 8 => found.push(number.cast_signed()),
            Value::Len(packed) if field.number == 8 => found.extend(unpacked(packed, MOST)),
            _ => {}
        }
    }
    found
}

/// Whether each node is a leaf.
fn leaves(node: Node<'_>) -> Vec<bool> {
    let modes = node.attributes().find(|attribute| text(attribute, 1) == Some(b"nodes_modes"));
    let modes = modes.into_iter().flat_map(fields).filter(|(number, _)| *number == 9);
    modes.map(|(_, mode)| mode == b"LEAF").collect()
}

/// What is wrong with the numbers of a `TreeEnsembleClassifier`, `TreeEnsembleRegressor` or `TreeEnsemble`.
pub(super) fn wrong(node: Node<'_>) -> Option<String> {
    if node.kind == b"TreeEnsemble" { flat(node) } else { named(node) }
}

/// Nodes that are named by tree and number.
fn named(node: Node<'_>) -> Option<String> {
    let (ids, trees) = (numbers(node, b"nodes_nodeids"), numbers(node, b"nodes_treeids"));
    let tree = |at: usize| trees.get(at).copied().unwrap_or_default();
    let known: HashSet<(i64, i64)> = ids.iter().enumerate().map(|(at, &id)| (tree(at), id)).collect();
    let leaf = leaves(node);
    for name in ["nodes_truenodeids", "nodes_falsenodeids"] {
        let children = numbers(node, name.as_bytes());
        if children.len() != ids.len() {
            return Some(format!("`{name}` has {} numbers for {} nodes", children.len(), ids.len()));
        }
        let inner = children.iter().enumerate().filter(|(at, _)| !leaf.get(*at).copied().unwrap_or_default());
        let lost = |(at, child): &(usize, &i64)| !known.contains(&(tree(*at), **child));
        if let Some((at, child)) = inner.into_iter().find(lost) {
            return Some(format!(
                "a branch of node {at} leads to node {child} of its tree, which is not there"
            ));
        }
    }
    let targets = [("class_treeids", "class_nodeids"), ("target_treeids", "target_nodeids")];
    for (of, name) in targets {
        let trees = numbers(node, of.as_bytes());
        let weights = numbers(node, name.as_bytes()).into_iter().enumerate();
        let lost =
            |(at, id): &(usize, i64)| !known.contains(&(trees.get(*at).copied().unwrap_or_default(), *id));
        if let Some((_, id)) = weights.into_iter().find(lost) {
            return Some(format!("`{name}` has node {id}, which is not there"));
        }
    }
    None
}

/// Nodes and leaves that are numbered from 0.
fn flat(node: Node<'_>) -> Option<String> {
    let (features, targets) =
        (numbers(node, b"nodes_featureids").len(), numbers(node, b"leaf_targetids").len());
    let within = |number: i64, most: usize| usize::try_from(number).is_ok_and(|number| number < most);
    for (name, is_leaf) in
        [("nodes_truenodeids", "nodes_trueleafs"), ("nodes_falsenodeids", "nodes_falseleafs")]
    {
        let leaf = numbers(node, is_leaf.as_bytes());
        for (at, child) in numbers(node, name.as_bytes()).into_iter().enumerate() {
            let most = if leaf.get(at).is_some_and(|&leaf| leaf != 0) { targets } else { features };
            if !within(child, most) {
                return Some(format!("a branch of node {at} leads to {child}, and there are {most}"));
            }
        }
    }
    let roots = numbers(node, b"tree_roots").into_iter();
    let root = roots.into_iter().find(|&root| !within(root, features))?;
    Some(format!("a tree begins at node {root}, and there are {features}"))
}
