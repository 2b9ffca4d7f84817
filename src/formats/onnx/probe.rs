//! Whether bytes are a model: ONNX has no magic, so its structure decides.

use super::schema::{GRAPH, MODEL, Message, NODE, OPSET};
use crate::{
    bytes::{Cursor, index},
    formats::Sure,
    wire::{
        Why,
        protobuf::{Field, Fields, Value, varint},
    },
};

/// Fields of one message that are looked at.
const FIELDS: usize = 256;
/// Bytes of a text that are looked at.
const TEXT: usize = 256;
/// An IR version is smaller.
const VERSION: u64 = 10_000;

/// How much of a graph was seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Graph {
    /// Nothing that contradicts one.
    Empty,
    /// Tensors, inputs or outputs.
    Values,
    /// A node with the type of its operation.
    Node,
}

/// How sure it is that `input` is a model.
pub(super) fn probe(input: &[u8]) -> Sure {
    let mut fields = Fields::new(input, 0);
    let (mut version, mut opset, mut strange, mut graph) = (false, false, false, None);
    for _ in 0..FIELDS {
        let field = match fields.field() {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => {
                strange = true;
                graph = graph.max(cut_short(input.get(index(fields.at())..).unwrap_or_default()));
                break;
            }
        };
        match (field.number, field.value) {
            (1, Value::Varint(1..VERSION)) => version = true,
            (2 | 3 | 4 | 6, Value::Len(text)) if is_text(text) => {}
            (7, Value::Len(bytes)) => match graph_like(bytes) {
                Some(found) => graph = graph.max(Some(found)),
                None => return Sure::No,
            },
            (8, Value::Len(bytes)) if follows(bytes, &OPSET).is_some() => opset = true,
            (1 | 2 | 3 | 4 | 6 | 8, _) => return Sure::No,
            _ => strange |= MODEL.rule(field.number, field.value).is_none(),
        }
    }
    match graph {
        Some(Graph::Node) if version || opset || !strange => Sure::Yes,
        Some(Graph::Values) if version && opset => Sure::Yes,
        Some(Graph::Node | Graph::Values) => Sure::Maybe,
        _ if version || opset => Sure::Maybe,
        _ => Sure::No,
    }
}

/// Looks at a graph that is longer than what is there.
fn cut_short(rest: &[u8]) -> Option<Graph> {
    let mut cursor = Cursor::new(rest);
    let key = varint(&mut cursor).ok()?;
    varint(&mut cursor).ok().filter(|_| key == 0x3a)?;
    graph_like(cursor.rest())
}

/// What of a graph these bytes hold; nothing if they contradict one.
fn graph_like(bytes: &[u8]) -> Option<Graph> {
    let mut seen = Graph::Empty;
    let mut fields = Fields::new(bytes, 0);
    for _ in 0..FIELDS {
        let field = match fields.field() {
            Ok(Some(field)) => field,
            Err(wrong) if wrong.why == Why::Malformed => return None,
            _ => break,
        };
        GRAPH.rule(field.number, field.value)?;
        match field.value {
            Value::Len(node) if field.number == 1 => {
                let parts = follows(node, &NODE)?;
                let typed = parts
                    .iter()
                    .any(|part| matches!(part.value, Value::Len(name) if part.number == 4 && is_word(name)));
                return typed.then_some(Graph::Node);
            }
            Value::Len(text) if matches!(field.number, 2 | 10) && !is_text(text) => return None,
            Value::Len(_) if matches!(field.number, 5 | 11 | 12) => seen = Graph::Values,
            _ => {}
        }
    }
    Some(seen)
}

/// The first fields of a message, if they are ones that it may have.
fn follows<'a>(bytes: &'a [u8], message: &Message) -> Option<Vec<Field<'a>>> {
    let mut fields = Fields::new(bytes, 0);
    let mut found = Vec::new();
    while let (Ok(Some(field)), true) = (fields.field(), found.len() < FIELDS) {
        message.rule(field.number, field.value)?;
        found.push(field);
    }
    Some(found)
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().take(TEXT).all(|&byte| byte >= b' ' || matches!(byte, b'\n' | b'\r' | b'\t'))
}

fn is_word(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() <= TEXT && bytes.iter().all(u8::is_ascii_graphic)
}
