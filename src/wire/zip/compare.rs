//! What the records of one member, and of all members together, say against each other.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    entry::{
        DESCRIPTOR, ENCRYPTED, Entry, LocalView, MASKED, Method, Oddities, Oddity, PATCHED, STRONG, UTF8,
    },
    record::{Central, Descriptor, Local, hides_data, is_broken, is_text, unicode_path},
    walk::Directory,
};
use crate::{
    bytes::{Bytes, Name, Span, index, wide},
    wire::same_file,
};

/// Flags that decide whether and how a member is read.
const DECISIVE: u16 = ENCRYPTED | PATCHED | STRONG | MASKED;

/// The member of a central record.
pub(super) fn entry(
    bytes: &Bytes,
    record: &Central<'_>,
    shift: i64,
    listing: u32,
    directory: &mut Directory,
) -> Entry {
    let mut oddities = Oddities::default();
    let local = record.offset.checked_add_signed(shift).and_then(|at| Local::read(bytes, at));
    let signed = local.as_ref().is_some_and(|local| local.signed);
    oddities.add_if(!signed, Oddity::LocalMissing);
    // PyTorch's `getRecordOffset` does not look at the signature, so an unsigned header still leads to data.
    let start = local.as_ref().map_or(bytes.size(), |local| local.span.end());
    let data = Span::new(start, record.packed.min(bytes.size().saturating_sub(start)));
    let mut entry = Entry {
        name: Name::from(record.name),
        listing: Some(listing),
        central: record.span,
        local: Span::default(),
        data,
        descriptor: Span::default(),
        method: Method(record.method),
        flags: record.flags,
        crc: record.crc,
        size: record.size,
        packed: record.packed,
        mode: record.mode(),
        oddities,
        differs: None,
    };
    if let Some(local) = local.filter(|local| local.signed) {
        signed_local(bytes, &mut entry, record, &local, directory);
    }
    cover_header(directory, record.span, record.extra, record.comment, &mut entry.oddities);
    alone(&mut entry, record);
    entry
}

/// Puts what a local header with its signature says beside what the directory says.
fn signed_local(
    bytes: &Bytes,
    entry: &mut Entry,
    record: &Central<'_>,
    local: &Local<'_>,
    directory: &mut Directory,
) {
    local_view(entry, record, local);
    entry.local = local.span;
    cover_header(directory, local.span, local.extra, &[], &mut entry.oddities);
    if (local.flags | record.flags) & DESCRIPTOR != 0 {
        descriptor(bytes, entry, local.packed == 0 && local.size == 0 && local.crc == 0);
        directory.structure.add(entry.descriptor);
    }
}

/// Counts a header as structure, but for an extra field or a comment that could hide something.
pub(super) fn cover_header(
    directory: &mut Directory,
    span: Span,
    extra: &[u8],
    comment: &[u8],
    oddities: &mut Oddities,
) {
    let hides = hides_data(extra);
    let tail = wide(extra.len().saturating_add(comment.len()));
    let tail = Span::between(span.end().saturating_sub(tail), span.end());
    directory.structure.add(Span::between(span.start, tail.start));
    if hides || !is_text(comment) {
        oddities.add_if(hides, Oddity::ExtraData);
    } else {
        directory.structure.add(tail);
        directory.free.add(tail);
    }
}

/// What the central record by itself says.
fn alone(entry: &mut Entry, record: &Central<'_>) {
    let odd = &mut entry.oddities;
    odd.add_if(entry.data.len < entry.packed, Oddity::CutShort);
    let encrypted = entry.flags & (ENCRYPTED | STRONG) != 0 || entry.method == Method::AES;
    odd.add_if(encrypted, Oddity::Encrypted);
    odd.add_if(entry.flags & PATCHED != 0, Oddity::PatchedFlag);
    odd.add_if(entry.flags & MASKED != 0, Oddity::MaskedFlag);
    odd.add_if(
        entry.method == Method::STORED && entry.packed != entry.size && !encrypted,
        Oddity::StoredSizeDiffers,
    );
    odd.add_if(is_broken(record.extra), Oddity::ExtraBroken);
    odd.add_if(entry.method.word() == "unknown", Oddity::UnknownMethod);
    odd.add_if(!matches!(record.disk, 0 | 1 | u16::MAX), Oddity::OtherDisk);
    odd.add_if(entry.name.as_bytes().ends_with(b"/") && entry.size > 0, Oddity::DirectoryWithData);
    if let Some(unicode) = unicode_path(record.extra, record.name)
        && misleads(record.name, unicode)
    {
        odd.add(Oddity::UnicodeNameDiffers);
        entry.differs.get_or_insert_default().unicode = Some(Name::from(unicode));
    }
}

/// Whether a Unicode path is more than the true spelling of a name that had to be made ASCII.
fn misleads(name: &[u8], unicode: &[u8]) -> bool {
    let shape = |bytes: &[u8]| {
        let slashes = bytes.iter().filter(|&&byte| byte == b'/').count();
        (slashes, Name::from(bytes).extension())
    };
    name != unicode && (unicode.is_ascii() || shape(name) != shape(unicode))
}

