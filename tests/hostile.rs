//! Files made to hurt: they cost little, nothing gives up, and what was not read is said.
//!
//! Everything is scanned on a thread with a stack of 1 MiB.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use mlscan::{
    Digest, Scanner,
    bytes::{Limits, Name},
    facts::GapCode,
    findings::{Coverage, Report, Scanned, Severity, Tool},
};
use support::clean;

const DEEP: usize = 200_000;
const GIB: u64 = 1 << 30;
/// So long may one of these files take in a build for tests, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let small = thread::Builder::new().stack_size(1 << 20);
        small.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn codes(scanned: &Scanned) -> Vec<GapCode> {
    scanned.artifact.iter().flat_map(|artifact| &artifact.gaps).map(|gap| gap.code).collect()
}

fn scan_within(name: &str, bytes: Vec<u8>, limits: Limits) -> Scanned {
    let scanner = Scanner::builder().digest(Digest::Never).limits(limits).build();
    let begun = Instant::now();
    let scanned = on_a_small_stack(|| scanner.scan_bytes(name, bytes));
    assert!(!codes(&scanned).contains(&GapCode::Panicked), "{name}: a parser gave up");
    assert!(begun.elapsed() < PATIENCE, "{name} took {:?}", begun.elapsed());
    scanned
}

fn scan(name: &str, bytes: Vec<u8>) -> Scanned {
    scan_within(name, bytes, Limits::default())
}

/// A zip archive of stored members.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_of(zip::CompressionMethod::Stored, members)
}

