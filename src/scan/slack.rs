//! What lies where no format looks: padding, or something hidden.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use memchr::memmem;
use regex::bytes::Regex;

use super::detect;
use crate::{
    bytes::{Budget, Bytes, Name, Span, index, wide},
    formats::{Child, Emit, Format, Place, Role, Source},
};

/// Runs of zeros up to this length are padding.
const PADDING: u64 = 1 << 20;
/// How far into a hole the start of something is looked for.
const SEARCHED: u64 = 8 << 20;

/// Longest file that is looked through though nothing speaks for a model.
const ODD: u64 = 1 << 20;
/// Places of one kind in a hole that are looked at closely.
const MOST: usize = 256;

/// How archives, packed streams and pickles begin.
const MARKS: [&[u8]; 11] = [
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"\x04\x22\x4d\x18",
    b"\x28\xb5\x2f\xfd",
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
];

/// What an import looks like in a pickle of protocol 0 or 1.
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let import = r"(?-u)[ci][A-Za-z_][A-Za-z0-9_.]{0,99}\n[A-Za-z_][A-Za-z0-9_.]{0,99}\n";
    Regex::new(import).ok()
});

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

/// Things that begin in a hole and that some format is sure of.
pub(super) fn children(bytes: &Bytes, holes: &[Span], place: &Place, budget: &Budget) -> Vec<Child> {
    let mut found = Vec::new();
    for hole in holes {
        let Some(slack) = bytes.slice(hole.start, hole.len) else { continue };
        if budget.spend(hole.len.min(SEARCHED) >> 4).is_err() {
            break;
        }
        // What begins where the artifact does is the artifact itself.
        if let Some(at) = first_start(&slack, u64::from(hole.start == 0), place, budget) {
            let span = Span::between(hole.start.saturating_add(at), hole.end());
            let source = Source::Open(slack.from(at));
            let name = Name::from(format!("bytes@{}", span.start));
            found.push(Child { name, span: Some(span), source, role: Role::Slack });
        }
    }
    found
}

/// Offset of the first place in the slack, from `least` on, at which a format begins.
fn first_start(slack: &Bytes, least: u64, place: &Place, budget: &Budget) -> Option<u64> {
    let inner = Place {
        names: vec![Name::default()],
        depth: place.depth.saturating_add(1),
        role: Role::Slack,
        deep: false,
        mapped: false,
    };
    let begins = |at: u64| begins(&slack.from(at), &inner, budget);
    if least == 0 && begins(0) {
        return Some(0);
    }
    let searched = slack.get(..index(SEARCHED).min(slack.len())).unwrap_or(slack);
    let mut starts: Vec<u64> =
        MARKS.iter().flat_map(|mark| memmem::find_iter(searched, mark).take(MOST).map(wide)).collect();
    starts.extend(
        IMPORT
            .iter()
            .flat_map(|import| import.find_iter(searched).take(MOST).map(|found| wide(found.start()))),
    );
    starts.sort_unstable();
    starts.into_iter().find(|&at| at >= least && begins(at))
}

/// Whether a format is sure that the bytes begin here, or convinces after a trial.
pub(super) fn begins(part: &Bytes, place: &Place, budget: &Budget) -> bool {
    let claims = detect::claims(part, place);
    let tried = |format: &&dyn Format| {
        let mut emit = Emit::new(place, budget);
        let outcome = catch_unwind(AssertUnwindSafe(|| format.parse(part, &mut emit)));
        outcome.is_ok() && format.convinces(&emit.finish(), part, place, false)
    };
    !claims.sure.is_empty() || claims.trial.iter().any(tried)
}
