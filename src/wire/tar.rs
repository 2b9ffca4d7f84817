//! Tar archives: v7, ustar, GNU and pax, as CPython's `tarfile` reads them.
//!
//! | bytes | of a header |
//! |---|---|
//! | 0 … 100 | name, ended by NUL if shorter |
//! | 100 … 108 | mode |
//! | 124 … 136 | size: octal digits, or base 256 behind a byte `80` |
//! | 148 … 156 | sum of all bytes of the header, these eight taken for spaces |
//! | 156 | type |
//! | 157 … 257 | where a link leads |
//! | 257 … 265 | `ustar` and a version |
//! | 345 … 500 | what goes before the name |
//!
//! Headers of type `L`, `K` (GNU), `x` and `X` (pax) change the one that follows; `g` changes all that follow.
//! The data fill blocks of 512 bytes. Two blocks of zeros end the archive; readers stop at the first.

mod pax;
mod sparse;

pub use sparse::{Run, Sparse};

use crate::{
    bytes::{Name, Span, index},
    wire::Wrong,
};

/// Size of a block.
const BLOCK: u64 = 512;
/// Headers that may change one member.
const CHANGES: u32 = 16;

/// One member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its headers, from the first that concerns it.
    pub headers: Span,
    /// Its data; they may end beyond the archive.
    pub data: Span,
    /// Its name.
    pub name: Name,
    /// Where a link leads.
    pub link: Name,
    /// The type byte.
    pub kind: u8,
    /// Permissions, with the set-uid bits.
    pub mode: u64,
    /// The file that the data stand for, if they leave out runs of zeros.
    pub sparse: Option<Sparse>,
    /// Another size of the data, by another of its headers.
    pub other_size: Option<u64>,
    /// What readers would see differently.
    pub doubts: Vec<&'static str>,
}

impl Entry {
    /// Whether it holds a file: also what has a type that nobody knows.
    #[must_use]
    pub fn is_file(&self) -> bool {
        !matches!(self.kind, b'1'..=b'6' | b'D' | b'V' | b'M' | b'N')
    }

    /// Whether it is a folder.
    #[must_use]
    pub const fn is_folder(&self) -> bool {
        matches!(self.kind, b'5' | b'D')
    }
}

/// Goes through the members of an archive.
#[derive(Debug)]
pub struct Entries<'a> {
    bytes: &'a [u8],
    at: u64,
    ended: bool,
    /// What global headers say of all members behind them.
    global: Changes,
}

/// What headers before a member say of it.
#[derive(Clone, Debug, Default)]
struct Changes {
    name: Option<Name>,
    link: Option<Name>,
    size: Option<u64>,
    sparse: sparse::Keys,
    doubts: Vec<&'static str>,
}

