//! Width and colours of the text, from the options, the environment and the terminal.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use mlscan::{
    findings::Severity,
    output::{Ink, Style},
};
use owo_colors::OwoColorize as _;

use super::args::Colour;

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: u16 = 120;

/// The style for standard output.
pub(super) fn stdout(colour: Colour) -> Style {
    let terminal = io::stdout().is_terminal();
    style(terminal && colour == Colour::Auto || colour == Colour::Always, colour, terminal)
}

/// The style for a file.
pub(super) fn file(colour: Colour) -> Style {
    style(false, colour, false)
}

fn style(wanted: bool, colour: Colour, terminal: bool) -> Style {
    let paint = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => by_environment(wanted, |name| env::var(name).ok().filter(|value| !value.is_empty())),
    };
    let columns = terminal.then(|| terminal_size::terminal_size_of(io::stdout())).flatten();
    let plain = Style::default();
    let width = columns.map_or(plain.width, |(columns, _)| usize::from(columns.0.min(WIDEST)));
    Style { width, paint: if paint { coloured } else { plain.paint } }
}

/// `NO_COLOR` wins, then `CLICOLOR_FORCE`, then a terminal that is not dumb.
fn by_environment(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    terminal && variable("TERM").is_none_or(|term| term != "dumb")
}

fn coloured(ink: Ink, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    match ink {
        Ink::Severity(Severity::Critical) => text.bright_red().bold().to_string(),
        Ink::Severity(Severity::High) => text.red().to_string(),
        Ink::Severity(Severity::Medium) => text.yellow().to_string(),
        Ink::Severity(Severity::Low) => text.cyan().to_string(),
        Ink::Severity(Severity::Info) => text.blue().to_string(),
        Ink::Strong => text.bold().to_string(),
        Ink::Faint => text.dimmed().to_string(),
        Ink::Good => text.green().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_in_its_order() {
        let with = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        };
        assert!(by_environment(true, with(&[])));
        assert!(!by_environment(false, with(&[])));
        assert!(!by_environment(true, with(&[("TERM", "dumb")])));
        assert!(by_environment(false, with(&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")])));
        assert!(!by_environment(false, with(&[("CLICOLOR_FORCE", "0")])));
        assert!(!by_environment(true, with(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")])));
    }
}
