//! Text as the loaders turn it into numbers and strings; they do not all agree.

use super::reading::Loader;

/// What a loader makes of the text of INT, LONG, FLOAT, GET and PUT; `line` is without its line feed.
pub(super) fn accepts_int(line: &[u8], loader: Loader) -> bool {
    match loader {
        Loader::Python => matches!(line, b"00" | b"01") || python_int(line, 0),
        _ => {
            let text = c_string(line);
            !line.is_empty() && (text.is_empty() || octal(text) || python_int(text, 0))
        }
    }
}

/// LONG: an `L` at the end is dropped.
pub(super) fn accepts_long(line: &[u8], loader: Loader) -> bool {
    let text = line.strip_suffix(b"L").unwrap_or(line);
    match loader {
        Loader::Python => python_int(text, 0),
        _ => !line.is_empty() && python_int(c_string(text), 0),
    }
}

/// The decimal digits of a memo index, without sign and leading zeros; nothing if the loader refuses it.
pub(super) fn memo_index(line: &[u8], loader: Loader) -> Option<Vec<u8>> {
    let text = if loader == Loader::Python { line } else { c_string(line) };
    if line.is_empty() || !python_int(text, 10) {
        return None;
    }
    let digits: Vec<u8> =
        text.iter().copied().filter(u8::is_ascii_digit).skip_while(|&d| d == b'0').collect();
    let negative = text.contains(&b'-') && !digits.is_empty();
    (!negative).then_some(if digits.is_empty() { b"0".to_vec() } else { digits })
}

/// FLOAT.
pub(super) fn accepts_float(line: &[u8], loader: Loader) -> bool {
    match loader {
        Loader::Python => {
            let text = trim(line);
            let bare: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'_').collect();
            underscores_between_digits(text) && float(&bare).is_some()
        }
        _ => !line.is_empty() && float(c_string(line)).is_some_and(|(finite, large)| finite || !large),
    }
}

/// The grammar of `PyOS_string_to_double`: whether the value is finite, and whether it was written as a number.
fn float(text: &[u8]) -> Option<(bool, bool)> {
    let text = std::str::from_utf8(text).ok()?;
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = body.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return Some((false, false));
    }
    let plain = body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let starts = body.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.');
    if !plain || !starts {
        return None;
    }
    body.parse::<f64>().ok().map(|value| (value.is_finite(), true))
}

/// What C sees of a text: all before a NUL.
fn c_string(line: &[u8]) -> &[u8] {
    line.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |at| at.saturating_add(1));
    text.get(start..end).unwrap_or_default()
}

fn underscores_between_digits(text: &[u8]) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    text.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        digit(at.checked_sub(1).and_then(|before| text.get(before))) && digit(text.get(at.saturating_add(1)))
    })
}

/// More decimal digits than this raise in CPython since 3.11 and 3.10.7; older ones take them.
pub(super) const MOST_DIGITS: usize = 4300;

/// Whether `int(text, base)` takes it; base 0 or 10.
fn python_int(text: &[u8], base: u8) -> bool {
    let text = trim(text);
    let body = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let (radix, digits) = match body {
        [b'0', b'x' | b'X', rest @ ..] if base == 0 => (16, rest.strip_prefix(b"_").unwrap_or(rest)),
        [b'0', b'o' | b'O', rest @ ..] if base == 0 => (8, rest.strip_prefix(b"_").unwrap_or(rest)),
        [b'0', b'b' | b'B', rest @ ..] if base == 0 => (2, rest.strip_prefix(b"_").unwrap_or(rest)),
        rest => (10, rest),
    };
    let in_radix = |byte: u8| char::from(byte).is_digit(radix);
    let mut last = b'_';
    for &byte in digits {
        if !(in_radix(byte) || (byte == b'_' && last != b'_')) {
            return false;
        }
        last = byte;
    }
    let leading_zeros = base == 0 && radix == 10 && digits.first() == Some(&b'0');
    last != b'_' && !(leading_zeros && digits.iter().any(|byte| !matches!(byte, b'0' | b'_')))
}

/// What `strtol` with base 0 takes besides: numbers with leading zeros, as octal.
fn octal(text: &[u8]) -> bool {
    let text = trim_start(text);
    let body = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    body.first() == Some(&b'0') && body.len() <= 23 && body.iter().all(|byte| (b'0'..=b'7').contains(byte))
}

fn trim_start(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c);
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// The value of a whole number in any of the accepted spellings, if it fits.
pub(super) fn integer(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(trim(c_string(line))).ok()?.replace('_', "");
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = body.to_ascii_lowercase();
    let parsed = if let Some(hex) = lower.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        i64::from_str_radix(octal, 8)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        i64::from_str_radix(binary, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        i64::from_str_radix(&lower, 8)
    } else {
        lower.parse()
    };
    parsed.ok().and_then(|number| if negative { number.checked_neg() } else { Some(number) })
}

/// The content of STRING: quoted with one kind of quote, escapes undone (`PyBytes_DecodeEscape`).
pub(super) fn quoted(line: &[u8]) -> Option<Vec<u8>> {
    let body = match line {
        [b'\'', body @ .., b'\''] | [b'"', body @ .., b'"'] => body,
        _ => return None,
    };
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let [escape, after @ ..] = rest else { return None };
        rest = after;
        rest = unescape(*escape, rest, &mut out)?;
    }
    Some(out)
}

