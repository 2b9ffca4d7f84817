//! A list of rows with a key, in which a row is found at once.

use std::borrow::Cow;

use super::pack::{Pack, Packed, Text, packed_struct};

packed_struct! {
    /// Rows of a `.tsv` file behind a hash table.
    List {
        /// File name without folder and ending.
        name: Text,
        /// Names of the columns.
        columns: Vec<Text>,
        /// How many of them are the key.
        keys: usize,
        /// Number of rows.
        rows: usize,
        /// Open addressing: 4 bytes per slot, the offset of a row plus 1; 0 is free.
        slots: Cow<'static, [u8]>,
        /// The rows, cells separated by tabs, each ended by a line feed.
        data: Cow<'static, [u8]>,
        /// A power of two of bits: those for the hashes of the first cells are set.
        firsts: Cow<'static, [u8]>,
    }
}

/// A row that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    list: &'a List,
    line: &'a [u8],
    /// How the key met it: `exact`, `inherited`, `module`, `path`.
    met: &'static str,
}

impl<'a> Row<'a> {
    /// The cell of a column; also `entry`, the key as one dotted name, and `match`, how it was met.
    pub(crate) fn cell(&self, column: &str) -> Cow<'a, str> {
        let line = std::str::from_utf8(self.line).unwrap_or_default();
        match column {
            "match" => Cow::Borrowed(self.met),
            "entry" => {
                let keys: Vec<&str> = line.split('\t').take(self.list.keys).collect();
                Cow::Owned(keys.join("."))
            }
            _ => {
                let at = self.list.columns.iter().position(|one| one == column);
                Cow::Borrowed(at.and_then(|at| line.split('\t').nth(at)).unwrap_or_default())
            }
        }
    }
}

