//! The records of a zip archive, each read by itself.

use crate::bytes::{Cursor, Span, wide};

pub(super) const LOCAL: &[u8; 4] = b"PK\x03\x04";
pub(super) const CENTRAL: &[u8; 4] = b"PK\x01\x02";
pub(super) const END: &[u8; 4] = b"PK\x05\x06";
pub(super) const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";

/// Bytes of an end record without its comment.
pub(super) const END_LEN: u64 = 22;
const END_64_LEN: u64 = 56;
const LOCATOR_LEN: u64 = 20;
/// Stands for "see the zip64 extra field".
const WIDE: u32 = u32::MAX;

/// Extra field: sizes and offset of 8 bytes.
const EXTRA_ZIP64: u16 = 0x0001;
/// Extra field: the name as UTF-8 (Info-ZIP).
const EXTRA_UNICODE: u16 = 0x7075;
/// Extra field: `PyTorch`'s padding, in local headers.
const EXTRA_PADDING: u16 = 0x4246;

/// A central record.
pub(super) struct Central<'a> {
    pub(super) span: Span,
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) disk: u16,
    pub(super) attributes: u32,
    pub(super) offset: u64,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
    pub(super) comment: &'a [u8],
}

impl<'a> Central<'a> {
    /// The record at `at`, if there is one.
    pub(super) fn read(bytes: &'a [u8], at: u64) -> Option<Self> {
        let c = &mut Cursor::at_offset(bytes, at);
        if c.at() != at || c.take(4).ok()? != CENTRAL {
            return None;
        }
        let made_by = c.u16().ok()?;
        c.skip(2).ok()?;
        let (flags, method) = (c.u16().ok()?, c.u16().ok()?);
        c.skip(4).ok()?;
        let crc = c.u32().ok()?;
        let (packed, size) = (c.u32().ok()?, c.u32().ok()?);
        let [name, extra, comment] = [c.u16().ok()?, c.u16().ok()?, c.u16().ok()?].map(u64::from);
        let disk = c.u16().ok()?;
        c.skip(2).ok()?;
        let (attributes, offset) = (c.u32().ok()?, c.u32().ok()?);
        let (name, extra, comment) = (c.take(name).ok()?, c.take(extra).ok()?, c.take(comment).ok()?);
        let span = c.since(at);
        let mut wide = Wide::find(extra);
        let (size, packed, offset) = (wide.next(size), wide.next(packed), wide.next(offset));
        Some(Self {
            span,
            made_by,
            flags,
            method,
            crc,
            packed,
            size,
            disk,
            attributes,
            offset,
            name,
            extra,
            comment,
        })
    }

    /// The Unix mode, if a Unix made it.
    pub(super) fn mode(&self) -> u32 {
        match self.made_by >> 8 {
            3 | 19 => self.attributes >> 16,
            _ => 0,
        }
    }
}

/// A local header.
pub(super) struct Local<'a> {
    /// Whether it begins with the signature.
    pub(super) signed: bool,
    pub(super) span: Span,
    pub(super) version: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
}

impl<'a> Local<'a> {
    /// The header at `at`, whether signed or not, if the file goes that far.
    pub(super) fn read(bytes: &'a [u8], at: u64) -> Option<Self> {
        let c = &mut Cursor::at_offset(bytes, at);
        if c.at() != at {
            return None;
        }
        let signed = c.take(4).ok()? == LOCAL;
        let (version, flags, method) = (c.u16().ok()?, c.u16().ok()?, c.u16().ok()?);
        c.skip(4).ok()?;
        let crc = c.u32().ok()?;
        let (packed, size) = (c.u32().ok()?, c.u32().ok()?);
        let (name, extra) = (c.u16().ok()?, c.u16().ok()?);
        let (name, extra) = (c.take(name.into()).ok()?, c.take(extra.into()).ok()?);
        let span = c.since(at);
        let mut wide = Wide::find(extra);
        let (size, packed) = (wide.next(size), wide.next(packed));
        Some(Self { signed, span, version, flags, method, crc, packed, size, name, extra })
    }
}

