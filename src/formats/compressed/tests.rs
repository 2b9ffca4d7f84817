//! Streams made by Python's own modules, as hexadecimal text.

use super::*;
use crate::bytes::{Budget, Limits};

/// What each codec makes of `hello hello hello`.
const HELLO: &[(Codec, &str)] = &[
    (Codec::Gzip, "1f8b0800000000000203cb48cdc9c957c84090008088f9e511000000"),
    (Codec::Zlib, "789ccb48cdc9c957c84090003a2e067d"),
    (
        Codec::Bzip2,
        "425a68393141592653599e625bfe000002910040000244a000211460668291ef23470bb9229c28484f312dff00",
    ),
    (
        Codec::Xz,
        "fd377a585a000004e6d6b4460200210116000000742fe5a3e00010000b5d00341949ee8de94f7e15e00000004b88e6da4480077600012711bc27f3901fb6f37d010000000004595a",
    ),
    (Codec::Lzma, "5d00008000ffffffffffffffff00341949ee8de94f7f35c5a3ffff78a40000"),
    (Codec::Lz4, "04224d186440a71100008068656c6c6f2068656c6c6f2068656c6c6f00000000b1cd9b87"),
    (Codec::Zstd, "28b52ffd04586500003068656c6c6f200100314a11a2ed1e0c"),
];
const TEXT: &[u8] = b"hello hello hello";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn unpacked(bytes: Vec<u8>) -> (Vec<u8>, u64, Option<Broken>) {
    let bytes = Bytes::of_file(bytes);
    let codec = stream::detect(&bytes).unwrap();
    let un = stream::unpack(codec, &bytes, &Budget::new(Limits::default()));
    (un.bytes.to_vec(), un.end, un.fault)
}

fn parsed(name: &str, bytes: Vec<u8>) -> (crate::formats::Collected, Result<(), Fault>) {
    let place = Place { names: vec![Name::from(name)], ..Place::default() };
    let budget = Budget::new(Limits::default());
    let mut out = Emit::new(&place, &budget);
    let result = Compressed.parse(&Bytes::of_file(bytes), &mut out);
    (out.finish(), result)
}

#[test]
fn every_codec_is_detected_and_gives_what_went_in() {
    for (codec, text) in HELLO {
        let bytes = hex(text);
        assert_eq!(stream::detect(&Bytes::of_file(bytes.clone())), Some(*codec));
        let len = wide(bytes.len());
        assert_eq!(unpacked(bytes), (TEXT.to_vec(), len, None), "{codec:?}");
    }
}

#[test]
fn streams_in_a_row_are_read_as_loaders_read_them() {
    for (codec, text) in HELLO {
        let one = hex(text);
        let (out, end, fault) = unpacked([&one[..], &one[..]].concat());
        assert_eq!(fault, None, "{codec:?}");
        let (wanted, times) = match codec {
            Codec::Zlib | Codec::Deflate => (TEXT.to_vec(), 1),
            _ => (TEXT.repeat(2), 2),
        };
        assert_eq!((out, end), (wanted, wide(one.len() * times)), "{codec:?}");
    }
}

#[test]
fn bytes_behind_the_stream_are_left_uncovered() {
    for (codec, text) in HELLO {
        let one = hex(text);
        let (collected, result) = parsed("model.pkl", [&one[..], b"trailing"].concat());
        assert_eq!(result, Ok(()), "{codec:?}");
        let holes = collected.covered.holes(wide(one.len() + 8));
        assert_eq!(holes, [Span::new(wide(one.len()), 8)], "{codec:?}");
    }
}

