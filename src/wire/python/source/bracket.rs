//! Open brackets, and what closing them gives.

use super::follow::{Follow, Value};

#[derive(Debug)]
pub(super) enum Open {
    /// Parentheses of a call, of what.
    Call(Value),
    /// Brackets of a subscript, of what.
    Index(Value),
    /// Parentheses that group.
    Group,
    /// Any other.
    Plain,
}

/// An open bracket, and what stands in it so far.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) open: Open,
    pub(super) close: u8,
    pub(super) at: usize,
    /// The first arguments.
    pub(super) args: Vec<Value>,
    /// What stands left of an operator.
    pub(super) left: Option<Value>,
}

impl Follow<'_> {
    pub(super) fn open(&mut self, close: u8) {
        let value = std::mem::replace(&mut self.value, Value::Nothing);
        let open = match (close, value) {
            (b')', Value::Nothing) => Open::Group,
            (_, Value::Nothing) => Open::Plain,
            (b')', value) => Open::Call(value),
            (b']', value) => Open::Index(value),
            (_, value) => {
                self.found.odd = true;
                self.mention(&value);
                Open::Plain
            }
        };
        let left = self.left.take();
        self.frames.push(Frame { open, close, at: self.tokens.at, args: Vec::new(), left });
    }

    pub(super) fn close(&mut self) {
        let last = self.expression();
        let Some(mut frame) = self.frames.pop() else { return };
        self.left = frame.left.take();
        let one = frame.args.is_empty();
        if last != Value::Nothing {
            frame.args.push(last.clone());
        }
        self.value = match frame.open {
            Open::Group if one => last,
            Open::Call(callee) => {
                frame.args.iter().for_each(|value| self.mention(value));
                self.called(&callee, &frame.args, frame.at)
            }
            Open::Index(base) => self.item(&base, frame.args.first()),
            Open::Group | Open::Plain => {
                self.mention(&last);
                Value::Other
            }
        };
        if self.value == Value::Nothing {
            self.value = Value::Other;
        }
    }
}