/// The blocks of an extra field, each with its id; what is no block comes last, without one.
pub(super) fn blocks(extra: &[u8]) -> impl Iterator<Item = (Option<u16>, &[u8])> {
    let mut rest = extra;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let c = &mut Cursor::new(rest);
        let block = c.u16().ok().and_then(|id| {
            let len = c.u16().ok()?;
            Some((Some(id), c.take(len.into()).ok()?))
        });
        match block {
            Some(block) => {
                rest = c.rest();
                Some(block)
            }
            None => Some((None, std::mem::take(&mut rest))),
        }
    })
}

/// The 8-byte values of a zip64 extra field, in order.
struct Wide<'a>(Option<Cursor<'a>>);

impl<'a> Wide<'a> {
    fn find(extra: &'a [u8]) -> Self {
        Self(blocks(extra).find(|(id, _)| *id == Some(EXTRA_ZIP64)).map(|(_, block)| Cursor::new(block)))
    }

    /// The value that `narrow` stands for.
    fn next(&mut self, narrow: u32) -> u64 {
        let wide = if narrow == WIDE { self.0.as_mut().and_then(|c| c.u64().ok()) } else { None };
        wide.unwrap_or_else(|| narrow.into())
    }
}

/// The Unicode path in an extra field, if it belongs to this name.
pub(super) fn unicode_path<'a>(extra: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (_, block) = blocks(extra).find(|(id, _)| *id == Some(EXTRA_UNICODE))?;
    let c = &mut Cursor::new(block);
    let (version, crc) = (c.u8().ok()?, c.u32().ok()?);
    let mut own = flate2::Crc::new();
    own.update(name);
    (version == 1 && own.sum() == crc).then_some(c.rest())
}

/// Extra bytes up to this number are nothing to speak of.
const SMALL_EXTRA: usize = 512;

/// Whether an extra field holds many bytes that no reader uses.
pub(super) fn hides_data(extra: &[u8]) -> bool {
    blocks(extra).any(|(id, block)| match id {
        Some(EXTRA_PADDING) => block.iter().any(|&byte| byte != b'Z' && byte != 0),
        Some(EXTRA_ZIP64) => block.len() > 28,
        // Office pads with zeros behind a signature.
        _ => block.len() > SMALL_EXTRA && block.iter().skip(8).any(|&byte| byte != 0),
    })
}

/// Whether a block of an extra field reaches behind its end, as `zipfile.ZipInfo._decodeExtra` asks.
pub(super) fn is_broken(extra: &[u8]) -> bool {
    blocks(extra).any(|(id, block)| id.is_none() && block.len() >= 4)
}

/// Whether bytes read as a line or page of text.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// The descriptor behind the data of a member.
pub(super) struct Descriptor {
    pub(super) span: Span,
    /// Whether it says what the directory says.
    pub(super) agrees: bool,
}

impl Descriptor {
    /// The descriptor at `at`: one that agrees with `expected` (CRC, packed, size), or a signed one that does not.
    pub(super) fn find(bytes: &[u8], at: u64, expected: (u32, u64, u64)) -> Option<Self> {
        let mut signed = false;
        for (signature, wide) in [(true, false), (true, true), (false, false), (false, true)] {
            let c = &mut Cursor::at_offset(bytes, at);
            if signature {
                signed = c.take(4).is_ok_and(|taken| taken == DESCRIPTOR);
                if !signed {
                    continue;
                }
            }
            if Self::values(c, wide) == Some(expected) {
                return Some(Self { span: c.since(at), agrees: true });
            }
        }
        let len = wide(bytes.len()).saturating_sub(at).min(16);
        signed.then(|| Self { span: Span::new(at, len), agrees: false })
    }

    fn values(c: &mut Cursor<'_>, wide: bool) -> Option<(u32, u64, u64)> {
        let crc = c.u32().ok()?;
        let mut number = || if wide { c.u64().ok() } else { c.u32().ok().map(u64::from) };
        Some((crc, number()?, number()?))
    }
}

/// Where one reading of an end record says that the directory is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) count: u64,
    /// Whether the count has 8 bytes.
    pub(super) zip64: bool,
    /// Where the directory ends if nothing lies between: at this record.
    pub(super) stop: u64,
}