fn zip_of(method: zip::CompressionMethod, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options.compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    out.extend(varint(bytes.len()));
    out.extend(bytes);
    out
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

fn npy(header: &str) -> Vec<u8> {
    let mut out = b"\x93NUMPY\x02\x00".to_vec();
    out.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
    out.extend(header.as_bytes());
    out
}

fn safetensors(header: &str) -> Vec<u8> {
    let mut out = u64::try_from(header.len()).unwrap().to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out
}

mod nesting {
    use super::*;

    #[test]
    fn of_pickled_values() {
        let times = |bytes: &[u8]| bytes.repeat(DEEP);
        let pickles: [(&str, Vec<Vec<u8>>); 12] = [
            ("marks", vec![times(b"("), b".".to_vec()]),
            ("marks and tuples", vec![times(b"("), times(b"t"), b".".to_vec()]),
            ("tuples", vec![b")".to_vec(), times(b"\x85"), b".".to_vec()]),
            ("lists", vec![times(b"]"), b"]".to_vec(), times(b"a"), b".".to_vec()]),
            ("dicts", vec![times(b"}K\0"), b"}".to_vec(), times(b"s"), b".".to_vec()]),
            ("frozen sets", vec![times(b"("), times(b"\x91"), b".".to_vec()]),
            ("calls", vec![b"cacme\nrun\n".to_vec(), times(b")R"), b".".to_vec()]),
            (
                "calls of calls",
                vec![b"cacme\nrun\n".to_vec(), times(b"\x85cacme\nrun\nq\0h\0\x30"), b".".to_vec()],
            ),
            ("arguments", vec![times(b"cacme\nrun\n"), b"N".to_vec(), times(b"\x85R"), b".".to_vec()]),
            ("states", vec![b"cacme\nrun\n".to_vec(), times(b"}b"), b".".to_vec()]),
            (
                "attributes",
                vec![
                    times(b"cbuiltins\ngetattr\n"),
                    b"N".to_vec(),
                    times(b"X\x01\0\0\0a\x86R"),
                    b".".to_vec(),
                ],
            ),
            ("persistent ids", vec![b"N".to_vec(), times(b"Q"), b".".to_vec()]),
        ];
        for (name, parts) in pickles {
            scan(&format!("{name}.pkl"), [b"\x80\x04".to_vec(), parts.concat()].concat());
        }
    }

    #[test]
    fn of_marshalled_values() {
        let code =
            [b"cmarshal\nloads\n(B".to_vec(), u32::try_from(2 * DEEP + 1).unwrap().to_le_bytes().to_vec()];
        let scanned = scan("code.pkl", [code.concat(), b")\x01".repeat(DEEP), b"NtR.".to_vec()].concat());
        assert!(scanned.findings.iter().any(|finding| finding.severity == Severity::Critical));
    }

    #[test]
    fn of_json() {
        for (open, close) in [("{\"a\":", "}"), ("[", "]")] {
            let header = format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP));
            assert!(!clean(&scan("deep.safetensors", safetensors(&header))));
            let inner = format!("{{\"a\":{header}}}");
            assert!(!clean(&scan("deep.safetensors", safetensors(&inner))));
            scan("deep.safetensors.index.json", header.into_bytes());
        }
    }

    #[test]
    fn of_python_literals() {
        for (open, close) in [("(", ",)"), ("[", "]"), ("{'a':", "}")] {
            let deep = format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP));
            let header = format!("{{'descr': {deep}, 'fortran_order': False, 'shape': (1,), }}");
            assert!(!clean(&scan("deep.npy", npy(&header))));
        }
    }

    #[test]
    fn of_messages() {
        // Lengths depend on what is inside: built from the inside out, and turned round at the end.
        let mut reversed = Vec::new();
        for _ in 0..DEEP / 3 {
            for tag in [0x32, 0x2a, 0x0a] {
                // attribute.g, node.attribute, graph.node
                let length = varint(reversed.len());
                reversed.extend(length.iter().rev());
                reversed.push(tag);
            }
        }
        reversed.reverse();
        let model = [b"\x08\x08".to_vec(), field(7, &reversed), field(8, b"\x10\x11")].concat();
        assert!(!clean(&scan("deep.onnx", model)));
    }

    #[test]
    fn of_source() {
        let source = format!(
            "class A(Module):\n  def f(self) -> int:\n    return {}1{}\n",
            "(".repeat(DEEP),
            ")".repeat(DEEP)
        );
        let members: [(&str, &[u8]); 4] = [
            ("m/data.pkl", b"\x80\x02N."),
            ("m/constants.pkl", b"\x80\x02)."),
            ("m/code/__torch__.py", source.as_bytes()),
            ("m/version", b"3\n"),
        ];
        scan("deep.pt", zip(&members));
    }

    #[test]
    fn of_archives_and_of_pickles() {
        let mut archive = b"\x80\x04N.".to_vec();
        let mut pickle = b"cposix\nsystem\n(X\x02\0\0\0idtR.".to_vec();
        for _ in 0..40 {
            archive = zip(&[("inner.zip", &archive)]);
            let length = u32::try_from(pickle.len()).unwrap().to_le_bytes();
            pickle = [b"cpickle\nloads\n(B", &length[..], &pickle, b"tR."].concat();
        }
        assert!(codes(&scan("deep.zip", archive)).contains(&GapCode::Limit));
        assert!(scan("deep.pkl", pickle).findings.iter().any(|finding| finding.severity >= Severity::High));
    }
}

/// Names and calls stay in memory until the file is judged: the budget pays for each.
#[test]
fn names_and_calls_without_end() {
    for each in ["cm{n}\nf\n0", "cm{n}\nf\n)R0"] {
        let body: String = (0..500_000).map(|n| each.replace("{n}", &n.to_string())).collect();
        let scanned = scan("many.pkl", [b"\x80\x04", body.as_bytes(), b"N."].concat());
        assert!(codes(&scanned).contains(&GapCode::Limit), "{each}: {:?}", codes(&scanned));
    }
}

/// A member of a tar archive, of at most 512 bytes.
fn tar_member(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 1024];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block[..512].iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block[512..512 + bytes.len()].copy_from_slice(bytes);
    block
}

