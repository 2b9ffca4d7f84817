//! What a call takes out of proportion: sizes and counts that it is given.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    calls::Pending,
    constant,
    machine::Machine,
    state::State,
    value::{Kind, Value},
};
use crate::{
    bytes::wide,
    facts::{Cost, Said},
};

/// The argument that says how much is made, and how it says so.
struct Row {
    argument: usize,
    measure: &'static str,
}

type Sizes = HashMap<(&'static [u8], &'static [u8]), Row>;

/// By module and name.
static SIZES: LazyLock<Sizes> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let (module, name) = (fields.next()?, fields.next()?);
        let (argument, measure) = (fields.next()?.parse().ok()?, fields.next()?);
        Some(((module.as_bytes(), name.as_bytes()), Row { argument, measure }))
    };
    include_str!("sizes.tsv").lines().skip(1).filter_map(row).collect()
});

/// Elements beyond which a call is told.
const MANY: u64 = 1 << 28;
/// Digits beyond which a call is told: making a number of them takes seconds.
const LONG: u64 = 1 << 18;

/// States what a call makes, if it is very much.
pub(super) fn call(m: &mut Machine<'_>, s: &State, call: &Pending) {
    let global = (call.callee.kind() == Kind::Global).then(|| m.names.get(call.callee.payload())).flatten();
    let Some(global) = global else { return };
    let Some(row) = SIZES.get(&(&*global.module, &*global.name)) else { return };
    let name = super::calls::shown(&global.dotted());
    let Some(&argument) = call.args.get(row.argument) else { return };
    let (amount, most, what, unit) = match row.measure {
        "items" => (items(m, s, argument), MANY, "elements", "elements"),
        "count" => (number(m, s, argument).or_else(|| items(m, s, argument)), MANY, "elements", "elements"),
        "shape" => (shape(m, s, argument), MANY, "elements", "elements"),
        "shapes" => {
            (product(m, s, &call.args).or_else(|| shape(m, s, argument)), MANY, "elements", "elements")
        }
        "digits" => (digits(m, s, argument), LONG, "digits", "decimal digits"),
        "power" => (power(m, s, &call.args), LONG, "digits", "binary digits"),
        "shift" => (number(m, s, argument), LONG, "digits", "binary digits"),
        _ => (width(m, s, argument), MANY, "elements", "characters"),
    };
    let Some(amount) = amount.filter(|&amount| amount > most) else { return };
    let amount_text = if amount == u64::MAX { "endlessly many".to_owned() } else { amount.to_string() };
    let detail = format!("`{name}` makes {amount_text} {unit}");
    m.log.said(s, Said::from(Cost { what, amount, detail }));
}

fn number(m: &Machine<'_>, s: &State, value: Value) -> Option<u64> {
    constant::number(m.data, &s.arena, value).and_then(|number| u64::try_from(number).ok())
}

/// How many elements a number or a shape stands for.
fn shape(m: &Machine<'_>, s: &State, value: Value) -> Option<u64> {
    match s.arena.items(value).filter(|_| matches!(value.kind(), Kind::Tuple | Kind::List)) {
        Some(sides) => product(m, s, &sides.kept),
        None => number(m, s, value),
    }
}

fn product(m: &Machine<'_>, s: &State, sides: &[Value]) -> Option<u64> {
    sides.iter().try_fold(1_u64, |all, &side| Some(all.saturating_mul(number(m, s, side)?)))
}

/// How many elements an iterator gives.
fn items(m: &Machine<'_>, s: &State, value: Value) -> Option<u64> {
    let made = s.arena.made(value)?;
    let args = made.args.as_slice();
    if m.is(made.callee, b"itertools", b"repeat") {
        return args.get(1).map_or(Some(u64::MAX), |&count| number(m, s, count));
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

/// How many digits a number has that is spelled as text or as a decimal: its own, or those its exponent adds.
fn digits(m: &Machine<'_>, s: &State, value: Value) -> Option<u64> {
    let spelled = match s.arena.made(value) {
        Some(made)
            if m.is(made.callee, b"decimal", b"Decimal") || m.is(made.callee, b"_decimal", b"Decimal") =>
        {
            *made.args.first()?
        }
        _ => value,
    };
    let text = constant::text(m.data, &s.arena, spelled)?;
    m.budget.spend(wide(text.len()) >> 4).ok()?;
    let mantissa = text.iter().take_while(|byte| !matches!(byte, b'e' | b'E')).count();
    let exponent = text.get(mantissa.saturating_add(1)..).and_then(|part| std::str::from_utf8(part).ok());
    let exponent = exponent.and_then(|part| part.trim().replace('_', "").parse::<i64>().ok());
    Some(wide(mantissa).saturating_add(exponent.unwrap_or(0).unsigned_abs()))
}

/// At least how many binary digits a power has.
fn power(m: &Machine<'_>, s: &State, args: &[Value]) -> Option<u64> {
    // A third argument keeps the power small.
    let &[base, exponent] = args else { return None };
    let bits = match constant::number(m.data, &s.arena, base) {
        Some(base) => base.unsigned_abs().checked_ilog2().map_or(0, u64::from),
        None => wide(constant::integer(m.data, &s.arena, base)?.len().saturating_sub(1)).saturating_mul(8),
    };
    number(m, s, exponent).map(|exponent| exponent.saturating_mul(bits))
}

/// The largest width that the format in a text asks for.
fn width(m: &Machine<'_>, s: &State, value: Value) -> Option<u64> {
    let text = constant::text(m.data, &s.arena, value)?;
    m.budget.spend(wide(text.len()) >> 4).ok()?;
    let parts = text.split(|byte| !byte.is_ascii_digit()).filter_map(|part| std::str::from_utf8(part).ok());
    parts.filter_map(|part| part.parse().ok()).max()
}
