//! Files that stand in for a model which is not here.
//!
//! | what | how it is known |
//! |---|---|
//! | Git LFS pointer | under 1 KiB of text, `version https://git-lfs…`, `oid`, `size` (git-lfs `docs/spec.md`) |
//! | git-annex pointer | `/annex/objects/` and a key |
//! | Xet pointer | `# xet version` |
//! | DVC file | ends in `.dvc`; it stands beside the file, so it is a reference and no gap |

mod placeholder;

use crate::{
    bytes::{Bytes, Name, Span, wide},
    facts::{Fault, GapCode, Metadata, Reference},
    formats::{About, Emit, Format, Level, Place, Sure},
    wire::path,
};

pub(super) use placeholder::Placeholder;

/// Pointer files.
pub(super) struct Pointer;

/// DVC files.
pub(super) struct Dvc;

static ABOUT: About = About {
    name: "pointer",
    title: "pointer file (Git LFS, git-annex, Xet)",
    level: Level::Content,
    refines: &["text"],
    extensions: &[],
    model: true,
};

static DVC: About = About {
    name: "dvc",
    title: "DVC file",
    level: Level::Content,
    refines: &["text"],
    extensions: &["dvc"],
    model: false,
};

/// Pointers are smaller than this.
const LARGEST: u64 = 1024;
/// DVC files that are larger are not read.
const LARGEST_DVC: u64 = 64 << 10;

/// Extensions of what is no model, so that its absence matters to nobody here.
const NO_MODELS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "ico", "tif", "tiff", "psd", "mp3", "wav", "flac",
    "ogg", "mp4", "mov", "avi", "mkv", "webm", "pdf", "md", "txt", "rst", "html", "css", "js", "csv", "tsv",
    "ttf", "otf", "woff", "woff2", "ipynb", "py", "docx", "pptx", "xlsx",
];

impl Format for Pointer {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, place: &Place) -> Sure {
        let extension = place.name().extension();
        if NO_MODELS.contains(&extension.as_str()) || kind(input).is_none() {
            return Sure::No;
        }
        Sure::Yes
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let whole = Span::new(0, input.size());
        let detail = kind(input).ok_or_else(|| Fault::malformed(0, "this is no pointer file"))?;
        for key in ["oid", "size"] {
            if let Some(value) = value(input, key) {
                let (key, value) = (Name::from(key), Name::from(value));
                out.fact(whole, Metadata { key, value, classes: vec!["text"] });
            }
        }
        out.covered(whole);
        out.gap(GapCode::Pointer, whole, detail);
        Ok(())
    }
}

/// What to do to have the file, if these bytes are a pointer to it.
fn kind(bytes: &Bytes) -> Option<String> {
    if bytes.size() >= LARGEST {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let lfs = ["version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/"];
    if lfs.iter().any(|start| text.starts_with(start)) && value(bytes, "oid").is_some() {
        let size = value(bytes, "size").unwrap_or_default();
        let size = String::from_utf8_lossy(size).into_owned();
        return Some(format!("a Git LFS pointer to a file of {size} bytes; `git lfs pull` fetches it"));
    }
    if text.starts_with("/annex/objects/") || text.starts_with("../.git/annex/objects/") {
        return Some("a git-annex pointer to a file that is not here; `git annex get` fetches it".to_owned());
    }
    let xet = text.starts_with("# xet version ");
    xet.then(|| "a Xet pointer to a file that is not here; `git xet checkout` fetches it".to_owned())
}

/// What follows `key` and a space on a line of its own.
fn value<'a>(bytes: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let found = lines.find_map(|line| line.strip_prefix(key.as_bytes())?.strip_prefix(b" "))?;
    Some(found.trim_ascii_end())
}

impl Format for Dvc {
    fn about(&self) -> &'static About {
        &DVC
    }

    fn probe(&self, input: &Bytes, place: &Place) -> Sure {
        let named = place.name().extension() == "dvc" && input.size() <= LARGEST_DVC;
        let shaped = named && memchr::memmem::find(input, b"outs:").is_some();
        if shaped && std::str::from_utf8(input).is_ok() { Sure::Yes } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mut at = 0;
        for line in input.split_inclusive(|&byte| byte == b'\n') {
            let span = Span::new(at, wide(line.len()));
            at = span.end();
            let line = line.trim_ascii();
            let line = line.strip_prefix(b"- ").unwrap_or(line).trim_ascii();
            if let Some(to) = line.strip_prefix(b"path: ") {
                let to = Name::from(to.trim_ascii());
                let hazards = path::hazards(&to);
                out.fact(span, Reference { to, what: "file", purpose: "dvc", hazards, needs: 0 });
            }
        }
        out.covered(Span::new(0, input.size()));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
