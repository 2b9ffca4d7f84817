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
    for one in told {
        for fact in &one.facts {
            let Said::Storage(storage) = &fact.said else { continue };
            let members = members(&names, one.name.as_bytes(), storage.key.as_bytes());
            let exact = exact(&archive, storage, members);
            let unsaved = one.name.file_name().eq_ignore_ascii_case(UNSAVED);
            let (span, oddities) = judge(&archive, storage, members, !exact.is_empty() || unsaved);
            if oddities.is_empty() {
                proved.extend(exact);
            }
            // What the pickle itself shows was said by its own parser.
            if oddities != storage.oddities {
                out.fact(span, Storage { oddities, ..(**storage).clone() });
            }
        }
    }
    for &at in rest {
        let plain = archive.entry(at).is_some_and(|entry| entry.oddities.is_empty());
        let tensor = plain && proved.contains(&at);
        if tensor && out.place().deep {
            archive.hand(at, Role::Opaque, out);
        } else if tensor {
            archive.cover(at, out);
        } else {
            archive.hand(at, Role::Any, out);
        }
    }
}

/// The members that have exactly the bytes that a reference wants, in each directory in which all of this name
/// do: a file may hold several archives, one behind the other, and a reference means those of its own.
fn exact(archive: &Archive, storage: &Storage, members: &[usize]) -> Vec<usize> {
    let Some(expected) = storage.elements.checked_mul(storage.width).filter(|_| storage.width > 0) else {
        return Vec::new();
    };
    let entry = |at: &usize| archive.entry(*at);
    let listing = |at: &usize| entry(at).and_then(|entry| entry.listing);
    let groups = members.chunk_by(|a, b| listing(a) == listing(b));
    let whole = groups.filter(|group| group.iter().filter_map(entry).all(|entry| entry.size == expected));
    whole.flatten().copied().collect()
}

/// `torch.jit.trace` keeps the shapes of its inputs in this pickle, with storages of no bytes.
const UNSAVED: &[u8] = b"traced_inputs.pkl";

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
fn judge(archive: &Archive, storage: &Storage, members: &[usize], exact: bool) -> (Span, Vec<&'static str>) {
    let mut oddities = storage.oddities.clone();
    let mut add = |holds: bool, oddity: &'static str| {
        if holds && !oddities.contains(&oddity) {
            oddities.push(oddity);
        }
    };
    add(!is_plain(&storage.key), "odd-key");
    // A tensor on the device `meta` has no bytes.
    let needs = storage.device.as_bytes() != b"meta" && (storage.elements > 0 || storage.width == 0);
    add(members.is_empty() && needs, "missing");
    let mut found = members.iter().filter_map(|&at| archive.entry(at));
    let span = found.clone().next().map(|entry| entry.data).unwrap_or_default();
    add(storage.width > 0 && !exact && found.any(|entry| needs || entry.size > 0), "size-differs");
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
