//! The structure of zip archives, in every reading that some loader takes.
//!
//! ```text
//! local header     PK\3\4  version flags method time date crc packed size name-len extra-len, name, extra
//! data             as many bytes as `packed` says
//! descriptor       [PK\7\8] crc packed size          only with flag 8, sizes of 4 or 8 bytes
//! …
//! central record   PK\1\2  made-by version flags method time date crc packed size name-len extra-len
//!                  comment-len disk attributes(2) attributes(4) offset, name, extra, comment
//! …
//! zip64 end        PK\6\6  length … counts size offset
//! zip64 locator    PK\6\7  disk offset disks
//! end record       PK\5\6  disk disk count count size offset comment-len, comment
//! ```
//!
//! Loaders differ, and each is served:
//!
//! | loader | takes |
//! |---|---|
//! | Python, `zipfile._RealGetContents` | last end record of the last 64 KiB; start of the directory = its place − size, all offsets shifted by the same; last of equal names; refuses a local name that differs |
//! | miniz in PyTorch, `mz_zip_reader_read_central_dir`, `mz_zip_reader_extract_to_mem` | last end record; the offset as written; the zip64 record that the locator names; method and sizes of the central record, start of the data by the lengths in the local one; no CRC |
//! | PyTorch, `getRecordOffset` | the same, without a look at the signature of the local header |
//! | readers of streams | local headers from the front, descriptors |
//!
//! Specification: APPNOTE.TXT of PKWARE, version 6.3.

mod compare;
mod decode;
mod entry;
mod record;
mod recover;
mod walk;

#[cfg(test)]
pub(crate) mod build;
#[cfg(test)]
mod tests;

pub use decode::{Outcome, Watch, open};
pub use entry::{Entry, Listing, LocalView, Method, Note, Oddities, Oddity, Reading};
pub use walk::{Directory, names, resolves};
