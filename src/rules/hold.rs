//! Whether conditions hold of a fact.

use std::borrow::Cow;

use super::{
    list::Row,
    pattern::glob,
    schema::{Cond, Field, Of, Test},
};
use crate::{
    bytes::Name,
    facts::{Fields, Value},
};

/// A fact in its artifact, with what look-ups found.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The fact.
    pub(crate) fact: &'a dyn Fields,
    /// The artifact.
    pub(crate) subject: &'a dyn Fields,
    /// What each look-up of the rule found.
    pub(crate) rows: &'a [Option<Row<'a>>],
}

impl<'a> Case<'a> {
    /// Hands the value of a field to `then`.
    pub(crate) fn with<T>(&self, field: &Field, then: impl FnOnce(Value<'_>) -> T) -> T {
        match field.of {
            Of::Fact => then(self.fact.field(&field.name).unwrap_or(Value::Absent)),
            Of::Subject => then(self.subject.field(&field.name).unwrap_or(Value::Absent)),
            Of::Column => then(Value::Bytes(self.cell(field).as_bytes())),
        }
    }

    /// The cell that a field of a look-up means; empty if nothing was found.
    pub(crate) fn cell(&self, field: &Field) -> Cow<'a, str> {
        let row = self.rows.get(field.look_up).and_then(Option::as_ref);
        row.map(|row| row.cell(&field.name)).unwrap_or_default()
    }

    /// Whether one of the alternatives holds, or there is none.
    pub(crate) fn some(&self, cases: &[Vec<Cond>]) -> bool {
        cases.is_empty() || cases.iter().any(|conds| self.all(conds))
    }

    /// Whether all conditions hold.
    fn all(&self, conds: &[Cond]) -> bool {
        conds.iter().all(|cond| self.with(&cond.field, |value| self.tests(&cond.tests, value)))
    }

    fn tests(&self, tests: &[Test], value: Value<'_>) -> bool {
        tests.iter().all(|test| self.test(test, value))
    }

    fn test(&self, test: &Test, value: Value<'_>) -> bool {
        let bytes = match value {
            Value::Bytes(bytes) => bytes,
            _ => b"",
        };
        match test {
            Test::Is(words) => words.iter().any(|word| word.as_bytes() == bytes),
            Test::Prefix(words) => words.iter().any(|word| bytes.starts_with(word.as_bytes())),
            Test::Suffix(words) => words.iter().any(|word| bytes.ends_with(word.as_bytes())),
            Test::Contains(words) => words.iter().any(|word| contains(bytes, word.as_bytes())),
            Test::Glob(words) => words.iter().any(|word| glob(word.as_bytes(), bytes)),
            Test::Regex(pattern) => pattern.occurs_in(bytes),
            Test::Range((least, most)) => (*least..=*most).contains(&size(value)),
            Test::Flag(wanted) => matches!(value, Value::Flag(flag) if flag == *wanted),
            Test::Not(tests) => !self.tests(tests, value),
            Test::Any(tests) => elements(value).into_iter().any(|one| self.tests(tests, Value::Bytes(one))),
            Test::All(tests) => elements(value).into_iter().all(|one| self.tests(tests, Value::Bytes(one))),
            Test::AnyRecord(conds) => self.records(value).any(|record| record.all(conds)),
            Test::AllRecords(conds) => self.records(value).all(|record| record.all(conds)),
        }
    }

    fn records<'b>(&'b self, value: Value<'b>) -> impl Iterator<Item = Case<'b>> {
        let records = match value {
            Value::Records(records) => Some(records),
            _ => None,
        };
        let len = records.map_or(0, |records| records.len());
        (0..len).filter_map(move |at| Some(Case { fact: records?.get(at)?, ..*self }))
    }
}

/// A number; how many there are; how long it is.
fn size(value: Value<'_>) -> u64 {
    let len = match value {
        Value::Number(number) => return number,
        Value::Flag(flag) => return u64::from(flag),
        Value::Bytes(bytes) => bytes.len(),
        Value::Names(names) => names.len(),
        Value::Words(words) => words.len(),
        Value::Records(records) => records.len(),
        Value::Absent => 0,
    };
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// The elements of a list; those of a cell are separated by commas.
pub(crate) fn elements(value: Value<'_>) -> Vec<&[u8]> {
    match value {
        Value::Names(names) => names.iter().map(Name::as_bytes).collect(),
        Value::Words(words) => words.iter().map(|word| word.as_bytes()).collect(),
        Value::Bytes(bytes) => bytes.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).collect(),
        Value::Number(_) | Value::Flag(_) | Value::Records(_) | Value::Absent => Vec::new(),
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}
