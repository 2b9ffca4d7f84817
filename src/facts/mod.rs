//! Floor 1: what a parser can say about bytes. Facts carry no opinion.

mod gap;
mod table;
mod value;

pub use gap::{Fault, Gap, GapCode};
pub use table::{
    Anomaly, Arg, Call, Code, Cost, Entry, GapFact, Import, KINDS, Kind, Layer, Member, Metadata, Mutation,
    Operator, Reference, Said, Storage, Stream, Tensor, Text, Use,
};
pub use value::{Fields, Value};

use crate::bytes::Span;

/// One thing that bytes say, and where.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Where it stands in its artifact.
    pub span: Span,
    /// Offset of the root event that it belongs to: facts of one attack share it.
    pub chain: u64,
    /// How often it was said; the span and chain are those of the first time.
    pub count: u64,
    /// What is said.
    pub said: Said,
}
