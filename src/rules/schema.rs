//! What a rule is.

use super::{
    list::List,
    pack::{Pack, Packed, Text, packed_enum, packed_struct, packed_words},
    pattern::Pattern,
};
use crate::findings::Severity;

packed_words! {
    /// Whose field is meant.
    Of {
        /// The fact's.
        Fact = "fact",
        /// The artifact's: `in.format`, …
        Subject = "in",
        /// A column of the row that a look-up found.
        Column = "column",
    }
}

packed_struct! {
    /// A field that a rule names.
    Field {
        /// Whose it is.
        of: Of,
        /// Number of the look-up that a column belongs to.
        look_up: usize,
        /// Its name.
        name: Text,
    }
}

packed_enum! {
    /// What may be asked of one value.
    Test {
        /// It is one of these words.
        Is(Vec<Text>),
        /// It begins with one of these.
        Prefix(Vec<Text>),
        /// It ends with one of these.
        Suffix(Vec<Text>),
        /// One of these occurs in it.
        Contains(Vec<Text>),
        /// It matches one of these, in which `*` stands for anything and `?` for one byte.
        Glob(Vec<Text>),
        /// The expression occurs in it.
        Regex(Pattern),
        /// It is a number in this range; of a list, its length; of text, its number of bytes.
        Range((u64, u64)),
        /// It is true or false.
        Flag(bool),
        /// Not all of these hold.
        Not(Vec<Test>),
        /// One element of the list passes all of these.
        Any(Vec<Test>),
        /// Every element of the list passes all of these.
        All(Vec<Test>),
        /// One record of the list meets all of these.
        AnyRecord(Vec<Cond>),
        /// Every record of the list meets all of these.
        AllRecords(Vec<Cond>),
    }
}

packed_struct! {
    /// Tests of one field; all must hold.
    Cond {
        /// The field.
        field: Field,
        /// The tests.
        tests: Vec<Test>,
    }
}

/// Alternatives, each a set of conditions that hold together; an empty list always holds.
pub(crate) type Cases = Vec<Vec<Cond>>;

packed_words! {
    /// How a key finds its row.
    Mode {
        /// The whole key.
        Exact = "exact",
        /// As Python would resolve a dotted name.
        Python = "python",
        /// As Python would resolve a dotted name that begins with its module.
        Dotted = "dotted",
        /// Whether a dotted name passes through a module of the list.
        Passes = "passes",
    }
}

packed_struct! {
    /// A question to a list.
    LookUp {
        /// Number of the list.
        list: usize,
        /// The name by which its columns are called.
        alias: Text,
        /// The fields that make up the key.
        by: Vec<Text>,
        /// How the key finds its row.
        mode: Mode,
        /// Whether no such row must be found.
        absent: bool,
        /// What must hold of the row.
        cases: Cases,
    }
}

packed_words! {
    /// Where a companion is searched.
    Within {
        /// Among facts of the same chain.
        Chain = "chain",
        /// Among all facts of the artifact.
        Artifact = "artifact",
    }
}

packed_struct! {
    /// Another fact that must, or must not, be there.
    Companion {
        /// Its kind.
        fact: Text,
        /// Where it is searched.
        within: Within,
        /// Fields in which the two agree.
        same: Vec<Text>,
        /// What must hold of it.
        cases: Cases,
        /// Whether none may be there.
        absent: bool,
    }
}

packed_struct! {
    /// A severity that depends on a field.
    Graded {
        /// The field.
        field: Field,
        /// What its words mean; empty if they are severities.
        map: Vec<(Text, Severity)>,
        /// For any other word; without it the rule does not hold.
        otherwise: Option<Severity>,
        /// The worst that it may be.
        at_most: Option<Severity>,
        /// The least that it may be.
        at_least: Option<Severity>,
    }
}

packed_enum! {
    /// How bad a finding is.
    Grade {
        /// Always the same.
        Fixed(Severity),
        /// It depends.
        By(Graded),
    }
}

impl Default for Grade {
    fn default() -> Self {
        Self::Fixed(Severity::Info)
    }
}

packed_words! {
    /// What a rule is about.
    Scope {
        /// One artifact.
        Artifact = "artifact",
        /// What only a directory shows.
        Directory = "directory",
    }
}

packed_struct! {
    /// Text, then a field.
    Piece {
        /// The text.
        before: Text,
        /// The field.
        field: Field,
        /// What is written if the field is empty.
        otherwise: Text,
    }
}

packed_struct! {
    /// A sentence with fields.
    Message {
        /// Its pieces.
        pieces: Vec<Piece>,
        /// The text after the last field.
        end: Text,
        /// As it was written.
        source: Text,
    }
}

packed_struct! {
    /// One rule.
    Rule {
        /// Identifier: the stem of its file.
        id: Text,
        /// The folder of its file.
        family: Text,
        /// What is wrong, in a few words.
        title: Text,
        /// The title of a finding, with fields; empty if it is that of the rule.
        headline: Message,
        /// How bad it is.
        grade: Grade,
        /// The kind of fact that it looks at.
        fact: Text,
        /// What it is about.
        scope: Scope,
        /// Alternatives, of which one must hold.
        when: Cases,
        /// Alternatives, of which none may hold.
        unless: Cases,
        /// Questions to lists, in order.
        look_ups: Vec<LookUp>,
        /// Facts that must, or must not, be there too.
        companions: Vec<Companion>,
        /// Rules whose findings on the same chain disappear into this one's.
        subsumes: Vec<Text>,
        /// Rules whose findings anywhere in the same artifact disappear into this one's.
        absorbs: Vec<Text>,
        /// What the file does.
        message: Message,
        /// Fields that tell one finding of this rule from another.
        evidence: Vec<Text>,
        /// What an attacker gains.
        why: Text,
        /// What the owner does about it.
        fix: Text,
        /// CWE, ATLAS, advisories, papers.
        references: Vec<Text>,
        /// A file that it is about.
        evil: Text,
        /// A file that looks like one and is not.
        honest: Text,
    }
}

packed_enum! {
    /// A value in an example.
    Literal {
        /// Text.
        Text(Text),
        /// A number.
        Number(u64),
        /// True or false.
        Flag(bool),
        /// Several texts.
        Texts(Vec<Text>),
        /// Several records.
        Records(Vec<Vec<(Text, Literal)>>),
    }
}

packed_struct! {
    /// A fact for which a rule holds, or does not.
    Example {
        /// Number of the rule.
        rule: usize,
        /// Whether it holds.
        holds: bool,
        /// The severity that is expected, if it is said.
        severity: Option<Severity>,
        /// Fields of the fact.
        fact: Vec<(Text, Literal)>,
        /// Fields of the artifact.
        subject: Vec<(Text, Literal)>,
    }
}

packed_struct! {
    /// All that judges.
    Shelf {
        /// Rules, by identifier.
        rules: Vec<Rule>,
        /// Lists, by name.
        lists: Vec<List>,
    }
}

/// Fields of an artifact: name and meaning.
pub(crate) const SUBJECT: &[(&str, &str)] = &[
    ("format", "Formats that claim the artifact."),
    ("name", "The innermost name: the last member, or the file."),
    ("extension", "Lower-case text after the last dot of that name."),
    ("depth", "Containers around it."),
];
