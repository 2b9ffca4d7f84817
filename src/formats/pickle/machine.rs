//! The pickle machine: carries out one stream for all readings that agree, and parts them where they do not.

use std::collections::HashMap;

use super::{
    log::Log,
    names::Names,
    opcodes::{Layout, layout},
    reading::{Loader, Readings},
    state::{Raise, State},
    value::Value,
    window::{Run, Stop, Window, reach},
};
use crate::bytes::{Budget, index, wide};

/// The argument of one opcode, and where the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    /// The argument without its length or line feed; of two lines the first.
    pub(super) run: Run,
    /// The second line.
    pub(super) second: Run,
    /// The position behind it.
    pub(super) window: Window,
    /// Whether the argument stands elsewhere than behind its opcode.
    pub(super) moved: bool,
}

/// How a stream ended for a group of readings.
#[derive(Debug)]
pub(super) enum Ended {
    /// At STOP, with this value.
    Stop(Value),
    /// At the opcode at [`State::at`].
    Raised(Raise),
}

/// What a machine does about joblib's arrays, which stand in the stream behind a BUILD.
pub(super) type AfterBuild = fn(&mut Machine<'_>, &mut State, Value) -> Result<(), Raise>;

/// Everything that is common to the groups of readings of one file.
pub(super) struct Machine<'a> {
    pub(super) data: &'a [u8],
    pub(super) end: u64,
    pub(super) budget: &'a Budget,
    pub(super) names: Names,
    pub(super) log: Log,
    /// Groups that parted and wait for their turn.
    pub(super) parted: Vec<State>,
    pub(super) after_build: AfterBuild,
    /// Bytes of an element of each `numpy.dtype` that was asked for; nothing if it holds objects.
    pub(super) widths: HashMap<Value, Option<u64>>,
}

/// Opcodes between two looks at the budget.
const BATCH: u64 = 4096;
/// Units of work that a word of memory stands for, so that the budget bounds memory too.
const WORD: u64 = 6;
/// Words that a node takes, with what the allocator adds.
const NODE: u64 = 16;
/// Units of work of an opcode that looks a name up, calls or enters a frame, beside its own.
pub(super) const COSTLY: u64 = 8;
/// Units of work of a persistent id, beside its own.
pub(super) const KEPT: u64 = 256;

impl<'a> Machine<'a> {
    pub(super) fn new(data: &'a [u8], budget: &'a Budget, after_build: AfterBuild) -> Self {
        let end = wide(data.len());
        let (names, log) = (Names::default(), Log::default());
        Self { data, end, budget, names, log, parted: Vec::new(), after_build, widths: HashMap::new() }
    }

    /// Runs a group to the end of its stream. Groups that part from it are left in `parted`.
    pub(super) fn run(&mut self, s: &mut State) -> Ended {
        loop {
            if s.opcodes.is_multiple_of(BATCH) && self.pay_batch(s).is_err() {
                return Ended::Raised(Raise::Limit);
            }
            if s.window.at >= s.window.fence && s.window.framed {
                s.window.leave(self.end);
            }
            s.at = s.window.at;
            let Some(&opcode) = self.data.get(index(s.at)) else { return Ended::Raised(Raise::End) };
            s.opcodes = s.opcodes.wrapping_add(1);
            if opcode == b'.' {
                s.window.at = s.at.wrapping_add(1);
                match s.pop() {
                    Ok(value) => return Ended::Stop(value),
                    Err(raise) => return Ended::Raised(raise),
                }
            }
            let operand = match self.operand(opcode, s.window) {
                Some(operand) => operand,
                None => match self.carefully(opcode, s) {
                    Ok(operand) => operand,
                    Err(raise) => return Ended::Raised(raise),
                },
            };
            s.window = operand.window;
            if let Err(raise) = self.step(opcode, &operand, s) {
                return Ended::Raised(raise);
            }
        }
    }

