//! How what stops a reader of an encoding stops a parser.

use crate::{
    facts::{Fault, GapCode},
    wire::{Why, Wrong},
};

impl From<Wrong> for Fault {
    fn from(wrong: Wrong) -> Self {
        let code = match wrong.why {
            Why::Ended => GapCode::Truncated,
            Why::Malformed | Why::TooMuch => GapCode::Malformed,
            Why::Spent(spent) => return Self::new(GapCode::Limit, wrong.at, spent.to_string()),
        };
        Self::new(code, wrong.at, wrong.what)
    }
}

impl Fault {
    /// The same fault in a part that begins at `offset`.
    #[must_use]
    pub fn within(self, offset: u64) -> Self {
        Self { at: self.at.saturating_add(offset), ..self }
    }
}
