//! Values and calls as a person would write them in Python, cut to a readable length.

use super::{
    calls::{Pending, shown},
    constant,
    names::Names,
    state::State,
    value::{Kind, Made, Node, Value},
};

/// Characters of an expression.
const LONGEST: usize = 400;
/// Characters of one string in it.
const STRING: usize = 120;
const DEEPEST: u32 = 6;
/// Items of a container that are written out.
const ITEMS: usize = 8;

/// Writes one expression.
struct Writer<'a> {
    data: &'a [u8],
    state: &'a State,
    names: &'a Names,
    out: String,
}

/// A value.
pub(super) fn value(data: &[u8], state: &State, names: &Names, value: Value) -> String {
    let mut writer = Writer { data, state, names, out: String::new() };
    writer.value(value, 0);
    cut(writer.out)
}

/// Several values, separated by commas.
pub(super) fn list(data: &[u8], state: &State, names: &Names, values: &[Value]) -> String {
    let mut writer = Writer { data, state, names, out: String::new() };
    writer.values(values, 0);
    cut(writer.out)
}

/// A call with its arguments.
pub(super) fn call(data: &[u8], state: &State, names: &Names, call: &Pending) -> String {
    let mut writer = Writer { data, state, names, out: String::new() };
    writer.call(call.callee, (&call.args, &call.keywords), call.via == "newobj", 0);
    cut(writer.out)
}

/// What is called, without the arguments of the calls that led to it.
pub(super) fn callee(data: &[u8], state: &State, names: &Names, value: Value) -> String {
    match value.kind() {
        Kind::Global => names.get(value.payload()).map_or_else(String::new, |global| shown(&global.dotted())),
        Kind::Object => match state.arena.made(value) {
            Some(made) if !made.callee.is_special() => format!("{}()", given_by(made)),
            Some(made) => format!("{}()", callee_once(data, state, names, made.callee)),
            None => "?()".to_owned(),
        },
        _ => self::value(data, state, names, value),
    }
}

fn callee_once(data: &[u8], state: &State, names: &Names, value: Value) -> String {
    match value.kind() {
        Kind::Global => names.get(value.payload()).map_or_else(String::new, |global| shown(&global.dotted())),
        _ => self::value(data, state, names, value),
    }
}

/// What gives an object that no call made: the loader's function for persistent ids, its registry of extension codes,
/// or a look-up of a name that the stream computes.
fn given_by(made: &Made) -> &'static str {
    match (made.callee, made.args.len()) {
        (Value::ABSENT, _) => "persistent_load",
        (_, 1) => "extension",
        (_, 2) => "find_class",
        _ => "unknown",
    }
}

