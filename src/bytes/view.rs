//! A shared view of bytes: a buffer, a mapped file, or a part of either.

use std::{
    fs::File,
    io::{self, Read as _},
    ops::Deref,
    sync::Arc,
};

use super::{Map, index, wide};

/// Files up to this size are read, larger ones mapped.
const READ_UP_TO: u64 = 16 << 20;

#[derive(Debug)]
enum Backing {
    Read(Vec<u8>),
    Mapped(Map),
}

/// Bytes that are cheap to clone and to cut.
#[derive(Clone, Debug)]
pub struct Bytes {
    backing: Arc<Backing>,
    start: usize,
    len: usize,
    file_offset: Option<u64>,
}

impl Bytes {
    /// Bytes that lie in no file: decompressed, decoded, computed.
    #[must_use]
    pub fn computed(bytes: Vec<u8>) -> Self {
        Self { len: bytes.len(), backing: Arc::new(Backing::Read(bytes)), start: 0, file_offset: None }
    }

    /// The bytes of a whole file that the caller has read.
    #[must_use]
    pub fn of_file(bytes: Vec<u8>) -> Self {
        Self { file_offset: Some(0), ..Self::computed(bytes) }
    }

    /// Reads a file of up to 16 MiB, maps a larger one.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(file: &mut File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        if size > READ_UP_TO {
            let map = Map::new(file)?;
            let len = map.as_slice().len();
            return Ok(Self { backing: Arc::new(Backing::Mapped(map)), start: 0, len, file_offset: Some(0) });
        }
        let mut bytes = Vec::with_capacity(index(size));
        file.take(READ_UP_TO).read_to_end(&mut bytes)?;
        Ok(Self::of_file(bytes))
    }

    /// Maps a temporary file that holds what was decompressed.
    ///
    /// # Errors
    /// What the system says.
    pub fn spilled(file: &File) -> io::Result<Self> {
        let map = Map::new(file)?;
        let len = map.as_slice().len();
        Ok(Self { backing: Arc::new(Backing::Mapped(map)), start: 0, len, file_offset: None })
    }

    /// A part; nothing if it does not lie within.
    #[must_use]
    pub fn slice(&self, start: u64, len: u64) -> Option<Self> {
        let end = start.checked_add(len)?;
        if end > wide(self.len) {
            return None;
        }
        Some(Self {
            backing: Arc::clone(&self.backing),
            start: self.start.checked_add(index(start))?,
            len: index(len),
            file_offset: self.file_offset.and_then(|offset| offset.checked_add(start)),
        })
    }

    /// The part from `start` to the end; empty if `start` lies behind it.
    #[must_use]
    pub fn from(&self, start: u64) -> Self {
        let start = start.min(self.size());
        self.slice(start, self.size().saturating_sub(start)).unwrap_or_else(|| Self::computed(Vec::new()))
    }

    /// Number of bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        wide(self.len)
    }

    /// Offset of the first byte in the file as it lies on disk; nothing if the bytes were computed.
    #[must_use]
    pub const fn file_offset(&self) -> Option<u64> {
        self.file_offset
    }

    /// Whether the file was found to have changed while it was mapped.
    #[must_use]
    pub fn changed(&self) -> bool {
        match &*self.backing {
            Backing::Read(_) => false,
            Backing::Mapped(map) => map.changed(),
        }
    }

    /// Reads them from the first on.
    #[must_use]
    pub const fn reader(self) -> Reader {
        Reader { bytes: self, at: 0 }
    }

    fn all(&self) -> &[u8] {
        match &*self.backing {
            Backing::Read(bytes) => bytes,
            Backing::Mapped(map) => map.as_slice(),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let end = self.start.saturating_add(self.len);
        self.all().get(self.start..end).unwrap_or_default()
    }
}

/// Bytes as a stream.
#[derive(Clone, Debug)]
pub struct Reader {
    bytes: Bytes,
    at: usize,
}

impl io::Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.read(out)?;
        self.at = self.at.saturating_add(len);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_part_knows_its_place_in_the_file() {
        let whole = Bytes::of_file((0..100).collect());
        let part = whole.slice(10, 50).unwrap().slice(5, 5).unwrap();
        assert_eq!(&part[..], [15, 16, 17, 18, 19]);
        assert_eq!(part.file_offset(), Some(15));
        assert!(whole.slice(90, 11).is_none());
        assert!(whole.slice(u64::MAX, 2).is_none());
        assert!(whole.from(200).is_empty());
        assert_eq!(Bytes::computed(vec![1]).slice(0, 1).unwrap().file_offset(), None);
    }
}
