//! Members that leave out runs of zeros, put together again.

use std::{
    io::{self, Read},
    sync::Arc,
};

use crate::{
    bytes::{Bytes, Span, index},
    facts::{Fault, GapCode},
    formats::{Emit, Source},
    wire::tar::{Entry, Run, Sparse},
};

/// Cost of a byte that is put in, in sixteenths of a unit of work.
const WEIGHT: u64 = 1;

/// The file that the data of a sparse member stand for.
pub(super) fn source(entry: &Entry, sparse: &Sparse, data: &Bytes, out: &mut Emit<'_>) -> Source {
    if sparse.broken {
        let detail = format!("the map of the sparse member `{}` is broken", entry.name);
        out.gap(GapCode::Malformed, entry.headers, detail);
        return Source::Open(data.clone());
    }
    if sparse.runs.is_empty() {
        return Source::Open(data.clone());
    }
    if !sparse.is_ordered() {
        let detail = format!("the runs of the sparse member `{}` are out of order", entry.name);
        out.gap(GapCode::Disagreement, entry.headers, detail);
    }
    let pieces = pieces(sparse);
    let ends = sparse.runs.iter().map(|run| run.at.saturating_add(run.len));
    let (bytes, size) = (data.clone(), ends.max().unwrap_or_default().max(sparse.size));
    let open = move || {
        let file = File { pieces: pieces.clone(), next: 0, at: 0, size, data: bytes.clone() };
        let file: Box<dyn Read + Send> = Box::new(file);
        Ok::<_, Fault>(file)
    };
    Source::Packed { open: Arc::new(open), packed: data.size(), size: Some(size), weight: WEIGHT }
}

/// The runs in the order of the file, each with its place in the data. Where two overlap, what the later one
/// repeats is left out, as if it had come first.
fn pieces(sparse: &Sparse) -> Arc<[(Run, u64)]> {
    let mut place = sparse.head;
    let mut pieces = Vec::with_capacity(sparse.runs.len());
    for &run in &sparse.runs {
        pieces.push((run, place));
        place = place.saturating_add(run.len);
    }
    pieces.sort_by_key(|(run, _)| run.at);
    let mut end = 0;
    for (run, place) in &mut pieces {
        let known = Span::between(run.at, end).len.min(run.len);
        *run = Run { at: run.at.saturating_add(known), len: run.len.saturating_sub(known) };
        *place = place.saturating_add(known);
        end = run.at.saturating_add(run.len).max(end);
    }
    pieces.into()
}

/// A file made of runs and zeros.
struct File {
    pieces: Arc<[(Run, u64)]>,
    next: usize,
    at: u64,
    size: u64,
    data: Bytes,
}

impl Read for File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.at);
        let room = index(left).min(out.len());
        let Some(out) = out.get_mut(..room).filter(|out| !out.is_empty()) else { return Ok(0) };
        while self.pieces.get(self.next).is_some_and(|(run, _)| run.at.saturating_add(run.len) <= self.at) {
            self.next = self.next.saturating_add(1);
        }
        let Some(&(run, place)) = self.pieces.get(self.next) else { return Ok(self.zeros(left, out)) };
        if run.at > self.at {
            return Ok(self.zeros(run.at.saturating_sub(self.at), out));
        }
        let skipped = self.at.saturating_sub(run.at);
        let from = self.data.from(place.saturating_add(skipped));
        let len = index(run.len.saturating_sub(skipped)).min(out.len());
        let Some(mut piece) = from.get(..len.min(from.len())).filter(|piece| !piece.is_empty()) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let len = piece.read(out)?;
        self.at = self.at.saturating_add(crate::bytes::wide(len));
        Ok(len)
    }
}

impl File {
    /// Puts in up to `len` zeros.
    fn zeros(&mut self, len: u64, out: &mut [u8]) -> usize {
        let len = index(len).min(out.len());
        if let Some(out) = out.get_mut(..len) {
            out.fill(0);
        }
        self.at = self.at.saturating_add(crate::bytes::wide(len));
        len
    }
}
