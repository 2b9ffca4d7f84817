//! Python's `marshal` (`Python/marshal.c`): which code objects it holds, and what names and constants they use.
//!
//! Read are versions 0 to 4 and the code objects of CPython 2.3 to 2.7 and 3.0 to 3.14. The format does not say
//! which Python wrote it: each layout of code objects is tried, and the one that fits to the end is taken.
//! Nothing recurses and nothing is run.
//!
//! | code object | numbers of 4 bytes | objects | line | objects |
//! |---|---|---|---|---|
//! | 2.3 – 2.7 | 4 | code constants names locals free cells file name | 4 bytes | lines |
//! | 3.0 – 3.7 | 5 | the same | 4 bytes | lines |
//! | 3.8 – 3.10 | 6 | the same | 4 bytes | lines |
//! | 3.11 – 3.14 | 5 | code constants names locals kinds file name qualified-name | 4 bytes | lines exceptions |

use crate::bytes::{Cursor, index, wide};

/// How a code object is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Python 2.3 to 2.7.
    Two,
    /// Python 3.0 to 3.7.
    Three,
    /// Python 3.8 to 3.10.
    Positional,
    /// From Python 3.11 on.
    Eleven,
}

const LAYOUTS: [Layout; 4] = [Layout::Eleven, Layout::Positional, Layout::Three, Layout::Two];

impl Layout {
    /// Bytes of numbers, then objects, then objects behind the first line's number.
    const fn shape(self) -> (u64, usize, usize) {
        match self {
            Self::Two => (16, 8, 1),
            Self::Three => (20, 8, 1),
            Self::Positional => (24, 8, 1),
            Self::Eleven => (20, 8, 2),
        }
    }

    /// Places of the file and the name among the objects.
    const fn places(self) -> (usize, usize) {
        if matches!(self, Self::Eleven) { (5, 6) } else { (6, 7) }
    }

    /// The Pythons that it belongs to.
    #[must_use]
    pub const fn versions(self) -> &'static str {
        match self {
            Self::Two => "2.3 to 2.7",
            Self::Three => "3.0 to 3.7",
            Self::Positional => "3.8 to 3.10",
            Self::Eleven => "3.11 or later",
        }
    }
}

/// A code object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code<'a> {
    /// Its name: of a function, a class, or `<module>`.
    pub name: &'a [u8],
    /// Its byte code.
    pub code: &'a [u8],
    /// The file that it was compiled from.
    pub file: &'a [u8],
    /// Names that it looks up: globals, attributes, modules, in the order of their first use.
    pub names: Vec<&'a [u8]>,
    /// Its constants that are text or bytes, those within tuples too.
    pub constants: Vec<&'a [u8]>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marshalled<'a> {
    /// Code objects, inner ones before those that hold them.
    pub codes: Vec<Code<'a>>,
    /// How they are laid out.
    pub layout: Layout,
    /// Length of what was read.
    pub end: u64,
}

/// Objects of one stream.
const MOST: usize = 1 << 20;
/// Names and constants that are given, in all.
const GIVEN: usize = 1 << 16;

#[derive(Clone, Debug)]
enum Value<'a> {
    /// Not read to its end yet.
    Open,
    Text(&'a [u8]),
    Tuple(Vec<usize>),
    Code(Vec<usize>),
    Other,
}

/// What an object that is being read waits for.
#[derive(Debug)]
struct Frame {
    slot: usize,
    kind: Kind,
    items: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// So many more items.
    Tuple(u64),
    /// So many more items of something else.
    Many(u64),
    /// Keys and values, until there is a null.
    Dict,
    Code,
}

struct Reader<'a> {
    c: Cursor<'a>,
    layout: Layout,
    values: Vec<Value<'a>>,
    refs: Vec<usize>,
    interned: Vec<usize>,
    frames: Vec<Frame>,
}

/// Reads the object that `bytes` begin with; nothing if it is none, or holds no code.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Marshalled<'_>> {
    LAYOUTS.iter().find_map(|&layout| {
        let mut reader = Reader {
            c: Cursor::new(bytes),
            layout,
            values: Vec::new(),
            refs: Vec::new(),
            interned: Vec::new(),
            frames: Vec::new(),
        };
        reader.whole()?;
        let codes = reader.codes()?;
        Some(Marshalled { codes, layout, end: reader.c.at() })
    })
}

/// Whether bytes begin as a marshalled code object does.
#[must_use]
pub fn begins(bytes: &[u8]) -> bool {
    let counts = bytes.get(1..13).unwrap_or_default();
    let small = |number: &[u8]| matches!(number, [_, 0, 0, 0]);
    matches!(bytes.first(), Some(b'c' | 0xe3)) && counts.len() == 12 && counts.chunks_exact(4).all(small)
}

impl<'a> Reader<'a> {
    /// Reads one object with all that is in it.
    fn whole(&mut self) -> Option<()> {
        let mut done = self.object()?;
        loop {
            let Some(frame) = self.frames.last_mut() else { return Some(()) };
            if let Some(slot) = done.take() {
                frame.items.push(slot);
            }
            let (_, first, more) = self.layout.shape();
            let due = match frame.kind {
                Kind::Tuple(n) | Kind::Many(n) => index(n) > frame.items.len(),
                Kind::Dict => !matches!(self.c.rest().first(), Some(b'0')),
                Kind::Code => frame.items.len() < first.saturating_add(more),
            };
            if due {
                if frame.kind == Kind::Code && frame.items.len() == first {
                    self.c.take(4).ok()?;
                }
                done = self.object()?;
                continue;
            }
            if frame.kind == Kind::Dict {
                self.c.take(1).ok()?;
            }
            let Frame { slot, kind, items } = self.frames.pop()?;
            *self.values.get_mut(slot)? = match kind {
                Kind::Tuple(_) => Value::Tuple(items),
                Kind::Code => Value::Code(items),
                Kind::Many(_) | Kind::Dict => Value::Other,
            };
            done = Some(slot);
        }
    }

