//! Patterns in text: regular expressions that are compiled when first needed, and globs.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::pack::{Pack, Packed, Text};

/// A regular expression over bytes.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: Text,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The expression with this text; nothing is compiled yet.
    pub(crate) const fn new(text: Text) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    /// What is wrong with it.
    pub(crate) fn flaw(&self) -> Option<String> {
        build(&self.text).err().map(|error| error.to_string())
    }

    /// Whether it occurs in `bytes`. An expression that cannot be compiled occurs everywhere:
    /// a rule may be too loud, never silent.
    pub(crate) fn occurs_in(&self, bytes: &[u8]) -> bool {
        let regex = self.compiled.get_or_init(|| build(&self.text).ok());
        regex.as_ref().is_none_or(|regex| regex.is_match(bytes))
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).build()
}

impl Pack for Pattern {
    fn pack(&self, out: &mut Vec<u8>) {
        self.text.pack(out);
    }

    fn unpack(from: &mut Packed) -> Option<Self> {
        Text::unpack(from).map(Self::new)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any bytes and `?` for one.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (pattern, text);
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (p, t) {
            ([b'*', rest @ ..], _) => {
                retry = Some((rest, t));
                p = rest;
            }
            ([b'?', rest @ ..], [_, after @ ..]) => (p, t) = (rest, after),
            ([want, rest @ ..], [is, after @ ..]) if want == is => (p, t) = (rest, after),
            ([], []) => return true,
            _ => match retry {
                Some((rest, [_, after @ ..])) => {
                    retry = Some((rest, after));
                    (p, t) = (rest, after);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_the_whole_text() {
        for (pattern, text, is) in [
            ("*.pkl", "a.pkl", true),
            ("a*b*c", "axxbyyc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "x", false),
            ("__*__", "__class__", true),
            ("*ab", "aab", true),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), is, "{pattern} {text}");
        }
    }

    #[test]
    fn an_expression_that_does_not_compile_is_told_and_never_silent() {
        let broken = Pattern::new("(".into());
        assert!(broken.flaw().is_some() && broken.occurs_in(b""));
        assert!(Pattern::new("^a+$".into()).occurs_in(b"aa"));
    }
}
