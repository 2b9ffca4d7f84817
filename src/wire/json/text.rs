//! What a JSON string says.

use std::borrow::Cow;

/// Decodes a string token, quotes included or not. Lone surrogates become the three bytes that Python's
/// `surrogatepass` would write, as [`crate::bytes::Name`] keeps them.
#[must_use]
pub fn text(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = raw.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(raw);
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before);
        rest = unescape(escape, &mut out);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Writes what the escape at the start of `from` means and returns what follows it.
fn unescape<'a>(from: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    match from {
        [_, b'u', rest @ ..] => {
            let (unit, rest) = unit(rest);
            return match (unit, rest) {
                (0xd800..=0xdbff, [b'\\', b'u', low @ ..]) => match self::unit(low) {
                    (low @ 0xdc00..=0xdfff, after) => {
                        let high = unit.wrapping_sub(0xd800) << 10;
                        push(out, high.wrapping_add(low).wrapping_sub(0xdc00).wrapping_add(0x1_0000));
                        after
                    }
                    _ => lone(out, unit, rest),
                },
                _ => lone(out, unit, rest),
            };
        }
        [_, b'n', ..] => out.push(b'\n'),
        [_, b't', ..] => out.push(b'\t'),
        [_, b'r', ..] => out.push(b'\r'),
        [_, b'b', ..] => out.push(8),
        [_, b'f', ..] => out.push(12),
        [_, other, ..] => out.push(*other),
        _ => {}
    }
    from.get(2..).unwrap_or_default()
}

fn lone<'a>(out: &mut Vec<u8>, unit: u32, rest: &'a [u8]) -> &'a [u8] {
    push(out, unit);
    rest
}

/// Four hexadecimal digits and what follows them.
fn unit(from: &[u8]) -> (u32, &[u8]) {
    let (digits, rest) = from.split_at_checked(4).unwrap_or((from, &[]));
    let value = digits
        .iter()
        .fold(0, |value: u32, &digit| value << 4 | char::from(digit).to_digit(16).unwrap_or_default());
    (value, rest)
}

/// Writes a code point as UTF-8, a surrogate as three bytes of the same form.
fn push(out: &mut Vec<u8>, code: u32) {
    if let Some(c) = char::from_u32(code) {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    let byte = |bits: u32| u8::try_from(bits & 0xff).unwrap_or_default();
    out.extend([byte(0xe0 | code >> 12), byte(0x80 | code >> 6 & 0x3f), byte(0x80 | code & 0x3f)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_plain_text_is_borrowed() {
        assert!(matches!(text(b"\"plain\""), Cow::Borrowed(b"plain")));
        assert_eq!(&*text(br#""a\n\"\\\/\u0041\u00e9\ud83d\ude00""#), "a\n\"\\/Aé😀".as_bytes());
        assert_eq!(&*text(br#""\ud800x\udc00""#), b"\xed\xa0\x80x\xed\xb0\x80");
        assert_eq!(&*text(br#""\ud800\u0041""#), b"\xed\xa0\x80A");
    }
}
