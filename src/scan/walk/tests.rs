use std::{
    fs::{self, File},
    path::Path,
};

use tempfile::TempDir;

use super::*;

fn tree(files: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    root
}

fn paths(walked: &Walked, root: &Path) -> Vec<String> {
    let root = format!("{}/", root.display());
    walked.targets().map(|target| target.path.to_string().replace(&root, "")).collect()
}

fn walked(root: &Path, exclude: &[&str]) -> Walked {
    walk(&[root.to_owned()], &Exclude::new(exclude).unwrap())
}

#[test]
fn files_come_in_the_order_of_the_bytes_of_their_paths() {
    let root = tree(&["a/z", "a-b", "a.c", "ab", "a/b/c", "a/b.c", ".hidden", ".gitignore", "Z"]);
    fs::write(root.path().join(".gitignore"), "*").unwrap();
    let found = paths(&walked(root.path(), &[]), root.path());
    assert_eq!(found, [".gitignore", ".hidden", "Z", "a-b", "a.c", "a/b.c", "a/b/c", "a/z", "ab"]);
}

#[test]
fn overlapping_paths_give_each_file_once() {
    let root = tree(&["a/b/c", "a/d"]);
    let given = ["a/b", "a", "a", "a/d"].map(|path| root.path().join(path));
    let found = walk(&given, &Exclude::default());
    assert_eq!(paths(&found, root.path()), ["a/b/c", "a/d"]);
    assert!(found.targets().all(|target| target.aliases.is_empty()));
}

#[test]
fn a_missing_path_is_an_error_and_the_others_go_on() {
    let root = tree(&["a"]);
    let found = walk(&[root.path().join("none"), root.path().join("a")], &Exclude::default());
    assert_eq!((found.len(), found.errors), (1, 1));
    assert!(found.notes[0].ends_with("none`: no such file or directory"), "{:?}", found.notes);
}

#[test]
fn what_is_excluded_is_counted() {
    let root = tree(&["keep.pkl", "drop.tmp", "a/drop.tmp", "old/x.pkl", "a/old/y.pkl", "a/b/deep.pkl"]);
    let found = walked(root.path(), &["*.tmp", "old", "a/**/deep.pkl"]);
    assert_eq!(paths(&found, root.path()), ["keep.pkl"]);
    assert_eq!(found.excluded, 5);
    let only_one_level = walked(root.path(), &["a/*.pkl"]);
    assert_eq!(only_one_level.len(), 6);
    assert!(Exclude::new(&["a["]).is_err());
}

