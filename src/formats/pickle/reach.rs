//! Names and values that a value leads to: attributes, modules by name, import paths, items.

use super::{
    constant,
    imports::lookup,
    machine::Machine,
    state::State,
    value::{Kind, Node, Value},
};

impl Machine<'_> {
    /// The attribute of a value, by a name that is itself a value.
    /// `made` stands for it where that name is not known.
    pub(super) fn attribute_by(&mut self, s: &mut State, base: Value, name: Value, made: Value) -> Value {
        match constant::text(self.data, &s.arena, name) {
            Some(name) => self.attribute(s, base, &name),
            None => {
                self.log.computed(s, "the name of an attribute");
                made
            }
        }
    }

    /// The attribute of a value; the name may be dotted.
    pub(super) fn attribute(&mut self, s: &mut State, base: Value, name: &[u8]) -> Value {
        let path = match base.kind() {
            Kind::Global => self
                .names
                .get(base.payload())
                .map(|global| (global.module.to_vec(), [&*global.name, b".", name].concat())),
            Kind::Module => match base.node().and_then(|node| s.arena.get(node)) {
                Some(Node::Module { name: module, .. }) => Some((module.to_vec(), name.to_vec())),
                _ => None,
            },
            _ => None,
        };
        match path {
            Some((module, name)) => {
                let number = self.names.reach(&module, &name, lookup(s, "path"));
                self.log.join(&[s.at, self.names.get(number).map_or(s.at, |global| global.at)]);
                Value::new(Kind::Global, number)
            }
            None => {
                if let Some(found) = self.held(s, base, name) {
                    return found;
                }
                self.names.registry_touched |= super::registry::touches(b"", name);
                let (name, at) = (name.into(), s.at);
                Value::new(Kind::Attribute, s.arena.add(Node::Attribute { base, name, at }))
            }
        }
    }

    /// The module of a name that is itself a value; `made` stands for it where that is not known.
    pub(super) fn module(&mut self, s: &mut State, name: Value, made: Value) -> Value {
        match constant::text(self.data, &s.arena, name) {
            Some(name) => s.module(&name),
            None => {
                self.log.computed(s, "the name of a module");
                made
            }
        }
    }

    /// What `__import__` gives: the package at the top, unless it is asked for names within the module.
    pub(super) fn import_top(
        &mut self,
        s: &mut State,
        (name, names): (Value, Option<Value>),
        made: Value,
    ) -> Value {
        let asked = names.is_some_and(|names| s.arena.items(names).is_none_or(|items| items.len() > 0));
        let top = constant::text(self.data, &s.arena, name).filter(|_| !asked);
        match top.as_deref().and_then(|path| path.split(|&byte| byte == b'.').next()) {
            Some(top) => s.module(top),
            None => self.module(s, name, made),
        }
    }

    /// What `package.module:name` or a dotted path stands for.
    pub(super) fn resolve(&mut self, s: &mut State, path: Value, made: Value) -> Value {
        let Some(path) = constant::text(self.data, &s.arena, path) else {
            self.log.computed(s, "an import path");
            return made;
        };
        let split = path
            .iter()
            .position(|&byte| byte == b':')
            .or_else(|| path.iter().rposition(|&byte| byte == b'.'));
        let Some(at) = split else {
            return s.module(&path);
        };
        let (module, name) =
            (path.get(..at).unwrap_or_default(), path.get(at.saturating_add(1)..).unwrap_or_default());
        Value::new(Kind::Global, self.names.reach(module, name, lookup(s, "path")))
    }

    /// `base[key]`: what a look-up in a namespace, a table of modules or a known container gives.
    pub(super) fn item(&mut self, s: &mut State, base: Value, key: Value) -> Option<Value> {
        if base.kind() == Kind::Global {
            let key = constant::text(self.data, &s.arena, key)?;
            let global = self.names.get(base.payload())?;
            let (module, name) = (global.module.to_vec(), global.name.to_vec());
            let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default().to_vec();
            return match last.as_slice() {
                b"__builtins__" => Some(self.reach(s, b"builtins", &key)),
                b"modules" if module == b"sys" || name.ends_with(b"sys.modules") => Some(s.module(&key)),
                b"__globals__" | b"__dict__" | b"__getattribute__" if key == b"__builtins__" => {
                    Some(s.module(b"builtins"))
                }
                b"__globals__" => Some(self.reach(s, &module, &key)),
                b"__dict__" => {
                    let of = name.strip_suffix(b"__dict__").unwrap_or_default();
                    Some(self.reach(s, &module, &[of, &key].concat()))
                }
                _ => Some(self.attribute(s, base, &key)),
            };
        }
        if base.kind() == Kind::Dict {
            return super::lists::under(self, s, base, key)?;
        }
        if s.arena.flow(base).is_some() {
            let items = super::iterate::peek(self, s, base)?;
            let items = s.container(Kind::List, &items);
            return super::texts::subscript(self, s, items, key);
        }
        super::texts::subscript(self, s, base, key)
    }

    pub(super) fn reach(&mut self, s: &State, module: &[u8], name: &[u8]) -> Value {
        Value::new(Kind::Global, self.names.reach(module, name, lookup(s, "path")))
    }

    /// What an object holds under a name, if it is of a kind that holds nothing but what its state says.
    fn held(&self, s: &State, base: Value, name: &[u8]) -> Option<Value> {
        let made = s.arena.made(base)?;
        let state = made.state;
        let pairs = s
            .arena
            .items(state)
            .filter(|_| self.is_plain(made.callee) && state.kind() == Kind::Dict)?
            .whole()?;
        let same = |pair: &&[Value]| {
            let key = pair.first().and_then(|&key| constant::text(self.data, &s.arena, key));
            key.as_deref() == Some(name)
        };
        pairs.chunks_exact(2).rev().find(same).and_then(|pair| pair.get(1).copied())
    }

    /// Whether instances of a class are plain namespaces.
    pub(super) fn is_plain(&self, class: Value) -> bool {
        self.is(class, b"types", b"SimpleNamespace") || self.is(class, b"argparse", b"Namespace")
    }

    /// `vars(value)`: the namespace of a module or class, the state of a plain object.
    pub(super) fn namespace(&mut self, s: &mut State, base: Value) -> Option<Value> {
        match base.kind() {
            Kind::Module | Kind::Global => Some(self.attribute(s, base, b"__dict__")),
            Kind::Object => {
                let made = s.arena.made(base)?;
                (self.is_plain(made.callee) && made.state.kind() == Kind::Dict).then_some(made.state)
            }
            _ => None,
        }
    }

    /// `sys.modules[name] = module`: the module has another name from then on.
    pub(super) fn note_module(&mut self, s: &State, target: Value, name: Value, module: Value) {
        if self.is(target, b"sys", b"modules") {
            self.note_modules(s, &[name, module]);
        }
    }

    /// `sys.modules.update({name: module})`, `sys.modules.__setitem__(name, module)` and the like.
    pub(super) fn note_modules(&mut self, s: &State, args: &[Value]) {
        let whole = |dict: Value| s.arena.items(dict).filter(|_| dict.kind() == Kind::Dict);
        let pairs = match args {
            &[dict] => whole(dict).map(|items| items.kept.clone()).unwrap_or_default(),
            pair => pair.to_vec(),
        };
        for pair in pairs.chunks_exact(2) {
            if let &[name, module] = pair
                && let Some(Node::Module { name: module, .. }) =
                    module.node().and_then(|node| s.arena.get(node))
                && let Some(name) = constant::text(self.data, &s.arena, name)
            {
                self.names.aliases.insert(name, module.to_vec());
            }
        }
    }

    /// The name that a name stands for whose module the stream has put into the table of modules.
    pub(super) fn other_name(&mut self, s: &State, value: Value) -> Option<Value> {
        if self.names.aliases.is_empty() || value.kind() != Kind::Global {
            return None;
        }
        let global = self.names.get(value.payload())?;
        let module =
            self.names.aliases.get(&*global.module).filter(|module| **module != *global.module)?.clone();
        let name = global.name.to_vec();
        Some(self.reach(s, &module, &name))
    }
}
