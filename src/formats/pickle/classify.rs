//! What the arguments of a call are, and what their text looks like.

use super::{
    constant, express,
    machine::Machine,
    state::State,
    value::{Kind, Value},
};
use crate::{facts::Arg, wire::python::source::Source};

/// Programs that a shell command often begins with.
static PROGRAMS: &str = include_str!("programs.txt");
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 512;
/// Bytes of a text that is read as source whole.
const WHOLE: usize = 1 << 20;

/// Describes arguments; `keywords` name the last of them.
pub(super) fn args(m: &Machine<'_>, s: &State, values: &[Value], keywords: &[Value]) -> Vec<Arg> {
    let positional = values.len().saturating_sub(keywords.len());
    let names = std::iter::repeat_n(Value::ABSENT, positional).chain(keywords.iter().copied());
    values.iter().zip(names).take(16).map(|(&value, name)| arg(m, s, value, name)).collect()
}

fn arg(m: &Machine<'_>, s: &State, value: Value, name: Value) -> Arg {
    let keyword =
        constant::text(m.data, &s.arena, name).map(|name| super::calls::shown(&name)).unwrap_or_default();
    let kind = match value.kind() {
        Kind::Global => "global",
        Kind::Object | Kind::Attribute | Kind::Module => "object",
        Kind::Absent => "unknown",
        _ if value.is_container() => "container",
        _ if value.is_constant() && value.offset().is_none() => "computed",
        _ => "constant",
    };
    let mut classes = Vec::new();
    classes_of(m, s, value, &mut classes);
    Arg { kind, classes, keyword, text: express::value(m.data, s, &m.names, value) }
}

/// All classes of several arguments, each once.
pub(super) fn all(args: &[Arg]) -> Vec<&'static str> {
    let mut classes: Vec<&'static str> = args.iter().flat_map(|arg| arg.classes.iter().copied()).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

fn classes_of(m: &Machine<'_>, s: &State, value: Value, classes: &mut Vec<&'static str>) {
    match value.kind() {
        Kind::None | Kind::Bool => classes.push("constant"),
        Kind::Int | Kind::Float => classes.push("number"),
        Kind::Bytes | Kind::ByteArray => classes.push("bytes"),
        Kind::Str | Kind::Str8 => {
            classes.push("text");
            let content = constant::bytes(m.data, &s.arena, value).unwrap_or_default();
            text_classes(content.get(..content.len().min(LOOKED_AT)).unwrap_or_default(), classes);
            if (LOOKED_AT..WHOLE).contains(&content.len()) && Source::read(&content, true).runs() {
                classes.push("code");
            }
        }
        Kind::Tuple | Kind::List | Kind::Dict | Kind::Set | Kind::FrozenSet => {
            classes.push("container");
            let items = s.arena.items(value).map(|items| items.kept.as_slice()).unwrap_or_default();
            for item in items.iter().take(16).filter(|item| matches!(item.kind(), Kind::Str | Kind::Str8)) {
                classes_of(m, s, *item, classes);
            }
        }
        _ => {}
    }
    classes.sort_unstable();
    classes.dedup();
}

/// What a text looks like: a URL, a path, a command, code, an import path.
pub(super) fn text_classes(text: &[u8], classes: &mut Vec<&'static str>) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let trimmed = text.trim();
    if is_url(trimmed) {
        classes.push("url");
    } else if is_path(trimmed) {
        classes.push("path");
    }
    if is_code(trimmed) {
        classes.push("code");
    } else if is_command(trimmed) {
        classes.push("command");
    }
    if is_import_path(trimmed) {
        classes.push("import-path");
    }
}

fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme, !rest.is_empty()));
    scheme.is_some_and(|(scheme, rest)| {
        rest && !scheme.is_empty()
            && scheme.len() <= 12
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+')
    })
}

fn is_path(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let rooted = ["/", "./", "../", "~/", "\\\\"].iter().any(|start| text.starts_with(start));
    text.len() > 1 && !text.contains('\n') && (drive || (rooted && !text.starts_with("//")))
}

/// Python that does something: a call, an import, an assignment to an attribute.
fn is_code(text: &str) -> bool {
    let statement =
        ["import ", "from ", "exec(", "eval(", "lambda ", "def ", "class ", "__import__(", "print("];
    let call = text.split_once('(').is_some_and(|(name, rest)| {
        let name = name.rsplit([' ', '=', ';', '\n']).next().unwrap_or_default();
        rest.contains(')')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
    });
    call || text.lines().any(|line| {
        let line = line.trim_start();
        statement.iter().any(|start| line.starts_with(start))
            && (line.contains('(') || line.contains("import "))
    })
}

/// A shell command: a word list with an operator, an option or an absolute program.
fn is_command(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return false };
    let program =
        first.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-' | b'+'));
    let shell = ["|", "&&", ";", ">", "$(", "`", "<("].iter().any(|sign| text.contains(sign));
    let name = first.rsplit('/').next().unwrap_or_default();
    program
        && ((shell && words.clone().next().is_some())
            || (PROGRAMS.lines().any(|known| known == name) && words.next().is_some()))
}

/// Whether it is the name of a program that a shell command often begins with.
pub(super) fn is_program(name: &[u8]) -> bool {
    PROGRAMS.lines().any(|known| known.as_bytes() == name)
}

/// `package.module:name`, or a dotted path that ends in a known way.
fn is_import_path(text: &str) -> bool {
    let identifier = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let dotted = |path: &str| path.split('.').all(identifier);
    match text.split_once(':') {
        Some((module, name)) => dotted(module) && dotted(name),
        None => text.contains('.') && text.split('.').count() <= 6 && dotted(text) && text.len() <= 80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&'static str> {
        let mut classes = Vec::new();
        text_classes(text.as_bytes(), &mut classes);
        classes
    }

    #[test]
    fn texts_look_like_what_they_are() {
        assert_eq!(of("https://example.invalid/x"), ["url"]);
        assert_eq!(of("/etc/passwd"), ["path"]);
        assert_eq!(of("curl x | sh"), ["command"]);
        assert_eq!(of("import os; os.system('id')"), ["code"]);
        assert_eq!(of("os.system"), ["import-path"]);
        assert_eq!(of("os:system"), ["import-path"]);
        assert!(
            of("mean").is_empty()
                && of("latin1").is_empty()
                && of("a good day").is_empty()
                && of("<f4").is_empty()
        );
    }
}
