//! Floor 3: one folder per format, from bytes to facts.

mod ar;
mod code;
mod compressed;
mod cpio;
mod emit;
mod fault;
mod hub;
mod layout;
mod looks;
mod names;
mod numpy;
mod onnx;
mod pickle;
mod pointer;
mod pytorch;
mod recognised;
mod safetensors;
mod sevenz;
mod tar;
mod text;
mod zip;

use crate::{bytes::Bytes, facts::Fault};

pub use emit::{Child, Collected, Emit, Later, Place, Role, Source, Told, Unpack};

/// How sure a format is that bytes are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// They are not.
    No,
    /// They may be: the name decides.
    Maybe,
    /// Only reading them tells: see [`Format::convinces`].
    Trial,
    /// They are.
    Yes,
}

/// How far a format is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Everything that loading would do is worked out.
    Content,
    /// The structure is checked to the last byte; what it holds is data.
    Structure,
    /// It is known for what it is, its end is found, and nothing inside is read.
    Recognised,
}

/// What a format is, for people and for detection.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Lower-case name, the same as its folder's.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// How far it is read.
    pub level: Level,
    /// Name of the format that it is a special case of: that one steps back when this one is sure.
    pub refines: &'static [&'static str],
    /// Lower-case file name extensions that speak for it when the bytes do not.
    pub extensions: &'static [&'static str],
    /// Whether files of this kind are models: only those count as artifacts.
    pub model: bool,
}

/// The language of a format that is a program, as `code` facts name it.
#[must_use]
pub fn program(format: &str) -> Option<&'static str> {
    match format {
        "elf" | "pe" | "mach-o" | "mach-o-fat" => Some("native"),
        "pyc" => Some("python-bytecode"),
        _ => None,
    }
}

/// A kind of file that can be taken apart.
pub trait Format: Sync {
    /// What it is.
    fn about(&self) -> &'static About;

    /// Looks at the head and the tail of the bytes, never at more than a few pages.
    fn probe(&self, input: &Bytes, place: &Place) -> Sure;

    /// States what is in the bytes.
    ///
    /// What it does not cover ([`Emit::covered`]) or hand over ([`Emit::child`]) becomes a gap.
    ///
    /// # Errors
    /// A [`Fault`] if it has to stop before the end; what was stated before stays.
    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault>;

    /// Whether it reads headers and nothing else of an artifact in which nothing is wrong: the data behind them
    /// need not be unpacked.
    fn reads_head(&self) -> bool {
        false
    }

    /// Whether what a trial reading gave shows that the bytes are of this format; `alone` if no other
    /// format is sure of them.
    fn convinces(&self, _collected: &Collected, _input: &Bytes, _place: &Place, _alone: bool) -> bool {
        true
    }
}

/// Every format, in alphabetical order; the order means nothing.
pub static FORMATS: &[&dyn Format] = &[
    &ar::Ar,
    &compressed::Compressed,
    &cpio::Cpio,
    &hub::Hub,
    &layout::Layout,
    &numpy::Numpy,
    &onnx::Onnx,
    &pickle::Pickle,
    &pointer::Dvc,
    &pointer::Placeholder,
    &pointer::Pointer,
    &pytorch::PyTorch,
    &recognised::AIFF,
    &recognised::ARROW,
    &recognised::ASF,
    &recognised::AVI,
    &recognised::BMP,
    &recognised::BPLIST,
    &recognised::CAB,
    &recognised::CATBOOST,
    &recognised::DEX,
    &recognised::ELF,
    &recognised::FAT,
    &recognised::FEATHER,
    &recognised::FLAC,
    &recognised::FLV,
    &recognised::GGML,
    &recognised::GGUF,
    &recognised::GIF,
    &recognised::GIT_INDEX,
    &recognised::GIT_PACK,
    &recognised::HDF5,
    &recognised::ICNS,
    &recognised::ICO,
    &recognised::ISO_MEDIA,
    &recognised::JAVA,
    &recognised::JPEG,
    &recognised::LLVM,
    &recognised::MACHO,
    &recognised::MATROSKA,
    &recognised::MIDI,
    &recognised::MO,
    &recognised::MP3,
    &recognised::OGG,
    &recognised::OLE,
    &recognised::OPENTYPE,
    &recognised::ORC,
    &recognised::PARQUET,
    &recognised::PDF,
    &recognised::PE,
    &recognised::PNG,
    &recognised::PSD,
    &recognised::PYC,
    &recognised::RAR,
    &recognised::RIFF,
    &recognised::SQLITE,
    &recognised::TFLITE,
    &recognised::TIFF,
    &recognised::TZIF,
    &recognised::WASM,
    &recognised::WAV,
    &recognised::WEBP,
    &recognised::WOFF,
    &recognised::WOFF2,
    &safetensors::Safetensors,
    &sevenz::SevenZip,
    &tar::Tar,
    &text::Text,
    &zip::Zip,
];
