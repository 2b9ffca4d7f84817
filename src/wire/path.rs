//! What is wrong with a path that a file gives.

use crate::bytes::Name;

/// What a path would do that a plain relative one does not: `absolute`, `parent`, `drive`, `backslash`,
/// `nul`, `control`.
#[must_use]
pub fn hazards(path: &Name) -> Vec<&'static str> {
    let bytes = path.as_bytes();
    let split = |byte: &u8| matches!(byte, b'/' | b'\\');
    let drive = matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    [
        ("absolute", matches!(bytes.first(), Some(b'/' | b'\\'))),
        ("parent", bytes.split(split).any(|part| part == b"..")),
        ("drive", drive),
        ("backslash", bytes.contains(&b'\\')),
        ("nul", bytes.contains(&0)),
        ("control", bytes.iter().any(|&byte| byte != 0 && byte < 0x20 || byte == 0x7f)),
    ]
    .into_iter()
    .filter_map(|(word, holds)| holds.then_some(word))
    .collect()
}

/// Whether a link at `path` that leads to `target` leaves the folder that `path` is counted from.
#[must_use]
pub fn leaves_root(path: &Name, target: &Name) -> bool {
    let to = target.as_bytes();
    if matches!(to, [b'/' | b'\\', ..] | [_, b':', ..]) {
        return true;
    }
    let split = |byte: &u8| matches!(byte, b'/' | b'\\');
    let folder = path.as_bytes().rsplitn(2, |&byte| byte == b'/').nth(1).unwrap_or_default();
    let mut depth = 0_i64;
    for part in folder.split(split).chain(to.split(split)) {
        depth = match part {
            b"" | b"." => depth,
            b".." => depth.saturating_sub(1),
            _ => depth.saturating_add(1),
        };
        if depth < 0 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_path_has_no_hazard() {
        assert!(hazards(&Name::from("a/b..c/d.pkl")).is_empty());
        assert_eq!(hazards(&Name::from("/a/../b")), ["absolute", "parent"]);
        assert_eq!(hazards(&Name::from("C:\\x")), ["drive", "backslash"]);
        assert_eq!(hazards(&Name::from("a\0b\n")), ["nul", "control"]);
    }

    #[test]
    fn a_link_may_climb_as_far_as_the_root() {
        let leaves = |path: &str, target: &str| leaves_root(&Name::from(path), &Name::from(target));
        assert!(!leaves("a/b/link", "../../c"));
        assert!(leaves("a/b/link", "../../../c"));
        assert!(leaves("link", "/etc/passwd"));
        assert!(!leaves("link", "a"));
    }
}
