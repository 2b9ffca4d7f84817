//! Whether bytes are a model: ONNX has no magic, so its structure decides.

use super::schema::{MODEL, Message, NODE, OPSET, TENSOR, VALUE};
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

/// How sure it is that `input` is a model. Fields that the schema does not know hide nothing from a
/// loader, and so nothing here.
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
            (2 | 3 | 4 | 6, Value::Len(text)) => strange |= !is_text(text),
            (7, Value::Len(bytes)) => graph = graph.max(graph_like(bytes)),
            (8, Value::Len(bytes)) => opset |= agrees(bytes, &OPSET).is_some(),
            _ => strange |= MODEL.rule(field.number, field.value).is_none(),
        }
    }
    match graph {
        Some(Graph::Node) if version || opset || !strange => Sure::Yes,
        Some(Graph::Values) if version && opset => Sure::Yes,
        Some(Graph::Node | Graph::Values) => Sure::Maybe,
        _ if (version || opset) && !strange => Sure::Maybe,
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

/// What of a graph these bytes hold; nothing if they are no message.
fn graph_like(bytes: &[u8]) -> Option<Graph> {
    let mut seen = Graph::Empty;
    let mut fields = Fields::new(bytes, 0);
    for _ in 0..FIELDS {
        let field = match fields.field() {
            Ok(Some(field)) => field,
            Err(wrong) if wrong.why == Why::Malformed => return None,
            _ => break,
        };
        let Value::Len(content) = field.value else { continue };
        let typed =
            |part: &Field<'_>| matches!(part.value, Value::Len(name) if part.number == 4 && is_word(name));
        match field.number {
            1 if agrees(content, &NODE).is_some_and(|parts| parts.iter().any(typed)) => {
                return Some(Graph::Node);
            }
            5 if agrees(content, &TENSOR).is_some() => seen = Graph::Values,
            11 | 12 if agrees(content, &VALUE).is_some() => seen = Graph::Values,
            _ => {}
        }
    }
    Some(seen)
}

/// The first fields of a message, if more of them are ones that it may have than are not.
fn agrees<'a>(bytes: &'a [u8], message: &Message) -> Option<Vec<Field<'a>>> {
    let mut fields = Fields::new(bytes, 0);
    let mut found = Vec::new();
    let mut unknown = 0_usize;
    while found.len().saturating_add(unknown) < FIELDS {
        match fields.field() {
            Ok(Some(field)) if message.rule(field.number, field.value).is_some() => found.push(field),
            Ok(Some(_)) => unknown = unknown.saturating_add(1),
            Err(wrong) if wrong.why == Why::Malformed => return None,
            _ => break,
        }
    }
    (found.len() > unknown).then_some(found)
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().take(TEXT).all(|&byte| byte >= b' ' || matches!(byte, b'\n' | b'\r' | b'\t'))
}

fn is_word(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() <= TEXT && bytes.iter().all(u8::is_ascii_graphic)
}
