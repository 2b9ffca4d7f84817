//! Types of elements, as `numpy.lib.format.descr_to_dtype` builds them.
//!
//! | `descr` | type |
//! |---|---|
//! | a string | that of the name |
//! | a tuple (type, shape) | a sub-array |
//! | a list of (name, type) or (name, type, shape) | a structure, in which an unnamed void is padding |

use super::names::named;
use crate::wire::python::{Kind, Node};

/// A type, as far as reading the file depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dtype {
    /// Bytes of an element; nothing if they do not fit 64 bits.
    pub(super) size: Option<u64>,
    /// Whether it holds Python objects: then the data are a pickle.
    pub(super) object: bool,
    /// Whether every part of it was understood.
    pub(super) known: bool,
    /// Bytes of a character, for strings without a length.
    pub(super) unit: Option<u64>,
}

impl Dtype {
    pub(super) const fn sized(size: u64) -> Self {
        Self { size: Some(size), object: false, known: true, unit: None }
    }

    pub(super) const fn object() -> Self {
        Self { object: true, ..Self::sized(8) }
    }

    pub(super) const fn unknown() -> Self {
        Self { known: false, ..Self::sized(0) }
    }

    /// A string of `n` characters of `unit` bytes.
    pub(super) fn flexible(n: u64, unit: u64) -> Self {
        let open = if n == 0 { Some(unit) } else { None };
        Self { size: n.checked_mul(unit), unit: open, ..Self::sized(0) }
    }

    /// The type of both, one behind the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            size: self.size.zip(other.size).and_then(|(a, b)| a.checked_add(b)),
            object: self.object || other.object,
            known: self.known && other.known,
            unit: None,
        }
    }

    /// The type repeated; `None` if it is not known how often.
    pub(super) fn times(self, count: Option<u64>) -> Self {
        let size = self.size.zip(count).and_then(|(size, count)| size.checked_mul(count));
        Self { size, known: self.known && count.is_some(), unit: None, ..self }
    }
}

/// What is left to do; results of what was done stand on a stack beside.
enum Step<'t, 'a> {
    /// Puts this type on the stack.
    Is(Dtype),
    /// Puts the type of a description on the stack.
    Of(Node<'t, 'a>),
    /// Replaces the topmost type by the sub-array of this shape.
    Times(Node<'t, 'a>),
    /// Replaces so many types by the structure of them.
    Join(usize),
}

/// The type that a description means.
pub(super) fn of(descr: Node<'_, '_>) -> Dtype {
    let mut steps = vec![Step::Of(descr)];
    let mut types: Vec<Dtype> = Vec::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Is(dtype) => types.push(dtype),
            Step::Of(node) => {
                if let Some(simple) = describe(node, &mut steps) {
                    types.push(simple);
                }
            }
            Step::Times(shape) => {
                let whole = types.pop().map_or(Dtype::unknown(), |dtype| shaped(dtype, shape));
                types.push(whole);
            }
            Step::Join(count) => {
                let parts = types.split_off(types.len().saturating_sub(count));
                types.push(parts.into_iter().fold(Dtype::sized(0), Dtype::and));
            }
        }
    }
    types.pop().unwrap_or(Dtype::unknown())
}

/// The type of a description without parts; else lays out the steps for its parts.
fn describe<'t, 'a>(node: Node<'t, 'a>, steps: &mut Vec<Step<'t, 'a>>) -> Option<Dtype> {
    let items: Vec<_> = node.items().collect();
    match (node.kind(), items.as_slice()) {
        (Kind::Text, _) => Some(
            node.text().and_then(|text| String::from_utf8(text).ok()).map_or(Dtype::unknown(), |t| named(&t)),
        ),
        (Kind::Tuple, [base, shape, ..]) => {
            steps.push(Step::Times(*shape));
            steps.push(Step::Of(*base));
            None
        }
        (Kind::List, fields) => {
            let parts: Option<Vec<_>> = fields.iter().map(|field| parts(*field)).collect();
            let Some(parts) = parts else { return Some(Dtype::unknown()) };
            steps.push(Step::Join(parts.len()));
            steps.extend(parts.into_iter().flatten());
            None
        }
        _ => Some(Dtype::unknown()),
    }
}

/// The steps for a field. `for name, descr in ['xO']` takes a string of two characters for a field, too.
fn parts<'t, 'a>(field: Node<'t, 'a>) -> Option<Vec<Step<'t, 'a>>> {
    if let Some(text) = field.text().filter(|_| field.kind() == Kind::Text) {
        let text = String::from_utf8(text).ok()?;
        let descr = text.char_indices().nth(1).and_then(|(at, _)| text.get(at..))?;
        return (descr.chars().count() == 1).then(|| vec![Step::Is(named(descr))]);
    }
    if !matches!(field.kind(), Kind::Tuple | Kind::List) {
        return None;
    }
    let mut items = field.items().skip(1);
    let (descr, shape, more) = (items.next()?, items.next(), items.next());
    let steps = shape.map(Step::Times).into_iter().chain([Step::Of(descr)]);
    more.is_none().then(|| steps.collect())
}

/// The sub-array of a shape; a number behind a type of no bytes is its length.
fn shaped(dtype: Dtype, shape: Node<'_, '_>) -> Dtype {
    let number = |node: Node<'_, '_>| node.integer().and_then(|n| u64::try_from(n).ok());
    if shape.kind() == Kind::Tuple {
        let count = shape.items().try_fold(1_u64, |product, n| product.checked_mul(number(n)?));
        return dtype.times(count);
    }
    let plain = dtype.known && !dtype.object;
    let empty = if dtype.size == Some(0) { Some(1) } else { None };
    match (dtype.unit.or(empty).filter(|_| plain), number(shape)) {
        (Some(unit), Some(n)) => Dtype::flexible(n, unit),
        (_, count) => dtype.times(count),
    }
}
