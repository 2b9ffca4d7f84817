//! What a reading has in its buffer: frames, and what crossing their end does.
//!
//! In an ordinary stream each frame ends where an opcode ends, and all readings agree. Where an argument
//! crosses the end of a frame they part (`_Unpickler_ReadImpl` in `Modules/_pickle.c`, `_Unframer` in
//! `Lib/pickle.py`): C that has read the frame from a file throws its tail away, C that has all in memory
//! does not care, Python raises.

use super::reading::Loader;
use crate::bytes::{index, wide};

/// Bytes that a `BufferedReader` reads at once.
const BUFFERED: u64 = 8192;

/// Bytes from the start of the data within which a line that begins is not followed for ever: large files of
/// other kinds may begin like an opcode, and have no line feed.
const HEAD: u64 = 64;
/// How far it is followed.
const LONGEST: u64 = 64 << 20;

/// How far towards `to` a line that begins at `from` is followed.
pub(super) fn reach(from: u64, to: u64) -> u64 {
    if from < HEAD { to.min(LONGEST) } else { to }
}

/// The position of a reading and the frame that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Offset of the next byte.
    pub(super) at: u64,
    /// End of the frame, or of the data where there is no frame.
    pub(super) fence: u64,
    /// Whether there is a frame.
    pub(super) framed: bool,
    /// Whether C with `peek` had to read the frame, so that it has exactly the frame in its buffer.
    pub(super) exact: bool,
}

/// A run of bytes that an opcode takes: where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: u64,
    pub(super) len: u64,
}

/// Why a read gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The data end.
    End,
    /// The reading refuses to cross the end of a frame.
    Frame,
    /// The line is longer than it is followed.
    Long,
}

impl Window {
    /// At the start of a stream of `end` bytes in all.
    pub(super) const fn new(at: u64, end: u64) -> Self {
        Self { at, fence: end, framed: false, exact: false }
    }

    /// Leaves a frame that has been read to its end.
    pub(super) const fn leave(&mut self, end: u64) {
        self.fence = end;
        self.framed = false;
        self.exact = false;
    }

    /// Whether this loader has no more in its buffer than the frame.
    const fn holds_frame_only(&self, loader: Loader) -> bool {
        match loader {
            Loader::File | Loader::Python => self.framed,
            Loader::Peek => self.framed && self.exact,
            Loader::Memory => false,
        }
    }

    /// Reads `len` bytes as `loader` does.
    pub(super) fn read(&mut self, len: u64, loader: Loader, end: u64) -> Result<Run, Stop> {
        if self.framed && self.at >= self.fence {
            self.leave(end);
        }
        let after = self.at.checked_add(len).filter(|&after| after <= end);
        if self.holds_frame_only(loader) && self.at.saturating_add(len) > self.fence {
            if loader == Loader::Python {
                return Err(if self.fence == end { Stop::End } else { Stop::Frame });
            }
            // C drops what is left of the frame and reads anew behind it.
            let start = self.fence;
            let after = start.checked_add(len).filter(|&after| after <= end).ok_or(Stop::End)?;
            *self = Self::new(after, end);
            return Ok(Run { start, len });
        }
        let run = Run { start: self.at, len };
        self.go_to(after.ok_or(Stop::End)?, end);
        Ok(run)
    }

    /// Reads `len` bytes as C reads the content of bytes objects: what is left of the frame counts.
    pub(super) fn read_into(&mut self, len: u64, loader: Loader, end: u64) -> Result<Run, Stop> {
        if loader == Loader::Python {
            return self.read(len, loader, end);
        }
        let run = Run { start: self.at, len };
        let after = self.at.checked_add(len).filter(|&after| after <= end).ok_or(Stop::End)?;
        self.go_to(after, end);
        Ok(run)
    }

    fn go_to(&mut self, after: u64, end: u64) {
        self.at = after;
        if self.framed && after > self.fence {
            self.leave(end);
        }
    }

