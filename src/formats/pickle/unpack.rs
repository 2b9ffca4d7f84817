//! Encodings and compressions that streams hide bytes and names in, undone within bounds.

use std::io::Read as _;

use super::{machine::Machine, numbers, value::Kind};
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

/// Undoes percent-encoding.
pub(super) fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let code = after.get(..2).filter(|hex| *byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out
}

/// A string literal of Python, or of bytes, without escapes that name characters.
pub(super) fn literal(text: &[u8]) -> Option<(Kind, Vec<u8>)> {
    let (kind, text) = match text.trim_ascii() {
        [b'b' | b'B', text @ ..] => (Kind::Bytes, text),
        [b'u' | b'U', text @ ..] | text => (Kind::Str, text),
    };
    let (quote, body) = match text {
        [b'\'', body @ .., b'\''] => (b'\'', body),
        [b'"', body @ .., b'"'] => (b'"', body),
        _ => return None,
    };
    let mut escaped = false;
    for &byte in body {
        if (byte == quote && !escaped) || byte < b' ' || !byte.is_ascii() {
            return None;
        }
        escaped = byte == b'\\' && !escaped;
    }
    match (escaped, kind) {
        (true, _) => None,
        (_, Kind::Bytes) => numbers::quoted(text).map(|bytes| (kind, bytes)),
        _ => decode(body, "unicode-escape").map(|text| (kind, text)),
    }
}

/// Undoes what `html.escape` and its like do: numbers and the names of plain signs.
pub(super) fn html(text: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.iter().position(|&byte| byte == b'&') {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let end = after.iter().position(|&byte| byte == b';')?;
        let name = std::str::from_utf8(after.get(1..end)?).ok()?;
        let number = name.strip_prefix('#').map(|digits| match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        });
        let point = match (number, name) {
            (Some(number), _) => {
                number.ok().filter(|&point| (0x20..0x7f).contains(&point) || point > 0x9f)?
            }
            (None, _) => SIGNS.iter().find(|(known, _)| *known == name).map(|&(_, sign)| u32::from(sign))?,
        };
        out.extend_from_slice(char::from_u32(point)?.encode_utf8(&mut [0; 4]).as_bytes());
        rest = after.get(end.saturating_add(1)..)?;
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Names of signs in HTML.
const SIGNS: [(&str, char); 12] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("period", '.'),
    ("lowbar", '_'),
    ("colon", ':'),
    ("comma", ','),
    ("lpar", '('),
    ("rpar", ')'),
    ("sol", '/'),
];

/// Text that bytes are in a codec.
pub(super) fn decode(bytes: &[u8], codec: &str) -> Option<Vec<u8>> {
    match codec {
        "utf-8" | "utf8" | "u8" => Some(std::str::from_utf8(bytes).ok()?.as_bytes().to_vec()),
        "ascii" | "us-ascii" | "646" => bytes.is_ascii().then(|| bytes.to_vec()),
        "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" | "l1" => Some(numbers::latin1(bytes)),
        "utf-16" | "utf16" | "u16" => match bytes {
            [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes),
            [0xff, 0xfe, units @ ..] | units => utf16(units, u16::from_le_bytes),
        },
        "utf-16-le" | "utf-16le" => utf16(bytes, u16::from_le_bytes),
        "utf-16-be" | "utf-16be" => utf16(bytes, u16::from_be_bytes),
        "utf-32" | "utf32" | "u32" => match bytes {
            [0, 0, 0xfe, 0xff, points @ ..] => utf32(points, u32::from_be_bytes),
            [0xff, 0xfe, 0, 0, points @ ..] | points => utf32(points, u32::from_le_bytes),
        },
        "utf-32-le" | "utf-32le" => utf32(bytes, u32::from_le_bytes),
        "utf-32-be" | "utf-32be" => utf32(bytes, u32::from_be_bytes),
        "utf-8-sig" => decode(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), "utf-8"),
        // Of these only what they share with ASCII, or with Latin-1.
        "utf-7" | "utf7" | "u7" => (bytes.is_ascii() && !bytes.contains(&b'+')).then(|| bytes.to_vec()),
        "cp1252" | "windows-1252" | "1252" => {
            (!bytes.iter().any(|byte| (0x80..0xa0).contains(byte))).then(|| numbers::latin1(bytes))
        }
        "unicode-escape" => unicode_escape(bytes),
        "raw-unicode-escape" => numbers::raw_unicode_escape(bytes),
        _ => None,
    }
}

/// What is left of bytes if those that are no text in a codec are dropped.
pub(super) fn valid_part(bytes: &[u8], codec: &str) -> Option<Vec<u8>> {
    match codec {
        "utf-8" | "utf8" | "u8" => {
            Some(bytes.utf8_chunks().flat_map(|chunk| chunk.valid().bytes().collect::<Vec<u8>>()).collect())
        }
        "ascii" | "us-ascii" | "646" => Some(bytes.iter().copied().filter(u8::is_ascii).collect()),
        _ => None,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let (pairs, rest) = bytes.as_chunks();
    let text = String::from_utf16(&pairs.iter().copied().map(unit).collect::<Vec<u16>>()).ok();
    text.filter(|_| rest.is_empty()).map(String::into_bytes)
}

fn utf32(bytes: &[u8], point: fn([u8; 4]) -> u32) -> Option<Vec<u8>> {
    let (points, rest) = bytes.as_chunks();
    let text: Option<String> = points.iter().map(|&bytes| char::from_u32(point(bytes))).collect();
    text.filter(|_| rest.is_empty()).map(String::into_bytes)
}

/// Escapes as in a text literal: those that give a code point in four or eight digits beside those of bytes.
fn unicode_escape(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        let (before, after) = rest.split_at(at);
        out.extend(numbers::latin1(before));
        let len = match after.get(1)? {
            b'u' => 6,
            b'U' => 10,
            b'N' => return None,
            b'x' => 4,
            b'0'..=b'7' => {
                let digits = after.iter().skip(1).take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
                let count = digits.count();
                if count == 3 && after.get(1).is_some_and(|&byte| byte > b'3') {
                    return None;
                }
                count.saturating_add(1)
            }
            _ => 2,
        };
        let (escape, left) = after.split_at_checked(len)?;
        if matches!(escape.get(1)?, b'u' | b'U') {
            let digits = std::str::from_utf8(escape.get(2..)?).ok()?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let point = u32::from_str_radix(digits, 16).ok().filter(|_| plain)?;
            numbers::push_code_point(&mut out, point)?;
        } else {
            out.extend(numbers::latin1(&numbers::quoted(&[b"'", escape, b"'"].concat())?));
        }
        rest = left;
    }
    out.extend(numbers::latin1(rest));
    Some(out)
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
        assert_eq!(percent(b"%6fs%+1%ff"), b"os%+1\xff");
        assert_eq!(decode(br"\u006f\x73\163'", "unicode-escape").as_deref(), Some(&b"oss'"[..]));
        assert_eq!(decode(br"\N{DOT}", "unicode-escape"), None);
    }

    #[test]
    fn literals_and_entities_become_text() {
        assert_eq!(literal(br" '\x6fs'"), Some((Kind::Str, b"os".to_vec())));
        assert_eq!(literal(br#"b"os""#), Some((Kind::Bytes, b"os".to_vec())));
        assert_eq!(literal(b"'o' 's'"), None);
        assert_eq!(html(b"&#111;&#x73;&period;&amp;").as_deref(), Some(&b"os.&"[..]));
        assert_eq!(html(b"&#128;"), None);
    }
}
