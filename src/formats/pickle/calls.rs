//! Opcodes that call, and what is recorded of a call.

use super::{
    classify, express,
    imports::unknown,
    log::{opcode_span, shape},
    machine::Machine,
    names::{Used, package},
    opcodes::code,
    reading::{Encoding, Readings},
    state::{Raise, State},
    value::{Kind, Made, Node, Value},
};
use crate::{
    bytes::{Name, escape_into},
    facts::{Call, Mutation},
};

type Done = Result<(), Raise>;

/// A call as it is about to be made.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) callee: Value,
    pub(super) args: Vec<Value>,
    /// Names of the last arguments.
    pub(super) keywords: Vec<Value>,
    pub(super) via: &'static str,
    pub(super) reached: &'static str,
    pub(super) readings: Readings,
    /// Calls within calls so far.
    pub(super) depth: u32,
}

impl Machine<'_> {
    /// REDUCE, BUILD, NEWOBJ, NEWOBJ_EX, OBJ.
    pub(super) fn call_opcode(&mut self, opcode: u8, s: &mut State) -> Done {
        match opcode {
            code::REDUCE => self.reduce(s),
            code::BUILD => self.build(s),
            code::OBJ => {
                let mut values = s.pop_to_mark()?;
                if values.is_empty() {
                    return Err(Raise::Underflow);
                }
                let class = values.remove(0);
                self.instantiate(s, class, values, "obj")
            }
            _ => self.newobj(opcode == code::NEWOBJ_EX, s),
        }
    }

    fn reduce(&mut self, s: &mut State) -> Done {
        self.part_by_encoding(s);
        let args = s.pop()?;
        let callee = s.pop()?;
        if !callable(callee) {
            return Err(Raise::Type);
        }
        let Some(values) = self.spread(s, args, false)? else { return Err(Raise::Type) };
        let result = self.call(s, callee, values, "reduce")?;
        s.push(result);
        Ok(())
    }

    /// Where 8-bit strings go into a call, those who read them as `bytes` go their own way.
    fn part_by_encoding(&mut self, s: &mut State) {
        let args = s.stack.last().copied().unwrap_or_default();
        let items = s.arena.items(args).map(|items| items.kept.as_slice()).unwrap_or_default();
        let eight_bit = items.iter().any(|value| value.kind() == Kind::Str8);
        if eight_bit && s.encoding().is_none() {
            let bytes = s.readings.only(|reading| reading.encoding == Encoding::Bytes);
            self.part(s, bytes);
            s.readings = s.readings.without(bytes);
        }
    }

    /// The values that `*args` gives. C wants a tuple, Python anything that can be iterated.
    fn spread(&mut self, s: &mut State, args: Value, mapping: bool) -> Result<Option<Vec<Value>>, Raise> {
        let python_only = match args.kind() {
            Kind::Tuple if !mapping => false,
            Kind::Dict if mapping => false,
            Kind::Object | Kind::Attribute if !mapping => false,
            Kind::Object | Kind::Attribute => true,
            Kind::List | Kind::Dict | Kind::Set | Kind::FrozenSet | Kind::Global if !mapping => true,
            Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray | Kind::Tuple if !mapping => true,
            _ => return Ok(None),
        };
        if python_only {
            let python = s.readings.python();
            self.keep(s, python, Raise::Type)?;
        }
        Ok(Some(match args.kind() {
            Kind::Dict if !mapping => self.items(s, args).into_iter().step_by(2).collect(),
            Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray => vec![args],
            Kind::Object | Kind::Attribute => {
                self.iterate(s, args);
                vec![unknown(s)]
            }
            _ => self.items(s, args),
        }))
    }

    /// What a container holds, as far as it is kept.
    pub(super) fn items(&mut self, s: &State, value: Value) -> Vec<Value> {
        let Some(items) = s.arena.items(value) else {
            self.log.unresolved(s, "the content of a container that is used here was not kept");
            return Vec::new();
        };
        items.kept.iter().chain(&items.special).copied().collect()
    }

    fn newobj(&mut self, with_keywords: bool, s: &mut State) -> Done {
        let keywords = if with_keywords { Some(s.pop()?) } else { None };
        let args = s.pop()?;
        let class = s.pop()?;
        if !class.is_special() {
            return Err(Raise::Type);
        }
        let Some(mut values) = self.spread(s, args, false)? else { return Err(Raise::Type) };
        let mut names = Vec::new();
        if let Some(keywords) = keywords {
            let Some(pairs) = self.spread(s, keywords, true)? else { return Err(Raise::Type) };
            names.extend(pairs.iter().step_by(2));
            values.extend(pairs.iter().skip(1).step_by(2));
        }
        let readings = s.readings;
        let pending = Pending {
            callee: class,
            args: values,
            keywords: names,
            via: "newobj",
            reached: "direct",
            readings,
            depth: 0,
        };
        let result = self.make(s, pending);
        s.push(result);
        Ok(())
    }

    /// INST and OBJ: a class without arguments gets no `__init__`.
    pub(super) fn instantiate(
        &mut self,
        s: &mut State,
        class: Value,
        args: Vec<Value>,
        via: &'static str,
    ) -> Done {
        if !callable(class) {
            return Err(Raise::Type);
        }
        let result = self.call(s, class, args, via)?;
        s.push(result);
        Ok(())
    }

    /// BUILD: `__setstate__`, or an update of `__dict__` and slots.
    fn build(&mut self, s: &mut State) -> Done {
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
            Kind::Int => super::constant::number(self.data, &s.arena, value) == Some(0),
            Kind::Float => {
                super::constant::written(self.data, value).is_some_and(|text| text.trim_matches('-') == "0.0")
            }
            Kind::Str | Kind::Str8 | Kind::Bytes | Kind::ByteArray => {
                super::constant::bytes(self.data, &s.arena, value).is_some_and(|bytes| bytes.is_empty())
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
            let name = pair.first().and_then(|&name| super::constant::text(self.data, &s.arena, name));
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
        let via = match method {
            "__setstate__" => "build",
            "__setitem__" => "setitem",
            other => other,
        };
        self.method_call(s, (on, method, via), args, readings);
        if on.kind() == Kind::Object {
            self.call_attribute(s, on, method, args);
        }
        if method != "__setstate__" && matches!(on.kind(), Kind::Global | Kind::Module | Kind::Attribute) {
            let how = if method == "__setitem__" { "setitem" } else { method };
            self.mutation(s, on, how, args, readings);
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
        let key = shape(class, via, args.get(..1).unwrap_or_default());
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
    fn class_name(&self, value: Value) -> (Vec<u8>, Vec<u8>) {
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

    /// Makes a call, follows it as far as it is known, and gives its result.
    pub(super) fn call(
        &mut self,
        s: &mut State,
        callee: Value,
        args: Vec<Value>,
        via: &'static str,
    ) -> Result<Value, Raise> {
        let readings = s.readings;
        let pending =
            Pending { callee, args, keywords: Vec::new(), via, reached: "direct", readings, depth: 0 };
        Ok(self.follow(s, pending))
    }

    /// Records a call and gives the object that it makes.
    pub(super) fn make(&mut self, s: &mut State, pending: Pending) -> Value {
        self.record(s, &pending);
        let Pending { callee, args, keywords, .. } = pending;
        let made = Made { callee, args, keywords, at: s.at, state: Value::ABSENT };
        Value::new(Kind::Object, s.arena.add(Node::Made(Box::new(made))))
    }

    /// Records a call.
    pub(super) fn record(&mut self, s: &mut State, call: &Pending) {
        s.acted = true;
        self.hand(s, &call.args);
        let key = shape(call.callee, call.via, &call.args);
        if !self.log.worth(key, call.readings, 1) {
            return;
        }
        let expression = express::call(self.data, s, &self.names, call);
        let args = classify::args(self, s, &call.args, &call.keywords);
        let (module, name) = self.class_name(call.callee);
        let used = if call.via == "newobj" { Used::Made } else { Used::Called };
        if call.callee.kind() == Kind::Global {
            self.names.used(call.callee.payload(), used, Some(&expression));
        }
        let fact = Call {
            callee: Name::from(express::callee(self.data, s, &self.names, call.callee).as_str()),
            package: Name::from(package(&module)),
            shape: super::names::shape(&name),
            module: Name::from(module),
            name: Name::from(name),
            via: call.via,
            reached: call.reached,
            classes: classify::all(&args),
            args,
            expression,
            readings: "",
            stream: s.stream,
        };
        self.join(s, call.callee, &call.args);
        self.log.call(key, fact, opcode_span(s), s, call.readings);
    }

    /// Names that a call is given may be called by it.
    fn hand(&mut self, s: &State, args: &[Value]) {
        if args.iter().all(|arg| arg.kind() != Kind::Global && !arg.is_container()) {
            return;
        }
        let mut open: Vec<Value> = args.to_vec();
        let mut looked_at = 0_u32;
        while let Some(value) = open.pop().filter(|_| looked_at < 4096) {
            looked_at = looked_at.saturating_add(1);
            if value.kind() == Kind::Global {
                self.names.used(value.payload(), Used::Handed, None);
            } else if let Some(items) = s.arena.items(value) {
                open.extend(items.kept.iter().take(256).chain(&items.special));
            }
        }
    }

    /// Joins the chains of what goes into a call with the call's own.
    fn join(&mut self, s: &State, callee: Value, args: &[Value]) {
        let mut events = vec![s.at];
        for &value in args.iter().chain([&callee]) {
            events.extend(self.event(s, value));
            let items = s.arena.items(value).map(|items| items.kept.as_slice()).unwrap_or_default();
            events.extend(items.iter().take(16).filter_map(|&item| self.event(s, item)));
        }
        self.log.join(&events);
    }

    /// Offset of the event that gave a value.
    fn event(&self, s: &State, value: Value) -> Option<u64> {
        match value.kind() {
            Kind::Global => self.names.get(value.payload()).map(|global| global.at),
            Kind::Object => s.arena.made(value).map(|made| made.at),
            _ => None,
        }
    }

    /// Whether a value is the class or function of this dotted name.
    pub(super) fn is(&self, value: Value, module: &[u8], name: &[u8]) -> bool {
        let global = (value.kind() == Kind::Global).then(|| self.names.get(value.payload())).flatten();
        global.is_some_and(|global| *global.module == *module && *global.name == *name)
    }
}

/// Whether something can be called, as far as is known.
fn callable(value: Value) -> bool {
    matches!(value.kind(), Kind::Global | Kind::Object | Kind::Attribute)
}

/// Text of bytes, escaped.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    escape_into(&mut out, bytes);
    out
}
