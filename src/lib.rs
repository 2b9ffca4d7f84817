//! Tells what a machine-learning model file would do to the person who loads it.
//!
//! Nothing that is read is ever loaded, imported or run.

pub mod bytes;
pub mod facts;
pub mod findings;
#[doc(hidden)]
pub mod formats;
pub mod output;
pub mod rules;
pub mod scan;
#[doc(hidden)]
pub mod wire;

pub use scan::{Builder, Digest, Mapped, Progress, Scanner, Traced, TracedArtifact};
