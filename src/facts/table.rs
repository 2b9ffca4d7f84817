//! The table of fact kinds: every kind and field is declared here, once.

use super::{Fields, GapCode, Value, value::AsValue};
use crate::bytes::Name;

/// A kind of fact, as rules and documents see it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The word that rules use.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Its fields: name and meaning.
    pub fields: &'static [(&'static str, &'static str)],
    /// A fact of this kind with nothing in it.
    pub blank: fn() -> Said,
}

macro_rules! record {
    ($(#[doc = $doc:literal])+ $kind:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $kind {
            $($(#[doc = $field_doc])+ pub $field: $type,)*
        }

        impl Fields for $kind {
            fn field(&self, name: &str) -> Option<Value<'_>> {
                match name {
                    $(stringify!($field) => Some(self.$field.value()),)*
                    _ => None,
                }
            }
        }
    };
}

macro_rules! facts {
    ($($(#[doc = $doc:literal])+ $kind:ident = $word:literal {
        $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)*
    })*) => {
        $(record! { $(#[doc = $doc])+ $kind { $($(#[doc = $field_doc])+ $field: $type,)* } })*

        /// What a fact says.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Said {
            $($(#[doc = $doc])+ $kind(Box<$kind>),)*
        }

        impl Said {
            /// The word that rules use for this kind.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $word,)*
                }
            }
        }

        impl Fields for Said {
            fn field(&self, name: &str) -> Option<Value<'_>> {
                match self {
                    $(Self::$kind(said) => said.field(name),)*
                }
            }
        }

        $(impl From<$kind> for Said {
            fn from(said: $kind) -> Self {
                Self::$kind(Box::new(said))
            }
        })*

        /// Every kind of fact.
        pub static KINDS: &[Kind] = &[$(Kind {
            name: $word,
            doc: concat!($($doc),+),
            fields: &[$((stringify!($field), concat!($($field_doc),+)),)*],
            blank: || Said::$kind(Box::default()),
        },)*];
    };
}

record! {
    /// One argument of a call.
    Arg {
        /// `constant`, `computed`, `global`, `object`, `container`, `unknown`.
        kind: &'static str,
        /// What the text looks like or is: `url`, `path`, `command`, `code`, `import-path`, `pickle`, `number`, `text`, `bytes`, `list`, `dict`, `tuple`, …
        classes: Vec<&'static str>,
        /// Name of a keyword argument; empty for a positional one.
        keyword: String,
        /// The argument as Python source, cut to a readable length.
        text: String,
    }
}

facts! {
    /// A name that loading looks up, and so imports its module.
    Import = "import" {
        /// Dotted module as Python 3 would import it.
        module: Name,
        /// Attribute taken from it; may be dotted.
        name: Name,
        /// Module as it is spelled in the file.
        raw_module: Name,
        /// Attribute as it is spelled in the file.
        raw_name: Name,
        /// How it is looked up: `global`, `stack-global`, `inst`, `ext`, `path` (followed through attributes or by a function).
        how: &'static str,
        /// The strongest use made of it: `called`, `made` (instantiated), `handed` (given to a call), `set` (changed), `mentioned`.
        used: &'static str,
        /// How it was first called, as Python source; empty if it was not.
        given: String,
        /// Which readings see it: `all`, `some`, `reuse` (only an Unpickler that is used again), `stray` (only one that takes raw arrays for opcodes).
        readings: &'static str,
        /// First component of the module: the package it comes from.
        package: Name,
        /// What the last component looks like: `class` (capitalised), `function`, `dunder`, `constant` (upper case).
        shape: &'static str,
    }
    /// A call that loading makes.
    Call = "call" {
        /// The effective callee, dotted: module and name, or an expression.
        callee: Name,
        /// Module of the effective callee.
        module: Name,
        /// Name within that module; may be dotted.
        name: Name,
        /// What makes the call: `reduce`, `inst`, `obj`, `newobj`, `build`, `setitem`, `append`, `extend`, `add`, `persid`, `callback`.
        via: &'static str,
        /// How the callee was reached: `direct`, or by `attribute`, `partial`, `import`, `lookup`, `iteration`, `later`.
        reached: &'static str,
        /// Positional and keyword arguments.
        args: Vec<Arg>,
        /// All that the arguments look like or are.
        classes: Vec<&'static str>,
        /// The call as Python source, cut to a readable length.
        expression: String,
        /// Which readings make it: `all`, `some`, `reuse` (only an Unpickler that is used again), `stray` (only one that takes raw arrays for opcodes).
        readings: &'static str,
        /// What the last component of the name looks like: `class`, `function`, `dunder`, `constant`.
        shape: &'static str,
        /// First component of the module: the package it comes from.
        package: Name,
        /// Number of the stream in its file, from 0.
        stream: u64,
    }
    /// A change that loading makes to something that existed before.
    Mutation = "mutation" {
        /// What is changed, dotted.
        target: Name,
        /// Module of the target.
        module: Name,
        /// Name of the target within its module.
        name: Name,
        /// `setitem`, `setattr`, `append`, `add`, `setstate`.
        how: &'static str,
        /// What is set, as Python source.
        key: String,
        /// To what, as Python source.
        value: String,
        /// The statement as Python source.
        expression: String,
        /// Which readings make it: `all`, `some`, or `reuse`.
        readings: &'static str,
        /// Number of the stream in its file, from 0.
        stream: u64,
    }
    /// A pickle stream.
    Stream = "stream" {
        /// Number in its file, from 0.
        number: u64,
        /// Highest protocol declared; 0 if none is.
        protocol: u64,
        /// `stop`, or `broken`.
        ended: &'static str,
        /// Number of opcodes.
        opcodes: u64,
        /// Whether it made a call or a change before it ended.
        acted: bool,
        /// Number of bytes.
        bytes: u64,
        /// `constant` or `encoded` if it lies in a constant that nothing is known to load; empty if it is loaded.
        kept: &'static str,
    }
    /// What loading would take out of proportion to the size of the file.
    Cost = "cost" {
        /// `elements`, `memory`, `digits`, `nesting`, `memo-index`, `shape`.
        what: &'static str,
        /// How many or how much.
        amount: u64,
        /// In words.
        detail: String,
    }
    /// A member of a container.
    Member = "member" {
        /// Name as the container gives it.
        name: Name,
        /// Bytes when unpacked.
        size: u64,
        /// Bytes as stored.
        packed: u64,
        /// `stored`, `deflate`, `bzip2`, …
        method: &'static str,
        /// What loaders would stumble over: `encrypted`, `local-name-differs`, `duplicate`, `unlisted`, `overlapping`, `crc-differs`, …
        oddities: Vec<&'static str>,
        /// The kind of container: `zip`, `tar`, …
        container: &'static str,
        /// The other value where two disagree.
        other: Name,
    }
    /// A name in a directory or archive, as extracting or loading would use it.
    Entry = "entry" {
        /// The name.
        name: Name,
        /// `file`, `directory`, `link`, `hard-link`, `device`.
        what: &'static str,
        /// `absolute`, `parent`, `drive`, `backslash`, `nul`, `control`, `case-collision`, `leaves-root`, `set-uid`, …
        hazards: Vec<&'static str>,
        /// Where a link leads.
        target: Name,
    }
    /// An operation of a graph.
    Operator = "operator" {
        /// Domain; empty for the standard one.
        domain: Name,
        /// Type of the operation.
        name: Name,
        /// Name of the node.
        node: Name,
        /// Where it stands: names of graphs and functions, outermost first, joined by `/`.
        place: Name,
        /// Whether the file declares the domain's version.
        declared: bool,
    }
    /// A layer of a model whose architecture is in the file.
    Layer = "layer" {
        /// Class of the layer.
        class: Name,
        /// Its name.
        name: Name,
        /// Module that it comes from.
        module: Name,
    }
    /// A key and its value.
    Metadata = "metadata" {
        /// Key.
        key: Name,
        /// Value, cut to a readable length.
        value: Name,
        /// What the value looks like: `url`, `path`, `code`, `text`, `binary`.
        classes: Vec<&'static str>,
    }
    /// An array whose bytes need not be read.
    Tensor = "tensor" {
        /// Name.
        name: Name,
        /// Type of an element, as the format spells it.
        dtype: Name,
        /// Dimensions, as `2×3`.
        shape: String,
        /// Number of bytes.
        bytes: u64,
        /// What is wrong with it: `overlaps`, `gap`, `out-of-range`, `size-differs`, `shared-offset`, …
        oddities: Vec<&'static str>,
    }
    /// A storage that a pickle refers to by a persistent id.
    Storage = "storage" {
        /// Key: the name of the member that holds the bytes.
        key: Name,
        /// Class of the storage, dotted.
        class: Name,
        /// Device.
        device: Name,
        /// Number of elements.
        elements: u64,
        /// Bytes of an element; 0 if the class is not known.
        width: u64,
        /// What is wrong with it: `missing`, `size-differs`, `odd-key`, `odd-class`, `view-out-of-range`.
        oddities: Vec<&'static str>,
    }
    /// Text worth judging.
    Text = "text" {
        /// What it is: `python`, `template`, `shell`, `address`, `path-hook`, `installed-path-hook` (where Python packages are installed).
        what: &'static str,
        /// The text, cut to a readable length.
        value: Name,
    }
    /// A path, a URL or a module that loading follows.
    Reference = "reference" {
        /// Where to.
        to: Name,
        /// `path`, `url`, `module`, `file`, `setting` (a key that loaders do not know).
        what: &'static str,
        /// What for: `external-data`, `sibling-array`, `remote-code` (run if that is allowed), `loader-code` (run whoever loads it), `import`, `loader-module`, `install`, …
        purpose: &'static str,
        /// `absolute`, `parent`, `drive`, `backslash`, `url`, `nul`, `control`, `missing`, `too-short`, `leaves-root`, `device`, `out-of-range`, `negative`, `unknown-key`,
        /// `duplicate-key`, `not-a-number`, `empty`.
        hazards: Vec<&'static str>,
        /// Bytes that the target must have at least for what is read from it; 0 if the file does not say.
        needs: u64,
    }
    /// Program code inside the file.
    Code = "code" {
        /// `python`, `python-bytecode`, `torchscript`, `shell`, `native`.
        language: &'static str,
        /// Names that it imports, calls or uses.
        names: Vec<Name>,
        /// Where it stands or what it is for.
        place: Name,
        /// A telling piece of it.
        text: String,
    }
    /// A name that program code inside the file uses.
    Use = "use" {
        /// `python`, `python-bytecode`.
        language: &'static str,
        /// The name, dotted, from its module on; `builtins.` stands before what the code does not import.
        name: Name,
        /// `called`, `imported`, or `named`: it stands there, and what it is given to may call it.
        how: &'static str,
        /// What is known of who runs the code: `lies` (it stands in a constant), `given` (a call gets it), `made` (a code object
        /// is made of it), `member` (it is a member of a container).
        reach: &'static str,
        /// The call that gets it, dotted; empty if none does.
        given_to: Name,
        /// The line or the piece that holds it.
        text: String,
        /// Where it stands.
        place: Name,
    }
    /// Something legal or illegal that honest writers do not produce.
    Anomaly = "anomaly" {
        /// What, in kebab case.
        what: &'static str,
        /// In words, with numbers.
        detail: String,
        /// Whether a call or change was made before it.
        acted: bool,
    }
    /// A part that was not read.
    GapFact = "gap" {
        /// Why, as in [`GapCode`].
        code: &'static str,
        /// What exactly.
        detail: String,
        /// Whether a call or change was made before it, so that breaking off may be meant to hide it.
        acted: bool,
        /// Number of bytes that were not read.
        bytes: u64,
    }
}

impl GapFact {
    /// The fact that goes with a gap of this code.
    #[must_use]
    pub fn new(code: GapCode, detail: String, bytes: u64, acted: bool) -> Self {
        Self { code: code.word(), detail, acted, bytes }
    }
}