    /// Reads a line; the run is without the line feed. Python takes the last line without one, and cuts
    /// its last byte.
    pub(super) fn line(&mut self, loader: Loader, data: &[u8]) -> Result<Run, Stop> {
        let end = wide(data.len());
        if self.framed && self.at >= self.fence {
            self.leave(end);
        }
        let find = |from: u64, to: u64| {
            let part = data.get(index(from)..index(reach(from, to))).unwrap_or_default();
            memchr::memchr(b'\n', part).map(wide)
        };
        let limit = if self.holds_frame_only(loader) { self.fence } else { end };
        if let Some(len) = find(self.at, limit) {
            let run = Run { start: self.at, len };
            self.go_to(self.at.saturating_add(len).saturating_add(1), end);
            return Ok(run);
        }
        if reach(self.at, limit) < limit {
            return Err(Stop::Long);
        }
        if loader == Loader::Python {
            return match self.framed {
                true if self.fence == end => Err(Stop::End),
                true => Err(Stop::Frame),
                false => self.last_line(end),
            };
        }
        if limit == end {
            return Err(Stop::End);
        }
        let start = self.fence;
        let len = find(start, end).ok_or(Stop::End)?;
        *self = Self::new(start.saturating_add(len).saturating_add(1), end);
        Ok(Run { start, len })
    }

    fn last_line(&mut self, end: u64) -> Result<Run, Stop> {
        let run = Run { start: self.at, len: end.saturating_sub(self.at).saturating_sub(1) };
        if self.at >= end {
            return Err(Stop::End);
        }
        self.at = end;
        Ok(run)
    }

    /// Enters a frame of `len` bytes as `loader` does, just behind its length.
    pub(super) fn frame(&mut self, len: u64, loader: Loader, end: u64) -> Result<(), Stop> {
        if len >= 1 << 63 {
            return Err(Stop::Frame);
        }
        let rest = if self.framed { self.fence.saturating_sub(self.at) } else { 0 };
        let start = match loader {
            Loader::Python if rest > 0 => return Err(Stop::Frame),
            Loader::File | Loader::Peek if self.holds_frame_only(loader) && len <= rest => return Ok(()),
            // What is left of the old frame is dropped.
            Loader::File | Loader::Peek if self.holds_frame_only(loader) => self.fence,
            _ => self.at,
        };
        let fence = match start.checked_add(len).filter(|&fence| fence <= end) {
            Some(fence) => fence,
            None if loader == Loader::Python => end,
            None => return Err(Stop::End),
        };
        let buffered = (start | BUFFERED.wrapping_sub(1)).saturating_add(1).min(end);
        *self = Self { at: start, fence, framed: true, exact: fence > buffered };
        Ok(())
    }

    /// Where the next stream begins if this one stops here.
    pub(super) fn next_stream(&self, loader: Loader, keeps_buffer: bool) -> u64 {
        if self.holds_frame_only(loader) && !keeps_buffer { self.fence } else { self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_across_the_end_of_a_frame_parts_the_readings() {
        let data = b"cnotos\nsystem\n";
        let framed = Window { at: 1, fence: 4, framed: true, exact: true };
        let line = |loader| {
            let mut window = framed;
            window.line(loader, data).map(|run| (run.start, run.len, window.at))
        };
        assert_eq!(line(Loader::File), Ok((4, 2, 7)));
        assert_eq!(line(Loader::Memory), Ok((1, 5, 7)));
        assert_eq!(line(Loader::Python), Err(Stop::Frame));
    }

    #[test]
    fn python_takes_a_last_line_without_its_last_byte() {
        let mut window = Window::new(0, 7);
        assert_eq!(window.line(Loader::Python, b"systemX"), Ok(Run { start: 0, len: 6 }));
        assert_eq!(Window::new(0, 7).line(Loader::File, b"systemX"), Err(Stop::End));
    }
}
