//! Kinds of files that are known for what they are, with their end, and not read.
//!
//! Each finds its own end from its structure: headers, chunk lengths and tables are read, content is not.
//! What stands behind the end is left to others, so that a pickle or an archive behind an image is found.
//!
//! Images, sound, documents, programs and the like are data. Containers of models and of whole files are
//! not: they are a gap that says so.

mod archive;
mod audio;
mod bytecode;
mod data;
mod document;
mod flac;
mod font;
mod image;
mod jpeg;
mod locale;
mod marshal;
mod model;
mod movie;
mod native;
mod pe;
mod riff;
mod tiff;
mod walk;

use crate::{
    bytes::{Bytes, Span},
    facts::{Fault, GapCode},
    formats::{About, Emit, Format, Level, Place, Sure, program},
};

pub(super) use self::{
    archive::{CAB, GIT_INDEX, GIT_PACK, RAR},
    audio::{MIDI, MP3, OGG},
    bytecode::{DEX, JAVA, LLVM, PYC, WASM},
    data::{ARROW, FEATHER, ORC, PARQUET, SQLITE},
    document::{BPLIST, OLE, PDF},
    flac::FLAC,
    font::{OPENTYPE, WOFF, WOFF2},
    image::{BMP, GIF, ICNS, ICO, PNG, PSD},
    jpeg::JPEG,
    locale::{MO, TZIF},
    model::{CATBOOST, GGML, GGUF, HDF5, TFLITE},
    movie::{ASF, FLV, ISO_MEDIA, MATROSKA},
    native::{ELF, FAT, MACHO},
    pe::PE,
    riff::{AIFF, AVI, RIFF, WAV, WEBP},
    tiff::TIFF,
};
use walk::Walk;

/// A kind of file.
pub(super) struct Kind {
    about: About,
    /// Whether the head is that of such a file.
    looks: fn(&[u8]) -> bool,
    /// Walks to the end of such a file.
    end: fn(&mut Walk<'_>) -> Result<(), Fault>,
    inside: Inside,
}

/// What such a file holds.
enum Inside {
    /// Nothing that loading a model would touch.
    Data,
    /// A model, or files of any kind.
    Unread,
}

/// The end of a kind: how to walk there.
type End = fn(&mut Walk<'_>) -> Result<(), Fault>;
/// File name extensions.
type Extensions = &'static [&'static str];

impl Kind {
    const fn new(
        name: &'static str,
        title: &'static str,
        extensions: Extensions,
        looks: fn(&[u8]) -> bool,
        end: End,
    ) -> Self {
        let level = Level::Recognised;
        let about = About { name, title, level, refines: &[], extensions, model: false };
        Self { about, looks, end, inside: Inside::Data }
    }

    /// The same, holding what would have to be read.
    const fn unread(self) -> Self {
        let about = About { model: true, ..self.about };
        Self { about, inside: Inside::Unread, ..self }
    }
}

impl Format for &'static Kind {
    fn about(&self) -> &'static About {
        &self.about
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        if (self.looks)(input) { Sure::Yes } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut walk = Walk::new(input, out.budget());
        let walked = (self.end)(&mut walk).map(|()| walk.padding());
        let end = match &walked {
            Ok(()) => walk.at(),
            Err(fault) => fault.at.min(input.size()),
        };
        let span = Span::between(walk.start(), end);
        // What is in a program runs with it, whatever it is.
        if program(self.about.name).is_some() {
            out.covered(span)
        } else {
            out.free(span)
        }
        if matches!(self.inside, Inside::Unread) {
            out.gap(GapCode::Unsupported, span, format!("{} is recognised, not read yet", self.about.title));
        }
        walked
    }
}

#[cfg(test)]
mod tests;
