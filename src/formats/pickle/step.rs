//! One opcode: what it does to the state (`Modules/_pickle.c`, `Lib/pickle.py`).

use super::{
    containers, embedded, imports,
    machine::{COSTLY, KEPT, Machine, Operand},
    memo::Slot,
    numbers,
    opcodes::code,
    reading::{Encoding, Loader, Readings},
    state::{Raise, State},
    value::{Kind, Node, Value},
    window::Window,
};

type Done = Result<(), Raise>;

/// Bytes of a whole number beyond which it is told: Python refuses to write 4300 digits out.
const LONG: u64 = 1 << 11;

impl Machine<'_> {
    /// Carries out one opcode. `Err` means that every reading of the group raises.
    #[inline]
    pub(super) fn step(&mut self, opcode: u8, operand: &Operand, s: &mut State) -> Done {
        match opcode {
            code::MARK => s.marks.push(s.stack.len()),
            code::BINGET | code::LONG_BINGET => {
                let value = s.memo.get(self.little(operand.run)).ok_or(Raise::UnsetMemo)?;
                s.push(value);
            }
            code::BINPUT | code::LONG_BINPUT => return self.put(self.little(operand.run), s),
            code::MEMOIZE => return memoize(s),
            code::BININT | code::BININT1 | code::BININT2 | code::LONG1 | code::LONG4 => {
                if operand.run.len > LONG {
                    self.log.long(s, operand.run.len);
                }
                self.constant(Kind::Int, operand, s);
            }
            code::BINFLOAT => self.constant(Kind::Float, operand, s),
            code::SHORT_BINUNICODE | code::BINUNICODE | code::BINUNICODE8 => return self.unicode(operand, s),
            code::NONE => s.push(Value::NONE),
            code::NEWTRUE => s.push(Value::bool(true)),
            code::NEWFALSE => s.push(Value::bool(false)),
            code::EMPTY_TUPLE => s.push(Value::EMPTY_TUPLE),
            code::EMPTY_LIST => push_container(Kind::List, s),
            code::EMPTY_DICT => push_container(Kind::Dict, s),
            code::EMPTY_SET => push_container(Kind::Set, s),
            code::TUPLE1 => return tuple(1, s),
            code::TUPLE2 => return tuple(2, s),
            code::TUPLE3 => return tuple(3, s),
            code::TUPLE | code::LIST | code::FROZENSET | code::DICT => return containers::gather(opcode, s),
            code::APPEND => return containers::append(self, s),
            code::APPENDS => return containers::appends(self, s),
            code::SETITEM => return containers::setitem(self, s),
            code::SETITEMS => return containers::setitems(self, s),
            code::ADDITEMS => return containers::additems(self, s),
            code::SHORT_BINBYTES | code::BINBYTES | code::BINBYTES8 => {
                self.constant(Kind::Bytes, operand, s);
                embedded::look(self, s, operand.run);
            }
            code::BYTEARRAY8 => {
                self.constant(Kind::ByteArray, operand, s);
                embedded::look(self, s, operand.run);
            }
            code::GLOBAL | code::INST | code::STACK_GLOBAL => {
                imports::look_up(self, opcode, operand, s)?;
                return self.pay_costly(s);
            }
            code::EXT1 | code::EXT2 | code::EXT4 => {
                imports::extension(self, operand, s)?;
                return self.pay_costly(s);
            }
            code::REDUCE | code::BUILD | code::NEWOBJ | code::NEWOBJ_EX | code::OBJ => {
                self.call_opcode(opcode, s)?;
                return self.pay_costly(s);
            }
            code::POP => return self.pop_opcode(s),
            _ => return self.rare(opcode, operand, s),
        }
        Ok(())
    }

    /// Opcodes that modern picklers write seldom or never.
    fn rare(&mut self, opcode: u8, operand: &Operand, s: &mut State) -> Done {
        match opcode {
            code::POP_MARK => {
                let mark = s.pop_mark()?;
                self.log.popped(s, s.stack.get(mark..).unwrap_or_default());
                s.stack.truncate(mark);
                Ok(())
            }
            code::DUP => {
                let top = s.top()?;
                s.push(top);
                Ok(())
            }
            code::INT | code::LONG | code::FLOAT => self.number(opcode, operand, s),
            code::STRING | code::SHORT_BINSTRING | code::BINSTRING => self.string(opcode, operand, s),
            code::UNICODE => {
                let text = numbers::raw_unicode_escape(self.bytes(operand.run)).ok_or(Raise::Text)?;
                let value =
                    if operand.moved { s.content(Kind::Str, text) } else { Value::new(Kind::Str, s.at) };
                s.push(value);
                Ok(())
            }
            code::PUT | code::GET => self.text_memo(opcode, operand, s),
            code::PROTO => self.protocol(operand, s),
            code::FRAME => self.frame(operand, s),
            code::PERSID | code::BINPERSID => {
                self.pay(KEPT)?;
                imports::persistent(self, opcode, operand, s)
            }
            code::NEXT_BUFFER | code::READONLY_BUFFER => self.buffer(opcode, s),
            _ => Err(Raise::Opcode),
        }
    }

    /// Pushes a constant that is known by its place.
    #[inline]
    fn constant(&mut self, kind: Kind, operand: &Operand, s: &mut State) {
        let value = if operand.moved {
            let (start, len) = (operand.run.start, operand.run.len);
            Value::computed(kind, s.arena.add(Node::Elsewhere { start, len }))
        } else {
            Value::new(kind, s.at)
        };
        s.push(value);
    }

    #[inline]
    fn unicode(&mut self, operand: &Operand, s: &mut State) -> Done {
        if !numbers::is_utf8(self.bytes(operand.run)) {
            return Err(Raise::Text);
        }
        self.constant(Kind::Str, operand, s);
        embedded::look_at_text(self, s, operand.run);
        Ok(())
    }

    fn number(&mut self, opcode: u8, operand: &Operand, s: &mut State) -> Done {
        let line = self.bytes(operand.run);
        let accepts = match opcode {
            code::INT => numbers::accepts_int,
            code::LONG => numbers::accepts_long,
            _ => numbers::accepts_float,
        };
        let kept = s.readings.by_language(|loader| accepts(line, loader));
        self.keep(s, kept, Raise::Text)?;
        self.log.spelled(s, opcode, line);
        let value = match (opcode, line) {
            (code::INT, b"00") => Value::bool(false),
            (code::INT, b"01") => Value::bool(true),
            (code::FLOAT, _) => Value::new(Kind::Float, s.at),
            _ if operand.moved => s.number(numbers::integer(line).unwrap_or(0)),
            _ => Value::new(Kind::Int, s.at),
        };
        s.push(value);
        Ok(())
    }

    fn string(&mut self, opcode: u8, operand: &Operand, s: &mut State) -> Done {
        let argument = self.bytes(operand.run);
        let quoted =
            if opcode == code::STRING { Some(numbers::quoted(argument).ok_or(Raise::Text)?) } else { None };
        if !quoted.as_deref().unwrap_or(argument).is_ascii() {
            let kept = s.readings.without(s.readings.encoded(Encoding::Ascii));
            self.log.encoded(s);
            let lost = s.readings.without(kept);
            if kept.is_empty() {
                return Err(Raise::Text);
            }
            s.readings = s.readings.without(lost);
        }
        embedded::look(self, s, operand.run);
        match quoted.filter(|_| operand.moved) {
            Some(content) => {
                let value = s.content(Kind::Str8, content);
                s.push(value);
            }
            None => self.constant(Kind::Str8, operand, s),
        }
        Ok(())
    }

    #[inline]
    fn put(&mut self, at: u64, s: &mut State) -> Done {
        let value = s.top()?;
        s.put = true;
        if at > s.memo.used().saturating_add(1 << 20) && at >> 1 >= s.farthest {
            s.farthest = at;
            self.log.memo_index(s, at);
        }
        s.memo.put(at, value);
        Ok(())
    }

    /// PUT and GET, whose index is written in decimal digits.
    fn text_memo(&mut self, opcode: u8, operand: &Operand, s: &mut State) -> Done {
        let line = self.bytes(operand.run);
        let (c, python) =
            (numbers::memo_index(line, Loader::File), numbers::memo_index(line, Loader::Python));
        let kept =
            s.readings.by_language(|l| if l == Loader::Python { python.is_some() } else { c.is_some() });
        self.keep(s, kept, Raise::Text)?;
        let digits = python.filter(|_| !s.readings.python().is_empty()).or(c).ok_or(Raise::Text)?;
        let number = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<u64>().ok());
        let fits = number.is_some_and(|number| i64::try_from(number).is_ok());
        if opcode == code::PUT && !fits {
            let python = s.readings.python();
            s.top()?;
            self.keep(s, python, Raise::Range)?;
        }
        let slot = number.map_or(Slot::Digits(digits.into()), Slot::At);
        match (opcode, &slot) {
            (code::PUT, Slot::At(at)) => self.put(*at, s),
            (code::PUT, Slot::Digits(_)) => {
                let value = s.top()?;
                s.memo.put_sparse(slot, value);
                Ok(())
            }
            _ => {
                let found = if let Slot::At(at) = slot { s.memo.get(at) } else { s.memo.get_sparse(&slot) };
                s.push(found.ok_or(Raise::UnsetMemo)?);
                Ok(())
            }
        }
    }

    fn protocol(&mut self, operand: &Operand, s: &mut State) -> Done {
        let protocol = u8::try_from(self.little(operand.run)).unwrap_or(u8::MAX);
        if protocol > 5 {
            return Err(Raise::Protocol);
        }
        if s.opcodes > 1 {
            self.log.late_protocol(s, protocol);
        }
        s.protocol = protocol;
        s.declared = s.declared.max(protocol);
        Ok(())
    }

    /// FRAME: ordinary ones are the same for all; others part the readings.
    fn frame(&mut self, operand: &Operand, s: &mut State) -> Done {
        self.pay(COSTLY)?;
        let len = self.little(operand.run);
        let window = s.window;
        let mut groups: Vec<(Result<Window, Raise>, Readings)> = Vec::new();
        for (one, loader, _) in s.readings.uses() {
            let mut seen = window;
            let entered = seen.frame(len, loader, self.end).map(|()| seen).map_err(|_| Raise::Frame);
            match groups.iter_mut().find(|(known, _)| *known == entered) {
                Some((_, readings)) => *readings = *readings | one,
                None => groups.push((entered, one)),
            }
        }
        let going: Vec<_> =
            groups.iter().filter_map(|(seen, set)| seen.ok().map(|window| (window, *set))).collect();
        let Some((&(window, readings), others)) = going.split_first() else { return Err(Raise::Frame) };
        if len > self.end.saturating_sub(window.at) {
            self.log.long_frame(s, len, self.end.saturating_sub(window.at));
        } else if groups.len() > 1 {
            for (seen, set) in &groups {
                self.log.parts(s, *set, seen.err().unwrap_or(Raise::Frame));
            }
        }
        for &(_, set) in others {
            self.part(s, set);
        }
        (s.window, s.readings) = (window, readings);
        Ok(())
    }

    fn buffer(&mut self, opcode: u8, s: &mut State) -> Done {
        if opcode == code::READONLY_BUFFER {
            return match s.top()?.kind() {
                Kind::Bytes | Kind::ByteArray | Kind::Buffer | Kind::Object | Kind::Str8 => Ok(()),
                _ => Err(Raise::Type),
            };
        }
        let kept = s.readings.buffered();
        if kept.is_empty() {
            return Err(Raise::Range);
        }
        self.log.buffers(s);
        s.readings = kept;
        s.buffers = s.buffers.saturating_add(1);
        s.push(Value::new(Kind::Buffer, s.buffers));
        Ok(())
    }

    fn pop_opcode(&mut self, s: &mut State) -> Done {
        if s.marks.last().is_some_and(|&mark| mark == s.stack.len()) {
            s.marks.pop();
            return Ok(());
        }
        let value = s.pop()?;
        self.log.popped(s, &[value]);
        Ok(())
    }
}

#[inline]
fn memoize(s: &mut State) -> Done {
    let value = s.top()?;
    s.memoized = true;
    let at = s.memo.used();
    s.memo.put(at, value);
    Ok(())
}

#[inline]
fn push_container(kind: Kind, s: &mut State) {
    let value = s.container(kind, &[]);
    s.push(value);
}

#[inline]
fn tuple(n: usize, s: &mut State) -> Done {
    let from = s.below(n)?;
    s.gather(Kind::Tuple, from);
    Ok(())
}
