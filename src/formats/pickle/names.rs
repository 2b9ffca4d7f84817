//! Names that streams look up, as Python 3 resolves them (`find_class` in `Lib/pickle.py`).

use std::{collections::HashMap, sync::LazyLock};

use super::{reading::Readings, registry, state::Raise};
use crate::{
    bytes::{Name, index, wide},
    facts::Import,
};

/// New module and name by old module and name.
type Renamed = HashMap<(&'static str, &'static str), (&'static str, &'static str)>;

/// Names of Python 2 and what `fix_imports` makes of them (`Lib/_compat_pickle.py`).
static PYTHON2: LazyLock<Renamed> = LazyLock::new(|| {
    let rows = include_str!("python2.tsv").lines().skip(1);
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        ((next(), next()), (next(), next()))
    };
    rows.map(row).collect()
});

/// Module and name as `fix_imports` maps them below protocol 3.
fn mapped<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    if let Some(&found) = PYTHON2.get(&(module, name)) {
        return found;
    }
    PYTHON2.get(&(module, "*")).map_or((module, name), |&(new, _)| (new, name))
}

/// What was made of a name, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Used {
    Mentioned,
    Made,
    Set,
    Handed,
    Called,
}

impl Used {
    const fn word(self) -> &'static str {
        match self {
            Self::Mentioned => "mentioned",
            Self::Made => "made",
            Self::Set => "set",
            Self::Handed => "handed",
            Self::Called => "called",
        }
    }
}

/// One name that was looked up or reached.
#[derive(Clone, Debug)]
pub(super) struct Global {
    pub(super) module: Box<[u8]>,
    pub(super) name: Box<[u8]>,
    pub(super) raw_module: Box<[u8]>,
    pub(super) raw_name: Box<[u8]>,
    pub(super) how: &'static str,
    /// Offset of the opcode that looked it up first, and its length.
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) readings: Readings,
    pub(super) used: Used,
    pub(super) given: String,
    pub(super) stray: bool,
}

impl Global {
    /// Module and name, joined by a dot.
    pub(super) fn dotted(&self) -> Vec<u8> {
        dotted(&self.module, &self.name)
    }

    /// The fact that states it.
    pub(super) fn fact(&self, whole: Readings) -> Import {
        Import {
            module: Name::from(&*self.module),
            name: Name::from(&*self.name),
            raw_module: Name::from(&*self.raw_module),
            raw_name: Name::from(&*self.raw_name),
            how: self.how,
            used: self.used.word(),
            given: self.given.clone(),
            readings: self.readings.word(whole),
            package: Name::from(package(&self.module)),
            shape: shape(&self.name),
        }
    }
}

/// A module and a name within it, joined by a dot.
pub(super) fn dotted(module: &[u8], name: &[u8]) -> Vec<u8> {
    if module.is_empty() {
        return name.to_vec();
    }
    [module, b".", name].concat()
}

/// First component of a module.
pub(super) fn package(module: &[u8]) -> &[u8] {
    module.split(|&byte| byte == b'.').next().unwrap_or_default()
}

/// What the last component of a name looks like.
pub(super) fn shape(name: &[u8]) -> &'static str {
    let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let bare = last.iter().position(|&byte| byte != b'_').and_then(|at| last.get(at..)).unwrap_or_default();
    if last.starts_with(b"__") && last.ends_with(b"__") && last.len() > 4 {
        "dunder"
    } else if bare.len() > 1
        && bare.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
    {
        "constant"
    } else if bare.first().is_some_and(u8::is_ascii_uppercase) {
        "class"
    } else {
        "function"
    }
}

/// Units of work of a new name, which stays in memory until the file is judged.
const NEW: u64 = 4096;

/// All names of one file, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    table: Vec<Global>,
    known: HashMap<[Vec<u8>; 4], u64>,
    /// Units of work for new names since they were last paid for: a price for each, and for each of its bytes.
    pub(super) unpaid: u64,
    /// What the stream has put into the registry of extension codes.
    pub(super) registry: HashMap<u64, (Vec<u8>, Vec<u8>)>,
    /// Offset of the event that last put something there.
    pub(super) registered_at: u64,
    /// Names that it has put into the cache of that registry.
    pub(super) cached: HashMap<u64, u64>,
    /// Modules that the stream has given another name.
    pub(super) aliases: HashMap<Vec<u8>, Vec<u8>>,
    /// Whether something else may have changed that registry.
    pub(super) registry_touched: bool,
}

