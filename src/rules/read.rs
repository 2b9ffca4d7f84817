//! A rule's file, from TOML to [`Rule`]: everything that can be wrong is found here.

use std::collections::BTreeMap;

use super::{
    cases::{Known, Shape},
    list::List,
    pack::Text,
    page::{Keys, Node, Page, RuleError},
    schema::{
        Companion, Example, Field, Grade, Graded, Literal, LookUp, Message, Mode, Of, Piece, Rule, Scope,
        Within,
    },
};
use crate::{
    facts::{Fields as _, KINDS, Said, Value},
    findings::Severity,
};

/// Which lists a page asks, and how many columns each key has.
pub(crate) fn lists_of(page: Page<'_>) -> Result<BTreeMap<String, usize>, RuleError> {
    let document = page.parse()?;
    let mut keys = Keys::new(page, "", document.get_ref(), document.span());
    let mut lists = BTreeMap::new();
    for mut look_up in keys.tables("look_up")? {
        let (list, by) = (look_up.need("in")?, look_up.texts("by")?);
        // A dotted name is taken apart into module and name.
        let dotted =
            look_up.take("mode").map_or(Ok(false), |node| Ok(node.word(Mode::WORDS)? == Mode::Dotted))?;
        lists.insert(stem(&list)?, if dotted { 2 } else { by.len() });
    }
    Ok(lists)
}

/// `lists/x.tsv` is called `x`.
fn stem(node: &Node<'_>) -> Result<String, RuleError> {
    let text = node.text()?;
    let name = text.strip_prefix("lists/").and_then(|rest| rest.strip_suffix(".tsv"));
    name.map(str::to_owned).ok_or_else(|| node.error("a file `lists/….tsv` is expected"))
}

/// The rule of a page, whose examples get the number `at`.
pub(crate) fn rule(page: Page<'_>, lists: &[List], at: usize) -> Result<(Rule, Vec<Example>), RuleError> {
    let document = page.parse()?;
    let mut keys = Keys::new(page, "", document.get_ref(), document.span());
    let (family, id) = place(page)?;
    let fact = keys.need("fact")?;
    let blank = blank(&fact)?;
    let mut known = Known { fact: &blank, look_ups: &[], lists };
    let when = keys.take("when").map_or(Ok(Vec::new()), |node| known.cases(&node))?;
    let unless = keys.take("unless").map_or(Ok(Vec::new()), |node| known.cases(&node))?;
    let look_ups = look_ups(&mut keys, known)?;
    known.look_ups = &look_ups;
    let message = sentence(&keys.need("message")?, known)?;
    let mut companions = companions(&mut keys, "with", known)?;
    companions.extend(companions_without(&mut keys, known)?);
    let rule = Rule {
        id,
        family,
        title: keys.need("title")?.prose()?,
        headline: keys.take("headline").map_or(Ok(Message::default()), |node| sentence(&node, known))?,
        grade: grade(&mut keys, known)?,
        fact: fact.text()?,
        scope: keys.take("scope").map_or(Ok(Scope::Artifact), |node| node.word(Scope::WORDS))?,
        when,
        unless,
        companions,
        subsumes: keys.texts("subsumes")?,
        absorbs: keys.texts("absorbs")?,
        evidence: evidence(&mut keys, &message, known)?,
        message,
        look_ups: Vec::new(),
        why: keys.need("why")?.prose()?,
        fix: keys.need("fix")?.prose()?,
        references: keys.need("references")?.texts()?,
        evil: keys.need("evil")?.text()?,
        honest: keys.need("honest")?.text()?,
    };
    let examples = examples(&mut keys, known, at)?;
    keys.end()?;
    Ok((Rule { look_ups, ..rule }, examples))
}

/// Family and identifier, from `<family>/<id>.toml`.
fn place(page: Page<'_>) -> Result<(Text, Text), RuleError> {
    let wrong = |what: &str| page.error(&(0..0), "", what);
    let path =
        page.file.strip_suffix(".toml").ok_or_else(|| wrong("a name that ends in `.toml` is expected"))?;
    let (family, id) = path.rsplit_once('/').unwrap_or(("", path));
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(kebab) {
        return Err(wrong("a file name of small letters, digits and hyphens is expected"));
    }
    Ok((Text::Owned(family.to_owned()), Text::Owned(id.to_owned())))
}

