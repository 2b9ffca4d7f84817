//! `mlscan trace FILE...`

use std::io::Write;

use mlscan::{
    Scanner, Traced,
    bytes::Name,
    output::{
        Style,
        trace::{self, Part},
    },
};

use super::{
    args::{Format, Trace, limits},
    each::each,
    style,
};

/// Shows what loading each file would do.
pub(super) fn trace(args: &Trace) -> anyhow::Result<u8> {
    let limits = limits(&args.limits);
    let most = limits.unpacked;
    let (scanner, style) = (Scanner::builder().limits(limits).build(), style::stdout(args.color));
    each(
        &args.files,
        most,
        |path| scanner.trace(path),
        |traced| traced.complete,
        |out, name, traced, complete| write(out, name, traced, complete, args.format, &style),
    )
}

fn write<'a>(
    out: &mut dyn Write,
    path: &Name,
    traced: &'a Traced,
    complete: bool,
    format: Format,
    style: &Style,
) -> std::io::Result<()> {
    let part = |artifact: &'a mlscan::TracedArtifact| Part {
        members: &artifact.members,
        facts: &artifact.facts,
        gaps: &artifact.gaps,
    };
    let parts: Vec<Part<'a>> = traced.artifacts.iter().map(part).collect();
    match format {
        Format::Text => trace::tree(out, path, &parts, complete, style),
        Format::Json => trace::line(out, path, &parts, complete),
    }
}
