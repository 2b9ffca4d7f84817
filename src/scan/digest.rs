//! Digests by which stores name what they keep: SHA-256, and the SHA-1 of a Git blob.

use std::fmt::Write as _;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of the bytes, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The name that Git gives to a file: the SHA-1 of `blob`, its length, a zero, and its bytes, in hex.
pub(super) fn git_blob(bytes: &[u8]) -> String {
    let head = format!("blob {}\0", bytes.len());
    hex(&Sha1::new().chain_update(head).chain_update(bytes).finalize())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_name_that_git_gives_it() {
        for (bytes, name) in [
            (Vec::new(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            (b"hello\n".to_vec(), "ce013625030ba8dba906f756967f9e9ca394464a"),
            (vec![b'a'; 1000], "a50be72b20f0e3f078d252e8e56b11b4bec67509"),
        ] {
            assert_eq!(git_blob(&bytes), name);
        }
    }
}