impl<'a> Entries<'a> {
    /// The members of the archive that begins with the first of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, ended: false, global: Changes::default() }
    }

    /// Offset behind what was read.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Whether the block of zeros was met that ends the archive.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// The next member.
    ///
    /// # Errors
    /// A [`Wrong`] where a header is cut short or is none; readers stop there, most without a word.
    pub fn entry(&mut self) -> Result<Option<Entry>, Wrong> {
        let start = self.at;
        let mut changes = Changes::default();
        for _ in 0..CHANGES {
            let Some(block) = self.block()? else {
                if self.at > start && !self.ended || changes.any() {
                    return Err(Wrong::ended(start, "the archive ends behind a header that needs another"));
                }
                return Ok(None);
            };
            let header =
                Header::read(block).ok_or_else(|| Wrong::malformed(self.at, "this is no tar header"))?;
            let here = self.at;
            self.at = here.saturating_add(BLOCK);
            match header.kind {
                b'L' | b'K' | b'x' | b'X' | b'g' => self.change(&header, &mut changes)?,
                _ => return self.member(start, header, changes).map(Some),
            }
        }
        Err(Wrong::malformed(start, "over 16 headers change one member"))
    }

    /// The header block here; nothing at the end.
    fn block(&mut self) -> Result<Option<&'a [u8; 512]>, Wrong> {
        let rest = self.bytes.get(index(self.at)..).unwrap_or_default();
        let Some(block) = rest.first_chunk::<512>() else {
            if rest.is_empty() {
                return Ok(None);
            }
            return Err(Wrong::ended(self.at, "a tar header is cut short"));
        };
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(block))
    }

    /// The data of `size` bytes here, stepped over with their filling.
    fn data(&mut self, size: u64) -> Result<&'a [u8], Wrong> {
        let rest = self.bytes.get(index(self.at)..).unwrap_or_default();
        let data = rest.get(..index(size));
        let data = data.ok_or_else(|| Wrong::ended(self.at, "a tar header's data are cut short"))?;
        self.at = self.at.saturating_add(filled(size));
        Ok(data)
    }

    fn change(&mut self, header: &Header, changes: &mut Changes) -> Result<(), Wrong> {
        let at = self.at;
        let data = self.data(header.size)?;
        match header.kind {
            b'L' => changes.name(Name::from(until_nul(data))),
            b'K' => changes.link(Name::from(until_nul(data))),
            kind => {
                for (key, value) in pax::records(data, at)? {
                    match (kind, key) {
                        (b'g', b"path" | b"linkpath" | b"size") => self.global.replace(key, value),
                        (b'g', _) => {}
                        _ => changes.record(key, value),
                    }
                }
            }
        }
        Ok(())
    }

    fn member(&mut self, start: u64, header: Header, mut changes: Changes) -> Result<Entry, Wrong> {
        let mut doubts = std::mem::take(&mut changes.doubts);
        if self.global.any() {
            doubts.push("a global header gives a path or a size");
            changes.default_to(&self.global);
        }
        let old = if header.kind == b'S' { Some(self.old_sparse(&header)?) } else { None };
        let headers = Span::between(start, self.at);
        let size = changes.size.unwrap_or(header.size);
        if changes.size.is_some_and(|size| size != header.size && header.size != 0) {
            doubts.push("two headers give different sizes");
        }
        let kind =
            if header.kind == 0 && header.name.as_bytes().ends_with(b"/") { b'5' } else { header.kind };
        let mut entry = Entry {
            headers,
            data: Span::new(self.at, size),
            name: changes.name.unwrap_or(header.name),
            link: changes.link.unwrap_or(header.link),
            kind,
            mode: header.mode,
            sparse: None,
            other_size: Some(header.size).filter(|&other| other != size && other != 0),
            doubts,
        };
        if !entry.is_file() {
            // `tarfile` looks for the next header right behind such a member, others behind its data.
            if size > 0 && !entry.is_folder() {
                entry.doubts.push("a member that is no file has a size");
            }
            entry.data.len = 0;
        }
        self.at = self.at.saturating_add(filled(entry.data.len));
        let rest = self.bytes.get(index(entry.data.start)..).unwrap_or_default();
        let data = rest.get(..index(entry.data.len)).unwrap_or(rest);
        entry.sparse = old.or_else(|| changes.sparse.read(data));
        Ok(entry)
    }

    /// The map of an old GNU sparse member, which may go on in blocks behind its header.
    fn old_sparse(&mut self, header: &Header) -> Result<Sparse, Wrong> {
        let mut sparse = Sparse { size: header.real_size, ..Sparse::default() };
        sparse.runs(&header.runs);
        let mut more = header.extended;
        while more {
            let data = self.data(BLOCK)?;
            sparse.runs(data.get(..504).unwrap_or_default());
            more = data.get(504).is_some_and(|&byte| byte != 0);
        }
        Ok(sparse)
    }
}

impl Changes {
    const fn any(&self) -> bool {
        self.name.is_some() || self.link.is_some() || self.size.is_some()
    }