#[test]
fn the_object_store_of_git_and_byte_code_are_passed_over() {
    let object = format!("r/.git/objects/ab/{}", "0".repeat(38));
    let root = tree(&[
        "r/.git/HEAD",
        "r/.git/refs/heads/main",
        &object,
        "r/.git/objects/pack/pack-1.pack",
        "r/.git/objects/ab/model.pkl",
        "r/.git/lfs/objects/ab/cd/abcd",
        "code/__pycache__/a.cpython-311.pyc",
        "code/__pycache__/cache.pkl",
        "model/__pycache__/a.cpython-311.pyc",
        "model/weights.bin",
        "objects/ab/01234567890123456789012345678901234567",
    ]);
    let found = walked(root.path(), &[]);
    assert_eq!(found.passed_over, 3, "{:?}", paths(&found, root.path()));
    assert_eq!(found.len(), 8);
    let asked_for = walked(&root.path().join("r/.git/objects"), &[]);
    assert_eq!(asked_for.passed_over, 0);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;
    use crate::facts::GapCode;

    #[test]
    fn links_are_followed_and_loops_end() {
        let root = tree(&["a/x", "b/y"]);
        let at = |path: &str| root.path().join(path);
        symlink("../b", at("a/b")).unwrap();
        symlink("../a", at("b/a")).unwrap();
        symlink("..", at("a/up")).unwrap();
        symlink("self", at("self")).unwrap();
        symlink("nowhere", at("gone")).unwrap();
        let found = walked(root.path(), &[]);
        assert_eq!(paths(&found, root.path()), ["a/x", "b/y"]);
        let aliases: Vec<_> = found.targets().map(|target| target.aliases.len()).collect();
        assert!(aliases.iter().all(|&count| count > 0), "{aliases:?}");
        assert_eq!(found.errors, 0);
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    }

    #[test]
    fn a_file_has_one_path_and_its_other_names_beside_it() {
        let root = tree(&["b"]);
        fs::hard_link(root.path().join("b"), root.path().join("c")).unwrap();
        symlink("b", root.path().join("a")).unwrap();
        let found = walked(root.path(), &[]);
        assert_eq!(paths(&found, root.path()), ["b"]);
        let only = found.get(0).unwrap();
        let aliases: Vec<_> = only.aliases.iter().map(|alias| alias.file_name().to_vec()).collect();
        assert_eq!(aliases, [b"a", b"c"]);
    }

    #[test]
    fn a_link_that_leaves_what_was_given_is_noted() {
        let root = tree(&["in/a", "out/b", "out/d/c"]);
        symlink("../out/b", root.path().join("in/b")).unwrap();
        symlink("../out/d", root.path().join("in/d")).unwrap();
        let found = walked(&root.path().join("in"), &[]);
        assert_eq!(paths(&found, root.path()), ["in/a", "in/b", "in/d/c"]);
        assert_eq!(found.notes.len(), 2);
        let leaving: Vec<_> = found.targets().filter_map(|target| target.leaves_root).collect();
        assert_eq!(leaving, [Name::from("../out/b")]);
        assert_eq!(walk(&[root.path().join("in/b")], &Exclude::default()).notes.len(), 0);
    }

    #[test]
    fn a_file_of_git_annex_that_is_not_here_is_not_read() {
        let root = tree(&["a"]);
        symlink(".git/annex/objects/x/SHA256E-s5--0.pt/SHA256E-s5--0.pt", root.path().join("m.pt")).unwrap();
        symlink("nowhere", root.path().join("n.pt")).unwrap();
        let found = walked(root.path(), &[]);
        assert_eq!(paths(&found, root.path()), ["a", "m.pt"]);
        let trouble = found.get(1).unwrap().trouble.unwrap();
        assert_eq!(trouble.code, GapCode::Pointer);
    }

    #[test]
    fn the_hubs_marks_of_absence_are_passed_over_if_they_are_empty() {
        let root = tree(&["models--a/.no_exist/1/sub/x.bin"]);
        fs::write(root.path().join("models--a/.no_exist/1/sub/x.bin"), "").unwrap();
        fs::write(root.path().join("models--a/.no_exist/1/y.bin"), "x").unwrap();
        let found = walked(root.path(), &[]);
        assert_eq!(paths(&found, root.path()), ["models--a/.no_exist/1/y.bin"]);
        assert_eq!(found.passed_over, 1);
    }

    #[test]
    fn what_is_no_file_is_never_opened() {
        let root = tree(&["a"]);
        let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap();
        assert!(made.success());
        symlink("/dev/zero", root.path().join("zero")).unwrap();
        let found = walked(root.path(), &[]);
        assert_eq!((found.len(), found.special), (1, 3));
        assert_eq!(found.notes.len(), 3);
    }

    #[test]
    fn a_tangle_of_links_costs_little() {
        let root = tempfile::tempdir().unwrap();
        for from in 0..24 {
            let folder = root.path().join(from.to_string());
            fs::create_dir(&folder).unwrap();
            File::create(folder.join("x")).unwrap();
            for to in 0..24 {
                symlink(format!("../{to}"), folder.join(format!("to{to}"))).unwrap();
            }
        }
        assert_eq!(walked(root.path(), &[]).len(), 24);
    }

    #[test]
    fn a_name_that_is_not_text_is_kept() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
        let root = tempfile::tempdir().unwrap();
        if File::create(root.path().join(OsStr::from_bytes(b"a\xff\n"))).is_err() {
            return; // a file system that takes text only
        }
        let found = walked(root.path(), &[]);
        assert_eq!(found.get(0).unwrap().path.file_name(), b"a\xff\n");
        assert!(found.get(0).unwrap().path.to_string().ends_with(r"a\xff\n"));
    }
}
