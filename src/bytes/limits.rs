//! How far a scan of one file may go: counted, never timed, so that every machine writes the same report.

use std::cell::Cell;

/// What a user allows for one top-level file, with everything inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Units of work: one for an opcode, a member, a field; more for a byte of a slow codec.
    pub steps: u64,
    /// Members, in all archives of the file.
    pub members: u64,
    /// Containers within containers.
    pub depth: u64,
    /// Bytes that decompression may give, in all.
    pub unpacked: u64,
    /// Bytes that decompression may give for each byte of input, once it has given 64 MiB.
    pub ratio: u64,
    /// Facts, equal ones counted once.
    pub facts: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 400_000_000,
            members: 200_000,
            depth: 16,
            unpacked: 2 << 30,
            ratio: 1100,
            facts: 100_000,
        }
    }
}

/// A limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {allowed} {what} was reached; --limit {what}=N raises it")]
pub struct Spent {
    /// The field of [`Limits`].
    pub what: &'static str,
    /// Its value.
    pub allowed: u64,
}

/// What is left of the [`Limits`] while one top-level file is read.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    steps: Cell<u64>,
    members: Cell<u64>,
    unpacked: Cell<u64>,
    facts: Cell<u64>,
}

impl Budget {
    /// A full budget.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            steps: Cell::new(0),
            members: Cell::new(0),
            unpacked: Cell::new(0),
            facts: Cell::new(0),
        }
    }

    /// The limits it began with.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    fn take(cell: &Cell<u64>, n: u64, allowed: u64, what: &'static str) -> Result<(), Spent> {
        let used = cell.get().saturating_add(n);
        if used > allowed {
            return Err(Spent { what, allowed });
        }
        cell.set(used);
        Ok(())
    }

    /// Spends `n` units of work.
    ///
    /// # Errors
    /// [`Spent`] if fewer are left; they stay.
    pub fn spend(&self, n: u64) -> Result<(), Spent> {
        Self::take(&self.steps, n, self.limits.steps, "steps")
    }

    /// Units of work that are left.
    #[must_use]
    pub const fn steps_left(&self) -> u64 {
        self.limits.steps.saturating_sub(self.steps.get())
    }

    /// Opens one more member.
    ///
    /// # Errors
    /// [`Spent`] if no more may be opened.
    pub fn member(&self) -> Result<(), Spent> {
        Self::take(&self.members, 1, self.limits.members, "members")
    }

    /// Records one more fact.
    ///
    /// # Errors
    /// [`Spent`] if no more may be recorded.
    pub fn fact(&self) -> Result<(), Spent> {
        Self::take(&self.facts, 1, self.limits.facts, "facts")
    }

    /// Goes down to `depth` containers within containers.
    ///
    /// # Errors
    /// [`Spent`] if that is too deep.
    pub const fn descend(&self, depth: u64) -> Result<(), Spent> {
        if depth > self.limits.depth {
            return Err(Spent { what: "depth", allowed: self.limits.depth });
        }
        Ok(())
    }

    /// Takes `n` more bytes from a decompressor, each of which costs `weight` sixteenths of a unit of work. They
    /// have been made, so that over the limit nothing is left for others.
    ///
    /// # Errors
    /// [`Spent`] if that is over `unpacked` or `steps`.
    pub fn unpack(&self, n: u64, weight: u64) -> Result<(), Spent> {
        let Limits { unpacked, steps, .. } = self.limits;
        Self::take(&self.unpacked, n, unpacked, "unpacked").inspect_err(|_| self.unpacked.set(unpacked))?;
        self.spend(n.saturating_mul(weight) >> 4).inspect_err(|_| self.steps.set(steps))
    }

    /// Begins to unpack.
    ///
    /// # Errors
    /// [`Spent`] if no byte may come out.
    pub fn begin(&self) -> Result<(), Spent> {
        Self::take(&Cell::new(self.unpacked.get()), 1, self.limits.unpacked, "unpacked")?;
        Self::take(&Cell::new(self.steps.get()), 1, self.limits.steps, "steps")
    }

    /// Checks the ratio of one compressed stream that gave `out` bytes for `input` bytes.
    ///
    /// # Errors
    /// [`Spent`] if the ratio is over the limit and the stream gave more than 64 MiB.
    pub const fn ratio(&self, input: u64, out: u64) -> Result<(), Spent> {
        if out > 64 << 20 && out > input.saturating_mul(self.limits.ratio) {
            return Err(Spent { what: "ratio", allowed: self.limits.ratio });
        }
        Ok(())
    }
}

impl Limits {
    /// The fields with their values, in the order of the README's table.
    #[must_use]
    pub const fn table(&self) -> [(&'static str, u64); 6] {
        [
            ("steps", self.steps),
            ("members", self.members),
            ("depth", self.depth),
            ("unpacked", self.unpacked),
            ("ratio", self.ratio),
            ("facts", self.facts),
        ]
    }

    /// Sets the field called `what`.
    ///
    /// # Errors
    /// The names of the fields, if there is none of that name.
    pub fn set(&mut self, what: &str, value: u64) -> Result<(), String> {
        let field = match what {
            "steps" => &mut self.steps,
            "members" => &mut self.members,
            "depth" => &mut self.depth,
            "unpacked" => &mut self.unpacked,
            "ratio" => &mut self.ratio,
            "facts" => &mut self.facts,
            _ => return Err("steps, members, depth, unpacked, ratio, facts".to_owned()),
        };
        *field = value;
        Ok(())
    }
}
