//! Floor 1: encodings that formats share, with no knowledge of models.

pub mod bytecode;
pub mod inflate;
pub mod json;
pub mod marshal;
pub mod path;
pub mod protobuf;
pub mod python;
pub mod same_file;
pub mod sevenz;
pub mod stream;
pub mod tar;
mod wrong;
pub mod zip;

pub use wrong::{Why, Wrong};
