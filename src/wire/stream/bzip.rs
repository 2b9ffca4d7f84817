//! bzip2: streams of blocks, each stream `BZh`, a level, blocks, an end mark and a CRC.

use bzip2::{Decompress, Status};

use super::{Decode, Now, Start, Step, Wrong};
use crate::bytes::index;

/// Whether the bytes begin as a stream: magic, level, then the magic of a block or of the end.
pub(super) fn looks(bytes: &[u8]) -> bool {
    let Some((&[b'B', b'Z', b'h', b'1'..=b'9'], after)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let block = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    let end = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
    after.starts_with(&block) || after.starts_with(&end)
}

/// What stands at the head of `rest`.
pub(super) fn start(rest: &[u8]) -> Start {
    match rest.get(..4) {
        Some([b'B', b'Z', b'h', b'1'..=b'9']) => Start::Stream(Box::new(Bzip2(Decompress::new(false))), 0),
        Some(_) => Start::Other,
        None if b"BZh".starts_with(rest.get(..3).unwrap_or(rest)) => Start::Short,
        None => Start::Other,
    }
}

struct Bzip2(Decompress);

impl Decode for Bzip2 {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        // The library counts the input in 32 bits.
        let input = input.get(..1 << 20).unwrap_or(input);
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.decompress(input, out);
        let took = index(self.0.total_in().saturating_sub(before.0));
        let gave = index(self.0.total_out().saturating_sub(before.1));
        let now = match result {
            Ok(Status::StreamEnd) => Now::Ended,
            Ok(_) => Now::More,
            Err(error) => Now::Wrong(Wrong::malformed(format!("the bzip2 stream is broken: {error}"))),
        };
        Step { took, gave, now }
    }
}
