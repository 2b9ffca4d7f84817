//! Pages of TOML, read strictly: every key is asked for, every error has its line.

use std::{fmt, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::pack::Text;

/// What is wrong with a rule or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The file, relative to the folder of rules.
    pub file: String,
    /// The line, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// The key, dotted; empty if none is to blame.
    pub key: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ": `{}`", self.key)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for RuleError {}

/// A file of rules.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    /// Its path, relative to the folder of rules.
    pub(crate) file: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
}

impl<'a> Page<'a> {
    /// An error at a place.
    pub(crate) fn error(&self, span: &Range<usize>, key: &str, what: impl Into<String>) -> RuleError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.bytes().filter(|&byte| byte == b'\n').count().saturating_add(1);
        RuleError { file: self.file.to_owned(), line, key: key.to_owned(), what: what.into() }
    }

    /// The page as a table.
    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'a>>, RuleError> {
        DeTable::parse(self.text).map_err(|error| {
            self.error(&error.span().unwrap_or_default(), "", error.message().trim().to_owned())
        })
    }
}

/// A value, and where it stands.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    page: Page<'a>,
    /// Dotted path of its key.
    pub(crate) key: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Node<'a> {
    /// An error about this value.
    pub(crate) fn error(&self, what: impl Into<String>) -> RuleError {
        self.page.error(&self.value.span(), &self.key, what)
    }

    fn expected(&self, what: &str) -> RuleError {
        self.error(format!("{what} is expected, not {}", self.value.get_ref().type_str()))
    }

    /// The value as it was written.
    pub(crate) fn value(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    /// As text.
    pub(crate) fn text(&self) -> Result<Text, RuleError> {
        let text = self.value().as_str().ok_or_else(|| self.expected("text"))?;
        Ok(Text::Owned(text.to_owned()))
    }

    /// As text of which something is said.
    pub(crate) fn prose(&self) -> Result<Text, RuleError> {
        let text = self.text()?;
        let joined: Vec<&str> = text.split_whitespace().collect();
        if joined.is_empty() {
            Err(self.error("text is expected"))
        } else {
            Ok(Text::Owned(joined.join(" ")))
        }
    }

    /// As one text or several.
    pub(crate) fn texts(&self) -> Result<Vec<Text>, RuleError> {
        match self.value() {
            DeValue::Array(_) => self.elements()?.iter().map(Node::text).collect(),
            _ => Ok(vec![self.text()?]),
        }
    }

    /// As a whole number that is not negative.
    pub(crate) fn number(&self) -> Result<u64, RuleError> {
        let number = self.value().as_integer().ok_or_else(|| self.expected("a number"))?;
        u64::from_str_radix(number.as_str(), number.radix()).map_err(|_| self.expected("a number from 0 on"))
    }

    /// As true or false.
    pub(crate) fn flag(&self) -> Result<bool, RuleError> {
        self.value().as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// As one of some words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, RuleError> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        found.ok_or_else(|| self.error(format!("one of {} is expected", all.join(", "))))
    }

    /// As anything that is read from a word.
    pub(crate) fn parsed<T: std::str::FromStr<Err = String>>(&self) -> Result<T, RuleError> {
        self.text()?.parse().map_err(|what| self.error(what))
    }

    /// The elements of an array, or the value itself if it is none.
    pub(crate) fn elements(&self) -> Result<Vec<Self>, RuleError> {
        let DeValue::Array(array) = self.value() else { return Ok(vec![self.clone()]) };
        Ok(array.iter().map(|value| Self { page: self.page, key: self.key.clone(), value }).collect())
    }

    /// As a table.
    pub(crate) fn table(&self) -> Result<Keys<'a>, RuleError> {
        match self.value() {
            DeValue::Table(table) => Ok(Keys::new(self.page, &self.key, table, self.value.span())),
            _ => Err(self.expected("a table")),
        }
    }
}

/// The keys of a table that were not asked for yet.
pub(crate) struct Keys<'a> {
    page: Page<'a>,
    span: Range<usize>,
    path: String,
    left: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Keys<'a> {
    /// All keys of a table.
    pub(crate) fn new(page: Page<'a>, path: &str, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        let dotted = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let left = table
            .iter()
            .map(|(key, value)| {
                let key: &'a str = key.get_ref();
                (key, Node { page, key: dotted(key), value })
            })
            .collect();
        Self { page, span, path: path.to_owned(), left }
    }

    /// The value of a key, if it is there.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node<'a>> {
        let at = self.left.iter().position(|(one, _)| *one == key)?;
        Some(self.left.remove(at).1)
    }

    /// The value of a key that has to be there.
    pub(crate) fn need(&mut self, key: &str) -> Result<Node<'a>, RuleError> {
        self.take(key).ok_or_else(|| self.error(format!("`{key}` is missing")))
    }

    /// An error about the table as a whole.
    pub(crate) fn error(&self, what: impl Into<String>) -> RuleError {
        self.page.error(&self.span, &self.path, what)
    }

    /// Text, or nothing.
    pub(crate) fn texts(&mut self, key: &str) -> Result<Vec<Text>, RuleError> {
        self.take(key).map_or(Ok(Vec::new()), |node| node.texts())
    }

    /// The tables of an array, or none.
    pub(crate) fn tables(&mut self, key: &str) -> Result<Vec<Self>, RuleError> {
        let Some(node) = self.take(key) else { return Ok(Vec::new()) };
        node.elements()?.iter().map(Node::table).collect()
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> Vec<(&'a str, Node<'a>)> {
        std::mem::take(&mut self.left)
    }

    /// Fails if a key was not asked for.
    pub(crate) fn end(&self) -> Result<(), RuleError> {
        match self.left.first() {
            Some((_, node)) => Err(node.error("there is no such key")),
            None => Ok(()),
        }
    }
}
