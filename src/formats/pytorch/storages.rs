//! The storages that pickles refer to, against the members that are there.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::root;
use crate::{
    bytes::{Name, Span, index, wide},
    facts::{Said, Storage},
    formats::{Emit, Role, Told, zip::Archive},
};

/// Compares references with members. Members that a reference of exactly their size proves to be the bytes of
/// a tensor are covered; all others among `rest` are handed over.
pub(super) fn settle(mut archive: Archive, rest: &[usize], told: &[Told], out: &mut Emit<'_>) {
    let names = by_name(&archive);
    let mut proved: BTreeSet<usize> = BTreeSet::new();
    let mut refuted: BTreeSet<usize> = BTreeSet::new();
    for one in told {
        for fact in &one.facts {
            let Said::Storage(storage) = &fact.said else { continue };
            let members = members(&names, one.name.as_bytes(), storage.key.as_bytes());
            let (span, oddities) = judge(&archive, storage, members);
            let sound = oddities.is_empty() && storage.width > 0;
            if sound { &mut proved } else { &mut refuted }.extend(members);
            if !oddities.is_empty() {
                out.fact(span, Storage { oddities, ..(**storage).clone() });
            }
        }
    }
    for &at in rest {
        let plain = archive.entry(at).is_some_and(|entry| entry.oddities.is_empty());
        if plain && proved.contains(&at) && !refuted.contains(&at) {
            archive.cover(at, out);
        } else {
            archive.hand(at, Role::Any, out);
        }
    }
}

type Names = BTreeMap<Vec<u8>, Vec<usize>>;

/// Members by name without regard to case.
fn by_name(archive: &Archive) -> Names {
    let mut names = Names::new();
    for (at, entry) in archive.entries().iter().enumerate() {
        names.entry(entry.name.as_bytes().to_ascii_lowercase()).or_default().push(at);
    }
    names
}

/// The members that a reference to `key` in the pickle of this name may mean.
///
/// `data.pkl` means `data/KEY`, `constants.pkl` means `constants/KEY`; the lite interpreter's `bytecode.pkl`
/// shares `constants`; any pickle of `torch.package` means `.data/KEY.storage`.
fn members<'a>(names: &'a Names, pickle: &[u8], key: &[u8]) -> &'a [usize] {
    let pickle = pickle.to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let stem = pickle.strip_suffix(b".pkl").unwrap_or(&pickle);
    let root = root(&pickle);
    let places = [
        [stem, b"/", &key].concat(),
        [root, b"/.data/", &key, b".storage"].concat(),
        [root, b"/constants/", &key].concat(),
    ];
    let own = pickle.ends_with(b"/data.pkl");
    let tried = places.iter().take(if own { 2 } else { places.len() });
    tried.filter_map(|place| names.get(place)).map(Vec::as_slice).next().unwrap_or_default()
}

/// What is wrong with a reference, and where.
fn judge(archive: &Archive, storage: &Storage, members: &[usize]) -> (Span, Vec<&'static str>) {
    let mut oddities = storage.oddities.clone();
    let mut add = |holds: bool, oddity: &'static str| {
        if holds && !oddities.contains(&oddity) {
            oddities.push(oddity);
        }
    };
    let expected = storage.elements.checked_mul(storage.width);
    add(!is_plain(&storage.key), "odd-key");
    // A tensor on the device `meta` has no bytes.
    let needs = storage.device.as_bytes() != b"meta" && expected != Some(0);
    add(members.is_empty() && needs, "missing");
    let mut span = Span::default();
    for entry in members.iter().filter_map(|&at| archive.entry(at)) {
        span = entry.data;
        let differs = expected != Some(entry.size) && (needs || entry.size > 0);
        add(storage.width > 0 && differs, "size-differs");
    }
    (span, oddities)
}

/// Whether a key is what `torch.save` makes: a number, or a plain word.
fn is_plain(key: &Name) -> bool {
    let bytes = key.as_bytes();
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !bytes.is_empty()
        && bytes.iter().all(word)
        && bytes != b"."
        && bytes != b".."
        && wide(bytes.len()) <= wide(index(255))
}
