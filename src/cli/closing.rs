//! The last lines on standard error: what was scanned, how long it took, what was not read.

use std::time::Duration;

use mlscan::{
    findings::{Outcome, Summary},
    output::{counted, size, unopened},
};

use super::failure::say;

/// Says how a scan ended.
pub(super) fn say_all(summary: &Summary, took: Duration, quiet: bool) {
    if !quiet || summary.errors > 0 || summary.incomplete > 0 {
        summary.notes.iter().for_each(|note| say(note));
    }
    if quiet {
        return;
    }
    if summary.outcome == Outcome::Interrupted {
        say("interrupted: the report holds what was read until then");
    }
    if summary.models == 0 && summary.outcome == Outcome::Incomplete {
        say("there was no model to scan, which counts as incomplete (--allow-empty makes it a success)");
    }
    say(&line(summary, took));
}

fn line(summary: &Summary, took: Duration) -> String {
    let looked = counted(summary.files, "file");
    let parts = [
        (summary.models, counted(summary.models, "model")),
        (summary.not_models, format!("{} no model", summary.not_models)),
        (summary.incomplete, format!("{} not fully read", summary.incomplete)),
        (
            summary.passed_over,
            format!("{} of version control or byte-code caches passed over", summary.passed_over),
        ),
        (summary.excluded, format!("{} excluded", summary.excluded)),
        (summary.special, unopened(summary.special) + " not opened"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{looked} ({}) in {:.2} s{parts}", size(summary.bytes), took.as_secs_f64())
}
