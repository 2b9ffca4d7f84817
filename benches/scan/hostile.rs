//! Files that someone made to hurt, up to 1 GiB each: they end within the budget.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use lzma_rust2::{XzOptions, XzWriter};

use super::{
    archive::{Archive, Member},
    table::{ONE_THREAD, Row},
    write::{Pickle, noise, repeat},
};

const fn hostile(name: &'static str, make: fn(&Path) -> io::Result<u64>) -> Row {
    Row::new(name, make).any_status().options(ONE_THREAD).millis(10_000).mib(1024)
}

pub(super) const ROWS: &[Row] = &[
    hostile("hostile: NONE and POP, 1 GiB", |to| pattern(to, b"\x80\x04", b"N0")),
    hostile("hostile: MARK, 1 GiB", |to| pattern(to, b"\x80\x04", b"(")),
    hostile("hostile: NONE, 1 GiB", |to| pattern(to, b"\x80\x04", b"N")),
    hostile("hostile: MEMOIZE, 1 GiB", |to| pattern(to, b"\x80\x04N", b"\x94")),
    hostile("hostile: DUP, 1 GiB", |to| pattern(to, b"\x80\x04N", b"2")),
    hostile("hostile: tuples in tuples, 1 GiB", |to| pattern(to, b"\x80\x04N", b"\x85")),
    hostile("hostile: empty lists, 1 GiB", |to| pattern(to, b"\x80\x04(", b"]")),
    hostile("hostile: lists in lists, 1 GiB", |to| pattern(to, b"\x80\x04]2", b"]2a")),
    hostile("hostile: sets of deep tuples, 1 GiB", |to| {
        pattern(to, b"\x80\x04)\x94", b"h\0\x85\x94(h\0h\0\x910")
    }),
    hostile("hostile: STACK_GLOBAL of nothing, 1 GiB", |to| pattern(to, b"\x80\x04", b"C\0C\0\x930")),
    hostile("hostile: a global of 1 GiB", |to| pattern(to, b"cos\n", b"x.")),
    hostile("hostile: a number of 1 GiB", |to| pattern(to, b"I", b"1")),
    hostile("hostile: escapes, 1 GiB", |to| pattern(to, b"V", b"\\u0041")),
    hostile("hostile: streams, 1 GiB", |to| pattern(to, b"\x80\x04N.", b"\x80\x04N.")),
    hostile("hostile: frames in frames, 1 GiB", |to| pattern(to, b"\x80\x04", b"\x95\x09\0\0\0\0\0\0\0")),
    hostile("hostile: a call over and over, 1 GiB", |to| pattern(to, b"\x80\x04", b"cos\nsystem\n(Vx\ntR0")),
    hostile("hostile: frozensets of wide tuples, 1 GiB", sets),
    hostile("hostile: wide lists kept, 1 GiB", |to| pattern(to, b"\x80\x04", &wide_list())),
    hostile("hostile: calls with wide arguments", wide_calls),
    hostile("hostile: look-ups in a wide dict", look_ups),
    hostile("hostile: bytes that double", doubling),
    hostile("hostile: persistent identifiers, 1 GiB", |to| pattern(to, b"\x80\x04", b")Q0")),
    hostile("hostile: far memo slots, 1 GiB", far),
    hostile("hostile: streams with a memo, 1 GiB", |to| pattern(to, b"", b"\x80\x04]\x94]\x94]\x94]\x94.")),
    hostile("hostile: packed constants, 1 GiB", packed),
    hostile("hostile: a million globals", globals),
    hostile("hostile: a million calls", calls),
    hostile("hostile: calls of names without end", |to| numbered(to, |n| format!("cm{n}\nf\n)R0"))),
    hostile("hostile: attributes without end", |to| {
        numbered(to, |n| format!("cbuiltins\ngetattr\n(cos\npath\nVa{n}\ntR0"))
    }),
    hostile("hostile: names of many parts", |to| {
        let parts = "a.".repeat(300);
        numbered(to, move |n| format!("cm\n{parts}{n}\n0"))
    }),
    hostile("hostile: a call of a call of a call", chain),
    hostile("hostile: a memo of 40 million slots", memo),
    hostile("hostile: a memo with holes", holes),
    hostile("hostile: one line of text, 1 GiB", |to| pattern(to, b"text", b" text")),
    hostile("hostile: JSON of numbers, 1 GiB", |to| pattern(to, b"[0", b",1")),
    hostile("hostile: JSON in depth, 1 GiB", |to| pattern(to, b"[", b"[")),
    hostile("hostile: gzip of 16 GiB of zeros", gzip),
    hostile("hostile: xz of 16 GiB of zeros", xz),
    hostile("hostile: bzip2 of 16 GiB of zeros", bzip2),
    hostile("hostile: gzip of noise, 1 GiB", noisy),
    hostile("hostile: zip of 200,000 members", members),
    hostile("hostile: zip of overlapping members", overlapping),
    hostile("hostile: safetensors of a million tensors", safetensors),
    hostile("hostile: ONNX of 30 million nodes", |to| onnx(to, b"\x0a\x02\x22\0")),
    hostile("hostile: ONNX of messages in messages", |to| onnx(to, b"\x0a\x80\x80\x80\x01")),
];

