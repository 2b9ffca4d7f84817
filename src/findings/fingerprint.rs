//! What stays the same of a finding when a file is rebuilt, renamed or moved.

use std::{collections::BTreeMap, fmt::Write as _};

use sha2::{Digest as _, Sha256};

use crate::bytes::Name;

/// `v1:` and the SHA-256 of rule, members (without the archive's root folder) and evidence; never of
/// offsets or the outer path.
#[must_use]
pub fn fingerprint(rule: &str, members: &[Name], evidence: &BTreeMap<String, serde_json::Value>) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update(crate::bytes::wide(bytes.len()).to_le_bytes());
        hash.update(bytes);
    };
    part(rule.as_bytes());
    for member in members {
        part(without_root(member.as_bytes()));
    }
    for (key, value) in evidence {
        part(key.as_bytes());
        part(value.to_string().as_bytes());
    }
    let mut text = String::from("v1:");
    for byte in hash.finalize() {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

/// `model/data.pkl` and `archive/data.pkl` are the same member.
fn without_root(name: &[u8]) -> &[u8] {
    let slash = name.iter().position(|&byte| byte == b'/');
    slash.and_then(|at| name.get(at.saturating_add(1)..)).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_folder_does_not_count() {
        let none = BTreeMap::new();
        let one = fingerprint("rule", &["a/data.pkl".into()], &none);
        assert_eq!(one, fingerprint("rule", &["archive/data.pkl".into()], &none));
        assert_ne!(one, fingerprint("rule", &["a/other.pkl".into()], &none));
        assert!(one.starts_with("v1:") && one.len() == 67);
    }
}
