//! Tokens of a JSON document, one after the other.

use crate::{
    bytes::{Span, index, wide},
    wire::Wrong,
};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `}`
    ObjectEnd,
    /// `[`
    Array,
    /// `]`
    ArrayEnd,
    /// A string that names the value behind it.
    Key,
    /// A string.
    Text,
    /// A number, `NaN` or `Infinity`.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// A token and where it stands, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    FirstValue,
    FirstKey,
    CommaOrEnd,
    Nothing,
}

/// A position in a JSON document.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// For each open bracket, whether it is a brace.
    open: Vec<bool>,
    depth: usize,
    expect: Expect,
}

impl<'a> Reader<'a> {
    /// Begins with the first of `bytes`; follows at most `depth` brackets within brackets.
    #[must_use]
    pub const fn new(bytes: &'a [u8], depth: usize) -> Self {
        Self { bytes, at: 0, open: Vec::new(), depth, expect: Expect::Value }
    }

    /// Offset of the next byte; after the last token, of the first byte behind the document.
    #[must_use]
    pub fn at(&self) -> u64 {
        wide(self.at)
    }

    /// The bytes of a token as they stand.
    #[must_use]
    pub fn raw(&self, span: Span) -> &'a [u8] {
        self.bytes.get(index(span.start)..index(span.end())).unwrap_or_default()
    }

    /// Number of open brackets.
    #[must_use]
    pub const fn open(&self) -> usize {
        self.open.len()
    }

    /// The next token, or nothing after the end of the document.
    ///
    /// # Errors
    /// [`Wrong`] where the bytes stop being JSON; the position stays there.
    pub fn token(&mut self) -> Result<Option<Token>, Wrong> {
        if self.expect == Expect::Nothing {
            return Ok(None);
        }
        self.blank();
        let object = self.open.last().copied();
        match (self.expect, self.peek()) {
            (_, None) => Err(Wrong::ended(self.at(), "the JSON text ends too early")),
            (Expect::FirstKey, Some(b'}')) => Ok(Some(self.close(Kind::ObjectEnd))),
            (Expect::FirstKey, _) => self.key().map(Some),
            (Expect::FirstValue, Some(b']')) => Ok(Some(self.close(Kind::ArrayEnd))),
            (Expect::CommaOrEnd, Some(b'}')) if object == Some(true) => Ok(Some(self.close(Kind::ObjectEnd))),
            (Expect::CommaOrEnd, Some(b']')) if object == Some(false) => Ok(Some(self.close(Kind::ArrayEnd))),
            (Expect::CommaOrEnd, Some(b',')) => {
                self.step();
                self.blank();
                if object == Some(true) { self.key().map(Some) } else { self.value().map(Some) }
            }
            (Expect::CommaOrEnd, _) => Err(self.wrong("a comma or a closing bracket was due")),
            _ => self.value().map(Some),
        }
    }

    /// Steps over the value that `first` began, or over the value behind the key that it is.
    ///
    /// # Errors
    /// [`Wrong`] where the bytes stop being JSON.
    pub fn skip(&mut self, first: Token) -> Result<u64, Wrong> {
        let mut tokens: u64 = 0;
        let begun = match first.kind {
            Kind::Key => self.token()?.map_or(Kind::Null, |token| token.kind),
            kind => kind,
        };
        if !matches!(begun, Kind::Object | Kind::Array) {
            return Ok(tokens);
        }
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside && self.token()?.is_some() {
            tokens = tokens.saturating_add(1);
        }
        Ok(tokens)
    }

    /// Steps over white space.
    pub fn blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.step();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    const fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, what: &'static str) -> Wrong {
        if self.at >= self.bytes.len() {
            return Wrong::ended(self.at(), "the JSON text ends too early");
        }
        Wrong::malformed(self.at(), what)
    }

    fn token_of(&mut self, kind: Kind, len: usize) -> Token {
        let span = Span::new(self.at(), wide(len));
        self.at = self.at.saturating_add(len);
        Token { kind, span }
    }

    const fn after_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd };
    }

    fn close(&mut self, kind: Kind) -> Token {
        self.open.pop();
        self.after_value();
        self.token_of(kind, 1)
    }

    fn key(&mut self) -> Result<Token, Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a key was due"));
        }
        let len = self.string()?;
        let token = self.token_of(Kind::Key, len);
        self.blank();
        if self.peek() != Some(b':') {
            return Err(self.wrong("a colon was due"));
        }
        self.step();
        self.expect = Expect::Value;
        Ok(token)
    }

    fn value(&mut self) -> Result<Token, Wrong> {
        let (kind, len) = match self.peek() {
            Some(b'{') => return self.begin(true),
            Some(b'[') => return self.begin(false),
            Some(b'"') => (Kind::Text, self.string()?),
            Some(b't') => (Kind::True, self.word(b"true")?),
            Some(b'f') => (Kind::False, self.word(b"false")?),
            Some(b'n') => (Kind::Null, self.word(b"null")?),
            Some(b'N') => (Kind::Number, self.word(b"NaN")?),
            Some(b'I') => (Kind::Number, self.word(b"Infinity")?),
            Some(b'-') if self.rest().get(1) == Some(&b'I') => (Kind::Number, self.word(b"-Infinity")?),
            Some(b'-' | b'0'..=b'9') => (Kind::Number, self.number()?),
            _ => return Err(self.wrong("a value was due")),
        };
        self.after_value();
        Ok(self.token_of(kind, len))
    }

    fn begin(&mut self, object: bool) -> Result<Token, Wrong> {
        if self.open.len() >= self.depth {
            return Err(Wrong::too_much(self.at(), "the JSON text is nested too deeply"));
        }
        self.open.push(object);
        self.expect = if object { Expect::FirstKey } else { Expect::FirstValue };
        Ok(self.token_of(if object { Kind::Object } else { Kind::Array }, 1))
    }

    fn word(&self, word: &[u8]) -> Result<usize, Wrong> {
        if self.rest().starts_with(word) {
            return Ok(word.len());
        }
        if word.starts_with(self.rest()) {
            return Err(Wrong::ended(wide(self.bytes.len()), "the JSON text ends too early"));
        }
        Err(self.wrong("a value was due"))
    }

    /// Length of the number here: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
    fn number(&self) -> Result<usize, Wrong> {
        let rest = self.rest();
        let digits = |from: usize| {
            let rest = rest.get(from..).unwrap_or_default();
            from.saturating_add(rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
        };
        let is = |at: usize, any: &[u8]| rest.get(at).is_some_and(|byte| any.contains(byte));
        let begin = usize::from(is(0, b"-"));
        let mut end = if is(begin, b"0") { begin.saturating_add(1) } else { digits(begin) };
        let mut whole = end > begin;
        if whole && is(end, b".") {
            let from = end.saturating_add(1);
            end = digits(from);
            whole = end > from;
        }
        if whole && is(end, b"eE") {
            let sign = end.saturating_add(1);
            let from = sign.saturating_add(usize::from(is(sign, b"+-")));
            end = digits(from);
            whole = end > from;
        }
        match whole {
            true => Ok(end),
            false if end >= rest.len() => {
                Err(Wrong::ended(wide(self.bytes.len()), "a number ends too early"))
            }
            false => Err(self.wrong("a number was due")),
        }
    }

    /// Length of the string here, with its quotes.
    fn string(&self) -> Result<usize, Wrong> {
        let rest = self.rest();
        let mut end: usize = 1;
        loop {
            let tail = rest.get(end..).unwrap_or_default();
            let Some(len) = memchr::memchr2(b'"', b'\\', tail) else {
                return Err(Wrong::ended(wide(self.bytes.len()), "a string does not end"));
            };
            let here = end.saturating_add(len);
            end = match rest.get(here..).unwrap_or_default() {
                [b'"', ..] => {
                    let len = here.saturating_add(1);
                    return self.plain(rest.get(..len).unwrap_or_default()).map(|()| len);
                }
                [b'\\', b'u', digits @ ..] if digits.iter().take(4).all(u8::is_ascii_hexdigit) => {
                    here.saturating_add(6)
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => here.saturating_add(2),
                [b'\\'] => return Err(Wrong::ended(wide(self.bytes.len()), "a string does not end")),
                _ => {
                    let at = self.at().saturating_add(wide(here));
                    return Err(Wrong::malformed(at, "an escape is not JSON's"));
                }
            };
        }
    }

    /// Checks that a string holds no control character and is UTF-8.
    fn plain(&self, string: &[u8]) -> Result<(), Wrong> {
        if let Some(place) = string.iter().position(|&byte| byte < b' ') {
            let at = self.at().saturating_add(wide(place));
            return Err(Wrong::malformed(at, "a control character stands in a string"));
        }
        std::str::from_utf8(string).map(|_| ()).map_err(|error| {
            Wrong::malformed(self.at().saturating_add(wide(error.valid_up_to())), "a string is not UTF-8")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Why;

    fn kinds(text: &[u8]) -> Result<Vec<Kind>, Wrong> {
        let mut reader = Reader::new(text, 8);
        let mut kinds = Vec::new();
        while let Some(token) = reader.token()? {
            kinds.push(token.kind);
        }
        Ok(kinds)
    }

    #[test]
    fn tokens_come_in_order_with_their_offsets() {
        let text = br#" {"a" : [1, -2.5e+3, true], "a":{}} x"#;
        let mut reader = Reader::new(text, 4);
        let mut seen = Vec::new();
        while let Some(token) = reader.token().unwrap() {
            seen.push((token.kind, token.span.start, reader.raw(token.span)));
        }
        assert_eq!(seen[1], (Kind::Key, 2, &b"\"a\""[..]));
        assert_eq!(seen[4], (Kind::Number, 12, &b"-2.5e+3"[..]));
        assert_eq!(seen[7].0, Kind::Key);
        assert_eq!(seen.len(), 11);
        assert_eq!(reader.at(), 35);
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_stands() {
        let cases: [(&[u8], u64); 14] = [
            (b"[1,]", 3),
            (b"[1 2]", 3),
            (b"{\"a\" 1}", 5),
            (b"{a:1}", 1),
            (b"{\"a\":1,}", 7),
            (b"[01]", 2),
            (b"[1.]", 1),
            (b"[+1]", 1),
            (b"[\"\\x\"]", 2),
            (b"[\"\n\"]", 2),
            (b"[\"\xff\"]", 2),
            (b"[}", 1),
            (b"[\"\\u12g4\"]", 2),
            (b"\xef\xbb\xbf{}", 0),
        ];
        for (text, at) in cases {
            let wrong = kinds(text).unwrap_err();
            assert_eq!((wrong.why, wrong.at), (Why::Malformed, at), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn every_prefix_ends_too_early() {
        let text = br#"{"a\u00e9":[1.5e3,"x\\",NaN,-Infinity,null,false],"b":{}}"#;
        kinds(text).unwrap();
        for len in 0..text.len() {
            let wrong = kinds(&text[..len]).unwrap_err();
            assert_eq!(wrong.why, Why::Ended, "{len}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        let deep = b"[".repeat(200_000);
        assert_eq!(kinds(&deep).unwrap_err().why, Why::TooMuch);
        let mut reader = Reader::new(&deep, 1_000_000);
        while reader.token().is_ok_and(|token| token.is_some()) {}
        assert_eq!(reader.open(), 200_000);
    }

    #[test]
    fn skip_steps_over_one_value() {
        let mut reader = Reader::new(br#"{"a":[[1],{"x":[]}],"b":2}"#, 8);
        reader.token().unwrap();
        let key = reader.token().unwrap().unwrap();
        reader.skip(key).unwrap();
        let next = reader.token().unwrap().unwrap();
        assert_eq!(reader.raw(next.span), b"\"b\"");
        reader.skip(next).unwrap();
        assert_eq!(reader.token().unwrap().unwrap().kind, Kind::ObjectEnd);
        assert_eq!(reader.token(), Ok(None));
    }
}
