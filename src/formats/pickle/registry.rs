//! The registry of extension codes, as far as the stream itself fills it.
//!
//! It belongs to the process (`copyreg`): what one stream registers the next one finds. Wherever it is touched
//! in a way that is not followed here, or a code is given twice, what a code stands for is not certain.

use super::{
    constant,
    machine::Machine,
    names::Names,
    state::State,
    value::{Kind, Value},
};

/// Names of `copyreg` that reach the registry, also where other modules import them.
const REACH: [&[u8]; 6] = [
    b"_inverted_registry",
    b"_extension_registry",
    b"_extension_cache",
    b"add_extension",
    b"remove_extension",
    b"clear_extension_cache",
];
/// Those that are followed.
const FOLLOWED: [&[u8]; 5] = [
    b"_inverted_registry",
    b"_inverted_registry.__setitem__",
    b"_inverted_registry.update",
    b"_extension_cache",
    b"add_extension",
];

/// Whether a name reaches the registry in a way that is not followed.
pub(super) fn touches(module: &[u8], name: &[u8]) -> bool {
    let mut parts = name.split(|&byte| byte == b'.');
    parts.any(|part| REACH.contains(&part)) && !(is_home(module) && FOLLOWED.contains(&name))
}

/// Whether a module holds the registry under the names that are followed.
fn is_home(module: &[u8]) -> bool {
    matches!(module, b"copyreg" | b"pickle")
}

/// Module and name that a code stands for.
pub(super) type Registered = (Vec<u8>, Vec<u8>);

impl Machine<'_> {
    /// `copyreg._inverted_registry[code] = (module, name)`, and the same of the cache, which holds what was found.
    pub(super) fn note_registration(&mut self, s: &State, target: Value, pair: &[Value]) {
        let &[code, value] = pair else { return };
        self.note_module(s, target, code, value);
        if self.is(target, b"copyreg", b"_inverted_registry")
            || self.is(target, b"pickle", b"_inverted_registry")
        {
            self.register_pair(s, code, value);
        } else if self.is(target, b"copyreg", b"_extension_cache")
            || self.is(target, b"pickle", b"_extension_cache")
        {
            let code = constant::number(self.data, &s.arena, code).and_then(|code| u64::try_from(code).ok());
            match code.filter(|_| value.kind() == Kind::Global) {
                Some(code) => {
                    let known = self.names.cached.insert(code, value.payload());
                    self.names.registry_touched |= known.is_some_and(|known| known != value.payload());
                }
                None => self.names.registry_touched = true,
            }
        }
    }

    /// Whether a value is the registry, or its cache, under the name that `copyreg` has for it.
    pub(super) fn is_registry(&self, value: Value, name: &[u8]) -> bool {
        self.is(value, b"copyreg", name) || self.is(value, b"pickle", name)
    }

    /// Calls that fill the registry.
    pub(super) fn note_registration_call(&mut self, s: &State, callee: Value, args: &[Value]) {
        let Some(global) = self.names.get(callee.payload()) else { return };
        if *global.module == *b"sys" && global.name.starts_with(b"modules.") {
            self.note_modules(s, args);
        }
        let Some(global) = self.names.get(callee.payload()).filter(|global| is_home(&global.module)) else {
            return;
        };
        let name = global.name.to_vec();
        if !FOLLOWED.contains(&name.as_slice()) {
            return;
        }
        match (name.as_slice(), args) {
            (b"add_extension", &[module, name, code]) => self.register(s, code, module, name),
            (b"_inverted_registry.__setitem__", &[code, value]) => self.register_pair(s, code, value),
            (b"_inverted_registry.update", &[pairs]) => {
                let items = s.arena.items(pairs).and_then(|items| items.whole().map(<[Value]>::to_vec));
                let Some(items) = items.filter(|_| pairs.kind() == Kind::Dict) else {
                    self.names.registry_touched = true;
                    return;
                };
                for pair in items.chunks_exact(2) {
                    if let &[code, value] = pair {
                        self.register_pair(s, code, value);
                    }
                }
            }
            _ => self.names.registry_touched = true,
        }
    }

    fn register_pair(&mut self, s: &State, code: Value, pair: Value) {
        let names = s.arena.items(pair).and_then(|items| items.whole().map(<[Value]>::to_vec));
        match names.as_deref() {
            Some(&[module, name]) => self.register(s, code, module, name),
            _ => self.names.registry_touched = true,
        }
    }

    fn register(&mut self, s: &State, code: Value, module: Value, name: Value) {
        let text = |value| constant::text(self.data, &s.arena, value);
        let code = constant::number(self.data, &s.arena, code).and_then(|code| u64::try_from(code).ok());
        match (code, text(module), text(name)) {
            (Some(code), Some(module), Some(name)) => {
                self.names.registered_at = s.at;
                self.names.register(code, module, name);
            }
            _ => self.names.registry_touched = true,
        }
    }
}

impl Names {
    fn register(&mut self, code: u64, module: Vec<u8>, name: Vec<u8>) {
        let known = self.registry.insert(code, (module.clone(), name.clone()));
        self.registry_touched |= known.is_some_and(|known| known != (module, name));
    }

    /// What the stream has registered under a code, and whether that is certain.
    pub(super) fn registered(&self, code: u64) -> Option<(Registered, bool)> {
        self.registry.get(&code).cloned().map(|pair| (pair, !self.registry_touched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_ways_to_the_registry_are_noticed() {
        assert!(touches(b"joblib", b"_inverted_registry"));
        assert!(touches(b"copyreg", b"_inverted_registry.pop"));
        assert!(touches(b"copyreg", b"_extension_registry"));
        assert!(!touches(b"copyreg", b"_inverted_registry"));
        assert!(!touches(b"copyreg", b"add_extension"));
        assert!(!touches(b"m", b"f.g"));
    }
}
