//! An archive that is being taken apart: what is said of its members, and how they are handed over.

use std::{
    io::{ErrorKind, Read},
    sync::Arc,
};

use crate::{
    bytes::{Bytes, Name, Span, wide},
    facts::{Anomaly, Entry as EntryFact, Fault, GapCode, Member},
    formats::{
        Child, Emit, Role, Source,
        names::{self, Item},
    },
    wire::zip::{Directory, Entry, Method, Oddities, Oddity, Reading, Watch, open},
};

/// The CRC of a stored member up to this size is checked; that of a pickle up to [`WHOLE`], with `--deep` any.
const SMALL: u64 = 1 << 20;
const WHOLE: u64 = 64 << 20;
/// Bytes of one archive whose CRC is checked though they lie open.
const CHECKED: u64 = 64 << 20;
/// How much of an allegedly encrypted member is unpacked to see whether it is.
const TRIED: u64 = 1 << 20;
/// Longest target of a link that is read.
const TARGET: u64 = 4096;

/// An archive with its members.
pub(in crate::formats) struct Archive {
    bytes: Bytes,
    directory: Directory,
    watches: Vec<(usize, Watch)>,
    checked: u64,
}

impl Archive {
    /// Reads the structure, covers it, and says what is odd about the whole.
    ///
    /// # Errors
    /// A [`Fault`] if there is nothing that could be read.
    pub(in crate::formats) fn read(input: &Bytes, out: &mut Emit<'_>) -> Result<Self, Fault> {
        let directory = super::directory(input, out)?;
        directory.structure.as_slice().iter().for_each(|&span| out.covered(span));
        directory.free.as_slice().iter().for_each(|&span| out.free(span));
        for note in &directory.notes {
            let anomaly = Anomaly { what: note.what, detail: note.detail.clone(), acted: false };
            out.fact(note.span, anomaly);
            match note.what {
                "no-end-record" => out.gap(GapCode::Truncated, note.span, note.detail.clone()),
                "end-record-broken" => out.gap(GapCode::Malformed, note.span, note.detail.clone()),
                _ => {}
            }
        }
        for broken in &directory.broken {
            out.gap(GapCode::Truncated, broken.span, broken.detail.clone());
        }
        if directory.limited {
            let allowed = out.budget().limits().members;
            let detail = format!("more than {allowed} members; --limit members=N raises it");
            out.gap(GapCode::Limit, Span::new(0, 0), detail);
        }
        Ok(Self { bytes: input.clone(), directory, watches: Vec::new(), checked: 0 })
    }

    /// Number of members.
    pub(in crate::formats) fn len(&self) -> usize {
        self.directory.entries.len()
    }

    /// One member.
    pub(in crate::formats) fn entry(&self, at: usize) -> Option<&Entry> {
        self.directory.entries.get(at)
    }

    /// All members.
    pub(in crate::formats) fn entries(&self) -> &[Entry] {
        &self.directory.entries
    }

    /// Says what is odd about a member, and hands it over in each of its readings.
    pub(in crate::formats) fn hand(&mut self, at: usize, role: Role, out: &mut Emit<'_>) {
        self.inspect(at, role, out);
        let Some(entry) = self.directory.entries.get(at) else { return };
        state(&self.bytes, entry, out);
        if entry.oddities.has(Oddity::CutShort) {
            out.gap(
                GapCode::Truncated,
                Span::new(entry.data.end(), 0),
                format!("`{}` is cut short", entry.name),
            );
        }
        let sealed = entry.oddities.has(Oddity::Encrypted);
        if sealed {
            let detail = format!("`{}` is encrypted (method {})", entry.name, entry.method.0);
            out.gap(GapCode::Encrypted, entry.data, detail);
        }
        for reading in entry.readings(self.bytes.size()) {
            let Some(packed) = self.bytes.slice(reading.data.start, reading.data.len) else { continue };
            let child =
                |source, role| Child { name: entry.name.clone(), span: Some(reading.data), source, role };
            let shut = sealed && encrypted(&self.bytes, entry, reading);
            if shut || !reading.method.is_read() {
                if !shut {
                    out.gap(GapCode::Unsupported, reading.data, unread(entry, reading.method));
                }
                // A loader that does not look at flag or method takes the bytes as they are.
                let as_is = reading.method == Method::STORED && entry.packed == entry.size;
                out.child(child(Source::Open(packed), if as_is { role } else { Role::Any }));
            } else if reading.method == Method::STORED {
                out.child(child(Source::Open(packed), role));
            } else {
                let watch = Watch::default();
                if reading.central {
                    self.watches.push((at, watch.clone()));
                }
                if entry.packed == entry.size {
                    // It may be stored whatever the method says: then its bytes show what it is, not its name.
                    let name = Name::from(format!("bytes@{}", reading.data.start));
                    out.child(Child { name, ..child(Source::Open(packed), Role::Any) });
                }
                out.child(child(source(&self.bytes, reading, entry.expected(), watch), role));
            }
        }
    }

