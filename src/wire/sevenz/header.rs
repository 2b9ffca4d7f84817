//! The header: packed streams, folders, files.

use super::{files::File, tree::Tree};
use crate::{
    bytes::{Bytes, Cursor, Short, Span, index, wide},
    wire::Wrong,
};

pub(super) const END: u8 = 0x00;
const HEADER: u8 = 0x01;
const PROPERTIES: u8 = 0x02;
const MORE_STREAMS: u8 = 0x03;
const STREAMS: u8 = 0x04;
const FILES: u8 = 0x05;
const PACK: u8 = 0x06;
const UNPACK: u8 = 0x07;
const SUB_STREAMS: u8 = 0x08;
const SIZE: u8 = 0x09;
const CRC: u8 = 0x0a;
const FOLDER: u8 = 0x0b;
const UNPACK_SIZE: u8 = 0x0c;
const COUNT: u8 = 0x0d;
const PACKED_HEADER: u8 = 0x17;

/// A way of packing, by the number that 7-Zip gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method(pub u64);

/// Where the bytes of a coder come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The packed stream of this number.
    Packed(usize),
    /// The coder of this number, which comes before.
    Coder(usize),
}

/// One coder of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coder {
    /// What it does.
    pub method: Method,
    /// Its setting.
    pub properties: Vec<u8>,
    /// What it reads: one stream, or several that it joins.
    pub inputs: Vec<Input>,
}

/// Packed bytes that become files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Coders in the order in which they unpack, the last for all others; nothing if they form no tree.
    pub coders: Vec<Coder>,
    /// Every coder's method, in the order of the header.
    pub methods: Vec<u64>,
    /// The packed streams.
    pub packed: Vec<Span>,
    /// Bytes that come out of each coder, in the order of `coders`.
    pub sizes: Vec<u64>,
    /// CRC-32 of all that comes out.
    pub crc: Option<u32>,
    /// Size and CRC-32 of each file in it.
    pub files: Vec<(u64, Option<u32>)>,
}

impl Folder {
    /// Bytes that come out.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.sizes.last().copied().unwrap_or_default()
    }
}

/// Folders.
pub type Streams = Vec<Folder>;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Archive {
    /// The true header is packed in the first of these folders.
    Packed(Streams),
    /// Folders and files.
    Plain(Streams, Vec<File>),
}

/// Reads a header; at most `most` files, folders and streams each.
///
/// # Errors
/// A [`Wrong`] with its place in the header.
pub fn read(header: &Bytes, most: u64) -> Result<Archive, Wrong> {
    let mut h = Head { c: Cursor::new(header), most };
    match h.c.u8()? {
        PACKED_HEADER => Ok(Archive::Packed(h.streams()?)),
        HEADER => h.header(),
        _ => Err(h.wrong("this is no 7z header")),
    }
}

pub(super) struct Head<'a> {
    pub(super) c: Cursor<'a>,
    pub(super) most: u64,
}

impl<'a> Head<'a> {
    pub(super) fn wrong(&self, what: &'static str) -> Wrong {
        Wrong::malformed(self.c.at(), what)
    }

    /// A number of one to nine bytes: the ones at the top of the first say how many follow.
    pub(super) fn number(&mut self) -> Result<u64, Wrong> {
        let first = self.c.u8()?;
        let more = first.leading_ones();
        let mut value = 0_u64;
        for nth in 0..more {
            value |= u64::from(self.c.u8()?) << nth.saturating_mul(8);
        }
        let mask = 0x7f_u8.checked_shr(more).unwrap_or_default();
        Ok(value | u64::from(first & mask).checked_shl(more.saturating_mul(8)).unwrap_or_default())
    }

    /// A number of things, each of which takes a byte or more somewhere.
    pub(super) fn count(&mut self) -> Result<u64, Wrong> {
        let count = self.number()?;
        if count > self.most {
            return Err(Wrong::too_much(self.c.at(), "more members than are allowed"));
        }
        Ok(count)
    }

