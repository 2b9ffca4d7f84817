//! Types of elements.

/// The types that `safetensors::Dtype` (`safetensors/src/tensor.rs`, 0.8) knows, with their bits (`bitsize`).
const BITS: [(&[u8], u64); 22] = [
    (b"BOOL", 8),
    (b"F4", 4),
    (b"F6_E2M3", 6),
    (b"F6_E3M2", 6),
    (b"U8", 8),
    (b"I8", 8),
    (b"F8_E5M2", 8),
    (b"F8_E4M3", 8),
    (b"F8_E8M0", 8),
    (b"F8_E4M3FNUZ", 8),
    (b"F8_E5M2FNUZ", 8),
    (b"I16", 16),
    (b"U16", 16),
    (b"F16", 16),
    (b"BF16", 16),
    (b"I32", 32),
    (b"U32", 32),
    (b"F32", 32),
    (b"C64", 64),
    (b"F64", 64),
    (b"I64", 64),
    (b"U64", 64),
];

/// Bits of an element, if the type is known.
pub(super) fn bits(dtype: &[u8]) -> Option<u64> {
    BITS.iter().find(|(name, _)| *name == dtype).map(|(_, bits)| *bits)
}
