//! Floor 1: encodings that formats share, with no knowledge of models.

pub mod inflate;
pub mod zip;
pub mod json;
pub mod protobuf;
pub mod python;
mod wrong;

pub use wrong::{Why, Wrong};
pub mod path;
pub mod stream;
pub mod tar;
