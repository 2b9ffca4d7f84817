//! What the names in an archive would do to who extracts it, the same in every kind of archive.

use std::collections::HashMap;

use super::Emit;
use crate::{
    bytes::{Name, Span},
    facts::Entry,
    wire::{path::leaves_root, same_file},
};

/// Names that Windows keeps for devices, whatever their extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];
const PORTS: &[&str] = &["com", "lpt"];
/// Longest component that file systems take.
const LONGEST_PART: usize = 255;

/// What could go wrong if the name became a path.
pub(super) fn hazards(name: &Name) -> Vec<&'static str> {
    let bytes = name.as_bytes();
    let parts = || bytes.split(|&byte| matches!(byte, b'/' | b'\\'));
    let drive = matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    let found = [
        ("absolute", matches!(bytes.first(), Some(b'/' | b'\\'))),
        ("parent", parts().any(|part| part == b"..")),
        ("drive", drive),
        ("backslash", bytes.contains(&b'\\')),
        ("nul", bytes.contains(&0)),
        ("control", bytes.iter().any(|&byte| (1..32).contains(&byte) || byte == 127)),
        ("device-name", parts().any(is_device)),
        ("home", bytes.starts_with(b"~")),
        ("option", bytes.starts_with(b"-") && bytes != b"-"),
        ("trailing-dot", parts().any(is_trimmed)),
        ("too-long", parts().any(|part| part.len() > LONGEST_PART)),
        ("invisible", name.as_str().is_some_and(|text| text.chars().any(is_invisible))),
        ("lookalike", name.as_str().is_some_and(|text| text.chars().any(is_lookalike))),
    ];
    found.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect()
}

/// Whether Windows would take dots or spaces off its end.
fn is_trimmed(part: &[u8]) -> bool {
    matches!(part.last(), Some(b'.' | b' ')) && part != b"." && part != b".."
}

/// Direction marks and characters that cannot be seen.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Characters that look like a dot or a slash, or are made into one by a file system.
const fn is_lookalike(c: char) -> bool {
    matches!(
        c,
        '\u{2024}' | '\u{2025}' | '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff3c}'
    )
}

fn is_device(part: &[u8]) -> bool {
    let stem = part.split(|&byte| byte == b'.').next().unwrap_or_default().to_ascii_lowercase();
    let Ok(stem) = std::str::from_utf8(&stem) else { return false };
    let port = || {
        PORTS.iter().any(|port| {
            stem.strip_prefix(port)
                .is_some_and(|n| n.len() == 1 && n != "0" && n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    DEVICES.contains(&stem) || port()
}

/// One name in an archive.
pub(super) struct Item<'a> {
    /// The name.
    pub(super) name: &'a Name,
    /// `file`, `directory`, `link`, `hard-link` or `device`.
    pub(super) what: &'static str,
    /// Where a link leads.
    pub(super) target: &'a Name,
    /// Unix mode.
    pub(super) mode: u64,
}

impl Item<'_> {
    /// What extracting it would do.
    pub(super) fn hazards(&self) -> Vec<&'static str> {
        let mut found = hazards(self.name);
        let leaves = match self.what {
            "hard-link" => leaves_root(&Name::default(), self.target),
            "link" => leaves_root(self.name, self.target),
            _ => false,
        };
        let more = [
            ("device", self.what == "device"),
            ("leaves-root", leaves),
            ("set-uid", self.what == "file" && self.mode & 0o6000 != 0),
        ];
        found.extend(more.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word));
        found
    }
}

/// The kind of file that a Unix mode tells.
pub(super) const fn kind(mode: u64) -> &'static str {
    match mode & 0o170_000 {
        0o120_000 => "link",
        0o060_000 | 0o020_000 | 0o010_000 | 0o140_000 => "device",
        0o040_000 => "directory",
        _ => "file",
    }
}

/// The names met so far in one archive.
#[derive(Default)]
pub(super) struct Names(HashMap<Vec<u8>, Name>);

impl Names {
    /// States an item that is out of the ordinary, also by being there before under the same name or one that
    /// some systems take for the same.
    pub(super) fn state(&mut self, item: &Item<'_>, span: Span, out: &mut Emit<'_>) {
        let mut hazards = item.hazards();
        if item.what != "directory" {
            hazards.extend(self.again(item.name));
        }
        if !hazards.is_empty() {
            let (name, target) = (item.name.clone(), item.target.clone());
            out.fact(span, Entry { name, what: item.what, hazards, target });
        }
    }

    fn again(&mut self, name: &Name) -> Option<&'static str> {
        let bytes = name.as_bytes();
        let plain = Name::from(bytes.strip_prefix(b"./").unwrap_or(bytes));
        let known = self.0.insert(same_file::folded(&plain), plain.clone())?;
        Some(same_file::word(&known, &plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hazard_is_told() {
        let told = |name: &str| hazards(&Name::from(name));
        assert_eq!(told("a/b..c/..d/e.txt"), Vec::<&str>::new());
        assert_eq!(told("./a"), Vec::<&str>::new());
        assert_eq!(told("/etc/x"), ["absolute"]);
        assert_eq!(told("a/../../x"), ["parent"]);
        assert_eq!(told("C:\\x"), ["drive", "backslash"]);
        assert_eq!(told("..\\x"), ["parent", "backslash"]);
        assert_eq!(told("a\0b\n"), ["nul", "control"]);
        assert_eq!(told("a/NUL.txt"), ["device-name"]);
        assert_eq!(told("com1"), ["device-name"]);
        assert_eq!(told("~/x"), ["home"]);
        assert_eq!(told("-rf"), ["option"]);
        assert_eq!(told("a./b"), ["trailing-dot"]);
        assert_eq!(told(&"a".repeat(256)), ["too-long"]);
        assert_eq!(told("\u{202e}gpj.exe"), ["invisible"]);
        assert_eq!(told("a/\u{2025}/x"), ["lookalike"]);
        assert_eq!(told("common/complete/com10"), Vec::<&str>::new());
    }

    #[test]
    fn names_that_some_systems_take_for_one_are_told() {
        let (place, budget) =
            (crate::formats::Place::default(), crate::bytes::Budget::new(Default::default()));
        let mut out = Emit::new(&place, &budget);
        let mut names = Names::default();
        for name in ["a/B", "a/b", "a/b", "a/b. ", "caf\u{e9}", "cafe\u{301}", "other"] {
            let item = Item { name: &Name::from(name), what: "file", target: &Name::default(), mode: 0 };
            names.state(&item, Span::default(), &mut out);
        }
        let hazards: Vec<String> = out
            .finish()
            .facts
            .iter()
            .map(|fact| match &fact.said {
                crate::facts::Said::Entry(entry) => entry.hazards.join(" "),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(hazards, ["case-collision", "duplicate", "trailing-dot form-collision", "form-collision"]);
    }
}
