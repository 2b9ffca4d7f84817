//! Where something may hide from the formats that claim an artifact.

use super::{node::Node, signatures::Search, slack};
use crate::{
    bytes::{Budget, Span, Spans},
    facts::{Gap, GapCode},
    formats::{Child, Format, Level, Role},
};

/// Formats whose members are handed over one by one.
const ARCHIVES: &[&str] = &["zip", "tar", "compressed", "pytorch", "ar", "cpio", "7z"];

/// Bytes of something else that a parser may take for its own before it breaks off.
const MISTAKEN: u64 = 1024;

/// The places to be searched; `parent` is the artifact that holds this one.
fn places(node: &Node, parent: Option<&Node>) -> Vec<Span> {
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

/// Looks into what no format explains, and into what formats do not mind.
pub(super) fn slack(node: &mut Node, parent: Option<&Node>, budget: &Budget) -> Vec<Child> {
    let mut found = Vec::new();
    let holes = places(node, parent);
    let mut holed = Spans::default();
    holes.iter().for_each(|&hole| holed.add(hole));
    let free = node.unread().without(&holed);
    let search = Search::new(&node.bytes, &node.place, budget);
    found.extend(search.holes(&holes));
    match search.free(free.as_slice()) {
        Ok(children) => found.extend(children),
        Err(spent) => node.not_searched(&spent),
    }
    found
}

/// Looks for what is hidden in data that loading only copies.
pub(super) fn deep(node: &mut Node, budget: &Budget) -> Vec<Child> {
    // The members of an archive are searched one by one.
    let archive = node.formats.iter().any(|format| ARCHIVES.contains(&format.about().name));
    let model = node.formats.iter().any(|format| format.about().model);
    let free = !node.free.as_slice().is_empty();
    if archive || !(model || free || node.place.role == Role::Opaque) {
        return Vec::new();
    }
    match Search::new(&node.bytes, &node.place, budget).all() {
        Ok(mut found) => {
            // A pickle holds others that were read where they stand.
            let pickle = node.is("pickle");
            let known = |at| node.handed.iter().any(|span| span.start <= at && at < span.end());
            found.retain(|(child, language)| {
                (language.is_some() || !pickle) && !child.span.is_some_and(|span| known(span.start))
            });
            found.into_iter().map(|(child, language)| node.note_program(child, language)).collect()
        }
        Err(spent) => {
            node.not_searched(&spent);
            Vec::new()
        }
    }
}
