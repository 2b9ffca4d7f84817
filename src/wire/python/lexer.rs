//! The words of a Python literal.

use super::Kind;
use crate::{
    bytes::{Span, index, wide},
    wire::Wrong,
};

/// A value without parts.
pub(super) struct Atom {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    long: bool,
}

/// Words that are values.
const WORDS: [(&[u8], Kind); 4] =
    [(b"True", Kind::True), (b"False", Kind::False), (b"None", Kind::None), (b"...", Kind::Ellipsis)];

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, long: false }
    }

    pub(super) fn at(&self) -> u64 {
        wide(self.at)
    }

    pub(super) const fn long(&self) -> bool {
        self.long
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) const fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    const fn skip(&mut self, len: usize) {
        self.at = self.at.saturating_add(len);
    }

    /// Steps over white space, continued lines and comments.
    pub(super) fn blank(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0c, ..] => self.step(),
                [b'\\', b'\n', ..] => self.skip(2),
                [b'\\', b'\r', b'\n', ..] => self.skip(3),
                [b'#', rest @ ..] => {
                    let len = memchr::memchr2(b'\n', 0, rest).unwrap_or(rest.len());
                    self.skip(len.saturating_add(1));
                    if self.bytes.get(self.at.wrapping_sub(1)) == Some(&0) {
                        self.at = self.at.saturating_sub(1);
                        return;
                    }
                    self.at = self.at.min(self.bytes.len());
                }
                _ => return,
            }
        }
    }

    /// The value without parts that stands here.
    pub(super) fn atom(&mut self) -> Result<Atom, Wrong> {
        let start = self.at();
        let kind = match self.rest() {
            [b'-' | b'+', ..] => {
                self.step();
                self.blank();
                self.number()?
            }
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => self.number()?,
            _ => match self.string()? {
                Some(kind) => self.more_strings(kind)?,
                None => self.word()?,
            },
        };
        Ok(Atom { kind, span: Span::between(start, self.at()) })
    }

    fn word(&mut self) -> Result<Kind, Wrong> {
        for (word, kind) in WORDS {
            let rest = self.rest();
            if rest.starts_with(word) && !rest.get(word.len()).is_some_and(|&byte| names(byte)) {
                self.skip(word.len());
                return Ok(kind);
            }
        }
        Err(Wrong::malformed(self.at(), "a value was due"))
    }

    /// A number without its sign.
    fn number(&mut self) -> Result<Kind, Wrong> {
        let start = self.at();
        let rest = self.rest();
        let len = rest.iter().take_while(|&&byte| names(byte) || byte == b'.').count();
        let mut word = rest.get(..len).unwrap_or_default();
        if let Some(short) = word.strip_suffix(b"L") {
            (word, self.long) = (short, true);
        }
        self.skip(len);
        if magnitude(word).is_none() && !digits(word) {
            return match float(word) {
                true => Ok(Kind::Float),
                false => Err(Wrong::malformed(start, "a number was due")),
            };
        }
        let behind = self.at;
        self.blank();
        match self.rest() {
            [b'L', rest @ ..] if !rest.first().is_some_and(|&byte| names(byte)) => {
                self.long = true;
                self.step();
            }
            _ => self.at = behind,
        }
        Ok(Kind::Integer)
    }

    /// The string that stands here, if one does.
    fn string(&mut self) -> Result<Option<Kind>, Wrong> {
        let start = self.at();
        let rest = self.rest();
        let Some((prefix, quote)) = opening(rest) else { return Ok(None) };
        let raw = prefix.iter().any(|byte| matches!(byte, b'r' | b'R'));
        let bytes = prefix.iter().any(|byte| matches!(byte, b'b' | b'B'));
        let mut end = prefix.len().saturating_add(quote.len());
        loop {
            let tail = rest.get(end..).unwrap_or_default();
            match tail {
                [] => return Err(Wrong::ended(wide(self.bytes.len()), "a string does not end")),
                [b'\\', b'N', b'{', ..] if !raw && !bytes => {
                    return Err(Wrong::too_much(start, "a character's name is not read"));
                }
                [b'\\', _, ..] => end = end.saturating_add(2),
                [0, ..] => return Err(Wrong::malformed(start, "a NUL stands in a string")),
                [b'\n', ..] if quote.len() == 1 => {
                    return Err(Wrong::malformed(start, "a string does not end"));
                }
                _ if tail.starts_with(quote) => break,
                _ => end = end.saturating_add(1),
            }
        }
        self.skip(end.saturating_add(quote.len()));
        Ok(Some(if bytes { Kind::Bytes } else { Kind::Text }))
    }

    /// Strings that follow one of this kind and are joined to it.
    fn more_strings(&mut self, kind: Kind) -> Result<Kind, Wrong> {
        loop {
            let behind = self.at;
            self.blank();
            let start = self.at();
            match self.string()? {
                None => {
                    self.at = behind;
                    return Ok(kind);
                }
                Some(next) if next == kind => {}
                Some(_) => return Err(Wrong::malformed(start, "text and bytes are joined")),
            }
        }
    }
}

