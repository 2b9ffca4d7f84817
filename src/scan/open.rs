//! From a child to its bytes: unpacked within the budget, to memory first, then to an unlinked file.

use std::{
    fs::File,
    io::{ErrorKind, Read, Seek as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    bytes::{Budget, Bytes, Spent, wide},
    facts::{Fault, GapCode},
    formats::{Source, Unpack},
};

/// Unpacked bytes beyond this go to a temporary file.
const IN_MEMORY: u64 = 32 << 20;
const CHUNK: usize = 64 << 10;

/// The bytes of a child and, if they are not all, why.
pub(super) fn open(source: &Source, budget: &Budget) -> (Bytes, Option<Fault>) {
    match source {
        Source::Open(bytes) => (bytes.clone(), None),
        Source::Packed { open, packed, size, weight } => {
            let mut store = Store::default();
            let unpack = AssertUnwindSafe(|| unpack(open, (*packed, *weight), budget, &mut store));
            let outcome = catch_unwind(unpack).unwrap_or_else(|_| Err(gave_up()));
            let fault = outcome.err().or_else(|| shortfall(store.len, *size));
            match store.finish() {
                Ok(bytes) => (bytes, fault),
                Err(error) => (Bytes::computed(Vec::new()), Some(io_fault(&error, 0))),
            }
        }
    }
}

fn gave_up() -> Fault {
    Fault::new(GapCode::Panicked, 0, "the decoder gave up: a defect of mlscan, please report it")
}

fn shortfall(len: u64, size: Option<u64>) -> Option<Fault> {
    let size = size.filter(|&size| size != len)?;
    let detail = format!("unpacks to {len} bytes where {size} are declared");
    Some(Fault::new(if len < size { GapCode::Truncated } else { GapCode::Malformed }, len, detail))
}

fn unpack(open: &Unpack, cost: (u64, u64), budget: &Budget, store: &mut Store) -> Result<(), Fault> {
    let mut reader = open()?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let len = match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(decode_fault(&error, store.len)),
        };
        let at = store.len;
        let spent = |spent: Spent| Fault::new(GapCode::Limit, at, spent.to_string());
        budget.unpack(wide(len), cost.1).map_err(spent)?;
        store.write(chunk.get(..len).unwrap_or_default()).map_err(|error| io_fault(&error, at))?;
        budget.ratio(cost.0, store.len).map_err(spent)?;
    }
}

fn decode_fault(error: &std::io::Error, at: u64) -> Fault {
    match error.kind() {
        ErrorKind::UnexpectedEof => Fault::truncated(at, "the compressed bytes end too early"),
        ErrorKind::OutOfMemory => Fault::new(GapCode::Limit, at, format!("the decoder refused: {error}")),
        ErrorKind::Unsupported => Fault::unsupported(at, error.to_string()),
        _ => Fault::malformed(at, format!("the compressed bytes are broken: {error}")),
    }
}

fn io_fault(error: &std::io::Error, at: u64) -> Fault {
    Fault::new(GapCode::Io, at, error.to_string())
}

/// Where unpacked bytes go.
#[derive(Default)]
struct Store {
    memory: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Store {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.len = self.len.saturating_add(wide(bytes.len()));
        if self.file.is_none() && self.len > IN_MEMORY {
            let mut file = tempfile::tempfile()?;
            file.write_all(&std::mem::take(&mut self.memory))?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => {
                self.memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn finish(self) -> std::io::Result<Bytes> {
        match self.file {
            Some(mut file) => {
                file.rewind()?;
                Bytes::spilled(&file)
            }
            None => Ok(Bytes::computed(self.memory)),
        }
    }
}
