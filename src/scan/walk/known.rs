//! Files that are known by their place and not read.

use std::{ffi::OsStr, fs, path::Path};

/// Where Linux shows the kernel as files.
const KERNEL: &[&str] = &["/proc", "/sys", "/sys/kernel/debug", "/sys/kernel/tracing"];

/// Devices of the file systems that show the kernel as files, as far as they are there.
pub(super) fn kernel(device: impl Fn(&Path) -> Option<u64>) -> Vec<u64> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let root = device(Path::new("/"));
    let mounted = KERNEL.iter().filter_map(|path| device(Path::new(path)));
    mounted.filter(|&one| Some(one) != root).collect()
}

/// Endings of files beside which byte code may be part of a model.
const WEIGHTS: &[&str] = &[
    "bin",
    "ckpt",
    "gguf",
    "h5",
    "joblib",
    "keras",
    "npy",
    "npz",
    "onnx",
    "pickle",
    "pkl",
    "pt",
    "pth",
    "safetensors",
];

/// Files of `objects/pack` and `objects/info`.
const PACKS: &[&str] =
    &["pack-", "tmp_pack_", "tmp_idx_", "multi-pack-index", "packs", "commit-graph", "alternates"];

/// Whether a directory called `objects` is the object store of a Git repository.
pub(super) fn is_object_store(directory: &Path) -> bool {
    let Some(repository) = directory.parent() else { return false };
    directory.file_name() == Some(OsStr::new("objects"))
        && repository.join("HEAD").exists()
        && repository.join("refs").exists()
}

/// Whether a path below an object store has the name that Git gives to an object, a pack or an index.
///
/// Anything else that lies there is read like any file.
pub(super) fn is_object(path: &Path) -> bool {
    let (Some(name), Some(folder)) = (word(path), path.parent().and_then(word)) else { return false };
    match folder {
        "pack" | "info" => PACKS.iter().any(|start| name.starts_with(start)),
        _ => folder.len() == 2 && is_hex(folder) && matches!(name.len(), 38 | 62) && is_hex(name),
    }
}

/// Whether a directory holds byte code of modules that lie beside no model.
pub(super) fn is_code_cache(directory: &Path) -> bool {
    if directory.file_name() != Some(OsStr::new("__pycache__")) {
        return false;
    }
    let beside = directory.parent().map(fs::read_dir);
    let Some(Ok(mut beside)) = beside else { return false };
    !beside.any(|entry| entry.is_ok_and(|entry| has_ending(Path::new(&entry.file_name()), WEIGHTS)))
}

/// Whether a file below `.no_exist` of the hub's cache says that the model has no such file.
pub(super) fn is_absence(path: &Path, size: u64) -> bool {
    size == 0 && path.ancestors().skip(2).any(|above| above.file_name() == Some(OsStr::new(".no_exist")))
}

/// Whether a link leads to where git-annex would keep the file.
pub(super) fn is_annexed(target: &Path) -> bool {
    let parts: Vec<_> = target.iter().collect();
    parts.windows(2).any(|two| two == [OsStr::new("annex"), OsStr::new("objects")])
}

/// Whether a file has the name of Python byte code.
pub(super) fn is_byte_code(path: &Path) -> bool {
    has_ending(path, &["pyc", "pyo"])
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn word(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
