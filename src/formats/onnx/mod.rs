//! ONNX: a graph of operations and its tensors, as one protobuf message (`onnx/onnx.proto`, `ModelProto`).
//!
//! The whole structure is walked: graphs, the graphs in attributes, functions, training information, sparse
//! tensors. Stated are operations from outside the standard domains (each needs code that is not in the
//! file), files that tensors refer to, tensors whose data are twofold or not as many as their shape says,
//! initializers of one name, fields that the schema does not know, and what a graph computes where that alone
//! does harm. Data of large tensors are not read.
//! Whether the files that are referred to exist is not looked at here. A single `TensorProto` in a file of
//! its own is not claimed.

mod compute;
mod external;
mod logic;
mod operators;
mod probe;
mod schema;
mod tensor;
mod tree;
mod value;
mod walk;

use crate::{
    bytes::{Bytes, Span},
    facts::Fault,
    formats::{About, Emit, Format, Level, Place, Sure},
};

/// The format.
pub(super) struct Onnx;

static ABOUT: About = About {
    name: "onnx",
    title: "ONNX",
    level: Level::Content,
    refines: &[],
    extensions: &["onnx", "pb"],
    model: true,
};

impl Format for Onnx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, place: &Place) -> Sure {
        probe::probe(input, place.name().extension() == "onnx")
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let (strange, result) = walk::Walk::new(input, out).model();
        // What goes before a fault belongs to the model only as far as its schema knows it.
        let end = result
            .as_ref()
            .map_or_else(|fault| strange.map_or(fault.at, |at| at.min(fault.at)), |()| input.size());
        out.covered(Span::between(0, end));
        result
    }
}

#[cfg(test)]
mod tests;
