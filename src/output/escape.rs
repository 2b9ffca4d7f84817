//! What comes from files is hostile: here it loses its power over terminals, logs and readers.
//!
//! Beside what [`crate::bytes::escape_into`] escapes there are the commands that CI systems take from what a job
//! prints: GitHub's `::error::` at the start of a line and `##[…]` anywhere in it, Azure's `##vso[`, TeamCity's
//! `##teamcity[`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::bytes::escape_into;

/// Where the commands of CI systems may start in a line.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// Text for a terminal or a log, on one line.
#[must_use]
pub fn shown(text: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    escape_into(&mut out, text.as_ref());
    for command in COMMANDS {
        if out.contains(command) {
            out = out.replace(command, &format!("\\x23{}", command.get(1..).unwrap_or_default()));
        }
    }
    out
}

/// A line as it may be printed: no command at its start.
#[must_use]
pub(super) fn guarded(line: &str) -> String {
    let text = line.trim_start();
    if text.starts_with("::") {
        let indent = line.get(..line.len().saturating_sub(text.len())).unwrap_or_default();
        return format!("{indent}\\x3a{}", text.get(1..).unwrap_or_default());
    }
    line.to_owned()
}

/// Writes a value as one JSON document over several lines.
///
/// # Errors
/// What the system says.
pub fn json_document(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Careful(PrettyFormatter::new())))?;
    out.write_all(b"\n")
}

/// Writes a value as JSON on one line.
///
/// # Errors
/// What the system says.
pub(super) fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Careful(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// Another formatter, with whatever could deceive written as `\u…`: the value stays the same.
struct Careful<F>(F);

macro_rules! as_inner {
    ($($method:ident($($arg:ident: $type:ty),*);)*) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W, $($arg: $type),*) -> io::Result<()> {
            self.0.$method(writer, $($arg),*)
        })*
    };
}

impl<F: Formatter> Formatter for Careful<F> {
    as_inner! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        careful(writer, fragment)
    }

    /// Outside of strings JSON holds neither characters beyond ASCII nor a `#`.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        careful(writer, fragment)
    }
}

fn careful<W: ?Sized + Write>(writer: &mut W, fragment: &str) -> io::Result<()> {
    let harmless = |byte: u8| byte.is_ascii() && byte != 0x7f && byte != b'#';
    if fragment.bytes().all(harmless) {
        return writer.write_all(fragment.as_bytes());
    }
    let (mut escaped, mut buffer) = (String::new(), [0; 4]);
    for (at, c) in fragment.char_indices() {
        let rest = fragment.get(at..).unwrap_or_default();
        let command = c == '#' && COMMANDS.iter().any(|command| rest.starts_with(command));
        let text: &str = c.encode_utf8(&mut buffer);
        escaped.clear();
        escape_into(&mut escaped, text.as_bytes());
        // Line ends and tabs stand outside of strings only.
        let layout = matches!(c, '\n' | '\r' | '\t');
        if command || (escaped != text && !layout) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        } else {
            writer.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Name;

    #[test]
    fn commands_of_ci_systems_are_broken() {
        assert_eq!(shown("a ##[error]b ##vso[task]"), r"a \x23#[error]b \x23#vso[task]");
        assert_eq!(shown("\u{1b}[2J\n"), r"\x1b[2J\n");
        assert_eq!(guarded("  ::error::x"), r"  \x3a:error::x");
        assert_eq!(guarded("  torch::jit"), "  torch::jit");
    }

    #[test]
    fn json_holds_nothing_that_deceives_and_keeps_the_value() {
        let hostile = ["\u{202e}a\u{7f}\u{e0041}b", "##[error]", "plain – é", "\u{1b}\n\t\""];
        for text in hostile {
            let mut out = Vec::new();
            line(&mut out, &text).unwrap();
            let written = String::from_utf8(out).unwrap();
            assert!(!written.contains(['\u{202e}', '\u{7f}', '\u{e0041}', '\u{1b}']), "{written}");
            assert!(!written.contains("##["));
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
        let mut out = Vec::new();
        line(&mut out, &Name::from(&b"\xff\xe2\x80\xae"[..])).unwrap();
        assert_eq!(out, b"\"\\udcff\\u202e\"\n");
    }
}
