//! `PyTorch`'s archives: a zip of pickles, raw storages and, in `TorchScript`, program code.
//!
//! | member below the root folder | what |
//! |---|---|
//! | `data.pkl` | what `torch.load` unpickles (`torch/serialization.py`, `_load`) |
//! | `data/KEY` | bytes of the storage that `data.pkl` calls KEY |
//! | `constants.pkl`, `constants/KEY` | the same for `TorchScript`'s constants; its presence makes `torch.load` call `torch.jit.load` |
//! | `bytecode.pkl` | the same for the lite interpreter |
//! | `code/**.py`, `code/**.py.debug_pkl` | `TorchScript` source and a pickle that maps it to the original |
//! | `.data/KEY.storage`, `.data/extern_modules`, `**.py`, `**.pkl` | `torch.package` |
//! | `version`, `byteorder`, `.format_version`, `.storage_alignment`, `.data/serialization_id` | a line each |
//!
//! The root folder is what stands before the first `/` of the first central record, and names are looked up
//! without regard to case (`caffe2/serialize/inline_container.cc`, `PyTorchStreamReader::init` and
//! `getRecordID`), so here every root is read, and case is ignored.

mod layout;
mod script;
mod storages;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use layout::Part;

use super::{About, Emit, Format, Level, Place, Role, Sure, code as told, zip, zip::Archive};
use crate::{
    bytes::{Bytes, Name, Span},
    facts::{Anomaly, Code, Fault},
    wire::{python::source::Source, zip::names},
};

/// The zip layout of `PyTorch`.
#[derive(Debug)]
pub(super) struct PyTorch;

static ABOUT: About = About {
    name: "pytorch",
    title: "PyTorch archive",
    level: Level::Content,
    refines: &["zip"],
    extensions: &["pt", "pth", "bin", "ckpt", "ptl", "torchscript", "ts"],
    model: true,
};

/// Longest program text that is looked through.
const LONGEST_CODE: u64 = 16 << 20;
/// Longest of the members that hold one line.
const LONGEST_LINE: u64 = 64;

impl Format for PyTorch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _place: &Place) -> Sure {
        let sure = zip::sure(input);
        if sure != Sure::No && is_torch(input) { sure } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut archive = Archive::read(input, out)?;
        let mut rest = Vec::new();
        for at in 0..archive.len() {
            match archive.entry(at).map_or(Part::Other, layout::part) {
                Part::Main | Part::Pickle => archive.hand(at, Role::TorchData, out),
                Part::Debug => archive.hand(at, Role::Pickle, out),
                Part::Script => code(&mut archive, at, "torchscript", out),
                Part::Python => code(&mut archive, at, "python", out),
                Part::Line => line(&mut archive, at, out),
                Part::Storage => rest.push(at),
                Part::Other => archive.hand(at, Role::Any, out),
            }
        }
        whole(&archive, out);
        out.after_children(Box::new(move |told, out| {
            archive.check(out);
            storages::settle(archive, &rest, told, out);
            Ok(())
        }));
        Ok(())
    }
}

/// Whether a zip archive has what a `PyTorch` archive has.
fn is_torch(input: &Bytes) -> bool {
    let mut found = false;
    names(input, |name| {
        found = layout::is_mark(name);
        !found
    });
    found || layout::begins_with_mark(input)
}

/// States what a member of program code uses.
fn code(archive: &mut Archive, at: usize, language: &'static str, out: &mut Emit<'_>) {
    let Some(entry) = archive.entry(at) else { return };
    let (span, name, odd) = (entry.data, entry.name.clone(), !entry.oddities.is_empty());
    if span.len == 0 || odd {
        return archive.hand(at, Role::Any, out);
    }
    match archive.plain(at, LONGEST_CODE, out) {
        Ok(source) => {
            let script::Used { names, text } = script::used(&source, language == "python");
            if language == "python" {
                let sink = told::Sink { reach: "member", place: name.clone(), ..told::Sink::default() };
                for one in told::python(&source, &Source::read(&source, false), &sink) {
                    out.fact(span, one);
                }
            }
            out.fact(span, Code { language, names, place: name, text });
            archive.cover(at, out);
        }
        Err(fault) => {
            out.gap(fault.code, span, fault.detail);
            archive.hand(at, Role::Any, out);
        }
    }
}

/// Covers a member that holds one line, if that is what it holds.
fn line(archive: &mut Archive, at: usize, out: &mut Emit<'_>) {
    let honest =
        archive.entry(at).is_some_and(|entry| entry.oddities.is_empty() && entry.size <= LONGEST_LINE);
    let plain = if honest { archive.plain(at, LONGEST_LINE, out).ok() } else { None };
    match plain {
        Some(plain) if plain.iter().all(|&byte| byte.is_ascii_graphic() || byte == b'\n') => {
            archive.cover(at, out)
        }
        _ => archive.hand(at, Role::Any, out),
    }
}

/// States what is odd about the layout: several roots or main pickles in one archive, names in another case.
fn whole(archive: &Archive, out: &mut Emit<'_>) {
    let mut roots = BTreeSet::new();
    let mut mains = BTreeMap::new();
    for entry in archive.entries() {
        let name = entry.name.as_bytes();
        let root = layout::root(name);
        if root.len() < name.len() {
            roots.insert((entry.listing, root));
        }
        if layout::part(entry) == Part::Main {
            mains.entry(entry.listing).or_insert_with(Vec::new).push(entry.name.clone());
        }
    }
    let first = roots.first().map(|(listing, _)| *listing);
    let roots: Vec<Name> = roots
        .iter()
        .filter(|(listing, _)| Some(*listing) == first)
        .map(|(_, root)| Name::from(*root))
        .collect();
    let several = mains.values().find(|names| names.len() > 1).cloned().unwrap_or_default();
    let odd: Vec<Name> =
        mains.into_values().flatten().filter(|name| name.file_name() != b"data.pkl").collect();
    let found = [("several-roots", roots, 2), ("several-data-pkl", several, 2), ("odd-case", odd, 1)];
    for (what, names, least) in found {
        if names.len() >= least {
            let mut detail = names.iter().take(8).map(Name::to_string).collect::<Vec<_>>().join(", ");
            if names.len() > 8 {
                detail.push_str(", …");
            }
            out.fact(Span::default(), Anomaly { what, detail, acted: false });
        }
    }
}
