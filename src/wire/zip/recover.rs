//! What lies where no directory looks: other archives, members that are not listed, remains.

use memchr::memmem;

use super::{
    compare,
    entry::{DESCRIPTOR, Entry, Method, Note, Oddities, Oddity},
    record::{self, Descriptor, END, LOCAL, Local, is_text},
    walk::{Directory, Walk},
};
use crate::bytes::{Bytes, Cursor, Name, Span, index, wide};

/// Bytes between members, before and behind them that are searched in one file, each time.
const SEARCH: u64 = 64 << 20;
/// Holes of zeros up to this length are padding.
const PADDING: u64 = 1 << 20;
/// Most holes that are told one by one.
const MOST_HOLES: usize = 16;
/// Highest "version needed" that any writer states.
const NEWEST: u16 = 63;

/// Follows end records in the holes, as concatenated archives have them, the last first: what an archive
/// holds is not looked at again.
pub(super) fn ends(walk: &mut Walk<'_>) {
    walk.search = SEARCH;
    for hole in walk.directory.doubtful(walk.bytes.size()) {
        let mut stop = hole.end();
        loop {
            let len = stop.saturating_sub(hole.start).min(walk.search);
            let from = stop.saturating_sub(len);
            let Some(part) = walk.bytes.slice(from, len) else { break };
            let Some(found) = memmem::rfind(&part, END).map(wide) else {
                walk.search = walk.search.saturating_sub(len);
                break;
            };
            walk.search = walk.search.saturating_sub(len.saturating_sub(found));
            let at = from.saturating_add(found);
            stop = walk.end(at, false).min(at.saturating_add(3));
        }
    }
}

/// Reads local headers in the holes.
pub(super) fn locals(walk: &mut Walk<'_>) {
    walk.search = SEARCH;
    for hole in walk.directory.doubtful(walk.bytes.size()) {
        let (mut at, mut next) = (hole.start, hole.start);
        while let Some(found) = find(walk, LOCAL, Span::between(at, hole.end())) {
            at = found.saturating_add(4);
            let Some(local) = plausible(walk.bytes, found, hole, found == next) else { continue };
            if wide(walk.directory.entries.len()) >= walk.most {
                walk.directory.limited = true;
                return;
            }
            let mut entry = unlisted(walk, &local, hole);
            // Of a member that does not tell where it ends nobody knows what belongs to it.
            if !entry.oddities.has(Oddity::DescriptorMissing) {
                at = at.max(entry.extent().end());
            }
            next = at;
            let oddities = &mut entry.oddities;
            compare::cover_header(&mut walk.directory, local.span, local.extra, &[], oddities);
            walk.directory.structure.add(entry.descriptor);
            walk.directory.entries.push(entry);
        }
    }
}

/// Finds a signature, as far as may still be searched.
fn find(walk: &mut Walk<'_>, signature: &[u8], within: Span) -> Option<u64> {
    let part = walk.bytes.slice(within.start, within.len.min(walk.search))?;
    let found = memmem::find(&part, signature).map(wide);
    walk.search = walk.search.saturating_sub(found.unwrap_or_else(|| part.size()));
    within.start.checked_add(found?)
}

/// The local header at `at`, if a writer of archives could have made it. Where one has its `place`, right behind
/// what belongs to the archive, readers of streams ask no more than the signature.
fn plausible(bytes: &Bytes, at: u64, hole: Span, place: bool) -> Option<Local<'_>> {
    let local = Local::read(bytes, at).filter(|local| local.signed && local.span.end() <= hole.end())?;
    if place {
        return Some(local);
    }
    let known = Method(local.method).word() != "unknown" && local.version & 0xff <= NEWEST;
    (known && !local.name.is_empty() && is_text(local.name)).then_some(local)
}

