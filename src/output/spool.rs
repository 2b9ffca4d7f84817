//! Text that waits until it may be written: in memory first, then in a file without a name.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write},
};

/// Bytes kept in memory.
const IN_MEMORY: usize = 8 << 20;

/// What was written, in order.
#[derive(Default)]
pub(super) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// Whether nothing was written.
    pub(super) const fn is_empty(&self) -> bool {
        self.memory.is_empty() && self.file.is_none()
    }

    /// Writes everything to `out`.
    pub(super) fn copy_to(mut self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.rewind()?;
            let mut chunk = vec![0; 64 << 10];
            loop {
                match file.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(len) => out.write_all(chunk.get(..len).unwrap_or_default())?,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        out.write_all(&self.memory)
    }

    /// Moves to the file what is in memory.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.memory.len() >= IN_MEMORY {
            self.spill()?;
        }
        self.memory.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_in_order() {
        let mut spool = Spool::default();
        assert!(spool.is_empty());
        let chunk: Vec<u8> = (0..1_000_003_u32).map(|number| number.to_le_bytes()[0]).collect();
        (0..20).for_each(|_| spool.write_all(&chunk).unwrap());
        assert!(spool.file.is_some() && !spool.is_empty());
        let mut out = Vec::new();
        spool.copy_to(&mut out).unwrap();
        assert!(out == chunk.repeat(20));
    }
}