    fn keep(&mut self, value: Value<'a>) -> Option<usize> {
        let slot = self.values.len();
        self.values.push(value);
        (slot < MOST).then_some(slot)
    }

    /// The head of an object: its slot if it is whole, nothing within if it was opened.
    #[expect(clippy::option_option, reason = "the outer one is failure, the inner one is what was read")]
    fn object(&mut self) -> Option<Option<usize>> {
        let head = self.c.u8().ok()?;
        let letter = head & 0x7f;
        if letter == b'r' {
            let at = index(u64::from(self.c.u32().ok()?));
            return Some(Some(*self.refs.get(at)?));
        }
        if letter == b'R' {
            let at = index(u64::from(self.c.u32().ok()?));
            return Some(Some(*self.interned.get(at)?));
        }
        let slot = self.keep(Value::Open)?;
        if head & 0x80 != 0 {
            self.refs.push(slot);
        }
        if let Some(kind) = self.opened(letter)? {
            self.frames.push(Frame { slot, kind, items: Vec::new() });
            return Some(None);
        }
        *self.values.get_mut(slot)? = self.plain(letter)?;
        if letter == b't' {
            self.interned.push(slot);
        }
        Some(Some(slot))
    }

    /// What an object with others in it waits for; nothing within if it is a plain one.
    #[expect(clippy::option_option, reason = "the outer one is failure, the inner one is what was read")]
    fn opened(&mut self, letter: u8) -> Option<Option<Kind>> {
        let many = |n: u64| (n <= wide(self.c.rest().len())).then_some(n);
        Some(Some(match letter {
            b')' => Kind::Tuple(u64::from(self.c.u8().ok()?)),
            b'(' => {
                let n = u64::from(self.c.u32().ok()?);
                Kind::Tuple((n <= wide(self.c.rest().len())).then_some(n)?)
            }
            b'[' | b'<' | b'>' => {
                let n = u64::from(self.c.u32().ok()?);
                Kind::Many((n <= wide(self.c.rest().len())).then_some(n)?)
            }
            b':' => Kind::Many(many(3)?),
            b'{' => Kind::Dict,
            b'c' => {
                self.c.take(self.layout.shape().0).ok()?;
                Kind::Code
            }
            _ => return Some(None),
        }))
    }

    fn plain(&mut self, letter: u8) -> Option<Value<'a>> {
        let len = match letter {
            b'0' | b'N' | b'F' | b'T' | b'S' | b'.' => 0,
            b'i' => 4,
            b'I' | b'g' => 8,
            b'y' => 16,
            b'f' => u64::from(self.c.u8().ok()?),
            b'x' => {
                let real = u64::from(self.c.u8().ok()?);
                self.c.take(real).ok()?;
                u64::from(self.c.u8().ok()?)
            }
            b'l' => u64::from(self.c.i32().ok()?.unsigned_abs()).saturating_mul(2),
            b's' | b't' | b'u' | b'a' | b'A' => {
                let len = u64::from(self.c.u32().ok()?);
                return self.c.take(len).ok().map(Value::Text);
            }
            b'z' | b'Z' => {
                let len = u64::from(self.c.u8().ok()?);
                return self.c.take(len).ok().map(Value::Text);
            }
            _ => return None,
        };
        self.c.take(len).ok()?;
        Some(Value::Other)
    }

    /// The code objects, if there are some and all are well formed.
    fn codes(&self) -> Option<Vec<Code<'a>>> {
        let mut left = GIVEN;
        let codes = self.values.iter().filter_map(|value| match value {
            Value::Code(fields) => Some(self.code(fields, &mut left)),
            _ => None,
        });
        codes.collect::<Option<Vec<_>>>().filter(|codes| !codes.is_empty())
    }

    fn code(&self, fields: &[usize], left: &mut usize) -> Option<Code<'a>> {
        let (file, name) = self.layout.places();
        let text = |at: usize| match self.values.get(*fields.get(at)?)? {
            Value::Text(text) => Some(*text),
            _ => None,
        };
        let tuple = |at: usize| match self.values.get(*fields.get(at)?)? {
            Value::Tuple(items) => Some(items.as_slice()),
            _ => None,
        };
        let (constants, names) = (tuple(1)?, tuple(2)?);
        tuple(3)?;
        let mut code = Code { name: text(name)?, code: text(0)?, file: text(file)?, ..Code::default() };
        for &slot in names {
            match self.values.get(slot)? {
                Value::Text(text) if take(left) => code.names.push(text),
                Value::Text(_) => {}
                _ => return None,
            }
        }
        let mut open: Vec<usize> = constants.iter().rev().copied().collect();
        while let Some(slot) = open.pop().filter(|_| *left > 0) {
            match self.values.get(slot)? {
                Value::Text(text) if take(left) => code.constants.push(text),
                Value::Tuple(items) if take(left) => open.extend(items.iter().rev().take(1 << 12)),
                _ => {}
            }
        }
        Some(code)
    }
}

/// Takes one, if there is one left.
const fn take(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

#[cfg(test)]
mod tests;
