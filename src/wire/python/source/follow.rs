//! What names in source stand for.

use std::{collections::HashMap, rc::Rc};

use super::{
    Use,
    bracket::Frame,
    token::{Token, Tokens},
};
use crate::wire::python::text;

/// What an expression is, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// There is none yet.
    Nothing,
    /// A dotted name. `rooted` if it leads from a module, and is not an attribute of a variable.
    Name { path: Vec<u8>, rooted: bool },
    /// A constant text.
    Text(Rc<Vec<u8>>),
    /// Anything else.
    Other,
}

/// What one source gives.
pub(super) struct Found {
    pub(super) uses: Vec<Use>,
    pub(super) odd: bool,
    /// Sources within it, and where.
    pub(super) inner: Vec<(usize, Vec<u8>)>,
}

pub(super) struct Follow<'a> {
    pub(super) tokens: Tokens<'a>,
    pub(super) frames: Vec<Frame>,
    pub(super) names: HashMap<Vec<u8>, Value>,
    /// Modules of which everything is imported.
    pub(super) stars: Vec<Vec<u8>>,
    pub(super) value: Value,
    pub(super) left: Option<Value>,
    /// Names that the statement assigns to, and a name that may be another.
    pub(super) targets: Vec<Vec<u8>>,
    pub(super) candidate: Option<Vec<u8>>,
    /// Whether a statement begins here.
    pub(super) fresh: bool,
    /// Whether an attribute is due.
    pub(super) dot: bool,
    /// Bytes that may still be copied.
    pub(super) copies: usize,
    pub(super) found: Found,
}

/// Bytes of a dotted name that is followed.
pub(super) const LONGEST: usize = 400;
/// Arguments that are kept.
const ARGS: usize = 4;
/// Bytes of an argument that is kept with a call.
pub(super) const ARGUMENT: usize = 1 << 20;
/// Names that are remembered; modules of which everything is imported.
pub(super) const KNOWN: usize = 10_000;
pub(super) const STARS: usize = 4;

/// Words after which a value is due, or none.
const KEYWORDS: &[&[u8]] = &[
    b"and",
    b"as",
    b"assert",
    b"async",
    b"await",
    b"break",
    b"case",
    b"continue",
    b"def",
    b"class",
    b"del",
    b"elif",
    b"else",
    b"except",
    b"finally",
    b"for",
    b"from",
    b"global",
    b"if",
    b"import",
    b"in",
    b"is",
    b"lambda",
    b"nonlocal",
    b"not",
    b"or",
    b"pass",
    b"raise",
    b"return",
    b"try",
    b"while",
    b"with",
    b"yield",
];

impl<'a> Follow<'a> {
    pub(super) fn new(source: &'a [u8]) -> Self {
        let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
        Self {
            tokens: Tokens::new(source),
            frames: Vec::new(),
            names: HashMap::new(),
            stars: Vec::new(),
            value: Value::Nothing,
            left: None,
            targets: Vec::new(),
            candidate: None,
            fresh: true,
            dot: false,
            copies: source.len().saturating_mul(4).saturating_add(1 << 20),
            found: Found { uses: Vec::new(), odd: false, inner: Vec::new() },
        }
    }

    pub(super) fn run(mut self, strict: bool) -> Found {
        while let Some(token) = self.tokens.next() {
            self.take(token);
            if strict && self.found.odd {
                return self.found;
            }
        }
        self.found.odd |= !self.frames.is_empty();
        while !self.frames.is_empty() {
            self.close();
        }
        self.end_statement();
        self.found
    }

    fn take(&mut self, token: Token<'a>) {
        let fresh = std::mem::take(&mut self.fresh);
        let dot = std::mem::take(&mut self.dot);
        match token {
            Token::Line if self.frames.is_empty() => self.end_statement(),
            Token::Line => (self.fresh, self.dot) = (fresh, dot),
            Token::Odd => self.oddity(),
            Token::Number => self.operand(Value::Other),
            Token::Text(text) => self.text(text),
            Token::Name(name) if dot => self.attribute(name),
            Token::Name(name) if KEYWORDS.contains(&name) => self.keyword(name, fresh),
            Token::Name(name) => self.name(name),
            Token::Op(op) => self.op(op, fresh),
        }
    }

    pub(super) fn oddity(&mut self) {
        self.found.odd = true;
        self.value = Value::Nothing;
    }

    /// A value stands here.
    fn operand(&mut self, value: Value) {
        let py2 = matches!(&self.value, Value::Name { path, .. } if matches!(path.as_slice(), b"builtins.exec" | b"builtins.print"));
        if py2 {
            let callee = std::mem::replace(&mut self.value, Value::Nothing);
            self.called(&callee, std::slice::from_ref(&value), self.tokens.at);
        } else if self.value != Value::Nothing {
            self.found.odd = true;
            self.settle();
        }
        self.value = value;
    }

    fn text(&mut self, token: &'a [u8]) {
        let prefix = token.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let format = token.get(..prefix).is_some_and(|p| p.iter().any(|b| b"fFtT".contains(b)));
        if format {
            self.braces(token.get(prefix..).unwrap_or_default());
            return match self.value {
                Value::Text(_) | Value::Other => self.value = Value::Other,
                _ => self.operand(Value::Other),
            };
        }
        let said = text::decode(token);
        match &mut self.value {
            Value::Text(before) => {
                let before = Rc::make_mut(before);
                before.extend_from_slice(&said);
            }
            Value::Other if self.left.is_none() => {}
            _ => self.operand(Value::Text(Rc::new(said))),
        }
    }

