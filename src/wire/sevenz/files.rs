//! The part of the header that lists the files.

use super::header::{END, Head};
use crate::{
    bytes::{Cursor, Name, index, wide},
    wire::Wrong,
};

const EMPTY_STREAM: u8 = 0x0e;
const EMPTY_FILE: u8 = 0x0f;
const NAMES: u8 = 0x11;
const ATTRIBUTES: u8 = 0x15;

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: Name,
    /// Whether it has no bytes.
    pub empty: bool,
    /// Whether it is a directory.
    pub directory: bool,
    /// Attributes; a Unix mode in the upper half.
    pub attributes: u32,
}

impl Head<'_> {
    pub(super) fn files(&mut self) -> Result<Vec<File>, Wrong> {
        let count = self.count()?;
        let mut files = vec![File::default(); index(count)];
        let mut hollow = Vec::new();
        loop {
            let kind = self.c.u8()?;
            if kind == END {
                return Ok(files);
            }
            let len = self.number()?;
            let here = self.c.at();
            let mut part = Self { c: Cursor::new(self.c.take(len)?), most: self.most };
            let within = |wrong: Wrong| Wrong { at: wrong.at.saturating_add(here), ..wrong };
            match kind {
                EMPTY_STREAM => {
                    let bits = part.bits(count).map_err(within)?;
                    hollow = (0..files.len()).filter(|&at| bits.get(at) == Some(&true)).collect();
                    for &at in &hollow {
                        if let Some(file) = files.get_mut(at) {
                            (file.empty, file.directory) = (true, true);
                        }
                    }
                }
                EMPTY_FILE => {
                    let bits = part.bits(wide(hollow.len())).map_err(within)?;
                    for (&at, _) in hollow.iter().zip(bits).filter(|(_, bit)| *bit) {
                        if let Some(file) = files.get_mut(at) {
                            file.directory = false;
                        }
                    }
                }
                NAMES => part.names(&mut files).map_err(within)?,
                ATTRIBUTES => part.attributes(&mut files).map_err(within)?,
                // Times, a comment, filling.
                _ => {}
            }
        }
    }

    /// Names in UTF-16, each with its NUL.
    fn names(&mut self, files: &mut [File]) -> Result<(), Wrong> {
        if self.c.u8()? != 0 {
            return Err(self.wrong("names that stand elsewhere"));
        }
        for file in files {
            let mut units = Vec::new();
            loop {
                match self.c.u16()? {
                    0 => break,
                    unit => units.push(unit),
                }
            }
            file.name = Name::from(String::from_utf16_lossy(&units));
        }
        Ok(())
    }

    fn attributes(&mut self, files: &mut [File]) -> Result<(), Wrong> {
        let there = self.optional_bits(wide(files.len()))?;
        if self.c.u8()? != 0 {
            return Err(self.wrong("attributes that stand elsewhere"));
        }
        for (file, _) in files.iter_mut().zip(there).filter(|(_, there)| *there) {
            file.attributes = self.c.u32()?;
        }
        Ok(())
    }
}