/// A fact of a kind, with nothing in it.
fn blank(node: &Node<'_>) -> Result<Said, RuleError> {
    let name = node.text()?;
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let all: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    kind.map(|kind| (kind.blank)()).ok_or_else(|| {
        node.error(format!("there is no kind `{name}`: one of {} is expected", all.join(", ")))
    })
}

fn look_ups(keys: &mut Keys<'_>, known: Known<'_>) -> Result<Vec<LookUp>, RuleError> {
    let mut found: Vec<LookUp> = Vec::new();
    for mut table in keys.tables("look_up")? {
        let file = table.need("in")?;
        let name = stem(&file)?;
        let list = known.lists.iter().position(|list| list.name == name);
        let list = list.ok_or_else(|| file.error("there is no such list"))?;
        let mode = table.take("mode").map_or(Ok(Mode::Exact), |node| node.word(Mode::WORDS))?;
        let by = table.need("by")?;
        for field in by.texts()? {
            let (_, shape) = known.field(&field).map_err(|what| by.error(what))?;
            if shape != Shape::Text {
                return Err(by.error(format!("`{field}` is no text")));
            }
        }
        let wanted = match mode {
            Mode::Python => 2,
            Mode::Dotted => 1,
            Mode::Exact | Mode::Passes => known.lists.get(list).map_or(1, |list| list.keys),
        };
        if by.texts()?.len() != wanted {
            return Err(by.error(format!("{wanted} fields are expected")));
        }
        let alias = table.take("as").map_or(Ok(Text::Owned(name)), |node| node.text())?;
        let absent = table.take("absent").map_or(Ok(false), |node| node.flag())?;
        let by = by.texts()?;
        found.push(LookUp { list, alias, by, mode, absent, cases: Vec::new() });
        if let Some(node) = table.take("where") {
            let cases = Known { look_ups: &found, ..known }.cases(&node)?;
            if let Some(last) = found.last_mut() {
                last.cases = cases;
            }
        }
        table.end()?;
    }
    Ok(found)
}

fn companions_without(keys: &mut Keys<'_>, known: Known<'_>) -> Result<Vec<Companion>, RuleError> {
    let mut found = companions(keys, "without", known)?;
    found.iter_mut().for_each(|one| one.absent = true);
    Ok(found)
}

fn companions(keys: &mut Keys<'_>, key: &str, known: Known<'_>) -> Result<Vec<Companion>, RuleError> {
    let mut found = Vec::new();
    for mut table in keys.tables(key)? {
        let fact = table.need("fact")?;
        let other = blank(&fact)?;
        let theirs = Known { fact: &other, look_ups: &[], lists: known.lists };
        let same = table.take("same");
        for field in same.as_ref().map_or(Ok(Vec::new()), Node::texts)? {
            let node = same.as_ref().unwrap_or(&fact);
            theirs.field(&field).and(known.field(&field)).map_err(|what| node.error(what))?;
        }
        found.push(Companion {
            fact: fact.text()?,
            within: table.take("within").map_or(Ok(Within::Chain), |node| node.word(Within::WORDS))?,
            same: same.map_or(Ok(Vec::new()), |node| node.texts())?,
            cases: table.take("when").map_or(Ok(Vec::new()), |node| theirs.cases(&node))?,
            absent: false,
        });
        table.end()?;
    }
    Ok(found)
}

fn grade(keys: &mut Keys<'_>, known: Known<'_>) -> Result<Grade, RuleError> {
    if let Some(node) = keys.take("severity") {
        return node.parsed().map(Grade::Fixed);
    }
    let by = keys.need("severity_by")?;
    let mut table = by.table()?;
    let field = table.need("field")?;
    let (field, shape) = known.field(&field.text()?).map_err(|what| field.error(what))?;
    if matches!(shape, Shape::Number | Shape::Flag | Shape::Records) {
        return Err(by.error("a field of words is expected"));
    }
    let mut map = Vec::new();
    if let Some(node) = table.take("map") {
        for (word, severity) in node.table()?.rest() {
            map.push((Text::Owned(word.to_owned()), severity.parsed()?));
        }
    }
    let mut severity = |key: &str| table.take(key).map(|node| node.parsed::<Severity>()).transpose();
    let (otherwise, at_most, at_least) =
        (severity("otherwise")?, severity("at_most")?, severity("at_least")?);
    table.end()?;
    Ok(Grade::By(Graded { field, map, otherwise, at_most, at_least }))
}

