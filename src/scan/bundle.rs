//! What only the folder shows: whether the files that a model refers to lie beside it, and what they are.
//!
//! A loader joins such a path to the folder of the model (`onnx/external_data_helper.py`, `load_external_data_for_model`;
//! joblib's `NDArrayWrapper.read`). A hub's cache keeps the real files of a model together in one folder and
//! gives them their names by links: what lies beside the real model is beside the model too.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    bytes::Name,
    facts::{Fact, Reference, Said},
};

/// References of one file that are looked up; a model has few files, and each costs calls of the system.
const MOST: usize = 10_000;

/// Adds to the references among `facts` what the folder of the model at `model` says of them: `missing`,
/// `leaves-root` (a link that leads elsewhere), `device` (neither a file nor a link to one), `too-short`.
///
/// Paths that are unsafe as they are written are not looked up.
pub(super) fn compare(model: &Path, facts: &mut [Fact]) {
    let mut folders: Option<Folders> = None;
    let references = facts.iter_mut().filter_map(|fact| match &mut fact.said {
        Said::Reference(said) if said.hazards.is_empty() => Some(said),
        _ => None,
    });
    for reference in references.take(MOST) {
        let Some(to) = file_of(reference) else { continue };
        let folders = folders.get_or_insert_with(|| Folders::of(model));
        reference.hazards.extend(native(&to).and_then(|to| folders.hazard(&to, reference.needs)));
    }
}

/// The file that a reference leads to, if it is one of the model's own.
fn file_of(reference: &Reference) -> Option<Name> {
    match (reference.what, reference.purpose) {
        ("path", _) => Some(reference.to.clone()),
        // `transformers/dynamic_module_utils.py`, `get_class_from_dynamic_module`: `file.Class`.
        ("module", "remote-code") => {
            let module = reference.to.as_bytes().split(|&byte| byte == b'.').next().unwrap_or_default();
            Some(Name::from([module, b".py"].concat()))
        }
        _ => None,
    }
}

/// Where files of a model may lie.
struct Folders {
    /// As the model was opened.
    named: PathBuf,
    /// Without links: that folder, and the one of the real file.
    real: Vec<PathBuf>,
}

impl Folders {
    fn of(model: &Path) -> Self {
        let named = match model.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let file = fs::canonicalize(model).ok().and_then(|file| file.parent().map(Path::to_owned));
        Self { real: fs::canonicalize(&named).into_iter().chain(file).collect(), named }
    }

    /// What is wrong with a file of which the model reads so many bytes.
    fn hazard(&self, to: &Path, needs: u64) -> Option<&'static str> {
        let found = self.named.join(to);
        let real = match fs::canonicalize(&found) {
            Ok(real) => real,
            // Links may end nowhere, or in a loop.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return None,
            Err(_) => return Some("missing"),
        };
        if !self.real.iter().any(|folder| real.starts_with(folder)) {
            return Some("leaves-root");
        }
        let about = fs::metadata(&real).ok()?;
        if about.is_dir() {
            return Some("missing");
        }
        if !about.is_file() {
            return Some("device");
        }
        (about.len() < needs).then_some("too-short")
    }
}

/// A path as the system spells it; nothing where it cannot.
#[cfg(unix)]
fn native(name: &Name) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(name.as_bytes())))
}

/// A path as the system spells it; nothing where it cannot.
#[cfg(not(unix))]
fn native(name: &Name) -> Option<PathBuf> {
    name.as_str().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;

    fn hazards(model: &Path, to: &str, needs: u64) -> Vec<&'static str> {
        let said = Reference {
            to: to.into(),
            what: "path",
            purpose: "external-data",
            needs,
            ..Reference::default()
        };
        let mut facts = [Fact { span: Span::default(), chain: 0, count: 1, said: said.into() }];
        compare(model, &mut facts);
        match facts.map(|fact| fact.said) {
            [Said::Reference(said)] => said.hazards,
            _ => vec!["no reference"],
        }
    }

    #[test]
    fn a_file_beside_the_model_is_fine_if_it_is_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.onnx");
        fs::write(&model, b"x").unwrap();
        fs::write(folder.path().join("data"), [0; 10]).unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        assert_eq!(hazards(&model, "data", 10), [""; 0]);
        assert_eq!(hazards(&model, "data", 11), ["too-short"]);
        assert_eq!(hazards(&model, "other", 0), ["missing"]);
        assert_eq!(hazards(&model, "sub", 0), ["missing"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_may_lead_to_where_the_real_model_lies_and_nowhere_else() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let (blobs, snapshot) = (root.path().join("blobs"), root.path().join("snapshot"));
        fs::create_dir(&blobs).unwrap();
        fs::create_dir(&snapshot).unwrap();
        for name in ["a", "b"] {
            fs::write(blobs.join(name), [0; 10]).unwrap();
        }
        let model = snapshot.join("model.onnx");
        symlink("../blobs/a", &model).unwrap();
        symlink("../blobs/b", snapshot.join("data")).unwrap();
        symlink("/dev/null", snapshot.join("null")).unwrap();
        assert_eq!(hazards(&model, "data", 10), [""; 0]);
        assert_eq!(hazards(&model, "null", 0), ["leaves-root"]);
    }
}
