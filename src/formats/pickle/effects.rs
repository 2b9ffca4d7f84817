//! What Python does with the callables that lead to others: attributes, imports, partial and mapped calls.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    calls::{Pending, callable},
    constant, eval,
    imports::instance,
    machine::Machine,
    state::State,
    value::{Kind, Made, Node, Value},
};
use crate::formats::Role;

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
/// Types whose methods are worked out.
const PLAIN: [&[u8]; 7] = [b"str", b"bytes", b"bytearray", b"list", b"tuple", b"dict", b"int"];

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
        let again = call.clone();
        let made = self.make(s, call);
        if let Some(callee) = self.other_name(s, again.callee) {
            let depth = again.depth.saturating_add(1);
            return self.follow(s, Pending { callee, reached: "attribute", depth, ..again });
        }
        let Some((does, detail)) = self.function(again.callee) else {
            self.note_registration_call(s, again.callee, &again.args);
            return self.follow_path(s, &again, made).unwrap_or_else(|| {
                self.may_change(s, &again.args);
                made
            });
        };
        let led = self.lead(s, does, &again, made);
        led.unwrap_or_else(|| self.carry_out(s, (does, detail), &again, made))
    }

    /// What a callable gives that looks something up.
    fn lead(&mut self, s: &mut State, does: &str, call: &Pending, made: Value) -> Option<Value> {
        Some(match (does, call.args.as_slice()) {
            ("getattr", &[base, name, ..]) => self.attribute_by(s, base, name, made),
            ("import", &[name, ..]) => self.module(s, name, made),
            ("import-top", &[name, ref rest @ ..]) => self.import_top(s, (name, rest.get(2).copied()), made),
            ("module-attribute", &[module, name, ..]) => {
                let module = self.module(s, module, made);
                self.attribute_by(s, module, name, made)
            }
            ("resolve", &[path, ..]) => self.resolve(s, path, made),
            ("resolve-on", &[base, path, ..]) => self.attribute_by(s, base, path, made),
            ("item", &[base, key]) => self.item(s, base, key).unwrap_or(made),
            ("namespace", &[base]) => self.namespace(s, base).unwrap_or(made),
            _ => return None,
        })
    }

    /// Carries out what a callable does with what it is given: calls it, loads it, works something out.
    fn carry_out(
        &mut self,
        s: &mut State,
        (does, detail): (&str, &str),
        call: &Pending,
        made: Value,
    ) -> Value {
        let inner = |callee, args: &[Value], via| Pending {
            callee,
            args: args.to_vec(),
            via,
            depth: call.depth.saturating_add(1),
            ..call.clone()
        };
        match (does, call.args.as_slice()) {
            ("call", [function, rest @ ..]) => return self.follow(s, inner(*function, rest, call.via)),
            ("newobj", [class, rest @ ..]) => return self.make(s, inner(*class, rest, "newobj")),
            ("instance", [class, rest @ ..]) => return instance(s, *class, rest),
            ("each", [function, items @ ..]) => {
                let results = self.each(s, *function, items, call).filter(|_| detail.is_empty());
                return super::iterate::flow(s, made, results, (items, false));
            }
            ("fold", args) => return self.fold(s, args, call).unwrap_or(made),
            ("later" | "apply", _) => self.later(s, detail, does == "apply", call),
            ("pickle", [content, ..]) => self.deserialise(s, *content),
            ("code", [content, ..]) if may_be_bytes(*content) => {
                super::embedded::unmarshalled(self, s, *content);
            }
            ("load", [source, ..]) => self.load(s, *source),
            ("any", [content, ..]) if content.is_constant() => self.deserialise(s, *content),
            ("tensor", args) => super::torch::view(self, s, args),
            ("evaluate", args) => return self.work_out(s, detail, args, call, made),
            _ => {}
        }
        made
    }

    /// A pure function, unless it calls one that it is given.
    fn work_out(
        &mut self,
        s: &mut State,
        function: &str,
        args: &[Value],
        call: &Pending,
        made: Value,
    ) -> Value {
        if let &[given, end] = args
            && function == "iter"
        {
            return self.until(s, given, end, call, made);
        }
        if !call.keywords.is_empty() {
            for &function in args.iter().filter(|arg| callable(**arg)) {
                self.each(s, function, args.get(..1).unwrap_or_default(), call);
            }
            self.may_change(s, args);
            return made;
        }
        if matches!(function, "setitem" | "delitem")
            && let &[base, ref pair @ ..] = args
            && base.is_special()
        {
            if pair.len() == 2 {
                self.mutate_pairs(s, base, pair, call.readings);
            }
            return made;
        }
        match eval::evaluate(self, s, function, args, made) {
            Some(value) => value,
            None => {
                self.use_up(s, args);
                made
            }
        }
    }

    /// `iter(function, end)`: the function is called without arguments, again and again.
    fn until(&mut self, s: &mut State, function: Value, _end: Value, call: &Pending, made: Value) -> Value {
        if callable(function) {
            let depth = call.depth.saturating_add(1);
            let (callee, args, reached) = (function, Vec::new(), "iteration");
            self.follow(s, Pending { callee, args, via: "callback", reached, depth, ..call.clone() });
        }
        made
    }

    /// Calls on what a call gave: partial, attrgetter, methodcaller, itemgetter, bound methods.
    fn follow_object(&mut self, s: &mut State, call: Pending) -> Value {
        if let Some(Node::Attribute { base, name, .. }) =
            call.callee.node().and_then(|node| s.arena.get(node))
        {
            let (base, name) = (*base, name.clone());
            return self.follow_method(s, base, &name, call);
        }
        let Some(made) = s.arena.made(call.callee).cloned() else {
            self.log.unresolved(s, "what is called here was not kept");
            self.may_change(s, &call.args);
            return self.make(s, call);
        };
        self.follow_made(s, &made, call)
    }

    /// A call of what a call gave.
    fn follow_made(&mut self, s: &mut State, made: &Made, call: Pending) -> Value {
        let nested = |callee, args, reached| Pending {
            callee,
            args,
            reached,
            depth: call.depth.saturating_add(1),
            ..call.clone()
        };
        let does = self.function(made.callee).map(|(does, _)| does);
        match (does, made.args.as_slice()) {
            (Some("partial"), [function, bound @ ..]) => {
                let (args, keywords) = joined((bound, &made.keywords), (&call.args, &call.keywords));
                self.follow(s, Pending { keywords, ..nested(*function, args, "partial") })
            }
            (Some("attrgetter"), [name, ..]) if !call.args.is_empty() => {
                let base = call.args.first().copied().unwrap_or_default();
                let name = *name;
                let made = self.make(s, call);
                self.attribute_by(s, base, name, made)
            }
            (Some("methodcaller"), [name, bound @ ..]) if !call.args.is_empty() => {
                let base = call.args.first().copied().unwrap_or_default();
                let method = self.attribute_by(s, base, *name, call.callee);
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

    /// A call of an attribute of a value that is no name: a method.
    fn follow_method(&mut self, s: &mut State, base: Value, name: &[u8], call: Pending) -> Value {
        let args = [&[base], call.args.as_slice()].concat();
        let again = call.clone();
        let plain = call.keywords.is_empty();
        let made = self.make(s, call);
        if name == b"__call__" && callable(base) {
            let depth = again.depth.saturating_add(1);
            return self.follow(s, Pending { callee: base, reached: "attribute", depth, ..again });
        }
        if let (true, &[_, key]) = (matches!(name, b"__getitem__" | b"get"), &*args)
            && let Some(found) = self.item(s, base, key)
        {
            return found;
        }
        let result = if plain { eval::method(self, s, name, &args, made) } else { None };
        result.unwrap_or_else(|| {
            self.may_change(s, &args);
            made
        })
    }

    /// A dotted name that ends in a look-up: `__builtins__.get`, `__globals__.__getitem__`, `modules.get`; a method of a
    /// plain type; `f.__call__`. Nothing if it is none of these.
    fn follow_path(&mut self, s: &mut State, call: &Pending, made: Value) -> Option<Value> {
        let global = self.names.get(call.callee.payload())?;
        let module = global.module.to_vec();
        if !global.name.contains(&b'.') && !global.name.starts_with(b"__getattr") {
            return None;
        }
        let name = global.name.to_vec();
        let mut parts: Vec<&[u8]> = name.split(|&byte| byte == b'.').collect();
        let last = parts.pop().unwrap_or_default();
        let base = parts.join(&b"."[..]);
        if module == b"builtins" && PLAIN.contains(&base.as_slice()) {
            return eval::method(self, s, last, &call.args, made);
        }
        match (last, call.args.as_slice()) {
            (b"__call__", _) if !base.is_empty() => {
                let callee = self.reach(s, &module, &base);
                let depth = call.depth.saturating_add(1);
                Some(self.follow(s, Pending { callee, reached: "attribute", depth, ..call.clone() }))
            }
            (b"__getattribute__" | b"__getattr__", &[of, name]) => Some(self.attribute_by(s, of, name, made)),
            (b"__getattribute__" | b"__getattr__", &[name]) => {
                let of = if base.is_empty() { s.module(&module) } else { self.reach(s, &module, &base) };
                Some(self.attribute_by(s, of, name, made))
            }
            (b"get" | b"__getitem__" | b"pop" | b"setdefault", &[key, ..]) if !base.is_empty() => {
                let base = self.reach(s, &module, &base);
                self.item(s, base, key)
            }
            _ => None,
        }
    }

    /// A function that is called now or kept for some later time; what it is given may stand in a tuple.
    fn later(&mut self, s: &mut State, at: &str, packed: bool, call: &Pending) {
        let at: usize = at.parse().unwrap_or(0);
        let Some((&function, rest)) = call.args.get(at..).and_then(<[Value]>::split_first) else { return };
        if !callable(function) {
            return;
        }
        let first = rest.first().copied().unwrap_or_default();
        let args = match s.arena.items(first).filter(|_| packed && first.is_container()) {
            Some(items) => items.kept.clone(),
            None => rest.to_vec(),
        };
        let depth = call.depth.saturating_add(1);
        let (callee, keywords) = (function, Vec::new());
        let nested = Pending { callee, args, keywords, via: "callback", reached: "later", ..call.clone() };
        self.follow(s, Pending { depth, ..nested });
    }

    /// Notes that iterators may have been gone through.
    fn use_up(&mut self, s: &mut State, args: &[Value]) {
        for &arg in args.iter().filter(|arg| arg.kind() == Kind::Object) {
            s.arena.may_change(arg);
        }
    }

    /// Whether a function is one of those that are worked out.
    pub(super) fn pure(&self, function: Value) -> bool {
        self.function(function).is_some_and(|(does, _)| does == "evaluate")
    }

    /// A file that is read as a pickle or the like: known if it was made of bytes.
    fn load(&mut self, s: &mut State, source: Value) {
        let made = s
            .arena
            .made(source)
            .filter(|made| self.function(made.callee).is_some_and(|(does, _)| does == "any"));
        match made.and_then(|made| made.args.first().copied()) {
            Some(content) => self.deserialise(s, content),
            None if source.kind() == Kind::Object => {
                self.log.unresolved(s, "what is loaded again is computed in a way that is not followed");
            }
            None => {}
        }
    }

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

/// Whether a value is, or may turn out to be, bytes.
fn may_be_bytes(value: Value) -> bool {
    matches!(value.kind(), Kind::Bytes | Kind::ByteArray | Kind::Str8 | Kind::Object | Kind::Attribute)
}

/// Arguments that were given before and those that are given now, with the names of the last of them.
fn joined(
    (bound, names): (&[Value], &[Value]),
    (args, more): (&[Value], &[Value]),
) -> (Vec<Value>, Vec<Value>) {
    let (positional, named) = bound.split_at(bound.len().saturating_sub(names.len()));
    let (given, also) = args.split_at(args.len().saturating_sub(more.len()));
    ([positional, given, named, also].concat(), [names, more].concat())
}
