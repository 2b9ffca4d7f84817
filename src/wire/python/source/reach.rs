//! What calls and subscripts lead to.

use super::{
    How, Use,
    follow::{ARGUMENT, Follow, LONGEST, Value},
    token::is_start,
};

impl Follow<'_> {
    /// What `base[key]` is.
    pub(super) fn item(&mut self, base: &Value, key: Option<&Value>) -> Value {
        let (Value::Name { path, .. }, Some(Value::Text(key))) = (base, key) else {
            self.mention(base);
            return Value::Other;
        };
        let key = key.as_slice();
        if !key.first().is_some_and(|&byte| is_start(byte)) || key.len() > LONGEST {
            return Value::Other;
        }
        let known = |value: Option<&Value>| value.cloned();
        match path.as_slice() {
            b"builtins.globals()" if key == b"__builtins__" => named(b"builtins", b""),
            b"builtins.globals()" => known(self.names.get(key)).unwrap_or_else(|| named(b"builtins", key)),
            b"builtins" => named(b"builtins", key),
            b"sys.modules" => named(key, b""),
            path => match path.strip_suffix(b".__dict__") {
                Some(module) => named(module, key),
                None => Value::Other,
            },
        }
    }

    /// A name stands here and is not called.
    pub(super) fn mention(&mut self, value: &Value) {
        if let Value::Name { path, rooted: true } = value
            && !path.starts_with(b"builtins.")
        {
            self.note(path.clone(), How::Named, self.tokens.at, None);
        }
    }

    pub(super) fn note(&mut self, name: Vec<u8>, how: How, at: usize, text: Option<Vec<u8>>) {
        if self.found.uses.len() < super::MOST.saturating_mul(4) {
            self.found.uses.push(Use { name, how, at, text });
        }
    }

    /// A copy of a text, while copies are allowed.
    fn copy(&mut self, text: &Value) -> Option<Vec<u8>> {
        let Value::Text(text) = text else { return None };
        self.copies = self.copies.checked_sub(text.len().min(ARGUMENT))?;
        (text.len() <= ARGUMENT).then(|| text.to_vec())
    }

    /// A call; what it gives.
    pub(super) fn called(&mut self, callee: &Value, args: &[Value], at: usize) -> Value {
        let Value::Name { path, rooted } = callee else { return Value::Other };
        if *rooted {
            let text = args.first().and_then(|arg| self.copy(arg));
            for star in self.stars.clone() {
                if let Some(bare) = path.strip_prefix(b"builtins.") {
                    self.note([&star, &b"."[..], bare].concat(), How::Called, at, text.clone());
                }
            }
            self.note(path.clone(), How::Called, at, text);
        }
        self.given(path, args, at).unwrap_or(Value::Other)
    }

    /// What a call of a name gives, if that is known.
    fn given(&mut self, path: &[u8], args: &[Value], at: usize) -> Option<Value> {
        match (path, args) {
            (b"builtins.exec" | b"builtins.eval" | b"builtins.compile", [source, ..]) => {
                let inner = self.copy(source)?;
                self.found.inner.push((at, inner));
                None
            }
            (
                b"builtins.__import__" | b"importlib.import_module" | b"importlib.__import__",
                [Value::Text(module), ..],
            ) => {
                self.note(module.to_vec(), How::Imported, at, None);
                Some(named(module, b""))
            }
            (b"builtins.getattr", [Value::Name { path, rooted: true }, Value::Text(name), ..]) => {
                Some(named(path, name))
            }
            (b"builtins.vars", [Value::Name { path, rooted: true }]) => Some(named(path, b"__dict__")),
            (b"builtins.globals" | b"builtins.locals" | b"builtins.vars", []) => {
                Some(named(b"builtins", b"globals()"))
            }
            _ => {
                let dot = path.iter().rposition(|&byte| byte == b'.')?;
                let (base, method) = path.split_at_checked(dot)?;
                let looks_up = matches!(method, b".get" | b".__getitem__" | b".pop");
                let base = Value::Name { path: base.to_vec(), rooted: true };
                looks_up.then(|| self.item(&base, args.first()))
            }
        }
    }
}

/// A name in a module, or the module.
pub(super) fn named(module: &[u8], name: &[u8]) -> Value {
    let path = if name.is_empty() { module.to_vec() } else { [module, b".", name].concat() };
    if path.len() > LONGEST { Value::Other } else { Value::Name { path, rooted: true } }
}
