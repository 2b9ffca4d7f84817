//! What the tests share: the fixtures, their manifests, and the exceptions from what is promised of them.

#![allow(dead_code, reason = "each test program uses a part")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
};

use globset::Glob;
use mlscan::{
    Digest, Scanner,
    bytes::Limits,
    findings::{Coverage, Finding, Scanned},
};

/// One file of a folder of `fixtures/`.
pub(crate) struct Fixture {
    /// Folder and name: `pickle/evil-eval.pkl`.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// Every fixture, sorted by path.
pub(crate) static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let root = repository("fixtures");
    let mut found = Vec::new();
    for folder in entries(&root).iter().filter(|path| path.is_dir()) {
        for file in files_below(folder, "").into_iter().filter(|file| base(file) != "make.py") {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(Fixture { path, bytes: fs::read(&file).unwrap() });
        }
    }
    found
});

/// The built-in rules, no digests, and so little unpacking that archives made to hurt cost little.
pub(crate) static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let mut limits = Limits::default();
    limits.unpacked = 8 << 20;
    Scanner::builder().digest(Digest::Never).limits(limits).build()
});

/// A path in this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What is in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every file below a folder whose name ends so, sorted; links are left out.
pub(crate) fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if base(&path).ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The last part of a path.
pub(crate) fn base(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The rows of a table of tab-separated cells, without its header.
pub(crate) fn rows(path: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository(path)).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Whether snapshots are to be written anew.
pub(crate) fn blessing() -> bool {
    env::var_os("MLSCAN_BLESS").is_some()
}

/// Whether somebody would take the file for a model that has been read and is harmless.
pub(crate) fn clean(scanned: &Scanned) -> bool {
    let complete = scanned.artifact.as_ref().is_some_and(|it| it.coverage == Coverage::Complete);
    complete && scanned.findings.is_empty()
}

/// All that a finding says to people and machines, as one text.
pub(crate) fn words(finding: &Finding) -> String {
    let mut text = format!("{}\n{}\n", finding.title, finding.message);
    for member in &finding.members {
        text += &format!("{member}\n");
    }
    for (key, value) in &finding.evidence {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text += &format!("{key} {value}\n");
    }
    if let (Some(module), Some(name)) = (finding.evidence.get("module"), finding.evidence.get("name")) {
        text += &format!("{}.{}\n", module.as_str().unwrap_or_default(), name.as_str().unwrap_or_default());
    }
    for related in &finding.related {
        text += &format!("{}\n", related.message);
    }
    text
}

const EXCEPTIONS: &str = "tests/support/exceptions.tsv";

static TABLE: Mutex<()> = Mutex::new(());

/// Compares what broke a promise (path and what happened) with the exceptions listed for it.
///
/// What broke it and is not listed fails the test, and so does a row that nothing needs any more;
/// `MLSCAN_BLESS=1` takes such rows out.
pub(crate) fn settle(promise: &str, broken: &BTreeMap<String, String>) {
    let _one_at_a_time = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut excepted = BTreeSet::new();
    let mut stale = Vec::new();
    for row in rows(EXCEPTIONS).into_iter().filter(|row| row[0] == promise) {
        assert!(row.len() == 3 && !row[2].trim().is_empty(), "{EXCEPTIONS}: promise, path, reason: {row:?}");
        let glob = Glob::new(&row[1]).unwrap().compile_matcher();
        let before = excepted.len();
        let matching: Vec<&String> = broken.keys().filter(|path| glob.is_match(path.as_str())).collect();
        excepted.extend(matching.iter().copied());
        if excepted.len() == before {
            stale.push(row.join("\t"));
        }
    }
    let new: Vec<String> = broken
        .iter()
        .filter(|(path, _)| !excepted.contains(path))
        .map(|(path, what)| format!("{promise}\t{path}\t{what}"))
        .collect();
    assert!(new.is_empty(), "{} new:\n{}", new.len(), new.join("\n"));
    if blessing() && !stale.is_empty() {
        let text = fs::read_to_string(repository(EXCEPTIONS)).unwrap();
        let kept: String = text
            .lines()
            .filter(|line| !stale.iter().any(|row| row == line))
            .flat_map(|line| [line, "\n"])
            .collect();
        fs::write(repository(EXCEPTIONS), kept).unwrap();
    } else {
        assert!(stale.is_empty(), "{EXCEPTIONS} lists what nothing needs any more:\n{}", stale.join("\n"));
    }
}

/// A small generator of random numbers: the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    /// Numbers that depend on nothing but the seed.
    pub(crate) fn new(seed: &str) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325_u64;
        for byte in seed.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(state)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}
