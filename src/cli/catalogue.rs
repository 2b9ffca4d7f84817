//! `mlscan rules` and `mlscan explain RULE`

use std::{cmp::Reverse, io::Write};

use anyhow::{Context as _, bail};
use mlscan::{
    findings::Severity,
    output::{Ink, Style, json_document, shown},
    rules::Entry,
};

use super::{
    DONE,
    args::{Catalogue, Explain, Format},
    fan::plain,
    pipe, scan, style,
};

/// Lists the rules, the worst first.
pub(super) fn rules(args: &Catalogue) -> anyhow::Result<u8> {
    let rules = scan::rules(args.rules.as_ref())?;
    let mut cards = rules.catalogue();
    cards.sort_by_key(|card| (Reverse(worst(&card.severity)), card.id));
    let mut out = pipe::stdout();
    match args.format {
        Format::Text => list(&mut out, &cards, &style::stdout(args.color)),
        Format::Json => json_document(&mut out, &cards),
    }
    .and_then(|()| out.flush())
    .map_err(plain)
    .context("cannot write")?;
    Ok(DONE)
}

fn list(out: &mut dyn Write, cards: &[Entry<'_>], style: &Style) -> std::io::Result<()> {
    let longest = |text: fn(&Entry<'_>) -> usize| cards.iter().map(text).max().unwrap_or_default();
    let (widest, broadest) =
        (longest(|card| card.id.chars().count()), longest(|card| card.severity.chars().count()));
    for card in cards {
        let severity =
            (style.paint)(Ink::Severity(worst(&card.severity)), &format!("{:<broadest$}", card.severity));
        writeln!(out, "{severity}  {:<widest$}  {}", shown(card.id), shown(card.title))?;
    }
    Ok(())
}

/// The worst severity that a rule may give: it says one, or the least and the worst.
fn worst(severity: &str) -> Severity {
    Severity::ALL.into_iter().find(|one| severity.contains(one.word())).unwrap_or(Severity::Info)
}

/// Explains one rule.
pub(super) fn explain(args: &Explain) -> anyhow::Result<u8> {
    let rules = scan::rules(args.rules.as_ref())?;
    let cards = rules.catalogue();
    let Some(card) = cards.iter().find(|card| card.id == args.rule) else {
        let hint = meant(&args.rule, cards.iter().map(|card| card.id));
        bail!("there is no rule `{}`{hint} (mlscan rules lists them)", args.rule);
    };
    let mut out = pipe::stdout();
    at_length(&mut out, card, &style::stdout(args.color))
        .and_then(|()| out.flush())
        .map_err(plain)
        .context("cannot write")?;
    Ok(DONE)
}

fn at_length(out: &mut dyn Write, card: &Entry<'_>, style: &Style) -> std::io::Result<()> {
    let severity = (style.paint)(Ink::Severity(worst(&card.severity)), &card.severity);
    let id = (style.paint)(Ink::Strong, &shown(card.id));
    writeln!(out, "{id}  {severity}\n{}", shown(card.title))?;
    let references = card.references.join("\n\n");
    let says = format!("Facts of the kind `{}`. It says: {}", card.fact, card.message);
    let parts = [
        ("Why it matters", card.why),
        ("What to do", card.fix),
        ("What it looks at", &says),
        ("See", &references),
    ];
    for (head, text) in parts.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        writeln!(out, "\n{}", (style.paint)(Ink::Strong, head))?;
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            filled(out, paragraph, style.width)?;
        }
    }
    Ok(())
}

/// Writes a paragraph in lines of at most `width` columns.
fn filled(out: &mut dyn Write, paragraph: &str, width: usize) -> std::io::Result<()> {
    let mut line = String::from(" ");
    for word in paragraph.split_whitespace().map(shown) {
        let columns = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
        if columns > width && !line.trim().is_empty() {
            writeln!(out, "{line}")?;
            line = String::from(" ");
        }
        line.push(' ');
        line.push_str(&word);
    }
    writeln!(out, "{line}")
}

/// Rules of which a part was named that are offered.
const OFFERED: usize = 4;

/// What may have been meant instead of `word`.
fn meant<'a>(word: &str, among: impl Iterator<Item = &'a str> + Clone) -> String {
    let part = among.clone().filter(|one| word.len() > 2 && one.contains(word)).take(OFFERED);
    let parts: Vec<String> = part.map(|one| format!("`{one}`")).collect();
    match (nearest(word, among), parts.is_empty()) {
        (Some(near), _) => format!("; did you mean `{near}`?"),
        (None, false) => format!("; did you mean {}?", parts.join(" or ")),
        (None, true) => String::new(),
    }
}

/// The word that is most like another, if any is at all.
fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = among.map(|one| (distance(word, one), one)).min();
    let parts = word.chars().count().max(6).checked_div(3).unwrap_or_default();
    near.filter(|(distance, _)| *distance <= parts).map(|(_, one)| one)
}

/// Number of characters to insert, delete or replace to make one word the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (done, left) in a.chars().enumerate() {
        let mut next = vec![done.saturating_add(1)];
        for (pair, right) in row.windows(2).zip(b.chars()) {
            let [diagonal, above] = pair else { continue };
            let before = next.last().copied().unwrap_or_default();
            let replaced = diagonal.saturating_add(usize::from(left != right));
            next.push(replaced.min(above.min(&before).saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_rule() {
        let rules = ["shell-command", "unknown-import"];
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("shel-comand", rules.into_iter()), Some("shell-command"));
        assert_eq!(nearest("pickle", rules.into_iter()), None);
        assert_eq!(meant("import", rules.into_iter()), "; did you mean `unknown-import`?");
        assert_eq!(meant("pickle", rules.into_iter()), "");
    }
}
