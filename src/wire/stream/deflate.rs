//! Deflate, bare, in zlib's wrapping (RFC 1950) and in gzip's (RFC 1952).

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Decode, Now, Start, Step, Wrong};
use crate::bytes::{Cursor, Name, Short, index, wide};

/// A bare deflate stream.
pub(super) fn raw() -> Box<dyn Decode> {
    Box::new(Wrapped { inner: Decompress::new(false), check: Check::None, inflated: false })
}

/// A zlib stream: two bytes of header, deflate, Adler-32 (big-endian).
pub(super) fn zlib(rest: &[u8]) -> Start {
    let Some(&[cmf, flags]) = rest.first_chunk::<2>() else { return Start::Short };
    if !zlib_header(cmf, flags) {
        return Start::Other;
    }
    let check = Check::Adler { a: 1, b: 0 };
    Start::Stream(Box::new(Wrapped { inner: Decompress::new(false), check, inflated: false }), 2)
}

/// Whether two bytes are a zlib header: method 8, a window of up to 32 KiB, no dictionary, FCHECK.
pub(super) fn zlib_header(cmf: u8, flags: u8) -> bool {
    let whole = u16::from_be_bytes([cmf, flags]);
    cmf & 0x0f == 8 && cmf >> 4 <= 7 && flags & 0x20 == 0 && whole.checked_rem(31) == Some(0)
}

/// A gzip member: header, deflate, CRC-32, length.
pub(super) fn gzip(rest: &[u8], first: bool) -> Start {
    // CPython's `_GzipReader` steps over zeros between and behind members.
    if !first && rest.first() == Some(&0) {
        let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
        let more = rest.get(zeros..).unwrap_or_default();
        let explained = more.is_empty() || more.starts_with(&[0x1f, 0x8b]);
        return if explained { Start::Skip(wide(zeros)) } else { Start::Other };
    }
    if !rest.starts_with(&[0x1f, 0x8b]) {
        return Start::Other;
    }
    match gzip_header(rest) {
        Ok(Some(header)) => {
            let check = Check::Crc(Crc::new());
            let decoder = Wrapped { inner: Decompress::new(false), check, inflated: false };
            Start::Stream(Box::new(decoder), header.len)
        }
        Ok(None) => Start::Wrong(Wrong::malformed("a gzip method other than 8")),
        Err(_) => Start::Short,
    }
}

/// What stands before the deflate stream of a gzip member.
///
/// | bytes | |
/// |---|---|
/// | 10 | `1f 8b`, method 8, flags, time, extra flags, system |
/// | 2 + n | extra field, if flag 4 |
/// | … 0 | file name, if flag 8 |
/// | … 0 | comment, if flag 16 |
/// | 2 | CRC of the header, if flag 2 |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GzipHeader {
    /// Number of bytes.
    pub len: u64,
    /// The file name, if there is one.
    pub name: Option<Name>,
    /// The comment, if there is one.
    pub comment: Option<Name>,
    /// Length of the extra field.
    pub extra: u64,
}

/// Reads the header of a gzip member; `None` if the magic or the method is another.
///
/// # Errors
/// [`Short`] if the input ends first.
pub fn gzip_header(bytes: &[u8]) -> Result<Option<GzipHeader>, Short> {
    let mut c = Cursor::new(bytes);
    let [id1, id2, method, flags] = c.array()?;
    if [id1, id2, method] != [0x1f, 0x8b, 8] {
        return Ok(None);
    }
    c.skip(6)?;
    let mut header = GzipHeader { len: 0, name: None, comment: None, extra: 0 };
    if flags & 4 != 0 {
        header.extra = u64::from(c.u16()?);
        c.skip(header.extra)?;
    }
    if flags & 8 != 0 {
        header.name = Some(Name::from(c.until(0)?));
    }
    if flags & 16 != 0 {
        header.comment = Some(Name::from(c.until(0)?));
    }
    if flags & 2 != 0 {
        c.skip(2)?;
    }
    header.len = c.at();
    Ok(Some(header))
}

/// The check behind the deflate stream.
enum Check {
    None,
    Adler { a: u32, b: u32 },
    Crc(Crc),
}

impl Check {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::Adler { a, b } => (*a, *b) = adler(*a, *b, bytes),
            Self::Crc(crc) => crc.update(bytes),
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Adler { .. } => 4,
            Self::Crc(_) => 8,
        }
    }

    fn holds(&self, trailer: &[u8]) -> bool {
        match self {
            Self::None => true,
            Self::Adler { a, b } => trailer == (b << 16 | a).to_be_bytes(),
            Self::Crc(crc) => {
                let (sum, len) = (crc.sum().to_le_bytes(), crc.amount().to_le_bytes());
                trailer.get(..4) == Some(&sum[..]) && trailer.get(4..) == Some(&len[..])
            }
        }
    }
}

/// Adler-32 goes on over `bytes`; 5552 is the most that fits before the sums must be reduced.
fn adler(mut a: u32, mut b: u32, bytes: &[u8]) -> (u32, u32) {
    for chunk in bytes.chunks(5552) {
        for &byte in chunk {
            a = a.wrapping_add(u32::from(byte));
            b = b.wrapping_add(a);
        }
        a = a.checked_rem(65521).unwrap_or(a);
        b = b.checked_rem(65521).unwrap_or(b);
    }
    (a, b)
}

struct Wrapped {
    inner: Decompress,
    check: Check,
    inflated: bool,
}

impl Decode for Wrapped {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        if self.inflated {
            return self.trailer(input);
        }
        let before = (self.inner.total_in(), self.inner.total_out());
        let result = self.inner.decompress(input, out, FlushDecompress::None);
        let took = index(self.inner.total_in().saturating_sub(before.0));
        let gave = index(self.inner.total_out().saturating_sub(before.1));
        self.check.update(out.get(..gave).unwrap_or_default());
        let now = match result {
            Ok(Status::StreamEnd) => {
                self.inflated = true;
                if gave == 0 {
                    let Step { took: trailer, now, .. } = self.trailer(input.get(took..).unwrap_or_default());
                    return Step { took: took.saturating_add(trailer), gave, now };
                }
                Now::More
            }
            Ok(Status::Ok | Status::BufError) => Now::More,
            Err(error) => Now::Wrong(Wrong::malformed(format!("the deflate stream is broken: {error}"))),
        };
        Step { took, gave, now }
    }
}

impl Wrapped {
    fn trailer(&self, input: &[u8]) -> Step {
        let len = self.check.len();
        match input.get(..len) {
            None => Step { took: 0, gave: 0, now: Now::More },
            Some(trailer) if self.check.holds(trailer) => Step { took: len, gave: 0, now: Now::Ended },
            Some(_) => {
                let wrong = Wrong::malformed("the check behind the deflate stream does not fit its content");
                Step { took: len, gave: 0, now: Now::Wrong(wrong) }
            }
        }
    }
}