#[test]
fn members_beyond_the_limit_are_one_gap_and_the_first_are_read() {
    let evil = tar_member("00.pkl", b"cposix\nsystem\n(X\x02\0\0\0idtR.");
    let plain = |number: usize| tar_member(&format!("{number:02}.pkl"), b"\x80\x04N.");
    let archive = [evil, (1..30).flat_map(plain).collect(), vec![0; 1024]].concat();
    let mut limits = Limits::default();
    limits.set("members", 10).unwrap();
    let scanned = scan_within("many.tar", archive, limits);
    assert_eq!(codes(&scanned), [GapCode::Limit], "{:?}", scanned.artifact);
    assert!(scanned.artifact.unwrap().gaps[0].detail.starts_with("20 members from `10.pkl` to `29.pkl`: "));
    assert!(scanned.findings.iter().any(|finding| finding.severity == Severity::Critical));
}

/// What is left of a spent budget is told once, however many members there are.
#[test]
fn members_past_a_spent_budget_are_one_gap() {
    let names: Vec<String> = (0..20_000).map(|number| format!("{number:05}.pkl")).collect();
    let pickle = [b"\x80\x04", &b"N0".repeat(500)[..], b"N."].concat();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &pickle[..])).collect();
    for what in ["steps", "unpacked"] {
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            let mut limits = Limits::default();
            limits.set(what, 2_000_000).unwrap();
            let scanned = scan_within("many.zip", zip_of(method, &members), limits);
            let gaps = &scanned.artifact.as_ref().unwrap().gaps;
            assert!(gaps.len() <= 5, "{what}: {} gaps, {:?}", gaps.len(), &gaps[..5]);
            let many = gaps.iter().any(|gap| gap.detail.contains(" to `19999.pkl`: "));
            assert!(
                many || what == "unpacked" && method == zip::CompressionMethod::Stored,
                "{what}: {gaps:?}"
            );
        }
    }
}

