//! PPMd: variant H as 7z holds it, variant I as zip does.
//!
//! A stream does not say where it ends: whoever holds it knows how many bytes come out.

use std::io::{self, BufReader, ErrorKind, Read};

use ppmd_rust::{Error, Ppmd7Decoder, Ppmd8Decoder};

use crate::bytes::{Bytes, Cursor};

/// Cost of a byte that comes out, in sixteenths of a unit of work.
pub const WEIGHT: u64 = 40;
/// Most memory that a model may take: 7-Zip's highest level asks for 192 MiB.
const MEMORY: u32 = 256 << 20;
/// Bytes that are asked for at a time: those before a fault in them are lost.
const ROOM: usize = 4096;

/// Opens a stream of variant H.
///
/// # Errors
/// [`ErrorKind::OutOfMemory`] if the model is larger than is allowed; [`ErrorKind::InvalidData`] for a setting or
/// a head that is none.
pub fn seven(packed: Bytes, order: u32, memory: u32, size: u64) -> io::Result<Box<dyn Read + Send>> {
    allowed(memory)?;
    let decoder = Ppmd7Decoder::new(BufReader::new(packed.reader()), order, memory).map_err(refused)?;
    Ok(Box::new(Small(decoder).take(size)))
}

/// Opens a stream of variant I behind its setting of two bytes: order less one in four bits, memory in MiB less one
/// in eight, and what is done when it is full in four.
///
/// # Errors
/// As [`seven`].
pub fn zip(packed: Bytes, size: u64) -> io::Result<Box<dyn Read + Send>> {
    let setting = Cursor::new(&packed).u16().map_err(|_| ErrorKind::UnexpectedEof)?;
    let (order, memory) = (u32::from(setting & 15), u32::from(setting >> 4 & 255));
    let memory = memory.saturating_add(1) << 20;
    allowed(memory)?;
    let restore = (setting >> 12).into();
    let decoder =
        Ppmd8Decoder::new(BufReader::new(packed.from(2).reader()), order.saturating_add(1), memory, restore);
    Ok(Box::new(Small(decoder.map_err(refused)?).take(size)))
}

fn allowed(memory: u32) -> io::Result<()> {
    if memory <= MEMORY {
        return Ok(());
    }
    let what = format!("the PPMd stream asks for a model of {} MiB, above {}", memory >> 20, MEMORY >> 20);
    Err(io::Error::new(ErrorKind::OutOfMemory, what))
}

fn refused(error: Error) -> io::Error {
    match error {
        Error::IoError(error) => error,
        _ => io::Error::new(ErrorKind::InvalidData, "the head of the PPMd stream is none"),
    }
}

/// Reads little at a time.
struct Small<R>(R);

impl<R: Read> Read for Small<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = out.len().min(ROOM);
        self.0.read(out.get_mut(..room).unwrap_or_default())
    }
}
