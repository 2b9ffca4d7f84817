//! How text is spelled in bytes, and which bytes are not.

/// A way to spell text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8 and ASCII; also what came before Unicode: any bytes from 0x80 on, not more of them than others.
    Bytes,
    /// Two bytes for a unit, behind a mark.
    Utf16 {
        /// Whether the high byte comes first.
        big: bool,
    },
    /// Four bytes for a character, behind a mark.
    Utf32 {
        /// Whether the high byte comes first.
        big: bool,
    },
}

impl Encoding {
    /// The encoding that the head speaks for; nothing for no bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [] => None,
            [0xff, 0xfe, 0, 0, ..] => Some(Self::Utf32 { big: false }),
            [0, 0, 0xfe, 0xff, ..] => Some(Self::Utf32 { big: true }),
            [0xff, 0xfe, ..] => Some(Self::Utf16 { big: false }),
            [0xfe, 0xff, ..] => Some(Self::Utf16 { big: true }),
            _ => Some(Self::Bytes),
        }
    }

    /// Offset of the first byte of `part` that is no text. `whole` says whether the part begins with the
    /// first byte of the text, and ends with the last; `at` is its offset.
    pub(super) fn bad(self, part: &[u8], whole: (bool, bool), at: u64) -> Option<usize> {
        match self {
            Self::Bytes => bytes(part, whole),
            Self::Utf16 { big } => {
                let skip = usize::from(at & 1 == 1);
                let units = part.get(skip..).unwrap_or_default();
                let found = units.chunks_exact(2).position(|pair| match (pair, big) {
                    (&[high, low], true) | (&[low, high], false) => high == 0 && control(low),
                    _ => false,
                });
                found.map(|unit| unit.saturating_mul(2).saturating_add(skip))
            }
            Self::Utf32 { big } => {
                let skip = part.len().min(usize::try_from(at.wrapping_neg() & 3).unwrap_or_default());
                let units = part.get(skip..).unwrap_or_default();
                let found = units.chunks_exact(4).position(|four| {
                    let Some(&four) = four.first_chunk::<4>() else { return true };
                    let code = if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
                    char::from_u32(code).is_none() || u8::try_from(code).is_ok_and(control)
                });
                found.map(|unit| unit.saturating_mul(4).saturating_add(skip))
            }
        }
    }
}

/// Control characters that text has no use for; tab, the line ends, form feed, backspace (manual pages),
/// bell and escape (terminal logs), and the end mark of DOS are not among them.
const fn control(byte: u8) -> bool {
    matches!(byte, 0..=6 | 0x0e..=0x19 | 0x1c..=0x1f | 0x7f)
}

/// UTF-8 of some size may have a stray control, as in sources that spell them out; never NUL.
fn stray(part: &[u8]) -> bool {
    let controls = part.iter().filter(|&&byte| control(byte)).count();
    controls <= part.len() >> 8 && memchr::memchr(0, part).is_none()
}

fn bytes(part: &[u8], (first, last): (bool, bool)) -> Option<usize> {
    let cut = if first { 0 } else { part.iter().take(3).take_while(|&&b| b & 0xc0 == 0x80).count() };
    let text = part.get(cut..).unwrap_or_default();
    let valid = match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_some() || last => Some(error.valid_up_to()),
        _ => None,
    };
    let few = || part.iter().filter(|&&byte| byte >= 0x80).count() <= part.len() >> 1;
    let wrong = valid.filter(|_| !few());
    let control =
        if valid.is_none() && stray(part) { None } else { text.iter().position(|&byte| control(byte)) };
    let found = [wrong, control].into_iter().flatten().min();
    found.map(|at| at.saturating_add(cut))
}