#[test]
fn lengths_that_no_file_has() {
    let pickle = |body: &[u8]| [b"\x80\x04", body].concat();
    let zip_end = [b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff".to_vec(), vec![0xff; 8], vec![0, 0]].concat();
    let tar = |size: &[u8]| {
        let mut block = vec![0; 1024];
        block[..4].copy_from_slice(b"name");
        block[124..124 + size.len()].copy_from_slice(size);
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block[..512].iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    };
    let shape =
        |shape: &str| npy(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"));
    let tensor = |offsets: &str| {
        safetensors(&format!(
            "{{\"w\":{{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":{offsets}}}}}"
        ))
    };
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("bytes8.pkl", pickle(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fa.")),
        ("bytes8-wraps.pkl", pickle(b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffa.")),
        ("unicode8.pkl", pickle(b"\x8d\xf0\xff\xff\xff\xff\xff\xff\xffa.")),
        ("bytearray8.pkl", pickle(b"\x96\xff\xff\xff\xff\xff\xff\xff\x7fa.")),
        ("frame.pkl", pickle(b"\x95\xff\xff\xff\xff\xff\xff\xff\xffN.")),
        ("long4.pkl", pickle(b"\x8b\xff\xff\xff\x7f\x01.")),
        ("long4-negative.pkl", pickle(b"\x8b\xff\xff\xff\xff\x01.")),
        ("binstring-negative.pkl", pickle(b"T\xff\xff\xff\xffa.")),
        ("binput.pkl", pickle(b"Nr\xff\xff\xff\xff0j\xfe\xff\xff\xff.")),
        ("header.safetensors", [vec![0xff; 8], b"{}".to_vec()].concat()),
        ("header-half.safetensors", [vec![0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], b"{}".to_vec()].concat()),
        ("offsets.safetensors", tensor("[0,18446744073709551615]")),
        ("offsets-more.safetensors", tensor("[0,99999999999999999999999999]")),
        ("shape.npy", shape("(4611686018427387904,)")),
        ("shape-product.npy", shape("(4294967296, 4294967296, 4294967296)")),
        ("shape-digits.npy", shape(&format!("({},)", "9".repeat(5000)))),
        ("header.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'".to_vec()),
        ("field.onnx", b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x0a".to_vec()),
        ("varint.onnx", [b"\x08\x08\x3a".to_vec(), vec![0xff; 64]].concat()),
        ("end.zip", zip_end),
        ("octal.tar", tar(b"77777777777\0")),
        ("base-256.tar", tar(b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff")),
        ("wraps.tar", tar(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
        ("old.joblib", [b"ZF0xffffffffffffffff".to_vec(), vec![b' '; 2], b"x\x9c".to_vec()].concat()),
        ("gguf.gguf", [b"GGUF\x03\0\0\0".to_vec(), vec![0xff; 16]].concat()),
        ("pickled-array.joblib", pickle(b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\0\0\0shape\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85ub.")),
    ];
    for (name, bytes) in files {
        assert!(!clean(&scan(name, bytes)), "{name} is clean");
    }
}

mod bombs {
    use super::*;

    /// Zeros, 1 MiB: one xz stream. Streams may follow each other.
    const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a3efffff00d95d00006ffdffffa3b7ff473e481572396151b89228e6a3\
        8607f9eee41e82d32fc53a3c014bb17ec98a8a4d2fa30dd97fa6e38c231153e05918c5758ae277f8b6947f0c6ac0de744964e2e95c53b204\
        d8f7440cab5f0d6d46e9e5c37688b79657acb64de1691d6ffb4b88106c42cb883f5c008fd04eaf262894711f3d8f24e1709ea7235fec28cb\
        85d195988a7e2a91f22775f719c006984d98fdd8afd5900fc42553f8f591363105a5b0ee6fc1704d470cd19111aaad601dbaceb127185c59\
        86e9665258bee976ac59e4e55b0508f9c7daadfcfb522af7e495250000000000c2f6ba3ea2706b600001f5018080400079977f47b1c467fb\
        020000000004595a";
    /// Zeros, 8 MiB: one bzip2 stream.
    const BZ2: &str =
        "425a6839314159265359a23d4b580040404080c00000040008200030cc0529a60100d8808078bb9229c2848511ea5ac0";

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits: Vec<u8> = hexadecimal.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    /// Zeros, so many MiB, each a gzip member of its own.
    fn gzip(mebibytes: usize) -> Vec<u8> {
        let mut one = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        one.write_all(&vec![0; 1 << 20]).unwrap();
        one.finish().unwrap().repeat(mebibytes)
    }

    fn deflated(mebibytes: usize) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file("zeros", zip::write::SimpleFileOptions::default()).unwrap();
        for _ in 0..mebibytes {
            writer.write_all(&vec![0; 1 << 20]).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn stop_at_the_limit_of_unpacked_bytes() {
        let mut limits = Limits::default();
        limits.set("unpacked", 24 << 20).unwrap();
        let files = [
            ("zeros.pkl.gz", gzip(32)),
            ("zeros.pkl.bz2", bytes(BZ2).repeat(4)),
            ("zeros.pkl.xz", bytes(XZ).repeat(32)),
            ("zeros.zip", deflated(32)),
            ("zeros.joblib", gzip(32)),
        ];
        for (name, bytes) in files {
            assert!(codes(&scan_within(name, bytes, limits)).contains(&GapCode::Limit), "{name}");
        }
    }

    #[test]
    fn stop_at_the_limit_of_the_ratio() {
        let scanned = scan("zeros.pkl.bz2", bytes(BZ2).repeat(10));
        let limit = scanned.artifact.unwrap().gaps.into_iter().find(|gap| gap.code == GapCode::Limit);
        assert!(limit.unwrap().detail.contains("ratio"));
    }

    #[cfg(unix)]
    #[test]
    fn need_little_memory() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("zeros.pkl.gz"), gzip(400)).unwrap();
        fs::write(folder.path().join("zeros.zip"), deflated(400)).unwrap();
        // 640 MiB of addresses, for the program itself and its threads too.
        let line = "ulimit -v 655360 && exec \"$0\" --quiet --threads 2 --limit unpacked=268435456 zeros.pkl.gz zeros.zip";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", line, env!("CARGO_BIN_EXE_mlscan")]).current_dir(folder.path());
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("limit of 268435456 unpacked"), "{told}");
    }
}

/// Files of 16 GiB that take no room on the disk.
#[cfg(unix)]
mod sparse {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    const SIZE: u64 = 16 * GIB;
    /// CRC-32 of so many zeros.
    const CRC: u32 = 0x2144_df1c;

    /// Writes `head`, a hole up to `size`, and `tail`; nothing if the file system would really store the hole.
    fn write(path: &Path, head: &[u8], hole: u64, tail: &[u8]) -> Option<()> {
        let mut file = File::create(path).unwrap();
        file.write_all(head).unwrap();
        let end = u64::try_from(head.len()).unwrap() + hole;
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        let skipped = || eprintln!("skipped: {} cannot hold sparse files of 16 GiB", path.display());
        let grown = file
            .set_len(end)
            .and_then(|()| file.seek(SeekFrom::Start(end)))
            .and_then(|_| file.write_all(tail));
        let stored = file.metadata().unwrap().blocks() * 512;
        if grown.is_err() || stored > GIB {
            skipped();
            return None;
        }
        Some(())
    }

    fn report(folder: &Path) -> Report {
        let scanner = Scanner::builder().build();
        let mut report = Report::new(Tool::new(String::new(), std::collections::BTreeMap::new()));
        let begun = Instant::now();
        on_a_small_stack(|| scanner.run(&[folder.to_owned()], &mut report).unwrap());
        assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
        report
    }

    fn quiet(report: &Report) {
        assert_eq!(report.artifacts.len(), 1);
        assert!(report.artifacts[0].coverage == Coverage::Complete, "{:?}", report.artifacts[0]);
        assert!(report.findings.iter().all(|it| it.severity < Severity::Medium), "{:?}", report.findings);
    }

    /// The length at the start of the header takes values that would be opcodes of a pickle: with `P` or `p`,
    /// a line follows that never ends.
    #[test]
    fn safetensors() {
        for length in [0x50, 0x58, 0x70, 0x80] {
            let folder = tempfile::tempdir().unwrap();
            let header = format!(
                "{{\"w\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[0,{SIZE}]}}}}",
                SIZE / 4
            );
            let header = super::safetensors(&format!("{header:length$}"));
            assert_eq!(usize::from(header[0]), length);
            if write(&folder.path().join("model.safetensors"), &header, SIZE, b"").is_some() {
                quiet(&report(folder.path()));
            }
        }
    }

    #[test]
    fn npy() {
        let folder = tempfile::tempdir().unwrap();
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", SIZE / 4);
        let header = super::npy(&format!("{header:115}\n"));
        if write(&folder.path().join("weights.npy"), &header, SIZE, b"").is_some() {
            quiet(&report(folder.path()));
        }
    }

    #[test]
    fn onnx_with_external_data() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |key: &str, value: &str| {
            field(13, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat())
        };
        let mut tensor =
            [b"\x08".to_vec(), varint(usize::try_from(SIZE / 4).unwrap()), b"\x10\x01".to_vec()].concat();
        tensor.extend(
            [field(8, b"w"), entry("location", "w.raw"), entry("length", &SIZE.to_string())].concat(),
        );
        tensor.extend(b"\x70\x01");
        let node = [field(1, b"w"), field(2, b"y"), field(4, b"Identity")].concat();
        let graph = [field(1, &node), field(2, b"g"), field(5, &tensor), field(12, &field(1, b"y"))].concat();
        let model = [b"\x08\x08".to_vec(), field(7, &graph), field(8, b"\x10\x11")].concat();
        fs::write(folder.path().join("model.onnx"), model).unwrap();
        if write(&folder.path().join("w.raw"), b"", SIZE, b"").is_some() {
            quiet(&report(folder.path()));
        }
    }

    /// A tensor of floats in storage `0`.
    const DATA: &[u8] = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000\
        X\x03\0\0\0cpu\x8a\x05\0\0\0\0\x01tQK\0\x8a\x05\0\0\0\0\x01\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR.";

    /// A record of a zip archive: the numbers that local and central headers share.
    fn numbers(crc: u32, size: u32, name: &str, extra: usize) -> Vec<u8> {
        let mut out = vec![0; 4];
        out.extend([0, 0, 0x21, 0].iter());
        out.extend(crc.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(extra).unwrap().to_le_bytes());
        out
    }

    fn local(crc: u32, size: u32, name: &str, extra: &[u8]) -> Vec<u8> {
        [b"PK\x03\x04\x2d\0", &numbers(crc, size, name, extra.len())[..], name.as_bytes(), extra].concat()
    }

    fn central(crc: u32, size: u32, name: &str, extra: &[u8], offset: usize) -> Vec<u8> {
        let offset = u32::try_from(offset).unwrap().to_le_bytes();
        let rest = [&[0; 10][..], &offset].concat();
        [b"PK\x01\x02\x2d\0\x2d\0", &numbers(crc, size, name, extra.len())[..], &rest, name.as_bytes(), extra]
            .concat()
    }

    #[test]
    fn stored_torch_zip() {
        let folder = tempfile::tempdir().unwrap();
        let sizes = [SIZE.to_le_bytes(), SIZE.to_le_bytes()].concat();
        let wide = [b"\x01\0\x10\0", &sizes[..]].concat();
        let (version, data, big) = ("m/version", "m/data.pkl", "m/data/0");
        let crc = |bytes: &[u8]| {
            let mut crc = flate2::Crc::new();
            crc.update(bytes);
            crc.sum()
        };
        let (data_crc, data_size) = (crc(DATA), u32::try_from(DATA.len()).unwrap());
        let first = [&local(crc(b"3\n"), 2, version, b"")[..], b"3\n"].concat();
        let second = [&local(data_crc, data_size, data, b"")[..], DATA].concat();
        let third = local(CRC, u32::MAX, big, &wide);
        let head = [&first[..], &second, &third].concat();
        let listing = [
            central(crc(b"3\n"), 2, version, b"", 0),
            central(data_crc, data_size, data, b"", first.len()),
            central(CRC, u32::MAX, big, &wide, first.len() + second.len()),
        ]
        .concat();
        let start = u64::try_from(head.len()).unwrap() + SIZE;
        let length = u64::try_from(listing.len()).unwrap();
        let mut tail = listing;
        tail.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        tail.extend([3, 3, length, start].iter().flat_map(|number: &u64| number.to_le_bytes()));
        tail.extend(b"PK\x06\x07\0\0\0\0");
        tail.extend((start + length).to_le_bytes());
        tail.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\x03\0\x03\0");
        tail.extend(u32::try_from(length).unwrap().to_le_bytes());
        tail.extend(b"\xff\xff\xff\xff\0\0");
        if write(&folder.path().join("model.pt"), &head, SIZE, &tail).is_some() {
            quiet(&report(folder.path()));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_cut_short_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pkl");
    // Large enough to be mapped, and work for longer than it takes to cut it.
    let body = b"K\x01K\x020\x30".repeat(8 << 20);
    fs::write(&path, [b"\x80\x04", &body[..], b"N."].concat()).unwrap();
    let scanner = Scanner::builder().digest(Digest::Never).build();
    let scanned = on_a_small_stack(|| {
        let mut file = File::open(&path).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(30));
                fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4096).unwrap();
            });
            scanner.scan_file(Name::from("model.pkl"), &mut file).unwrap()
        })
    });
    assert!(codes(&scanned).contains(&GapCode::Changed), "{:?}", scanned.artifact);
}
