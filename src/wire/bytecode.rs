//! Python's byte code: which dotted names it looks up.
//!
//! A linear pass, never a run: a global or an imported module, and the attributes that are taken from it at
//! once or through a local variable. Opcodes are those of CPython 2.7 and 3.6 to 3.13 (`Lib/opcode.py`,
//! `Lib/_opcode_metadata.py`). Of other Pythons the numbers are not known: there each name is joined with those
//! that follow it, which is more than the code does and never less.

use std::collections::HashMap;

use super::marshal::Layout;

/// Opcodes of one range of versions.
struct Codes {
    name: u8,
    global: u8,
    /// Bits of the argument below the number of the global, and of the attribute.
    shift: (u32, u32),
    attribute: &'static [u8],
    import: u8,
    from: u8,
    store_fast: u8,
    load_fast: &'static [u8],
    store_name: &'static [u8],
    extended: u8,
    /// Opcodes between a look-up and what is done with it.
    between: &'static [u8],
}

const OLD: Codes = Codes {
    name: 101,
    global: 116,
    shift: (0, 0),
    attribute: &[106, 160],
    import: 108,
    from: 109,
    store_fast: 125,
    load_fast: &[124],
    store_name: &[90, 97],
    extended: 144,
    between: &[0, 2],
};
const TWO: Codes = Codes { extended: 145, attribute: &[106], between: &[], ..OLD };
const ELEVEN: Codes = Codes { shift: (1, 0), ..OLD };
const TWELVE: Codes = Codes { shift: (1, 1), attribute: &[106], load_fast: &[124, 127], ..OLD };
const THIRTEEN: Codes = Codes {
    name: 92,
    global: 91,
    shift: (1, 1),
    attribute: &[82],
    import: 75,
    from: 74,
    store_fast: 110,
    load_fast: &[85, 87],
    store_name: &[113, 114],
    extended: 71,
    between: &[0, 34],
};

/// Names that are given.
const MOST: usize = 4096;
/// Bytes of a dotted name.
const LONGEST: usize = 300;
/// How many of the names that follow one are joined with it where the opcodes are not known.
const NEAR: usize = 4;

/// The opcodes of this code, if they are known.
fn codes(code: &[u8], layout: Layout) -> Option<&'static Codes> {
    let has = |wanted: &[u8]| code.iter().step_by(2).any(|byte| wanted.contains(byte));
    let resumes = |byte: u8| code.iter().step_by(2).take(64).any(|&one| one == byte);
    match layout {
        Layout::Two => Some(&TWO),
        Layout::Three | Layout::Positional => Some(&OLD),
        Layout::Eleven if resumes(151) => Some(if has(&[160, 166]) { &ELEVEN } else { &TWELVE }),
        Layout::Eleven if resumes(149) => Some(&THIRTEEN),
        Layout::Eleven => None,
    }
}

/// Dotted names that the code looks up; `builtins.` stands before globals that it does not import.
#[must_use]
pub fn uses(code: &[u8], names: &[&[u8]], layout: Layout) -> Vec<Vec<u8>> {
    let Some(codes) = codes(code, layout) else { return near(names) };
    let mut pass = Pass {
        codes,
        names,
        found: Vec::new(),
        used: false,
        value: None,
        module: None,
        fast: HashMap::new(),
        global: HashMap::new(),
    };
    let mut rest = code;
    let mut wide = 0_u32;
    while let Some((&opcode, after)) = rest.split_first() {
        let argument = match (layout, after) {
            (Layout::Two, [low, high, after @ ..]) if opcode >= 90 => {
                rest = after;
                u32::from(u16::from_le_bytes([*low, *high]))
            }
            (Layout::Two, _) => {
                rest = after;
                0
            }
            (_, [argument, after @ ..]) => {
                rest = after;
                wide.wrapping_shl(8) | u32::from(*argument)
            }
            (_, []) => break,
        };
        wide = if opcode == codes.extended { argument } else { 0 };
        if opcode != codes.extended && !codes.between.contains(&opcode) {
            pass.step(opcode, argument);
        }
    }
    pass.done();
    // Code that uses no name has none, or is not what it seems: then all names are told.
    if pass.used { pass.found } else { near(names) }
}

struct Pass<'a> {
    codes: &'static Codes,
    names: &'a [&'a [u8]],
    found: Vec<Vec<u8>>,
    /// Whether an opcode used a name, be it the name of an attribute of something unknown.
    used: bool,
    /// What is on top of the stack, if it is a name.
    value: Option<Vec<u8>>,
    /// The module that names are imported from.
    module: Option<Vec<u8>>,
    fast: HashMap<u32, Vec<u8>>,
    global: HashMap<Vec<u8>, Vec<u8>>,
}

