//! JSON files beside a model that say what else loading reads or imports.
//!
//! | where | what it says | who follows it |
//! |---|---|---|
//! | `weight_map` | the file that each tensor lies in | `transformers` (`utils/hub.py`, `get_checkpoint_shard_files`), `diffusers` |
//! | `auto_map` | a class in a Python file of the repository, or of another (`owner/name--file.Class`) | `transformers` (`dynamic_module_utils.py`, `get_class_from_dynamic_module`), if told to trust remote code |
//! | `custom_pipelines.*.impl` | the same | `transformers` (`pipelines/__init__.py`) |
//! | `auto_mapping.parent_library` | a module | `peft` (`auto.py`, `from_pretrained`) |
//! | `layers.*.digest` | the blob of a layer, by a name that is made of the digest | Ollama (`server/modelpath.go`, `GetBlobsPath`) |
//! | `type` of a list's entries that have `idx` and `path` | a class by its dotted path | `sentence-transformers` (`util.py`, `import_from_string`) |
//!
//! Python's `json` keeps the last of several values under one key; all of them are stated.

use std::collections::BTreeMap;

use crate::{
    bytes::{Bytes, Name, Span, index, wide},
    facts::{Fault, Reference, Said},
    formats::{About, Collected, Emit, Format, Level, Place, Sure},
    wire::{
        json::{Kind, Node, Tree},
        path,
    },
};

/// Configuration of a model as hubs keep it.
pub(super) struct Hub;

static ABOUT: About = About {
    name: "hub",
    title: "configuration of a model on a hub",
    level: Level::Content,
    refines: &["text"],
    extensions: &["json"],
    model: true,
};

/// Words one of which such a file has, unless it escapes their letters.
const WORDS: &[&str] =
    &["\"digest\"", "\"weight_map\"", "\"auto_map\"", "\"auto_mapping\"", "\"custom_pipelines\"", "\"idx\""];
/// Bytes in which they are looked for: other keys may stand before and behind.
const SEARCHED: u64 = 256 << 20;
/// Brackets within brackets; Python's `json` follows about a thousand.
const DEPTH: usize = 1000;
/// Values of one file: a model has some thousand tensors.
const VALUES: usize = 4 << 20;

impl Format for Hub {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn probe(&self, input: &Bytes, _: &Place) -> Sure {
        let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).trim_ascii_start();
        if !matches!(text.first(), Some(b'{' | b'[')) {
            return Sure::No;
        }
        let part = text.get(..index(SEARCHED)).unwrap_or(text);
        let has = |word: &&str| memchr::memmem::find(part, word.as_bytes()).is_some();
        if WORDS.iter().any(has) || escaped(part) { Sure::Trial } else { Sure::No }
    }

    fn parse(&self, input: &Bytes, out: &mut Emit<'_>) -> Result<(), Fault> {
        let mark = if input.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let tree = Tree::read(input.get(mark..).unwrap_or_default(), DEPTH, VALUES, out.budget())?;
        let mut found = Found { at: wide(mark), references: BTreeMap::new() };
        found.weights(tree.root());
        found.classes(tree.root());
        found.modules(tree.root());
        found.layers(tree.root());
        found.state(out);
        out.free(Span::new(0, tree.end().saturating_add(wide(mark))));
        Ok(())
    }

    fn convinces(&self, collected: &Collected, _: &Bytes, _: &Place, _: bool) -> bool {
        collected.facts.iter().any(|fact| matches!(fact.said, Said::Reference(_)))
    }
}

/// What a file refers to, each thing once: what it is, what for, where first, how often.
struct Found {
    /// Offset of the JSON text in the file.
    at: u64,
    references: BTreeMap<(Name, &'static str), (Span, u64)>,
}

impl Found {
    fn add(&mut self, node: Node<'_, '_>, purpose: &'static str) {
        let Some(text) = node.text() else { return };
        let span = node.span();
        let span = Span::new(span.start.saturating_add(self.at), span.len);
        let (_, count) = self.references.entry((Name::from(&*text), purpose)).or_insert((span, 0));
        *count = count.saturating_add(1);
    }

    /// The files that tensors lie in.
    fn weights(&mut self, root: Node<'_, '_>) {
        for (_, file) in root.all(b"weight_map").flat_map(Node::entries) {
            self.add(file, "shard");
        }
    }

    /// Classes that come with the model; the tokenizer's are a list, slow and fast.
    fn classes(&mut self, root: Node<'_, '_>) {
        for (_, class) in root.all(b"auto_map").flat_map(Node::entries) {
            self.add(class, "remote-code");
            class.items().for_each(|class| self.add(class, "remote-code"));
        }
        for (_, pipeline) in root.all(b"custom_pipelines").flat_map(Node::entries) {
            pipeline.all(b"impl").for_each(|class| self.add(class, "remote-code"));
        }
    }

    /// Modules that are imported by name.
    fn modules(&mut self, root: Node<'_, '_>) {
        for library in root.all(b"auto_mapping").flat_map(|mapping| mapping.all(b"parent_library")) {
            self.add(library, "import");
        }
        for step in root.items().filter(|step| step.last(b"idx").is_some_and(|n| n.kind() == Kind::Number)) {
            if step.last(b"path").is_some() {
                step.all(b"type").for_each(|class| self.add(class, "import"));
            }
        }
    }

    /// Digests that are none: stores make the name of a file of them.
    fn layers(&mut self, root: Node<'_, '_>) {
        let listed = [&b"layers"[..], b"manifests"].into_iter().flat_map(|key| root.all(key));
        let listed = listed.flat_map(Node::items).chain(root.all(b"config"));
        for digest in listed.flat_map(|layer| layer.all(b"digest")) {
            let safe = |text: &[u8]| text.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b':');
            if !digest.text().is_some_and(|text| safe(&text)) {
                self.add(digest, "layer");
            }
        }
    }

    fn state(self, out: &mut Emit<'_>) {
        let mut all: Vec<_> = self.references.into_iter().collect();
        all.sort_by_key(|(_, (span, _))| span.start);
        for ((to, purpose), (span, count)) in all {
            let file = matches!(purpose, "shard" | "layer");
            let what = if file { "path" } else { "module" };
            let hazards = if file { path::hazards(&to) } else { elsewhere(&to) };
            out.fact_times(count, span, Reference { to, what, purpose, hazards, needs: 0 });
        }
    }
}

/// Whether a letter or an underscore is written as an escape, as no writer does.
fn escaped(text: &[u8]) -> bool {
    let letter = |at: usize| matches!(text.get(at.saturating_add(4)), Some(b'5'..=b'7'));
    memchr::memmem::find_iter(text, b"\\u00").any(letter)
}

/// Whether a class comes from another repository, from which it is fetched.
fn elsewhere(class: &Name) -> Vec<&'static str> {
    let other = memchr::memmem::find(class.as_bytes(), b"--").is_some();
    if other { vec!["elsewhere"] } else { Vec::new() }
}

#[cfg(test)]
mod tests;
