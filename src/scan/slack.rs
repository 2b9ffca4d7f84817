//! What names and bytes say when no format does: padding, or what should be a model.

use crate::{
    bytes::{Bytes, Name},
    formats::Place,
};

/// Runs of zeros up to this length are padding.
const PADDING: u64 = 1 << 20;
/// Longest file that is looked through though nothing speaks for a model.
const ODD: u64 = 1 << 20;
/// File name extensions under which models are kept, whatever the bytes.
static MODEL_NAMES: &str = include_str!("model-names.txt");

/// Whether a file of this name should be a model.
pub(super) fn model_name(name: &Name) -> bool {
    let extension = name.extension();
    !extension.is_empty() && MODEL_NAMES.lines().any(|line| line == extension)
}

/// Whether a model should be in this place. Where Python packages are installed `.pth` is the ending of lists of
/// folders.
pub(super) fn expected(place: &Place) -> bool {
    let name = place.name();
    model_name(&name) && !(place.installed() && name.extension() == "pth")
}

/// Whether bytes are nothing but zeros, few enough to be padding.
pub(super) fn is_padding(bytes: &Bytes) -> bool {
    bytes.size() <= PADDING && bytes.iter().all(|&byte| byte == 0)
}

/// Whether bytes are few enough to be looked through though nothing speaks for a model, and no text of today.
pub(super) fn odd(bytes: &Bytes) -> bool {
    bytes.size() <= ODD && std::str::from_utf8(bytes).map_or(true, |text| text.contains('\0'))
}

/// What to say of bytes that no format claims.
pub(super) fn unrecognised(bytes: &Bytes, place: &Place) -> String {
    if bytes.is_empty() {
        return "the file is empty".to_owned();
    }
    let head: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let extension = place.name().extension();
    format!(
        "begins with {}, which is no format that mlscan knows, though the name ends in .{extension}",
        head.join(" ")
    )
}
