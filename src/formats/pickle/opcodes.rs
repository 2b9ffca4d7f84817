//! The opcodes of protocols 0 to 5: codes, names, arguments (`Lib/pickletools.py`, `Modules/_pickle.c`).

/// How the argument of an opcode is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// The code is no opcode.
    Illegal,
    /// No argument.
    Bare,
    /// So many bytes.
    Fixed(u8),
    /// A length of so many bytes, little-endian, and then that many bytes.
    Counted(u8),
    /// The same, with a signed length of four bytes.
    Signed,
    /// Text up to a line feed.
    Line,
    /// Twice that.
    Lines,
}

macro_rules! opcodes {
    ($($code:literal $name:ident $layout:expr, $protocol:literal;)*) => {
        /// Codes by name.
        pub(super) mod code {
            $(pub(crate) const $name: u8 = $code;)*
        }

        /// Name, layout and first protocol of a code.
        const fn row(code: u8) -> (&'static str, Layout, u8) {
            match code {
                $($code => (stringify!($name), $layout, $protocol),)*
                _ => ("?", Layout::Illegal, 0),
            }
        }
    };
}

use Layout::{Bare, Counted, Fixed, Line, Lines, Signed};

opcodes! {
    b'(' MARK Bare, 0;
    b'.' STOP Bare, 0;
    b'0' POP Bare, 0;
    b'1' POP_MARK Bare, 1;
    b'2' DUP Bare, 0;
    b'F' FLOAT Line, 0;
    b'G' BINFLOAT Fixed(8), 1;
    b'I' INT Line, 0;
    b'J' BININT Fixed(4), 1;
    b'K' BININT1 Fixed(1), 1;
    b'M' BININT2 Fixed(2), 1;
    b'L' LONG Line, 0;
    0x8a LONG1 Counted(1), 2;
    0x8b LONG4 Signed, 2;
    b'N' NONE Bare, 0;
    0x88 NEWTRUE Bare, 2;
    0x89 NEWFALSE Bare, 2;
    b'S' STRING Line, 0;
    b'T' BINSTRING Counted(4), 1;
    b'U' SHORT_BINSTRING Counted(1), 1;
    b'B' BINBYTES Counted(4), 3;
    b'C' SHORT_BINBYTES Counted(1), 3;
    0x8e BINBYTES8 Counted(8), 4;
    0x96 BYTEARRAY8 Counted(8), 5;
    b'V' UNICODE Line, 0;
    b'X' BINUNICODE Counted(4), 1;
    0x8c SHORT_BINUNICODE Counted(1), 4;
    0x8d BINUNICODE8 Counted(8), 4;
    0x97 NEXT_BUFFER Bare, 5;
    0x98 READONLY_BUFFER Bare, 5;
    b')' EMPTY_TUPLE Bare, 1;
    0x85 TUPLE1 Bare, 2;
    0x86 TUPLE2 Bare, 2;
    0x87 TUPLE3 Bare, 2;
    b't' TUPLE Bare, 0;
    b']' EMPTY_LIST Bare, 1;
    b'l' LIST Bare, 0;
    b'a' APPEND Bare, 0;
    b'e' APPENDS Bare, 1;
    b'}' EMPTY_DICT Bare, 1;
    b'd' DICT Bare, 0;
    b's' SETITEM Bare, 0;
    b'u' SETITEMS Bare, 1;
    0x8f EMPTY_SET Bare, 4;
    0x90 ADDITEMS Bare, 4;
    0x91 FROZENSET Bare, 4;
    b'c' GLOBAL Lines, 0;
    0x93 STACK_GLOBAL Bare, 4;
    b'i' INST Lines, 0;
    b'o' OBJ Bare, 1;
    b'R' REDUCE Bare, 0;
    b'b' BUILD Bare, 0;
    0x81 NEWOBJ Bare, 2;
    0x92 NEWOBJ_EX Bare, 4;
    0x82 EXT1 Fixed(1), 2;
    0x83 EXT2 Fixed(2), 2;
    0x84 EXT4 Fixed(4), 2;
    b'P' PERSID Line, 0;
    b'Q' BINPERSID Bare, 1;
    b'p' PUT Line, 0;
    b'q' BINPUT Fixed(1), 1;
    b'r' LONG_BINPUT Fixed(4), 1;
    0x94 MEMOIZE Bare, 4;
    b'g' GET Line, 0;
    b'h' BINGET Fixed(1), 1;
    b'j' LONG_BINGET Fixed(4), 1;
    0x80 PROTO Fixed(1), 2;
    0x95 FRAME Fixed(8), 4;
}

/// Layout of the argument of each code.
static LAYOUTS: [Layout; 256] = {
    let mut table = [Layout::Illegal; 256];
    let mut code = 0_u8;
    loop {
        #[expect(
            clippy::indexing_slicing,
            clippy::as_conversions,
            reason = "a byte indexes 256 rows, at build time"
        )]
        {
            table[code as usize] = row(code).1;
        }
        if code == u8::MAX {
            break;
        }
        code = code.saturating_add(1);
    }
    table
};

/// Layout of the argument of a code.
#[inline]
pub(super) fn layout(code: u8) -> Layout {
    LAYOUTS.get(usize::from(code)).copied().unwrap_or(Layout::Illegal)
}

/// Name of a code.
pub(super) const fn name(code: u8) -> &'static str {
    row(code).0
}

/// The protocol that brought a code.
#[cfg(test)]
pub(super) const fn protocol(code: u8) -> u8 {
    row(code).2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_68_opcodes() {
        let known = (0..=u8::MAX).filter(|&code| layout(code) != Layout::Illegal).count();
        assert_eq!(known, 68);
        assert_eq!((name(b'c'), layout(b'c'), protocol(0x93)), ("GLOBAL", Lines, 4));
    }
}