/// Undoes one escape; what follows it.
fn unescape<'a>(escape: u8, rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let simple = match escape {
        b'\n' => return Some(rest),
        b'\\' | b'\'' | b'"' => escape,
        b'b' => 8,
        b'f' => 12,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'v' => 11,
        b'a' => 7,
        b'0'..=b'7' => return Some(octal_escape(escape, rest, out)),
        b'x' => {
            let (digits, after) = rest.split_at_checked(2)?;
            out.push(
                u8::from_str_radix(std::str::from_utf8(digits).ok().filter(|d| !d.starts_with('+'))?, 16)
                    .ok()?,
            );
            return Some(after);
        }
        other => {
            out.extend([b'\\', other]);
            return Some(rest);
        }
    };
    out.push(simple);
    Some(rest)
}

fn octal_escape<'a>(first: u8, rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let more = rest.iter().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let (digits, after) = rest.split_at(more);
    let value = digits.iter().fold(u32::from(first & 7), |value, digit| value << 3 | u32::from(digit & 7));
    out.push(u8::try_from(value & 0xff).unwrap_or(0));
    after
}

/// The text of UNICODE: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn raw_unicode_escape(line: &[u8]) -> Option<Vec<u8>> {
    if line.is_ascii() && !line.contains(&b'\\') {
        return Some(line.to_vec());
    }
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [byte, after @ ..] = rest {
        let backslashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        let (run, behind) = rest.split_at(backslashes);
        match behind {
            [b'u' | b'U', digits @ ..] if backslashes % 2 == 1 => {
                let width = if behind.first() == Some(&b'u') { 4 } else { 8 };
                let (digits, after) = digits.split_at_checked(width)?;
                let digits = std::str::from_utf8(digits).ok().filter(|d| !d.starts_with('+'))?;
                out.extend(run.iter().skip(1));
                push_code_point(&mut out, u32::from_str_radix(digits, 16).ok()?)?;
                rest = after;
            }
            _ if backslashes > 0 => {
                out.extend(run);
                rest = behind;
            }
            _ => {
                push_code_point(&mut out, u32::from(*byte))?;
                rest = after;
            }
        }
    }
    Some(out)
}

/// Appends a code point as UTF-8, a surrogate in the same pattern.
pub(super) fn push_code_point(out: &mut Vec<u8>, point: u32) -> Option<()> {
    if let Some(c) = char::from_u32(point) {
        out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        return Some(());
    }
    let byte = |bits: u32| u8::try_from(bits).ok();
    if (0xd800..0xe000).contains(&point) {
        out.extend([0xed, byte(0x80 | (point >> 6 & 0x3f))?, byte(0x80 | (point & 0x3f))?]);
        return Some(());
    }
    None
}

/// Latin-1 bytes as UTF-8.
pub(super) fn latin1(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_ascii() {
        return bytes.to_vec();
    }
    bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes()
}

/// Whether bytes are UTF-8, lone surrogates included (`surrogatepass`).
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        let behind = rest.get(error.valid_up_to()..).unwrap_or_default();
        let [0xed, 0xa0..=0xbf, 0x80..=0xbf, after @ ..] = behind else { return false };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaders_disagree_on_numbers() {
        let int = |text: &[u8]| (accepts_int(text, Loader::File), accepts_int(text, Loader::Python));
        assert_eq!(int(b"0x10"), (true, true));
        assert_eq!(int(b"010"), (true, false));
        assert_eq!(int(b"01"), (true, true));
        assert_eq!(int(b"1\0junk"), (true, false));
        assert_eq!(int(b" 1 "), (true, true));
        assert_eq!(int(b"1_0"), (true, true));
        assert_eq!(int(b"1L"), (false, false));
        assert_eq!(int(b"zz"), (false, false));
        let long = |text: &[u8]| (accepts_long(text, Loader::File), accepts_long(text, Loader::Python));
        assert_eq!(long(b"010L"), (false, false));
        assert_eq!(long(b"1LL"), (false, false));
        assert_eq!(long(b"1"), (true, true));
        let float = |text: &[u8]| (accepts_float(text, Loader::File), accepts_float(text, Loader::Python));
        assert_eq!(float(b"1e999"), (false, true));
        assert_eq!(float(b"1_0"), (false, true));
        assert_eq!(float(b" 1.0 "), (false, true));
        assert_eq!(float(b"1.0\0x"), (true, false));
        assert_eq!(float(b"nan"), (true, true));
        assert_eq!(float(b"0x1p3"), (false, false));
    }

    #[test]
    fn strings_are_unescaped_as_cpython_does() {
        assert_eq!(quoted(br"'\x6f\163'").as_deref(), Some(&b"os"[..]));
        assert_eq!(quoted(br"'\x'"), None);
        assert_eq!(quoted(b"'"), None);
        assert_eq!(quoted(br"'\q'").as_deref(), Some(&br"\q"[..]));
        assert_eq!(raw_unicode_escape(br"o\u0073").as_deref(), Some(&b"os"[..]));
        assert_eq!(raw_unicode_escape(br"\\u0073").as_deref(), Some(&br"\\u0073"[..]));
        assert_eq!(raw_unicode_escape(br"\u12"), None);
        assert_eq!(raw_unicode_escape(b"\xff").as_deref(), Some("ÿ".as_bytes()));
    }
}
