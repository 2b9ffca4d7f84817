//! Arrays that joblib puts into the stream, behind the BUILD of their wrapper (`joblib/numpy_pickle.py`).
//!
//! `NumpyArrayWrapper` is followed by the raw bytes of the array, or by a whole pickle if it holds objects.
//! Since joblib 1.2 a byte tells how many bytes of padding come first. Any other unpickler reads the same
//! bytes as opcodes.

use super::{
    constant,
    machine::{Ended, Machine},
    opcodes::{Layout, code, layout},
    reading::Loader,
    state::{Raise, State},
    value::{Kind, Value},
    window::Window,
};
use crate::{
    bytes::{Cursor, Name},
    facts::Reference,
};

/// What the wrapper says of its array.
struct Array {
    /// Bytes of the array; nothing if it holds objects.
    bytes: Option<u64>,
    padded: bool,
}

/// What joblib does after a BUILD: reads the array of a wrapper.
pub(super) fn after_build(m: &mut Machine<'_>, s: &mut State, target: Value) -> Result<(), Raise> {
    let Some(made) = s.arena.made(target) else { return Ok(()) };
    let (callee, state) = (made.callee, made.state);
    let Some(global) = (callee.kind() == Kind::Global).then(|| m.names.get(callee.payload())).flatten()
    else {
        return Ok(());
    };
    let within = global.module.windows(6).any(|part| part == b"joblib");
    match &*global.name {
        b"NumpyArrayWrapper" if within && !s.stray => array(m, s, state),
        b"NDArrayWrapper" | b"ZNDArrayWrapper" if within => {
            sibling(m, s, state);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An array in a file of its own, as joblib before 0.10 wrote it.
fn sibling(m: &mut Machine<'_>, s: &State, state: Value) {
    let name = field(m, s, state, b"filename").and_then(|name| constant::text(m.data, &s.arena, name));
    let name = name.unwrap_or_default();
    let mut hazards = Vec::new();
    if name.starts_with(b"/") || name.get(1) == Some(&b':') {
        hazards.push("absolute");
    }
    if name.split(|&byte| matches!(byte, b'/' | b'\\')).any(|part| part == b"..") {
        hazards.push("parent");
    }
    let to = Name::from(name);
    m.log.reference(s, Reference { to, what: "path", purpose: "sibling-array", hazards, needs: 0 });
}

fn array(m: &mut Machine<'_>, s: &mut State, state: Value) -> Result<(), Raise> {
    let Some(array) = describe(m, s, state) else {
        m.log.unresolved(s, "an array stands in the stream, and how long it is could not be worked out");
        return Ok(());
    };
    if s.window.framed && s.window.at < s.window.fence {
        m.log.unresolved(s, "an array stands in the stream within a frame");
        return Ok(());
    }
    if !harmless(m.data, s.window.at)
        && let Some(plain) = m.fork(s, s.readings)
    {
        m.parted.push(State { stray: true, ..plain });
    }
    match array.bytes {
        Some(bytes) => raw(m, s, bytes, array.padded),
        None => objects(m, s),
    }
}

fn raw(m: &Machine<'_>, s: &mut State, bytes: u64, padded: bool) -> Result<(), Raise> {
    let mut c = Cursor::at_offset(m.data, s.window.at);
    if padded {
        let padding = c.u8().map_err(|_| Raise::End)?;
        c.skip(u64::from(padding)).map_err(|_| Raise::End)?;
    }
    c.skip(bytes).map_err(|_| Raise::End)?;
    s.window = Window::new(c.at(), m.end);
    Ok(())
}

/// An array of objects: a whole pickle, read by an unpickler of its own.
fn objects(m: &mut Machine<'_>, s: &mut State) -> Result<(), Raise> {
    let python = s.readings.python();
    let readings = if python.is_empty() { s.readings } else { python };
    let mut inner = State::new(readings, Window::new(s.window.at, m.end), s.stream);
    inner.stray = s.stray;
    let outer = std::mem::replace(&mut m.after_build, |_, _, _| Ok(()));
    let ended = m.run(&mut inner);
    m.after_build = outer;
    s.acted |= inner.acted;
    s.opcodes = s.opcodes.wrapping_add(inner.opcodes);
    match ended {
        Ended::Stop(_) => {
            s.window = Window::new(inner.window.next_stream(Loader::Python, false), m.end);
            Ok(())
        }
        Ended::Raised(raise) => {
            s.at = inner.at;
            Err(raise)
        }
    }
}

/// A field of the wrapper's state.
fn field(m: &Machine<'_>, s: &State, state: Value, name: &[u8]) -> Option<Value> {
    let items = s.arena.items(state).filter(|_| state.kind() == Kind::Dict)?;
    let named = |pair: &&[Value]| {
        pair.first().and_then(|&key| constant::text(m.data, &s.arena, key)).is_some_and(|key| key == name)
    };
    items.kept.chunks_exact(2).rev().find(named).and_then(|pair| pair.get(1).copied())
}

fn describe(m: &mut Machine<'_>, s: &State, state: Value) -> Option<Array> {
    let padding = field(m, s, state, b"numpy_array_alignment_bytes");
    let padded = padding.is_some_and(|value| value.kind() != Kind::None);
    let dtype = field(m, s, state, b"dtype")?;
    let width = match m.widths.get(&dtype) {
        Some(known) => *known,
        None => {
            let width = width(m, s, dtype, 0)?;
            m.widths.insert(dtype, width);
            width
        }
    };
    let Some(width) = width else { return Some(Array { bytes: None, padded }) };
    let shape = s.arena.items(field(m, s, state, b"shape")?)?;
    let mut bytes = width;
    for &length in &shape.kept {
        let length = u64::try_from(number(m, s, length)?).ok()?;
        bytes = bytes.checked_mul(length)?;
    }
    Some(Array { bytes: Some(bytes), padded })
}

/// A length, which old versions write as a NumPy scalar too.
fn number(m: &Machine<'_>, s: &State, value: Value) -> Option<i64> {
    if let Some(number) = constant::number(m.data, &s.arena, value) {
        return Some(number);
    }
    let made = s.arena.made(value)?;
    let bytes = constant::bytes(m.data, &s.arena, *made.args.get(1)?)?;
    Some(i64::from_le_bytes(bytes.get(..8)?.try_into().ok()?))
}

/// Bytes of an element of a `numpy.dtype`: `Some(None)` if it holds objects, nothing if it is not known.
#[expect(clippy::option_option, reason = "unknown and object are different answers")]
fn width(m: &Machine<'_>, s: &State, dtype: Value, depth: u32) -> Option<Option<u64>> {
    let made = s.arena.made(dtype).filter(|_| depth < 16)?;
    let spelled = made.args.first().and_then(|&code| constant::text(m.data, &s.arena, code))?;
    let code = String::from_utf8(spelled).ok()?;
    let code = code.trim_start_matches(['<', '>', '|', '=']);
    let state = s.arena.items(made.state).map(|items| items.kept.clone()).unwrap_or_default();
    if code.starts_with('O') {
        return Some(None);
    }
    if let Some(fields) =
        state.get(4).and_then(|&fields| s.arena.items(fields).filter(|_| fields.kind() == Kind::Dict))
    {
        for field in fields.kept.chunks_exact(2).filter_map(|pair| pair.get(1)) {
            let inner = s.arena.items(*field)?.kept.first().copied()?;
            if width(m, s, inner, depth.saturating_add(1))?.is_none() {
                return Some(None);
            }
        }
    }
    if let Some(items) =
        state.get(2).and_then(|&subarray| s.arena.items(subarray)).filter(|items| items.len() == 2)
    {
        let inner = items.kept.first().copied()?;
        if width(m, s, inner, depth.saturating_add(1))?.is_none() {
            return Some(None);
        }
    }
    let declared =
        state.get(5).and_then(|&size| constant::number(m.data, &s.arena, size)).filter(|&size| size > 0);
    let digits = code.get(1..).and_then(|digits| digits.parse::<u64>().ok());
    let spelled = match code {
        "?" | "b" | "B" => Some(1),
        _ if code.starts_with('U') => digits.and_then(|digits| digits.checked_mul(4)),
        _ => digits,
    };
    Some(Some(declared.and_then(|size| u64::try_from(size).ok()).or(spelled)?))
}

/// Whether the bytes, read as opcodes, break off before anything could be looked up, called or changed.
fn harmless(data: &[u8], at: u64) -> bool {
    let mut c = Cursor::at_offset(data, at);
    for _ in 0..256 {
        let Ok(opcode) = c.u8() else { return true };
        let stepped = match layout(opcode) {
            Layout::Illegal => return true,
            Layout::Bare => Ok(()),
            Layout::Fixed(len) => c.skip(u64::from(len)),
            Layout::Counted(width) => {
                c.take(u64::from(width)).map(constant::little).and_then(|len| c.skip(len))
            }
            Layout::Signed => c.u32().and_then(|len| c.skip(u64::from(len))),
            Layout::Line => c.until(b'\n').map(|_| ()),
            Layout::Lines => c.until(b'\n').and_then(|_| c.until(b'\n')).map(|_| ()),
        };
        let acts = matches!(
            opcode,
            code::GLOBAL
                | code::INST
                | code::STACK_GLOBAL
                | code::REDUCE
                | code::BUILD
                | code::OBJ
                | code::NEWOBJ
                | code::NEWOBJ_EX
                | code::EXT1
                | code::EXT2
                | code::EXT4
                | code::STOP
                | code::FRAME
                | code::APPEND
                | code::APPENDS
                | code::SETITEM
                | code::SETITEMS
                | code::ADDITEMS
        );
        if acts {
            return false;
        }
        if stepped.is_err() {
            return true;
        }
    }
    false
}
