//! Numbers, and what is the least or the first of several: worked out within 64 bits.

use std::cmp::Ordering;

use super::{
    constant,
    eval::{bounded, known, same_type},
    iterate,
    machine::Machine,
    numbers,
    state::State,
    value::{Kind, Value},
};
use crate::bytes::wide;

/// The result of a function on numbers.
pub(super) fn number(m: &Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let &first = args.first()?;
    match function {
        "chr" => {
            let point = u32::try_from(constant::number(m.data, &s.arena, first)?).ok()?;
            let mut text = Vec::new();
            numbers::push_code_point(&mut text, point)?;
            Some(s.content(Kind::Str, text))
        }
        "int" => {
            let number = whole(m, s, args)?;
            Some(s.number(number))
        }
        "ord" => {
            let point = ordinal(m, s, first)?;
            Some(s.number(point))
        }
        "hex" | "oct" | "bin" => {
            let number = constant::number(m.data, &s.arena, first).and_then(|n| u64::try_from(n).ok())?;
            let text = match function {
                "hex" => format!("{number:#x}"),
                "oct" => format!("{number:#o}"),
                _ => format!("{number:#b}"),
            };
            bounded(s, Kind::Str, text.into_bytes())
        }
        "len" => {
            let len = length(m, s, first)?;
            Some(s.number(i64::try_from(len).ok()?))
        }
        _ => {
            let second = args.get(1).map(|&second| constant::number(m.data, &s.arena, second));
            let number =
                calculated(function, constant::number(m.data, &s.arena, first)?, second.unwrap_or(Some(0))?)?;
            Some(s.number(number))
        }
    }
}

/// `ord(character)`.
fn ordinal(m: &Machine<'_>, s: &State, value: Value) -> Option<i64> {
    let point = match known(m, s, value)? {
        (Kind::Str, text) => {
            let mut text = std::str::from_utf8(&text).ok()?.chars();
            text.next().filter(|_| text.next().is_none()).map(u32::from)?
        }
        (_, bytes) => bytes.first().filter(|_| bytes.len() == 1).copied().map(u32::from)?,
    };
    Some(i64::from(point))
}

fn length(m: &Machine<'_>, s: &mut State, value: Value) -> Option<usize> {
    if value.is_container() {
        let items = s.arena.items(value)?.whole()?.len();
        return matches!(value.kind(), Kind::List | Kind::Tuple).then_some(items);
    }
    match known(m, s, value)? {
        (Kind::Str, text) => std::str::from_utf8(&text).ok().map(|text| text.chars().count()),
        (_, bytes) => Some(bytes.len()),
    }
}

/// What an operator makes of two numbers; the second is 0 for those that take one.
fn calculated(function: &str, a: i64, b: i64) -> Option<i64> {
    match function {
        "sum-of" => a.checked_add(b),
        "sub" => a.checked_sub(b),
        "mul" => a.checked_mul(b),
        "floordiv" => {
            let quotient = a.checked_div_euclid(b)?;
            // Python rounds down, also where the divisor is negative.
            if b < 0 && a.checked_rem_euclid(b)? != 0 { quotient.checked_sub(1) } else { Some(quotient) }
        }
        "modulo" => {
            let rest = a.checked_rem_euclid(b)?;
            if b < 0 && rest != 0 { rest.checked_add(b) } else { Some(rest) }
        }
        "xor" => Some(a ^ b),
        "and" => Some(a & b),
        "or" => Some(a | b),
        "invert" => Some(!a),
        "neg" => a.checked_neg(),
        "pos" | "index" => Some(a),
        "abs" => a.checked_abs(),
        "lshift" => a.checked_mul(1_i64.checked_shl(u32::try_from(b).ok().filter(|&b| b < 62)?)?),
        "rshift" => a.checked_shr(u32::try_from(b).ok()?.min(63)),
        "pow" => a.checked_pow(u32::try_from(b).ok()?),
        _ => None,
    }
}

