//! What a call takes out of proportion: sizes and counts that it is given.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    calls::Pending,
    constant,
    machine::Machine,
    state::State,
    value::{Kind, Value},
};
use crate::facts::{Cost, Said};

type Sizes = HashMap<(&'static [u8], &'static [u8]), usize>;

/// The argument that says how much is made, by module and name.
static SIZES: LazyLock<Sizes> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let (module, rest) = line.split_once('\t')?;
        let (name, at) = rest.split_once('\t')?;
        Some(((module.as_bytes(), name.as_bytes()), at.parse().ok()?))
    };
    include_str!("sizes.tsv").lines().skip(1).filter_map(row).collect()
});

/// Elements beyond which a call is told.
const MANY: u64 = 1 << 28;

/// States what a call makes, if it is very much.
pub(super) fn call(m: &mut Machine<'_>, s: &State, call: &Pending) {
    let global = (call.callee.kind() == Kind::Global).then(|| m.names.get(call.callee.payload())).flatten();
    let Some(global) = global else { return };
    let Some(&at) = SIZES.get(&(&*global.module, &*global.name)) else { return };
    let name = super::calls::shown(&global.dotted());
    let Some(amount) = call.args.get(at).and_then(|&arg| elements(m, s, arg)).filter(|&n| n > MANY) else {
        return;
    };
    let amount_text = if amount == u64::MAX { "endlessly many".to_owned() } else { amount.to_string() };
    let detail = format!("`{name}` makes {amount_text} elements");
    m.log.said(s, Said::from(Cost { what: "elements", amount, detail }));
}

/// How many elements a number, a shape or a range stands for.
fn elements(m: &Machine<'_>, s: &State, value: Value) -> Option<u64> {
    let number = |value| constant::number(m.data, &s.arena, value).and_then(|n| u64::try_from(n).ok());
    if let Some(items) = s.arena.items(value).filter(|_| matches!(value.kind(), Kind::Tuple | Kind::List)) {
        return items.kept.iter().try_fold(1_u64, |all, &item| Some(all.saturating_mul(number(item)?)));
    }
    let Some(made) = s.arena.made(value) else { return number(value) };
    let args = made.args.as_slice();
    if m.is(made.callee, b"itertools", b"repeat") {
        return args.get(1).map_or(Some(u64::MAX), |&count| number(count));
    }
    if m.is(made.callee, b"itertools", b"count") || m.is(made.callee, b"itertools", b"cycle") {
        return Some(u64::MAX);
    }
    if m.is(made.callee, b"builtins", b"range") {
        let signed = |at: usize| args.get(at).and_then(|&arg| constant::number(m.data, &s.arena, arg));
        let (start, stop) = if args.len() == 1 { (0, signed(0)?) } else { (signed(0)?, signed(1)?) };
        let step = if args.len() > 2 { signed(2)? } else { 1 };
        return stop.abs_diff(start).checked_div(step.unsigned_abs());
    }
    None
}