/// Prefix letters and opening quotes of a string literal.
pub(super) fn opening(from: &[u8]) -> Option<(&[u8], &[u8])> {
    let letters = from.iter().take(2).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (prefix, rest) = from.split_at_checked(letters)?;
    let legal = matches!(prefix.to_ascii_lowercase().as_slice(), b"" | b"r" | b"u" | b"b" | b"br" | b"rb");
    let quote = match rest {
        [a @ (b'\'' | b'"'), b, c, ..] if a == b && b == c => 3,
        [b'\'' | b'"', ..] => 1,
        _ => return None,
    };
    legal.then_some((prefix, rest.get(..quote)?))
}

const fn names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether it is a decimal number of any length as Python spells it.
fn digits(word: &[u8]) -> bool {
    let zero = word.first() == Some(&b'0') && word.iter().any(|&byte| !matches!(byte, b'0' | b'_'));
    !zero && underscored(word) && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_')
}

/// Whether each underscore stands between two digits or letters.
fn underscored(word: &[u8]) -> bool {
    !word.is_empty()
        && !word.starts_with(b"_")
        && !word.ends_with(b"_")
        && !word.windows(2).any(|two| two == b"__")
}

fn float(word: &[u8]) -> bool {
    let legal = word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'_'));
    let pointed = word.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    legal
        && pointed
        && std::str::from_utf8(word).is_ok_and(|word| word.replace('_', "").parse::<f64>().is_ok())
}

/// The value of a number without sign.
fn magnitude(word: &[u8]) -> Option<i128> {
    let (base, part) = match word {
        [b'0', b'x' | b'X', part @ ..] => (16, part),
        [b'0', b'o' | b'O', part @ ..] => (8, part),
        [b'0', b'b' | b'B', part @ ..] => (2, part),
        _ if digits(word) => (10, word),
        _ => return None,
    };
    let part = part.strip_prefix(b"_").filter(|_| base != 10).unwrap_or(part);
    let text = std::str::from_utf8(part).ok().filter(|_| underscored(part))?;
    i128::from_str_radix(&text.replace('_', ""), base).ok().filter(|_| !text.starts_with(['+', '-']))
}

/// The value of an integer with its sign, as it stands in the source.
pub(super) fn integer(raw: &[u8]) -> Option<i128> {
    let sign = raw.first().copied().filter(|byte| matches!(byte, b'-' | b'+'));
    let mut lexer = Lexer::new(raw.get(usize::from(sign.is_some())..)?);
    lexer.blank();
    let rest = lexer.rest();
    let len = rest.iter().take_while(|&&byte| names(byte)).count();
    let word = rest.get(..index(wide(len)))?;
    let value = magnitude(word.strip_suffix(b"L").unwrap_or(word))?;
    if sign == Some(b'-') { value.checked_neg() } else { Some(value) }
}
