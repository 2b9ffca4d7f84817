//! Methods that opcodes call on what names and calls gave: BUILD, and what fills things that are no containers.

use super::{
    calls::{Pending, callable},
    classify, constant, express,
    log::{opcode_span, shape},
    machine::Machine,
    names::{Used, package},
    reading::Readings,
    state::{Raise, State},
    value::{Kind, Node, Value},
};
use crate::{
    bytes::Name,
    facts::{Call, Mutation},
};

type Done = Result<(), Raise>;

impl Machine<'_> {
    /// BUILD: `__setstate__`, or an update of `__dict__` and slots.
    pub(super) fn build(&mut self, s: &mut State) -> Done {
        let state = s.pop()?;
        let target = s.top()?;
        if !target.is_special() {
            return self.build_plain(s, target, state);
        }
        self.set_state(s, target, state);
        let after = self.after_build;
        after(self, s, target)
    }

    /// BUILD on a value of a built-in type, which has no `__setstate__`: nothing, or an error.
    fn build_plain(&mut self, s: &mut State, _target: Value, state: Value) -> Done {
        let falsy = match state.kind() {
            Kind::None => return Ok(()),
            Kind::Tuple if s.arena.items(state).is_some_and(|items| items.len() == 2) => {
                let items = self.items(s, state);
                items.iter().all(|&item| self.falsy(s, item))
            }
            _ => self.falsy(s, state),
        };
        let kept = if falsy { s.readings.python() } else { Readings::default() };
        self.keep(s, kept, Raise::Type)
    }

    fn falsy(&self, s: &State, value: Value) -> bool {
        match value.kind() {
            Kind::None => true,
            Kind::Bool => value.payload() == 0,
            Kind::Object => true,
            Kind::Int => constant::number(self.data, &s.arena, value) == Some(0),
            Kind::Float => {
                constant::written(self.data, value).is_some_and(|text| text.trim_matches('-') == "0.0")
            }
            Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray => {
                constant::bytes(self.data, &s.arena, value).is_some_and(|bytes| bytes.is_empty())
            }
            _ if value.is_container() => s.arena.items(value).is_some_and(|items| items.len() == 0),
            _ => false,
        }
    }

    fn set_state(&mut self, s: &mut State, target: Value, state: Value) {
        match target.kind() {
            Kind::Object => {
                let readings = s.readings;
                self.method(s, target, "__setstate__", &[state], readings);
                let known = s.arena.made(target).map_or(Value::ABSENT, |made| made.state);
                let state = self.kept_state(s, target, state);
                let joined = self.joined_state(s, known, state);
                if let Some(Node::Made(made)) = target.node().and_then(|node| s.arena.get_mut(node)) {
                    made.state = joined;
                }
            }
            _ => {
                let pairs = [Value::ABSENT, state];
                let readings = s.readings;
                self.method_call(s, (target, "__setstate__", "build"), &[state], readings);
                self.mutation(s, target, "setstate", &pairs, readings);
            }
        }
    }

    /// What a BUILD sets: of a plain namespace a copy, which later changes of the dict leave alone.
    fn kept_state(&self, s: &mut State, target: Value, state: Value) -> Value {
        let plain = s.arena.made(target).is_some_and(|made| self.is_plain(made.callee));
        match s
            .arena
            .items(state)
            .filter(|_| plain && state.kind() == Kind::Dict)
            .and_then(|items| items.whole())
        {
            Some(items) => {
                let items = items.to_vec();
                s.container(Kind::Dict, &items)
            }
            None => state,
        }
    }

    /// What an object's attributes are after a further BUILD.
    fn joined_state(&self, s: &mut State, known: Value, state: Value) -> Value {
        match (s.arena.items(known), s.arena.items(state)) {
            (Some(old), Some(new)) if known.kind() == Kind::Dict && state.kind() == Kind::Dict => {
                let items = [&old.kept[..], &new.kept[..]].concat();
                s.container(Kind::Dict, &items)
            }
            _ => state,
        }
    }

    /// Calls an attribute that an earlier BUILD has put on an object in the place of a method.
    fn call_attribute(&mut self, s: &mut State, on: Value, method: &str, args: &[Value]) {
        let state = s.arena.made(on).map_or(Value::ABSENT, |made| made.state);
        let Some(items) = s.arena.items(state).filter(|_| state.kind() == Kind::Dict) else { return };
        let named = |pair: &&[Value]| {
            let name = pair.first().and_then(|&name| constant::text(self.data, &s.arena, name));
            name.as_deref() == Some(method.as_bytes())
        };
        let found = items.kept.chunks_exact(2).rev().find(named).and_then(|pair| pair.get(1).copied());
        if let Some(function) = found.filter(|&function| callable(function)) {
            let readings = s.readings;
            let (args, keywords) = (args.to_vec(), Vec::new());
            let via = "callback";
            let pending =
                Pending { callee: function, args, keywords, via, reached: "attribute", readings, depth: 1 };
            self.follow(s, pending);
        }
    }

    /// A method that an opcode calls on what a name or a call gave.
    pub(super) fn method(
        &mut self,
        s: &mut State,
        on: Value,
        method: &'static str,
        args: &[Value],
        readings: Readings,
    ) {
        self.changing_method(s, (on, method), args, (readings, readings));
    }

    /// A method that an opcode calls, for the readings that call it, and the change that it makes, for those that state
    /// it.
    pub(super) fn changing_method(
        &mut self,
        s: &mut State,
        (on, method): (Value, &'static str),
        args: &[Value],
        (readings, changing): (Readings, Readings),
    ) {
        let via = match method {
            "__setstate__" => "build",
            "__setitem__" => "setitem",
            other => other,
        };
        self.method_call(s, (on, method, via), args, readings);
        if method != "__setstate__" || s.arena.flow(on).is_some() {
            s.arena.may_change(on);
        }
        if on.kind() == Kind::Object {
            self.call_attribute(s, on, method, args);
        }
        let named = matches!(on.kind(), Kind::Global | Kind::Module | Kind::Attribute);
        if method != "__setstate__" && named && !changing.is_empty() {
            let how = if method == "__setitem__" { "setitem" } else { method };
            self.mutation(s, on, how, args, changing);
        }
    }

    fn method_call(
        &mut self,
        s: &mut State,
        what: (Value, &'static str, &'static str),
        args: &[Value],
        readings: Readings,
    ) {
        let (on, method, via) = what;
        s.acted |= !matches!(on.kind(), Kind::Object) || via != "build";
        let class = s.arena.made(on).map_or(on, |made| made.callee);
        let key = shape(self.first_callee(s, class), on, via, args.get(..1).unwrap_or_default());
        if !self.log.worth(key, readings, 1) {
            return;
        }
        let shown = express::value(self.data, s, &self.names, on);
        let expression =
            express::cut(format!("{shown}.{method}({})", express::list(self.data, s, &self.names, args)));
        let (module, name) = self.class_name(class);
        let name = [name.as_slice(), b".", method.as_bytes()].concat();
        let call = Call {
            callee: Name::from(
                format!("{}.{method}", express::callee(self.data, s, &self.names, on)).as_str(),
            ),
            package: Name::from(package(&module)),
            module: Name::from(module),
            name: Name::from(name),
            via,
            reached: "direct",
            args: classify::args(self, s, args, &[]),
            classes: Vec::new(),
            expression,
            readings: "",
            shape: "function",
            stream: s.stream,
        };
        self.join(s, on, args);
        self.log.call(key, call, opcode_span(s), s, readings);
    }

    /// Module and name of a class or function value.
    pub(super) fn class_name(&self, value: Value) -> (Vec<u8>, Vec<u8>) {
        let global = (value.kind() == Kind::Global).then(|| self.names.get(value.payload())).flatten();
        global.map(|global| (global.module.to_vec(), global.name.to_vec())).unwrap_or_default()
    }

    /// `target[key] = value` for pairs.
    pub(super) fn mutate_pairs(&mut self, s: &mut State, target: Value, pairs: &[Value], readings: Readings) {
        for pair in pairs.chunks_exact(2) {
            self.method(s, target, "__setitem__", pair, readings);
            self.note_registration(s, target, pair);
        }
    }

    fn mutation(
        &mut self,
        s: &mut State,
        target: Value,
        how: &'static str,
        args: &[Value],
        readings: Readings,
    ) {
        s.acted = true;
        if target.kind() == Kind::Global {
            self.names.used(target.payload(), Used::Set, None);
        }
        let (module, name) = self.class_name(target);
        let shown = express::value(self.data, s, &self.names, target);
        let text = |value: Option<&Value>| {
            let value = value.copied().unwrap_or_default();
            if value == Value::ABSENT {
                String::new()
            } else {
                express::value(self.data, s, &self.names, value)
            }
        };
        let (key, value) = match args {
            [key, value] => (text(Some(key)), text(Some(value))),
            _ => (String::new(), express::list(self.data, s, &self.names, args)),
        };
        let expression = express::cut(match how {
            "setitem" => format!("{shown}[{key}] = {value}"),
            "setstate" => format!("{shown}.__dict__.update({value})"),
            _ => format!("{shown}.{how}({value})"),
        });
        let target_name = Name::from(shown.as_str());
        let (module, name) = (Name::from(module), Name::from(name));
        let stream = s.stream;
        let mutation =
            Mutation { target: target_name, module, name, how, key, value, expression, readings: "", stream };
        self.join(s, target, args);
        self.log.mutation(mutation, s, readings);
    }
}