    /// Says what is odd about a member without handing it over; its bytes need no reading.
    pub(in crate::formats) fn cover(&self, at: usize, out: &mut Emit<'_>) {
        let Some(entry) = self.directory.entries.get(at) else { return };
        state(&self.bytes, entry, out);
        out.data(entry.data, &entry.name);
    }

    /// The plain bytes of a member, at most `most`, in the reading of its central record.
    ///
    /// # Errors
    /// A [`Fault`] if they are more, are encrypted, or cannot be unpacked.
    pub(in crate::formats) fn plain(&self, at: usize, most: u64, out: &Emit<'_>) -> Result<Vec<u8>, Fault> {
        let entry = self.entry(at).ok_or_else(|| Fault::malformed(0, "no such member"))?;
        let fault = |code, what: &str| Fault::new(code, entry.data.start, format!("`{}` {what}", entry.name));
        let reader = open(&self.bytes, entry.data, entry.method, entry.expected(), Watch::default());
        let mut reader = reader.map_err(|_| fault(GapCode::Unsupported, "has a method that is not read"))?;
        let mut plain = Vec::new();
        let outcome = reader.by_ref().take(most.saturating_add(1)).read_to_end(&mut plain);
        out.budget().unpack(wide(plain.len()), entry.method.weight())?;
        outcome.map_err(|error| fault(GapCode::Malformed, &format!("cannot be unpacked: {error}")))?;
        if wide(plain.len()) > most {
            return Err(fault(GapCode::Limit, "is too long to be read as program code"));
        }
        Ok(plain)
    }

    /// Works out what the headers leave open: whether it is encrypted, and whether its CRC is right.
    fn inspect(&mut self, at: usize, role: Role, out: &Emit<'_>) {
        let Some(entry) = self.directory.entries.get_mut(at) else { return };
        let deep = out.place().deep;
        let most = if deep {
            u64::MAX
        } else if role == Role::Any {
            SMALL
        } else {
            WHOLE
        };
        let open = entry.method == Method::STORED && entry.data.len <= most && entry.size == entry.data.len;
        if open
            && (deep || self.checked.saturating_add(entry.data.len) <= CHECKED.max(most))
            && out.spend(entry.data.len >> 6).is_ok()
        {
            self.checked = self.checked.saturating_add(entry.data.len);
            if let Some(data) = self.bytes.slice(entry.data.start, entry.data.len) {
                let mut crc = flate2::Crc::new();
                crc.update(&data);
                check_crc(&mut entry.oddities, entry.crc, crc.sum());
            }
        }
        let central = entry.readings(self.bytes.size()).into_iter().find(|reading| reading.central);
        let shut = |reading| encrypted(&self.bytes, entry, reading);
        if entry.oddities.has(Oddity::Encrypted) && !central.is_none_or(shut) {
            entry.oddities.remove(Oddity::Encrypted);
            entry.oddities.add(Oddity::EncryptedFlag);
        }
    }

    /// Leaves for later what only reading the members shows.
    pub(in crate::formats) fn check_later(self, out: &mut Emit<'_>) {
        if !self.watches.is_empty() {
            out.after_children(Box::new(move |_, out| {
                self.check(out);
                Ok(())
            }));
        }
    }

    /// Says which of the members that were read have a wrong CRC or size, or bytes behind their stream.
    pub(in crate::formats) fn check(&self, out: &mut Emit<'_>) {
        for (at, watch) in &self.watches {
            let (Some(entry), Some(seen)) = (self.entry(*at), watch.outcome()) else { continue };
            let mut odd = Oddities::default();
            check_crc(&mut odd, entry.crc, seen.crc);
            odd.add_if(seen.size != entry.size || seen.beyond, Oddity::SizeDiffers);
            odd.add_if(seen.behind > 0, Oddity::BytesBehindStream);
            if odd.is_empty() {
                continue;
            }
            out.fact(entry.data, member(entry, odd, Name::default()));
            let span = Span::between(entry.data.end().saturating_sub(seen.behind), entry.data.end());
            if let Some(bytes) = self.bytes.slice(span.start, span.len).filter(|_| span.len > 0) {
                let name = Name::from(format!("bytes@{}", span.start));
                out.child(Child { name, span: Some(span), source: Source::Open(bytes), role: Role::Slack });
            }
        }
    }
}