    /// What stands in the braces of a formatted string is source.
    fn braces(&mut self, body: &[u8]) {
        let (mut depth, mut start) = (0_usize, 0_usize);
        for (at, byte) in body.iter().enumerate() {
            match byte {
                b'{' => {
                    if depth == 0 {
                        start = at.saturating_add(1);
                    }
                    depth = depth.saturating_add(1);
                }
                b'}' if depth == 1 => {
                    depth = 0;
                    let inner = body.get(start..at).unwrap_or_default();
                    if inner.contains(&b'(') {
                        self.found.inner.push((self.tokens.at, inner.to_vec()));
                    }
                }
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn name(&mut self, name: &[u8]) {
        let value = match self.names.get(name) {
            Some(known) => known.clone(),
            None if name == b"__builtins__" => Value::Name { path: b"builtins".to_vec(), rooted: true },
            None if name.len() > LONGEST => Value::Other,
            None => Value::Name { path: [b"builtins.", name].concat(), rooted: true },
        };
        let alone = self.value == Value::Nothing && self.frames.is_empty() && self.left.is_none();
        self.candidate = alone.then(|| name.to_vec());
        self.operand(value);
    }

    fn attribute(&mut self, name: &[u8]) {
        match &mut self.value {
            Value::Name { path, rooted } if path.len().saturating_add(name.len()) < LONGEST => {
                // A name that is not known is a variable as soon as it has attributes.
                *rooted &= !path.starts_with(b"builtins.") || path.contains(&b'(');
                path.push(b'.');
                path.extend_from_slice(name);
            }
            _ => self.value = Value::Other,
        }
        self.candidate = None;
    }

    fn keyword(&mut self, name: &[u8], fresh: bool) {
        match name {
            b"import" if fresh => self.import(),
            b"from" if fresh => self.from(),
            b"import" => self.found.odd = true,
            b"def" | b"class" => {
                self.settle();
                let at = self.tokens.at;
                if !matches!(self.tokens.next(), Some(Token::Name(_))) {
                    self.tokens.at = at;
                    self.found.odd = true;
                }
                self.value = Value::Other;
            }
            _ => {
                self.settle();
                self.left = None;
                self.fresh = fresh && matches!(name, b"else" | b"try" | b"finally");
            }
        }
    }

    fn op(&mut self, op: u8, fresh: bool) {
        match op {
            b'(' => self.open(b')'),
            b'[' => self.open(b']'),
            b'{' => self.open(b'}'),
            b')' | b']' | b'}' => {
                if self.frames.last().is_none_or(|frame| frame.close != op) {
                    self.found.odd = true;
                }
                self.close();
            }
            b'.' => {
                self.dot = self.value != Value::Nothing;
                self.found.odd |= !self.dot;
            }
            b',' => self.comma(),
            b';' if self.frames.is_empty() => self.end_statement(),
            b';' => self.found.odd = true,
            b':' => {
                self.settle();
                self.fresh = self.frames.is_empty() && !fresh;
            }
            b'=' => self.assign(),
            _ => self.operator(op),
        }
    }

    fn operator(&mut self, op: u8) {
        let right = std::mem::replace(&mut self.value, Value::Nothing);
        if right == Value::Nothing {
            return;
        }
        let joined = self.joined(right);
        self.left = Some(if op == b'+' { joined } else { Value::Other });
    }

    /// What stands left and right of a `+`, joined.
    fn joined(&mut self, right: Value) -> Value {
        match (self.left.take(), right) {
            (None, right) => right,
            (Some(Value::Text(mut left)), Value::Text(right)) => {
                let cost =
                    if Rc::strong_count(&left) > 1 { left.len() } else { 0 }.saturating_add(right.len());
                let Some(rest) = self.copies.checked_sub(cost) else { return Value::Other };
                self.copies = rest;
                Rc::make_mut(&mut left).extend_from_slice(&right);
                Value::Text(left)
            }
            (Some(left), right) => {
                self.mention(&left);
                self.mention(&right);
                Value::Other
            }
        }
    }

    /// The whole expression so far; nothing stands here afterwards.
    pub(super) fn expression(&mut self) -> Value {
        let right = std::mem::replace(&mut self.value, Value::Nothing);
        if right == Value::Nothing { self.left.take().unwrap_or(right) } else { self.joined(right) }
    }

    /// Ends an expression of which nothing becomes.
    fn settle(&mut self) {
        let value = self.expression();
        self.mention(&value);
    }

    fn comma(&mut self) {
        let value = self.expression();
        self.mention(&value);
        match self.frames.last_mut() {
            Some(frame) if frame.args.len() < ARGS => frame.args.push(value),
            _ => {}
        }
    }

    fn assign(&mut self) {
        let target = std::mem::replace(&mut self.value, Value::Nothing);
        self.found.odd |= target == Value::Nothing && self.left.is_none();
        self.left = None;
        if self.frames.is_empty() {
            self.targets.extend(self.candidate.take());
        }
    }

    fn end_statement(&mut self) {
        let value = self.expression();
        self.mention(&value);
        self.candidate = None;
        for target in std::mem::take(&mut self.targets) {
            if matches!(value, Value::Name { rooted: true, .. } | Value::Text(_)) && self.names.len() < KNOWN
            {
                self.names.insert(target, value.clone());
            }
        }
        self.fresh = true;
    }
}