    /// Takes what others say where it says nothing itself.
    fn default_to(&mut self, others: &Self) {
        self.name = self.name.take().or_else(|| others.name.clone());
        self.link = self.link.take().or_else(|| others.link.clone());
        self.size = self.size.or(others.size);
    }

    /// Takes a record that counts in the place of an earlier one.
    fn replace(&mut self, key: &[u8], value: &[u8]) {
        let mut later = Self::default();
        later.record(key, value);
        later.default_to(self);
        *self = later;
    }

    /// The first header counts for `tarfile`, the last for others.
    fn name(&mut self, name: Name) {
        if self.name.as_ref().is_some_and(|known| *known != name) {
            self.doubts.push("two headers give different names");
        }
        self.name.get_or_insert(name);
    }

    fn link(&mut self, link: Name) {
        if self.link.as_ref().is_some_and(|known| *known != link) {
            self.doubts.push("two headers give different link targets");
        }
        self.link.get_or_insert(link);
    }

    fn record(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"path" | b"GNU.sparse.name" => self.name(Name::from(value)),
            b"linkpath" => self.link(Name::from(value)),
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
                match size {
                    Some(size) => self.size = Some(size),
                    None => self.doubts.push("a size that is no number"),
                }
            }
            _ => {}
        }
        if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
            self.sparse.record(key, value);
        }
    }
}

/// The fields of one header block.
struct Header {
    name: Name,
    link: Name,
    kind: u8,
    mode: u64,
    size: u64,
    extended: bool,
    /// Places and lengths of the first runs of an old sparse member.
    runs: Vec<u8>,
    real_size: u64,
}

impl Header {
    fn read(block: &[u8; 512]) -> Option<Self> {
        let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
        let sum = number(field(148, 156))?;
        if !sums(block).contains(&sum) {
            return None;
        }
        let kind = block.get(156).copied()?;
        let (name, prefix) = (until_nul(field(0, 100)), until_nul(field(345, 500)));
        let name = match (prefix, kind) {
            (b"", _) | (_, b'L' | b'K' | b'S') => Name::from(name),
            (prefix, _) => Name::from([prefix, b"/", name].concat()),
        };
        Some(Self {
            name,
            link: Name::from(until_nul(field(157, 257))),
            kind,
            mode: number(field(100, 108))?,
            size: number(field(124, 136))?,
            runs: if kind == b'S' { field(386, 482).to_vec() } else { Vec::new() },
            real_size: if kind == b'S' { number(field(483, 495))? } else { 0 },
            extended: block.get(482).is_some_and(|&byte| byte != 0),
        })
    }
}

/// Whether the first block is a header.
#[must_use]
pub fn looks(bytes: &[u8]) -> bool {
    let Some(block) = bytes.first_chunk::<512>() else { return false };
    let known = matches!(
        block.get(156),
        Some(0 | b'0'..=b'7' | b'x' | b'X' | b'g' | b'L' | b'K' | b'S' | b'D' | b'V')
    );
    (known || block.get(257..262) == Some(b"ustar")) && Header::read(block).is_some()
}

/// The sum of a header with unsigned bytes, and with signed ones as some writers had it.
fn sums(block: &[u8; 512]) -> [u64; 2] {
    let (mut plain, mut signed) = (256_u64, 256_i64);
    for (at, &byte) in block.iter().enumerate() {
        if !(148..156).contains(&at) {
            plain = plain.wrapping_add(u64::from(byte));
            signed = signed.wrapping_add(i64::from(byte.cast_signed()));
        }
    }
    [plain, u64::try_from(signed).unwrap_or(plain)]
}

/// A number as `tarfile.nti` reads it; a negative one is none.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((0x80, digits)) = field.split_first() {
        return digits.iter().try_fold(0_u64, |n, &byte| n.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let text = std::str::from_utf8(until_nul(field)).ok().filter(|text| text.is_ascii())?.trim();
    let digits = text.strip_prefix("0o").unwrap_or(text);
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(&digits.replace('_', ""), 8).ok()
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// `size` with the filling of its last block.
fn filled(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests;
