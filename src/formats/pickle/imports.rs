//! Opcodes that look names up: GLOBAL, INST, STACK_GLOBAL, EXT, persistent ids.

use super::{
    constant,
    machine::{Machine, Operand},
    names::Lookup,
    numbers,
    opcodes::code,
    reading::Encoding,
    state::{Raise, State},
    value::{Kind, Made, Node, Value},
};

type Done = Result<(), Raise>;

/// GLOBAL, INST, STACK_GLOBAL.
pub(super) fn look_up(m: &mut Machine<'_>, opcode: u8, operand: &Operand, s: &mut State) -> Done {
    if opcode == code::STACK_GLOBAL {
        return stack_global(m, s);
    }
    let (module, name) = (m.bytes(operand.run), m.bytes(operand.second));
    if opcode == code::GLOBAL {
        if std::str::from_utf8(module).is_err() || std::str::from_utf8(name).is_err() {
            return Err(Raise::Text);
        }
        let value = find_class(m, s, module, name, "global")?;
        s.push(value);
        return Ok(());
    }
    if !module.is_ascii() || !name.is_ascii() {
        return Err(Raise::Text);
    }
    if s.marks.is_empty() {
        // C looks for the mark first; Python has already imported.
        let python = s.readings.python();
        m.keep(s, python, Raise::NoMark)?;
        find_class(m, s, module, name, "inst")?;
        return Err(Raise::NoMark);
    }
    let class = find_class(m, s, module, name, "inst")?;
    let args = s.pop_to_mark()?;
    m.instantiate(s, class, args, "inst")
}

/// Bytes of a name that is looked up.
const LONGEST: usize = 1 << 16;

/// Looks a name up and gives the value.
fn find_class(
    m: &mut Machine<'_>,
    s: &mut State,
    module: &[u8],
    name: &[u8],
    how: &'static str,
) -> Result<Value, Raise> {
    if module.len().saturating_add(name.len()) > LONGEST {
        m.log.unresolved(s, "a name of more than 65536 bytes is looked up");
        return Ok(unknown(s, &[]));
    }
    let lookup = lookup(s, how);
    let (number, found) = m.names.find_class(module, name, lookup);
    found?;
    Ok(Value::new(Kind::Global, number))
}

/// Where and by whom the opcode at work looks a name up.
pub(super) fn lookup(s: &State, how: &'static str) -> Lookup {
    let len = s.window.at.saturating_sub(s.at);
    let (at, readings) = (s.at, s.readings);
    Lookup { how, at, len, readings, protocol: s.protocol, stray: s.stray }
}

fn stack_global(m: &mut Machine<'_>, s: &mut State) -> Done {
    let base = s.stack.len().saturating_sub(2);
    let eight_bit = s.stack.iter().skip(base).any(|value| value.kind() == Kind::Str8);
    if eight_bit {
        let kept = s.readings.without(s.readings.encoded(Encoding::Bytes));
        if kept.is_empty() {
            return Err(Raise::Type);
        }
        s.readings = kept;
    }
    // Two pops, as both loaders do it: the first may succeed where the second does not.
    let name = s.pop()?;
    let module = s.pop()?;
    let text = |value| constant::text(m.data, &s.arena, value);
    match (text(module), text(name)) {
        (Some(module), Some(name)) => {
            if eight_bit && !(module.is_ascii() && name.is_ascii()) {
                m.log.unresolved(
                    s,
                    "the name that STACK_GLOBAL looks up depends on the encoding that is asked for",
                );
            }
            let value = find_class(m, s, &module, &name, "stack-global")?;
            s.push(value);
            Ok(())
        }
        _ if [module, name].iter().all(|value| may_be_text(*value)) => {
            m.log.unresolved(
                s,
                "the name that STACK_GLOBAL looks up is computed in a way that is not followed",
            );
            let value = unknown(s, &[module, name]);
            s.push(value);
            Ok(())
        }
        _ => Err(Raise::Type),
    }
}

/// Whether a value that is not known could be a `str`.
fn may_be_text(value: Value) -> bool {
    matches!(value.kind(), Kind::Str | Kind::Str8 | Kind::Object | Kind::Attribute)
}

/// A value of which nothing is known but what it was made of: an extension code, or a module and a name.
pub(super) fn unknown(s: &mut State, of: &[Value]) -> Value {
    let made =
        Made { callee: Value::NONE, args: of.to_vec(), keywords: Vec::new(), at: s.at, state: Value::ABSENT };
    Value::new(Kind::Object, s.arena.add(Node::Made(Box::new(made))))
}

/// EXT1, EXT2, EXT4: a code of the extension registry, which is the victim's unless the stream fills it.
pub(super) fn extension(m: &mut Machine<'_>, operand: &Operand, s: &mut State) -> Done {
    let code = m.little(operand.run);
    if code == 0 || code > 0x7fff_ffff {
        return Err(Raise::Range);
    }
    if let Some(&number) = m.names.cached.get(&code).filter(|_| !m.names.registry_touched) {
        s.push(Value::new(Kind::Global, number));
        return Ok(());
    }
    if let Some(((module, name), certain)) = m.names.registered(code) {
        if !certain {
            m.log.unresolved(s, "an extension code that the stream may have registered in more than one way");
        }
        let value = find_class(m, s, &module, &name, "ext")?;
        let at = m.names.get(value.payload()).map_or(s.at, |global| global.at);
        m.log.join(&[m.names.registered_at, s.at, at]);
        s.push(value);
        return Ok(());
    }
    m.log.unresolved(s, "an extension code, which only the loader's own registry can tell the name of");
    m.log.extension(s, code);
    let code = s.number(i64::try_from(code).unwrap_or(0));
    let value = unknown(s, &[code]);
    s.push(value);
    Ok(())
}

/// PERSID, BINPERSID: the loader's own function makes an object of the identifier.
pub(super) fn persistent(m: &mut Machine<'_>, opcode: u8, operand: &Operand, s: &mut State) -> Done {
    let id = if opcode == code::BINPERSID {
        s.pop()?
    } else {
        let line = m.bytes(operand.run);
        if !line.is_ascii() {
            return Err(Raise::Text);
        }
        s.content(Kind::Str, numbers::latin1(line))
    };
    let items: Vec<Value> = s.arena.items(id).map(|items| items.kept.clone()).unwrap_or_default();
    let kind = items.first().and_then(|&kind| constant::text(m.data, &s.arena, kind));
    if let (Some(b"module"), Some(&class)) = (kind.as_deref(), items.get(1)) {
        // PyTorch up to 1.x keeps the source of a class beside it; the id stands for the class.
        s.push(class);
        return Ok(());
    }
    m.log.persistent(s, id, m.data, &m.names);
    let made =
        Made { callee: Value::ABSENT, args: vec![id], keywords: Vec::new(), at: s.at, state: Value::ABSENT };
    let value = Value::new(Kind::Object, s.arena.add(Node::Made(Box::new(made))));
    s.push(value);
    Ok(())
}

/// What a function gives that makes an instance of its first argument.
pub(super) fn instance(s: &mut State, class: Value, args: &[Value]) -> Value {
    let made =
        Made { callee: class, args: args.to_vec(), keywords: Vec::new(), at: s.at, state: Value::ABSENT };
    Value::new(Kind::Object, s.arena.add(Node::Made(Box::new(made))))
}
