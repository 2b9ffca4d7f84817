//! What the names in an archive would do to who extracts it.

use std::collections::HashMap;

use crate::{
    bytes::Name,
    facts::Entry as Said,
    formats::Emit,
    wire::{path, tar::Entry},
};

/// States the entries that are out of the ordinary.
pub(super) fn state(all: &[Entry], out: &mut Emit<'_>) {
    let mut seen = HashMap::new();
    for entry in all {
        let mut hazards = hazards(entry);
        if !entry.is_folder() {
            hazards.extend(again(entry, &mut seen));
        }
        if !hazards.is_empty() {
            let (name, target) = (entry.name.clone(), entry.link.clone());
            out.fact(entry.headers, Said { name, what: what(entry.kind), hazards, target });
        }
    }
}

fn what(kind: u8) -> &'static str {
    match kind {
        b'1' => "hard-link",
        b'2' => "link",
        b'3' | b'4' | b'6' => "device",
        b'5' | b'D' => "directory",
        _ => "file",
    }
}

fn hazards(entry: &Entry) -> Vec<&'static str> {
    let mut hazards = path::hazards(&entry.name);
    let leaves = match entry.kind {
        b'1' => path::leaves_root(&Name::default(), &entry.link),
        b'2' => path::leaves_root(&entry.name, &entry.link),
        _ => false,
    };
    let more = [
        ("leaves-root", leaves),
        ("device", matches!(entry.kind, b'3' | b'4' | b'6')),
        ("set-uid", entry.is_file() && entry.mode & 0o6000 != 0),
    ];
    hazards.extend(more.into_iter().filter_map(|(word, holds)| holds.then_some(word)));
    hazards
}

/// Whether the name was there before, as it is or but for its case.
fn again<'a>(entry: &'a Entry, seen: &mut HashMap<Vec<u8>, &'a [u8]>) -> Option<&'static str> {
    let name = entry.name.as_bytes();
    let plain = name.strip_prefix(b"./").unwrap_or(name);
    match seen.insert(plain.to_ascii_lowercase(), plain) {
        Some(known) if known == plain => Some("duplicate"),
        Some(_) => Some("case-collision"),
        None => None,
    }
}
