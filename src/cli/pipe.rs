//! Output whose reader may leave.

use std::io::{self, Write};

/// Takes what is written and drops it once nobody reads any more: `mlscan … | head` is no failure.
pub(super) struct Pipe<W>(pub(super) W);

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Standard output, buffered.
pub(super) fn stdout() -> io::BufWriter<Pipe<io::Stdout>> {
    io::BufWriter::new(Pipe(io::stdout()))
}
