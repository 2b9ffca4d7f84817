//! What people call the blobs of a store: names from the manifests of Ollama and of OCI image layouts.
//!
//! | store | manifest | blob |
//! |---|---|---|
//! | Ollama | `manifests/<registry>/<namespace>/<model>/<tag>` | `blobs/sha256-<hex>`, `sha256:` in old versions |
//! | OCI image layout | `index.json` beside `oci-layout`, and the blobs that it names | `blobs/<algorithm>/<hex>` |
//!
//! A manifest lists layers with a media type and a digest. A blob gets the name `model:tag/title (media type)`; the
//! title is the annotation `org.opencontainers.image.title`.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{
    bytes::{Budget, Limits, Name},
    wire::json::{Node, Tree},
};

/// Longest manifest that is read.
const LONGEST: u64 = 4 << 20;
/// Manifests of one walk that are read.
const MOST: usize = 10_000;
/// Indexes within indexes.
const DEPTH: usize = 4;
/// What Ollama leaves out of a name.
const USUAL: &str = "registry.ollama.ai/library/";

/// Names of blobs by their paths.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: BTreeMap<PathBuf, Vec<Name>>,
    read: usize,
}

impl Names {
    /// What people call the file at a path.
    pub(super) fn of(&self, path: &Path) -> &[Name] {
        self.names.get(path).map_or(&[], Vec::as_slice)
    }

    /// Reads a file if it is a manifest by its place.
    pub(super) fn note(&mut self, path: &Path) {
        if let Some(root) =
            path.ancestors().nth(4).filter(|above| above.file_name() == Some(OsStr::new("manifests")))
        {
            let Some(name) = path.strip_prefix(root).ok().and_then(tagged) else { return };
            let blobs = root.with_file_name("blobs");
            self.manifest(path, &name, &|algorithm, digits| {
                [format!("{algorithm}-{digits}"), format!("{algorithm}:{digits}")]
                    .map(|file| blobs.join(file))
                    .to_vec()
            });
        } else if path.file_name() == Some(OsStr::new("index.json"))
            && let Some(layout) = path.parent()
            && layout.join("oci-layout").is_file()
        {
            let blobs = layout.join("blobs");
            let name = layout.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.manifest(path, &name, &|algorithm, digits| vec![blobs.join(algorithm).join(digits)]);
        }
    }

    /// Names what a manifest lists, and what the manifests list that it lists.
    fn manifest(&mut self, path: &Path, name: &str, blobs: &dyn Fn(&str, &str) -> Vec<PathBuf>) {
        let mut waiting = vec![(path.to_owned(), name.to_owned(), 0)];
        while let Some((path, name, depth)) = waiting.pop() {
            if self.read >= MOST || depth > DEPTH {
                return;
            }
            self.read = self.read.saturating_add(1);
            for listed in listed(&path, &name) {
                let Some((algorithm, digits)) = digest(&listed.digest) else { continue };
                for blob in blobs(algorithm, digits) {
                    let names = self.names.entry(blob.clone()).or_default();
                    let name = Name::from(listed.name.as_str());
                    if !names.contains(&name) {
                        names.push(name);
                    }
                    if listed.further && blob.is_file() {
                        waiting.push((blob, listed.tag.clone(), depth.saturating_add(1)));
                    }
                }
            }
        }
    }
}

/// Something that a manifest lists.
struct Listed {
    digest: String,
    name: String,
    /// What things below it are called.
    tag: String,
    /// Whether it is a manifest itself.
    further: bool,
}

/// `registry/namespace/model/tag` as people write it.
fn tagged(path: &Path) -> Option<String> {
    let text = path.to_str()?.replace('\\', "/");
    let (model, tag) = text.rsplit_once('/')?;
    Some(format!("{}:{tag}", model.strip_prefix(USUAL).unwrap_or(model)))
}

/// Algorithm and digits of a digest that can be the name of a file.
fn digest(text: &str) -> Option<(&str, &str)> {
    let (algorithm, digits) = text.split_once(':')?;
    let known = matches!((algorithm, digits.len()), ("sha256", 64) | ("sha512", 128));
    (known && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((algorithm, digits))
}

fn listed(path: &Path, name: &str) -> Vec<Listed> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    let budget = Budget::new(Limits::default());
    let Some(tree) = read.ok().and_then(|_| Tree::read(&bytes, 64, 1 << 18, &budget).ok()) else {
        return Vec::new();
    };
    let root = tree.root();
    let layers = root.all(b"layers").flat_map(Node::items).chain(root.all(b"config"));
    let manifests = root.all(b"manifests").flat_map(Node::items);
    let layers = layers.filter_map(|layer| one(layer, name, false));
    layers.chain(manifests.filter_map(|manifest| one(manifest, name, true))).collect()
}

fn one(node: Node<'_, '_>, name: &str, further: bool) -> Option<Listed> {
    let text =
        |node: Node<'_, '_>, key: &[u8]| Some(String::from_utf8_lossy(&node.last(key)?.text()?).into_owned());
    let annotation = |key: &[u8]| node.last(b"annotations").and_then(|all| text(all, key));
    let kind = text(node, b"mediaType").unwrap_or_default();
    let tag = match annotation(b"org.opencontainers.image.ref.name") {
        Some(whole) if whole.contains(['/', ':']) => whole,
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_owned(),
    };
    let title =
        annotation(b"org.opencontainers.image.title").map(|title| format!("/{title}")).unwrap_or_default();
    Some(Listed { digest: text(node, b"digest")?, name: format!("{tag}{title} ({kind})"), tag, further })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn layer(digits: &str, kind: &str, title: &str) -> String {
        format!(
            r#"{{"mediaType": "{kind}", "digest": "sha256:{digits}", "annotations": {{"org.opencontainers.image.title": "{title}"}}}}"#
        )
    }

    #[test]
    fn blobs_of_ollama_are_called_by_model_and_tag() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("manifests/registry.ollama.ai/library/llama3");
        fs::create_dir_all(&folder).unwrap();
        let digits = "ab".repeat(32);
        fs::write(
            folder.join("8b"),
            format!(r#"{{"layers": [{{"mediaType": "m", "digest": "sha256:{digits}"}}]}}"#),
        )
        .unwrap();
        let mut names = Names::default();
        names.note(&folder.join("8b"));
        let blob = root.path().join(format!("blobs/sha256-{digits}"));
        assert_eq!(names.of(&blob), [Name::from("llama3:8b (m)")]);
        assert!(names.of(&root.path().join("blobs/other")).is_empty());
    }

    #[test]
    fn an_index_of_oci_is_followed_to_the_layers() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = ("ab".repeat(32), "cd".repeat(32));
        let blobs = root.path().join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        fs::write(root.path().join("oci-layout"), "{}").unwrap();
        let manifest = format!(
            r#"{{"manifests": [{{"digest": "sha256:{first}", "annotations": {{"org.opencontainers.image.ref.name": "acme/m:1"}}}}]}}"#
        );
        fs::write(root.path().join("index.json"), manifest).unwrap();
        let layers =
            format!(r#"{{"layers": [{}, {}]}}"#, layer(&second, "w", "model.pt"), layer("../x", "w", "y"));
        fs::write(blobs.join(&first), layers).unwrap();
        let mut names = Names::default();
        names.note(&root.path().join("index.json"));
        assert_eq!(names.of(&blobs.join(&second)), [Name::from("acme/m:1/model.pt (w)")]);
        assert_eq!(names.of(&blobs.join(&first)), [Name::from("acme/m:1 ()")]);
    }
}
