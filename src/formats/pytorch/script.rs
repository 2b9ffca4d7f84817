//! A token scan of `TorchScript` and Python source: what it calls, not what it means.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::Name;

/// What a piece of source uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// Names that it calls, the namespaces of operators that it names, and in Python what it imports. A method
    /// of a value has a dot in front.
    pub(super) names: Vec<Name>,
    /// The first line that gives a constant text to a call.
    pub(super) text: String,
}

/// Most names of one source.
const MOST: usize = 10_000;
/// Longest line that is shown, in bytes.
const LINE: usize = 200;

/// First parts of the names of operators and classes in `TorchScript`.
const SPACES: &[&str] = &["torch", "ops", "__torch__", "aten", "prim"];
const KEYWORDS: &[&str] = &[
    "if", "elif", "while", "for", "in", "not", "and", "or", "is", "return", "assert", "else", "lambda",
    "yield", "await", "with", "except", "del", "raise", "async", "global", "nonlocal", "match", "case",
];

/// Scans source. Costs a few steps for each byte.
pub(super) fn used(source: &[u8], python: bool) -> Used {
    let mut scan = Scan {
        source,
        at: 0,
        python,
        names: BTreeSet::new(),
        aliases: BTreeMap::new(),
        text: None,
        calling: false,
        calls: 0,
    };
    while let Some(token) = scan.token() {
        scan.take(token);
    }
    let names = scan.names.into_iter().map(Name::from).collect();
    let text = scan.text.map(|at| line(source, at)).unwrap_or_default();
    Used { names, text }
}

/// The line around an offset, escaped and cut.
fn line(source: &[u8], at: usize) -> String {
    let before = source.get(..at).unwrap_or_default();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end.saturating_add(1));
    let rest = source.get(start..).unwrap_or_default();
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Name::from(line.get(..LINE).unwrap_or(line).trim_ascii()).to_string()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name, dotted; whether it follows a dot.
    Name(&'a [u8], bool),
    /// A constant text, with its offset.
    Text(usize),
    /// One other byte.
    Mark(u8),
}

struct Scan<'a> {
    source: &'a [u8],
    at: usize,
    python: bool,
    names: BTreeSet<Vec<u8>>,
    aliases: BTreeMap<&'a [u8], Vec<u8>>,
    text: Option<usize>,
    /// Whether the next parenthesis opens a call.
    calling: bool,
    /// Open parentheses of calls.
    calls: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, len: usize) -> &'a [u8] {
        let taken = self.rest().get(..len).unwrap_or_default();
        self.at = self.at.saturating_add(len.max(1));
        taken
    }

    /// The next token; spaces within a line, comments and numbers are stepped over.
    fn token(&mut self) -> Option<Token<'a>> {
        loop {
            match self.rest() {
                [] => return None,
                [b' ' | b'\t' | b'\r' | b'\\', ..] => _ = self.step(1),
                [b'#', rest @ ..] => {
                    let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    self.step(len.saturating_add(1));
                    return Some(Token::Mark(b'\n'));
                }
                [b'"' | b'\'', ..] => return Some(self.text()),
                [b'0'..=b'9', rest @ ..] => {
                    let len = rest.iter().take_while(|&&byte| is_word(byte) || byte == b'.').count();
                    self.step(len.saturating_add(1));
                }
                [b'.', next, ..] if is_start(*next) => {
                    self.step(1);
                    return Some(Token::Name(self.dotted(), true));
                }
                [first, ..] if is_start(*first) => return Some(Token::Name(self.dotted(), false)),
                [mark, ..] => {
                    self.step(1);
                    return Some(Token::Mark(*mark));
                }
            }
        }
    }

    fn dotted(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let mut len = 0;
        loop {
            let part = rest.get(len..).unwrap_or_default();
            len = len.saturating_add(part.iter().take_while(|&&byte| is_word(byte)).count());
            match rest.get(len..) {
                Some([b'.', next, ..]) if is_start(*next) => len = len.saturating_add(1),
                _ => return self.step(len),
            }
        }
    }

    /// Steps over a constant text: to the closing quotes, or for single ones to the end of the line.
    fn text(&mut self) -> Token<'a> {
        let (start, rest) = (self.at, self.rest());
        let quote = rest.first().copied().unwrap_or_default();
        let triple = rest.get(..3).is_some_and(|three| three.iter().all(|&byte| byte == quote));
        let mut len = if triple { 3 } else { 1 };
        while let Some(&byte) = rest.get(len) {
            let closed = rest
                .get(len..len.saturating_add(3))
                .is_some_and(|three| three.iter().all(|&byte| byte == quote));
            match byte {
                b'\\' => len = len.saturating_add(2),
                b'\n' if !triple => break,
                _ if triple && closed => {
                    len = len.saturating_add(3);
                    break;
                }
                _ if !triple && byte == quote => {
                    len = len.saturating_add(1);
                    break;
                }
                _ => len = len.saturating_add(1),
            }
        }
        self.step(len);
        Token::Text(start)
    }

    fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Text(at) if self.calls > 0 => _ = self.text.get_or_insert(at),
            Token::Text(_) => {}
            Token::Mark(b'(') => {
                let opens = std::mem::take(&mut self.calling) || self.calls > 0;
                self.calls = self.calls.saturating_add(usize::from(opens));
            }
            Token::Mark(b')') => self.calls = self.calls.saturating_sub(1),
            Token::Mark(_) => {}
            Token::Name(b"def" | b"class", false) => self.declared(),
            Token::Name(b"import", false) => self.import(b""),
            Token::Name(b"from", false) => self.from(),
            Token::Name(name, method) => self.name(name, method),
        }
    }

    /// Steps over the name that `def` or `class` declares.
    fn declared(&mut self) {
        let at = self.at;
        if !matches!(self.token(), Some(Token::Name(..))) {
            self.at = at;
        }
    }

    fn name(&mut self, name: &'a [u8], method: bool) {
        let called = self.rest().trim_ascii_start().first() == Some(&b'(');
        let root = name.split(|&byte| byte == b'.').next().unwrap_or_default();
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap_or_default().to_owned();
        let space = !method && SPACES.contains(&text(root).as_str());
        let class = memchr::memmem::find(name, b"torch.classes.").is_some() || (space && root == b"ops");
        if !called && !class || KEYWORDS.contains(&text(name).as_str()) {
            return;
        }
        self.calling = called;
        let last = || name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        let full = if method {
            [b".", last()].concat()
        } else if let Some(origin) = self.aliases.get(root) {
            [origin.as_slice(), name.get(root.len()..).unwrap_or_default()].concat()
        } else if space || self.python || !name.contains(&b'.') {
            name.to_vec()
        } else {
            [b".", last()].concat()
        };
        self.add(full);
    }

    fn add(&mut self, name: Vec<u8>) {
        if self.names.len() < MOST {
            self.names.insert(name);
        }
    }

    /// `from MODULE import …`
    fn from(&mut self) {
        let start = self.at;
        match (self.token(), self.token()) {
            (Some(Token::Name(module, _)), Some(Token::Name(b"import", false))) => self.import(module),
            _ => self.at = start,
        }
    }

    /// The names behind `import`, to the end of the statement.
    fn import(&mut self, module: &'a [u8]) {
        let mut depth = 0_usize;
        let mut imported = None;
        while let Some(token) = self.token() {
            match token {
                Token::Name(b"as", false) => {
                    if let (Some((_, origin)), Some(Token::Name(alias, _))) = (imported.take(), self.token())
                    {
                        self.aliases.insert(alias, origin);
                    }
                }
                Token::Name(name, _) => {
                    let origin =
                        if module.is_empty() { name.to_vec() } else { [module, b".", name].concat() };
                    imported = Some((name, origin.clone()));
                    if self.python {
                        if !module.is_empty() {
                            self.aliases.insert(name, origin.clone());
                        }
                        self.add(origin);
                    }
                }
                Token::Mark(b'(') => depth = depth.saturating_add(1),
                Token::Mark(b'\n' | b')') if depth == 0 => return,
                Token::Mark(b')' | b';') => return,
                Token::Mark(_) | Token::Text(_) => {}
            }
        }
    }
}

const fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn is_word(byte: u8) -> bool {
    is_start(byte) || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str, python: bool) -> Vec<String> {
        used(source.as_bytes(), python).names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn operators_of_torchscript_are_found() {
        let source = "class A(Module):\n  __parameters__ = []\n  q : __torch__.torch.classes.quantized.Linear\n\
            \x20 def forward(self: __torch__.A, x: Tensor) -> Tensor:\n    # torch.comment(1)\n    s = \"torch.text(\"\n\
            \x20   _0 = torch.from_file(\"/tmp/x\", True, 10)\n    y = (self.lin).forward(x, )\n    y.save(\"f\")\n\
            \x20   if (x):\n      _1 = ops.prim.NumToTensor (1.e5)\n    z = torch.add_(torch.mul(x, 2), 1)\n    return print(z)\n";
        let expected = [
            ".forward",
            ".save",
            "__torch__.torch.classes.quantized.Linear",
            "ops.prim.NumToTensor",
            "print",
            "torch.add_",
            "torch.from_file",
            "torch.mul",
        ];
        assert_eq!(names(source, false), expected);
        assert_eq!(used(source.as_bytes(), false).text, "_0 = torch.from_file(\"/tmp/x\", True, 10)");
    }

    #[test]
    fn python_names_are_followed_to_what_was_imported() {
        let source = "import os.path, sys as s\nfrom subprocess import (run as r,\n  Popen)\nr('id')\nPopen(1)\ns.exit()\n\
            os.system(\"\"\"x\ny(\"\"\")\nx = '''a\\'''b''';eval (x)\n";
        let expected =
            ["eval", "os.path", "os.system", "subprocess.Popen", "subprocess.run", "sys", "sys.exit"];
        assert_eq!(names(source, true), expected);
    }

    #[test]
    fn no_source_makes_it_stumble() {
        let source = b"from import as . (\"'\\\n#\x80 import a as\nfrom x import\0(((\"\"\"";
        for cut in 0..=source.len() {
            for python in [false, true] {
                let _any = used(&source[..cut], python);
            }
        }
    }
}
