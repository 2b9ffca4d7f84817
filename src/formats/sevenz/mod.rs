//! 7z archives: folders are unpacked, and every file in them is handed over.

use super::{
    About, Child, Emit, Format, Level, Place, Role, Source, Sure,
    compressed::fault,
    names::{Item, Names, kind},
};
use crate::{
    bytes::{Bytes, Name, Span},
    facts::{Fault, GapCode, Member},
    wire::{
        sevenz::{self, Archive, File, Folder, MAGIC, MOST_HEADER, Method, START},
        stream,
    },
};

/// The 7z format.
pub(super) struct SevenZip;

static ABOUT: About = About {
    name: "7z",
    title: "7z archive",
    level: Level::Content,
    refines: &[],
    extensions: &["7z"],
    model: false,
};

/// Headers that may be packed within each other.
const LAYERS: u32 = 4;
/// What is said of encrypted files.
const ENCRYPTED: &str =
    "the files are encrypted (AES-256): unpack them with the password and scan what comes out";
/// Longest target of a link that is read.
const TARGET: u64 = 4096;
/// In the lower half of the attributes: the upper one is a Unix mode.
const UNIX: u32 = 0x8000;

impl Format for SevenZip {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        if input.starts_with(&MAGIC) { Sure::Yes } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let span = sevenz::header(input)?;
        out.covered(Span::new(0, START));
        out.covered(span);
        if span.len == 0 {
            return Ok(());
        }
        let (folders, files) = header(input, span, out)?;
        let mut rest = files.iter().filter(|file| !file.empty);
        let mut names = Names::default();
        for file in files.iter().filter(|file| file.empty || !is_link(file)) {
            state(file, &Name::default(), span, &mut names, out);
        }
        for folder in &folders {
            let files: Vec<&File> = rest.by_ref().take(folder.files.len()).collect();
            folder.packed.iter().for_each(|&span| out.covered(span));
            if let Err(fault) = hand_over(input, folder, &files, &mut names, out) {
                let packed = folder.packed.first().copied().unwrap_or_default();
                out.gap(fault.code, packed, fault.detail);
            }
        }
        Ok(())
    }
}

/// Reads the header, which may be packed itself.
fn header(input: &Bytes, span: Span, out: &mut Emit<'_>) -> Result<(Vec<Folder>, Vec<File>), Fault> {
    let most = out.budget().limits().members;
    let mut bytes = input.slice(span.start, span.len).unwrap_or_else(|| input.from(u64::MAX));
    for _ in 0..LAYERS {
        out.spend(bytes.size() >> 2)?;
        let within = |wrong: crate::wire::Wrong| Fault { at: span.start, ..wrong.into() };
        let folders = match sevenz::read(&bytes, most).map_err(within)? {
            Archive::Plain(folders, files) => return Ok((folders, files)),
            Archive::Packed(folders) => folders,
        };
        let folder = folders.first().filter(|folder| folder.size() <= MOST_HEADER);
        let folder =
            folder.ok_or_else(|| Fault::malformed(span.start, "no header, or one that is too long"))?;
        bytes = unpack(input, folder, out).and_then(|(bytes, broken)| match broken {
            Some(fault) => Err(fault),
            None => Ok(bytes),
        })?;
        folder.packed.iter().for_each(|&span| out.covered(span));
    }
    Err(Fault::malformed(span.start, "headers packed within headers"))
}

/// The bytes of a folder, as far as they could be had.
fn unpack(input: &Bytes, folder: &Folder, out: &Emit<'_>) -> Result<(Bytes, Option<Fault>), Fault> {
    let at = folder.packed.first().map_or(0, |packed| packed.start);
    if folder.is_encrypted() {
        return Err(Fault::new(GapCode::Encrypted, at, ENCRYPTED));
    }
    let packed = folder.packed.iter().fold(0_u64, |all, packed| all.saturating_add(packed.len));
    let main = folder.coders.first().map_or(Method(0), |coder| coder.method);
    let (weight, input_weight) = main.weights();
    out.spend((packed.saturating_mul(input_weight) >> 4).saturating_add(folder.memory() >> 6))?;
    let mut reader = sevenz::open(input, folder).map_err(|error| fault(error.into()).within(at))?;
    let (bytes, broken) = stream::spool(&mut reader, packed, weight, out.budget());
    Ok((bytes, broken.map(|broken| fault(broken).within(at))))
}

/// Unpacks a folder and hands over its files.
fn hand_over(
    input: &Bytes,
    folder: &Folder,
    files: &[&File],
    names: &mut Names,
    out: &mut Emit<'_>,
) -> Result<(), Fault> {
    let (bytes, broken) = unpack(input, folder, out)?;
    let packed = folder.packed.first().copied().unwrap_or_default();
    let mut at = 0_u64;
    for (nth, &(size, crc)) in folder.files.iter().enumerate() {
        let name = files.get(nth).map_or_else(|| Name::from(format!("#{nth}")), |file| file.name.clone());
        let there = bytes.size().saturating_sub(at).min(size);
        if let Some(part) = bytes.slice(at, there).filter(|part| !part.is_empty() || size == 0) {
            if there == size {
                check(&part, crc, (&name, packed), folder, out)?;
            }
            if let Some(link) = files.get(nth).filter(|file| is_link(file) && size <= TARGET) {
                state(link, &Name::from(&*part), packed, names, out);
            }
            out.child(Child { name, span: Some(packed), source: Source::Open(part), role: Role::Any });
        }
        at = at.saturating_add(size);
    }
    match broken {
        Some(fault) => Err(fault),
        None if bytes.size() < at => {
            let detail = format!("{at} bytes are declared, {} come out", bytes.size());
            Err(Fault::truncated(packed.start, detail))
        }
        None => Ok(()),
    }
}

/// States a file whose bytes are not those of its CRC.
fn check(
    part: &Bytes,
    crc: Option<u32>,
    (name, packed): (&Name, Span),
    folder: &Folder,
    out: &mut Emit<'_>,
) -> Result<(), Fault> {
    out.spend(part.size() >> 6)?;
    let mut real = flate2::Crc::new();
    real.update(part);
    if crc.is_some_and(|crc| crc != real.sum()) {
        let member = Member {
            name: name.clone(),
            size: part.size(),
            packed: packed.len,
            method: folder.coders.first().map_or("unknown", |coder| coder.method.word()),
            oddities: vec!["crc-differs"],
            container: "7z",
            other: Name::default(),
        };
        out.fact(packed, member);
    }
    Ok(())
}

/// States what extracting a file would do.
fn state(file: &File, target: &Name, span: Span, names: &mut Names, out: &mut Emit<'_>) {
    let mode = mode(file);
    let what = if file.directory { "directory" } else { kind(mode) };
    names.state(&Item { name: &file.name, what, target, mode }, span, out);
}

fn mode(file: &File) -> u64 {
    if file.attributes & UNIX != 0 { u64::from(file.attributes >> 16) } else { 0 }
}

fn is_link(file: &File) -> bool {
    kind(mode(file)) == "link"
}
