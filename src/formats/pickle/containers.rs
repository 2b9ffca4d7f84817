//! Opcodes that fill containers, and what they call on things that are none.

use super::{
    constant,
    machine::Machine,
    opcodes::code,
    reading::Readings,
    state::{Raise, State},
    value::{Kind, Value},
};
use crate::bytes::{index, wide};

type Done = Result<(), Raise>;

/// TUPLE, LIST, FROZENSET, DICT: all above the mark.
pub(super) fn gather(opcode: u8, s: &mut State) -> Done {
    let mark = s.pop_mark()?.min(s.stack.len());
    let values = s.stack.get(mark..).unwrap_or_default();
    let kind = match opcode {
        code::TUPLE => Kind::Tuple,
        code::LIST => Kind::List,
        code::FROZENSET => Kind::FrozenSet,
        _ => Kind::Dict,
    };
    let hashed = |step| values.iter().step_by(step).all(|&value| s.arena.hashable(value));
    let fits = match kind {
        Kind::FrozenSet => hashed(1),
        Kind::Dict => values.len() % 2 == 0 && hashed(2),
        _ => true,
    };
    if !fits {
        return Err(Raise::Type);
    }
    s.gather(kind, mark);
    Ok(())
}

/// APPEND: one value to the list below it.
pub(super) fn append(m: &mut Machine<'_>, s: &mut State) -> Done {
    let [list, value] = s.pop_all()?;
    s.push(list);
    if list.kind() == Kind::List {
        s.add_items(list, &[value]);
        return Ok(());
    }
    extend(m, s, list, &[value], "append")
}

/// APPENDS: all above the mark to the list below it.
pub(super) fn appends(m: &mut Machine<'_>, s: &mut State) -> Done {
    let mark = s.pop_mark()?;
    let values = s.stack.split_off(mark.min(s.stack.len()));
    let list = s.top()?;
    if list.kind() == Kind::List {
        s.add_items(list, &values);
        return Ok(());
    }
    if values.is_empty() && (list.is_special() || list.kind() == Kind::ByteArray) {
        // C does nothing; Python calls `extend([])`.
        let python = s.readings.python();
        if !python.is_empty() && list.is_special() {
            m.method(s, list, "extend", &values, python);
        }
        return Ok(());
    }
    if values.is_empty() {
        let c = s.readings.c();
        return m.keep(s, c, Raise::Type);
    }
    extend(m, s, list, &values, "extend")
}

/// What APPEND and APPENDS do to what is no list: C calls `extend`, Python the named method.
fn extend(
    m: &mut Machine<'_>,
    s: &mut State,
    list: Value,
    values: &[Value],
    python_calls: &'static str,
) -> Done {
    match list.kind() {
        Kind::ByteArray => grow(m, s, list, values),
        _ if list.is_special() => {
            let (c, python) = (s.readings.c(), s.readings.python());
            if python_calls == "extend" {
                m.method(s, list, "extend", values, c | python);
                return Ok(());
            }
            // Two names of one change, which is stated once.
            let none = Readings::default();
            if !c.is_empty() {
                m.changing_method(s, (list, "extend"), values, (c, if python.is_empty() { c } else { none }));
            }
            if !python.is_empty() {
                m.changing_method(s, (list, python_calls), values, (python, c | python));
            }
            Ok(())
        }
        _ => Err(Raise::Type),
    }
}

/// Bytes of a changed byte array that are kept.
const KEPT: usize = 1 << 12;

/// What a byte array holds, if that is little.
fn held(m: &Machine<'_>, s: &State, array: Value) -> Option<Vec<u8>> {
    let content = constant::bytes(m.data, &s.arena, array)?;
    (content.len() < KEPT).then(|| content.into_owned())
}

/// Bytes at the end of a byte array.
fn grow(m: &Machine<'_>, s: &mut State, array: Value, values: &[Value]) -> Done {
    if !values.iter().all(|value| matches!(value.kind(), Kind::Int | Kind::Bool | Kind::Object)) {
        return Err(Raise::Type);
    }
    let mut content = held(m, s, array);
    for &value in values {
        let byte = constant::number(m.data, &s.arena, value).and_then(|number| u8::try_from(number).ok());
        match (byte, &mut content) {
            (Some(byte), Some(content)) => content.push(byte),
            _ => content = None,
        }
    }
    s.arena.set_array(array, content);
    Ok(())
}

/// Bytes within a byte array.
fn poke(m: &Machine<'_>, s: &mut State, array: Value, pairs: &[Value]) -> Done {
    let mut content = held(m, s, array);
    for pair in pairs.chunks_exact(2) {
        let mut numbers = pair.iter().map(|&value| constant::number(m.data, &s.arena, value));
        let at = numbers.next().flatten();
        let byte = numbers.next().flatten().and_then(|byte| u8::try_from(byte).ok());
        let slot = content.as_mut().and_then(|content| {
            let at = at?;
            let at =
                if at < 0 { wide(content.len()).checked_sub(at.unsigned_abs())? } else { at.unsigned_abs() };
            content.get_mut(index(at))
        });
        match (slot, byte) {
            (Some(slot), Some(byte)) => *slot = byte,
            _ => content = None,
        }
    }
    s.arena.set_array(array, content);
    Ok(())
}