/// Compares the two headers of a member.
fn local_view(entry: &mut Entry, record: &Central<'_>, local: &Local<'_>) {
    let mut view = LocalView::default();
    let odd = &mut entry.oddities;
    let recoded = (local.flags ^ record.flags) & UTF8 != 0 && !record.name.is_ascii();
    if local.name != record.name || recoded {
        odd.add(Oddity::LocalNameDiffers);
        view.name = Some(Name::from(local.name));
    }
    if local.method != record.method {
        odd.add(Oddity::LocalMethodDiffers);
        view.method = Some(Method(local.method));
    }
    // With a descriptor, zeros stand for "see there".
    let later = local.flags & DESCRIPTOR != 0;
    let differs = |local: u64, central: u64| local != central && !(later && local == 0);
    if differs(local.packed, record.packed) || differs(local.size, record.size) {
        odd.add(Oddity::LocalSizeDiffers);
        view.packed = Some(local.packed).filter(|&packed| differs(packed, record.packed));
        view.size = Some(local.size).filter(|&size| differs(size, record.size));
    }
    odd.add_if(differs(local.crc.into(), record.crc.into()), Oddity::LocalCrcDiffers);
    odd.add_if((local.flags ^ record.flags) & DECISIVE != 0, Oddity::LocalFlagsDiffer);
    entry.flags |= local.flags & !UTF8;
    let sizes = view.packed.is_some() || view.size.is_some();
    if view.name.is_some() || view.method.is_some() || sizes {
        entry.differs = Some(Box::new(view));
    }
}

/// Finds the descriptor; one must be there if the local header `needs` it.
fn descriptor(bytes: &Bytes, entry: &mut Entry, needs: bool) {
    let at = entry.data.end();
    let signed =
        |at: u64| bytes.get(index(at)..).is_some_and(|rest| rest.starts_with(super::record::DESCRIPTOR));
    if entry.data.len < entry.packed || (entry.packed == 0 && !signed(at)) {
        return;
    }
    match Descriptor::find(bytes, at, (entry.crc, entry.packed, entry.size)) {
        Some(found) => {
            entry.descriptor = found.span;
            entry.oddities.add_if(!found.agrees, Oddity::DescriptorDiffers);
        }
        None => entry.oddities.add_if(needs, Oddity::DescriptorMissing),
    }
}

/// Finds members that share bytes with others or with a directory.
pub(super) fn overlaps(directory: &mut Directory) {
    let Directory { entries, listings, .. } = directory;
    let mut extents: Vec<(Span, Option<usize>)> = Vec::with_capacity(entries.len());
    extents.extend(entries.iter().enumerate().map(|(at, entry)| (entry.extent(), Some(at))));
    extents.extend(listings.iter().map(|listing| (listing.span, None)));
    extents.retain(|(span, _)| span.len > 0);
    extents.sort_unstable_by_key(|(span, at)| (span.start, span.len, *at));
    let mut widest: (Span, Option<usize>) = (Span::default(), None);
    let mut shared = Vec::new();
    for (span, at) in extents {
        if span.start < widest.0.end() {
            shared.push((widest.1, at));
        }
        if span.end() > widest.0.end() {
            widest = (span, at);
        }
    }
    for (one, two) in shared {
        let listing = |at: Option<usize>| {
            at.and_then(|at| entries.get(at)).map(|entry| (entry.listing, entry.extent()))
        };
        let (first, second) = (listing(one), listing(two));
        // Two directories may list the same member.
        if let (Some((a, extent_a)), Some((b, extent_b))) = (first, second)
            && a != b
            && extent_a == extent_b
        {
            continue;
        }
        for at in [one, two].into_iter().flatten() {
            if let Some(entry) = entries.get_mut(at) {
                entry.oddities.add(Oddity::Overlapping);
            }
        }
    }
}

/// Finds names that occur twice in one directory, exactly or for some file system.
pub(super) fn same_names(directory: &mut Directory) {
    let entries = &mut directory.entries;
    let mut keys: Vec<(Option<u32>, u64, usize)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.listing.is_some())
        .map(|(at, entry)| (entry.listing, folded(&entry.name), at))
        .collect();
    keys.sort_unstable();
    let same = |a: &(Option<u32>, u64, usize), b: &(Option<u32>, u64, usize)| (a.0, a.1) == (b.0, b.1);
    for group in keys.chunk_by(same).filter(|group| group.len() > 1) {
        let mut counts: BTreeMap<Vec<u8>, BTreeMap<Name, u64>> = BTreeMap::new();
        for entry in group.iter().filter_map(|key| entries.get(key.2)) {
            let count = counts.entry(same_file::cased(&entry.name)).or_default();
            let count = count.entry(entry.name.clone()).or_default();
            *count = count.saturating_add(1);
        }
        for key in group {
            let Some(entry) = entries.get_mut(key.2) else { continue };
            let cased = counts.get(&same_file::cased(&entry.name));
            let equal = cased.and_then(|names| names.get(&entry.name)).is_some_and(|&count| count > 1);
            entry.oddities.add_if(equal, Oddity::Duplicate);
            entry.oddities.add_if(cased.is_some_and(|names| names.len() > 1), Oddity::CaseCollision);
            entry.oddities.add_if(counts.len() > 1, Oddity::FormCollision);
        }
    }
}

/// A hash of what names have in common that lead to one file somewhere.
fn folded(name: &Name) -> u64 {
    let mut hasher = DefaultHasher::new();
    same_file::folded(name).hash(&mut hasher);
    hasher.finish()
}
