//! Saying in one line what went wrong.

use std::{
    io::Write as _,
    panic::{self, AssertUnwindSafe},
    sync::Mutex,
};

use clap::error::{ContextKind, ContextValue};
use mlscan::output::shown;

use super::ERROR;

/// Where the last panic was: the library turns those of parsers into gaps.
static PLACE: Mutex<String> = Mutex::new(String::new());

/// Says something on standard error, in one line.
pub(super) fn say(text: &str) {
    let _unwritable = writeln!(std::io::stderr(), "mlscan: {}", shown(text));
}

/// Runs what may fail, says what did, and gives the exit status.
pub(super) fn guarded(run: impl FnOnce() -> anyhow::Result<u8>) -> u8 {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        if let Ok(mut last) = PLACE.lock() {
            *last = place;
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            say(&format!("{error:#}"));
            ERROR
        }
        Err(_) => {
            let place = PLACE.lock().map(|place| place.clone()).unwrap_or_default();
            say(&format!("gave up at {place}: a defect of mlscan, please report it"));
            ERROR
        }
    }
}

/// Says what is wrong with the arguments, or shows the help that was asked for.
pub(super) fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        let _unwritable = error.print();
        return super::DONE;
    }
    let text = error.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default();
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what);
    let hint = suggested(error).map_or_else(String::new, |word| format!("; did you mean `{word}`?"));
    say(&format!("{what}{hint} (mlscan --help lists the options)"));
    ERROR
}

fn suggested(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let word = |value: &ContextValue| match value {
        ContextValue::String(word) => Some(word.clone()),
        ContextValue::Strings(words) => words.first().cloned(),
        _ => None,
    };
    kinds.into_iter().filter_map(|kind| error.get(kind)).find_map(word)
}