/// FNV-1a of nothing.
const NOTHING: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a of one byte more.
fn and(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

const fn mixed(hash: u64) -> u64 {
    hash ^ (hash >> 29)
}

/// FNV-1a over the key's cells with tabs between them.
fn hash(key: &[&[u8]]) -> u64 {
    let mut hash = NOTHING;
    for (at, part) in key.iter().enumerate() {
        if at > 0 {
            hash = and(hash, b'\t');
        }
        hash = part.iter().fold(hash, |hash, &byte| and(hash, byte));
    }
    mixed(hash)
}

/// The bit that stands for a hash among `size` bytes of bits: its byte and its mask.
fn bit(hash: u64, size: usize) -> (usize, u8) {
    let low = usize::from(u8::try_from(hash & 7).unwrap_or_default());
    let mask = u64::try_from(size.saturating_sub(1)).unwrap_or_default();
    let byte = usize::try_from((hash >> 3) & mask).unwrap_or_default();
    (byte, [1, 2, 4, 8, 16, 32, 64, 128].get(low).copied().unwrap_or_default())
}

impl List {
    /// Reads the text of a `.tsv` file on top of what is there: later rows win. The first line that is
    /// no comment names the columns; a list that has columns takes a file without that line as well.
    pub(crate) fn read(&mut self, text: &str, keys: usize) -> Result<(), (usize, String)> {
        let mut rows: Vec<String> = String::from_utf8_lossy(&self.data).lines().map(str::to_owned).collect();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r');
            let number = at.saturating_add(1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            if self.columns.is_empty() {
                self.columns = cells.into_iter().map(|cell| Text::Owned(cell.to_owned())).collect();
                self.keys = keys;
            } else if self.columns.iter().eq(&cells) {
            } else if cells.len() < self.keys || cells.len() > self.columns.len() {
                let (least, most, is) = (self.keys, self.columns.len(), cells.len());
                return Err((
                    number,
                    format!("{least} to {most} cells separated by tabs are expected, not {is}"),
                ));
            } else if cells.iter().take(self.keys.min(1)).any(|cell| cell.is_empty()) {
                return Err((number, "the first cell is empty".to_owned()));
            } else {
                rows.push(cells.join("\t"));
            }
        }
        self.build(rows);
        Ok(())
    }

    /// Sorts the rows, drops those that a later one replaces, and builds the table.
    fn build(&mut self, mut rows: Vec<String>) {
        let keys = self.keys;
        let key = |row: &str| row.split('\t').take(keys).map(str::to_owned).collect::<Vec<_>>();
        rows.reverse();
        rows.sort_by_key(|row| key(row));
        rows.dedup_by_key(|row| key(row));
        self.rows = rows.len();
        let size = rows.len().saturating_mul(2).max(1).next_power_of_two();
        let mut slots = vec![0_u32; size];
        let mut data = String::new();
        let mut firsts = vec![0_u8; size];
        for row in &rows {
            let (byte, mask) = bit(hash(&[row.split('\t').next().unwrap_or_default().as_bytes()]), size);
            if let Some(bits) = firsts.get_mut(byte) {
                *bits |= mask;
            }
            let parts: Vec<&[u8]> = row.split('\t').take(keys).map(str::as_bytes).collect();
            let offset = u32::try_from(data.len().saturating_add(1)).unwrap_or_default();
            let mut probe = slots_of(hash(&parts), size);
            let free = probe.find(|&at| slots.get(at) == Some(&0));
            if let Some(slot) = free.and_then(|at| slots.get_mut(at)) {
                *slot = offset;
            }
            data.push_str(row);
            data.push('\n');
        }
        self.slots = Cow::Owned(slots.iter().flat_map(|slot| slot.to_le_bytes()).collect());
        self.data = Cow::Owned(data.into_bytes());
        self.firsts = Cow::Owned(firsts);
    }

    /// Every row, with its line as it stands.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let lines = self.data.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| Row { list: self, line, met: "exact" })
    }

    /// The row with exactly this key.
    pub(crate) fn exact(&self, key: &[&[u8]]) -> Option<Row<'_>> {
        self.met(key, "exact")
    }

    fn met(&self, key: &[&[u8]], met: &'static str) -> Option<Row<'_>> {
        let size = self.slots.len().checked_div(4)?;
        for slot in slots_of(hash(key), size) {
            let bytes = self.slots.get(slot.saturating_mul(4)..)?.first_chunk()?;
            let offset = usize::try_from(u32::from_le_bytes(*bytes)).ok()?.checked_sub(1)?;
            let row = self.data.get(offset..)?;
            if starts(row, key) {
                return Some(Row { list: self, line: row.split(|&byte| byte == b'\n').next()?, met });
            }
        }
        None
    }

    /// The row that speaks for `name` in `module` as Python resolves it: the name itself, what its dots
    /// lead to, what it belongs to, or its module as a whole (`*`).
    pub(crate) fn python(&self, module: &[u8], name: &[u8]) -> Option<Row<'_>> {
        let exact = || self.met(&[module, name], "exact");
        let path = || self.walk(name, |module, rest| self.reached(module, rest));
        let above = || self.inherited(module, name.get(..last_dot(name)?)?, "inherited");
        exact().or_else(path).or_else(above).or_else(|| self.module(module))
    }

    /// The row that speaks for a dotted name that begins with its module: the longest module that has one.
    pub(crate) fn dotted(&self, name: &[u8]) -> Option<Row<'_>> {
        let dots = name.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
        dots.take(PARTS).find_map(|at| {
            let (module, rest) = (name.get(..at)?, name.get(at.saturating_add(1)..)?);
            let row = self.met(&[module, rest], "exact");
            row.or_else(|| self.inherited(module, rest, "inherited")).or_else(|| self.module(module))
        })
    }

    /// The name, or a shorter and shorter part of it.
    fn inherited(&self, module: &[u8], name: &[u8], met: &'static str) -> Option<Row<'_>> {
        let mut name = name;
        for _ in 0..PARTS {
            if let Some(row) = self.met(&[module, name], met) {
                return Some(row);
            }
            name = name.get(..last_dot(name)?)?;
        }
        None
    }

    /// The module as a whole, or a package around it.
    fn module(&self, module: &[u8]) -> Option<Row<'_>> {
        let mut module = module;
        for _ in 0..PARTS {
            if let Some(row) = self.met(&[module, b"*"], "module") {
                return Some(row);
            }
            module = module.get(..last_dot(module)?)?;
        }
        None
    }

    fn reached(&self, module: &[u8], rest: &[u8]) -> Option<Row<'_>> {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'.')
            .nth(3)
            .map_or(rest.len(), |(at, _)| at);
        self.inherited(module, rest.get(..end)?, "path").or_else(|| self.met(&[module, b"*"], "path"))
    }

    /// Whether a row may begin with the cell that has this hash, not yet mixed.
    fn begins(&self, hash: u64) -> bool {
        let (byte, mask) = bit(mixed(hash), self.firsts.len());
        self.firsts.get(byte).is_some_and(|bits| bits & mask != 0)
    }

    /// Asks for each run of up to four parts of a dotted name that may be a first cell, with what follows it.
    fn walk<'a, T>(&self, name: &[u8], ask: impl Fn(&[u8], &[u8]) -> Option<T> + 'a) -> Option<T> {
        let mut rest = name;
        for _ in 0..STARTS {
            let (mut hash, mut parts, mut second) = (NOTHING, 0, None);
            for (at, byte) in rest.iter().copied().map(Some).chain([None]).enumerate() {
                if matches!(byte, Some(b'.') | None) {
                    let after = at.saturating_add(1);
                    if self.begins(hash) {
                        let found = ask(rest.get(..at)?, rest.get(after..).unwrap_or_default());
                        if found.is_some() {
                            return found;
                        }
                    }
                    second = second.or(byte.map(|_| after));
                    parts = u8::saturating_add(parts, 1);
                    if parts == RUN {
                        break;
                    }
                }
                hash = byte.map_or(hash, |byte| and(hash, byte));
            }
            rest = rest.get(second?..)?;
        }
        None
    }

    /// A row whose module is a part of the dotted name.
    pub(crate) fn passes(&self, name: &[u8]) -> Option<Row<'_>> {
        self.walk(name, |module, _| self.met(&[module], "path"))
    }
}

