//! Digests by which stores name what they keep: SHA-256, and the SHA-1 of a Git blob.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Bytes of a block of SHA-1.
const BLOCK: usize = 64;

/// The SHA-256 of the bytes, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The name that Git gives to a file: the SHA-1 of `blob`, its length, a zero, and its bytes, in hex.
pub(super) fn git_blob(bytes: &[u8]) -> String {
    let head = format!("blob {}\0", bytes.len());
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let split = bytes.len().min(BLOCK.saturating_sub(head.len()));
    let (first, rest) = bytes.split_at_checked(split).unwrap_or((bytes, &[]));
    let first = [head.as_bytes(), first].concat();
    let blocks = rest.chunks_exact(BLOCK);
    let whole = first.len() == BLOCK;
    let mut last = if whole { Vec::new() } else { first.clone() };
    if whole {
        state = mixed(state, &first);
        last.extend_from_slice(blocks.remainder());
        state = blocks.fold(state, mixed);
    }
    let bits = crate::bytes::wide(head.len().saturating_add(bytes.len())).wrapping_mul(8);
    last.push(0x80);
    while last.len() & (BLOCK - 1) != BLOCK - 8 {
        last.push(0);
    }
    last.extend(bits.to_be_bytes());
    state = last.chunks(BLOCK).fold(state, mixed);
    hex(&state.map(u32::to_be_bytes).concat())
}

/// The state after a block (RFC 3174, method 2).
fn mixed(state: [u32; 5], block: &[u8]) -> [u32; 5] {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
    }
    let [mut a, mut b, mut c, mut d, mut e] = state;
    for round in 0..80_u32 {
        let (f, k) = match round {
            0..20 => (b & c | !b & d, 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let [w0, _, w2, _, _, _, _, _, w8, _, _, _, _, w13, _, _] = words;
        let sum = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(w0);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
        words.rotate_left(1);
        if let Some(last) = words.last_mut() {
            *last = (w13 ^ w8 ^ w2 ^ w0).rotate_left(1);
        }
    }
    let [s0, s1, s2, s3, s4] = state;
    [s0.wrapping_add(a), s1.wrapping_add(b), s2.wrapping_add(c), s3.wrapping_add(d), s4.wrapping_add(e)]
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
            (vec![b'a'; 56], "1f973e890f52da1f22fa7e5620a628bc4ee74cb3"),
            (vec![b'a'; 57], "d28c6cde5a5ab0b138bd53a288c23e8c011c4171"),
            (vec![b'a'; 1000], "a50be72b20f0e3f078d252e8e56b11b4bec67509"),
        ] {
            assert_eq!(git_blob(&bytes), name);
        }
    }
}