/// Cuts a text to a readable length.
pub(super) fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Writer<'_> {
    fn full(&self) -> bool {
        self.out.len() > LONGEST
    }

    fn value(&mut self, value: Value, depth: u32) {
        if depth > DEEPEST || self.full() {
            self.out.push('…');
            return;
        }
        match value.kind() {
            Kind::Absent => self.out.push('?'),
            Kind::None => self.out.push_str("None"),
            Kind::Bool => self.out.push_str(if value.payload() == 0 { "False" } else { "True" }),
            Kind::Int | Kind::Float => self.number(value),
            Kind::Str | Kind::Str8 => self.string("", value),
            Kind::Bytes => self.string("b", value),
            Kind::ByteArray => {
                self.out.push_str("bytearray(");
                self.string("b", value);
                self.out.push(')');
            }
            Kind::Buffer => self.out.push_str("<buffer>"),
            Kind::Global => self.global(value.payload()),
            Kind::Object | Kind::Module | Kind::Attribute => self.node(value, depth),
            _ => self.container(value, depth),
        }
    }

    fn values(&mut self, values: &[Value], depth: u32) {
        for (at, &value) in values.iter().enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            if at >= ITEMS || self.full() {
                self.out.push('…');
                return;
            }
            self.value(value, depth);
        }
    }

    fn number(&mut self, value: Value) {
        let written = constant::written(self.data, value);
        let number =
            || constant::number(self.data, &self.state.arena, value).map(|number| number.to_string());
        self.out.push_str(&written.or_else(number).unwrap_or_else(|| "?".to_owned()));
    }

    fn string(&mut self, prefix: &str, value: Value) {
        let Some(content) = constant::bytes(self.data, &self.state.arena, value) else {
            self.out.push('?');
            return;
        };
        let head = content.get(..content.len().min(STRING)).unwrap_or_default();
        self.out.push_str(prefix);
        self.out.push('\'');
        if prefix.is_empty() {
            let text = shown(if value.kind() == Kind::Str { cut_utf8(head) } else { head });
            self.out.push_str(&text.replace('\'', "\\'"));
        } else {
            self.out.extend(head.escape_ascii().map(char::from));
        }
        self.out.push('\'');
        if content.len() > STRING {
            self.out.push('…');
        }
    }

    fn global(&mut self, number: u64) {
        let Some(global) = self.names.get(number) else { return };
        if &*global.module == b"builtins" {
            self.out.push_str(&shown(&global.name));
        } else {
            self.out.push_str(&shown(&global.dotted()));
        }
    }

    fn node(&mut self, value: Value, depth: u32) {
        match value.node().and_then(|node| self.state.arena.get(node)) {
            Some(Node::Made(made)) if !made.callee.is_special() => {
                self.out.push_str(given_by(made));
                self.out.push('(');
                self.values(&made.args, depth.saturating_add(1));
                self.out.push(')');
            }
            Some(Node::Made(made)) => {
                self.call(made.callee, (&made.args, &made.keywords), false, depth.saturating_add(1))
            }
            Some(Node::Attribute { base, name, .. }) => {
                self.value(*base, depth.saturating_add(1));
                self.out.push('.');
                self.out.push_str(&shown(name));
            }
            Some(Node::Module { name, .. }) => self.out.push_str(&shown(name)),
            _ => self.out.push('?'),
        }
    }

    fn call(&mut self, callee: Value, (args, keywords): (&[Value], &[Value]), new: bool, depth: u32) {
        self.value(callee, depth);
        self.out.push_str(if new { ".__new__(" } else { "(" });
        let positional = args.len().saturating_sub(keywords.len());
        let (first, last) = args.split_at(positional);
        self.values(first, depth.saturating_add(1));
        for (at, (name, value)) in keywords.iter().zip(last).take(ITEMS).enumerate() {
            if at > 0 || !first.is_empty() {
                self.out.push_str(", ");
            }
            let name = constant::text(self.data, &self.state.arena, *name).unwrap_or_else(|| b"**".to_vec());
            self.out.push_str(&shown(&name));
            self.out.push('=');
            self.value(*value, depth.saturating_add(1));
        }
        self.out.push(')');
    }

    fn container(&mut self, value: Value, depth: u32) {
        let (open, close) = match value.kind() {
            Kind::Tuple => ("(", ")"),
            Kind::List => ("[", "]"),
            Kind::FrozenSet => ("frozenset({", "})"),
            _ => ("{", "}"),
        };
        self.out.push_str(open);
        match self.state.arena.items(value) {
            None => self.out.push('…'),
            Some(items) if value.kind() == Kind::Dict => self.pairs(&items.kept, depth),
            Some(items) => {
                self.values(&items.kept, depth.saturating_add(1));
                if value.kind() == Kind::Tuple && items.kept.len() == 1 {
                    self.out.push(',');
                }
            }
        }
        self.out.push_str(close);
    }

    fn pairs(&mut self, pairs: &[Value], depth: u32) {
        for (at, pair) in pairs.chunks_exact(2).enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            if at >= ITEMS || self.full() {
                self.out.push('…');
                return;
            }
            let &[key, value] = pair else { return };
            self.value(key, depth.saturating_add(1));
            self.out.push_str(": ");
            self.value(value, depth.saturating_add(1));
        }
    }
}

/// Without a character that was cut in the middle.
fn cut_utf8(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.get(..error.valid_up_to()).unwrap_or_default(),
        _ => bytes,
    }
}
