//! Files of rules and lists become one shelf: at build time, and again when a user adds his own.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    list::List,
    pack::Text,
    page::{Page, RuleError},
    read,
    schema::{Example, Grade, Of, Shelf},
};
use crate::findings::Severity;

/// A file: its path relative to the folder of rules, and its text.
pub(crate) type File = (String, String);

/// Rules and lists below a folder, sorted by their paths relative to it.
pub(crate) fn gather(root: &Path) -> Result<Vec<File>, RuleError> {
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, below)) = folders.pop() {
        let wrong = |error: &io::Error, file: String| {
            Err(RuleError { file, line: 0, key: String::new(), what: error.to_string() })
        };
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(error) => return wrong(&error, below),
        };
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let file = format!("{below}{name}");
            if path.is_dir() && !name.starts_with('.') {
                folders.push((path, format!("{file}/")));
            } else if file.ends_with(".toml") || file.ends_with(".tsv") {
                match fs::read_to_string(&path) {
                    Ok(text) => files.push((file, text)),
                    Err(error) => return wrong(&error, file),
                }
            }
        }
    }
    files.sort();
    Ok(files)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// Puts files on a shelf. A rule replaces the one with its identifier, a row the one with its key.
pub(crate) fn shelve(shelf: &mut Shelf, files: &[File]) -> Result<Vec<Example>, RuleError> {
    lists(shelf, files)?;
    let mut examples = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".toml")) {
        let (rule, mut found) = read::rule(Page { file, text }, &shelf.lists, 0)?;
        let known = shelf.rules.iter().position(|one| one.id == rule.id);
        let at = known.unwrap_or(shelf.rules.len());
        match shelf.rules.get_mut(at) {
            Some(old) => *old = rule,
            None => shelf.rules.push(rule),
        }
        found.iter_mut().for_each(|example| example.rule = at);
        examples.append(&mut found);
    }
    agree(shelf)?;
    Ok(examples)
}

/// Reads the lists that rules ask.
fn lists(shelf: &mut Shelf, files: &[File]) -> Result<(), RuleError> {
    let mut keys = std::collections::BTreeMap::new();
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".toml")) {
        keys.extend(read::lists_of(Page { file, text })?);
    }
    for (file, text) in files {
        let Some(name) = file.strip_prefix("lists/").and_then(|name| name.strip_suffix(".tsv")) else {
            continue;
        };
        let at = shelf.lists.iter().position(|list| list.name == name).unwrap_or_else(|| {
            shelf.lists.push(List { name: Text::Owned(name.to_owned()), ..List::default() });
            shelf.lists.len().saturating_sub(1)
        });
        let Some(list) = shelf.lists.get_mut(at) else { continue };
        let read = list.read(text, keys.get(name).copied().unwrap_or(1));
        read.map_err(|(line, what)| RuleError { file: file.clone(), line, key: String::new(), what })?;
    }
    Ok(())
}

/// SHA-256 of a packed shelf, in hexadecimal digits.
pub(crate) fn digest(packed: &[u8]) -> String {
    Sha256::digest(packed).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All rules that a rule subsumes, by whatever steps.
fn below<'a>(shelf: &'a Shelf, id: &Text) -> Vec<&'a Text> {
    let mut found: Vec<&Text> = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let rules = shelf.rules.iter().filter(|rule| rule.id == *id);
        for other in rules.flat_map(|rule| rule.subsumes.iter().chain(&rule.absorbs)) {
            if !found.contains(&other) {
                found.push(other);
                open.push(other);
            }
        }
    }
    found
}

/// Checks what no single file shows: names of other rules, and severities that lists give.
fn agree(shelf: &Shelf) -> Result<(), RuleError> {
    for rule in &shelf.rules {
        let wrong = |key: &str, what: String| {
            let file = format!("{}/{}.toml", rule.family, rule.id);
            Err(RuleError { file, line: 0, key: key.to_owned(), what })
        };
        for other in rule.subsumes.iter().chain(&rule.absorbs) {
            if !shelf.rules.iter().any(|one| one.id == *other) {
                return wrong("subsumes", format!("there is no rule `{other}`"));
            }
            if other != &rule.id && below(shelf, other).contains(&&rule.id) {
                return wrong("subsumes", format!("`{other}` subsumes this one too"));
            }
        }
        let Grade::By(graded) = &rule.grade else { continue };
        if graded.field.of != Of::Column || !graded.map.is_empty() {
            continue;
        }
        let list = rule.look_ups.get(graded.field.look_up).and_then(|one| shelf.lists.get(one.list));
        for row in list.into_iter().flat_map(List::rows) {
            let cell = row.cell(&graded.field.name);
            if cell.parse::<Severity>().is_err() {
                let entry = row.cell("entry");
                return wrong(
                    "severity_by",
                    format!("the list says `{cell}` of `{entry}`, which is no severity"),
                );
            }
        }
    }
    Ok(())
}