#[test]
fn a_prefix_is_never_whole() {
    for (codec, text) in HELLO {
        let whole = hex(text);
        for cut in 1..whole.len() {
            let bytes = Bytes::of_file(whole[..cut].to_vec());
            if stream::detect(&bytes).is_some() {
                let (out, _, fault) = unpacked(whole[..cut].to_vec());
                assert!(fault.is_some(), "{codec:?} cut at {cut}");
                assert!(TEXT.starts_with(&out) || *codec == Codec::Lzma, "{codec:?} cut at {cut}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_seen_or_harmless() {
    for (codec, text) in HELLO {
        let whole = hex(text);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let reader = codec.open(Bytes::of_file(bytes.clone()));
            let mut out = Vec::new();
            let _any = std::io::Read::read_to_end(&mut std::io::Read::take(reader, 1 << 20), &mut out);
            let _any = parsed("x", bytes);
        }
    }
}

#[test]
fn what_is_there_of_a_stream_cut_short_is_given() {
    for (codec, text) in HELLO {
        let mut bytes = hex(text);
        bytes.truncate(bytes.len() - 1);
        let (out, _, fault) = unpacked(bytes);
        assert_eq!(fault.map(|fault| fault.why), Some(Cause::Ended), "{codec:?}");
        assert!(out.len() + 1 >= TEXT.len(), "{codec:?} gave {}", out.len());
        assert!(out.starts_with(&TEXT[..TEXT.len() - 1]), "{codec:?}");
    }
}

#[test]
fn padding_is_explained() {
    let gzip = [hex(HELLO[0].1), vec![0; 7]].concat();
    assert_eq!(unpacked(gzip.clone()).1, wide(gzip.len()));
    let xz = [hex(HELLO[3].1), vec![0; 8], hex(HELLO[3].1), vec![0; 3]].concat();
    assert_eq!(unpacked(xz.clone()).1, wide(xz.len() - 3));
}

#[test]
fn frames_that_hold_nothing_are_stepped_over() {
    let skippable = hex("5a2a4d18 03000000 616263");
    for codec in [5, 6] {
        let one = hex(HELLO[codec].1);
        let bytes = [&skippable[..], &one[..], &skippable[..]].concat();
        assert_eq!(unpacked(bytes.clone()), (TEXT.to_vec(), wide(bytes.len()), None));
    }
}

#[test]
fn what_cannot_be_compressed_is_no_stream_that_holds_nothing() {
    let noise: Vec<u8> = (0..3_u32 << 20).flat_map(|n| n.wrapping_mul(0x9e37_79b1).to_be_bytes()).collect();
    // A window of 8 MiB, then raw blocks of 128 KiB.
    let mut zstd = hex("28b52ffd 00 68");
    for block in noise.chunks(128 << 10) {
        zstd.extend(u32::try_from(block.len() << 3).unwrap().to_le_bytes().iter().take(3));
        zstd.extend(block);
    }
    zstd.extend(hex("010000"));
    assert!(unpacked(zstd) == (noise.clone(), wide(noise.len()) + 6 + 3 + 96 * 3, None));
    let info = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max4MB);
    let mut lz4 = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    std::io::Write::write_all(&mut lz4, &noise).unwrap();
    let (out, _, fault) = unpacked(lz4.finish().unwrap());
    assert!(out == noise && fault.is_none());
}

#[test]
fn empty_blocks_without_end_are_refused() {
    let mut zstd = hex("28b52ffd 00 68");
    zstd.resize(20 << 20, 0);
    let limits = Limits { steps: 1 << 20, ..Limits::default() };
    let un = stream::unpack(Codec::Zstd, &Bytes::of_file(zstd), &Budget::new(limits));
    assert_eq!((un.bytes.size(), un.fault.unwrap().why), (0, Cause::TooMuch));
}

#[test]
fn a_large_dictionary_takes_no_more_than_what_comes_out() {
    for dictionary in ["00000080", "ffffffff", "000000c0"] {
        let lzma = hex(HELLO[4].1.replacen("00008000", dictionary, 1).as_str());
        assert_eq!(unpacked(lzma.clone()), (TEXT.to_vec(), wide(lzma.len()), None), "{dictionary}");
    }
    // The size of the dictionary in the filter's property, and the CRC of the block's header.
    let xz = hex(HELLO[3].1.replacen("2101 16".replace(' ', "").as_str(), "210128", 1).as_str());
    let mut crc = flate2::Crc::new();
    crc.update(&xz[12..20]);
    let sealed = [&xz[..20], &crc.sum().to_le_bytes()[..], &xz[24..]].concat();
    assert_eq!(unpacked(sealed.clone()), (TEXT.to_vec(), wide(sealed.len()), None));
}

#[test]
fn a_large_dictionary_that_fills_is_over_the_limit() {
    let zeros = vec![0; (128 << 20) + 4096];
    let options = lzma_rust2::LzmaOptions { dict_size: 1 << 20, ..lzma_rust2::LzmaOptions::with_preset(0) };
    let mut writer = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).unwrap();
    std::io::Write::write_all(&mut writer, &zeros).unwrap();
    let mut lzma = writer.finish().unwrap();
    let read = |lzma: &[u8]| {
        let mut reader = Codec::Lzma.open(Bytes::computed(lzma.to_vec()));
        let outcome = std::io::copy(&mut reader, &mut std::io::sink()).map_err(|error| error.kind());
        (outcome, reader.given())
    };
    assert_eq!(read(&lzma), (Ok(wide(zeros.len())), wide(zeros.len())));
    lzma[4] = 0x60;
    let (outcome, given) = read(&lzma);
    assert_eq!(outcome, Err(std::io::ErrorKind::OutOfMemory));
    assert!(given > 127 << 20 && given <= 128 << 20);
}

#[test]
fn reserved_flags_of_gzip_do_not_matter() {
    let mut gzip = hex(HELLO[0].1);
    gzip[3] = 0xe0;
    assert_eq!(unpacked(gzip.clone()), (TEXT.to_vec(), wide(gzip.len()), None));
}

#[test]
fn a_stream_without_a_mark_that_breaks_is_one_by_name() {
    let mut zlib = hex(HELLO[1].1);
    zlib[14] ^= 1;
    let sure = |bytes: &[u8]| Compressed.probe(&Bytes::of_file(bytes.to_vec()), &Place::default());
    assert_eq!((sure(&zlib), sure(&hex(HELLO[1].1)), sure(b"x\x9d...")), (Sure::Maybe, Sure::Yes, Sure::No));
    let (collected, result) = parsed("m.z", zlib);
    assert_eq!(result.unwrap_err().code, GapCode::Malformed);
    let Source::Open(bytes) = &collected.children[0].source else { panic!() };
    assert_eq!(&bytes[..], TEXT);
}

#[test]
fn text_and_code_are_no_streams() {
    for bytes in [
        &b"x\x9c"[..],
        b"BZh9 is a magic",
        b"(dp0\n.",
        b"H\x89\xe5\x90\x90\x90",
        b"]\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        assert_eq!(stream::detect(&Bytes::of_file(bytes.to_vec())), None, "{bytes:?}");
    }
}

#[test]
fn joblibs_old_header_is_read() {
    let mut file = b"ZF0x11               ".to_vec();
    file.extend(hex(HELLO[1].1));
    let (collected, result) = parsed("model.pkl.z", file.clone());
    assert_eq!(result, Ok(()));
    assert_eq!(collected.children[0].name, Name::from("model.pkl"));
    assert_eq!(collected.children[0].role, Role::Joblib);
    assert!(collected.covered.holes(wide(file.len())).is_empty());
    file[4] = b'2';
    assert_eq!(parsed("m", file).0.facts.len(), 2);
}

#[test]
fn the_child_is_named_after_the_file_or_the_header() {
    let named = |name: &str, bytes: Vec<u8>| parsed(name, bytes).0.children[0].name.to_string();
    assert_eq!(named("dir/model.pkl.gz", hex(HELLO[0].1)), "model.pkl");
    assert_eq!(named("model.tgz", hex(HELLO[0].1)), "model.tar");
    assert_eq!(named("model", hex(HELLO[0].1)), "model");
    let mut with_name = hex(HELLO[0].1);
    with_name[3] |= 8;
    with_name.splice(10..10, *b"../a.pkl\0");
    let (collected, result) = parsed("model", with_name);
    assert_eq!(result, Ok(()));
    assert_eq!(collected.children[0].name, Name::from("a.pkl"));
    assert_eq!(collected.facts[0].said.kind(), "entry");
}
