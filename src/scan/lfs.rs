//! The object of a Git LFS pointer, if the repository has it: `git lfs checkout` would put it in the pointer's place.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::{
    bytes::{Bytes, Name},
    facts::{Fact, Said},
    formats::{Child, Role, Source},
};

/// Folders above a file in which a repository is looked for.
const HIGHEST: usize = 32;
/// Digits of an object's name.
const DIGITS: usize = 64;

/// The object that the pointer at `path` names, from the nearest repository above it.
pub(super) fn object(path: &Path, facts: &[Fact]) -> Option<Child> {
    let oid = facts.iter().find_map(|fact| match &fact.said {
        Said::Metadata(said) if said.key.as_bytes() == b"oid" => said.value.as_str()?.strip_prefix("sha256:"),
        _ => None,
    })?;
    if oid.len() != DIGITS || !oid.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let place: PathBuf = [".git", "lfs", "objects", oid.get(..2)?, oid.get(2..4)?, oid].iter().collect();
    let real = fs::canonicalize(path).ok()?;
    let found = real.ancestors().skip(1).take(HIGHEST).map(|folder| folder.join(&place));
    let found = found.into_iter().find(|object| object.is_file())?;
    let bytes = Bytes::open(&mut File::open(found).ok()?).ok()?;
    let name = Name::from(place.as_os_str().as_encoded_bytes());
    Some(Child { name, span: None, source: Source::Open(bytes), role: Role::Any })
}

#[cfg(test)]
mod tests {
    use std::io;

    use crate::{
        bytes::Name,
        findings::{Finding, Scanned, Summary, Tool},
        output::Sink,
        scan::Scanner,
    };

    #[derive(Default)]
    struct Report {
        findings: Vec<Finding>,
    }

    impl Sink for Report {
        fn begin(&mut self, _: &Tool) -> io::Result<()> {
            Ok(())
        }

        fn file(&mut self, scanned: &Scanned) -> io::Result<()> {
            self.findings.extend(scanned.findings.iter().cloned());
            Ok(())
        }

        fn end(&mut self, _: &Summary) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_object_of_a_pointer_is_read_where_the_repository_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let objects = folder.path().join(".git/lfs/objects/4d/7a");
        std::fs::create_dir_all(&objects).unwrap();
        std::fs::write(objects.join(oid), b"cposix\nsystem\n(S'true'\ntR.").unwrap();
        let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 29\n");
        std::fs::write(folder.path().join("model.pkl"), text).unwrap();
        let mut report = Report::default();
        Scanner::builder().build().run(&[folder.path().join("model.pkl")], &mut report).unwrap();
        let place = Name::from(format!(".git/lfs/objects/4d/7a/{oid}"));
        assert!(report.findings.iter().any(|finding| finding.members.contains(&place)));
    }
}
