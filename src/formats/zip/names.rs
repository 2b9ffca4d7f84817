//! Names of members as extracting them would use them.

use crate::bytes::Name;

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

/// Whether a link called `name` that leads to `target` leaves the folder into which the archive is extracted.
pub(super) fn leaves_root(name: &Name, target: &[u8]) -> bool {
    if !hazards(&Name::from(target))
        .iter()
        .all(|hazard| !matches!(*hazard, "absolute" | "drive" | "backslash" | "nul"))
    {
        return true;
    }
    let mut depth: i64 = 0;
    let folders =
        name.as_bytes().rsplit(|&byte| byte == b'/').skip(1).filter(|part| !part.is_empty()).count();
    for part in target.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => depth = depth.saturating_sub(1),
            _ => depth = depth.saturating_add(1),
        }
        if depth.saturating_add_unsigned(crate::bytes::wide(folders)) < 0 {
            return true;
        }
    }
    false
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
    fn a_link_leaves_the_root_only_if_it_climbs_above_it() {
        let name = Name::from("a/b/link");
        assert!(!leaves_root(&name, b"../../c"));
        assert!(!leaves_root(&name, b"x/../../.."));
        assert!(leaves_root(&name, b"../../../etc/passwd"));
        assert!(leaves_root(&name, b"/etc/passwd"));
    }
}