/// Splits `text {field} text {field|otherwise}` into pieces.
fn sentence(node: &Node<'_>, known: Known<'_>) -> Result<Message, RuleError> {
    let source = node.text()?;
    let mut pieces = Vec::new();
    let mut rest: &str = &source;
    while let Some((before, after)) = rest.split_once('{') {
        let (inner, after) = after.split_once('}').ok_or_else(|| node.error("`}` is missing"))?;
        let (path, otherwise) = inner.split_once('|').unwrap_or((inner, ""));
        let (field, shape) = known.field(path).map_err(|what| node.error(what))?;
        if shape == Shape::Records {
            return Err(node.error(format!("`{path}` holds records, which no message shows")));
        }
        let (before, otherwise) = (Text::Owned(before.to_owned()), Text::Owned(otherwise.to_owned()));
        pieces.push(Piece { before, field, otherwise });
        rest = after;
    }
    let end = Text::Owned(rest.to_owned());
    Ok(Message { pieces, end, source })
}

/// The fields of the fact that the message shows, unless the rule names others.
fn evidence(keys: &mut Keys<'_>, message: &Message, known: Known<'_>) -> Result<Vec<Text>, RuleError> {
    if let Some(node) = keys.take("evidence") {
        let fields = node.texts()?;
        for field in &fields {
            let (found, _) = known.field(field).map_err(|what| node.error(what))?;
            if found.of != Of::Fact {
                return Err(node.error(format!("`{field}` is no field of the fact")));
            }
        }
        return Ok(fields);
    }
    let shown = message.pieces.iter().map(|piece| &piece.field);
    let mut fields: Vec<Text> =
        shown.filter(|field: &&Field| field.of == Of::Fact).map(|field| field.name.clone()).collect();
    fields.sort();
    fields.dedup();
    Ok(fields)
}

fn examples(keys: &mut Keys<'_>, known: Known<'_>, rule: usize) -> Result<Vec<Example>, RuleError> {
    let mut found = Vec::new();
    for mut table in keys.tables("examples")? {
        let subject = table.take("in");
        found.push(Example {
            rule,
            holds: table.need("holds")?.flag()?,
            severity: table.take("severity").map(|node| node.parsed()).transpose()?,
            fact: literals(&table.need("fact")?, |field| known.field(field))?,
            subject: subject.map_or(Ok(Vec::new()), |node| {
                literals(&node, |field| known.field(&format!("in.{field}")))
            })?,
        });
        table.end()?;
    }
    let (some, others) = (found.iter().any(|one| one.holds), found.iter().any(|one| !one.holds));
    if some && others {
        Ok(found)
    } else {
        Err(keys.error("an example that holds and one that does not are expected"))
    }
}

type FieldOf<'a> = dyn Fn(&str) -> Result<(Field, Shape), String> + 'a;

fn literals<'a>(
    node: &Node<'_>,
    field: impl Fn(&str) -> Result<(Field, Shape), String> + 'a,
) -> Result<Vec<(Text, Literal)>, RuleError> {
    let field: &FieldOf<'_> = &field;
    let mut found = Vec::new();
    for (key, value) in node.table()?.rest() {
        let (_, shape) = field(key).map_err(|what| value.error(what))?;
        let literal = match shape {
            Shape::Text | Shape::Cell => Literal::Text(value.text()?),
            Shape::Number => Literal::Number(value.number()?),
            Shape::Flag => Literal::Flag(value.flag()?),
            Shape::List => Literal::Texts(value.texts()?),
            Shape::Records => Literal::Records(records(&value)?),
        };
        found.push((Text::Owned(key.to_owned()), literal));
    }
    Ok(found)
}

/// The records of an example; of their fields, only texts and lists.
fn records(node: &Node<'_>) -> Result<Vec<Vec<(Text, Literal)>>, RuleError> {
    let arg = crate::facts::Arg::default();
    let mut found = Vec::new();
    for record in node.elements()? {
        let mut fields = Vec::new();
        for (key, value) in record.table()?.rest() {
            let literal = match arg.field(key) {
                Some(Value::Words(_)) => Literal::Texts(value.texts()?),
                Some(_) => Literal::Text(value.text()?),
                None => return Err(value.error("there is no such field")),
            };
            fields.push((Text::Owned(key.to_owned()), literal));
        }
        found.push(fields);
    }
    Ok(found)
}
