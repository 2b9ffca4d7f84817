//! The registry of extension codes, as far as the stream itself fills it.
//!
//! It belongs to the process (`copyreg`): what one stream registers the next one finds. Wherever it is touched
//! in a way that is not followed here, or a code is given twice, what a code stands for is not certain.

use super::{constant, machine::Machine, names::Names, state::State, value::Value};

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
const FOLLOWED: [&[u8]; 4] = [
    b"_inverted_registry",
    b"_inverted_registry.__setitem__",
    b"_inverted_registry.update",
    b"add_extension",
];

/// Whether a name reaches the registry in a way that is not followed.
pub(super) fn touches(module: &[u8], name: &[u8]) -> bool {
    let mut parts = name.split(|&byte| byte == b'.');
    parts.any(|part| REACH.contains(&part)) && !(module == b"copyreg" && FOLLOWED.contains(&name))
}

/// Whether a name is the registry itself, which is followed as long as it is not handed to others.
pub(super) fn is_registry(module: &[u8], name: &[u8]) -> bool {
    module == b"copyreg" && name == b"_inverted_registry"
}

impl Machine<'_> {
    /// `copyreg._inverted_registry[code] = (module, name)`.
    pub(super) fn note_registration(&mut self, s: &State, target: Value, pair: &[Value]) {
        if let &[code, value] = pair
            && self.is(target, b"copyreg", b"_inverted_registry")
        {
            self.register_pair(s, code, value);
        }
    }

    /// Calls that fill the registry.
    pub(super) fn note_registration_call(&mut self, s: &State, path: &(Vec<u8>, Vec<u8>), args: &[Value]) {
        if path.0 != b"copyreg" || !FOLLOWED.contains(&path.1.as_slice()) {
            return;
        }
        match (path.1.as_slice(), args) {
            (b"add_extension", &[module, name, code]) => self.register(s, code, module, name),
            (b"_inverted_registry.__setitem__", &[code, value]) => self.register_pair(s, code, value),
            (b"_inverted_registry.update", &[pairs]) => {
                let items = s.arena.items(pairs).and_then(|items| items.whole().map(<[Value]>::to_vec));
                let Some(items) = items.filter(|_| pairs.kind() == super::value::Kind::Dict) else {
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
            (Some(code), Some(module), Some(name)) => self.names.register(code, module, name),
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
    pub(super) fn registered(&self, code: u64) -> Option<((Vec<u8>, Vec<u8>), bool)> {
        self.registry.get(&code).cloned().map(|pair| (pair, !self.registry_touched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_ways_to_the_registry_are_noticed() {
        assert!(touches(b"pickle", b"_inverted_registry"));
        assert!(touches(b"copyreg", b"_inverted_registry.pop"));
        assert!(touches(b"copyreg", b"_extension_cache"));
        assert!(!touches(b"copyreg", b"_inverted_registry"));
        assert!(!touches(b"copyreg", b"add_extension"));
        assert!(!touches(b"m", b"f.g"));
    }
}
