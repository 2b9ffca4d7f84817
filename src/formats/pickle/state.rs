//! What one group of readings has done so far: stack, marks, memo, position.

use super::{
    arena::Arena,
    memo::Memo,
    reading::{Encoding, Readings},
    value::{Extent, Items, Kind, Node, Value},
    window::Window,
};
use crate::bytes::wide;

/// Why an opcode cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raise {
    /// More is taken from the stack than lies above the last mark.
    Underflow,
    /// There is no mark.
    NoMark,
    /// A slot of the memo that was never set.
    UnsetMemo,
    /// A value of a type that the opcode cannot work on.
    Type,
    /// Text that the loader cannot make a value of.
    Text,
    /// The data end.
    End,
    /// An argument crosses the end of a frame, or a frame begins within one.
    Frame,
    /// A byte that is no opcode.
    Opcode,
    /// A protocol above 5.
    Protocol,
    /// A number out of range.
    Range,
    /// A limit was reached.
    Limit,
}

impl Raise {
    /// In words, for a gap.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Underflow => "takes more from the stack than is there",
            Self::NoMark => "needs a mark that is not there",
            Self::UnsetMemo => "reads a memo slot that was never set",
            Self::Type => "works on a value of a wrong type",
            Self::Text => "has text that is no such value",
            Self::End => "is where the data end, before STOP",
            Self::Frame => "crosses the end of a frame",
            Self::Opcode => "is no opcode",
            Self::Protocol => "declares a protocol above 5",
            Self::Range => "has a number out of range",
            Self::Limit => "is where a limit was reached",
        }
    }
}

/// The state of the unpickler in one group of readings.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The readings that have come this far.
    pub(super) readings: Readings,
    pub(super) window: Window,
    /// The protocol that the last PROTO declared.
    pub(super) protocol: u8,
    /// The highest protocol declared in this stream.
    pub(super) declared: u8,
    pub(super) stack: Vec<Value>,
    pub(super) marks: Vec<usize>,
    pub(super) memo: Memo,
    pub(super) arena: Arena,
    /// Out-of-band buffers taken so far.
    pub(super) buffers: u64,
    /// Number of the stream.
    pub(super) stream: u64,
    /// Offset at which the stream began.
    pub(super) began: u64,
    /// Offset of the opcode at work.
    pub(super) at: u64,
    /// Opcodes done in this stream.
    pub(super) opcodes: u64,
    /// Words of stack, marks and memo that were paid for.
    pub(super) paid: u64,
    /// Whether this stream has made a call or a change.
    pub(super) acted: bool,
    /// Whether MEMOIZE was seen, and whether PUT was.
    pub(super) memoized: bool,
    pub(super) put: bool,
    /// The farthest slot of the memo that was stated as a cost.
    pub(super) farthest: u64,
    /// The most that a container unfolds to, and the deepest nesting.
    pub(super) largest: (u64, u64),
    /// Whether these bytes are read as opcodes only because the loader at hand knows no raw arrays.
    pub(super) stray: bool,
}

impl State {
    pub(super) fn new(readings: Readings, window: Window, stream: u64) -> Self {
        Self {
            readings,
            window,
            protocol: 0,
            declared: 0,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Memo::default(),
            arena: Arena::default(),
            buffers: 0,
            stream,
            began: window.at,
            at: window.at,
            opcodes: 0,
            paid: 0,
            acted: false,
            memoized: false,
            put: false,
            farthest: 0,
            largest: (0, 0),
            stray: false,
        }
    }

    /// Begins another stream with the same Unpickler: memo and buffer stay.
    pub(super) fn again(&mut self) {
        let (memo, arena) = (std::mem::take(&mut self.memo), std::mem::take(&mut self.arena));
        let (stream, paid) = (self.stream.saturating_add(1), self.paid);
        *self = Self { memo, arena, paid, ..Self::new(self.readings, self.window, stream) };
    }

