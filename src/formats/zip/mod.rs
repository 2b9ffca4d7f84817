//! Zip archives: structure checked, every member handed over for what it is.

mod archive;
#[cfg(test)]
mod tests;

pub(super) use archive::Archive;

use super::{About, Emit, Format, Level, Place, Role, Sure};
use crate::{
    bytes::Bytes,
    facts::Fault,
    wire::zip::{Directory, resolves},
};

/// The zip format.
#[derive(Debug)]
pub(super) struct Zip;

static ABOUT: About = About {
    name: "zip",
    title: "Zip archive",
    level: Level::Structure,
    refines: &[],
    extensions: &["zip", "npz", "mar", "keras", "skops", "pt2", "whl", "egg", "jar", "mlmodel", "spm"],
    model: true,
};

impl Format for Zip {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _place: &Place) -> Sure {
        sure(input)
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut archive = Archive::read(input, out)?;
        for at in 0..archive.len() {
            archive.hand(at, Role::Any, out);
        }
        archive.check_later(out);
        Ok(())
    }
}

/// Whether bytes are a zip archive: they begin as one, or they end as one.
///
/// An end record that other bytes follow may as well be the last member of some other container, so that
/// the name decides.
pub(super) fn sure(input: &Bytes) -> Sure {
    if input.starts_with(b"PK\x03\x04") || resolves(input, true) {
        return Sure::Yes;
    }
    if resolves(input, false) { Sure::Maybe } else { Sure::No }
}

/// Reads the structure, as far as the limits allow.
fn directory(input: &Bytes, out: &Emit<'_>) -> Result<Directory, Fault> {
    let directory = Directory::read(input, out.budget().limits().members);
    out.spend(crate::bytes::wide(directory.entries.len()))?;
    let empty_archive = resolves(input, false);
    if directory.is_empty() && !empty_archive {
        return Err(Fault::malformed(0, "neither a directory nor a member of a zip archive can be read"));
    }
    Ok(directory)
}