const GIB: u64 = 1 << 30;

/// 1 GiB of one pattern behind a head, in a file that is named as a model.
fn pattern(folder: &Path, head: &[u8], part: &[u8]) -> io::Result<u64> {
    let block = part.repeat((1 << 16) / part.len());
    repeat(&folder.join("model.bin"), (head, b""), GIB, |_, out| out.extend_from_slice(&block))?;
    Ok(1)
}

fn pickle(folder: &Path, size: u64, part: impl Fn(usize, &mut Pickle)) -> io::Result<u64> {
    repeat(&folder.join("model.pkl"), (b"\x80\x04", b"N."), size, |number, out| {
        let mut pickle = Pickle::default();
        part(number, &mut pickle);
        out.append(&mut pickle.bytes);
    })?;
    Ok(1)
}

fn globals(folder: &Path) -> io::Result<u64> {
    pickle(folder, 24 << 20, |number, pickle| {
        pickle.global(&format!("package{number}"), &format!("name{number}")).raw(b"0");
    })
}

/// A pickle of 256 MB of protocol 0, each part with a number of its own.
fn numbered(folder: &Path, part: impl Fn(usize) -> String) -> io::Result<u64> {
    pickle(folder, 256 << 20, |number, pickle| {
        pickle.raw(part(number).as_bytes());
    })
}

fn calls(folder: &Path) -> io::Result<u64> {
    pickle(folder, 40 << 20, |number, pickle| {
        pickle.global("posix", "system").text(&format!("command {number}")).raw(b"\x85R0");
    })
}

/// `getattr(getattr(getattr(…), "a"), "a")`
fn chain(folder: &Path) -> io::Result<u64> {
    pickle(folder, 200 << 20, |number, pickle| {
        pickle.global("builtins", "getattr");
        match number {
            0 => pickle.global("builtins", "object"),
            _ => pickle.get(0),
        };
        pickle.text("a").raw(b"\x86R").put(0).raw(b"0");
    })
}

/// A list of 4096 numbers.
fn wide_list() -> Vec<u8> {
    [&b"("[..], &[b'N'; 4096], b"l0"].concat()
}

/// A tuple of tuples, and sets of it.
fn sets(folder: &Path) -> io::Result<u64> {
    let tuple = |inner: &[u8]| [b"(", &inner.repeat(64)[..], b"t\x94"].concat();
    let head = [b"\x80\x04", &tuple(b")")[..], &tuple(b"h\0"), &tuple(b"h\x01")].concat();
    pattern(folder, &head, b"(h\x02\x910")
}

/// A tuple of lists of names, given to a call again and again.
fn wide_calls(folder: &Path) -> io::Result<u64> {
    let names = [&b"cm\nf\n\x94("[..], &[b'h', 0].repeat(256), b"l\x94"].concat();
    let head = [b"\x80\x04", &names[..], b"(", &[b'h', 1].repeat(256), b"t\x94"].concat();
    pattern(folder, &head, b"h\0h\x02R0")
}

fn look_ups(folder: &Path) -> io::Result<u64> {
    let dict = [&b"("[..], &b"X\x01\0\0\0aN".repeat(2000), b"d\x94"].concat();
    let head = [b"\x80\x04", &dict[..], b"X\x01\0\0\0b\x94coperator\ngetitem\n\x94"].concat();
    pattern(folder, &head, b"h\x02h\0h\x01\x86R0")
}

/// `x = x + x`, again from the start where it has become too long.
fn doubling(folder: &Path) -> io::Result<u64> {
    pickle(folder, 64 << 20, |number, pickle| {
        if number % 20 == 0 {
            pickle.raw(b"C\x10aaaaaaaaaaaaaaaa").put(0).raw(b"0");
        }
        pickle.global("operator", "concat").get(0).get(0).raw(b"\x86R").put(0).raw(b"0");
    })
}

