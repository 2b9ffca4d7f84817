//! Python literals, as `ast.literal_eval` reads them: for headers that are written as Python source.
//!
//! Read: dictionaries, lists, tuples, strings and bytes with their prefixes and escapes, adjacent strings,
//! whole numbers in any base, floats, `None`, `True`, `False`, `...`, comments, and the `L` that Python 2 put
//! behind long numbers. Not read: sets, complex numbers, f-strings, `\N{…}`. Nothing recurses.

mod lexer;
pub mod source;
mod text;

use lexer::{Atom, Lexer};

use crate::{
    bytes::{Span, wide},
    wire::Wrong,
};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{key: value}`
    Dict,
    /// `[value]`
    List,
    /// `(value,)`
    Tuple,
    /// A string.
    Text,
    /// A string of bytes.
    Bytes,
    /// A whole number.
    Integer,
    /// A number with a point or an exponent.
    Float,
    /// `True`
    True,
    /// `False`
    False,
    /// `None`
    None,
    /// `...`
    Ellipsis,
    /// Parentheses around one value; never seen outside.
    Group,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    kind: Kind,
    span: Span,
    /// Slots up to the one behind this value.
    after: usize,
}

/// A literal, in a flat list.
#[derive(Clone, Debug)]
pub struct Literal<'a> {
    bytes: &'a [u8],
    slots: Vec<Slot>,
    long: bool,
    end: u64,
}

/// A value within a [`Literal`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'t, 'a> {
    literal: &'t Literal<'a>,
    slot: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// An element, a key or the end.
    Item,
    /// A comma or the end.
    Comma,
    /// The colon behind a key.
    Colon,
    /// The value behind a colon.
    Value,
}

struct Open {
    slot: usize,
    close: u8,
    due: Due,
    comma: bool,
}

struct Builder<'a> {
    lexer: Lexer<'a>,
    slots: Vec<Slot>,
    open: Vec<Open>,
    depth: usize,
    nodes: usize,
    whole: bool,
}

impl<'a> Literal<'a> {
    /// Reads the literal that `bytes` begin with, of at most `nodes` values, nested at most `depth` deep.
    ///
    /// # Errors
    /// [`Wrong`] where the bytes stop being a literal, or where there is too much of it.
    pub fn read(bytes: &'a [u8], depth: usize, nodes: usize) -> Result<Self, Wrong> {
        let lexer = Lexer::new(bytes);
        let mut builder = Builder { lexer, slots: Vec::new(), open: Vec::new(), depth, nodes, whole: false };
        while !builder.whole {
            builder.step()?;
        }
        let Builder { mut lexer, slots, .. } = builder;
        let long = lexer.long();
        lexer.blank();
        Ok(Self { bytes, slots, long, end: lexer.at() })
    }

    /// The outermost value.
    #[must_use]
    pub const fn root(&self) -> Node<'_, 'a> {
        Node { literal: self, slot: 0 }
    }

    /// Whether a number bears Python 2's `L`.
    #[must_use]
    pub const fn long(&self) -> bool {
        self.long
    }

    /// Offset of what follows the literal and the white space and comments behind it.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }
}

impl Builder<'_> {
    fn step(&mut self) -> Result<(), Wrong> {
        self.lexer.blank();
        let here = self.lexer.at();
        let next = self.lexer.peek().ok_or(Wrong::ended(here, "the literal ends too early"))?;
        let Some(open) = self.open.last_mut() else { return self.item(next) };
        match open.due {
            Due::Item | Due::Comma if next == open.close => {
                self.close();
                Ok(())
            }
            Due::Item | Due::Value => self.item(next),
            Due::Comma if next == b',' => {
                (open.due, open.comma) = (Due::Item, true);
                self.lexer.step();
                Ok(())
            }
            Due::Colon if next == b':' => {
                open.due = Due::Value;
                self.lexer.step();
                Ok(())
            }
            Due::Comma => Err(Wrong::malformed(here, "a comma or a closing bracket was due")),
            Due::Colon => Err(Wrong::malformed(here, "a colon was due")),
        }
    }

    fn item(&mut self, next: u8) -> Result<(), Wrong> {
        let at = self.lexer.at();
        if self.slots.len() >= self.nodes {
            return Err(Wrong::too_much(at, "the literal holds too much"));
        }
        let (kind, close) = match next {
            b'{' => (Kind::Dict, b'}'),
            b'[' => (Kind::List, b']'),
            b'(' => (Kind::Tuple, b')'),
            _ => {
                let Atom { kind, span } = self.lexer.atom()?;
                let after = self.slots.len().saturating_add(1);
                self.slots.push(Slot { kind, span, after });
                self.done();
                return Ok(());
            }
        };
        if self.open.len() >= self.depth {
            return Err(Wrong::too_much(at, "the literal is nested too deeply"));
        }
        self.open.push(Open { slot: self.slots.len(), close, due: Due::Item, comma: false });
        self.slots.push(Slot { kind, span: Span::new(at, 1), after: 0 });
        self.lexer.step();
        Ok(())
    }

    fn close(&mut self) {
        self.lexer.step();
        let Some(open) = self.open.pop() else { return };
        let (end, after) = (self.lexer.at(), self.slots.len());
        if let Some(slot) = self.slots.get_mut(open.slot) {
            slot.after = after;
            slot.span = Span::between(slot.span.start, end);
            let holds = after > open.slot.saturating_add(1);
            if slot.kind == Kind::Tuple && holds && !open.comma {
                slot.kind = Kind::Group;
            }
        }
        self.done();
    }

    /// A value is complete: says what is due behind it.
    fn done(&mut self) {
        match self.open.last_mut() {
            None => self.whole = true,
            Some(open) if open.close == b'}' && open.due == Due::Item => open.due = Due::Colon,
            Some(open) => open.due = Due::Comma,
        }
    }
}

impl<'t, 'a> Node<'t, 'a> {
    /// The slot, past parentheses that only group.
    fn get(self) -> Option<(usize, &'t Slot)> {
        let rest = self.literal.slots.iter().enumerate().skip(self.slot);
        rest.into_iter().find(|(_, slot)| slot.kind != Kind::Group)
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.get().map_or(Kind::None, |(_, slot)| slot.kind)
    }

    /// Where it stands.
    #[must_use]
    pub fn span(self) -> Span {
        self.get().map_or_else(Span::default, |(_, slot)| slot.span)
    }

    /// What stands directly within: elements, or keys and values in turn.
    pub fn items(self) -> impl Iterator<Item = Self> + Clone {
        let literal = self.literal;
        let (first, end) = self.get().map_or((0, 0), |(at, slot)| (at.saturating_add(1), slot.after));
        std::iter::successors(Some(Self { literal, slot: first }), move |node| {
            let slot = literal.slots.get(node.slot).map_or(usize::MAX, |slot| slot.after);
            Some(Self { literal, slot })
        })
        .take_while(move |node| node.slot < end)
    }

    /// The keys and values of a dictionary in the order of the source, duplicates included.
    pub fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let dict = self.kind() == Kind::Dict;
        let keys = self.items().step_by(2);
        keys.zip(self.items().skip(1).step_by(2)).filter(move |_| dict)
    }

    /// What a string says, as UTF-8; one of bytes, as its bytes. Bytes of the source that are no ASCII stay.
    #[must_use]
    pub fn text(self) -> Option<Vec<u8>> {
        let (_, slot) = self.get()?;
        matches!(slot.kind, Kind::Text | Kind::Bytes).then(|| text::decode(self.raw()))
    }

    /// The number, if it is a whole one of at most 127 bits; `True` and `False` count as Python counts them.
    #[must_use]
    pub fn integer(self) -> Option<i128> {
        match self.kind() {
            Kind::True => Some(1),
            Kind::False => Some(0),
            Kind::Integer => lexer::integer(self.raw()),
            _ => None,
        }
    }

    /// The source of the value.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        let span = self.span();
        let range = crate::bytes::index(span.start)..crate::bytes::index(span.end());
        self.literal.bytes.get(range).unwrap_or_default()
    }
}

impl Literal<'_> {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> u64 {
        wide(self.slots.len())
    }

    /// Whether there is no value; never so after [`Literal::read`].
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Why;

    fn read(source: &[u8]) -> Result<Literal<'_>, Wrong> {
        Literal::read(source, 50, 1000)
    }

    #[test]
    fn a_numpy_header_is_read() {
        let source = b"{'descr': [('a', '<f4'), (('t', \"b\"), '|O', (2L, 3))], 'shape': (0x10, 1_0,), } \n";
        let literal = read(source).unwrap();
        assert!(literal.long());
        assert_eq!(literal.end(), wide(source.len()));
        let entries: Vec<_> = literal.root().entries().collect();
        assert_eq!(entries[1].0.text().unwrap(), b"shape");
        let shape: Vec<_> = entries[1].1.items().map(|n| n.integer().unwrap()).collect();
        assert_eq!(shape, [16, 10]);
        let field = entries[0].1.items().nth(1).unwrap();
        let parts: Vec<_> = field.items().map(Node::kind).collect();
        assert_eq!(parts, [Kind::Tuple, Kind::Text, Kind::Tuple]);
    }

    #[test]
    fn parentheses_group_or_make_tuples() {
        let kind = |source: &'static [u8]| read(source).unwrap().root().kind();
        assert_eq!(kind(b"((1))"), Kind::Integer);
        assert_eq!(kind(b"(1,)"), Kind::Tuple);
        assert_eq!(kind(b"()"), Kind::Tuple);
        assert_eq!(kind(b" ( # c\n'a' \\\n 'b' )"), Kind::Text);
        let nested = read(b"[(1), (2, 3), ((4,))]").unwrap();
        let kinds: Vec<_> = nested.root().items().map(Node::kind).collect();
        assert_eq!(kinds, [Kind::Integer, Kind::Tuple, Kind::Tuple]);
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        let sources: [&[u8]; 15] = [
            b"{'a'}",
            b"{1,2}",
            b"1+2j",
            b"[1 2]",
            b"f'x'",
            b"os",
            b"os.system('id')",
            b"[,]",
            b"--1",
            b"017",
            b"1x",
            b"(]",
            b"'a' b'b'",
            b"\x00",
            b"{'a' 1}",
        ];
        for source in sources {
            let wrong = read(source).and_then(|l| match l.end() == wide(source.len()) {
                true => Ok(()),
                false => Err(Wrong::malformed(l.end(), "more")),
            });
            assert_eq!(wrong.unwrap_err().why, Why::Malformed, "{}", source.escape_ascii());
        }
    }

    #[test]
    fn every_prefix_ends_too_early_and_depth_is_bounded() {
        let source = b"{'descr': r'<f4', \"\"\"s\"\"\": (1, -2, None), 'x': True}";
        read(source).unwrap();
        for len in 0..source.len() {
            assert!(read(&source[..len]).is_err(), "{len}");
        }
        for bracket in ["[", "(", "{1:"] {
            let deep = bracket.repeat(200_000);
            assert_eq!(read(deep.as_bytes()).unwrap_err().why, Why::TooMuch);
        }
        assert_eq!(read(b"'\\N{DIGIT ONE}'").unwrap_err().why, Why::TooMuch);
        let many = format!("[{}]", "1,".repeat(2000));
        assert_eq!(read(many.as_bytes()).unwrap_err().why, Why::TooMuch);
    }
}
