//! ar archives: libraries of object files, and Debian's packages.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `!<arch>` and a line feed |
//! | 16 | name of a member: `name/` (GNU), `/123`, an offset in the member `//`, or `#1/20`, a length at the head of the data (BSD) |
//! | 12 + 6 + 6 | time, owner, group |
//! | 8 | mode, octal |
//! | 10 | size, decimal |
//! | 2 | a backquote and a line feed |
//! | … | data, filled up to an even length |
//!
//! Members `/`, `/SYM64/`, `//` and `__.SYMDEF` are tables.

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

/// The ar format.
pub(super) struct Ar;

static ABOUT: About = About {
    name: "ar",
    title: "ar archive (library, deb)",
    level: Level::Content,
    refines: &[],
    extensions: &["a", "lib", "deb"],
    model: false,
};

const MAGIC: &[u8] = b"!<arch>\n";
/// Length of a header.
const HEADER: u64 = 60;

impl Format for Ar {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        if input.starts_with(MAGIC) { Sure::Yes } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        out.covered(Span::new(0, 8));
        let (mut at, mut long, mut names) = (8, Span::default(), Names::default());
        while let Some(header) = Header::read(input, at) {
            out.spend(ENTRY)?;
            at = header.data.end();
            let there = Span::between(header.data.start, at.min(input.size()));
            match header.name {
                b"//" => {
                    long = there;
                    out.covered(Span::between(header.start, there.end()));
                }
                b"/" | b"/SYM64/" => out.covered(Span::between(header.start, there.end())),
                _ => member(input, &header, there, long, &mut names, out),
            }
            if there.end() < at {
                let detail = "the last member of the archive is cut short";
                out.gap(GapCode::Truncated, Span::new(input.size(), 0), detail);
                return Ok(());
            }
            if at & 1 == 1 && matches!(input.get(index(at)), Some(b'\n' | 0)) {
                out.covered(Span::new(at, 1));
                at = at.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// The header of a member.
struct Header<'a> {
    start: u64,
    name: &'a [u8],
    mode: u64,
    data: Span,
}

impl<'a> Header<'a> {
    fn read(input: &'a [u8], at: u64) -> Option<Self> {
        let header = input.get(index(at)..)?.get(..index(HEADER))?;
        let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default().trim_ascii();
        let number = |field: &[u8], radix| u64::from_str_radix(std::str::from_utf8(field).ok()?, radix).ok();
        if field(58, 60) != b"`" {
            return None;
        }
        let size = number(field(48, 58), 10)?;
        let mode = number(field(40, 48), 8).unwrap_or_default();
        let data = Span::new(at.saturating_add(HEADER), size);
        Some(Self { start: at, name: field(0, 16), mode, data })
    }
}

/// States a member's name and hands over its data.
fn member(
    input: &Bytes,
    header: &Header<'_>,
    there: Span,
    long: Span,
    names: &mut Names,
    out: &mut Emit<'_>,
) {
    let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok());
    let (mut name, mut data) = (header.name.strip_suffix(b"/").unwrap_or(header.name), there);
    if let Some(len) = name.strip_prefix(b"#1/").and_then(number).filter(|&len| len <= data.len) {
        let here = input.get(index(data.start)..index(data.start.saturating_add(len))).unwrap_or_default();
        name = here.split(|&byte| byte == 0).next().unwrap_or_default();
        data = Span::between(data.start.saturating_add(len), data.end());
    } else if let Some(at) = name.strip_prefix(b"/").and_then(number) {
        let table = input.get(index(long.start)..index(long.end())).unwrap_or_default();
        let found = table.get(index(at)..).unwrap_or_default();
        name = found.split(|&byte| byte == b'\n').next().unwrap_or_default();
        name = name.strip_suffix(b"/").unwrap_or(name);
    }
    let (name, target) = (Name::from(name), Name::default());
    out.covered(Span::between(header.start, data.start));
    // Libraries hold members of the same name, so that only the name itself counts.
    let item = Item { name: &name, what: kind(header.mode), target: &target, mode: header.mode };
    if !item.hazards().is_empty() {
        names.state(&item, Span::new(header.start, HEADER), out);
    }
    if let Some(bytes) = input.slice(data.start, data.len) {
        out.child(Child { name, span: Some(data), source: Source::Open(bytes), role: Role::Any });
    }
}
