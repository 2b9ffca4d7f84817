//! Data in constants of pickles is not taken for code: bytes of every kind, prose, source, vocabularies.

#[cfg(test)]
mod constants {
    use std::{fmt::Write as _, fs, io::Write as _, path::Path};

    use mlscan::{Scanner, findings::Severity};

    /// Bytes of each kind.
    const SIZE: usize = 1 << 18;

    /// Numbers that are the same on every machine.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 33
        }

        fn bytes(&mut self, len: usize) -> Vec<u8> {
            (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
        }
    }

    /// A pickle that holds a list of constants: bytes, or text.
    fn pickle(parts: &[Vec<u8>], text: bool) -> Vec<u8> {
        let mut out = b"\x80\x04](".to_vec();
        for part in parts {
            out.push(if text { b'X' } else { b'B' });
            out.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
            out.extend(part);
        }
        out.extend(b"e.");
        out
    }

    /// Cuts bytes into pieces of many lengths.
    fn pieces(numbers: &mut Numbers, bytes: &[u8]) -> Vec<Vec<u8>> {
        let (mut rest, mut out) = (bytes, Vec::new());
        while !rest.is_empty() {
            let len =
                usize::try_from(numbers.next().wrapping_rem(2000).wrapping_add(12)).unwrap().min(rest.len());
            let (piece, after) = rest.split_at(len);
            out.push(piece.to_vec());
            rest = after;
        }
        out
    }

    /// The worst finding, which must be below `least`, and no member but the file itself.
    fn quiet(what: &str, bytes: Vec<u8>, least: Severity) {
        let scanned = Scanner::builder().build().scan_bytes("constants.pkl", bytes);
        for finding in &scanned.findings {
            assert!(finding.severity < least && finding.members.is_empty(), "{what}: {}", finding.message);
        }
    }

    fn base64(bytes: &[u8]) -> Vec<u8> {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |bits: u32| DIGITS[usize::try_from(bits & 63).unwrap()];
        bytes
            .chunks_exact(3)
            .flat_map(|three| {
                let bits = three.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
                [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)]
            })
            .collect()
    }

    #[test]
    fn bytes_are_not_taken_for_code() {
        let mut numbers = Numbers(20_261_122);
        let random = numbers.bytes(SIZE);
        let floats: Vec<u8> = (0..SIZE / 4)
            .flat_map(|_| {
                let number = u32::try_from(numbers.next() & 0x7f_ffff).unwrap() | 0x3c00_0000;
                number.to_le_bytes()
            })
            .collect();
        for (what, bytes) in [("random", &random), ("floats", &floats)] {
            let parts = pieces(&mut numbers, bytes);
            quiet(what, pickle(&parts, false), Severity::Info);
            let encoded: Vec<Vec<u8>> = parts.iter().map(|part| base64(part)).collect();
            quiet(what, pickle(&encoded, true), Severity::Info);
            quiet(what, pickle(&encoded, false), Severity::Info);
            let hex = |part: &Vec<u8>| {
                part.iter().fold(String::new(), |mut hex, byte| {
                    write!(hex, "{byte:02x}").unwrap();
                    hex
                })
            };
            let hex: Vec<Vec<u8>> = parts.iter().map(|part| hex(part).into_bytes()).collect();
            quiet(what, pickle(&hex, true), Severity::Info);
            let packed = |part: &Vec<u8>| {
                let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                out.write_all(part).unwrap();
                out.finish().unwrap()
            };
            let packed: Vec<Vec<u8>> = parts.iter().map(packed).collect();
            quiet(what, pickle(&packed, false), Severity::Info);
        }
    }

    #[test]
    fn prose_source_and_vocabularies_are_not_taken_for_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        let prose = [read("README.md"), read("LICENSE"), read("rules/README.md")];
        let sentences: Vec<Vec<u8>> =
            prose.iter().flat_map(|text| text.split(". ")).map(|part| part.as_bytes().to_vec()).collect();
        quiet("prose", pickle(&sentences, true), Severity::Medium);
        let source = [read("fixtures/make.py"), read("fixtures/attacks.py"), read("rules/vouch.py")];
        let files: Vec<Vec<u8>> = source.iter().map(|file| file.as_bytes().to_vec()).collect();
        quiet("source", pickle(&files, true), Severity::Medium);
        quiet("source", pickle(&files, false), Severity::Medium);
        let mut numbers = Numbers(7);
        let all: Vec<char> = source.concat().chars().collect();
        let mut tokens = Vec::new();
        for _ in 0..20_000 {
            let start = usize::try_from(numbers.next()).unwrap().checked_rem(all.len()).unwrap();
            let len = usize::try_from(numbers.next().wrapping_rem(20).wrapping_add(1)).unwrap();
            let token: String = all.iter().skip(start).take(len).collect();
            tokens.push(token.into_bytes());
        }
        quiet("vocabulary", pickle(&tokens, true), Severity::Medium);
    }
}
