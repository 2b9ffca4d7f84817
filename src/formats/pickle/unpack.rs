//! Encodings and compressions that streams hide bytes and names in, undone within bounds.

use std::io::Read as _;

use super::{machine::Machine, numbers};
use crate::bytes::wide;

/// Bytes that a result may have.
pub(super) const LARGEST: usize = 16 << 20;

/// Undoes an encoding or a compression.
pub(super) fn unpacked(m: &Machine<'_>, how: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match how {
        "base64" => base64(bytes, [b'+', b'/'], [b'+', b'/']),
        "base64-urlsafe" => base64(bytes, [b'+', b'/'], [b'-', b'_']),
        "base32" => radix(bytes, 5, |byte| match byte {
            b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
            b'2'..=b'7' => Some(byte.wrapping_sub(b'2').wrapping_add(26)),
            _ => None,
        }),
        "base16" => {
            radix(bytes, 4, |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        }
        "base85" => base85(bytes, base85_digit),
        "ascii85" => base85(bytes, |byte| usize::from(byte).checked_sub(33).filter(|&digit| digit < 85)),
        "xz" => inflated(m, lzma_rust2::XzReader::new(bytes, true)),
        "lzma" => inflated(m, lzma_rust2::LzmaReader::new_mem_limit(bytes, MEMORY, None).ok()?),
        "zlib" => inflated(m, flate2::read::ZlibDecoder::new(bytes)),
        "gzip" => inflated(m, flate2::read::MultiGzDecoder::new(bytes)),
        "bzip2" => inflated(m, bzip2::read::MultiBzDecoder::new(bytes)),
        _ => None,
    }
}

/// Kibibytes that a decoder may take.
const MEMORY: u32 = 1 << 16;

/// Units of work that it takes to begin unpacking.
const OPENING: u64 = 1 << 12;

fn inflated(m: &Machine<'_>, decoder: impl std::io::Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    // Paid for before it is unpacked: what a spent budget refuses costs no time.
    m.budget.spend(OPENING).ok()?;
    let most = wide(LARGEST).saturating_add(1).min(m.budget.steps_left());
    // What a broken stream gave before it broke is still worth reading.
    let _broken = decoder.take(most).read_to_end(&mut out);
    m.budget.unpack(wide(out.len()), 16).ok()?;
    (!out.is_empty() && out.len() <= LARGEST).then_some(out)
}

/// `binascii.a2b_base64`: other characters are skipped; padding ends it only where it can stand. The last two
/// digits may be spelled in two ways.
fn base64(text: &[u8], last: [u8; 2], other: [u8; 2]) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        _ if byte == last[0] || byte == other[0] => Some(62),
        _ if byte == last[1] || byte == other[1] => Some(63),
        _ => None,
    };
    let (mut digits, mut pads) = (Vec::with_capacity(text.len()), 0_usize);
    for &byte in text {
        let place = digits.len() % 4;
        if byte == b'=' {
            pads = pads.saturating_add(usize::from(place >= 2));
            if place >= 2 && place.saturating_add(pads) >= 4 {
                break;
            }
        } else if digit(byte).is_some() {
            digits.push(byte);
            pads = 0;
        }
    }
    radix(&digits, 6, digit)
}