/// Where and by whom a name is looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup {
    pub(super) how: &'static str,
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) readings: Readings,
    pub(super) protocol: u8,
    pub(super) stray: bool,
}

impl Names {
    /// Looks a name up as `find_class` does at the protocol in force: its number, and whether the loaders
    /// raise after they have imported the module.
    pub(super) fn find_class(
        &mut self,
        module: &[u8],
        name: &[u8],
        lookup: Lookup,
    ) -> (u64, Result<(), Raise>) {
        let spelled = (std::str::from_utf8(module), std::str::from_utf8(name));
        let (new_module, new_name) = match spelled {
            (Ok(module), Ok(name)) if lookup.protocol < 3 => {
                let (module, name) = mapped(module, name);
                (module.as_bytes(), name.as_bytes())
            }
            _ => (module, name),
        };
        let number = self.add([new_module, new_name, module, name], lookup);
        (number, resolves(new_module, new_name, lookup.protocol))
    }

    /// A name that is reached through attributes or by a function.
    pub(super) fn reach(&mut self, module: &[u8], name: &[u8], lookup: Lookup) -> u64 {
        self.add([module, name, module, name], lookup)
    }

    fn add(&mut self, [module, name, raw_module, raw_name]: [&[u8]; 4], lookup: Lookup) -> u64 {
        let key = [module, name, raw_module, raw_name].map(<[u8]>::to_vec);
        let next = wide(self.table.len());
        let number = *self.known.entry(key).or_insert(next);
        if number == next {
            let bytes = wide(module.len().saturating_add(name.len()));
            self.unpaid = self.unpaid.saturating_add(NEW).saturating_add(bytes.saturating_mul(8));
            self.registry_touched |= registry::touches(module, name);
            self.table.push(Global {
                module: module.into(),
                name: name.into(),
                raw_module: raw_module.into(),
                raw_name: raw_name.into(),
                how: lookup.how,
                at: lookup.at,
                len: lookup.len,
                readings: lookup.readings,
                used: Used::Mentioned,
                given: String::new(),
                stray: lookup.stray,
            });
        } else if let Some(global) = self.table.get_mut(index(number)) {
            global.readings = global.readings | lookup.readings;
            global.stray &= lookup.stray;
            if global.how == "path" {
                global.how = lookup.how;
            }
        }
        number
    }

    pub(super) fn get(&self, number: u64) -> Option<&Global> {
        self.table.get(index(number))
    }

    /// Notes a use of a name, with the expression of its first call.
    pub(super) fn used(&mut self, number: u64, used: Used, given: Option<&str>) {
        if let Some(global) = self.table.get_mut(index(number)) {
            global.used = global.used.max(used);
            if let Some(given) = given.filter(|_| global.given.is_empty()) {
                global.given = given.to_owned();
                self.unpaid = self.unpaid.saturating_add(wide(given.len()));
            }
        }
    }

    pub(super) fn all(&self) -> &[Global] {
        &self.table
    }
}

/// Whether a name can be found where every module and attribute exists.
fn resolves(module: &[u8], name: &[u8], protocol: u8) -> Result<(), Raise> {
    let components: Vec<&[u8]> = name.split(|&byte| byte == b'.').collect();
    let odd = |component: &&[u8]| component.is_empty() || (protocol >= 4 && **component == *b"<locals>");
    let dots = protocol < 4 && components.len() > 1;
    if module.is_empty() || module.contains(&0) || dots || components.iter().any(odd) {
        return Err(Raise::Type);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_2_names_are_mapped() {
        assert_eq!(mapped("__builtin__", "eval"), ("builtins", "eval"));
        assert_eq!(mapped("__builtin__", "reduce"), ("functools", "reduce"));
        assert_eq!(mapped("os", "system"), ("os", "system"));
    }

    #[test]
    fn a_name_has_a_shape() {
        let shapes =
            [&b"OrderedDict"[..], b"a._Tree", b"system", b"__globals__", b"CDLL", b"_reconstruct"].map(shape);
        assert_eq!(shapes, ["class", "class", "function", "dunder", "constant", "function"]);
    }
}
