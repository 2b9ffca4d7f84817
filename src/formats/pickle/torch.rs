//! Persistent ids and storages as PyTorch writes them (`torch/serialization.py`).

use super::{
    constant,
    machine::Machine,
    names::Names,
    state::State,
    value::{Kind, Value},
};
use crate::{
    bytes::{Name, Span, wide},
    facts::{Fault, Storage},
    formats::Emit,
};

/// The number that the first stream of the legacy layout holds, as LONG1 and as LONG write it.
const MAGIC: [&[u8]; 2] = [b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", b"119547037146038801333356"];

/// Whether the value of the first stream marks the legacy layout.
pub(super) fn is_magic(data: &[u8], value: Value) -> bool {
    let argument = value.offset().and_then(|at| constant::argument(data, at)).map(|(_, argument)| argument);
    argument.is_some_and(|argument| MAGIC.contains(&argument.strip_suffix(b"L").unwrap_or(argument)))
}

/// Storage classes and the bytes of one element.
static WIDTHS: &str = include_str!("storages.tsv");

/// What a persistent id says: `("storage", class, key, location, elements[, view])`.
pub(super) fn storage(s: &State, id: Value, data: &[u8], names: &Names) -> Storage {
    let items = s.arena.items(id).map(|items| items.kept.clone()).unwrap_or_default();
    let text = |at: usize| items.get(at).and_then(|&item| constant::text(data, &s.arena, item));
    let class = items.get(1).filter(|class| class.kind() == Kind::Global);
    let class =
        class.and_then(|class| names.get(class.payload())).map(|global| global.dotted()).unwrap_or_default();
    let last = class.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let width =
        WIDTHS.lines().find_map(|row| row.split_once('\t').filter(|(name, _)| name.as_bytes() == last));
    let elements = items.get(4).and_then(|&item| constant::number(data, &s.arena, item));
    let key = text(2)
        .or_else(|| items.get(2).and_then(|&key| constant::written(data, key)).map(String::into_bytes));
    let known = width.and_then(|(_, width)| width.parse().ok());
    let mut oddities = Vec::new();
    if text(0).as_deref() != Some(b"storage") || key.is_none() {
        oddities.push("odd-shape");
    }
    if known.is_none() {
        oddities.push("odd-class");
    }
    if elements.is_none_or(|elements| elements < 0) {
        oddities.push("odd-size");
    }
    Storage {
        key: Name::from(key.unwrap_or_default()),
        class: Name::from(class),
        device: Name::from(text(3).unwrap_or_default()),
        elements: elements.and_then(|elements| u64::try_from(elements).ok()).unwrap_or(0),
        width: known.unwrap_or(0),
        oddities,
    }
}

/// Checks that a tensor lies within its storage: `_rebuild_tensor_v2(storage, offset, size, stride, …)`.
pub(super) fn view(m: &mut Machine<'_>, s: &State, args: &[Value]) {
    let &[storage_value, offset, size, stride, ..] = args else { return };
    let Some(made) = s.arena.made(storage_value).filter(|made| made.callee == Value::ABSENT) else { return };
    let Some(&id) = made.args.first() else { return };
    let number = |value| constant::number(m.data, &s.arena, value).map(i128::from);
    let numbers = |value| {
        let items = s.arena.items(value)?;
        items.kept.iter().map(|&item| number(item)).collect::<Option<Vec<i128>>>()
    };
    let (Some(offset), Some(size), Some(stride)) = (number(offset), numbers(size), numbers(stride)) else {
        return;
    };
    let stored = storage(s, id, m.data, &m.names);
    let empty = size.contains(&0);
    let last = size.iter().zip(&stride).try_fold(offset, |last, (&length, &step)| {
        length.checked_sub(1).and_then(|steps| steps.checked_mul(step)).and_then(|far| last.checked_add(far))
    });
    let within = offset >= 0
        && size.iter().chain(&stride).all(|&number| number >= 0)
        && (empty || last.is_some_and(|last| last < i128::from(stored.elements)));
    if !within && stored.width > 0 {
        let span = super::log::opcode_span(s);
        m.log.persistent.push((Storage { oddities: vec!["view-out-of-range"], ..stored }, span));
    }
}

/// Steps over the storages behind the fifth stream of the legacy layout: for each key, in the order in which
/// the fifth stream lists them, eight bytes for the number of elements and the elements.
///
/// # Errors
/// A [`Fault`] if the bytes do not hold them.
pub(super) fn storages(
    out: &mut Emit<'_>,
    input: &[u8],
    mut at: u64,
    stored: &[Storage],
    keys: &[Vec<u8>],
) -> Result<u64, Fault> {
    for key in keys {
        let known = stored.iter().find(|storage| storage.key.as_bytes() == key);
        let mut c = crate::bytes::Cursor::at_offset(input, at);
        let count = c.u64()?;
        let width = known.map_or(0, |storage| storage.width);
        let Some(storage) = known.filter(|_| width > 0) else {
            return Err(Fault::malformed(
                at,
                format!("storage `{}` is of no known class", Name::from(key.as_slice())),
            ));
        };
        if count != storage.elements {
            let detail = format!(
                "storage `{}` has {count} elements where {} are declared",
                storage.key, storage.elements
            );
            out.fact(Span::new(at, 8), Storage { oddities: vec!["size-differs"], ..storage.clone() });
            if count > wide(input.len()) {
                return Err(Fault::malformed(at, detail));
            }
        }
        let bytes = count.checked_mul(width).ok_or_else(|| Fault::malformed(at, "storage size overflows"))?;
        c.skip(bytes)?;
        out.covered(c.since(at));
        at = c.at();
    }
    Ok(at)
}

/// The raw numbers behind one pickle of `storages` or `tensors` in the tar layout (`legacy_load`): of a storage
/// the number of its elements and the elements, of a tensor its dimensions, strides and offset.
///
/// # Errors
/// A [`Fault`] if the bytes do not hold them.
pub(super) fn tar_numbers(
    input: &[u8],
    at: u64,
    storages: bool,
    (value, state): (Value, &State),
    names: &Names,
) -> Result<u64, Fault> {
    let mut c = crate::bytes::Cursor::at_offset(input, at);
    if !storages {
        let dimensions = u64::from(c.u32()?);
        c.skip(4)?;
        c.skip(dimensions.saturating_mul(16))?;
        c.skip(8)?;
        return Ok(c.at());
    }
    let items = state.arena.items(value).map(|items| items.kept.as_slice()).unwrap_or_default();
    let class = items
        .get(2)
        .filter(|class| class.kind() == Kind::Global)
        .and_then(|class| names.get(class.payload()));
    let width = class.and_then(|class| {
        let row = WIDTHS
            .lines()
            .find_map(|row| row.split_once('\t').filter(|(name, _)| name.as_bytes() == &*class.name));
        row.and_then(|(_, width)| width.parse::<u64>().ok())
    });
    let Some(width) = width else { return Err(Fault::malformed(at, "a storage is of no known class")) };
    let count = c.u64()?;
    c.skip(count.checked_mul(width).ok_or_else(|| Fault::malformed(at, "storage size overflows"))?)?;
    Ok(c.at())
}
