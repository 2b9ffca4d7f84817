//! Where something may hide from the formats that claim an artifact.

use super::{node::Node, signatures, slack};
use crate::{
    bytes::{Budget, Span},
    facts::{Fault, Gap, GapCode},
    formats::{Child, Format, Level, Role},
};

/// Formats whose members are handed over one by one.
const ARCHIVES: &[&str] = &["zip", "tar", "compressed", "pytorch", "ar", "cpio", "7z"];

/// Formats that take any text for their own.
const TEXTS: &[&str] = &["text", "placeholder"];

/// Bytes of something else that a parser may take for its own before it breaks off.
const MISTAKEN: u64 = 1024;

/// The places to be searched; `parent` is the artifact that holds this one.
pub(super) fn places(node: &Node, parent: Option<&Node>) -> Vec<Span> {
    let whole = Span::new(0, node.bytes.size());
    let named = slack::expected(&node.place);
    let mut holes = node.holes();
    if node.formats.is_empty() {
        let archive = |format: &&'static dyn Format| ARCHIVES.contains(&format.about().name);
        let rest = parent.is_some_and(|parent| !parent.formats.iter().any(archive));
        let worth = named
            || node.place.role == Role::Slack
            || node.place.role == Role::Any && rest
            || parent.is_none() && slack::odd(&node.bytes);
        return if worth { holes } else { Vec::new() };
    }
    if node.formats.iter().all(|format| TEXTS.contains(&format.about().name)) {
        let worth = named || node.place.role == Role::Slack || slack::odd(&node.bytes);
        return if worth && whole.len > 0 { vec![whole] } else { Vec::new() };
    }
    // A parser that broke off may have taken the head of something else for its own.
    let broke = |gap: &Gap| matches!(gap.code, GapCode::Truncated | GapCode::Malformed);
    let recognised = node.formats.iter().all(|format| format.about().level == Level::Recognised);
    if recognised && node.gaps.iter().any(broke) {
        return vec![whole];
    }
    // What a pickle reads, it has read in every way.
    if let Some(last) = holes.last_mut().filter(|last| last.end() == whole.end())
        && !node.is("pickle")
        && node.gaps.iter().any(broke)
    {
        *last = Span::between(last.start.saturating_sub(MISTAKEN), last.end());
    }
    holes
}

/// Looks for what is hidden in data that loading only copies.
pub(super) fn search(node: &mut Node, budget: &Budget) -> Vec<Child> {
    // The members of an archive are searched one by one.
    let archive = node.formats.iter().any(|format| ARCHIVES.contains(&format.about().name));
    let model = node.formats.iter().any(|format| format.about().model);
    if archive || !(model || node.place.role == Role::Opaque) {
        return Vec::new();
    }
    match signatures::children(&node.bytes, &node.handed, &node.place, budget) {
        Ok(mut found) => {
            // A pickle holds others that were read where they stand.
            let pickle = node.is("pickle");
            found.retain(|(_, language)| language.is_some() || !pickle);
            found.into_iter().map(|(child, language)| node.note_program(child, language)).collect()
        }
        Err(spent) => {
            let fault = Fault::new(GapCode::Limit, 0, spent.to_string());
            node.gap(Span::new(0, node.bytes.size()), &fault);
            Vec::new()
        }
    }
}
