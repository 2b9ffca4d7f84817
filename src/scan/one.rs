//! One file: opened, read, judged, hashed.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{
    Builder, Digest, Mapped, Traced, TracedArtifact,
    descend::{Descender, Descent},
    digest,
    layout::Promise,
    walk::Target,
};
use crate::{
    bytes::{Bytes, Name, Span},
    facts::{Anomaly, Entry, Fact, Gap, GapCode},
    findings::{Artifact, Coverage, Finding, Scanned, Severity, gather},
    formats::Role,
    rules::Subject,
};

/// Artifacts up to this size are hashed in any case.
const SMALL: u64 = 1 << 20;
/// Artifacts with a finding at or above high are hashed up to this size.
const LARGE: u64 = 1 << 30;

/// Scans a file that the walk found.
pub(super) fn target(settings: &Builder, target: &Target) -> Scanned {
    if let Some(gap) = &target.trouble {
        return unread(target.path.clone(), target.size, gap.clone());
    }
    let scanned = File::open(&target.real).and_then(|mut file| scan(settings, target, &mut file));
    scanned.unwrap_or_else(|error| unread(target.path.clone(), target.size, io_gap(&error)))
}

/// Scans a file that is open.
pub(super) fn file(settings: &Builder, name: Name, file: &mut File) -> io::Result<Scanned> {
    Ok(whole(settings, name, &Bytes::open(file)?))
}

/// Scans bytes in memory.
pub(super) fn bytes(settings: &Builder, name: Name, bytes: Vec<u8>) -> Scanned {
    whole(settings, name, &Bytes::of_file(bytes))
}

/// Scans bytes of which only a name is known.
fn whole(settings: &Builder, name: Name, bytes: &Bytes) -> Scanned {
    let facts = digest_differs(settings, &name, &[], bytes);
    concluded(settings, descend(settings, &name, bytes, None, facts), name, bytes)
}

/// What loading the pickle at `path` would do.
pub(super) fn trace(settings: &Builder, path: &Path) -> io::Result<Traced> {
    let bytes = Bytes::open(&mut File::open(path)?)?;
    let name = Name::from(path.as_os_str().as_encoded_bytes());
    let descender = Descender::new(&settings.rules, settings.limits).keeping_layers();
    let descent = descender.run(&name, bytes, Role::Pickle, Vec::new());
    let complete = descent.gaps.is_empty();
    let mut artifacts = Vec::with_capacity(descent.layers.len());
    for layer in descent.layers {
        let gaps = descent.gaps.iter().filter(|gap| gap.members == layer.members).cloned().collect();
        artifacts.push(TracedArtifact { members: layer.members, facts: layer.facts, gaps });
    }
    artifacts.sort_by(|a, b| a.members.cmp(&b.members));
    Ok(Traced { artifacts, complete })
}

/// Which bytes of the file at `path` are explained by whom.
pub(super) fn map(settings: &Builder, path: &Path) -> io::Result<Mapped> {
    let bytes = Bytes::open(&mut File::open(path)?)?;
    let name = Name::from(path.as_os_str().as_encoded_bytes());
    let descender = Descender::new(&settings.rules, settings.limits).deep(settings.deep).mapping();
    let descent = descender.run(&name, bytes, Role::Any, Vec::new());
    let mut artifacts = descent.layouts;
    artifacts.sort_by(|a, b| (&a.members, a.file_offset).cmp(&(&b.members, b.file_offset)));
    Ok(Mapped { artifacts, complete: descent.gaps.is_empty() })
}

fn scan(settings: &Builder, target: &Target, file: &mut File) -> io::Result<Scanned> {
    let before = file.metadata()?;
    if !before.is_file() {
        return Err(io::Error::other("it is no regular file any more"));
    }
    let bytes = Bytes::open(file)?;
    let facts = digest_differs(settings, &target.path, &target.aliases, &bytes);
    let descent = descend(settings, &target.path, &bytes, Some(&target.real), facts);
    let mut scanned = concluded(settings, descent, target.path.clone(), &bytes);
    if let Some(artifact) = &mut scanned.artifact {
        artifact.aliases.clone_from(&target.aliases);
        scanned.findings.extend(in_folder(settings, target));
        if changed(&before, &file.metadata()?) {
            let detail = "the file changed while it was read".to_owned();
            let span = Span::new(0, bytes.size());
            artifact.gaps.push(Gap { code: GapCode::Changed, members: Vec::new(), span, detail });
            artifact.coverage = Coverage::Partial;
        }
    }
    Ok(scanned)
}

