//! A bar for whoever waits: on a terminal, and only if it takes a while.

use std::{
    env,
    io::{self, IsTerminal as _},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mlscan::Progress;

/// Scans shorter than this show no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that may never be seen.
#[derive(Clone)]
pub(super) struct Bar(Arc<Inner>);

struct Inner {
    begun: Instant,
    wanted: bool,
    bar: OnceLock<ProgressBar>,
}

impl Bar {
    /// A bar, unless `quiet`, or nobody sits before it.
    pub(super) fn new(quiet: bool) -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let wanted = !quiet && io::stderr().is_terminal() && !set("CI") && !set("PRE_COMMIT");
        Self(Arc::new(Inner { begun: Instant::now(), wanted, bar: OnceLock::new() }))
    }

    /// Time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.0.begun.elapsed()
    }

    /// Shows how far the scan is.
    pub(super) fn show(&self, progress: &Progress) {
        if !self.0.wanted || self.elapsed() < PATIENCE {
            return;
        }
        let bar = self.0.bar.get_or_init(bar);
        bar.set_length(progress.of_bytes.max(progress.bytes));
        bar.set_position(progress.bytes);
        bar.set_message(format!(
            "{} of {} files, {} findings",
            progress.files, progress.of_files, progress.findings
        ));
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = self.0.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{bar:24} {bytes} of {total_bytes}, {msg}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
