//! Raw deflate (RFC 1951), read from bytes that lie in a file.

use std::io::{self, ErrorKind, Read};

use flate2::{Decompress, FlushDecompress, Status};

use crate::bytes::{Bytes, index};

/// Bytes of input given to the decoder at once.
const STEP: usize = 64 << 10;

/// Inflates bytes and knows where the compressed stream ended.
///
/// Reading gives [`ErrorKind::UnexpectedEof`] if the input ends before the stream does, and
/// [`ErrorKind::InvalidData`] if it is no deflate; what came before is right in both cases.
#[derive(Debug)]
pub struct Inflate {
    input: Bytes,
    decoder: Decompress,
    ended: bool,
}

impl Inflate {
    /// A decoder at the first of `input`.
    #[must_use]
    pub fn new(input: Bytes) -> Self {
        Self { input, decoder: Decompress::new(false), ended: false }
    }

    /// Bytes of input that were needed so far.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.decoder.total_in()
    }
}

impl Read for Inflate {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while !self.ended {
            let at = index(self.decoder.total_in());
            let rest = self.input.get(at..).unwrap_or_default();
            let step = rest.get(..STEP).unwrap_or(rest);
            let (had_in, had_out) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self.decoder.decompress(step, out, FlushDecompress::None);
            self.ended = matches!(status, Ok(Status::StreamEnd));
            let given = index(self.decoder.total_out().saturating_sub(had_out));
            // What comes before a fault is given first; the decoder then fails again.
            if given > 0 {
                return Ok(given);
            }
            status.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            if !self.ended && self.decoder.total_in() == had_in {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::bytes::wide;

    fn deflated(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_end_of_the_stream_is_found() {
        let plain: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let packed = deflated(&plain);
        let mut padded = packed.clone();
        padded.extend_from_slice(b"more");
        let mut reader = Inflate::new(Bytes::computed(padded));
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        assert_eq!(out, plain);
        assert_eq!(reader.consumed(), wide(packed.len()));
    }

    #[test]
    fn what_comes_before_a_fault_is_given() {
        // A stored block of five bytes, then a block of a kind that there is none.
        let broken = b"\0\x05\0\xfa\xffhello\x07".to_vec();
        let mut out = Vec::new();
        let error = Inflate::new(Bytes::computed(broken)).read_to_end(&mut out).unwrap_err();
        assert_eq!((out.as_slice(), error.kind()), (&b"hello"[..], ErrorKind::InvalidData));
    }

    #[test]
    fn a_stream_that_ends_early_says_so_after_what_it_had() {
        let plain = b"one two three four five six seven eight nine ten".repeat(9);
        let packed = deflated(&plain);
        for cut in 0..packed.len() {
            let mut reader = Inflate::new(Bytes::computed(packed[..cut].to_vec()));
            let mut out = Vec::new();
            let error = reader.read_to_end(&mut out).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
            assert!(plain.starts_with(&out));
        }
    }
}
