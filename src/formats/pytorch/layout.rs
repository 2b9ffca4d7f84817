//! Which member is what, by its name.

use crate::{bytes::Cursor, wire::zip::Entry};

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Anything else.
    Other,
    /// Bytes of a storage.
    Storage,
    /// One line of text.
    Line,
    /// Python source of `torch.package`.
    Python,
    /// Source of `TorchScript`.
    Script,
    /// A pickle that tells where `TorchScript` comes from.
    Debug,
    /// Another pickle.
    Pickle,
    /// `data.pkl`.
    Main,
}

/// What stands before the first slash: the whole name if there is none.
pub(super) fn root(name: &[u8]) -> &[u8] {
    name.split(|&byte| byte == b'/').next().unwrap_or_default()
}

/// What the member is; of two names the one that says more counts.
pub(super) fn part(entry: &Entry) -> Part {
    let view = entry.differs.as_deref();
    let others = view.into_iter().flat_map(|view| view.name.iter().chain(&view.unicode));
    let parts = std::iter::once(&entry.name).chain(others).map(|name| by_name(name.as_bytes()));
    parts.max().unwrap_or(Part::Other)
}

fn by_name(name: &[u8]) -> Part {
    let name = name.to_ascii_lowercase();
    let below = name.get(root(&name).len()..).and_then(|rest| rest.strip_prefix(b"/")).unwrap_or(&name);
    let file = below.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let folder = root(below);
    match file {
        b"data.pkl" => Part::Main,
        _ if below.starts_with(b"code/") && file.ends_with(b".py") => Part::Script,
        _ if file.ends_with(b".debug_pkl") => Part::Debug,
        _ if file.ends_with(b".pkl") => Part::Pickle,
        _ if file.ends_with(b".py") => Part::Python,
        b"version"
        | b"byteorder"
        | b".format_version"
        | b".storage_alignment"
        | b"serialization_id"
        | b"python_version" => Part::Line,
        _ if below.starts_with(b".data/") && file.ends_with(b".storage") => Part::Storage,
        _ if matches!(folder, b"data" | b"constants" | b"bytecode" | b"traced_inputs") && folder != below => {
            Part::Storage
        }
        _ => Part::Other,
    }
}

/// The names by which an archive is known, below any folder.
const MARKS: [&[u8]; 3] = [b"/data.pkl", b"/constants.pkl", b"/.data/extern_modules"];

/// Whether the name is one that only these archives have.
pub(super) fn is_mark(name: &[u8]) -> bool {
    MARKS.iter().any(|mark| {
        let tail = name.len().checked_sub(mark.len()).and_then(|from| name.get(from..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(mark))
    })
}

/// Whether the first local header bears such a name, as in what `torch.save` writes.
pub(super) fn begins_with_mark(bytes: &[u8]) -> bool {
    let c = &mut Cursor::at_offset(bytes, 26);
    let name = c.u16().and_then(|len| c.skip(2).and_then(|()| c.take(len.into())));
    bytes.starts_with(b"PK\x03\x04") && name.is_ok_and(is_mark)
}
