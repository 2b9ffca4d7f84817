//! Bytes as they come out of a decoder: in memory first, then in a temporary file without a name.

use std::{
    fs::File,
    io::{self, Seek as _, Write as _},
};

use super::{Bytes, wide};

/// Bytes that are kept in memory; more go into a file.
const IN_MEMORY: u64 = 32 << 20;

/// Collects bytes.
#[derive(Debug, Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Spool {
    /// Number of bytes so far.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes so far, unless they have gone into a file.
    #[must_use]
    pub fn memory(&self) -> &[u8] {
        &self.memory
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len = self.len.saturating_add(wide(bytes.len()));
        if self.file.is_none() && self.len <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        self.spill()?.write_all(bytes)
    }

    /// The bytes, followed by so many that are not known and that nobody is to look at: they take no room.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn finish_with(mut self, unknown: u64) -> io::Result<Bytes> {
        let len = self.len.checked_add(unknown).ok_or(io::ErrorKind::InvalidInput)?;
        self.spill()?.set_len(len)?;
        self.finish()
    }

    /// The bytes.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn finish(self) -> io::Result<Bytes> {
        let Some(mut file) = self.file else { return Ok(Bytes::computed(self.memory)) };
        file.rewind()?;
        Bytes::spilled(&file)
    }

    /// The file, with all that was in memory.
    fn spill(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut file = tempfile::tempfile()?;
                file.write_all(&std::mem::take(&mut self.memory))?;
                file
            }
        };
        Ok(self.file.insert(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_comes_back_from_memory_or_from_a_file() {
        let mut spool = Spool::default();
        let part = vec![7; 20 << 20];
        spool.write(&part).unwrap();
        assert_eq!((spool.len(), spool.memory().len()), (20 << 20, 20 << 20));
        spool.write(&part).unwrap();
        assert_eq!((spool.len(), spool.memory().len()), (40 << 20, 0));
        let bytes = spool.finish().unwrap();
        assert_eq!((bytes.size(), bytes.iter().all(|&byte| byte == 7)), (40 << 20, true));
    }

    #[test]
    fn what_is_not_known_has_a_size() {
        let mut spool = Spool::default();
        spool.write(b"head").unwrap();
        let bytes = spool.finish_with(16 << 30).unwrap();
        assert_eq!((bytes.size(), bytes.starts_with(b"head\0")), ((16 << 30) + 4, true));
    }
}