fn check_crc(odd: &mut Oddities, declared: u32, real: u32) {
    if declared != real {
        odd.add(if declared == 0 { Oddity::CrcUnset } else { Oddity::CrcDiffers });
    }
}

fn unread(entry: &Entry, method: Method) -> String {
    format!("`{}` is packed with method {} ({}), which is not read", entry.name, method.0, method.word())
}

/// A packed reading as a source.
fn source(bytes: &Bytes, reading: Reading, size: u64, watch: Watch) -> Source {
    let Reading { data, method, .. } = reading;
    let bytes = bytes.clone();
    let start = move || {
        open(&bytes, data, method, size, watch.clone()).map_err(|error| {
            let code = match error.kind() {
                ErrorKind::Unsupported => GapCode::Unsupported,
                ErrorKind::UnexpectedEof => GapCode::Truncated,
                ErrorKind::OutOfMemory => GapCode::Limit,
                _ => GapCode::Malformed,
            };
            Fault::new(code, 0, error.to_string())
        })
    };
    Source::Packed { open: Arc::new(start), packed: data.len, size: reading.size, weight: method.weight() }
}

/// Whether a member that says it is encrypted is: what is plain reads as what it says it is.
fn encrypted(bytes: &Bytes, entry: &Entry, reading: Reading) -> bool {
    if reading.method == Method::STORED {
        // Encryption puts 12 bytes in front and leaves the CRC as it was.
        return entry.packed != entry.size || entry.oddities.has(Oddity::CrcDiffers);
    }
    match open(bytes, reading.data, reading.method, entry.expected(), Watch::default()) {
        Ok(reader) => reader.take(TRIED).read_to_end(&mut Vec::new()).is_err(),
        Err(_) => true,
    }
}

fn member(entry: &Entry, odd: Oddities, other: Name) -> Member {
    Member {
        name: entry.name.clone(),
        size: entry.size,
        packed: entry.packed,
        method: entry.method.word(),
        oddities: odd.words(),
        container: "zip",
        other,
    }
}

/// Says what is odd about a member, and what would go wrong with its names.
fn state(bytes: &Bytes, entry: &Entry, out: &mut Emit<'_>) {
    let span = if entry.central.len > 0 { entry.central } else { entry.local };
    let view = entry.differs.as_deref();
    let second = view.and_then(|view| view.name.clone().or_else(|| view.unicode.clone()));
    if !entry.oddities.is_empty() {
        let method = || view.and_then(|view| view.method).map(|method| Name::from(method.word()));
        let packed = || view.and_then(|view| view.packed).map(|packed| Name::from(packed.to_string()));
        let other = second.clone().or_else(method).or_else(packed).unwrap_or_default();
        out.fact(span, member(entry, entry.oddities, other));
    }
    for name in std::iter::once(&entry.name).chain(second.as_ref()) {
        name_fact(bytes, entry, name, out);
    }
}

/// States a name that is hazardous, or that of a link.
fn name_fact(bytes: &Bytes, entry: &Entry, name: &Name, out: &mut Emit<'_>) {
    let mode = u64::from(entry.mode);
    let what = match names::kind(mode) {
        // What was piped into a writer of archives may keep the mode of the pipe.
        "device" if mode & 0o010_000 != 0 && mode & 0o060_000 == 0 && entry.size > 0 => "file",
        "file" if name.as_bytes().ends_with(b"/") => "directory",
        what => what,
    };
    let target = if what == "link" { Name::from(target(bytes, entry)) } else { Name::default() };
    let mut hazards = Item { name, what, target: &target, mode }.hazards();
    let same = [("case-collision", Oddity::CaseCollision), ("form-collision", Oddity::FormCollision)];
    hazards.extend(same.into_iter().filter(|(_, odd)| entry.oddities.has(*odd)).map(|(word, _)| word));
    if !hazards.is_empty() || what == "link" {
        let span = if entry.central.len > 0 { entry.central } else { entry.local };
        out.fact(span, EntryFact { name: name.clone(), what, hazards, target });
    }
}

/// Where a link leads; nothing if that cannot be read.
fn target(bytes: &Bytes, entry: &Entry) -> Vec<u8> {
    let mut target = Vec::new();
    if let Ok(reader) = open(bytes, entry.data, entry.method, entry.expected(), Watch::default()) {
        let _what_could_be_read = reader.take(TARGET).read_to_end(&mut target);
    }
    target
}