/// Digits of so many bits each, most significant first; other characters are skipped.
fn radix(text: &[u8], bits: u32, digit: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut have) = (0_u32, 0_u32);
    for value in text.iter().filter_map(|&byte| digit(byte)) {
        held = (held << bits | u32::from(value)) & 0xffff;
        have = have.wrapping_add(bits);
        if have >= 8 {
            have = have.wrapping_sub(8);
            out.push(u8::try_from(held.checked_shr(have)? & 0xff).ok()?);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The digits of `base64.b85decode`.
const BASE85: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

pub(super) fn base85_digit(byte: u8) -> Option<usize> {
    BASE85.iter().position(|&one| one == byte)
}

/// Five digits of base 85 for four bytes, the last group cut as it was padded.
fn base85(text: &[u8], digit: impl Fn(u8) -> Option<usize>) -> Option<Vec<u8>> {
    let digits: Option<Vec<usize>> =
        text.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|&byte| digit(byte)).collect();
    let digits = digits?;
    let mut out = Vec::with_capacity(digits.len());
    for group in digits.chunks(5) {
        let padded = group.iter().copied().chain(std::iter::repeat(84)).take(5);
        let value = padded.fold(0_u64, |value, digit| value.wrapping_mul(85).wrapping_add(wide(digit)));
        let bytes = u32::try_from(value).ok()?.to_be_bytes();
        out.extend_from_slice(bytes.get(..group.len().saturating_sub(1))?);
    }
    Some(out)
}

/// Undoes percent-encoding, if UTF-8 comes out.
pub(super) fn percent(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let code = after.get(..2).filter(|hex| *byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(out).ok().map(String::into_bytes)
}

/// A string literal of Python without prefix and escapes.
pub(super) fn literal(text: &[u8]) -> Option<Vec<u8>> {
    let (quote, body) = match text.trim_ascii() {
        [b'\'', body @ .., b'\''] => (b'\'', body),
        [b'"', body @ .., b'"'] => (b'"', body),
        _ => return None,
    };
    let plain = body.is_ascii() && !body.iter().any(|&byte| byte == quote || byte == b'\\' || byte < b' ');
    plain.then(|| body.to_vec())
}

/// Text that bytes are in a codec.
pub(super) fn decode(bytes: &[u8], codec: &str) -> Option<Vec<u8>> {
    match codec {
        "utf-8" | "utf8" | "u8" => Some(std::str::from_utf8(bytes).ok()?.as_bytes().to_vec()),
        "ascii" | "us-ascii" => bytes.is_ascii().then(|| bytes.to_vec()),
        "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" | "l1" => Some(numbers::latin1(bytes)),
        "utf-16-le" | "utf-16le" => {
            let units =
                bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |n, &b| n << 8 | u16::from(b)));
            Some(String::from_utf16(&units.collect::<Vec<u16>>()).ok()?.into_bytes())
        }
        "unicode-escape" if !bytes.windows(2).any(|two| matches!(two, br"\u" | br"\U" | br"\N")) => {
            Some(numbers::latin1(&numbers::quoted(&[b"'", bytes, b"'"].concat())?))
        }
        "raw-unicode-escape" => numbers::raw_unicode_escape(bytes),
        _ => None,
    }
}

pub(super) fn rot13(byte: u8) -> u8 {
    let turn = |first: u8| byte.wrapping_sub(first).wrapping_add(13).wrapping_rem(26).wrapping_add(first);
    match byte {
        b'a'..=b'z' => turn(b'a'),
        b'A'..=b'Z' => turn(b'A'),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_bytes() {
        let digit = |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        assert_eq!(radix(b"6f73", 4, digit).as_deref(), Some(&b"os"[..]));
        assert_eq!(rot13(b'b'), b'o');
    }

    #[test]
    fn base64_skips_what_python_skips() {
        let decoded = |text| base64(text, [b'+', b'/'], [b'+', b'/']);
        assert_eq!(decoded(b"b=3-M_=").as_deref(), Some(&b"os"[..]));
        assert_eq!(decoded(b"b3M=b3M=").as_deref(), Some(&b"os"[..]));
        assert_eq!(base64(b"-_-_", [b'+', b'/'], [b'-', b'_']).as_deref(), Some(&[0xfb, 0xff, 0xbf][..]));
    }

    #[test]
    fn only_two_hex_digits_are_a_percent_code() {
        assert_eq!(percent(b"%6fs%+1%").as_deref(), Some(&b"os%+1%"[..]));
        assert_eq!(percent(b"%ff"), None);
        assert_eq!(decode(br"\u006fs", "unicode-escape"), None);
    }
}
