//! The build script: checks the rules and packs them, so that start-up costs nothing.
#![allow(dead_code, reason = "of the modules shared with the library the build needs only a part")]
#![allow(unreachable_pub, reason = "the shared modules are public in the library")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[path = "cases.rs"]
mod cases;
#[path = "list.rs"]
mod list;
#[path = "pack.rs"]
mod pack;
#[path = "page.rs"]
mod page;
#[path = "read.rs"]
mod read;
#[path = "schema.rs"]
mod schema;
#[path = "../findings/severity.rs"]
mod severity;
#[path = "shelve.rs"]
mod shelve;
#[path = "../facts/table.rs"]
mod table;
#[path = "../facts/value.rs"]
mod value;

use pack::Pack as _;
use table::Arg;
use value::{Fields, Value};

/// Stands in for the library's floor of that name.
mod bytes {
    /// Bytes that are a name.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
    pub(crate) struct Name(Vec<u8>);

    impl Name {
        /// The bytes.
        pub(crate) fn as_bytes(&self) -> &[u8] {
            &self.0
        }
    }
}

/// Stands in for the library's floor of that name.
mod facts {
    pub(crate) use crate::{
        table::{Arg, KINDS, Said},
        value::{Fields, Value},
    };
}

/// Stands in for the library's floor of that name.
mod findings {
    pub(crate) use crate::severity::Severity;
}

/// Stands in for patterns, which the library compiles and its tests check.
mod pattern {
    use crate::pack::{Pack, Packed, Text};

    /// A regular expression that is only carried.
    #[derive(Clone, Debug)]
    pub(crate) struct Pattern(Text);

    impl Pattern {
        /// The expression with this text.
        pub(crate) const fn new(text: Text) -> Self {
            Self(text)
        }

        /// Nothing is known to be wrong.
        pub(crate) const fn flaw(&self) -> Option<String> {
            None
        }
    }

    impl Pack for Pattern {
        fn pack(&self, out: &mut Vec<u8>) {
            self.0.pack(out);
        }

        fn unpack(from: &mut Packed) -> Option<Self> {
            Text::unpack(from).map(Self)
        }
    }
}

/// Stands in for the library's type of that name.
#[derive(Clone, Copy)]
struct GapCode;

impl GapCode {
    const fn word(self) -> &'static str {
        ""
    }
}

fn main() -> Result<(), String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("rules");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    say("cargo::rerun-if-changed=rules");
    say("cargo::rerun-if-changed=src/rules");
    say("cargo::rerun-if-changed=src/facts/table.rs");
    let files = shelve::gather(&root).map_err(|error| format!("rules/{error}"))?;
    let mut shelf = schema::Shelf::default();
    let examples = shelve::shelve(&mut shelf, &files).map_err(|error| format!("rules/{error}"))?;
    let mut packed = Vec::new();
    shelf.pack(&mut packed);
    write(&out.join("rules.bin"), &packed)?;
    write(&out.join("rules.sha256"), shelve::digest(&packed).as_bytes())?;
    let mut packed = Vec::new();
    examples.pack(&mut packed);
    write(&out.join("examples.bin"), &packed)
}

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn say(line: &str) {
    println!("{line}");
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| error.to_string())
}