/// ADDITEMS: all above the mark to the set below it.
pub(super) fn additems(m: &mut Machine<'_>, s: &mut State) -> Done {
    let mark = s.pop_mark()?;
    let values = s.stack.split_off(mark.min(s.stack.len()));
    let set = s.top()?;
    match set.kind() {
        Kind::Set if values.iter().all(|&value| s.arena.hashable(value)) => {
            s.add_items(set, &values);
            Ok(())
        }
        Kind::Set => Err(Raise::Type),
        _ if set.is_special() => {
            for value in values {
                m.method(s, set, "add", &[value], s.readings);
            }
            Ok(())
        }
        _ if values.is_empty() => {
            let c = s.readings.c();
            m.keep(s, c, Raise::Type)
        }
        _ => Err(Raise::Type),
    }
}

/// SETITEM: one key and value to the dict below them.
pub(super) fn setitem(m: &mut Machine<'_>, s: &mut State) -> Done {
    let [dict, key, value] = s.pop_all()?;
    s.push(dict);
    set(m, s, dict, &[key, value])
}

/// SETITEMS: keys and values above the mark to the dict below it.
pub(super) fn setitems(m: &mut Machine<'_>, s: &mut State) -> Done {
    let mark = s.pop_mark()?;
    let fence = s.fence();
    if mark <= fence || mark > s.stack.len() {
        return Err(Raise::Underflow);
    }
    let dict = s.stack.get(mark.saturating_sub(1)).copied().unwrap_or_default();
    if dict.kind() == Kind::Dict && (s.stack.len().wrapping_sub(mark)) % 2 == 0 {
        let plain = |key: &Value| matches!(key.kind(), Kind::Str | Kind::Int | Kind::Str8);
        if s.stack.get(mark..).unwrap_or_default().iter().step_by(2).all(plain) {
            let stack = std::mem::take(&mut s.stack);
            s.add_items(dict, stack.get(mark..).unwrap_or_default());
            s.stack = stack;
            s.stack.truncate(mark);
            return Ok(());
        }
    }
    let values = s.stack.split_off(mark);
    if !values.len().is_multiple_of(2) {
        // Python sets the whole pairs before it raises.
        let python = s.readings.python();
        let whole = values.len().saturating_sub(1);
        if !python.is_empty() && dict.is_special() && whole > 0 {
            m.mutate_pairs(s, dict, values.get(..whole).unwrap_or_default(), python);
        }
        return Err(Raise::Type);
    }
    if values.is_empty() {
        return Ok(());
    }
    set(m, s, dict, &values)
}

/// `list[key] = value`.
fn set_item(m: &Machine<'_>, s: &mut State, list: Value, key: Value, value: Value) -> Done {
    let len = s.arena.items(list).map_or(u64::MAX, super::value::Items::len);
    match constant::number(m.data, &s.arena, key) {
        Some(at) if at.unsigned_abs() < len || (at < 0 && at.unsigned_abs() <= len) => {
            s.set_item(list, at, value);
            Ok(())
        }
        None if key.is_special() => {
            s.set_item(list, i64::MAX, value);
            Ok(())
        }
        _ => Err(Raise::Type),
    }
}

/// `target[key] = value` for each pair.
fn set(m: &mut Machine<'_>, s: &mut State, target: Value, pairs: &[Value]) -> Done {
    match target.kind() {
        Kind::Dict => {
            if !pairs.iter().step_by(2).all(|&key| s.arena.hashable(key)) {
                return Err(Raise::Type);
            }
            s.add_items(target, pairs);
            Ok(())
        }
        Kind::ByteArray => poke(m, s, target, pairs),
        Kind::List => {
            for pair in pairs.chunks_exact(2) {
                let &[key, value] = pair else { continue };
                set_item(m, s, target, key, value)?;
            }
            Ok(())
        }
        _ if target.is_special() => {
            let readings = s.readings;
            m.mutate_pairs(s, target, pairs, readings);
            Ok(())
        }
        _ => Err(Raise::Type),
    }
}

impl Machine<'_> {
    /// Notes that a function that is not followed may change the containers that it is given.
    pub(super) fn may_change(&mut self, s: &mut State, args: &[Value]) {
        let mut open: Vec<Value> =
            args.iter().copied().filter(|arg| arg.is_container() || arg.kind() == Kind::ByteArray).collect();
        let mut looked_at = 0_u32;
        while let Some(value) = open.pop().filter(|_| looked_at < 1024) {
            looked_at = looked_at.saturating_add(1);
            s.arena.may_change(value);
            self.names.registry_touched |= self.is_registry(value, b"_inverted_registry")
                || self.is_registry(value, b"_extension_cache");
            if let Some(items) = s.arena.items(value) {
                self.names.unpaid = self.names.unpaid.saturating_add(wide(items.kept.len()));
                let first = items.kept.iter().take(256);
                open.extend(first.filter(|item| item.is_container() || item.is_special()));
            }
        }
        self.names.unpaid = self.names.unpaid.saturating_add(u64::from(looked_at).saturating_mul(8));
    }
}