    /// Pays for the next opcodes, for what stack and memo have grown to, and for new nodes.
    fn pay_batch(&mut self, s: &mut State) -> Result<(), Raise> {
        let grown = s.words().saturating_sub(s.paid);
        s.paid = s.paid.saturating_add(grown);
        let left = self.left_behind(s);
        self.pay(BATCH.saturating_add(grown.saturating_mul(WORD)).saturating_add(left))
    }

    /// What names, values and notes that stay in memory cost since they were last paid for.
    fn left_behind(&mut self, s: &mut State) -> u64 {
        let unpaid = [&mut self.names.unpaid, &mut self.log.unpaid, &mut s.arena.unpaid];
        unpaid.into_iter().map(std::mem::take).fold(0, u64::saturating_add)
    }

    /// Pays for work.
    pub(super) fn pay(&self, units: u64) -> Result<(), Raise> {
        self.budget.spend(units).map_err(|_| Raise::Limit)
    }

    /// Pays for a costly opcode, and for the names and values that it left behind.
    pub(super) fn pay_costly(&mut self, s: &mut State) -> Result<(), Raise> {
        let left = self.left_behind(s);
        self.pay(left.saturating_add(COSTLY))
    }

    /// The operand as every reading sees it: nothing if it crosses the end of a frame or of the data.
    #[inline]
    fn operand(&self, opcode: u8, window: Window) -> Option<Operand> {
        let start = window.at.wrapping_add(1);
        let whole = |start: u64, len: u64| {
            let after = start.checked_add(len).filter(|&after| after <= window.fence)?;
            let run = Run { start, len };
            Some(Operand { run, second: run, window: Window { at: after, ..window }, moved: false })
        };
        match layout(opcode) {
            Layout::Bare => whole(start, 0),
            Layout::Fixed(len) => whole(start, u64::from(len)),
            Layout::Counted(width) => {
                let content = start.wrapping_add(u64::from(width));
                if content > window.fence {
                    return None;
                }
                let len = super::constant::little(self.data.get(index(start)..index(content))?);
                whole(content, len)
            }
            Layout::Line => {
                let run = self.line(start, window.fence)?;
                whole(run.start, run.len).map(|operand| operand.past(1))
            }
            Layout::Lines => {
                let first = self.line(start, window.fence)?;
                let second = self.line(first.start.wrapping_add(first.len).wrapping_add(1), window.fence)?;
                let operand = whole(second.start, second.len)?;
                Some(Operand { run: first, second, ..operand.past(1) })
            }
            Layout::Signed | Layout::Illegal => None,
        }
    }

    /// A line that is not empty and ends before `fence`.
    fn line(&self, start: u64, fence: u64) -> Option<Run> {
        let part = self.data.get(index(start)..index(reach(start, fence)))?;
        let len = memchr::memchr(b'\n', part).filter(|&len| len > 0)?;
        Some(Run { start, len: wide(len) })
    }

    /// The operand as each reading sees it. Readings that see it alike stay together; those that raise end.
    fn carefully(&mut self, opcode: u8, s: &mut State) -> Result<Operand, Raise> {
        self.pay(COSTLY)?;
        let mut groups: Vec<(Result<Operand, Raise>, Readings)> = Vec::new();
        for (one, loader, _) in s.readings.uses() {
            let seen = self.operand_of(opcode, s.window, loader);
            match groups.iter_mut().find(|(known, _)| *known == seen) {
                Some((_, readings)) => *readings = *readings | one,
                None => groups.push((seen, one)),
            }
        }
        let mut first = None;
        let parts = groups.len() > 1;
        for (seen, readings) in groups {
            match seen {
                Err(raise) if parts => self.log.parts(s, readings, raise),
                Err(raise) => return Err(raise),
                Ok(operand) if first.is_none() => first = Some((operand, readings)),
                Ok(_) => {
                    self.log.parts(s, readings, Raise::Frame);
                    self.part(s, readings);
                }
            }
        }
        let Some((operand, readings)) = first else { return Err(Raise::End) };
        s.readings = readings;
        Ok(operand)
    }

    /// Leaves some readings of a group to start again at the opcode at work.
    pub(super) fn part(&mut self, s: &State, readings: Readings) {
        let window = Window { at: s.at, ..s.window };
        if let Some(parted) = self.fork(s, readings) {
            self.parted.push(State { window, opcodes: parted.opcodes.saturating_sub(1), ..parted });
        }
    }

