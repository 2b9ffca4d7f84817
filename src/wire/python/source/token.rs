//! The words of Python source.

use crate::wire::python::lexer::opening;

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or keyword.
    Name(&'a [u8]),
    /// A number.
    Number,
    /// A string with its prefix and quotes.
    Text(&'a [u8]),
    /// An operator or bracket; of those with several characters the first, or `2` for any that assigns nothing.
    Op(u8),
    /// The end of a line.
    Line,
    /// Something that Python has no use for.
    Odd,
}

pub(super) struct Tokens<'a> {
    source: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(source: &'a [u8]) -> Self {
        Self { source, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let taken = self.rest().get(..len).unwrap_or_else(|| self.rest());
        self.at = self.at.saturating_add(len.max(1)).min(self.source.len());
        taken
    }

    /// The next token; spaces, comments and continued lines are stepped over.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        loop {
            match self.rest() {
                [] => return None,
                [b' ' | b'\t' | 0x0c, ..] => _ = self.take(1),
                [b'\\', b'\n', ..] => _ = self.take(2),
                [b'\\', b'\r', b'\n', ..] => _ = self.take(3),
                [b'#', rest @ ..] => {
                    let len = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    self.take(len.saturating_add(1));
                }
                [b'\n' | b'\r', ..] => {
                    self.take(1);
                    return Some(Token::Line);
                }
                rest => return Some(self.word(rest)),
            }
        }
    }

    fn word(&mut self, rest: &'a [u8]) -> Token<'a> {
        if let Some(text) = self.text(rest) {
            return text;
        }
        match rest {
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => {
                let more = |&&byte: &&u8| is_word(byte) || byte == b'.';
                self.take(rest.iter().take_while(more).count());
                Token::Number
            }
            [first, ..] if is_start(*first) => {
                Token::Name(self.take(rest.iter().take_while(|&&byte| is_word(byte)).count()))
            }
            [b'.', b'.', b'.', ..] => {
                self.take(3);
                Token::Number
            }
            [b'=' | b'!' | b'<' | b'>' | b':', b'=', ..]
            | [b'-', b'>', ..]
            | [b'*', b'*', ..]
            | [b'/', b'/', ..] => {
                self.take(2);
                Token::Op(b'2')
            }
            [op, ..] if b"()[]{},:;.=+-*/%@&|^~<>".contains(op) => {
                self.take(1);
                Token::Op(*op)
            }
            _ => {
                self.take(1);
                Token::Odd
            }
        }
    }

    /// A string, if one begins here: to its closing quotes, or to the end of the line.
    fn text(&mut self, rest: &'a [u8]) -> Option<Token<'a>> {
        let format = matches!(rest, [b'f' | b'F' | b't' | b'T', b'\'' | b'"', ..]);
        let raw_format = matches!(
            rest,
            [b'f' | b'F', b'r' | b'R', b'\'' | b'"', ..] | [b'r' | b'R', b'f' | b'F', b'\'' | b'"', ..]
        );
        let skip = if raw_format { 2 } else { usize::from(format) };
        let (prefix, quote) = opening(rest.get(skip..)?)?;
        let mut len = skip.saturating_add(prefix.len()).saturating_add(quote.len());
        loop {
            let tail = rest.get(len..).unwrap_or_default();
            match tail {
                [] => break,
                [b'\n', ..] if quote.len() == 1 => break,
                [b'\\', _, ..] => len = len.saturating_add(2),
                _ if tail.starts_with(quote) => {
                    return Some(Token::Text(self.take(len.saturating_add(quote.len()))));
                }
                _ => len = len.saturating_add(1),
            }
        }
        self.take(len);
        Some(Token::Odd)
    }
}

pub(super) const fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn is_word(byte: u8) -> bool {
    is_start(byte) || byte.is_ascii_digit()
}