impl Pass<'_> {
    fn name(&self, number: u32) -> Option<&[u8]> {
        self.names.get(usize::try_from(number).ok()?).copied()
    }

    fn step(&mut self, opcode: u8, argument: u32) {
        let codes = self.codes;
        let shifted = |by: u32| argument.wrapping_shr(by);
        if opcode == codes.global || opcode == codes.name {
            let number = if opcode == codes.global { shifted(codes.shift.0) } else { argument };
            let name = self.name(number).map(<[u8]>::to_vec);
            self.done();
            self.value = name.map(|name| {
                let known = self.global.get(&name).cloned();
                known.unwrap_or_else(|| [b"builtins.", name.as_slice()].concat())
            });
        } else if codes.attribute.contains(&opcode) {
            let number = if codes.attribute.len() == 1 { shifted(codes.shift.1) } else { argument };
            self.used = true;
            self.value = joined(self.value.take(), self.name(number));
        } else if opcode == codes.import {
            self.done();
            self.value = self.name(argument).map(<[u8]>::to_vec);
            self.module.clone_from(&self.value);
        } else if opcode == codes.from {
            self.done();
            self.value = joined(self.module.clone(), self.name(argument));
        } else if opcode == codes.store_fast {
            self.store(|pass, value| _ = pass.fast.insert(argument, value));
        } else if codes.store_name.contains(&opcode) {
            let name = self.name(argument).map(<[u8]>::to_vec).unwrap_or_default();
            self.store(|pass, value| _ = pass.global.insert(name, value));
        } else if codes.load_fast.contains(&opcode) {
            self.done();
            self.value = self.fast.get(&argument).cloned();
        } else {
            self.done();
        }
    }

    fn store(&mut self, keep: impl FnOnce(&mut Self, Vec<u8>)) {
        if let Some(value) = self.value.clone() {
            keep(self, value);
        }
        self.done();
    }

    /// Nothing more is taken from what is on top of the stack.
    fn done(&mut self) {
        if let Some(value) = self.value.take().filter(|_| self.found.len() < MOST) {
            self.used = true;
            self.found.push(value);
        }
    }
}

/// An attribute of a name. The first one of a global that was taken for a builtin shows that it is a module or
/// an object, whose name is the best that is known.
fn joined(value: Option<Vec<u8>>, name: Option<&[u8]>) -> Option<Vec<u8>> {
    let (value, name) = (value?, name?);
    let value = value.strip_prefix(b"builtins.").unwrap_or(&value);
    let dotted = [value, b".", name].concat();
    (dotted.len() <= LONGEST).then_some(dotted)
}

/// Each name as a builtin, and joined with those that follow it.
fn near(names: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for (at, &name) in names.iter().enumerate() {
        found.push([b"builtins.", name].concat());
        for &next in names.iter().skip(at.saturating_add(1)).take(NEAR) {
            found.push([name, b".", next].concat());
        }
        if found.len() > MOST {
            break;
        }
    }
    found.retain(|name| name.len() <= LONGEST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &[u8], names: &[&[u8]], layout: Layout) -> Vec<String> {
        uses(code, names, layout).iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    #[test]
    fn attributes_of_imported_modules_are_told_from_methods() {
        // Python 3.8: `import os as o; o.system(eval(x)); m.eval()` in a function.
        let code = [100, 1, 100, 0, 108, 0, 125, 1, 124, 1, 160, 1, 116, 2, 124, 0, 131, 1, 161, 1, 1, 0];
        let names = [&b"os"[..], b"system", b"eval"];
        assert_eq!(found(&code, &names, Layout::Positional), ["os", "os.system", "builtins.eval"]);
        // `model.eval()` of a local is no name.
        assert!(found(&[124, 0, 160, 0], &[b"eval"], Layout::Positional).is_empty());
    }

    #[test]
    fn other_versions_number_their_opcodes_otherwise() {
        let names = [&b"os"[..], b"system"];
        assert_eq!(found(&[116, 0, 0, 106, 1, 0, 83], &names, Layout::Two), ["os.system"]);
        assert_eq!(found(&[151, 0, 116, 1, 0, 0, 106, 2], &names, Layout::Eleven), ["os.system"]);
        assert_eq!(found(&[149, 0, 91, 0, 0, 0, 82, 3], &names, Layout::Eleven), ["os.system"]);
        assert!(found(&[128, 0], &names, Layout::Eleven).contains(&"os.system".to_owned()));
    }

    #[test]
    fn any_bytes_are_survived() {
        let names = [&b"a"[..]; 3];
        for layout in [Layout::Two, Layout::Three, Layout::Positional, Layout::Eleven] {
            for seed in 0..200_u32 {
                let mut state = seed;
                let code: Vec<u8> = (0..200)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        state.to_le_bytes()[3]
                    })
                    .collect();
                let _any = uses(&code, &names, layout);
            }
        }
    }
}
