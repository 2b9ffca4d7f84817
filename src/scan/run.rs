//! A whole run: files in parallel, results in order, through a bounded window.

use std::{io, path::PathBuf, sync::atomic::Ordering};

use rayon::{
    ThreadPoolBuilder,
    iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _},
};

use super::{Builder, Progress, one, walk};
use crate::{
    bytes::wide,
    findings::{Outcome, Scanned, Summary, Tool},
    output::Sink,
};

/// Files whose results are held at once.
const WINDOW: usize = 512;
/// Stack of a thread. Nothing recurses on input; this is for the libraries.
const STACK: usize = 8 << 20;

/// Scans everything at and below `paths`.
pub(super) fn run(settings: &Builder, paths: &[PathBuf], sink: &mut dyn Sink) -> io::Result<Summary> {
    let exclude = walk::Exclude::new(&settings.exclude).map_err(io::Error::other)?;
    let pool = ThreadPoolBuilder::new().num_threads(settings.threads).stack_size(STACK).build();
    let pool = pool.map_err(io::Error::other)?;
    sink.begin(&Tool::new(settings.rules.digest().to_owned(), settings.options.clone()))?;
    let walked = walk::walk(paths, &exclude);
    let mut summary = Summary::default();
    summary.notes.clone_from(&walked.notes);
    (summary.errors, summary.excluded) = (walked.errors, walked.excluded);
    (summary.passed_over, summary.special) = (walked.passed_over, walked.special);
    let stopped = || settings.stop.load(Ordering::SeqCst);
    let mut targets = walked.targets();
    loop {
        let window: Vec<walk::Target> = targets.by_ref().take(WINDOW).collect();
        if window.is_empty() || stopped() {
            break;
        }
        let scan = |target: &walk::Target| (!stopped()).then(|| one::target(settings, target));
        let scanned: Vec<Option<Scanned>> =
            pool.install(|| window.par_iter().with_max_len(1).map(scan).collect());
        for scanned in scanned.into_iter().flatten() {
            summary.count(&scanned);
            sink.file(&scanned)?;
        }
        tell(settings, &summary, &walked);
    }
    if stopped() {
        (summary.outcome, summary.exit_code) = (Outcome::Interrupted, Outcome::Interrupted.exit_code());
    } else {
        summary.conclude(settings.fail_on, settings.allow_empty);
    }
    sink.end(&summary)?;
    Ok(summary)
}

fn tell(settings: &Builder, summary: &Summary, walked: &walk::Walked) {
    if let Some(watch) = &settings.progress {
        let findings = summary.findings.values().sum();
        let (files, bytes) = (summary.files, summary.bytes);
        watch(Progress { files, of_files: wide(walked.len()), bytes, of_bytes: walked.bytes(), findings });
    }
}
