//! Floor 1: encodings that formats share, with no knowledge of models.

pub mod path;
pub mod stream;
pub mod tar;
