//! Writing inputs: pickles opcode by opcode, and files of one pattern over and over.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

/// A pickle that is being written.
#[derive(Default)]
pub(super) struct Pickle {
    pub(super) bytes: Vec<u8>,
}

impl Pickle {
    /// Begins with PROTO.
    pub(super) fn new(protocol: u8) -> Self {
        Self { bytes: vec![0x80, protocol] }
    }

    /// Opcodes as they are.
    pub(super) fn raw(&mut self, opcodes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(opcodes);
        self
    }

    pub(super) fn global(&mut self, module: &str, name: &str) -> &mut Self {
        self.raw(format!("c{module}\n{name}\n").as_bytes())
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.raw(b"X").raw(&le32(text.len())).raw(text.as_bytes())
    }

    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.raw(b"J").raw(&le32(number))
    }

    pub(super) fn put(&mut self, slot: usize) -> &mut Self {
        self.raw(b"r").raw(&le32(slot))
    }

    pub(super) fn get(&mut self, slot: usize) -> &mut Self {
        self.raw(b"j").raw(&le32(slot))
    }
}

pub(super) fn le32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

pub(super) fn le64(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

/// Writes a head, then what `part` gives for 0, 1, 2, … until the file has `size` bytes, then a tail.
/// How many parts there are comes back.
pub(super) fn repeat(
    path: &Path,
    (head, tail): (&[u8], &[u8]),
    size: u64,
    mut part: impl FnMut(usize, &mut Vec<u8>),
) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(head)?;
    let (mut written, mut parts, mut buffer) = (0, 0, Vec::new());
    while written < size {
        buffer.clear();
        part(parts, &mut buffer);
        out.write_all(&buffer)?;
        written += u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        parts += 1;
    }
    out.write_all(tail)?;
    out.flush()?;
    u64::try_from(parts).map_err(io::Error::other)
}

/// Bytes that no compressor makes smaller and that no format claims.
pub(super) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
