//! Names that the stores of models give to their files.
//!
//! A store that is addressed by content keeps a file under the SHA-256 of its bytes: `blobs/<hex>` (Hugging Face hub),
//! `blobs/sha256-<hex>` (Ollama; `sha256:` in old versions), `blobs/sha256/<hex>` (OCI image layout). People know
//! such a file by other names.

use std::path::Path;

/// Digits of a SHA-256.
pub(super) const DIGITS: usize = 64;

/// The SHA-256 that the bytes of a file must have by the path at which a store keeps it, in lower-case hex.
pub(super) fn promised(path: &[u8]) -> Option<&str> {
    let mut parts = path.rsplit(|byte| matches!(byte, b'/' | b'\\'));
    let (file, folder) = (parts.next()?, parts.next()?);
    let digits = match (folder, file) {
        (b"blobs", [b's', b'h', b'a', b'2', b'5', b'6', b'-' | b':', digits @ ..]) => digits,
        (b"blobs", digits) => digits,
        (b"sha256", digits) if parts.next() == Some(b"blobs") => digits,
        _ => return None,
    };
    let hex = |&byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() == DIGITS && digits.iter().all(hex)).then(|| std::str::from_utf8(digits).ok()).flatten()
}

/// Whether a link in `folder` leads to where the cache of the Hugging Face hub keeps the files of the same model:
/// from `<model>/snapshots/<commit>/…` to `<model>/blobs/<digest>`. Both paths are without links.
pub(super) fn in_same_store(folder: &Path, real: &Path) -> bool {
    let snapshots = folder.ancestors().find(|path| path.file_name().is_some_and(|name| name == "snapshots"));
    let Some(model) = snapshots.and_then(Path::parent) else { return false };
    real.parent().is_some_and(|blobs| blobs == model.join("blobs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_refers_to_the_blobs_of_its_own_model() {
        let same = |folder: &str, real: &str| in_same_store(Path::new(folder), Path::new(real));
        assert!(same("/c/models--a/snapshots/1/sub", "/c/models--a/blobs/00"));
        assert!(!same("/c/models--a/snapshots/1", "/c/models--b/blobs/00"));
        assert!(!same("/c/models--a/snapshots/1", "/c/models--a/blobs/x/00"));
        assert!(!same("/c/models--a/other/1", "/c/models--a/blobs/00"));
    }

    #[test]
    fn stores_name_files_by_their_digest() {
        let hex = "0123456789abcdef".repeat(4);
        for path in ["blobs/", "a/blobs/sha256-", "blobs/sha256:", "x/blobs/sha256/"] {
            assert_eq!(promised(format!("{path}{hex}").as_bytes()), Some(&*hex), "{path}");
        }
        for path in ["", "blob/", "sha256/", "blobs/x/", "blobs/sha1-", "blobs/0"] {
            assert_eq!(promised(format!("{path}{hex}").as_bytes()), None, "{path}");
        }
    }
}
