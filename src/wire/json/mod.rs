//! JSON as it lies in a file: offsets, order and duplicate keys are kept.
//!
//! [`Reader`] gives one token after the other and holds no more than a stack of brackets; [`Tree`] keeps all
//! tokens of a document in a flat list. Neither recurses. Beyond RFC 8259 they accept what Python's `json`
//! accepts (`json.decoder.JSONDecoder`): `NaN`, `Infinity`, `-Infinity`, lone surrogate escapes, duplicate keys.

mod reader;
mod text;
mod tree;

pub use reader::{Kind, Reader, Token};
pub use text::text;
pub use tree::{Node, Tree};
