//! From end records to members: every directory that some loader would take.

use std::collections::BTreeMap;

use super::{
    compare,
    entry::{Entry, Listing, Note},
    record::{CENTRAL, Central, Claim, END, END_LEN, End, is_text},
    recover,
};
use crate::bytes::{Bytes, Span, Spans, index, wide};

/// How far before the end of the file loaders look for an end record: its length and the longest comment.
const TAIL: u64 = END_LEN + 0xffff;
/// Most end records of one file that are followed.
const MOST_ENDS: usize = 64;

/// The structure of one file that holds one or more zip archives.
#[derive(Debug, Default)]
pub struct Directory {
    /// Directories, the one that most loaders take first.
    pub listings: Vec<Listing>,
    /// Members: those of each listing in its order, then those that no listing has.
    pub entries: Vec<Entry>,
    /// What is odd about the whole.
    pub notes: Vec<Note>,
    /// Headers, records, descriptors and comments of plain text.
    pub structure: Spans,
    /// Of that, extra fields and comments: readers step over them.
    pub free: Spans,
    /// Whether there are more members than were allowed.
    pub limited: bool,
    /// What a broken end record or directory leaves unread, if anything.
    pub broken: Vec<Note>,
}

impl Directory {
    /// Reads the structure. Costs a little for each member and nothing for its bytes; of what lies between
    /// members a bounded part is searched for more. At most `most` members are kept.
    #[must_use]
    pub fn read(bytes: &Bytes, most: u64) -> Self {
        let mut read = Walk { bytes, most, search: 0, known: BTreeMap::new(), directory: Self::default() };
        read.tail();
        recover::ends(&mut read);
        recover::locals(&mut read);
        let mut directory = read.directory;
        directory.structure.settle();
        compare::overlaps(&mut directory);
        compare::same_names(&mut directory);
        recover::remains(bytes, &mut directory);
        directory
    }

    /// Whether there is neither a directory nor a member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty() && self.entries.is_empty()
    }

    /// What neither the structure nor a member's data covers.
    #[must_use]
    pub fn holes(&self, size: u64) -> Vec<Span> {
        let mut covered = self.structure.clone();
        self.entries.iter().for_each(|entry| covered.add(entry.data));
        covered.holes(size)
    }

    /// What neither the structure nor the undisputed part of a member's data covers.
    pub(super) fn doubtful(&self, size: u64) -> Vec<Span> {
        let mut covered = self.structure.clone();
        self.entries.iter().for_each(|entry| covered.add(entry.vouched()));
        covered.holes(size)
    }

    /// Number of members that every reader of the first directory sees.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.listings.first().map_or(0, |listing| listing.count)
    }
}

/// A directory in the making.
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a Bytes,
    pub(super) most: u64,
    /// Bytes that may still be searched.
    pub(super) search: u64,
    /// Numbers of the listings by start and shift.
    known: BTreeMap<(u64, i64), usize>,
    pub(super) directory: Directory,
}