    /// What 8-bit strings are in this group, if all its readings agree.
    pub(super) fn encoding(&self) -> Option<Encoding> {
        let has = |encoding| !self.readings.encoded(encoding).is_empty();
        match (has(Encoding::Bytes), has(Encoding::Latin1) || has(Encoding::Ascii)) {
            (true, false) => Some(Encoding::Bytes),
            (false, true) => Some(Encoding::Latin1),
            _ => None,
        }
    }

    /// Height of the stack at the last mark.
    #[inline]
    pub(super) fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Result<Value, Raise> {
        if self.stack.len() <= self.fence() {
            return Err(Raise::Underflow);
        }
        self.stack.pop().ok_or(Raise::Underflow)
    }

    #[inline]
    pub(super) fn top(&self) -> Result<Value, Raise> {
        if self.stack.len() <= self.fence() {
            return Err(Raise::Underflow);
        }
        self.stack.last().copied().ok_or(Raise::Underflow)
    }

    /// The height of the stack without its last `n` values, all above the last mark.
    #[inline]
    pub(super) fn below(&self, n: usize) -> Result<usize, Raise> {
        let from = self.stack.len().checked_sub(n).filter(|&from| from >= self.fence());
        from.ok_or(Raise::Underflow)
    }

    /// Takes the last `N` values, all above the last mark.
    #[inline]
    pub(super) fn pop_all<const N: usize>(&mut self) -> Result<[Value; N], Raise> {
        let from = self.below(N)?;
        let values = self.stack.get(from..).and_then(<[Value]>::first_chunk).copied();
        self.stack.truncate(from);
        values.ok_or(Raise::Underflow)
    }

    /// Takes the last mark; its height.
    #[inline]
    pub(super) fn pop_mark(&mut self) -> Result<usize, Raise> {
        self.marks.pop().ok_or(Raise::NoMark)
    }

    /// Takes all values above the last mark, and the mark.
    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Value>, Raise> {
        let mark = self.pop_mark()?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// A new container that holds `values`.
    pub(super) fn container(&mut self, kind: Kind, values: &[Value]) -> Value {
        if kind == Kind::Tuple && values.is_empty() {
            return Value::EMPTY_TUPLE;
        }
        let mut items = Items::default();
        let extent = self.arena.extent(values);
        items.reach(extent);
        items.add(values);
        self.reaches(extent);
        Value::new(kind, self.arena.add(Node::Items(items)))
    }

    fn reaches(&mut self, extent: Extent) {
        self.largest = (self.largest.0.max(extent.unfolded), self.largest.1.max(extent.depth));
    }

    /// A new container of the values above a height of the stack, which are taken off.
    pub(super) fn gather(&mut self, kind: Kind, from: usize) {
        let mut stack = std::mem::take(&mut self.stack);
        let value = self.container(kind, stack.get(from..).unwrap_or_default());
        stack.truncate(from);
        stack.push(value);
        self.stack = stack;
    }

    /// Adds values to a container, if it is still known.
    pub(super) fn add_items(&mut self, container: Value, values: &[Value]) {
        if let Some(extent) = self.arena.extend(container, values) {
            self.reaches(extent);
        }
    }

    /// Words that stack, marks and memo take.
    pub(super) fn words(&self) -> u64 {
        wide(self.stack.len()).saturating_add(wide(self.marks.len())).saturating_add(self.memo.words())
    }

    /// Puts a value into a list, if it is still known.
    pub(super) fn set_item(&mut self, list: Value, at: i64, value: Value) {
        if let Some(Node::Items(items)) = list.node().and_then(|node| self.arena.get_mut(node)) {
            items.set(at, value);
        }
    }

    /// A new constant with computed content.
    pub(super) fn content(&mut self, kind: Kind, content: Vec<u8>) -> Value {
        let node = Node::Content { bytes: content.into(), at: self.at };
        Value::computed(kind, self.arena.add(node))
    }

    /// A module by its name.
    pub(super) fn module(&mut self, name: &[u8]) -> Value {
        let node = Node::Module { name: name.into(), at: self.at };
        Value::new(Kind::Module, self.arena.add(node))
    }

    /// A new computed number.
    pub(super) fn number(&mut self, number: i64) -> Value {
        Value::computed(Kind::Int, self.arena.add(Node::Number(number)))
    }
}
