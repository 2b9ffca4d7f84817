//! `mlscan [scan] PATH...`

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, bail};
use mlscan::{Builder, Scanner, findings::Outcome, rules::Rules, scan::walk::Exclude};

use super::{
    args::{Limit, Scan, limits},
    closing,
    fan::{Fan, plain},
    input,
    progress::Bar,
};

/// Judges files and writes the reports.
pub(super) fn scan(args: Scan) -> anyhow::Result<u8> {
    let bar = Bar::new(args.quiet);
    let rules = rules(args.rules.as_ref())?;
    Exclude::new(&args.exclude).context("--exclude")?;
    let why = rules.reasons().map(|(id, why)| (id.to_owned(), why.to_owned())).collect();
    let mut fan = Fan::open(&args, &why, bar.clone())?;
    let (stdin, mut paths): (Vec<PathBuf>, Vec<PathBuf>) =
        args.paths.iter().cloned().partition(|path| input::is_stdin(path));
    // Whoever passes the names of files on, such as a hook, means the file.
    paths.extend(stdin.first().map(|path| Path::new(".").join(path)).filter(|file| file.exists()));
    // Before Ctrl-C is answered: until then it ends the process, however long the other end waits.
    let most = limits(&args.limits).unpacked;
    let spooled = stdin.first().map(|_| input::take(most)).transpose()?;
    let scanner = builder(&args, rules).progress(shown(&bar)).stop(stop()?).build();
    if let Some(spooled) = spooled {
        fan.add(input::scan(&scanner, spooled)?);
    }
    scanner.run(&paths, &mut fan).map_err(plain)?;
    closing::say_all(&fan.summary, bar.elapsed(), args.quiet);
    Ok(fan.status())
}

/// The rules that come with the program, with those of a folder.
pub(super) fn rules(folder: Option<&PathBuf>) -> anyhow::Result<Rules> {
    let Some(folder) = folder else { return Ok(Rules::builtin()) };
    if !folder.is_dir() {
        bail!("--rules: there is no folder `{}`", folder.display());
    }
    Rules::with_dir(folder).context("--rules")
}

fn builder(args: &Scan, rules: Rules) -> Builder {
    let builder = Scanner::builder()
        .rules(rules)
        .limits(limits(&args.limits))
        .digest(args.digest.into())
        .deep(args.deep)
        .exclude(args.exclude.clone())
        .allow_empty(args.allow_empty)
        .fail_on(args.fail_on.0)
        .options(options(args));
    match args.threads {
        Some(threads) => builder.threads(threads.into()),
        None => builder,
    }
}

/// What of the options shapes the report.
fn options(args: &Scan) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    let mut add = |name: &str, value: String| options.insert(name.to_owned(), value);
    add("fail_on", args.fail_on.0.map_or_else(|| "never".to_owned(), |severity| severity.to_string()));
    if !args.exclude.is_empty() {
        add("exclude", args.exclude.join(" "));
    }
    if args.allow_empty {
        add("allow_empty", "true".to_owned());
    }
    if args.deep {
        add("deep", "true".to_owned());
    }
    if args.digest != super::args::Digests::Auto {
        add("digest", format!("{:?}", args.digest).to_lowercase());
    }
    for Limit { name, value } in &args.limits {
        add(&format!("limit.{name}"), value.to_string());
    }
    options
}

fn shown(bar: &Bar) -> Arc<dyn Fn(mlscan::Progress) + Send + Sync> {
    let bar = bar.clone();
    Arc::new(move |progress| bar.show(&progress))
}

/// A flag that the first Ctrl-C sets; the second ends the process at once.
#[expect(clippy::exit, reason = "whoever interrupts twice waits for nothing more")]
fn stop() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::SeqCst) {
            std::process::exit(Outcome::Interrupted.exit_code().into());
        }
    })?;
    Ok(flag)
}