impl Walk<'_> {
    /// Follows the end records near the end of the file, the last first.
    fn tail(&mut self) {
        let from = self.bytes.size().saturating_sub(TAIL);
        let tail = self.bytes.from(from);
        for (nth, at) in memchr::memmem::rfind_iter(&tail, END).map(wide).take(MOST_ENDS).enumerate() {
            let at = from.saturating_add(at);
            if !self.within_member(at) || self.reaches_end(at) {
                self.end(at, nth == 0);
            }
        }
    }

    /// Whether `at` lies in the data of a member of a directory already read, as in a zip within a zip.
    fn within_member(&self, at: u64) -> bool {
        self.directory.entries.iter().any(|entry| entry.data.start <= at && at < entry.data.end())
    }

    /// Whether the comment of the end record at `at` ends where the file does, as strict loaders want it.
    fn reaches_end(&self, at: u64) -> bool {
        End::read(self.bytes, at).is_some_and(|end| !end.cut && end.comment.end() == self.bytes.size())
    }

    /// Follows the end record at `at`; if it leads nowhere, that is noted only of the `last` one. Gives back
    /// where what it leads to begins.
    pub(super) fn end(&mut self, at: u64, last: bool) -> u64 {
        let Some(end) = End::read(self.bytes, at) else { return at };
        let (listings, entries) = (self.directory.listings.len(), self.directory.entries.len());
        let claimed: Vec<_> = end.claims.iter().map(|claim| (*claim, starts(self.bytes, *claim))).collect();
        let empty = end.claims.iter().any(|claim| claim.count == 0 && claim.size == 0);
        if !empty && claimed.iter().all(|(_, starts)| starts.is_empty()) {
            if let Some(claim) = end.claims.first().filter(|_| last) {
                self.lost(end.span, *claim);
            }
            return at;
        }
        for (claim, starts) in claimed {
            starts.into_iter().for_each(|(start, shift)| self.listing(start, shift, claim, end.span));
        }
        self.cover_end(&end);
        let listings = self.directory.listings.iter().skip(listings).map(|listing| listing.span.start);
        let members = self.directory.entries.iter().skip(entries).map(|entry| entry.extent().start);
        listings.chain(members).fold(at, u64::min)
    }

    fn cover_end(&mut self, end: &End) {
        self.directory.structure.add(end.span);
        end.wide.iter().for_each(|&span| self.directory.structure.add(span));
        let comment = self.bytes.slice(end.comment.start, end.comment.len);
        let comment = comment.as_deref().unwrap_or_default();
        if memchr::memmem::find(comment, END).is_some() {
            self.note(
                "end-record-in-comment",
                "the comment holds another end record".to_owned(),
                end.comment,
            );
        } else if is_text(comment) {
            self.directory.structure.add(end.comment);
            self.directory.free.add(end.comment);
        }
        if end.cut {
            self.broken("the comment of the archive is cut short".to_owned(), end.span);
        }
        if end.disks {
            self.note("several-disks", "the archive is part of a set of several disks".to_owned(), end.span);
        }
    }

    fn lost(&mut self, span: Span, claim: Claim) {
        let Claim { offset, size, count, .. } = claim;
        let detail = format!("no directory of {count} members and {size} bytes at offset {offset}");
        self.note("end-record-broken", detail, span);
    }

    /// Reads one directory, unless it is known.
    fn listing(&mut self, start: u64, shift: i64, claim: Claim, end: Span) {
        let known =
            self.known.get(&(start, shift)).and_then(|&number| self.directory.listings.get_mut(number));
        if let Some(listing) = known {
            // Of several end records that lead to it the nearest is its own.
            if end.start < listing.end.start && end.start >= listing.span.end() {
                listing.end = end;
            }
            return;
        }
        if wide(self.directory.listings.len()) >= self.most {
            self.directory.limited = true;
            return;
        }
        self.known.insert((start, shift), self.directory.listings.len());
        let number = u32::try_from(self.directory.listings.len()).unwrap_or(u32::MAX);
        let (mut at, mut count) = (start, 0_u64);
        while let Some(record) = Central::read(self.bytes, at).filter(|_| at < end.start) {
            if wide(self.directory.entries.len()) >= self.most {
                self.directory.limited = true;
                break;
            }
            at = record.span.end();
            count = count.saturating_add(1);
            let entry = compare::entry(self.bytes, &record, shift, number, &mut self.directory);
            self.directory.entries.push(entry);
        }
        let span = Span::between(start, at);
        self.directory.listings.push(Listing { span, end, count, shift });
        if !self.directory.limited {
            self.check(span, count, claim);
        }
    }

    /// Compares what an end record promises with what is there.
    fn check(&mut self, span: Span, count: u64, claim: Claim) {
        let same = if claim.zip64 { count == claim.count } else { count & 0xffff == claim.count };
        if !same {
            let detail = format!("{count} members are listed where the end record says {}", claim.count);
            self.note("directory-count-differs", detail, span);
        }
        if span.len != claim.size {
            let detail =
                format!("the directory has {} bytes where the end record says {}", span.len, claim.size);
            self.note("directory-size-differs", detail.clone(), span);
        }
        if count < claim.count && span.len < claim.size {
            self.broken("the directory breaks off".to_owned(), Span::new(span.end(), 0));
        }
    }

    pub(super) fn note(&mut self, what: &'static str, detail: String, span: Span) {
        self.directory.notes.push(Note { what, detail, span });
    }

    pub(super) fn broken(&mut self, detail: String, span: Span) {
        self.directory.broken.push(Note { what: "broken", detail, span });
    }
}

/// Where the directory that an end record claims may begin, with what is then added to every offset.
///
/// Python takes the place of the end record less the size, miniz the offset as it is written. In an honest
/// archive they are the same, or, behind a prefix that the offsets do not count, only the first holds.
fn starts(bytes: &Bytes, claim: Claim) -> Vec<(u64, i64)> {
    let holds = |start: &u64| bytes.get(index(*start)..).is_some_and(|rest| rest.starts_with(CENTRAL));
    let before = claim.stop.checked_sub(claim.size).filter(holds);
    let written = Some(claim.offset).filter(holds);
    let shifted = before.and_then(|start| {
        let shift = i64::try_from(start).ok()?.checked_sub(i64::try_from(claim.offset).ok()?)?;
        Some((start, shift))
    });
    let mut starts: Vec<(u64, i64)> = shifted.into_iter().chain(written.map(|start| (start, 0))).collect();
    starts.dedup();
    starts
}

/// Whether an end record near the end of the bytes leads to a directory. With `exact`, only one that ends
/// with the bytes counts.
#[must_use]
pub fn resolves(bytes: &Bytes, exact: bool) -> bool {
    ends(bytes).any(|end| !exact || end.comment.end() == bytes.size() && !end.cut)
}

/// The names that the directories near the end list, without a look at any local header; `each` says
/// whether to go on.
pub fn names(bytes: &Bytes, mut each: impl FnMut(&[u8]) -> bool) {
    let mut seen = Vec::new();
    for (start, stop) in ends(bytes).flat_map(|end| {
        let stop = end.span.start;
        let claims: Vec<Claim> = end.claims;
        claims
            .into_iter()
            .flat_map(|claim| starts(bytes, claim))
            .map(move |(start, _)| (start, stop))
            .collect::<Vec<_>>()
    }) {
        if seen.contains(&start) {
            continue;
        }
        seen.push(start);
        let mut at = start;
        while let Some(record) = Central::read(bytes, at).filter(|_| at < stop) {
            if !each(record.name) {
                return;
            }
            at = record.span.end();
        }
    }
}

/// The end records near the end of the bytes that lead to a directory or to an empty archive.
fn ends(bytes: &Bytes) -> impl Iterator<Item = End> {
    let from = bytes.size().saturating_sub(TAIL);
    let tail = bytes.from(from);
    let found: Vec<u64> = memchr::memmem::rfind_iter(&tail, END).map(wide).take(MOST_ENDS).collect();
    found.into_iter().filter_map(move |at| {
        let end = End::read(bytes, from.saturating_add(at))?;
        let empty = |claim: &Claim| claim.count == 0 && claim.size == 0 && claim.offset <= end.span.start;
        let leads = end.claims.iter().any(|claim| empty(claim) || !starts(bytes, *claim).is_empty());
        leads.then_some(end)
    })
}
