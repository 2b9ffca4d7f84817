//! Who claims bytes: content decides, a name only between guesses.

use crate::{
    bytes::{Bytes, Name},
    formats::{FORMATS, Format, Level, Place, Sure},
};

/// The formats that shall read an artifact.
pub(super) struct Claims {
    /// They read it, and what they say stands.
    pub(super) sure: Vec<&'static dyn Format>,
    /// They try to read it; what they say stands if it convinces.
    pub(super) trial: Vec<&'static dyn Format>,
}

/// Asks every format.
pub(super) fn claims(bytes: &Bytes, place: &Place) -> Claims {
    let extension = place.name().extension();
    let asked: Vec<_> = FORMATS.iter().map(|&format| (format, format.probe(bytes, place))).collect();
    let with = |sure| asked.iter().filter(move |(_, answer)| *answer == sure).map(|&(format, _)| format);
    let mut sure: Vec<_> = with(Sure::Yes).collect();
    let refined: Vec<_> = sure.iter().flat_map(|format| format.about().refines).copied().collect();
    sure.retain(|format| !refined.contains(&format.about().name));
    if sure.is_empty() {
        sure.extend(
            with(Sure::Maybe).filter(|format| format.about().extensions.contains(&extension.as_str())),
        );
    }
    Claims { sure, trial: with(Sure::Trial).collect() }
}

/// Whether Python code could have given this name to a module or to something in it: prose that happens to read
/// as an import has spaces and brackets in it.
pub(super) fn can_be_name(name: &Name) -> bool {
    let usual =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-') || *byte > 0x7f;
    name.as_bytes().iter().all(usual)
}

/// The format that takes what no one else wants: plain text.
pub(super) fn last_resort(bytes: &Bytes, place: &Place) -> Option<&'static dyn Format> {
    let modest = |format: &&dyn Format| format.about().level == Level::Recognised && !format.about().model;
    FORMATS.iter().copied().filter(modest).find(|format| format.probe(bytes, place) == Sure::Maybe)
}
