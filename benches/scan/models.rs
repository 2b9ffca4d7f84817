//! Ordinary files: the time is that of starting, tensors are not touched.

use std::{fs, io, path::Path};

use super::{
    archive::Archive,
    table::Row,
    write::{Pickle, le64, noise},
};

pub(super) const ROWS: &[Row] = &[
    Row::new("start-up, one small file", small).millis(10),
    Row::new("PyTorch zip of 200 MB", pytorch).millis(10),
    Row::new("pickle of arrays, 100 MB", arrays).millis(10),
];

fn small(folder: &Path) -> io::Result<u64> {
    let mut pickle = Pickle::new(4);
    pickle.raw(b"}(").text("weights").raw(b"]").text("bias").raw(b"Nu.");
    fs::write(folder.join("small.pkl"), pickle.bytes)?;
    Ok(1)
}

fn pytorch(folder: &Path) -> io::Result<u64> {
    let tensor = noise(10_000_000);
    let mut archive = Archive::create(&folder.join("model.pt"))?;
    archive.stored("model/data.pkl", &state_dict(20, 2_500_000))?;
    for number in 0..20 {
        archive.stored(&format!("model/data/{number}"), &tensor)?;
    }
    archive.stored("model/version", b"3\n")?;
    archive.finish()?;
    Ok(1)
}

/// `data.pkl` of a state dict of so many tensors of so many floats each.
pub(super) fn state_dict(tensors: usize, floats: usize) -> Vec<u8> {
    let mut pickle = Pickle::new(2);
    pickle.global("collections", "OrderedDict").raw(b")R(");
    for number in 0..tensors {
        pickle.text(&format!("layers.{number}.weight"));
        pickle.global("torch._utils", "_rebuild_tensor_v2").raw(b"((").text("storage");
        pickle.global("torch", "FloatStorage").text(&number.to_string()).text("cpu").number(floats);
        pickle.raw(b"tQK\0").number(floats).raw(b"\x85K\x01\x85\x89");
        pickle.global("collections", "OrderedDict").raw(b")RtR");
    }
    pickle.raw(b"u.");
    pickle.bytes
}

fn arrays(folder: &Path) -> io::Result<u64> {
    let content = noise(1_000_000);
    let mut pickle = Pickle::new(4);
    pickle.raw(b"](");
    for _ in 0..100 {
        pickle.global("numpy._core.multiarray", "_reconstruct").global("numpy", "ndarray");
        pickle.raw(b"K\0\x85C\x01b\x87R(K\x01").number(125_000).raw(b"\x85");
        pickle.global("numpy", "dtype").text("f8").raw(b"\x89\x88\x87R(K\x03").text("<");
        pickle.raw(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89\x8e");
        pickle.raw(&le64(1_000_000)).raw(&content).raw(b"tb");
    }
    pickle.raw(b"e.");
    fs::write(folder.join("arrays.pkl"), pickle.bytes)?;
    Ok(1)
}
