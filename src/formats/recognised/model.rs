//! Containers of models that are known and not read.

use super::{Kind, Walk, walk::Order::Little};
use crate::{
    bytes::{index, wide},
    facts::Fault,
};

/// HDF5, also behind a user block: the superblock says where the file ends.
pub(in crate::formats) static HDF5: &Kind =
    &Kind::new("hdf5", "HDF5 file", &["h5", "hdf5", "keras", "hdf"], |b| superblock(b).is_some(), hdf5)
        .unread();
/// GGUF.
pub(in crate::formats) static GGUF: &Kind =
    &Kind::new("gguf", "GGUF model", &["gguf"], |b| b.starts_with(b"GGUF"), all).unread();
/// What came before GGUF.
pub(in crate::formats) static GGML: &Kind = &Kind::new(
    "ggml",
    "GGML model",
    &["ggml"],
    |b| [b"lmgg", b"fmgg", b"tjgg", b"algg"].into_iter().any(|magic| b.starts_with(magic)),
    all,
)
.unread();
/// TensorFlow Lite: a flat buffer with an identifier at 4.
pub(in crate::formats) static TFLITE: &Kind =
    &Kind::new("tflite", "TensorFlow Lite model", &["tflite", "lite"], |b| b.get(4..8) == Some(b"TFL3"), all)
        .unread();
/// CatBoost.
pub(in crate::formats) static CATBOOST: &Kind =
    &Kind::new("catboost", "CatBoost model", &["cbm"], |b| b.starts_with(b"CBM1"), all).unread();

/// The magic of HDF5.
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Where the superblock stands: at 0, 512, 1024, and so on (`H5FD_locate_signature`).
fn superblock(b: &[u8]) -> Option<u64> {
    let doubled = (0..6).map(|n| 512_u64 << n);
    let is = |at: &u64| b.get(index(*at)..).is_some_and(|rest| rest.starts_with(SIGNATURE));
    std::iter::once(0).chain(doubled).find(is)
}

fn hdf5(w: &mut Walk<'_>) -> Result<(), Fault> {
    let start = superblock(w.bytes()).unwrap_or_default();
    w.begin(start);
    w.skip(wide(SIGNATURE.len()))?;
    let version = w.u8()?;
    let at = |offset: u64| start.saturating_add(offset);
    // Width of an address, and where the four addresses begin.
    let (width, first) = match version {
        0 => (w.peek(at(13), 1, Little)?, 24),
        1 => (w.peek(at(13), 1, Little)?, 28),
        2 | 3 => (w.peek(at(9), 1, Little)?, 12),
        _ => return Err(Fault::unsupported(at(8), "an HDF5 superblock of an unknown version")),
    };
    if !matches!(width, 2 | 4 | 8) {
        return Err(Fault::malformed(at(9), "an address of an impossible width"));
    }
    // Counted from the beginning of the file, not of the superblock (`H5F__super_read`).
    let end = w.peek(at(width.saturating_mul(2).saturating_add(first)), width, Little)?;
    w.go(end)
}

fn all(w: &mut Walk<'_>) -> Result<(), Fault> {
    w.go(w.size())
}
