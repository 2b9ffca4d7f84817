//! Names of members as extracting them would use them.

use crate::bytes::Name;

/// Names that Windows keeps for devices, whatever their extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];
const PORTS: &[&str] = &["com", "lpt"];

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
    ];
    found.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect()
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
        .all(|hazard| matches!(*hazard, "parent" | "control" | "device-name"))
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
