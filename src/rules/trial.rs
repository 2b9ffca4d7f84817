//! The examples in rules, tried.

use super::{
    Rules,
    pack::{Pack as _, Packed, Text},
    schema::{Example, Literal},
};
use crate::{
    bytes::Name,
    facts::{Fields, KINDS, Said, Value},
};

/// A fact, or a subject, as an example states it.
struct Stated {
    fields: Vec<(Text, Held)>,
    /// Where the other fields come from.
    blank: Option<Said>,
}

/// A literal in the form in which it can be lent.
enum Held {
    Text(Text),
    Number(u64),
    Flag(bool),
    Names(Vec<Name>),
    Records(Vec<Stated>),
}

impl Stated {
    fn new(fields: &[(Text, Literal)], blank: Option<Said>) -> Self {
        Self { fields: fields.iter().map(|(name, literal)| (name.clone(), held(literal))).collect(), blank }
    }
}

fn held(literal: &Literal) -> Held {
    match literal {
        Literal::Text(text) => Held::Text(text.clone()),
        Literal::Number(number) => Held::Number(*number),
        Literal::Flag(flag) => Held::Flag(*flag),
        Literal::Texts(texts) => Held::Names(texts.iter().map(|text| Name::from(text.as_ref())).collect()),
        Literal::Records(records) => {
            Held::Records(records.iter().map(|one| Stated::new(one, None)).collect())
        }
    }
}

impl Fields for Stated {
    fn field(&self, name: &str) -> Option<Value<'_>> {
        let Some((_, held)) = self.fields.iter().find(|(known, _)| known == name) else {
            return self.blank.as_ref().and_then(|blank| blank.field(name));
        };
        Some(match held {
            Held::Text(text) => Value::Bytes(text.as_bytes()),
            Held::Number(number) => Value::Number(*number),
            Held::Flag(flag) => Value::Flag(*flag),
            Held::Names(names) => Value::Names(names),
            Held::Records(records) => Value::Records(records),
        })
    }
}

impl Rules {
    /// Tries every example, and says which did not come out as its rule says. Facts are tried alone:
    /// what a rule asks of other facts is left out.
    #[must_use]
    pub fn trial(&self) -> Vec<String> {
        let mut packed = Packed::new(include_bytes!(concat!(env!("OUT_DIR"), "/examples.bin")));
        let builtin = Vec::<Example>::unpack(&mut packed).unwrap_or_default();
        let examples = if self.examples.is_empty() { &builtin } else { &self.examples };
        examples.iter().enumerate().filter_map(|(at, example)| self.tried(at, example)).collect()
    }

    fn tried(&self, at: usize, example: &Example) -> Option<String> {
        let rule = self.shelf.rules.get(example.rule)?;
        let kind = KINDS.iter().find(|kind| kind.name == rule.fact)?;
        let fact = Stated::new(&example.fact, Some((kind.blank)()));
        let found = self.holds(example.rule, &fact, &Stated::new(&example.subject, None));
        let right =
            found.is_some() == example.holds && (example.severity.is_none() || example.severity == found);
        let expected = (example.holds, example.severity);
        let what = || {
            format!(
                "`{}`, example {at} of all: {expected:?} is expected, not {found:?}: {:?}",
                rule.id, example.fact
            )
        };
        (!right).then(what)
    }
}