/// What the folder shows of a file: the link by which it was reached.
fn in_folder(settings: &Builder, target: &Target) -> Vec<Finding> {
    let Some(to) = &target.leaves_root else { return Vec::new() };
    let hazards = vec!["leaves-root"];
    let entry = Entry { name: target.path.clone(), what: "link", hazards, target: to.clone() };
    let fact = Fact { span: Span::default(), chain: 0, count: 1, said: entry.into() };
    let subject = Subject { formats: &["directory"], ..Subject::new(&target.path) };
    settings.rules.judge(&subject, &[fact])
}

/// States that the bytes are not those that the store promises by one of the file's names.
fn digest_differs(settings: &Builder, name: &Name, aliases: &[Name], bytes: &Bytes) -> Vec<Fact> {
    let hashed = settings.digest == Digest::Always || bytes.size() <= SMALL;
    let mut names = std::iter::once(name).chain(aliases).filter(|_| hashed);
    let Some(promise) = names.find_map(|name| Promise::of(name.as_bytes())) else { return Vec::new() };
    let (what, said, algorithm, found) = match promise {
        Promise::Sha256(digits) => ("digest-differs", digits, "SHA-256", digest::sha256(bytes)),
        Promise::GitBlob(digits) => ("digest-differs", digits, "Git blob SHA-1", digest::git_blob(bytes)),
        Promise::Prefix(digits) => ("digest-prefix-differs", digits, "SHA-256", digest::sha256(bytes)),
    };
    if found.starts_with(said) {
        return Vec::new();
    }
    let detail = format!("the bytes have the {algorithm} {found}, and the file is named {said}");
    let said = Anomaly { what, detail, acted: false };
    vec![Fact { span: Span::new(0, bytes.size()), chain: 0, count: 1, said: said.into() }]
}

fn changed(before: &fs::Metadata, after: &fs::Metadata) -> bool {
    before.len() != after.len() || before.modified().ok() != after.modified().ok()
}

fn descend(settings: &Builder, name: &Name, bytes: &Bytes, path: Option<&Path>, facts: Vec<Fact>) -> Descent {
    let descender = Descender::new(&settings.rules, settings.limits).deep(settings.deep).beside(path);
    descender.run(name, bytes.clone(), Role::Any, facts)
}

/// Turns a descent into what the report holds.
fn concluded(settings: &Builder, descent: Descent, path: Name, bytes: &Bytes) -> Scanned {
    let mut scanned = Scanned { bytes: bytes.size(), ..Scanned::default() };
    if !descent.model {
        return scanned;
    }
    let mut artifact = Artifact::new(path, bytes.size());
    artifact.formats = descent.formats;
    artifact.gaps = descent.gaps;
    artifact.gaps.sort();
    artifact.gaps.dedup();
    artifact.coverage = match (artifact.formats.is_empty(), artifact.gaps.is_empty()) {
        (true, _) => Coverage::None,
        (false, true) => Coverage::Complete,
        (false, false) => Coverage::Partial,
    };
    scanned.findings = gather(descent.findings);
    scanned.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    let bad = scanned.findings.iter().any(|finding| finding.severity >= Severity::High);
    let hashed = match settings.digest {
        Digest::Always => true,
        Digest::Never => false,
        Digest::Auto => bytes.size() <= SMALL || (bad && bytes.size() <= LARGE),
    };
    artifact.sha256 = hashed.then(|| digest::sha256(bytes));
    scanned.artifact = Some(artifact);
    scanned
}

fn io_gap(error: &io::Error) -> Gap {
    Gap { code: GapCode::Io, members: Vec::new(), span: Span::default(), detail: error.to_string() }
}

/// What is said of a file at which the scanner itself failed.
pub(super) fn gave_up(target: &Target) -> Scanned {
    let detail = "the scan of this file gave up: a defect of mlscan, please report it".to_owned();
    let span = Span::new(0, target.size);
    let gap = Gap { code: GapCode::Panicked, members: Vec::new(), span, detail };
    unread(target.path.clone(), target.size, gap)
}

/// A file of which nothing could be read.
fn unread(path: Name, size: u64, gap: Gap) -> Scanned {
    let mut artifact = Artifact::new(path, size);
    artifact.gaps.push(gap);
    Scanned { artifact: Some(artifact), ..Scanned::default() }
}
