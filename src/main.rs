//! Command line of mlscan.
fn main() {}
