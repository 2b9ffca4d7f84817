//! Unpacking whole: into memory, then into a temporary file.

use std::io::Read;

use super::{Broken, Cause, Codec, Reader};
use crate::bytes::{Budget, Bytes, Spent, Spool, wide};

/// Bytes that are unpacked at a time.
const CHUNK: usize = 256 << 10;
/// Cost of beginning a stream, in units of work.
const BEGIN: u64 = 200;
/// Cost of a step of a decoder beside what goes in and out.
const STEP: u64 = 4;

/// What came out of the streams at the head of some bytes.
pub struct Unpacked {
    /// All that could be had.
    pub bytes: Bytes,
    /// Offset behind the last stream that ended well; the size of the input if one did not.
    pub end: u64,
    /// Number of streams.
    pub streams: u64,
    /// Why there is no more, if that is not their end.
    pub fault: Option<Broken>,
}

/// Unpacks the streams at the head of `bytes`.
#[must_use]
pub fn unpack(codec: Codec, bytes: &Bytes, budget: &Budget) -> Unpacked {
    let mut reader = codec.open(bytes.clone());
    let mut out = Spool::default();
    let fault = fill(codec, &mut reader, &mut out, budget).err();
    let end = if fault.is_some() { bytes.size() } else { reader.end() };
    let streams = reader.streams();
    match out.finish().map_err(io) {
        Ok(bytes) => Unpacked { bytes, end, streams, fault },
        Err(fault) => Unpacked { bytes: Bytes::computed(Vec::new()), end, streams, fault: Some(fault) },
    }
}

/// All that a reader gives, for `packed` bytes of input, each byte of output weighing so many sixteenths of a unit
/// of work; with what stopped it, if that is not its end.
#[must_use]
pub fn spool(reader: &mut dyn Read, packed: u64, weight: u64, budget: &Budget) -> (Bytes, Option<Broken>) {
    let mut out = Spool::default();
    let fault = pour(reader, (packed, weight), &mut out, budget).err();
    match out.finish().map_err(io) {
        Ok(bytes) => (bytes, fault),
        Err(fault) => (Bytes::computed(Vec::new()), Some(fault)),
    }
}

fn pour(
    reader: &mut dyn Read,
    (packed, weight): (u64, u64),
    out: &mut Spool,
    budget: &Budget,
) -> Result<(), Broken> {
    let mut chunk = vec![0; CHUNK];
    let mut given = 0_u64;
    let spent = |spent: Spent| Broken::new(Cause::TooMuch, 0, spent.to_string());
    budget.begin().map_err(spent)?;
    loop {
        let gave = reader.read(&mut chunk).map_err(Broken::from)?;
        if gave == 0 {
            return Ok(());
        }
        given = given.saturating_add(wide(gave));
        budget.unpack(wide(gave), weight).map_err(spent)?;
        budget.ratio(packed, given).map_err(spent)?;
        out.write(chunk.get(..gave).unwrap_or_default()).map_err(io)?;
    }
}

fn fill(codec: Codec, reader: &mut Reader, out: &mut Spool, budget: &Budget) -> Result<(), Broken> {
    let mut chunk = vec![0; CHUNK];
    let (mut taken, mut streams, mut steps) = (0, 0, 0);
    budget.begin().map_err(|spent| Broken::new(Cause::TooMuch, 0, spent.to_string()))?;
    loop {
        let gave = reader.give(&mut chunk);
        let input = reader.taken().saturating_sub(taken).saturating_mul(codec.input_weight()) >> 4;
        let begun = reader.streams().saturating_sub(streams).saturating_mul(BEGIN);
        let stepped = reader.steps().saturating_sub(steps).saturating_mul(STEP);
        (taken, streams, steps) = (reader.taken(), reader.streams(), reader.steps());
        let spent = |spent: Spent| Broken::new(Cause::TooMuch, taken, spent.to_string());
        budget.spend(input.saturating_add(begun).saturating_add(stepped)).map_err(spent)?;
        let gave = gave?;
        if gave == 0 {
            return Ok(());
        }
        budget.unpack(wide(gave), codec.weight()).map_err(spent)?;
        budget.ratio(taken, reader.given()).map_err(spent)?;
        out.write(chunk.get(..gave).unwrap_or_default()).map_err(io)?;
    }
}

fn io(error: std::io::Error) -> Broken {
    Broken::new(Cause::Io, 0, format!("what was unpacked cannot be kept: {error}"))
}
