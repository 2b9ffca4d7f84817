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
    bytes::{Name, escape_into, wide},
    facts::Call,
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
            let bytes = s.readings.encoded(Encoding::Bytes);
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
                super::iterate::take(self, s, args).unwrap_or_else(|| vec![unknown(s, &[])])
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
        [items.kept.as_slice(), &items.special].concat()
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
        let key = shape(self.first_callee(s, call.callee), call.callee, call.via, &call.args);
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
        super::embedded::given(self, s, call);
        super::cost::call(self, s, call);
    }

    /// The name whose call gave a value, through further calls, or the value itself.
    pub(super) fn first_callee(&self, s: &State, value: Value) -> Value {
        let made = |value| s.arena.made(value).map(|made| made.callee).filter(|callee| callee.is_special());
        let mut chain = std::iter::successors(Some(value), |&value| made(value)).take(256);
        chain.find(|value| value.kind() == Kind::Global).unwrap_or(value)
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
        let seen = wide(open.len()).saturating_add(u64::from(looked_at));
        self.names.unpaid = self.names.unpaid.saturating_add(seen);
    }

    /// Joins the chains of what goes into a call with the call's own.
    pub(super) fn join(&mut self, s: &State, callee: Value, args: &[Value]) {
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
            _ => match value.node().and_then(|node| s.arena.get(node)) {
                Some(Node::Module { at, .. } | Node::Attribute { at, .. } | Node::Content { at, .. }) => {
                    Some(*at)
                }
                _ => None,
            },
        }
    }

    /// Whether a value is the class or function of this dotted name.
    pub(super) fn is(&self, value: Value, module: &[u8], name: &[u8]) -> bool {
        let global = (value.kind() == Kind::Global).then(|| self.names.get(value.payload())).flatten();
        global.is_some_and(|global| *global.module == *module && *global.name == *name)
    }
}

/// Whether something can be called, as far as is known.
pub(super) fn callable(value: Value) -> bool {
    matches!(value.kind(), Kind::Global | Kind::Object | Kind::Attribute)
}

/// Text of bytes, escaped.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    escape_into(&mut out, bytes);
    out
}
