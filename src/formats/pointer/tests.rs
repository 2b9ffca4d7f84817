//! Pointer files as the tools write them.

use super::*;
use crate::{
    bytes::{Budget, Limits},
    formats::Collected,
};

const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\n\
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

fn parsed(format: &dyn Format, name: &str, bytes: &[u8]) -> (Sure, Collected) {
    let place = Place { names: vec![Name::from(name)], ..Place::default() };
    let budget = Budget::new(Limits::default());
    let mut out = Emit::new(&place, &budget);
    let input = Bytes::of_file(bytes.to_vec());
    let sure = format.probe(&input, &place);
    if sure == Sure::Yes {
        format.parse(&input, &mut out).unwrap();
    }
    (sure, out.finish())
}

#[test]
fn pointers_say_how_to_have_the_file() {
    for (bytes, word) in [
        (LFS, "git lfs pull"),
        (b"/annex/objects/SHA256E-s5--abc.bin\n", "git annex get"),
        (b"# xet version 0\nfilesize = 5\n", "git xet"),
    ] {
        let (sure, collected) = parsed(&Pointer, "model.bin", bytes);
        assert_eq!(sure, Sure::Yes);
        assert_eq!(collected.gaps[0].code, GapCode::Pointer);
        assert!(collected.gaps[0].detail.contains(word));
    }
    assert!(parsed(&Pointer, "m.bin", LFS).1.gaps[0].detail.contains("12345 bytes"));
}

#[test]
fn other_text_is_no_pointer() {
    let long = [LFS, &[b' '; 1000]].concat();
    for bytes in [&b""[..], b"version https://example.org\n", &LFS[..40], &long] {
        assert_eq!(parsed(&Pointer, "model.bin", bytes).0, Sure::No);
    }
    assert_eq!(parsed(&Pointer, "figure.png", LFS).0, Sure::No);
}

#[test]
fn what_a_failed_download_leaves_is_a_gap_only_under_a_models_name() {
    let page = b"\n<!DOCTYPE HTML><title>404</title>";
    assert_eq!(parsed(&Placeholder, "m.safetensors", page).1.gaps.len(), 1);
    assert_eq!(parsed(&Placeholder, "m.pt", b"").1.gaps.len(), 1);
    assert_eq!(parsed(&Placeholder, "m.pkl", b"Entry not found").1.gaps.len(), 1);
    for message in [
        "<?xml version='1.0' encoding='UTF-8'?>\r\n<Error>\r\n  <Code>AccessDenied</Code>",
        "{\n  \"error\" : \"Repository not found\"}",
        "{\"errors\": [{\"code\": \"MANIFEST_UNKNOWN\"}]}",
        "Access to model acme/net is restricted.",
        "Forbidden",
    ] {
        assert_eq!(parsed(&Placeholder, "m.onnx", message.as_bytes()).1.gaps.len(), 1, "{message}");
        assert_eq!(parsed(&Placeholder, "m.json", message.as_bytes()).0, Sure::No, "{message}");
    }
    assert_eq!(parsed(&Placeholder, "index.html", page).0, Sure::No);
    assert_eq!(parsed(&Placeholder, "__init__.py", b"").0, Sure::No);
    assert_eq!(parsed(&Placeholder, "x.bin", b"").0, Sure::No);
    assert_eq!(parsed(&Placeholder, "x.pt", b"(dp0\n.").0, Sure::No);
}

#[test]
fn an_unfinished_download_is_known_by_its_name() {
    let digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    for name in ["m.safetensors.part", "m.pt.crdownload", &format!("{digest}.incomplete")] {
        let (sure, collected) = parsed(&Placeholder, name, b"some bytes");
        assert_eq!((sure, collected.gaps[0].code), (Sure::Yes, GapCode::Pointer), "{name}");
        assert!(collected.covered.as_slice().is_empty());
    }
    assert_eq!(parsed(&Placeholder, "film.mp4.part", b"some bytes").0, Sure::No);
}

#[test]
fn a_dvc_file_refers_to_its_neighbour() {
    let file = b"outs:\n- md5: 0123\n  size: 5\n  path: ../model.pkl\n";
    let (sure, collected) = parsed(&Dvc, "model.pkl.dvc", file);
    assert_eq!((sure, collected.gaps.len(), collected.facts.len()), (Sure::Yes, 0, 1));
    assert_eq!(parsed(&Dvc, "model.yaml", file).0, Sure::No);
}