/// An end record with all that belongs to it.
pub(super) struct End {
    /// The record without its comment.
    pub(super) span: Span,
    /// The comment, as far as the file goes.
    pub(super) comment: Span,
    /// Whether the file ends before the comment does.
    pub(super) cut: bool,
    /// Whether it is part of a set of several disks.
    pub(super) disks: bool,
    /// The zip64 record and its locator.
    pub(super) wide: Vec<Span>,
    /// Where the directory may be: what most loaders take comes first.
    pub(super) claims: Vec<Claim>,
}

impl End {
    /// The end record at `at`, if there is one.
    pub(super) fn read(bytes: &[u8], at: u64) -> Option<Self> {
        let c = &mut Cursor::at_offset(bytes, at);
        if c.at() != at || c.take(4).ok()? != END {
            return None;
        }
        let (disk, first) = (c.u16().ok()?, c.u16().ok()?);
        c.skip(2).ok()?;
        let (count, size, offset) = (c.u16().ok()?, c.u32().ok()?, c.u32().ok()?);
        let comment = u64::from(c.u16().ok()?);
        let span = c.since(at);
        let there = comment.min(wide(c.rest().len()));
        let disks = disk != first || !matches!(disk, 0 | 1 | u16::MAX);
        let mut end = Self {
            span,
            comment: Span::new(span.end(), there),
            cut: there < comment,
            disks,
            wide: Vec::new(),
            claims: Vec::new(),
        };
        // Who finds the zip64 record right before the locator measures from there.
        if !end.zip64(bytes, (size, offset)) {
            let [size, offset] = [size, offset].map(u64::from);
            end.claim(Claim { offset, size, count: count.into(), zip64: false, stop: at });
        }
        Some(end)
    }

    /// Reads the zip64 records that the locator before this record leads to; whether one is right before it.
    fn zip64(&mut self, bytes: &[u8], narrow: (u32, u32)) -> bool {
        let Some(locator) = self.span.start.checked_sub(LOCATOR_LEN) else { return false };
        let c = &mut Cursor::at_offset(bytes, locator);
        if c.take(4).ok() != Some(LOCATOR_64.as_slice()) || c.skip(4).is_err() {
            return false;
        }
        let Ok(named) = c.u64() else { return false };
        self.wide.push(Span::new(locator, LOCATOR_LEN));
        let adjacent = locator.checked_sub(END_64_LEN);
        for at in adjacent.into_iter().chain(Some(named).filter(|at| Some(*at) != adjacent)) {
            let Some((record, claim)) = end_64(bytes, at) else { continue };
            self.wide.push(record);
            self.claim(claim);
            self.claim(Claim {
                offset: if narrow.1 == WIDE { claim.offset } else { narrow.1.into() },
                size: if narrow.0 == WIDE { claim.size } else { narrow.0.into() },
                count: claim.count,
                zip64: true,
                stop: claim.stop,
            });
        }
        self.claims.iter().any(|claim| Some(claim.stop) == adjacent)
    }

    fn claim(&mut self, claim: Claim) {
        if !self.claims.contains(&claim) {
            self.claims.push(claim);
        }
    }
}

/// The zip64 end record at `at`, if there is one.
fn end_64(bytes: &[u8], at: u64) -> Option<(Span, Claim)> {
    let c = &mut Cursor::at_offset(bytes, at);
    if c.at() != at || c.take(4).ok()? != END_64 {
        return None;
    }
    let len = c.u64().ok()?;
    c.skip(20).ok()?;
    let (count, size, offset) = (c.u64().ok()?, c.u64().ok()?, c.u64().ok()?);
    let rest = wide(c.rest().len());
    let len = len.saturating_add(12).clamp(END_64_LEN, rest.saturating_add(END_64_LEN));
    // A record that claims more than its fixed part has "extensible data"; only little of that is believable.
    let len = if len > END_64_LEN.saturating_add(1024) { END_64_LEN } else { len };
    Some((Span::new(at, len), Claim { offset, size, count, zip64: true, stop: at }))
}
