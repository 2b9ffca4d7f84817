//! What Python does with the callables that lead to others: attributes, imports, partial and mapped calls.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    calls::Pending,
    constant, eval,
    imports::{instance, lookup, unknown},
    machine::Machine,
    state::State,
    value::{Kind, Node, Value},
};
use crate::{bytes::wide, formats::Role};

/// What a callable does, and a detail, by module and name.
type Functions = HashMap<(&'static [u8], &'static [u8]), (&'static str, &'static str)>;

/// Callables that the machine follows.
static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    let rows = include_str!("functions.tsv").lines().skip(1);
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        ((next().as_bytes(), next().as_bytes()), (next(), next()))
    };
    rows.map(row).collect()
});

/// Calls within calls that are followed.
const DEEPEST: u32 = 24;
/// Items over which a mapped call is followed.
const ITEMS: usize = 32;

impl Machine<'_> {
    /// What the function called `module.name` does.
    fn function(&self, callee: Value) -> Option<(&'static str, &'static str)> {
        let global = (callee.kind() == Kind::Global).then(|| self.names.get(callee.payload())).flatten()?;
        FUNCTIONS.get(&(&*global.module, &*global.name)).copied()
    }

    /// Makes a call and follows it to what is called in the end; its result.
    pub(super) fn follow(&mut self, s: &mut State, call: Pending) -> Value {
        if call.depth > DEEPEST {
            self.log.unresolved(s, "calls lead to calls too deeply to be followed");
            return self.make(s, call);
        }
        if call.callee.kind() != Kind::Global {
            return self.follow_object(s, call);
        }
        let Some((does, detail)) = self.function(call.callee) else {
            let args = call.args.clone();
            let result = self.follow_path(s, call);
            self.may_change(s, &args);
            return result;
        };
        let args = call.args.clone();
        let again = call.clone();
        let made = self.make(s, call);
        match (does, args.as_slice()) {
            ("getattr", [base, name, ..]) => self.attribute_by(s, *base, *name),
            ("import", [name, ..]) => self.module(s, *name),
            ("import-top", [name, rest @ ..]) => self.import_top(s, *name, rest.get(2).copied()),
            ("call", [function, rest @ ..]) => {
                let (args, depth) = (rest.to_vec(), again.depth.saturating_add(1));
                self.follow(s, Pending { callee: *function, args, depth, ..again })
            }
            ("newobj", [class, rest @ ..]) => {
                let (args, depth) = (rest.to_vec(), again.depth.saturating_add(1));
                self.make(s, Pending { callee: *class, args, via: "newobj", depth, ..again })
            }
            ("instance", [class, rest @ ..]) => instance(s, *class, rest),
            ("module-attribute", [module, name, ..]) => {
                let module = self.module(s, *module);
                self.attribute_by(s, module, *name)
            }
            ("resolve", [path, ..]) => self.resolve(s, *path),
            ("resolve-on", [base, path, ..]) => self.attribute_by(s, *base, *path),
            ("item", [base, key]) => self.item(s, *base, *key).unwrap_or(made),
            ("each", [function, items, ..]) => {
                self.each(s, *function, &[*items], &again);
                made
            }
            ("later", _) => {
                self.later(s, detail, &again);
                made
            }
            ("pickle", [content, ..]) => {
                self.deserialise(s, *content);
                made
            }
            ("code", [content, ..]) => {
                super::embedded::unmarshalled(self, s, *content);
                made
            }
            ("any", [content, ..]) => {
                if content.is_constant() {
                    self.deserialise(s, *content);
                }
                made
            }
            ("tensor", _) => {
                super::torch::view(self, s, &args);
                made
            }
            ("evaluate", _) => {
                args.iter().for_each(|&arg| self.iterate(s, arg));
                eval::evaluate(self, s, detail, &args).unwrap_or(made)
            }
            _ => made,
        }
    }

    /// Calls on what a call gave: partial, attrgetter, methodcaller, itemgetter, bound methods.
    fn follow_object(&mut self, s: &mut State, call: Pending) -> Value {
        let nested = |callee, args, reached| Pending {
            callee,
            args,
            reached,
            depth: call.depth.saturating_add(1),
            ..call.clone()
        };
        if let Some(Node::Attribute { base, name }) = call.callee.node().and_then(|node| s.arena.get(node)) {
            let (base, name) = (*base, name.clone());
            let args = [&[base], call.args.as_slice()].concat();
            let made = self.make(s, call);
            if let (true, [_, key, ..]) =
                (base.is_container() && matches!(&*name, b"get" | b"__getitem__"), &*args)
            {
                return self.item(s, base, *key).unwrap_or(made);
            }
            return eval::method(self, s, &name, &args).unwrap_or_else(|| {
                self.may_change(s, &args);
                made
            });
        }
        let Some(made) = s.arena.made(call.callee).cloned() else {
            self.log.unresolved(s, "what is called here was not kept");
            self.may_change(s, &call.args);
            return self.make(s, call);
        };
        let does = self.function(made.callee).map(|(does, _)| does);
        match (does, made.args.as_slice()) {
            (Some("partial"), [function, bound @ ..]) => {
                let args = [bound, call.args.as_slice()].concat();
                self.follow(s, nested(*function, args, "partial"))
            }
            (Some("attrgetter"), [name, ..]) if !call.args.is_empty() => {
                let base = call.args.first().copied().unwrap_or_default();
                let name = *name;
                self.make(s, call);
                self.attribute_by(s, base, name)
            }
            (Some("methodcaller"), [name, bound @ ..]) if !call.args.is_empty() => {
                let base = call.args.first().copied().unwrap_or_default();
                let method = self.attribute_by(s, base, *name);
                self.follow(s, nested(method, bound.to_vec(), "attribute"))
            }
            (Some("itemgetter"), [key, ..]) if !call.args.is_empty() => {
                let base = call.args.first().copied().unwrap_or_default();
                let key = *key;
                let result = self.make(s, call);
                self.item(s, base, key).unwrap_or(result)
            }
            _ => {
                self.may_change(s, &call.args);
                self.make(s, call)
            }
        }
    }

    /// A dotted name that ends in a look-up: `__builtins__.get`, `__globals__.__getitem__`, `modules.get`.
    fn follow_path(&mut self, s: &mut State, call: Pending) -> Value {
        let global = self.names.get(call.callee.payload());
        if global.is_some_and(|global| !global.name.contains(&b'.') && *global.module != *b"copyreg") {
            return self.make(s, call);
        }
        let path = global.map(|global| (global.module.to_vec(), global.name.to_vec())).unwrap_or_default();
        let mut parts: Vec<&[u8]> = path.1.split(|&byte| byte == b'.').collect();
        let last = parts.pop().unwrap_or_default();
        let key = call.args.first().copied();
        let called = last == b"__call__" && !parts.is_empty();
        let looks_up = matches!(
            last,
            b"get" | b"__getitem__" | b"pop" | b"setdefault" | b"__getattribute__" | b"__getattr__"
        );
        if called {
            let inner = self.names.reach(&path.0, &parts.join(&b"."[..]), lookup(s, "path"));
            let depth = call.depth.saturating_add(1);
            return self.follow(
                s,
                Pending { callee: Value::new(Kind::Global, inner), reached: "attribute", depth, ..call },
            );
        }
        let base = parts.join(&b"."[..]);
        let args = call.args.clone();
        let made = self.make(s, call);
        if path.0 == b"builtins" && matches!(base.as_slice(), b"str" | b"bytes" | b"bytearray") {
            return eval::method(self, s, last, &args).unwrap_or(made);
        }
        match key {
            Some(key) if looks_up && !base.is_empty() => {
                let base = Value::new(Kind::Global, self.names.reach(&path.0, &base, lookup(s, "path")));
                self.item(s, base, key).unwrap_or(made)
            }
            _ => {
                self.note_registration_call(s, &path, &args);
                made
            }
        }
    }

    /// The attribute of a value, by a name that is itself a value.
    fn attribute_by(&mut self, s: &mut State, base: Value, name: Value) -> Value {
        match constant::text(self.data, &s.arena, name) {
            Some(name) => self.attribute(s, base, &name),
            None => {
                self.log.computed(s, "the name of an attribute");
                unknown(s)
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
                Some(Node::Module(module)) => Some((module.to_vec(), name.to_vec())),
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
                self.names.registry_touched |= super::registry::touches(b"", name);
                let name = name.into();
                Value::new(Kind::Attribute, s.arena.add(Node::Attribute { base, name }))
            }
        }
    }

    /// The module of a name that is itself a value.
    fn module(&mut self, s: &mut State, name: Value) -> Value {
        match constant::text(self.data, &s.arena, name) {
            Some(name) => Value::new(Kind::Module, s.arena.add(Node::Module(name.into()))),
            None => {
                self.log.computed(s, "the name of a module");
                unknown(s)
            }
        }
    }

    /// What `__import__` gives: the package at the top, unless it is asked for names within the module.
    fn import_top(&mut self, s: &mut State, name: Value, names: Option<Value>) -> Value {
        let asked = names.is_some_and(|names| s.arena.items(names).is_none_or(|items| items.len() > 0));
        let top = constant::text(self.data, &s.arena, name).filter(|_| !asked);
        match top.as_deref().and_then(|path| path.split(|&byte| byte == b'.').next()) {
            Some(top) => Value::new(Kind::Module, s.arena.add(Node::Module(top.into()))),
            None => self.module(s, name),
        }
    }

    /// What `package.module:name` or a dotted path stands for.
    fn resolve(&mut self, s: &mut State, path: Value) -> Value {
        let Some(path) = constant::text(self.data, &s.arena, path) else {
            self.log.computed(s, "an import path");
            return unknown(s);
        };
        let split = path
            .iter()
            .position(|&byte| byte == b':')
            .or_else(|| path.iter().rposition(|&byte| byte == b'.'));
        let Some(at) = split else {
            return Value::new(Kind::Module, s.arena.add(Node::Module(path.into())));
        };
        let (module, name) =
            (path.get(..at).unwrap_or_default(), path.get(at.saturating_add(1)..).unwrap_or_default());
        Value::new(Kind::Global, self.names.reach(module, name, lookup(s, "path")))
    }

    /// `base[key]`: what a look-up in a namespace, a table of modules or a known container gives.
    fn item(&mut self, s: &mut State, base: Value, key: Value) -> Option<Value> {
        if base.kind() == Kind::Global {
            let key = constant::text(self.data, &s.arena, key)?;
            let global = self.names.get(base.payload())?;
            let (module, name) = (global.module.to_vec(), global.name.to_vec());
            let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default().to_vec();
            return match last.as_slice() {
                b"__builtins__" => Some(self.reach(s, b"builtins", &key)),
                b"modules" if module == b"sys" || name.ends_with(b"sys.modules") => {
                    Some(Value::new(Kind::Module, s.arena.add(Node::Module(key.into()))))
                }
                b"__globals__" | b"__dict__" | b"__getattribute__" if key == b"__builtins__" => {
                    Some(Value::new(Kind::Module, s.arena.add(Node::Module(b"builtins".to_vec().into()))))
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
            let wanted = constant::text(self.data, &s.arena, key)?;
            let items = s.arena.items(base)?.whole()?;
            let same = |pair: &&[Value]| {
                pair.first()
                    .and_then(|&key| constant::text(self.data, &s.arena, key))
                    .is_some_and(|key| key == wanted)
            };
            self.names.unpaid = self.names.unpaid.saturating_add(wide(items.len()));
            return items.chunks_exact(2).rev().find(same).and_then(|pair| pair.get(1).copied());
        }
        super::texts::subscript(self, s, base, key)
    }

    fn reach(&mut self, s: &State, module: &[u8], name: &[u8]) -> Value {
        Value::new(Kind::Global, self.names.reach(module, name, lookup(s, "path")))
    }

    /// `map(function, items)` and its kin: each item may be given to the function.
    fn each(&mut self, s: &mut State, function: Value, sources: &[Value], call: &Pending) {
        if !matches!(function.kind(), Kind::Global | Kind::Object | Kind::Attribute) {
            return;
        }
        let source = sources.first().copied().unwrap_or_default();
        let items: Vec<Value> = s.arena.items(source).map(|items| items.kept.clone()).unwrap_or_default();
        let starred = self.is(call.callee, b"itertools", b"starmap");
        let depth = call.depth.saturating_add(1);
        let nested = |args| Pending {
            callee: function,
            args,
            keywords: Vec::new(),
            via: "callback",
            reached: "iteration",
            readings: call.readings,
            depth,
        };
        for &item in items.iter().take(ITEMS) {
            let args = match s.arena.items(item).filter(|_| starred) {
                Some(items) => items.kept.clone(),
                None => vec![item],
            };
            self.follow(s, nested(args));
        }
        if items.is_empty() && function.kind() == Kind::Global {
            self.follow(s, nested(Vec::new()));
        }
    }

    /// A function that is kept and called at some later time.
    fn later(&mut self, s: &mut State, at: &str, call: &Pending) {
        let at: usize = at.parse().unwrap_or(0);
        let Some((&function, rest)) = call.args.get(at..).and_then(<[Value]>::split_first) else { return };
        if matches!(function.kind(), Kind::Global | Kind::Object | Kind::Attribute) {
            let (args, depth) = (rest.to_vec(), call.depth.saturating_add(1));
            let nested = Pending {
                callee: function,
                args,
                keywords: Vec::new(),
                via: "callback",
                reached: "later",
                ..call.clone()
            };
            self.follow(s, Pending { depth, ..nested });
        }
    }

    /// Takes items out of a value, as `list(x)` and `*x` do. A mapped call was followed when it was made.
    pub(super) fn iterate(&mut self, _s: &mut State, _value: Value) {}

    /// Bytes that are read as a pickle, a code object or the like.
    fn deserialise(&mut self, s: &mut State, content: Value) {
        if matches!(content.kind(), Kind::Object | Kind::Attribute) {
            self.log.unresolved(s, "what is loaded again is computed in a way that is not followed");
        }
        if !matches!(content.kind(), Kind::Bytes | Kind::ByteArray | Kind::Str8) {
            return;
        }
        let at = s.at;
        match constant::place(self.data, &s.arena, content) {
            Some((start, len)) => self.log.nested(at, super::log::Nested::Open { start, len }, Role::Nested),
            None => match constant::bytes(self.data, &s.arena, content) {
                Some(bytes) => {
                    self.log.nested(at, super::log::Nested::Computed(bytes.into_owned()), Role::Nested)
                }
                None => self.log.unresolved(s, "bytes that are loaded again could not be worked out"),
            },
        }
    }
}