    fn header(&mut self) -> Result<Archive, Wrong> {
        let mut streams = Streams::new();
        let mut files = Vec::new();
        loop {
            match self.c.u8()? {
                END => return Ok(Archive::Plain(streams, files)),
                PROPERTIES => {
                    while self.c.u8()? != END {
                        let len = self.number()?;
                        self.c.skip(len)?;
                    }
                }
                MORE_STREAMS => {
                    self.streams()?;
                }
                STREAMS => streams = self.streams()?,
                FILES => files = self.files()?,
                _ => return Err(self.wrong("an unknown part of a 7z header")),
            }
        }
    }

    fn streams(&mut self) -> Result<Streams, Wrong> {
        let mut packed = Vec::new();
        let mut folders = Streams::new();
        loop {
            match self.c.u8()? {
                END => break,
                PACK => packed = self.pack()?,
                UNPACK => folders = self.unpack(&mut packed.iter().copied())?,
                SUB_STREAMS => self.sub_streams(&mut folders)?,
                _ => return Err(self.wrong("an unknown part of a 7z header")),
            }
        }
        for folder in folders.iter_mut().filter(|folder| folder.files.is_empty()) {
            folder.files.push((folder.size(), folder.crc));
        }
        Ok(folders)
    }

    /// Where the packed streams are.
    fn pack(&mut self) -> Result<Vec<Span>, Wrong> {
        let mut at = self.number()?.saturating_add(super::START);
        let count = self.count()?;
        let mut spans = Vec::new();
        loop {
            match self.c.u8()? {
                END => return Ok(spans),
                SIZE => {
                    for _ in 0..count {
                        let span = Span::new(at, self.number()?);
                        at = span.end();
                        spans.push(span);
                    }
                }
                CRC => {
                    self.digests(count)?;
                }
                _ => return Err(self.wrong("an unknown part of a 7z header")),
            }
        }
    }

    /// A bit for each of `count` things, the highest of a byte first.
    pub(super) fn bits(&mut self, count: u64) -> Result<Vec<bool>, Wrong> {
        let bytes = self.c.take(count.div_ceil(8))?;
        let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
        Ok(bits.take(index(count)).collect())
    }

    /// The same, behind a byte that may say that all are set.
    pub(super) fn optional_bits(&mut self, count: u64) -> Result<Vec<bool>, Wrong> {
        if self.c.u8()? != 0 { Ok(vec![true; index(count)]) } else { self.bits(count) }
    }

