//! Tar archives: every file in them is handed over as it lies there.
//!
//! PyTorch before 0.1.10 saved into tar archives, and `torch.load` read them up to 2.5
//! (`torch/serialization.py`, `legacy_load`): it unpickles several times from `storages`, then from
//! `tensors`, then once from `pickle`. These members get the roles that say so.

mod names;
mod sparse;

use std::collections::BTreeMap;

use crate::{
    bytes::{Bytes, Name, Span, wide},
    facts::{Fault, GapCode},
    formats::{About, Child, Emit, Format, Level, Place, Role, Source, Sure},
    wire::tar::{Entries, Entry, looks, may},
};

/// Units of work of an entry, which stays in memory until all are read.
const ENTRY: u64 = 500;

/// Tar archives.
pub(super) struct Tar;

static ABOUT: About = About {
    name: "tar",
    title: "tar archive",
    level: Level::Content,
    refines: &[],
    extensions: &["tar"],
    model: false,
};

/// Bytes behind the end that are looked through for anything but zeros.
const FILLING: u64 = 16 << 20;

impl Format for Tar {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        if looks(input) {
            return Sure::Yes;
        }
        if may(input) { Sure::Maybe } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut entries = Entries::new(input);
        let mut all = Vec::new();
        let walked = walk(&mut entries, &mut all, out);
        names::state(&all, out);
        let roles = roles(&all);
        for entry in &all {
            hand_over(entry, roles.get(&entry.name).copied().unwrap_or_default(), input, out);
        }
        walked?;
        end(&entries, input, out);
        Ok(())
    }
}

fn walk(entries: &mut Entries<'_>, all: &mut Vec<Entry>, out: &mut Emit<'_>) -> Result<(), Fault> {
    loop {
        let at = entries.at();
        let spent = out.spend(ENTRY);
        spent.map_err(|spent| Fault { at, ..spent.into() })?;
        let Some(entry) = entries.entry().map_err(Fault::from)? else { return Ok(()) };
        all.push(entry);
    }
}

/// Covers the headers of a member and hands over its data.
fn hand_over(entry: &Entry, role: Role, input: &Bytes, out: &mut Emit<'_>) {
    out.covered(entry.headers);
    for doubt in &entry.doubts {
        out.gap(GapCode::Disagreement, entry.headers, *doubt);
    }
    if !entry.is_file() {
        return;
    }
    let data = Span::between(entry.data.start, entry.data.end().min(input.size()));
    if data.len < entry.data.len {
        let missing = entry.data.len.saturating_sub(data.len);
        let detail = format!("the member `{}` lacks its last {missing} bytes", entry.name);
        out.gap(GapCode::Truncated, Span::new(input.size(), 0), detail);
    }
    let name = || entry.name.clone();
    if let Some(bytes) = input.slice(data.start, data.len) {
        let source = match &entry.sparse {
            Some(sparse) => sparse::source(entry, sparse, &bytes, out),
            None => Source::Open(bytes),
        };
        out.child(Child { name: name(), span: Some(data), source, role });
    }
    let other = entry.other_size.filter(|&other| other > entry.data.len);
    if let Some(bytes) = other.and_then(|other| input.slice(data.start, other)) {
        let span = Span::new(data.start, bytes.size());
        out.child(Child { name: name(), span: Some(span), source: Source::Open(bytes), role });
    }
    zeros(Span::between(data.end(), data.end().next_multiple_of(512).min(input.size())), input, out);
}

/// Covers a range if it holds zeros only.
fn zeros(span: Span, input: &Bytes, out: &mut Emit<'_>) {
    let bytes = input.slice(span.start, span.len);
    if bytes.is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0)) {
        out.covered(span);
    }
}

/// Covers the zeros behind the last member.
fn end(entries: &Entries<'_>, input: &Bytes, out: &mut Emit<'_>) {
    let at = entries.at();
    if !entries.ended() {
        let detail = "the blocks of zeros that end an archive are missing";
        out.gap(GapCode::Truncated, Span::new(input.size(), 0), detail);
        return;
    }
    let rest = input.slice(at, input.size().saturating_sub(at).min(FILLING));
    let filling = rest.map_or(0, |rest| wide(rest.iter().take_while(|&&byte| byte == 0).count()));
    out.covered(Span::new(at, filling));
}

/// The roles of the members that PyTorch would unpickle, also when it gets to them through links.
fn roles(all: &[Entry]) -> BTreeMap<Name, Role> {
    let wanted =
        [("storages", Role::TorchTarStorages), ("tensors", Role::TorchTarTensors), ("pickle", Role::Pickle)];
    // The last member of a name is the one that `tarfile.getmember` returns.
    let by_name: BTreeMap<&Name, &Entry> = all.iter().map(|entry| (&entry.name, entry)).collect();
    let mut roles = BTreeMap::new();
    let present = |name: &str| by_name.contains_key(&Name::from(name));
    if !present("storages") || !(present("tensors") || present("pickle")) {
        return roles;
    }
    for (name, role) in wanted {
        let mut name = Name::from(name);
        for _ in 0..8 {
            roles.insert(name.clone(), role);
            match by_name.get(&name) {
                Some(entry) if matches!(entry.kind, b'1' | b'2') => name = entry.link.clone(),
                _ => break,
            }
        }
    }
    roles
}

#[cfg(test)]
mod tests;
