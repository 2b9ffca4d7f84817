//! A whole run: files in parallel, results in order, and never many of them at once.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::atomic::Ordering,
    thread::available_parallelism,
    time::Duration,
};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::{
    Builder, Progress, one,
    queue::{Next, Queue},
    walk::{self, Target, Walked},
};
use crate::{
    bytes::wide,
    findings::{Outcome, Scanned, Summary, Tool},
    output::Sink,
};

/// Stack of a thread. Nothing recurses on input; this is for the libraries.
const STACK: usize = 8 << 20;
/// So often is asked whether to stop, and told how far it is, while one file takes long.
const TICK: Duration = Duration::from_millis(100);
/// Names that the walk finds between two such questions.
const NAMES: usize = 256;

/// Scans everything at and below `paths`.
pub(super) fn run(settings: &Builder, paths: &[PathBuf], sink: &mut dyn Sink) -> io::Result<Summary> {
    let exclude = walk::Exclude::new(&settings.exclude).map_err(io::Error::other)?;
    sink.begin(&Tool::new(settings.rules.digest().to_owned(), settings.options.clone()))?;
    let walked = walk::walk_while(paths, &exclude, &mut |found| {
        if found.is_multiple_of(NAMES) {
            tell(settings, Progress { of_files: wide(found), ..Progress::default() });
        }
        !stopped(settings)
    });
    let mut summary = Summary::default();
    summary.notes.clone_from(&walked.notes);
    (summary.errors, summary.excluded) = (walked.errors, walked.excluded);
    (summary.passed_over, summary.special) = (walked.passed_over, walked.special);
    files(settings, &walked, &mut summary, sink)?;
    if stopped(settings) {
        (summary.outcome, summary.exit_code) = (Outcome::Interrupted, Outcome::Interrupted.exit_code());
    } else {
        summary.conclude(settings.fail_on, settings.allow_empty);
    }
    sink.end(&summary)?;
    Ok(summary)
}

fn stopped(settings: &Builder) -> bool {
    settings.stop.load(Ordering::SeqCst)
}

/// Scans what the walk found; this thread hands on what the others read.
fn files(settings: &Builder, walked: &Walked, summary: &mut Summary, sink: &mut dyn Sink) -> io::Result<()> {
    if walked.is_empty() || stopped(settings) {
        return Ok(());
    }
    let pool = pool(settings.threads, walked.len()).map_err(io::Error::other)?;
    let queue = Queue::new(walked.len());
    let work = || {
        while let Some(at) = queue.take() {
            queue.put(at, walked.get(at).map(|target| scan(settings, &target)));
        }
    };
    pool.in_place_scope(|scope| {
        (0..pool.current_num_threads()).for_each(|_| scope.spawn(|_| work()));
        let handed = hand_on(settings, walked, &queue, summary, sink);
        queue.close();
        handed
    })
}

fn hand_on(
    settings: &Builder,
    walked: &Walked,
    queue: &Queue<Option<Scanned>>,
    summary: &mut Summary,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let (of_files, of_bytes) = (wide(walked.len()), walked.bytes());
    loop {
        match queue.next(TICK) {
            Next::Ready(None) => {}
            Next::Ready(Some(scanned)) => {
                summary.count(&scanned);
                sink.file(&scanned)?;
            }
            Next::Later => {}
            Next::End => return Ok(()),
        }
        if stopped(settings) {
            queue.close();
        }
        let (files, bytes, findings) = (summary.files, summary.bytes, summary.findings.values().sum());
        tell(settings, Progress { files, of_files, bytes, of_bytes, findings });
    }
}

/// Scans one file, whatever happens.
fn scan(settings: &Builder, target: &Target) -> Scanned {
    let scanned = catch_unwind(AssertUnwindSafe(|| one::target(settings, target)));
    scanned.unwrap_or_else(|_| one::gave_up(target))
}

/// No more threads than there are files; a single one where the system gives no more.
fn pool(threads: usize, files: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    let wanted = if threads == 0 { available_parallelism().map_or(1, usize::from) } else { threads };
    let build = |count| ThreadPoolBuilder::new().num_threads(count).stack_size(STACK).build();
    build(wanted.min(files).max(1)).or_else(|_| build(1))
}

fn tell(settings: &Builder, progress: Progress) {
    if let Some(watch) = &settings.progress {
        watch(progress);
    }
}
