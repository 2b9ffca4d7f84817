//! One member as its records describe it.

use crate::bytes::{Name, Span};

/// Flag: encrypted.
pub(super) const ENCRYPTED: u16 = 0x1;
/// Flag of LZMA: a mark ends the stream.
const LZMA_MARK: u16 = 0x2;
/// Flag: sizes and CRC stand behind the data.
pub(super) const DESCRIPTOR: u16 = 0x8;
/// Flag: patch data.
pub(super) const PATCHED: u16 = 0x20;
/// Flag: strong encryption.
pub(super) const STRONG: u16 = 0x40;
/// Flag: the name is UTF-8.
pub(super) const UTF8: u16 = 0x800;
/// Flag: the central directory is encrypted.
pub(super) const MASKED: u16 = 0x2000;

macro_rules! oddities {
    ($($(#[doc = $doc:literal])+ $oddity:ident = $word:literal;)*) => {
        /// What an honest writer does not do to a member.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Oddity {
            $($(#[doc = $doc])+ $oddity,)*
        }

        impl Oddity {
            const ALL: &[(Self, &str)] = &[$((Self::$oddity, $word),)*];

            const fn bit(self) -> u32 {
                let mut bit = 1_u32;
                $(if matches!(self, Self::$oddity) { return bit; } bit = bit.wrapping_shl(1);)*
                bit
            }
        }
    };
}

oddities! {
    /// The name in the local header is another one.
    LocalNameDiffers = "local-name-differs";
    /// The compression method in the local header is another one.
    LocalMethodDiffers = "local-method-differs";
    /// A size in the local header is another one.
    LocalSizeDiffers = "local-size-differs";
    /// A flag that decides about reading differs in the local header.
    LocalFlagsDiffer = "local-flags-differ";
    /// The CRC in the local header is another one.
    LocalCrcDiffers = "local-crc-differs";
    /// There is no local header where the directory says.
    LocalMissing = "local-missing";
    /// The Unicode path in the extra field is another name.
    UnicodeNameDiffers = "unicode-name-differs";
    /// A flag or the method says that it is encrypted.
    Encrypted = "encrypted";
    /// A flag says that it is encrypted, but it is not.
    EncryptedFlag = "encrypted-flag";
    /// A flag says that it is a patch.
    PatchedFlag = "patched-flag";
    /// A flag says that the directory is masked.
    MaskedFlag = "masked-flag";
    /// Another member has the same name.
    Duplicate = "duplicate";
    /// Another member has the same name but for upper and lower case.
    CaseCollision = "case-collision";
    /// Another member has a name that some file systems take for the same: in another Unicode form, or with dots
    /// or spaces at its end.
    FormCollision = "form-collision";
    /// No directory lists it.
    Unlisted = "unlisted";
    /// It shares bytes with another member or with the directory.
    Overlapping = "overlapping";
    /// The file ends before its data does.
    CutShort = "cut-short";
    /// It is stored, yet its two sizes differ.
    StoredSizeDiffers = "stored-size-differs";
    /// The sizes or CRC behind the data are others.
    DescriptorDiffers = "descriptor-differs";
    /// Sizes should stand behind the data, but do not.
    DescriptorMissing = "descriptor-missing";
    /// It is a directory and has data.
    DirectoryWithData = "directory-with-data";
    /// It lies on another disk of a set.
    OtherDisk = "other-disk";
    /// Its method is none that is known.
    UnknownMethod = "unknown-method";
    /// An extra field holds many bytes that nobody reads.
    ExtraData = "extra-data";
    /// The extra field of the central record is broken: Python refuses it.
    ExtraBroken = "extra-broken";
    /// The CRC is wrong.
    CrcDiffers = "crc-differs";
    /// The CRC was left at zero.
    CrcUnset = "crc-unset";
    /// It unpacks to another size than is declared.
    SizeDiffers = "size-differs";
    /// Its packed bytes go on behind the end of the compressed stream.
    BytesBehindStream = "bytes-behind-stream";
}

/// A set of [`Oddity`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities(u32);

impl Oddities {
    /// Adds one.
    pub const fn add(&mut self, oddity: Oddity) {
        self.0 |= oddity.bit();
    }

    /// Adds one if it holds.
    pub const fn add_if(&mut self, holds: bool, oddity: Oddity) {
        if holds {
            self.add(oddity);
        }
    }

    /// Takes one out.
    pub const fn remove(&mut self, oddity: Oddity) {
        self.0 &= !oddity.bit();
    }

    /// Whether one is in it.
    #[must_use]
    pub const fn has(self, oddity: Oddity) -> bool {
        self.0 & oddity.bit() != 0
    }

    /// Whether none is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their words, in a fixed order.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        Oddity::ALL.iter().filter(|(oddity, _)| self.has(*oddity)).map(|(_, word)| *word).collect()
    }
}

/// How a member is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Method(pub u16);

impl Method {
    /// Not packed.
    pub const STORED: Self = Self(0);
    /// Deflate.
    pub const DEFLATE: Self = Self(8);
    /// `WinZip` encryption; the true method stands in an extra field.
    pub const AES: Self = Self(99);

    /// The word that stands for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.0 {
            0 => "stored",
            1 => "shrink",
            2..=5 => "reduce",
            6 => "implode",
            8 => "deflate",
            9 => "deflate64",
            10 => "dcl-implode",
            12 => "bzip2",
            14 => "lzma",
            20 | 93 => "zstd",
            94 => "mp3",
            95 => "xz",
            96 => "jpeg",
            97 => "wavpack",
            98 => "ppmd",
            99 => "aes",
            _ => "unknown",
        }
    }
}

