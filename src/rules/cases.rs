//! Conditions as they stand in a rule's file, checked against the fields that there are.

use toml::de::DeValue;

use super::{
    list::List,
    pack::Text,
    page::{Node, RuleError},
    pattern::Pattern,
    schema::{Cases, Cond, Field, LookUp, Of, SUBJECT, Test},
};
use crate::facts::{Arg, Fields, Value};

/// What can be asked of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text or a name.
    Text,
    /// A cell of a list, in which commas separate words.
    Cell,
    /// A whole number.
    Number,
    /// True or false.
    Flag,
    /// Several words.
    List,
    /// Several records.
    Records,
}

/// The fields that a rule may name.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// A blank fact of the kind.
    pub(crate) fact: &'a dyn Fields,
    /// The look-ups so far.
    pub(crate) look_ups: &'a [LookUp],
    /// The lists.
    pub(crate) lists: &'a [List],
}

impl Known<'_> {
    /// The field of that name.
    pub(crate) fn field(&self, path: &str) -> Result<(Field, Shape), String> {
        let nowhere = || format!("there is no field `{path}` here");
        let Some((of, name)) = path.split_once('.') else {
            let shape = match self.fact.field(path).ok_or_else(nowhere)? {
                Value::Bytes(_) | Value::Absent => Shape::Text,
                Value::Number(_) => Shape::Number,
                Value::Flag(_) => Shape::Flag,
                Value::Names(_) | Value::Words(_) => Shape::List,
                Value::Records(_) => Shape::Records,
            };
            let name = Text::Owned(path.to_owned());
            return Ok((Field { of: Of::Fact, look_up: 0, name }, shape));
        };
        let owned = Text::Owned(name.to_owned());
        if of == "in" {
            let known = SUBJECT.iter().any(|(field, _)| *field == name);
            let shape = match name {
                "format" => Shape::List,
                "depth" => Shape::Number,
                _ => Shape::Text,
            };
            let field = Field { of: Of::Subject, look_up: 0, name: owned };
            return if known { Ok((field, shape)) } else { Err(nowhere()) };
        }
        let look_up = self.look_ups.iter().position(|one| one.alias == of).ok_or_else(nowhere)?;
        let list = self.look_ups.get(look_up).and_then(|one| self.lists.get(one.list)).ok_or_else(nowhere)?;
        if !matches!(name, "entry" | "match") && !list.columns.iter().any(|column| column == name) {
            return Err(format!("list `{}` has no column `{name}`", list.name));
        }
        Ok((Field { of: Of::Column, look_up, name: owned }, Shape::Cell))
    }

    /// Alternatives: a table, or an array of tables.
    pub(crate) fn cases(&self, node: &Node<'_>) -> Result<Cases, RuleError> {
        node.elements()?.iter().map(|table| self.conds(table)).collect()
    }

    /// Conditions that must hold together: a table of fields.
    fn conds(&self, node: &Node<'_>) -> Result<Vec<Cond>, RuleError> {
        let mut conds = Vec::new();
        for (key, value) in node.table()?.rest() {
            let nested = key == "in" || self.look_ups.iter().any(|one| one.alias == key);
            if nested {
                for (column, value) in value.table()?.rest() {
                    conds.push(self.cond(&format!("{key}.{column}"), &value)?);
                }
            } else {
                conds.push(self.cond(key, &value)?);
            }
        }
        if conds.is_empty() { Err(node.error("a test is expected")) } else { Ok(conds) }
    }

    fn cond(&self, path: &str, value: &Node<'_>) -> Result<Cond, RuleError> {
        let (field, shape) = self.field(path).map_err(|what| value.error(what))?;
        Ok(Cond { field, tests: self.tests(shape, value)? })
    }

    /// What is asked of a value of this shape.
    fn tests(&self, shape: Shape, node: &Node<'_>) -> Result<Vec<Test>, RuleError> {
        match (node.value(), shape) {
            (DeValue::Table(_), _) => self.table(shape, node),
            (DeValue::String(_) | DeValue::Array(_), Shape::Text | Shape::Cell) => {
                Ok(vec![Test::Is(node.texts()?)])
            }
            (DeValue::Integer(_), Shape::Number) => node.number().map(|n| vec![Test::Range((n, n))]),
            (DeValue::Boolean(_), Shape::Flag) => Ok(vec![Test::Flag(node.flag()?)]),
            (_, Shape::Text | Shape::Cell) => {
                Err(node.error("text, several texts or a table of tests is expected"))
            }
            (_, Shape::Number) => Err(node.error("a number or a table with `least` and `most` is expected")),
            (_, Shape::Flag) => Err(node.error("true or false is expected")),
            (_, Shape::List | Shape::Records) => {
                Err(node.error("a table with `any`, `all` or `empty` is expected"))
            }
        }
    }

    fn table(&self, shape: Shape, node: &Node<'_>) -> Result<Vec<Test>, RuleError> {
        let mut keys = node.table()?;
        let mut tests = Vec::new();
        let (least, most) = (keys.take("least"), keys.take("most"));
        if least.is_some() || most.is_some() {
            let least = least.map_or(Ok(0), |least| least.number())?;
            tests.push(Test::Range((least, most.map_or(Ok(u64::MAX), |most| most.number())?)));
        }
        if let Some(empty) = keys.take("empty") {
            tests.push(Test::Range(if empty.flag()? { (0, 0) } else { (1, u64::MAX) }));
        }
        if let Some(not) = keys.take("not") {
            tests.push(Test::Not(self.tests(shape, &not)?));
        }
        if matches!(shape, Shape::Text | Shape::Cell) {
            for (key, test) in TEXT_TESTS {
                if let Some(texts) = keys.take(key) {
                    tests.push(test(texts.texts()?));
                }
            }
            if let Some(regex) = keys.take("regex") {
                let pattern = Pattern::new(regex.text()?);
                if let Some(flaw) = pattern.flaw() {
                    return Err(regex.error(flaw));
                }
                tests.push(Test::Regex(pattern));
            }
        }
        if matches!(shape, Shape::List | Shape::Records | Shape::Cell) {
            for (key, every) in [("any", false), ("all", true)] {
                if let Some(inner) = keys.take(key) {
                    tests.push(self.element(shape, every, &inner)?);
                }
            }
        }
        keys.end()?;
        if tests.is_empty() { Err(node.error("a test is expected")) } else { Ok(tests) }
    }

    fn element(&self, shape: Shape, every: bool, node: &Node<'_>) -> Result<Test, RuleError> {
        if shape == Shape::Records {
            let conds = Known { fact: &Arg::default(), ..*self }.conds(node)?;
            return Ok(if every { Test::AllRecords(conds) } else { Test::AnyRecord(conds) });
        }
        let tests = self.tests(Shape::Text, node)?;
        Ok(if every { Test::All(tests) } else { Test::Any(tests) })
    }
}

type TextTest = fn(Vec<Text>) -> Test;

const TEXT_TESTS: [(&str, TextTest); 5] = [
    ("is", Test::Is),
    ("prefix", Test::Prefix),
    ("suffix", Test::Suffix),
    ("contains", Test::Contains),
    ("glob", Test::Glob),
];
