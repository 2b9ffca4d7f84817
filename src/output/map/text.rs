//! Layouts as tables for people.

use std::io::{self, Write};

use super::{Layout, Range, What};
use crate::{
    bytes::Name,
    findings::Severity,
    output::{Ink, Style, counted, escape, shown},
};

/// Writes one file.
pub(super) fn table(
    out: &mut dyn Write,
    path: &Name,
    artifacts: &[Layout],
    complete: bool,
    style: &Style,
) -> io::Result<()> {
    for layout in artifacts {
        artifact(out, path, layout, style)?;
    }
    let (ink, end) = if complete {
        (Ink::Good, "complete: every byte is explained")
    } else {
        (Ink::Severity(Severity::Medium), "not complete: see the gaps")
    };
    writeln!(out, "  {}", (style.paint)(ink, end))
}

fn artifact(out: &mut dyn Write, path: &Name, layout: &Layout, style: &Style) -> io::Result<()> {
    let names: Vec<String> = std::iter::once(path).chain(&layout.members).map(Name::to_string).collect();
    let formats = if layout.formats.is_empty() { "no format".to_owned() } else { layout.formats.join(", ") };
    let place = match layout.file_offset {
        Some(offset) if !layout.members.is_empty() => format!(" at {offset:#x} of the file"),
        _ => String::new(),
    };
    let size = counted(layout.size, "byte");
    let head = escape::guarded(&shown(names.join("!")));
    writeln!(out, "{}  {formats}, {size}{place}", (style.paint)(Ink::Strong, &head))?;
    let offset = format!("{:#x}", layout.size).len();
    let len = layout.size.to_string().len();
    for range in &layout.ranges {
        let margin = (style.paint)(
            Ink::Faint,
            &format!("{:>offset$} {:>len$}", format!("{:#x}", range.span.start), range.span.len),
        );
        writeln!(out, "  {margin}  {}", words(range, style))?;
    }
    Ok(())
}

/// What a range is.
fn words(range: &Range, style: &Style) -> String {
    let ink = match range.what {
        What::Structure | What::Padding | What::Data => Ink::Faint,
        What::Member => Ink::Strong,
        What::Found | What::Unexplained | What::Gap => Ink::Severity(Severity::Medium),
    };
    let mut text = (style.paint)(ink, &format!("{:<11}", range.what.word()));
    for part in [range.by, &range.name.to_string(), &range.detail] {
        if !part.is_empty() {
            text.push(' ');
            text.push_str(&shown(part));
        }
    }
    if range.shared {
        text.push_str(" (shared with another range)");
    }
    text.trim_end().to_owned()
}
