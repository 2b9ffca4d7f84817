//! Floor 3: rules as data, from facts to findings.
//!
//! A rule looks at one kind of fact. The rules that come with mlscan are checked and packed when it is
//! built; a folder of a user's own adds to them, replaces them and extends their lists.

mod cases;
pub mod doc;
mod hold;
mod judge;
mod list;
mod pack;
mod page;
mod pattern;
mod read;
mod schema;
mod settle;
mod shelve;
mod tell;
mod trial;

use std::{collections::HashMap, path::Path};

pub use doc::Entry;
pub use judge::Subject;
pub use page::RuleError;

use pack::{Pack as _, Packed};
use schema::{Example, Shelf};

/// Rules and the lists that they ask.
pub struct Rules {
    shelf: Shelf,
    examples: Vec<Example>,
    index: Index,
    digest: String,
}

impl Rules {
    /// The rules that come with mlscan. Costs next to nothing: they lie in the binary, checked.
    #[must_use]
    pub fn builtin() -> Self {
        let mut packed = Packed::new(include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin")));
        let digest = include_str!(concat!(env!("OUT_DIR"), "/rules.sha256"));
        Self::new(Shelf::unpack(&mut packed).unwrap_or_default(), Vec::new(), digest.to_owned())
    }

    /// The rules that come with mlscan and those of a folder: see [`Rules::and_dir`].
    ///
    /// # Errors
    /// As for [`Rules::and_dir`].
    pub fn with_dir(folder: &Path) -> Result<Self, RuleError> {
        Self::builtin().and_dir(folder)
    }

    /// Adds the rules of a folder: one with a known identifier replaces it, and the rows of
    /// `lists/x.tsv` join those of the list `x`, where later rows win.
    ///
    /// # Errors
    /// A [`RuleError`] with file, line and key if anything in the folder is not understood.
    pub fn and_dir(self, folder: &Path) -> Result<Self, RuleError> {
        let mut shelf = self.shelf;
        let examples = shelve::shelve(&mut shelf, &shelve::gather(folder)?)?;
        let mut packed = Vec::new();
        shelf.pack(&mut packed);
        let digest = shelve::digest(&packed);
        Ok(Self::new(shelf, examples, digest))
    }

    fn new(shelf: Shelf, examples: Vec<Example>, digest: String) -> Self {
        let index = Index::new(&shelf);
        Self { shelf, examples, index, digest }
    }

    /// SHA-256 of all rules and lists, in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// What makes judging quick.
struct Index {
    /// Rules of each kind of fact.
    kinds: HashMap<String, Vec<usize>>,
    /// For each rule, the rules that subsume it.
    subsumed_by: Vec<Vec<usize>>,
    /// For each rule, the rules that absorb it.
    absorbed_by: Vec<Vec<usize>>,
    /// For each look-up of each rule, the number of its question: equal ones share it.
    looks: Vec<Vec<usize>>,
    /// Number of different questions.
    questions: usize,
}

impl Index {
    fn new(shelf: &Shelf) -> Self {
        let mut kinds: HashMap<String, Vec<usize>> = HashMap::new();
        let subsumed_by = above(shelf, |rule| &rule.subsumes);
        let absorbed_by = above(shelf, |rule| &rule.absorbs);
        let mut asked = Vec::new();
        let mut looks = Vec::with_capacity(shelf.rules.len());
        for (at, rule) in shelf.rules.iter().enumerate() {
            kinds.entry(rule.fact.to_string()).or_default().push(at);
            let question = |look_up: &schema::LookUp| {
                let key = (look_up.list, look_up.mode, look_up.by.clone(), rule.fact.clone());
                asked.iter().position(|one| *one == key).unwrap_or_else(|| {
                    asked.push(key);
                    asked.len().saturating_sub(1)
                })
            };
            looks.push(rule.look_ups.iter().map(question).collect());
        }
        Self { kinds, subsumed_by, absorbed_by, looks, questions: asked.len() }
    }

    fn of_kind(&self, kind: &str) -> &[usize] {
        self.kinds.get(kind).map_or(&[], Vec::as_slice)
    }

    fn subsumed_by(&self, rule: usize) -> &[usize] {
        self.subsumed_by.get(rule).map_or(&[], Vec::as_slice)
    }

    fn absorbed_by(&self, rule: usize) -> &[usize] {
        self.absorbed_by.get(rule).map_or(&[], Vec::as_slice)
    }

    fn question(&self, rule: usize, look_up: usize) -> Option<usize> {
        self.looks.get(rule)?.get(look_up).copied()
    }
}

/// For each rule, those that name it in a list of theirs.
fn above(shelf: &Shelf, names: impl Fn(&schema::Rule) -> &Vec<pack::Text>) -> Vec<Vec<usize>> {
    let mut above = vec![Vec::new(); shelf.rules.len()];
    for (at, rule) in shelf.rules.iter().enumerate() {
        for name in names(rule) {
            let other = shelf.rules.iter().position(|one| one.id == *name);
            if let Some(by) = other.and_then(|other| above.get_mut(other)) {
                by.push(at);
            }
        }
    }
    above
}
