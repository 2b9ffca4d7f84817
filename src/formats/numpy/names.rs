//! Types of elements that are spelled as one string, as `numpy.dtype(str)` reads them.

use super::dtype::Dtype;

/// Names with their size in bytes. Sizes that depend on the platform are those of 64-bit Linux.
const NAMES: [(&str, u64); 81] = [
    ("?", 1),
    ("b", 1),
    ("B", 1),
    ("h", 2),
    ("H", 2),
    ("i", 4),
    ("I", 4),
    ("l", 8),
    ("L", 8),
    ("q", 8),
    ("Q", 8),
    ("n", 8),
    ("N", 8),
    ("p", 8),
    ("P", 8),
    ("e", 2),
    ("f", 4),
    ("d", 8),
    ("g", 16),
    ("F", 8),
    ("D", 16),
    ("G", 32),
    ("c", 1),
    ("b1", 1),
    ("i1", 1),
    ("i2", 2),
    ("i4", 4),
    ("i8", 8),
    ("u1", 1),
    ("u2", 2),
    ("u4", 4),
    ("u8", 8),
    ("f2", 2),
    ("f4", 4),
    ("f8", 8),
    ("f12", 12),
    ("f16", 16),
    ("c8", 8),
    ("c16", 16),
    ("c24", 24),
    ("c32", 32),
    ("bool", 1),
    ("int8", 1),
    ("uint8", 1),
    ("int16", 2),
    ("uint16", 2),
    ("int32", 4),
    ("uint32", 4),
    ("int64", 8),
    ("uint64", 8),
    ("float16", 2),
    ("float32", 4),
    ("float64", 8),
    ("complex64", 8),
    ("complex128", 16),
    ("int", 8),
    ("float", 8),
    ("complex", 16),
    ("bool_", 1),
    ("half", 2),
    ("single", 4),
    ("double", 8),
    ("longdouble", 16),
    ("csingle", 8),
    ("cdouble", 16),
    ("clongdouble", 32),
    ("byte", 1),
    ("ubyte", 1),
    ("short", 2),
    ("ushort", 2),
    ("intc", 4),
    ("uintc", 4),
    ("long", 8),
    ("ulong", 8),
    ("longlong", 8),
    ("ulonglong", 8),
    ("intp", 8),
    ("uintp", 8),
    ("uint", 8),
    ("float128", 16),
    ("complex256", 32),
];

/// The type that a string names. `T`, NumPy 2's string of any length, is saved as objects are.
pub(super) fn named(text: &str) -> Dtype {
    let text = text.trim();
    let bare = text.trim_start_matches(['<', '>', '=', '|']);
    let repeated = bare.starts_with(|c: char| c.is_ascii_digit() || c == '(');
    if repeated || parts(text).count() > 1 {
        return parts(text)
            .filter(|part| !part.is_empty())
            .fold(Dtype::sized(0), |sum, part| sum.and(part_of(part)));
    }
    single(text)
}

/// Splits at the commas that stand in no bracket.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        match c {
            '(' | '[' => depth = depth.saturating_add(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
}

/// A part of a comma-separated string: an optional count or shape, then a type.
fn part_of(part: &str) -> Dtype {
    let part = part.trim_start_matches(['<', '>', '=', '|']);
    if let Some((shape, name)) = part.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        let numbers: Option<Vec<u64>> =
            shape.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect();
        let count = numbers.and_then(|all| all.into_iter().try_fold(1_u64, u64::checked_mul));
        return single(name.trim()).times(count);
    }
    let name = part.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = part.strip_suffix(name).unwrap_or_default();
    let count = if digits.is_empty() { Some(1) } else { digits.parse().ok() };
    single(name.trim()).times(count)
}

/// A type that is neither repeated nor one of several.
fn single(text: &str) -> Dtype {
    let name = text.strip_prefix(['<', '>', '=', '|']).unwrap_or(text);
    if let Some((_, size)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Dtype::sized(*size);
    }
    let unit = name.trim_start_matches("datetime64").trim_start_matches("timedelta64");
    let unit = unit.strip_prefix(['M', 'm']).map_or(unit, |rest| rest.strip_prefix('8').unwrap_or(rest));
    if unit.len() < name.len() && (unit.is_empty() || unit.starts_with('[') && unit.ends_with(']')) {
        return Dtype::sized(8);
    }
    let letter = name.chars().next().unwrap_or_default();
    let digits = name.get(letter.len_utf8()..).unwrap_or_default();
    let number = if digits.is_empty() { Some(0) } else { digits.parse::<u64>().ok() };
    match (letter, number, name) {
        ('O', Some(_), _) | (_, _, "object" | "object_" | "T") => Dtype::object(),
        ('S' | 'a', Some(n), _) | ('V', Some(n), _) => Dtype::flexible(n, 1),
        ('U', Some(n), _) => Dtype::flexible(n, 4),
        (_, _, "bytes" | "bytes_" | "void") => Dtype::flexible(0, 1),
        (_, _, "str" | "str_") => Dtype::flexible(0, 4),
        _ => Dtype::unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_name_types() {
        let cases = [
            ("<f4", 4),
            ("|b1", 1),
            ("<U5", 20),
            ("|S0", 0),
            ("|V16", 16),
            ("<M8[ns]", 8),
            ("m8[25s]", 8),
            ("g", 16),
            ("float32", 4),
            ("i4, f8", 12),
            ("3i4,(2,3)f8", 60),
            ("(2,)f4", 8),
            ("datetime64[D]", 8),
            ("<c16", 16),
        ];
        for (text, size) in cases {
            assert_eq!(
                named(text),
                if text.contains(['U', 'S', 'V']) {
                    Dtype { unit: named(text).unit, ..Dtype::sized(size) }
                } else {
                    Dtype::sized(size)
                },
                "{text}"
            );
        }
        for text in ["|O", "O", "O8", "|O4", "object", "f4,O", "2O,i4", "(2,2)O", "T"] {
            assert!(named(text).object, "{text}");
        }
        for text in ["", "x4", "Object0", "f3", "i4,zz", "M8[s"] {
            assert!(!named(text).known, "{text}");
        }
    }
}