/// Parts of a dotted name that are tried as one module, or one after the other from its end.
const PARTS: usize = 16;

/// Parts of a dotted name that may be one module within it.
const RUN: u8 = 4;

/// Where parts of a long dotted name begin that are tried.
const STARTS: usize = 2000;

/// Position of the last dot.
fn last_dot(name: &[u8]) -> Option<usize> {
    name.iter().rposition(|&byte| byte == b'.')
}

/// Where a hash may stand in a table of a power of two of slots.
fn slots_of(hash: u64, size: usize) -> impl Iterator<Item = usize> {
    let mask = u64::try_from(size.saturating_sub(1)).unwrap_or_default();
    let wide = u64::try_from(size).unwrap_or_default();
    (0..wide).filter_map(move |step| usize::try_from(hash.wrapping_add(step) & mask).ok())
}

/// Whether a row begins with the cells of a key.
fn starts(row: &[u8], key: &[&[u8]]) -> bool {
    let mut rest = row;
    for part in key {
        match rest.strip_prefix(*part) {
            Some([b'\t' | b'\n', after @ ..]) => rest = after,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> List {
        let mut list = List::default();
        list.read(text, 2).unwrap();
        list
    }

    fn found(list: &List, module: &str, name: &str) -> Option<String> {
        list.python(module.as_bytes(), name.as_bytes()).map(|row| row.cell("does").into_owned())
    }

    const NAMES: &str =
        "module\tname\tdoes\nos\tsystem\trun\nbdb\t*\tdebug\nm\tClass\tmake\nos.path\tx\tdeep\n";

    #[test]
    fn a_name_is_resolved_as_python_would() {
        let names = list(NAMES);
        for (module, name, does) in [
            ("os", "system", Some("run")),
            ("m", "Class.method.deeper", Some("make")),
            ("bdb", "anything", Some("debug")),
            ("bdb.sub.module", "x", Some("debug")),
            ("posixpath", "os.system", Some("run")),
            ("logging", "a.b.os.system.__call__", Some("run")),
            ("a", "os.path.x", Some("deep")),
            ("a", "bdb.x", Some("debug")),
            ("m", "Class.os.system", Some("run")),
            ("os", "sys", None),
            ("m", "Classy", None),
            ("posixpath", "os", None),
            ("", "", None),
        ] {
            assert_eq!(found(&names, module, name).as_deref(), does, "{module} {name}");
        }
    }

    #[test]
    fn a_dotted_name_begins_with_its_module() {
        let names = list(NAMES);
        let does = |name: &str| names.dotted(name.as_bytes()).map(|row| row.cell("does").into_owned());
        assert_eq!(does("os.system").as_deref(), Some("run"));
        assert_eq!(does("m.Class.method").as_deref(), Some("make"));
        assert_eq!(does("os.path.x.y").as_deref(), Some("deep"));
        assert_eq!(does("bdb.run").as_deref(), Some("debug"));
        assert_eq!(does("mine.os.system"), None);
        assert_eq!(does("os"), None);
    }

    #[test]
    fn later_rows_win_and_a_header_is_no_row() {
        let mut names = list(NAMES);
        names.read("# mine\nmodule\tname\tdoes\nos\tsystem\tnothing\nos\tnew\n", 2).unwrap();
        assert_eq!(found(&names, "os", "system").as_deref(), Some("nothing"));
        assert_eq!(found(&names, "os", "new").as_deref(), Some(""));
        assert_eq!(names.rows().count(), 5);
        assert!(names.read("alone\n", 2).is_err());
    }

    #[test]
    fn a_part_that_is_a_module_is_seen() {
        let mut modules = List::default();
        modules.read("module\nos\nimportlib.util\n", 1).unwrap();
        assert!(modules.passes(b"a.os").is_some());
        assert!(modules.passes(b"x.importlib.util.y").is_some());
        assert!(modules.passes(b"position").is_none());
    }

    #[test]
    fn a_packed_list_is_the_same() {
        let names = list(NAMES);
        let mut bytes = Vec::new();
        names.pack(&mut bytes);
        let back = List::unpack(&mut Packed::new(bytes.leak())).unwrap();
        assert_eq!(found(&back, "posixpath", "os.system").as_deref(), Some("run"));
        assert_eq!(back.rows().count(), names.rows().count());
    }
}