/// What the local header says where it differs from the central record.
#[derive(Clone, Debug, Default)]
pub struct LocalView {
    /// Its name, if that differs.
    pub name: Option<Name>,
    /// Its method, if that differs.
    pub method: Option<Method>,
    /// Its number of packed bytes, if that differs.
    pub packed: Option<u64>,
    /// Its number of plain bytes, if that differs.
    pub size: Option<u64>,
    /// The name in the extra field for Unicode paths, if that differs.
    pub unicode: Option<Name>,
}

/// One member.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name in the directory, or in the local header if no directory lists it.
    pub name: Name,
    /// Number of the directory that lists it.
    pub listing: Option<u32>,
    /// The central record; empty if there is none.
    pub central: Span,
    /// The local header with name and extra field; empty if there is none.
    pub local: Span,
    /// The packed bytes, as far as the file goes.
    pub data: Span,
    /// The descriptor behind the data; empty if there is none.
    pub descriptor: Span,
    /// Method.
    pub method: Method,
    /// Flags of both headers.
    pub flags: u16,
    /// CRC-32 of the unpacked bytes.
    pub crc: u32,
    /// Declared number of unpacked bytes.
    pub size: u64,
    /// Declared number of packed bytes.
    pub packed: u64,
    /// Unix mode; 0 if the writer left none.
    pub mode: u32,
    /// What is odd about it.
    pub oddities: Oddities,
    /// What the local header says otherwise.
    pub differs: Option<Box<LocalView>>,
}

/// One way to read a member: where its packed bytes are, and how they are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Packed bytes.
    pub data: Span,
    /// Method.
    pub method: Method,
    /// Number of unpacked bytes, if this reading has one.
    pub size: Option<u64>,
    /// Whether it is the reading of the central record.
    pub central: bool,
}

impl Entry {
    /// Whether its name says that it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name.as_bytes().ends_with(b"/")
    }

    /// Whether it is a symbolic link.
    #[must_use]
    pub const fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    /// The number of plain bytes that a decoder must know, the larger of two; all ones if a mark ends its stream.
    #[must_use]
    pub fn expected(&self) -> u64 {
        if self.method.0 == 14 && self.flags & LZMA_MARK != 0 {
            return u64::MAX;
        }
        self.differs.as_ref().and_then(|view| view.size).map_or(self.size, |size| size.max(self.size))
    }

    /// The part of its data that no header disputes: only there is nothing else to be looked for.
    #[must_use]
    pub fn vouched(&self) -> Span {
        let other = self.differs.as_ref().and_then(|view| view.packed).unwrap_or(u64::MAX);
        let len = if self.oddities.has(Oddity::LocalMissing) { 0 } else { other.min(self.data.len) };
        Span::new(self.data.start, len)
    }

    /// From the first byte of the local header to the last of the descriptor.
    #[must_use]
    pub fn extent(&self) -> Span {
        let start = if self.local.len > 0 { self.local.start } else { self.data.start };
        Span::between(start, self.data.end().max(self.descriptor.end()))
    }

    /// Every way in which some loader reads it, the central record's first. `size` is that of the file.
    #[must_use]
    pub fn readings(&self, size: u64) -> Vec<Reading> {
        let (start, method) = (self.data.start, self.method);
        let longest = if method == Method::STORED { self.packed.max(self.size) } else { self.packed };
        let within = |len: u64| Span::new(start, len.min(size.saturating_sub(start)));
        let central = Reading { data: within(longest), method, size: Some(self.size), central: true };
        let mut readings = vec![central];
        if let Some(view) = &self.differs {
            let (packed, method) = (view.packed.unwrap_or(longest), view.method.unwrap_or(method));
            let local = Reading { data: within(packed), method, size: None, central: false };
            // A shorter reading of the same kind is the beginning of the first.
            if method != self.method || packed > longest {
                readings.push(local);
            }
        }
        readings.retain(|reading| reading.data.len > 0);
        readings
    }
}

/// One central directory and the end record that leads to it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The records.
    pub span: Span,
    /// The end record, without its comment.
    pub end: Span,
    /// Number of records.
    pub count: u64,
    /// What is added to every offset.
    pub shift: i64,
}

/// Something odd about the archive as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What, in kebab case.
    pub what: &'static str,
    /// In words.
    pub detail: String,
    /// Where.
    pub span: Span,
}
