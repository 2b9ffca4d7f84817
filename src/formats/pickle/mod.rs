//! Pickle: a program for a stack machine that Python runs when it loads the file.
//!
//! The machine is carried out on abstract values, for every way in which a loader may read the bytes
//! ([`reading`]), and states what would be looked up, called and changed. References: `Modules/_pickle.c`,
//! `Lib/pickle.py`, PEP 307, PEP 3154, PEP 574.
//!
//! | file | holds |
//! |---|---|
//! | `opcodes` | the table of opcodes |
//! | `reading`, `window` | the ways of reading, and what frames do to each |
//! | `state`, `value`, `arena`, `memo`, `constant` | what is known while a stream runs |
//! | `machine`, `step` | the loop, and one opcode |
//! | `containers`, `imports`, `calls`, `methods` | opcodes that fill containers, look names up, call |
//! | `registry` | extension codes that the stream itself registers |
//! | `effects`, `reach`, `iterate`, `functions.tsv` | what Python does with callables that lead to others |
//! | `eval`, `strings`, `texts`, `sums`, `lists`, `unpack` | pure functions, worked out |
//! | `embedded`, `inside` | a look at constants that may hold a pickle or code |
//! | `cost`, `sizes.tsv` | what a call takes out of proportion |
//! | `log`, `express`, `classify` | what is said about it |
//! | `streams`, `joblib`, `torch` | what follows a stream |

mod arena;
mod calls;
mod classify;
mod constant;
mod containers;
mod cost;
mod effects;
mod embedded;
mod eval;
mod express;
mod imports;
mod inside;
mod iterate;
mod joblib;
mod lists;
mod log;
mod machine;
mod memo;
mod methods;
mod names;
mod numbers;
mod opcodes;
mod reach;
mod reading;
mod registry;
mod state;
mod step;
mod streams;
mod strings;
mod sums;
mod texts;
mod torch;
mod unpack;
mod value;
mod window;

use super::{About, Collected, Emit, Format, Level, Place, Role, Sure};
use crate::{
    bytes::{Bytes, wide},
    facts::{Fault, Said, Stream},
};

/// The format.
#[derive(Debug)]
pub(super) struct Pickle;

impl Format for Pickle {
    fn about(&self) -> &'static About {
        &About {
            name: "pickle",
            title: "Pickle (also joblib, legacy PyTorch)",
            level: Level::Content,
            refines: &[],
            extensions: &[
                "pkl", "pickle", "pk", "p", "joblib", "jbl", "dill", "sav", "pt", "pth", "ckpt", "bin", "th",
                "data", "distcp",
            ],
            model: true,
        }
    }

    fn probe(&self, input: &Bytes, place: &Place) -> Sure {
        let first = input.first().copied().unwrap_or_default();
        let forced = forced(place.role);
        if opcodes::layout(first) == opcodes::Layout::Illegal && !forced { Sure::No } else { Sure::Trial }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        streams::read(input, out)
    }

    fn convinces(&self, collected: &Collected, input: &Bytes, place: &Place, alone: bool) -> bool {
        let acted = collected.facts.iter().any(|fact| matches!(fact.said, Said::Call(_) | Said::Mutation(_)));
        let imported = collected.facts.iter().any(|fact| matches!(fact.said, Said::Import(_)));
        let stream = collected.facts.iter().find_map(|fact| match &fact.said {
            Said::Stream(stream) if stream.number == 0 => Some(&**stream),
            _ => None,
        });
        if place.role.lies() {
            let stopped = stream.is_some_and(|stream| stream.ended == "stop");
            let mut names = collected.facts.iter().filter_map(|fact| match &fact.said {
                Said::Import(import) => {
                    Some(streams::plausible(import.module.as_bytes(), import.name.as_bytes()))
                }
                _ => None,
            });
            // A pickle of plain data counts if it fills the constant and holds another.
            let holds = || {
                collected.children.iter().any(|child| child.role.lies())
                    && collected.covered.holes(input.size()).is_empty()
            };
            return stopped && collected.gaps.is_empty() && names.all(|one| one) && (imported || holds());
        }
        if place.role == Role::Slack {
            return acted || (imported && stream.is_some_and(|stream| stream.ended == "stop"));
        }
        if acted || (alone && forced(place.role)) {
            return true;
        }
        // `.bin` and `.data` say too little: there the bytes must begin as a pickle does.
        let extension = place.name().extension();
        let vague = matches!(extension.as_str(), "bin" | "data");
        let named = alone && !vague && self.about().extensions.contains(&extension.as_str());
        let whole = collected.covered.holes(input.size()).is_empty() && collected.gaps.is_empty();
        let declared =
            |stream: &Stream| stream.protocol >= 2 && input.first() == Some(&0x80) && stream.opcodes >= 4;
        stream.is_some_and(|stream| {
            let stopped = stream.ended == "stop";
            let begun = stream.opcodes >= 3 && (imported || !looks_like_text(input));
            (stopped && (whole || declared(stream) || named)) || declared(stream) || (named && begun)
        })
    }
}

/// Whether the place alone makes loaders unpickle the bytes.
const fn forced(role: Role) -> bool {
    matches!(
        role,
        Role::Pickle | Role::TorchData | Role::NumpyObject | Role::TorchTarStorages | Role::TorchTarTensors
    )
}

fn looks_like_text(input: &Bytes) -> bool {
    let head = input.get(..input.len().min(512)).unwrap_or_default();
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && wide(error.valid_up_to()) > 0,
    };
    valid && head.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t'))
}
