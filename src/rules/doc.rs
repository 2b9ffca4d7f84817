//! The rules as a document.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    Rules,
    list::List,
    schema::{Grade, Graded, Of, Rule, SUBJECT},
};
use crate::{
    facts::{GapCode, KINDS},
    findings::Severity,
};

/// A rule, as the catalogue shows it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// Identifier.
    pub id: &'a str,
    /// The family that it belongs to.
    pub family: &'a str,
    /// What is wrong, in a few words.
    pub title: &'a str,
    /// How bad a finding may be: one severity, or the least and the worst.
    pub severity: String,
    /// The kind of fact that it looks at.
    pub fact: &'a str,
    /// What a finding says, with the fields of the fact in braces.
    pub message: &'a str,
    /// What an attacker gains.
    pub why: &'a str,
    /// What the owner does about it.
    pub fix: &'a str,
    /// CWE, ATLAS, advisories, papers.
    pub references: Vec<&'a str>,
    /// A file that it is about.
    pub evil: &'a str,
    /// A file that looks like one and is not.
    pub honest: &'a str,
}

impl Rules {
    /// Every rule, sorted by family and identifier.
    #[must_use]
    pub fn catalogue(&self) -> Vec<Entry<'_>> {
        let mut entries: Vec<Entry<'_>> = self.shelf.rules.iter().map(|rule| self.entry(rule)).collect();
        entries.sort_by_key(|entry| (entry.family, entry.id));
        entries
    }

    /// Each rule's identifier, and what an attacker gains by what it finds. Costs next to nothing.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shelf.rules.iter().map(|rule| (&*rule.id, &*rule.why))
    }

    fn entry<'a>(&'a self, rule: &'a Rule) -> Entry<'a> {
        Entry {
            id: &rule.id,
            family: &rule.family,
            title: &rule.title,
            severity: self.severity(rule),
            fact: &rule.fact,
            message: &rule.message.source,
            why: &rule.why,
            fix: &rule.fix,
            references: rule.references.iter().map(AsRef::as_ref).collect(),
            evil: &rule.evil,
            honest: &rule.honest,
        }
    }

    fn severity(&self, rule: &Rule) -> String {
        let all = match &rule.grade {
            Grade::Fixed(severity) => return severity.to_string(),
            Grade::By(graded) => self.grades(rule, graded),
        };
        let limit = |severity: Severity, graded: &Graded| {
            let severity = graded.at_most.map_or(severity, |most| severity.min(most));
            graded.at_least.map_or(severity, |least| severity.max(least))
        };
        let Grade::By(graded) = &rule.grade else { return String::new() };
        let all = || all.iter().map(|severity| limit(*severity, graded));
        match (all().min(), all().max()) {
            (Some(least), Some(worst)) if least != worst => format!("{least} to {worst}"),
            (Some(one), _) => one.to_string(),
            (None, _) => "as its list says".to_owned(),
        }
    }

    fn grades(&self, rule: &Rule, graded: &Graded) -> Vec<Severity> {
        let mut all: Vec<Severity> = graded.map.iter().map(|(_, severity)| *severity).collect();
        all.extend(graded.otherwise);
        if graded.map.is_empty() && graded.field.of == Of::Column {
            let list = rule.look_ups.get(graded.field.look_up).and_then(|one| self.shelf.lists.get(one.list));
            let cells = list.into_iter().flat_map(List::rows).map(|row| row.cell(&graded.field.name));
            all.extend(cells.filter_map(|cell| cell.parse::<Severity>().ok()));
        }
        all
    }
}

/// The catalogue as Markdown: a table, a section per rule, the kinds of fact, the gap codes.
#[must_use]
pub fn markdown(rules: &Rules) -> String {
    let mut out = String::from(INTRODUCTION);
    let entries = rules.catalogue();
    out.push_str("\n## Catalogue\n\n| rule | severity | what it finds |\n|---|---|---|\n");
    for entry in &entries {
        let _infallible = writeln!(out, "| [{0}](#{0}) | {1} | {2} |", entry.id, entry.severity, entry.title);
    }
    let mut family = "";
    for entry in &entries {
        if entry.family != family {
            family = entry.family;
            let _infallible = writeln!(out, "\n## {family}/");
        }
        section(&mut out, entry);
    }
    kinds(&mut out);
    out.push_str("\n## Gap codes\n\nWhy something was not read.\n\n| code | meaning |\n|---|---|\n");
    for (_, word, doc) in GapCode::ALL {
        let _infallible = writeln!(out, "| `{word}` | {} |", doc.trim());
    }
    out
}

fn section(out: &mut String, entry: &Entry<'_>) {
    let _infallible = writeln!(
        out,
        "\n### {}\n\n{}. Severity: {}. Looks at: `{}`.\n\n> {}\n\n{}\n\n**What to do.** {}\n",
        entry.id, entry.title, entry.severity, entry.fact, entry.message, entry.why, entry.fix
    );
    let _infallible = writeln!(out, "References: {}.", entry.references.join(", "));
}

fn kinds(out: &mut String) {
    out.push_str(
        "\n## Kinds of fact\n\nWhat a rule can look at, and the fields that it can test and show.\n",
    );
    for kind in KINDS {
        let _infallible = writeln!(
            out,
            "\n### fact: {}\n\n{}\n\n| field | meaning |\n|---|---|",
            kind.name,
            kind.doc.trim()
        );
        for (field, doc) in kind.fields {
            let _infallible = writeln!(out, "| `{field}` | {} |", doc.trim());
        }
    }
    out.push_str("\nEvery fact also has the fields of its artifact.\n\n| field | meaning |\n|---|---|\n");
    for (field, doc) in SUBJECT {
        let _infallible = writeln!(out, "| `in.{field}` | {doc} |");
    }
}

const INTRODUCTION: &str = include_str!("introduction.md");
