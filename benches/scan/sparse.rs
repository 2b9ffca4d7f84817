//! Files of 16 GiB that take no room on the disk: only their structure may cost anything.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use super::{
    archive::Archive,
    models::state_dict,
    table::Row,
    write::{le32, le64},
};

pub(super) const ROWS: &[Row] = &[
    Row::new("sparse safetensors", safetensors).millis(50).mib(64),
    Row::new("sparse PyTorch zip", pytorch).millis(50).mib(64),
    Row::new("sparse GGUF", gguf).any_status().millis(50).mib(64),
    Row::new("sparse ONNX, raw tensors", onnx).millis(50).mib(64),
    Row::new("sparse ONNX, external tensors", external).millis(50).mib(64),
    Row::new("sparse npy", npy).millis(50).mib(64),
];

const SIZE: u64 = 16 << 30;
const TENSORS: u64 = 256;
const EACH: u64 = SIZE / TENSORS;

/// A head, then zeros up to `size` bytes behind it.
fn sparse(path: &Path, head: &[u8], size: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(head)?;
    file.set_len(size + u64::try_from(head.len()).unwrap_or(0))
}

fn safetensors(folder: &Path) -> io::Result<u64> {
    let tensor = |number: u64| {
        let (start, end, name) = (number * EACH, (number + 1) * EACH, format!("layers.{number}.weight"));
        format!(r#""{name}":{{"dtype":"F32","shape":[{}],"data_offsets":[{start},{end}]}}"#, EACH / 4)
    };
    let tensors: Vec<String> = (0..TENSORS).map(tensor).collect();
    let header = format!("{{{}}}", tensors.join(","));
    let length = u64::try_from(header.len()).unwrap_or(0);
    let head = [&le64(length)[..], header.as_bytes()].concat();
    sparse(&folder.join("model.safetensors"), &head, SIZE)?;
    Ok(1)
}

fn pytorch(folder: &Path) -> io::Result<u64> {
    let (tensors, each) = (16_u8, 1_usize << 30);
    let mut crc = flate2::Crc::new();
    let zeros = vec![0; 1 << 20];
    (0..each >> 20).for_each(|_| crc.update(&zeros));
    let mut archive = Archive::create(&folder.join("model.pt"))?;
    archive.stored("model/data.pkl", &state_dict(tensors.into(), each / 4))?;
    for number in 0..tensors {
        archive.zeros(&format!("model/data/{number}"), 1 << 30, crc.sum())?;
    }
    archive.stored("model/version", b"3\n")?;
    archive.finish()?;
    Ok(1)
}

fn gguf(folder: &Path) -> io::Result<u64> {
    let mut head = [b"GGUF", &le32(3)[..], &le64(TENSORS), &le64(0)].concat();
    for number in 0..TENSORS {
        let name = format!("blk.{number}.weight");
        head.extend(le64(u64::try_from(name.len()).unwrap_or(0)));
        head.extend(name.as_bytes());
        head.extend([&le32(1)[..], &le64(EACH / 4), &le32(0), &le64(number * EACH)].concat());
    }
    head.resize(head.len().next_multiple_of(32), 0);
    sparse(&folder.join("model.gguf"), &head, SIZE)?;
    Ok(1)
}

/// A field of a protobuf message whose value is bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&tag(number, 2)[..], &varint(u64::try_from(bytes.len()).unwrap_or(0)), bytes].concat()
}

fn tag(number: u8, wire: u8) -> Vec<u8> {
    vec![number << 3 | wire]
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = number;
    while rest > 0x7f {
        bytes.push(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap_or(0));
    bytes
}

/// A tensor of so many floats, without its data.
fn tensor(name: &str, floats: u64) -> Vec<u8> {
    [tag(1, 0), varint(floats), tag(2, 0), varint(1), field(8, name.as_bytes())].concat()
}

/// A model around a graph's initialisers; the bytes behind it belong to the last of them.
fn model(initialisers: &[u8], behind: u64) -> Vec<u8> {
    let graph = [field(2, b"graph"), initialisers.to_vec()].concat();
    let length = u64::try_from(graph.len()).unwrap_or(0) + behind;
    let imports = field(8, &[tag(2, 0), varint(17)].concat());
    [tag(1, 0), varint(8), imports, tag(7, 2), varint(length), graph].concat()
}

/// One tensor just below the 2 GiB that protobuf allows.
fn onnx(folder: &Path) -> io::Result<u64> {
    let size = (2_u64 << 30) - (1 << 20);
    let about = tensor("weight", size / 4);
    let raw = [about, tag(9, 2), varint(size)].concat();
    let length = u64::try_from(raw.len()).unwrap_or(0) + size;
    let initialiser = [tag(5, 2), varint(length), raw].concat();
    sparse(&folder.join("model.onnx"), &model(&initialiser, size), size)?;
    Ok(1)
}

fn external(folder: &Path) -> io::Result<u64> {
    let entry =
        |key: &str, value: &str| field(13, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat());
    let one = |number: u64| {
        let (offset, length) = ((number * EACH).to_string(), EACH.to_string());
        let data = [entry("location", "model.onnx_data"), entry("offset", &offset), entry("length", &length)];
        field(
            5,
            &[tensor(&format!("weight.{number}"), EACH / 4), data.concat(), tag(14, 0), varint(1)].concat(),
        )
    };
    let initialisers: Vec<u8> = (0..TENSORS).flat_map(one).collect();
    fs::write(folder.join("model.onnx"), model(&initialisers, 0))?;
    sparse(&folder.join("model.onnx_data"), &[], SIZE)?;
    Ok(2)
}

fn npy(folder: &Path) -> io::Result<u64> {
    let about = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", SIZE / 4);
    let head = [b"\x93NUMPY\x01\0\x76\0", format!("{about:<117}\n").as_bytes()].concat();
    sparse(&folder.join("array.npy"), &head, SIZE)?;
    Ok(1)
}
