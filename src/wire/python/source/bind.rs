//! What `import` binds.

use super::{
    How,
    follow::{Follow, KNOWN, LONGEST, STARS, Value},
    token::Token,
};

impl Follow<'_> {
    /// `from MODULE import …`
    pub(super) fn from(&mut self) {
        let mut module = Vec::new();
        loop {
            match self.tokens.next() {
                Some(Token::Name(b"import")) => break,
                Some(Token::Name(name)) if module.len() < LONGEST => module.extend_from_slice(name),
                Some(Token::Op(b'.')) => module.push(b'.'),
                Some(Token::Number) => module.extend_from_slice(b"..."),
                _ => {
                    self.oddity();
                    return;
                }
            }
        }
        self.found.odd |= module.is_empty();
        self.imported(&module);
    }

    pub(super) fn import(&mut self) {
        self.imported(b"");
    }

    /// The names behind `import`, to the end of the statement.
    fn imported(&mut self, module: &[u8]) {
        let (mut path, mut alias, mut aliased, mut bracket) = (Vec::new(), None, false, false);
        loop {
            let token = self.tokens.next();
            match token {
                Some(Token::Name(b"as")) if !path.is_empty() => aliased = true,
                Some(Token::Name(name)) if aliased => alias = Some(name.to_vec()),
                Some(Token::Name(name)) if path.is_empty() || path.ends_with(b".") => {
                    if path.len() < LONGEST {
                        path.extend_from_slice(name);
                    }
                }
                Some(Token::Op(b'.')) if !path.is_empty() && path.len() < LONGEST => path.push(b'.'),
                Some(Token::Op(b'*')) if path.is_empty() && !module.is_empty() => path.push(b'*'),
                Some(Token::Op(b'(')) if path.is_empty() && !module.is_empty() => bracket = true,
                Some(Token::Line) if bracket => {}
                Some(Token::Op(b',' | b')' | b';') | Token::Line) | None => {
                    self.found.odd |= path.is_empty() && !bracket;
                    self.bind(module, &path, alias.take());
                    (path, aliased) = (Vec::new(), false);
                    if !matches!(token, Some(Token::Op(b','))) {
                        break;
                    }
                }
                _ => {
                    self.oddity();
                    break;
                }
            }
        }
        self.fresh = true;
    }

    /// Binds what was imported to its name.
    fn bind(&mut self, module: &[u8], path: &[u8], alias: Option<Vec<u8>>) {
        if path.is_empty() {
            return;
        }
        if path == b"*" {
            self.note(module.to_vec(), How::Imported, self.tokens.at, None);
            if self.stars.len() < STARS {
                self.stars.push(module.to_vec());
            }
            return;
        }
        let full = if module.is_empty() { path.to_vec() } else { [module, b".", path].concat() };
        self.note(full.clone(), How::Imported, self.tokens.at, None);
        let top = path.split(|&byte| byte == b'.').next().unwrap_or_default();
        let (name, origin) = match alias {
            Some(alias) => (alias, full),
            None if module.is_empty() => (top.to_vec(), top.to_vec()),
            None => (path.to_vec(), full),
        };
        if self.names.len() < KNOWN {
            self.names.insert(name, Value::Name { path: origin, rooted: true });
        }
    }
}