    /// Another state that is the same so far; nothing, and a gap, if there is no budget for it.
    pub(super) fn fork(&mut self, s: &State, readings: Readings) -> Option<State> {
        let words =
            s.words().saturating_add(s.arena.words()).saturating_add(s.arena.nodes().saturating_mul(NODE));
        if self.pay(words.saturating_mul(WORD)).is_err() {
            self.log.unread(s);
            return None;
        }
        Some(State { readings, ..s.clone() })
    }

    fn operand_of(&self, opcode: u8, window: Window, loader: Loader) -> Result<Operand, Raise> {
        let mut w = Window { at: window.at.wrapping_add(1), ..window };
        let behind = w.at;
        let (mut run, mut second) = (Run { start: behind, len: 0 }, Run { start: behind, len: 0 });
        match layout(opcode) {
            Layout::Illegal => return Err(Raise::Opcode),
            Layout::Bare => {}
            Layout::Fixed(len) => run = w.read(u64::from(len), loader, self.end).map_err(raise)?,
            Layout::Counted(width) => {
                let len = self.little(w.read(u64::from(width), loader, self.end).map_err(raise)?);
                let into = matches!(opcode, b'B' | b'C' | 0x8e | 0x96);
                let read =
                    if into { w.read_into(len, loader, self.end) } else { w.read(len, loader, self.end) };
                run = read.map_err(raise)?;
            }
            Layout::Signed => {
                let len = self.little(w.read(4, loader, self.end).map_err(raise)?);
                if len > 0x7fff_ffff {
                    return Err(Raise::Range);
                }
                run = w.read(len, loader, self.end).map_err(raise)?;
            }
            Layout::Line => run = w.line(loader, self.data).map_err(raise)?,
            Layout::Lines => {
                run = w.line(loader, self.data).map_err(raise)?;
                second = w.line(loader, self.data).map_err(raise)?;
            }
        }
        let ordinary = match layout(opcode) {
            Layout::Counted(width) => behind.wrapping_add(u64::from(width)),
            Layout::Signed => behind.wrapping_add(4),
            _ => behind,
        };
        let ends = self.data.get(index(run.start.saturating_add(run.len))) == Some(&b'\n');
        let moved = run.start != ordinary || (layout(opcode) == Layout::Line && !ends);
        let c_empty = matches!(layout(opcode), Layout::Line | Layout::Lines) && loader != Loader::Python;
        if c_empty
            && refuses_empty(opcode)
            && (run.len == 0 || (layout(opcode) == Layout::Lines && second.len == 0))
        {
            return Err(Raise::Text);
        }
        Ok(Operand { run, second, window: w, moved })
    }

    pub(super) fn bytes(&self, run: Run) -> &'a [u8] {
        self.data.get(index(run.start)..index(run.start.saturating_add(run.len))).unwrap_or_default()
    }

    pub(super) fn little(&self, run: Run) -> u64 {
        super::constant::little(self.bytes(run))
    }

    /// Some readings raise here; the others go on.
    pub(super) fn keep(&mut self, s: &mut State, kept: Readings, raise: Raise) -> Result<(), Raise> {
        let lost = s.readings.without(kept);
        if kept.is_empty() {
            return Err(raise);
        }
        if !lost.is_empty() {
            self.log.parts(s, lost, raise);
            s.readings = kept;
        }
        Ok(())
    }
}

const fn raise(stop: Stop) -> Raise {
    match stop {
        Stop::End => Raise::End,
        Stop::Frame => Raise::Frame,
        Stop::Long => Raise::Limit,
    }
}

/// C wants at least one character before the line feed, save in these.
const fn refuses_empty(opcode: u8) -> bool {
    !matches!(opcode, b'S' | b'V' | b'P')
}

impl Operand {
    fn past(self, n: u64) -> Self {
        Self { window: Window { at: self.window.at.wrapping_add(n), ..self.window }, ..self }
    }
}
