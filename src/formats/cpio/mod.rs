//! cpio archives with headers of text.
//!
//! | bytes of `070701`, `070702` | bytes of `070707` | |
//! |---|---|---|
//! | 6 | 6 | magic |
//! | 14 + 8 hexadecimal | 18 + 6 octal | mode |
//! | 54 + 8 | 65 + 11 | size |
//! | 94 + 8 | 59 + 6 | length of the name with its NUL |
//! | 110 | 76 | name, then data; the newer kind fills both up to multiples of four |
//!
//! The member `TRAILER!!!` ends the archive.

/// Units of work of an entry, which stays in memory until all are read.
const ENTRY: u64 = 500;

#[cfg(test)]
mod tests;

use super::{
    About, Child, Emit, Format, Level, Place, Role, Source, Sure,
    names::{Item, Names, kind},
};
use crate::{
    bytes::{Bytes, Name, Span, index},
    facts::{Fault, GapCode},
};

/// The cpio format.
pub(super) struct Cpio;

static ABOUT: About = About {
    name: "cpio",
    title: "cpio archive",
    level: Level::Content,
    refines: &[],
    extensions: &["cpio"],
    model: false,
};

const LAST: &[u8] = b"TRAILER!!!";
/// Longest target of a link.
const TARGET: u64 = 4096;

impl Format for Cpio {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        let digits = input.get(6..76).is_some_and(|header| header.iter().all(u8::is_ascii_hexdigit));
        if digits && Kind::of(input).is_some() { Sure::Yes } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let (mut at, mut names) = (0, Names::default());
        loop {
            let spent = out.spend(ENTRY);
            spent.map_err(|spent| Fault { at, ..spent.into() })?;
            let member = Member::read(input, at)?;
            if member.name.as_bytes() == LAST {
                let end = filling(input, member.data.start, 512);
                out.covered(Span::between(at, end));
                return Ok(());
            }
            let there = Span::between(member.data.start, member.data.end().min(input.size()));
            hand_over(input, at, &member, there, &mut names, out);
            if there.len < member.data.len {
                let detail = format!("the member `{}` is cut short", member.name);
                out.gap(GapCode::Truncated, Span::new(input.size(), 0), detail);
                return Ok(());
            }
            at = filling(input, member.data.end(), member.unit);
            out.covered(Span::between(member.data.end(), at));
        }
    }
}

/// Where the zeros end that fill up to a multiple of `unit`.
fn filling(input: &[u8], at: u64, unit: u64) -> u64 {
    let to = at.checked_next_multiple_of(unit).unwrap_or(at);
    let zeros = input.get(index(at)..index(to)).is_some_and(|part| part.iter().all(|&byte| byte == 0));
    if zeros { to } else { at }
}

fn hand_over(input: &Bytes, at: u64, member: &Member, there: Span, names: &mut Names, out: &mut Emit<'_>) {
    out.covered(Span::between(at, there.start));
    let Some(bytes) = input.slice(there.start, there.len) else { return };
    let what = kind(member.mode);
    let link = what == "link" && there.len <= TARGET;
    let target = if link { Name::from(&*bytes) } else { Name::default() };
    let item = Item { name: &member.name, what, target: &target, mode: member.mode };
    names.state(&item, Span::between(at, there.start), out);
    if link {
        out.covered(there);
    } else {
        let name = member.name.clone();
        out.child(Child { name, span: Some(there), source: Source::Open(bytes), role: Role::Any });
    }
}

/// Where the numbers of a header stand.
struct Kind {
    header: u64,
    mode: (u64, u64),
    size: (u64, u64),
    name: (u64, u64),
    radix: u32,
    unit: u64,
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.get(..6)? {
            b"070701" | b"070702" => {
                Some(Self { header: 110, mode: (14, 8), size: (54, 8), name: (94, 8), radix: 16, unit: 4 })
            }
            b"070707" => {
                Some(Self { header: 76, mode: (18, 6), size: (65, 11), name: (59, 6), radix: 8, unit: 1 })
            }
            _ => None,
        }
    }
}

/// A member.
struct Member {
    name: Name,
    mode: u64,
    data: Span,
    unit: u64,
}

impl Member {
    fn read(input: &[u8], at: u64) -> Result<Self, Fault> {
        let rest = input.get(index(at)..).unwrap_or_default();
        let kind = Kind::of(rest).ok_or_else(|| {
            let ended = rest.len() < 76;
            let code = if ended { GapCode::Truncated } else { GapCode::Malformed };
            Fault::new(code, at, "this is no cpio header")
        })?;
        let field = |(from, len): (u64, u64)| {
            let digits = rest.get(index(from)..index(from.saturating_add(len)));
            let digits = digits.ok_or_else(|| Fault::truncated(at, "a cpio header is cut short"))?;
            let text = std::str::from_utf8(digits).unwrap_or_default();
            u64::from_str_radix(text, kind.radix).map_err(|_| Fault::malformed(at, "this is no number"))
        };
        let (mode, size, len) = (field(kind.mode)?, field(kind.size)?, field(kind.name)?);
        let end = kind.header.saturating_add(len);
        let name = rest.get(index(kind.header)..index(end));
        let name = name.ok_or_else(|| Fault::truncated(at, "a cpio header is cut short"))?;
        let name = Name::from(name.strip_suffix(b"\0").unwrap_or(name));
        let start = filling(input, at.saturating_add(end), kind.unit);
        Ok(Self { name, mode, data: Span::new(start, size), unit: kind.unit })
    }
}