/// `int(number)`, `int(text)`, `int(text, base)` of plain digits.
fn whole(m: &Machine<'_>, s: &State, args: &[Value]) -> Option<i64> {
    let &first = args.first()?;
    if let Some(number) = constant::number(m.data, &s.arena, first) {
        return (args.len() == 1).then_some(number);
    }
    let (_, text) = known(m, s, first)?;
    let base = match args.get(1) {
        Some(&base) => u32::try_from(constant::number(m.data, &s.arena, base)?).ok()?,
        None => 10,
    };
    let text = std::str::from_utf8(&text).ok()?.trim_ascii();
    let (prefix, base) = match base {
        0 | 16 if text.starts_with("0x") => ("0x", 16),
        0 | 8 if text.starts_with("0o") => ("0o", 8),
        0 | 2 if text.starts_with("0b") => ("0b", 2),
        0 => return None,
        base => ("", base),
    };
    let digits = text.strip_prefix(prefix)?;
    let plain = (2..=36).contains(&base) && !digits.starts_with('+');
    if plain { i64::from_str_radix(digits, base).ok() } else { None }
}

/// `number.to_bytes(length, order)`.
pub(super) fn to_bytes(m: &Machine<'_>, s: &mut State, args: &[Value]) -> Option<Value> {
    let &[number, len, order] = args else { return None };
    let number = constant::integer(m.data, &s.arena, number)?;
    let len = usize::try_from(constant::number(m.data, &s.arena, len)?).ok().filter(|&len| len <= 1 << 16)?;
    let used = number.iter().rposition(|&byte| byte != 0).map_or(0, |at| at.saturating_add(1));
    let mut bytes = number.get(..used)?.to_vec();
    if used > len {
        return None;
    }
    bytes.resize(len, 0);
    match known(m, s, order)?.1.as_slice() {
        b"little" => {}
        b"big" => bytes.reverse(),
        _ => return None,
    }
    bounded(s, Kind::Bytes, bytes)
}

/// How Python orders two texts, two byte strings or two numbers.
fn order(m: &Machine<'_>, s: &State, a: Value, b: Value) -> Option<Ordering> {
    let numbers = (constant::number(m.data, &s.arena, a), constant::number(m.data, &s.arena, b));
    if let (Some(a), Some(b)) = numbers {
        return Some(a.cmp(&b));
    }
    let ((kind, a), (same, b)) = (known(m, s, a)?, known(m, s, b)?);
    same_type(kind, same).then(|| a.cmp(&b))
}

/// `sorted`, `max`, `min`, `sum` of an iterable, `max` and `min` of several values.
pub(super) fn ordered(m: &Machine<'_>, s: &mut State, function: &str, args: &[Value]) -> Option<Value> {
    let mut items = match args {
        &[source] => iterate::take(m, s, source)?,
        several if matches!(function, "max" | "min") => several.to_vec(),
        _ => return None,
    };
    m.budget.spend(wide(items.len()).saturating_mul(16)).ok()?;
    match function {
        "sum" => {
            let mut sum = 0_i64;
            for item in items {
                sum = sum.checked_add(constant::number(m.data, &s.arena, item)?)?;
            }
            Some(s.number(sum))
        }
        "sorted" => {
            sort(m, s, &mut items)?;
            Some(s.container(Kind::List, &items))
        }
        _ => {
            let wanted = if function == "max" { Ordering::Greater } else { Ordering::Less };
            let (&first, rest) = items.split_first()?;
            let mut best = first;
            for &item in rest {
                if order(m, s, item, best)? == wanted {
                    best = item;
                }
            }
            Some(best)
        }
    }
}

/// Sorts values that can all be compared.
pub(super) fn sort(m: &Machine<'_>, s: &State, items: &mut [Value]) -> Option<()> {
    for pair in items.windows(2) {
        let &[a, b] = pair else { continue };
        order(m, s, a, b)?;
    }
    items.sort_by(|&a, &b| order(m, s, a, b).unwrap_or(Ordering::Equal));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_rounded_down() {
        assert_eq!(calculated("floordiv", 7, -2), Some(-4));
        assert_eq!(calculated("floordiv", -7, 2), Some(-4));
        assert_eq!(calculated("floordiv", -8, -2), Some(4));
        assert_eq!(calculated("floordiv", -7, -2), Some(3));
        assert_eq!(calculated("modulo", 7, -2), Some(-1));
        assert_eq!(calculated("modulo", -7, 2), Some(1));
        assert_eq!(calculated("modulo", 7, 0), None);
    }

    #[test]
    fn shifts_stay_within_bounds() {
        assert_eq!(calculated("lshift", 1, 62), None);
        assert_eq!(calculated("lshift", 3, 2), Some(12));
        assert_eq!(calculated("rshift", -1, 99), Some(-1));
        assert_eq!(calculated("xor", 0x70, 7), Some(0x77));
    }
}