    fn digests(&mut self, count: u64) -> Result<Vec<Option<u32>>, Wrong> {
        let there = self.optional_bits(count)?;
        let read = |there: bool| -> Result<Option<u32>, Short> { there.then(|| self.c.u32()).transpose() };
        Ok(there.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    fn unpack(&mut self, packed: &mut dyn Iterator<Item = Span>) -> Result<Streams, Wrong> {
        if self.c.u8()? != FOLDER {
            return Err(self.wrong("folders are missing"));
        }
        let count = self.count()?;
        if self.c.u8()? != 0 {
            return Err(self.wrong("folders that stand elsewhere"));
        }
        let mut trees = Vec::new();
        let mut folders = Streams::new();
        for _ in 0..count {
            let (folder, tree) = self.folder(packed)?;
            folders.push(folder);
            trees.push(tree);
        }
        loop {
            match self.c.u8()? {
                END => return Ok(folders),
                UNPACK_SIZE => {
                    for (folder, tree) in folders.iter_mut().zip(&trees) {
                        let mut sizes = Vec::new();
                        for _ in 0..tree.outs {
                            sizes.push(self.number()?);
                        }
                        folder.sizes = tree.order.iter().filter_map(|&at| sizes.get(at)).copied().collect();
                    }
                }
                CRC => {
                    let crcs = self.digests(count)?;
                    folders.iter_mut().zip(crcs).for_each(|(folder, crc)| folder.crc = crc);
                }
                _ => return Err(self.wrong("an unknown part of a 7z header")),
            }
        }
    }

    /// One folder: coders, which output goes into which input, which inputs are packed streams.
    fn folder(&mut self, packed: &mut dyn Iterator<Item = Span>) -> Result<(Folder, Tree), Wrong> {
        let count = self.number()?;
        if !(1..=32).contains(&count) {
            return Err(self.wrong("a folder of no coder, or of too many"));
        }
        let mut tree = Tree::default();
        let mut coders = Vec::new();
        for _ in 0..count {
            let (coder, ins, outs) = self.coder()?;
            tree.add(ins, outs);
            coders.push(coder);
        }
        if tree.ins() > 32 || !(1..=32).contains(&tree.outs) {
            return Err(self.wrong("a folder of too many streams"));
        }
        for _ in 1..tree.outs {
            tree.binds.push((self.number()?, self.number()?));
        }
        let streams = tree.ins().saturating_sub(wide(tree.binds.len()));
        for _ in 0..streams {
            let alone = streams == 1;
            tree.packed.push(if alone { tree.free().unwrap_or_default() } else { self.number()? });
        }
        let order = tree.order();
        let placed = order.iter().filter_map(|&at| {
            let inputs = tree.inputs(at, &order)?;
            coders.get(at).map(|coder| Coder { inputs, ..coder.clone() })
        });
        let folder = Folder {
            coders: placed.collect(),
            methods: coders.iter().map(|coder| coder.method.0).collect(),
            packed: packed.take(index(streams)).collect(),
            ..Folder::default()
        };
        tree.order = order;
        Ok((folder, tree))
    }

    fn coder(&mut self) -> Result<(Coder, u64, u64), Wrong> {
        let flags = self.c.u8()?;
        let id = self.c.take(u64::from(flags & 0x0f))?;
        let method = Method(id.iter().fold(0_u64, |id, &byte| id << 8 | u64::from(byte)));
        let (ins, outs) = if flags & 0x10 != 0 { (self.number()?, self.number()?) } else { (1, 1) };
        let len = if flags & 0x20 != 0 { self.number()? } else { 0 };
        let properties = self.c.take(len)?.to_vec();
        if flags & 0x80 != 0 {
            return Err(self.wrong("a coder with alternatives"));
        }
        Ok((Coder { method, properties, inputs: Vec::new() }, ins, outs))
    }

    fn sub_streams(&mut self, folders: &mut Streams) -> Result<(), Wrong> {
        let mut counts = vec![1_u64; folders.len()];
        let mut kind = self.c.u8()?;
        if kind == COUNT {
            let mut all = 0_u64;
            for count in &mut counts {
                *count = self.count()?;
                all = all.saturating_add(*count);
            }
            if all > self.most {
                return Err(Wrong::too_much(self.c.at(), "more members than are allowed"));
            }
            kind = self.c.u8()?;
        }
        let sized = kind == SIZE;
        for (folder, &count) in folders.iter_mut().zip(&counts) {
            let mut left = folder.size();
            for nth in 1..=count {
                // The last one has what is left.
                let size = if nth == count || !sized { left } else { self.number()? };
                left = left.saturating_sub(size);
                folder.files.push((size, folder.crc.filter(|_| count == 1)));
            }
        }
        if sized {
            kind = self.c.u8()?;
        }
        if kind == CRC {
            let open = |file: &&mut (u64, Option<u32>)| file.1.is_none();
            let unknown: Vec<_> =
                folders.iter_mut().flat_map(|folder| &mut folder.files).filter(open).collect();
            let crcs = self.digests(wide(unknown.len()))?;
            unknown.into_iter().zip(crcs).for_each(|(file, crc)| file.1 = crc);
            kind = self.c.u8()?;
        }
        // A folder of no file holds nothing that anyone gets.
        if kind == END { Ok(()) } else { Err(self.wrong("an unknown part of a 7z header")) }
    }
}
