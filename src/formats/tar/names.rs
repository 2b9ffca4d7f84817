//! What the names in an archive would do to who extracts it.

use crate::{
    formats::{
        Emit,
        names::{Item, Names},
    },
    wire::tar::Entry,
};

/// States the entries that are out of the ordinary.
pub(super) fn state(all: &[Entry], out: &mut Emit<'_>) {
    let mut names = Names::default();
    for entry in all {
        let item = Item { name: &entry.name, what: what(entry.kind), target: &entry.link, mode: entry.mode };
        names.state(&item, entry.headers, out);
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
