//! `mlscan map FILE...`

use mlscan::{Scanner, output::map};

use super::{
    args::{Format, Map, limits},
    each::each,
    style,
};

/// Shows which bytes of each file are explained by whom.
pub(super) fn map(args: &Map) -> anyhow::Result<u8> {
    let limits = limits(&args.limits);
    let most = limits.unpacked;
    let scanner = Scanner::builder().limits(limits).deep(args.deep).build();
    let style = style::stdout(args.color);
    each(
        &args.files,
        most,
        |path| scanner.map(path),
        |mapped| mapped.complete,
        |out, name, mapped, complete| match args.format {
            Format::Json => map::line(out, name, &mapped.artifacts, complete),
            Format::Text => map::table(out, name, &mapped.artifacts, complete, &style),
        },
    )
}
