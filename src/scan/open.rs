//! From a child to its bytes: unpacked within the budget, to memory first, then to an unlinked file.

use std::{
    io::{ErrorKind, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    bytes::{Budget, Bytes, Spent, Spool, wide},
    facts::{Fault, GapCode},
    formats::{Source, Unpack},
};

const CHUNK: usize = 64 << 10;
/// What is unpacked of a large child before it is asked whether more is needed.
pub(super) const HEAD: u64 = 1 << 20;
/// Children from this size on are large.
const LARGE: u64 = 16 << 20;

/// The bytes of a child and, if they are not all, why. `suffices` is asked whether the head of a large one, followed
/// by zeros up to its declared size, tells all: then what comes out are these.
pub(super) fn open(
    source: &Source,
    budget: &Budget,
    suffices: &dyn Fn(&Bytes) -> bool,
) -> (Bytes, Option<Fault>) {
    match source {
        Source::Open(bytes) => (bytes.clone(), None),
        Source::Packed { open, packed, size, weight } => {
            let mut packed = Packed { open, cost: (*packed, *weight), budget, spool: Spool::default() };
            let large = size.filter(|&size| size >= LARGE);
            let head = |packed: &Packed<'_>| large.and_then(|size| whole(packed.spool.memory(), size));
            let unpack =
                AssertUnwindSafe(|| packed.unpack(|so_far| head(so_far).filter(|head| suffices(head))));
            let outcome = catch_unwind(unpack).unwrap_or_else(|_| Err(gave_up()));
            if let Ok(Some(bytes)) = outcome {
                return (bytes, None);
            }
            let fault = outcome.err().or_else(|| shortfall(packed.spool.len(), *size));
            match packed.spool.finish() {
                Ok(bytes) => (bytes, fault),
                Err(error) => (Bytes::computed(Vec::new()), Some(io_fault(&error, 0))),
            }
        }
    }
}

/// A head with zeros behind it, as long as the whole.
fn whole(head: &[u8], size: u64) -> Option<Bytes> {
    let mut spool = Spool::default();
    spool.write(head).ok()?;
    let unknown = size.checked_sub(spool.len())?;
    spool.finish_with(unknown).ok()
}

fn gave_up() -> Fault {
    Fault::new(GapCode::Panicked, 0, "the decoder gave up: a defect of mlscan, please report it")
}

fn shortfall(len: u64, size: Option<u64>) -> Option<Fault> {
    let size = size.filter(|&size| size != len)?;
    let detail = format!("unpacks to {len} bytes where {size} are declared");
    Some(Fault::new(if len < size { GapCode::Truncated } else { GapCode::Malformed }, len, detail))
}

/// A child while it is being unpacked.
struct Packed<'a> {
    open: &'a Unpack,
    /// Bytes that go in, and what a byte that comes out weighs.
    cost: (u64, u64),
    budget: &'a Budget,
    spool: Spool,
}

impl Packed<'_> {
    /// Unpacks to the end, unless `head` gives something once there is a head.
    fn unpack(&mut self, head: impl Fn(&Self) -> Option<Bytes>) -> Result<Option<Bytes>, Fault> {
        self.budget.begin()?;
        let mut reader = (self.open)()?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let at = self.spool.len();
            let len = match reader.read(&mut chunk) {
                Ok(0) => return Ok(None),
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(decode_fault(&error, at)),
            };
            let spent = |spent: Spent| Fault { at, ..spent.into() };
            self.budget.unpack(wide(len), self.cost.1).map_err(spent)?;
            let part = chunk.get(..len).unwrap_or_default();
            self.spool.write(part).map_err(|error| io_fault(&error, at))?;
            self.budget.ratio(self.cost.0, self.spool.len()).map_err(spent)?;
            if at < HEAD && self.spool.len() >= HEAD {
                let enough = head(self);
                if enough.is_some() {
                    return Ok(enough);
                }
            }
        }
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
