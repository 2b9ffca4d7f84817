//! A bounded look at constants that no deserialiser receives: a whole pickle may hide in any of them.
//!
//! Only what begins like a pickle is looked into, as it stands, in base64, in hexadecimal or compressed, and
//! only what runs to STOP and looks something up counts: random bytes, floats and text never do.

use super::{log::Nested, machine::Machine, state::State, unpack, window::Run};
use crate::formats::Role;

/// Shorter constants hold no pickle that does anything.
const SHORTEST: u64 = 12;
/// Encoded constants beyond this are not decoded.
const LONGEST: u64 = 8 << 20;

/// Looks at bytes.
#[inline]
pub(super) fn look(m: &mut Machine<'_>, s: &State, run: Run) {
    if run.len < SHORTEST || s.stray || !m.log.room() {
        return;
    }
    let bytes = m.bytes(run);
    match bytes {
        [0x80, 2..=5, .., b'.'] => {
            m.log.nested(s.at, Nested::Open { start: run.start, len: run.len }, Role::Embedded);
        }
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => unpacked(m, s, run, "zlib"),
        [0x1f, 0x8b, 8, ..] => unpacked(m, s, run, "gzip"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => unpacked(m, s, run, "bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => unpacked(m, s, run, "xz"),
        [b'g', b'A', b'I' | b'J' | b'K' | b'L' | b'M' | b'N' | b'Q'..=b'V', ..] => {
            unpacked(m, s, run, "base64")
        }
        [b'8', b'0', b'0', b'2'..=b'5', ..] => unpacked(m, s, run, "base16"),
        _ => {}
    }
}

/// Looks at text, which may be an encoding of bytes.
#[inline]
pub(super) fn look_at_text(m: &mut Machine<'_>, s: &State, run: Run) {
    if run.len >= SHORTEST && matches!(m.bytes(run), [b'g', b'A', ..] | [b'8', b'0', b'0', b'2'..=b'5', ..]) {
        look(m, s, run);
    }
}

fn unpacked(m: &mut Machine<'_>, s: &State, run: Run, how: &str) {
    if run.len > LONGEST || m.budget.spend(run.len).is_err() {
        return;
    }
    let Some(content) = unpack::unpacked(m, how, m.bytes(run)) else { return };
    if matches!(content.as_slice(), [0x80, 2..=5, .., b'.']) {
        m.log.nested(s.at, Nested::Computed(content), Role::Embedded);
    }
}
