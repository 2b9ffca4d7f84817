//! Program code inside a file, told as facts: for every format that finds some.

use crate::{
    bytes::Name,
    facts::Use,
    wire::{
        bytecode,
        marshal::{self, Layout},
        python::source::{How, Source},
    },
};

/// Bytes of a line that is shown.
const LINE: usize = 160;
/// Names of one piece of code that are told.
const MOST: usize = 256;

/// Who is known to run the code.
#[derive(Clone, Debug, Default)]
pub(super) struct Sink {
    /// As in [`Use`].
    pub(super) reach: &'static str,
    /// The call that gets it.
    pub(super) given_to: Name,
    /// Where it stands.
    pub(super) place: Name,
}

/// What Python source uses.
pub(super) fn python(text: &[u8], source: &Source, sink: &Sink) -> Vec<Use> {
    let told = source.uses.iter().take(MOST).map(|one| Use {
        language: "python",
        name: Name::from(one.name.clone()),
        how: match one.how {
            How::Called => "called",
            How::Imported => "imported",
            How::Named => "named",
        },
        reach: sink.reach,
        given_to: sink.given_to.clone(),
        text: line(text, one.at),
        place: sink.place.clone(),
    });
    told.collect()
}

/// What marshalled code uses, with what the source in its constants does.
pub(super) fn marshalled(read: &marshal::Marshalled<'_>, sink: &Sink) -> Vec<Use> {
    let mut told = Vec::new();
    for code in &read.codes {
        told.extend(object(code, read.layout, sink));
        if told.len() >= MOST {
            break;
        }
    }
    told
}

/// What one code object uses, with what the source in its constants does.
pub(super) fn object(code: &marshal::Code<'_>, layout: Layout, sink: &Sink) -> Vec<Use> {
    let mut told = Vec::new();
    for name in bytecode::uses(code.code, &code.names, layout).into_iter().take(MOST) {
        told.push(Use {
            language: "python-bytecode",
            name: Name::from(name),
            how: "named",
            reach: sink.reach,
            given_to: sink.given_to.clone(),
            text: format!("code of `{}`", Name::from(code.name)),
            place: sink.place.clone(),
        });
    }
    for &constant in code.constants.iter().filter(|constant| constant.contains(&b'(')).take(MOST) {
        let source = Source::read(constant, true);
        if source.runs() {
            told.extend(python(constant, &source, sink));
        }
    }
    told
}

/// The line around an offset, cut.
pub(super) fn line(text: &[u8], at: usize) -> String {
    let before = text.get(..at.saturating_sub(1)).unwrap_or(text);
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end.saturating_add(1));
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Name::from(line.get(..LINE).unwrap_or(line).trim_ascii()).to_string()
}
