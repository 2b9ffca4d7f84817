//! Stepping over one object as Python's `marshal` writes it.

use super::{Walk, walk::Order::Little};
use crate::facts::Fault;

/// How a code object is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Python 2.3 to 2.7.
    Two,
    /// Python 3.0 to 3.7.
    Three,
    /// Python 3.8 to 3.10: positional-only arguments.
    Positional,
    /// From Python 3.11 on.
    Eleven,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    Objects(u64),
    Bytes(u64),
    /// Objects until one that is `0`.
    UntilNull,
}

impl Layout {
    /// Numbers, objects, the first line, objects.
    const fn code(self) -> [Next; 4] {
        let (numbers, objects, more) = match self {
            Self::Two => (16, 8, 1),
            Self::Three => (20, 8, 1),
            Self::Positional => (24, 8, 1),
            Self::Eleven => (20, 8, 2),
        };
        [Next::Bytes(numbers), Next::Objects(objects), Next::Bytes(4), Next::Objects(more)]
    }
}

/// Steps over one object.
pub(super) fn object(layout: Layout, w: &mut Walk<'_>) -> Result<(), Fault> {
    let mut todo = vec![Next::Objects(1)];
    while let Some(next) = todo.pop() {
        w.step()?;
        match next {
            Next::Bytes(len) => w.skip(len)?,
            Next::Objects(0) => {}
            Next::Objects(n) => {
                todo.push(Next::Objects(n.saturating_sub(1)));
                one(layout, &mut todo, w)?;
            }
            Next::UntilNull if w.rest().first() == Some(&b'0') => w.skip(1)?,
            Next::UntilNull => {
                todo.push(Next::UntilNull);
                one(layout, &mut todo, w)?;
            }
        }
    }
    Ok(())
}

/// Steps over the head of one object; what is in it goes to `todo`.
fn one(layout: Layout, todo: &mut Vec<Next>, w: &mut Walk<'_>) -> Result<(), Fault> {
    let at = w.at();
    // The highest bit says that the object is referred to later.
    match w.u8()? & 0x7f {
        b'0' | b'N' | b'F' | b'T' | b'S' | b'.' => Ok(()),
        b'i' | b'r' | b'R' => w.skip(4),
        b'I' | b'g' => w.skip(8),
        b'y' => w.skip(16),
        b'f' => short(w),
        b'x' => short(w).and_then(|()| short(w)),
        b'l' => {
            let digits =
                i32::from_le_bytes(u32::try_from(w.number(4, Little)?).unwrap_or_default().to_le_bytes());
            w.skip(u64::from(digits.unsigned_abs()).saturating_mul(2))
        }
        b's' | b't' | b'u' | b'a' | b'A' => {
            let len = w.number(4, Little)?;
            w.skip(len)
        }
        b'z' | b'Z' => short(w),
        b')' => push(Next::Objects(u64::from(w.u8()?)), todo),
        b'(' | b'[' | b'<' | b'>' => push(Next::Objects(w.number(4, Little)?), todo),
        b'{' => push(Next::UntilNull, todo),
        b':' => push(Next::Objects(3), todo),
        b'c' => {
            todo.extend(layout.code().into_iter().rev());
            Ok(())
        }
        _ => Err(Fault::malformed(at, "this is no marshalled object")),
    }
}

fn push(next: Next, todo: &mut Vec<Next>) -> Result<(), Fault> {
    todo.push(next);
    Ok(())
}

/// A length of one byte, and that many bytes.
fn short(w: &mut Walk<'_>) -> Result<(), Fault> {
    let len = w.u8()?;
    w.skip(u64::from(len))
}
