//! From facts to findings.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value as Json;

use super::{
    Rules,
    hold::Case,
    list::Row,
    schema::{Companion, LookUp, Mode, Rule, Scope, Within},
    settle, tell,
};
use crate::{
    bytes::Name,
    facts::{Fact, Fields, Value},
    findings::{Finding, Severity},
};

/// The artifact, or the directory, that facts are about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The file, as it will be reported.
    pub path: &'a Name,
    /// The members that lead to the artifact, from the outermost in.
    pub members: &'a [Name],
    /// Formats that claim it; `directory` alone if it is one.
    pub formats: &'a [&'static str],
    /// Containers around it.
    pub depth: u64,
    /// Where its first byte lies in the file on disk; nothing if a step down was compressed.
    pub file_offset: Option<u64>,
}

impl<'a> Subject<'a> {
    /// A file of which nothing more is known.
    #[must_use]
    pub const fn new(path: &'a Name) -> Self {
        Self { path, members: &[], formats: &[], depth: 0, file_offset: Some(0) }
    }
}

impl Subject<'_> {
    /// Whether it is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.formats.contains(&"directory")
    }
}

/// A subject's fields, as rules see them.
struct Setting<'a> {
    subject: Subject<'a>,
    name: &'a Name,
    extension: String,
}

impl Fields for Setting<'_> {
    fn field(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "format" => Value::Words(self.subject.formats),
            "name" => Value::Bytes(self.name.file_name()),
            "extension" => Value::Bytes(self.extension.as_bytes()),
            "depth" => Value::Number(self.subject.depth),
            _ => return None,
        })
    }
}

/// A rule that holds of a fact. What it says is put into words only where it is asked for.
pub(crate) struct Hit<'a> {
    /// Number of the rule.
    pub(crate) rule: usize,
    /// The fact.
    pub(crate) fact: &'a Fact,
    /// How bad it is.
    pub(crate) severity: Severity,
    of: &'a Rule,
    subject: &'a dyn Fields,
    rows: Vec<Option<Row<'a>>>,
}

impl Hit<'_> {
    fn case(&self) -> Case<'_> {
        Case { fact: &self.fact.said, subject: self.subject, rows: &self.rows }
    }

    /// What it says in a few words.
    pub(crate) fn title(&self) -> String {
        tell::title(self.of, &self.case())
    }

    /// What it says.
    pub(crate) fn message(&self) -> String {
        tell::message(&self.of.message, &self.case())
    }

    /// What tells it from others.
    pub(crate) fn evidence(&self) -> BTreeMap<String, Json> {
        tell::evidence(&self.of.evidence, &self.case())
    }
}

impl Rules {
    /// What facts about one artifact amount to, sorted by place.
    ///
    /// Costs time in proportion to the number of facts.
    #[must_use]
    pub fn judge(&self, subject: &Subject<'_>, facts: &[Fact]) -> Vec<Finding> {
        let name = subject.members.last().unwrap_or(subject.path);
        let setting = Setting { subject: *subject, name, extension: name.extension() };
        let mut bench = Bench { rules: self, setting: &setting, facts, companions: HashMap::new() };
        let mut hits = Vec::new();
        for fact in facts {
            bench.hear(fact, &mut hits);
        }
        settle::findings(self, subject, hits)
    }

    /// Whether one rule holds of fields alone, and how bad it is then.
    pub(crate) fn holds(&self, at: usize, fact: &dyn Fields, subject: &dyn Fields) -> Option<Severity> {
        let rule = self.shelf.rules.get(at)?;
        let mut found = vec![None; self.index.questions];
        let rows = self.ask(at, rule, fact, subject, &mut found)?;
        tell::severity(&rule.grade, &Case { fact, subject, rows: &rows })
    }

