//! Zip archives, larger and stranger than an ordinary writer makes them.

use std::{
    fs::File,
    io::{self, BufWriter, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use super::write::{le32, le64};

/// A zip archive that is being written, with members of 64-bit sizes.
pub(super) struct Archive {
    out: BufWriter<File>,
    at: u64,
    directory: Vec<u8>,
    members: u64,
}

/// What the directory says of one member.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    /// 0 for stored, 8 for deflated.
    pub(super) method: u8,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
}

impl Archive {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let out = BufWriter::new(File::create(path)?);
        Ok(Self { out, at: 0, directory: Vec::new(), members: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += u64::try_from(bytes.len()).unwrap_or(0);
        self.out.write_all(bytes)
    }

    /// A stored member.
    pub(super) fn stored(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let size = u64::try_from(bytes.len()).unwrap_or(0);
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        self.head(&Member { name, method: 0, crc: crc.sum(), packed: size, size })?;
        self.write(bytes)
    }

    /// A stored member of zeros that take no room on the disk.
    pub(super) fn zeros(&mut self, name: &str, size: u64, crc: u32) -> io::Result<()> {
        self.head(&Member { name, method: 0, crc, packed: size, size })?;
        self.at += size;
        self.out.seek(SeekFrom::Start(self.at)).map(|_| ())
    }

    /// The local header of a member, and its line in the directory.
    pub(super) fn head(&mut self, member: &Member<'_>) -> io::Result<()> {
        let at = self.at;
        let name = member.name.as_bytes();
        let sizes = [le64(member.size), le64(member.packed)].concat();
        let common = [
            &[45, 0, 0, 0, member.method, 0, 0, 0, 0x21, 0][..],
            &member.crc.to_le_bytes(),
            &[0xff; 8],
            &le16(name.len()),
        ];
        let common = common.concat();
        let local = [b"PK\x03\x04", &common[..], &[20, 0], name, &[1, 0, 16, 0], &sizes];
        self.write(&local.concat())?;
        let extra = [&[1, 0, 24, 0][..], &sizes, &le64(at)].concat();
        let central = [b"PK\x01\x02\x2d\x00", &common[..], &[28, 0], &[0; 10], &[0xff; 4], name, &extra];
        self.directory.extend(central.concat());
        self.members += 1;
        Ok(())
    }

    /// Bytes of a member whose head was written.
    pub(super) fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)
    }

    /// One more line in the directory for the last member, under another name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let (start, count) = (self.at, le64(self.members));
        let directory = std::mem::take(&mut self.directory);
        self.write(&directory)?;
        let end = self.at;
        let size = le64(end - start);
        let record =
            [b"PK\x06\x06", &le64(44)[..], &[45, 0, 45, 0], &[0; 8], &count, &count, &size, &le64(start)];
        let locator = [b"PK\x06\x07", &[0; 4][..], &le64(end), &le32(1)];
        let closing = [b"PK\x05\x06", &[0; 4][..], &[0xff; 12], &[0; 2]];
        self.write(&[record.concat(), locator.concat(), closing.concat()].concat())?;
        self.out.flush()
    }
}

fn le16(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}
