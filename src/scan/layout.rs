//! Names that the stores of models give to their files.
//!
//! | store | name | promise |
//! |---|---|---|
//! | Hugging Face hub | `<model>/blobs/<64 hex>` | SHA-256 (files of Git LFS) |
//! | | `<model>/blobs/<40 hex>` | SHA-1 of the Git blob |
//! | Ollama | `blobs/sha256-<64 hex>`; `sha256:` in old versions | SHA-256 |
//! | OCI image layout | `blobs/sha256/<64 hex>` | SHA-256 |
//! | torch hub | `hub/checkpoints/<name>-<8 hex or more>.pth` | how the SHA-256 begins (`torch/hub.py`, `HASH_REGEX`) |
//!
//! People know a file that is named by its digest alone by other names.

use std::path::Path;

/// Digits of a SHA-1: the shortest digest that is a name by itself.
pub(super) const DIGITS: usize = 40;
/// Digits of a SHA-256.
const SHA256: usize = 64;
/// Fewest digits that torch hub puts into a name.
const PREFIX: usize = 8;
/// How the folder of a model begins in the cache of the hub.
const KINDS: &[&[u8]] = &[b"models--", b"datasets--", b"spaces--"];

/// What a store promises of the bytes of a file by its path, in lower-case hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise<'a> {
    /// Their SHA-256.
    Sha256(&'a str),
    /// Their SHA-1 as a Git blob.
    GitBlob(&'a str),
    /// How their SHA-256 begins.
    Prefix(&'a str),
}

impl<'a> Promise<'a> {
    /// The promise of the store in which a path lies, if it lies in one.
    pub(super) fn of(path: &'a [u8]) -> Option<Self> {
        let mut parts = path.rsplit(|byte| matches!(byte, b'/' | b'\\'));
        let (file, folder, above) = (parts.next()?, parts.next()?, parts.next());
        let hub = above.is_some_and(|model| KINDS.iter().any(|kind| model.starts_with(kind)));
        match (folder, file) {
            (b"blobs", [b's', b'h', b'a', b'2', b'5', b'6', b'-' | b':', digits @ ..]) => {
                Self::sha256(digits)
            }
            (b"blobs", digits) if hub && digits.len() == DIGITS => hex(digits).map(Self::GitBlob),
            (b"blobs", digits) => Self::sha256(digits),
            (b"sha256", digits) if above == Some(b"blobs") => Self::sha256(digits),
            (b"checkpoints", name) if above == Some(b"hub") => Self::prefix(name),
            _ => None,
        }
    }

    fn sha256(digits: &'a [u8]) -> Option<Self> {
        if digits.len() == SHA256 { hex(digits).map(Self::Sha256) } else { None }
    }

    /// Digits alone are a date or a number.
    fn prefix(name: &'a [u8]) -> Option<Self> {
        let stem = name.get(..name.iter().rposition(|&byte| byte == b'.')?)?;
        let digits = stem.rsplit(|&byte| byte == b'-').next().filter(|digits| digits.len() < stem.len())?;
        let number = digits.iter().all(u8::is_ascii_digit);
        let long = (PREFIX..=SHA256).contains(&digits.len());
        if long && !number { hex(digits).map(Self::Prefix) } else { None }
    }

    /// Whether the file's name is the digest and tells people nothing.
    pub(super) const fn is_name(self) -> bool {
        !matches!(self, Self::Prefix(_))
    }
}

fn hex(digits: &[u8]) -> Option<&str> {
    let hex = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hex.then(|| std::str::from_utf8(digits).ok()).flatten()
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
            let path = format!("{path}{hex}");
            assert_eq!(Promise::of(path.as_bytes()), Some(Promise::Sha256(&hex)), "{path}");
        }
        for path in ["", "blob/", "sha256/", "blobs/x/", "blobs/sha1-", "blobs/0"] {
            assert_eq!(Promise::of(format!("{path}{hex}").as_bytes()), None, "{path}");
        }
        let sha1 = &hex[..40];
        let blob = format!("models--a--b/blobs/{sha1}");
        assert_eq!(Promise::of(blob.as_bytes()), Some(Promise::GitBlob(sha1)));
        assert_eq!(Promise::of(format!("other/blobs/{sha1}").as_bytes()), None);
    }

    #[test]
    fn torch_hub_puts_the_beginning_into_the_name() {
        let of = |name: &str| Promise::of(format!("hub/checkpoints/{name}").leak().as_bytes());
        assert_eq!(of("resnet18-f37072fd.pth"), Some(Promise::Prefix("f37072fd")));
        for name in ["model-20240101.pth", "resnet-50.pth", "f37072fd.pth", "x-F37072FD.pth", "a-best.pth"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