    /// What the rule's look-ups find; nothing if the rule does not hold.
    fn ask<'a>(
        &'a self,
        at: usize,
        rule: &'a Rule,
        fact: &dyn Fields,
        subject: &dyn Fields,
        found: &mut [Option<Option<Row<'a>>>],
    ) -> Option<Vec<Option<Row<'a>>>> {
        let case = Case { fact, subject, rows: &[] };
        if !case.some(&rule.when) || (!rule.unless.is_empty() && case.some(&rule.unless)) {
            return None;
        }
        let mut rows = Vec::with_capacity(rule.look_ups.len());
        for (number, look_up) in rule.look_ups.iter().enumerate() {
            let question = self.index.question(at, number);
            let known = question.and_then(|question| found.get(question).copied().flatten());
            let row = known.unwrap_or_else(|| self.look_up(look_up, fact));
            if let Some(slot) = question.and_then(|question| found.get_mut(question)) {
                *slot = Some(row);
            }
            rows.push(row);
            let there = row.is_some() && Case { fact, subject, rows: &rows }.some(&look_up.cases);
            if there == look_up.absent {
                return None;
            }
        }
        Some(rows)
    }

    fn look_up<'a>(&'a self, look_up: &LookUp, fact: &dyn Fields) -> Option<Row<'a>> {
        let list = self.shelf.lists.get(look_up.list)?;
        let mut key = Vec::with_capacity(look_up.by.len());
        for field in &look_up.by {
            match fact.field(field) {
                Some(Value::Bytes(bytes)) => key.push(bytes),
                _ => return None,
            }
        }
        match (look_up.mode, key.as_slice()) {
            (Mode::Exact, key) => list.exact(key),
            (Mode::Python, [module, name]) => list.python(module, name),
            (Mode::Dotted, [name]) => list.dotted(name),
            (Mode::Passes, [name]) => list.passes(name),
            (Mode::Python | Mode::Dotted | Mode::Passes, _) => None,
        }
    }
}

/// Where the facts of one artifact are heard.
struct Bench<'a> {
    rules: &'a Rules,
    setting: &'a Setting<'a>,
    facts: &'a [Fact],
    /// Of each companion, by rule and number: the chains and shared fields that it was seen with.
    companions: HashMap<(usize, usize), HashSet<Vec<u8>>>,
}

impl<'a> Bench<'a> {
    fn hear(&mut self, fact: &'a Fact, hits: &mut Vec<Hit<'a>>) {
        let rules = self.rules;
        let scope = if self.setting.subject.is_directory() { Scope::Directory } else { Scope::Artifact };
        let mut found = vec![None; rules.index.questions];
        for &at in rules.index.of_kind(fact.said.kind()) {
            let Some(rule) = rules.shelf.rules.get(at).filter(|rule| rule.scope == scope) else { continue };
            let Some(rows) = rules.ask(at, rule, &fact.said, self.setting, &mut found) else { continue };
            let case = Case { fact: &fact.said, subject: self.setting, rows: &rows };
            let Some(severity) = tell::severity(&rule.grade, &case) else { continue };
            if !self.accompanied(at, rule, fact) {
                continue;
            }
            hits.push(Hit { rule: at, fact, severity, of: rule, subject: self.setting, rows });
        }
    }

    /// Whether the facts that the rule wants are there, and those that it does not want are not.
    fn accompanied(&mut self, at: usize, rule: &Rule, fact: &Fact) -> bool {
        rule.companions.iter().enumerate().all(|(number, companion)| {
            let (facts, setting) = (self.facts, self.setting);
            let seen = self.companions.entry((at, number)).or_insert_with(|| seen(companion, facts, setting));
            seen.contains(&tie(companion, fact)) != companion.absent
        })
    }
}

/// The ties of all facts that meet a companion's conditions.
fn seen(companion: &Companion, facts: &[Fact], setting: &Setting<'_>) -> HashSet<Vec<u8>> {
    let meets = |fact: &&Fact| {
        fact.said.kind() == companion.fact
            && Case { fact: &fact.said, subject: setting, rows: &[] }.some(&companion.cases)
    };
    facts.iter().filter(meets).map(|fact| tie(companion, fact)).collect()
}

/// What ties two facts: the chain, if it counts, and the fields in which they agree.
fn tie(companion: &Companion, fact: &Fact) -> Vec<u8> {
    let mut tie = Vec::new();
    if companion.within == Within::Chain {
        tie.extend_from_slice(&fact.chain.to_le_bytes());
    }
    for field in &companion.same {
        if let Some(Value::Bytes(bytes)) = fact.said.field(field) {
            tie.extend_from_slice(bytes);
        }
        tie.push(0);
    }
    tie
}