/// The member of a local header that no directory lists.
fn unlisted(walk: &mut Walk<'_>, local: &Local<'_>, hole: Span) -> Entry {
    let (start, room) = (local.span.end(), hole.end().saturating_sub(local.span.end()));
    let unsized_stream = local.size == 0 && !matches!(Method(local.method), Method::STORED);
    let open = local.packed == 0 && (local.flags & DESCRIPTOR != 0 || unsized_stream);
    let sized = if open { described(walk, Span::new(start, room)) } else { None };
    let packed = sized.map_or(if open { room } else { local.packed }, |sizes| sizes.1);
    let (crc, _, size) = sized.unwrap_or((local.crc, packed, if open { 0 } else { local.size }));
    let data = Span::new(start, packed.min(room));
    let mut oddities = Oddities::default();
    oddities.add_if(!walk.directory.listings.is_empty(), Oddity::Unlisted);
    oddities.add_if(open && sized.is_none() && room > 0, Oddity::DescriptorMissing);
    let cut = if hole.end() == walk.bytes.size() { Oddity::CutShort } else { Oddity::Overlapping };
    oddities.add_if(packed > room, cut);
    oddities.add_if(local.flags & 0x41 != 0 || local.method == Method::AES.0, Oddity::Encrypted);
    oddities.add_if(Method(local.method).word() == "unknown", Oddity::UnknownMethod);
    let has = local.flags & DESCRIPTOR != 0 && packed > 0;
    let found = if has { Descriptor::find(walk.bytes, data.end(), (crc, packed, size)) } else { None };
    Entry {
        name: Name::from(local.name),
        listing: None,
        central: Span::default(),
        local: local.span,
        data,
        descriptor: found.map(|found| found.span).unwrap_or_default(),
        method: Method(local.method),
        flags: local.flags,
        crc,
        size,
        packed,
        mode: 0,
        oddities,
        differs: None,
    }
}

/// The values of the first signed descriptor within `room` whose packed size is its distance from the start.
fn described(walk: &mut Walk<'_>, room: Span) -> Option<(u32, u64, u64)> {
    let mut at = room.start;
    while let Some(found) = find(walk, record::DESCRIPTOR, Span::between(at, room.end())) {
        let distance = found.saturating_sub(room.start);
        let c = &mut Cursor::at_offset(walk.bytes, found.saturating_add(4));
        let crc = c.u32().ok()?;
        let mut narrow = c.clone();
        if let (Ok(packed), Ok(size)) = (narrow.u32(), narrow.u32())
            && u64::from(packed) == distance
        {
            return Some((crc, distance, size.into()));
        }
        if let (Ok(packed), Ok(size)) = (c.u64(), c.u64())
            && packed == distance
        {
            return Some((crc, distance, size));
        }
        at = found.saturating_add(4);
    }
    None
}

/// Notes what concerns the whole: no end, several directories, and what nothing explains.
pub(super) fn remains(bytes: &Bytes, directory: &mut Directory) {
    let size = bytes.size();
    let several = several(directory);
    let mut note = |what, detail, span| directory.notes.push(Note { what, detail, span });
    if directory.listings.is_empty() && !directory.entries.is_empty() {
        note("no-end-record", "no end record leads to a directory".to_owned(), Span::new(size, 0));
    }
    if let Some((what, detail)) = several {
        note(what, detail, Span::new(0, size));
    }
    if directory.is_empty() {
        return;
    }
    let mut holes = directory.holes(size);
    holes.retain(|hole| !is_padding(bytes, *hole));
    for hole in holes.into_iter().take(MOST_HOLES) {
        let (what, place) = match hole {
            Span { start: 0, .. } => ("data-before", "before the archive"),
            _ if hole.end() == size => ("data-behind", "behind the archive"),
            _ => ("data-between", "between its parts"),
        };
        let detail = format!("{} bytes {place}", hole.len);
        directory.notes.push(Note { what, detail, span: hole });
    }
}

/// What to say of more than one directory: archives one behind the other, or more views of the same.
fn several(directory: &Directory) -> Option<(&'static str, String)> {
    let mut listings: Vec<(Span, Span, Span)> = Vec::with_capacity(directory.listings.len());
    listings.extend(directory.listings.iter().map(|listing| (listing.span, listing.end, listing.span)));
    for entry in &directory.entries {
        let number = entry.listing.map(|number| index(number.into()));
        if let Some((_, _, reach)) = number.and_then(|number| listings.get_mut(number)) {
            let extent = entry.extent();
            *reach = Span::between(reach.start.min(extent.start), reach.end().max(extent.end()));
        }
    }
    let count = listings.len();
    if count < 2 {
        return None;
    }
    listings.sort_unstable();
    let mut at = 0;
    let apart = listings.iter().all(|(span, end, reach)| {
        let behind = reach.start >= at && reach.end() <= span.end();
        at = end.end();
        behind
    });
    let mut ends: Vec<Span> = listings.iter().map(|(_, end, _)| *end).collect();
    ends.sort_unstable();
    ends.dedup();
    Some(if ends.len() < count {
        ("end-record-ambiguous", format!("{} end records lead to {count} directories", ends.len()))
    } else if apart {
        ("several-archives", format!("{count} archives, one behind the other"))
    } else {
        ("several-directories", format!("{count} directories of the same archive"))
    })
}

/// Whether a hole is nothing but a few zeros.
fn is_padding(bytes: &Bytes, hole: Span) -> bool {
    let part = bytes.get(index(hole.start)..index(hole.end())).unwrap_or_default();
    hole.len <= PADDING && part.iter().all(|&byte| byte == 0)
}