fn far(folder: &Path) -> io::Result<u64> {
    pickle(folder, GIB, |number, pickle| {
        pickle.raw(b"N").put((1 << 31) - number).raw(b"0");
    })
}

/// Zeros that look like a pickle at first sight, packed, as constants.
fn packed(folder: &Path) -> io::Result<u64> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zeros(&mut out, 8 << 20)?;
    let packed = out.finish()?;
    let length = u32::try_from(packed.len()).unwrap_or(0).to_le_bytes();
    pattern(folder, b"\x80\x04", &[&b"B"[..], &length, &packed, b"0"].concat())
}

fn memo(folder: &Path) -> io::Result<u64> {
    pickle(folder, 240 << 20, |number, pickle| {
        pickle.raw(b"]").put(number).raw(b"0");
    })
}

fn holes(folder: &Path) -> io::Result<u64> {
    pickle(folder, 240 << 20, |number, pickle| {
        pickle.raw(b"]").put(number.wrapping_mul(65_537) & 0xffff_ffff).raw(b"0");
    })
}

/// Writes zeros, as many as shall come out.
fn zeros(mut out: impl Write, size: u64) -> io::Result<()> {
    let block = vec![0; 1 << 20];
    (0..size >> 20).try_for_each(|_| out.write_all(&block))
}

/// The same compressed stream again and again: decoders read them as one.
fn streams(path: &Path, stream: &[u8], times: usize) -> io::Result<u64> {
    fs::write(path, stream.repeat(times))?;
    Ok(1)
}

fn gzip(folder: &Path) -> io::Result<u64> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zeros(&mut out, GIB >> 2)?;
    streams(&folder.join("model.pkl.gz"), &out.finish()?, 64)
}

fn xz(folder: &Path) -> io::Result<u64> {
    let mut out = XzWriter::new(Vec::new(), XzOptions::with_preset(1))?;
    zeros(&mut out, GIB >> 2)?;
    streams(&folder.join("model.pkl.xz"), &out.finish()?, 64)
}

fn bzip2(folder: &Path) -> io::Result<u64> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    zeros(&mut out, GIB >> 2)?;
    streams(&folder.join("model.pkl.bz2"), &out.finish()?, 64)
}

fn noisy(folder: &Path) -> io::Result<u64> {
    let file = File::create(folder.join("model.pkl.gz"))?;
    let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::none());
    let block = noise(1 << 20);
    (0..GIB >> 20).try_for_each(|_| out.write_all(&block))?;
    out.finish()?;
    Ok(1)
}

fn members(folder: &Path) -> io::Result<u64> {
    let mut archive = Archive::create(&folder.join("model.zip"))?;
    for number in 0..200_000 {
        archive.stored(&format!("folder/{number}.pkl"), b"\x80\x04N.")?;
    }
    archive.finish()?;
    Ok(1)
}

/// 10,000 members, each of which holds all that follow, and in the end 10 MiB of zeros.
fn overlapping(folder: &Path) -> io::Result<u64> {
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    zeros(&mut packed, 10 << 20)?;
    let packed = packed.finish()?;
    let mut archive = Archive::create(&folder.join("model.zip"))?;
    let length = u64::try_from(packed.len()).unwrap_or(0);
    for number in 0..10_000 {
        let name = &format!("folder/{number}.pkl");
        archive.head(&Member { name, method: 8, crc: 0, packed: length, size: 10 << 20 })?;
    }
    archive.body(&packed)?;
    archive.finish()?;
    Ok(1)
}

fn safetensors(folder: &Path) -> io::Result<u64> {
    let one =
        |number: usize| format!(r#""tensor{number}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},"#);
    let tensors: String = (0..1_000_000).map(one).collect();
    let header = format!("{{{tensors}\"last\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}}}");
    let length = u64::try_from(header.len()).unwrap_or(0).to_le_bytes();
    fs::write(folder.join("model.safetensors"), [&length[..], header.as_bytes()].concat())?;
    Ok(1)
}

/// A graph of 120 MB that is one pattern over and over.
fn onnx(folder: &Path, part: &[u8]) -> io::Result<u64> {
    let graph = part.repeat(120_000_000 / part.len());
    let length = [0x80, 0x9c, 0x9c, 0x39];
    fs::write(folder.join("model.onnx"), [&b"\x08\x08\x3a"[..], &length, &graph].concat())?;
    Ok(1)
}
