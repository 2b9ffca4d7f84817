//! Data of tensors that lie in other files, and how loaders would follow them.
//!
//! `onnx/external_data_helper.py` (`ExternalDataInfo`) takes the last value of each key, knows `location`,
//! `offset`, `length`, `checksum` and `basepath`, and before 1.21 set any key as an attribute. ONNX Runtime
//! (`core/framework/tensor_external_data_info.cc`) refuses keys that it does not know.

use std::collections::BTreeMap;

use crate::{
    bytes::{Name, Span, wide},
    facts::Reference,
    formats::Emit,
};

/// Bytes that no file system holds in one file.
const LARGEST: u64 = 1 << 60;

/// What the entries of one tensor say.
#[derive(Clone, Debug, Default)]
pub(super) struct External<'a> {
    location: Option<&'a [u8]>,
    offset: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
    hazards: Vec<&'static str>,
    /// Keys that nobody knows.
    strange: Vec<(&'a [u8], Span)>,
    span: Option<Span>,
}

impl<'a> External<'a> {
    /// Adds an entry.
    pub(super) fn entry(&mut self, span: Span, key: &'a [u8], value: &'a [u8]) {
        self.span.get_or_insert(span);
        let place = match key {
            b"location" => {
                self.span = Some(span);
                &mut self.location
            }
            b"offset" => &mut self.offset,
            b"length" => &mut self.length,
            b"checksum" | b"basepath" => return,
            _ => return self.strange.push((key, span)),
        };
        if place.replace(value).is_some() {
            self.hazard("duplicate-key");
        }
    }

    /// Whether there is an entry.
    pub(super) const fn is_some(&self) -> bool {
        self.span.is_some()
    }

    fn hazard(&mut self, hazard: &'static str) {
        if !self.hazards.contains(&hazard) {
            self.hazards.push(hazard);
        }
    }

    fn number(&mut self, text: Option<&[u8]>) -> Option<u64> {
        let text = std::str::from_utf8(text?).unwrap_or_default().trim();
        let number = text.parse::<u64>().ok();
        if number.is_none() {
            let negative = text.strip_prefix('-').is_some_and(|digits| digits.parse::<u64>().is_ok());
            self.hazard(if negative { "negative" } else { "not-a-number" });
        }
        number
    }
}

/// All files that the model refers to.
#[derive(Default)]
pub(super) struct References(BTreeMap<Key, Seen>);

/// Where to, what for, and what is unsafe about it.
type Key = (Name, &'static str, Vec<&'static str>);

struct Seen {
    span: Span,
    needs: u64,
    count: u64,
}

impl References {
    /// Adds what one tensor refers to; `bytes` are what its shape takes, if that is known.
    pub(super) fn tensor(&mut self, mut external: External<'_>, bytes: Option<u64>, most: u64) {
        let (offset, length) = (external.offset, external.length);
        let begin = external.number(offset).unwrap_or_default();
        let len = external.number(length).or(bytes).unwrap_or_default();
        let span = external.span.unwrap_or_default();
        let location = external.location.unwrap_or_default();
        let mut hazards = external.hazards;
        hazards.extend(path_hazards(location));
        let needs = begin.saturating_add(len);
        if needs > LARGEST {
            hazards.push("out-of-range");
        }
        for (key, span) in external.strange {
            let seen = Seen { span, needs: 0, count: 0 };
            self.add((Name::from(key), "external-data", vec!["unknown-key"]), seen, most);
        }
        let seen = Seen { span, needs, count: 0 };
        self.add((Name::from(location), "external-data", hazards), seen, most);
    }

    /// Adds the file that an `EPContext` node names.
    pub(super) fn context(&mut self, path: &[u8], span: Span, most: u64) {
        let seen = Seen { span, needs: 0, count: 0 };
        self.add((Name::from(path), "ep-context", path_hazards(path)), seen, most);
    }

    /// Adds one use. One more than `most` facts are kept, so that the limit is found to be reached.
    fn add(&mut self, key: Key, new: Seen, most: u64) {
        if wide(self.0.len()) > most && !self.0.contains_key(&key) {
            return;
        }
        let needs = new.needs;
        let seen = self.0.entry(key).or_insert(new);
        seen.needs = seen.needs.max(needs);
        seen.count = seen.count.saturating_add(1);
    }

    /// States one fact for each file.
    pub(super) fn state(self, out: &mut Emit<'_>) {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_by_key(|(_, seen)| seen.span);
        for ((to, purpose, hazards), Seen { span, needs, count }) in all {
            let what = match hazards.as_slice() {
                ["unknown-key"] => "setting",
                hazards if hazards.contains(&"url") => "url",
                _ => "path",
            };
            out.fact_times(count, span, Reference { to, what, purpose, hazards, needs });
        }
    }
}

/// What is unsafe about a path that should name a file beside the model.
fn path_hazards(path: &[u8]) -> Vec<&'static str> {
    let parts = || path.split(|byte| matches!(byte, b'/' | b'\\'));
    let trim =
        |part: &[u8]| part.iter().filter(|byte| !matches!(byte, b' ' | b'#')).copied().collect::<Vec<_>>();
    let hazards = [
        ("empty", path.is_empty()),
        ("absolute", path.starts_with(b"/") || path.starts_with(b"\\")),
        ("parent", parts().any(|part| trim(part) == b"..")),
        ("drive", matches!(path, [letter, b':', ..] if letter.is_ascii_alphabetic())),
        ("backslash", path.contains(&b'\\')),
        ("url", memchr::memmem::find(path, b"://").is_some()),
        ("nul", path.contains(&0)),
        ("control", path.iter().any(|&byte| byte != 0 && byte < b' ')),
    ];
    hazards.into_iter().filter(|(_, is)| *is).map(|(word, _)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::path_hazards;

    #[test]
    fn paths_that_lead_elsewhere_are_named() {
        for honest in [&b"model.onnx_data"[..], b"weights/layer.0", b"a..b/c", b"1/x"] {
            assert_eq!(path_hazards(honest), [""; 0]);
        }
        let cases: [(&[u8], &[&str]); 8] = [
            (b"/etc/passwd", &["absolute"]),
            (b"a/../../x", &["parent"]),
            (b"#../x", &["parent"]),
            (b"C:x", &["drive"]),
            (b"..\\x", &["parent", "backslash"]),
            (b"http://h/x", &["url"]),
            (b"a\0b\n", &["nul", "control"]),
            (b"", &["empty"]),
        ];
        for (path, hazards) in cases {
            assert_eq!(path_hazards(path), hazards);
        }
    }
}
