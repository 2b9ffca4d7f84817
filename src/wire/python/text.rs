//! What a Python string literal says.

use super::lexer::{Lexer, opening};

/// Decodes one or several adjacent string literals.
pub(super) fn decode(source: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = source;
    while let Some((prefix, quote)) = opening(rest) {
        let raw = prefix.iter().any(|byte| matches!(byte, b'r' | b'R'));
        let bytes = prefix.iter().any(|byte| matches!(byte, b'b' | b'B'));
        rest = rest.get(prefix.len().saturating_add(quote.len())..).unwrap_or_default();
        while !rest.is_empty() && !rest.starts_with(quote) {
            rest = match rest {
                [b'\\', tail @ ..] if !raw => escape(tail, bytes, &mut out),
                [b'\\', next, tail @ ..] => {
                    out.extend([b'\\', *next]);
                    tail
                }
                [byte, tail @ ..] => {
                    out.push(*byte);
                    tail
                }
                [] => rest,
            };
        }
        rest = rest.get(quote.len()..).unwrap_or_default();
        let mut lexer = Lexer::new(rest);
        lexer.blank();
        rest = rest.get(crate::bytes::index(lexer.at())..).unwrap_or_default();
    }
    out
}

/// Decodes what follows a backslash and returns the rest.
fn escape<'a>(from: &'a [u8], bytes: bool, out: &mut Vec<u8>) -> &'a [u8] {
    let Some((&letter, rest)) = from.split_first() else { return from };
    let plain = match letter {
        b'\n' => return rest,
        b'\\' | b'\'' | b'"' => letter,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'0'..=b'7' => return number(from, 8, 3, bytes, out),
        b'x' => return number(rest, 16, 2, bytes, out),
        b'u' if !bytes => return number(rest, 16, 4, bytes, out),
        b'U' if !bytes => return number(rest, 16, 8, bytes, out),
        _ => {
            out.push(b'\\');
            letter
        }
    };
    out.push(plain);
    rest
}

/// Writes the character of a number of at most `most` digits.
fn number<'a>(from: &'a [u8], base: u32, most: usize, bytes: bool, out: &mut Vec<u8>) -> &'a [u8] {
    let len = from.iter().take(most).take_while(|&&byte| char::from(byte).is_digit(base)).count();
    let (digits, rest) = from.split_at_checked(len).unwrap_or((from, &[]));
    let code = digits.iter().fold(0, |code: u32, &digit| {
        code.saturating_mul(base).saturating_add(char::from(digit).to_digit(base).unwrap_or_default())
    });
    match char::from_u32(code) {
        Some(c) if !bytes => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None if !bytes => out.extend_from_slice("\u{fffd}".as_bytes()),
        _ => out.push(u8::try_from(code & 0xff).unwrap_or_default()),
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_prefixes_and_joined_strings() {
        assert_eq!(decode(br"'a\n\x41\u00e9\101\q'"), "a\nAéA\\q".as_bytes());
        assert_eq!(decode(br"r'\n' "), br"\n");
        assert_eq!(decode(br"b'\xff\''"), b"\xff'");
        assert_eq!(decode(b"'a' # c\n \"b\" '''c''d'''"), b"abc''d");
    }
}
