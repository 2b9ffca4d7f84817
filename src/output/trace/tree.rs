//! A traced file as a tree that a person can follow.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    Part,
    part::{Node, Streams, nodes},
};
use crate::{
    bytes::Name,
    facts::{Fact, Gap, Said, Stream},
    findings::Severity,
    output::{Ink, Style, counted, escape, shown, size},
};

/// Writes one file as a tree.
pub(super) fn tree(
    out: &mut dyn Write,
    path: &Name,
    parts: &[Part<'_>],
    complete: bool,
    style: &Style,
) -> io::Result<()> {
    let nodes = nodes(parts);
    let head = escape::guarded(&shown(path.to_string()));
    writeln!(out, "{}", (style.paint)(Ink::Strong, &head))?;
    let mut pen = Pen { out, style, indent: 2 };
    pen.parts(&nodes)?;
    pen.indent = 2;
    let end = if complete { "complete: all of it was read" } else { "not complete: see what was not read" };
    pen.line(if complete { Ink::Good } else { Ink::Severity(Severity::Medium) }, end)
}

/// What is said of a part, line by line.
enum Line<'a> {
    /// Start, end and what is said of a stream.
    Stream(u64, u64, &'a Stream),
    Fact(&'a Fact),
    Gap(&'a Gap),
    /// The number of a part that lies inside.
    Inside(usize),
}

/// The lines of a part in order. What an event loads follows it; other parts follow all.
fn lines<'a>(node: &Node<'a>, nodes: &[Node<'a>]) -> Vec<Line<'a>> {
    let loaded_at = |&at: &usize| {
        let member = nodes.get(at).and_then(|node| node.part.members.last());
        let digits = member.and_then(|member| member.as_bytes().strip_prefix(b"bytes@"));
        digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(u64::MAX)
    };
    let mut lines: Vec<((u64, u8), Line<'a>)> = Vec::new();
    let streams = Streams::of(&node.part);
    lines.extend(
        streams.0.into_iter().map(|(start, end, stream)| ((start, 0), Line::Stream(start, end, stream))),
    );
    lines.extend(node.part.facts.iter().map(|fact| ((fact.span.start, 1), Line::Fact(fact))));
    lines.extend(node.part.gaps.iter().map(|gap| ((gap.span.start, 3), Line::Gap(gap))));
    lines.extend(node.inside.iter().map(|at| ((loaded_at(at), 2), Line::Inside(*at))));
    lines.sort_by_key(|&(place, _)| place);
    lines.into_iter().map(|(_, line)| line).collect()
}

struct Pen<'a> {
    out: &'a mut dyn Write,
    style: &'a Style,
    indent: usize,
}

impl Pen<'_> {
    /// All parts, from the outermost in; on a stack of their own, for they may lie deep.
    fn parts(&mut self, nodes: &[Node<'_>]) -> io::Result<()> {
        // Lines that are left of each part, its margin, and what the steps of a stream are set in by.
        let mut open: Vec<(std::vec::IntoIter<Line<'_>>, usize, usize)> = Vec::new();
        open.extend(nodes.first().map(|node| (lines(node, nodes).into_iter(), 2, 0)));
        while let Some((rest, margin, within)) = open.last_mut() {
            self.indent = margin.saturating_add(*within);
            let Some(next) = rest.next() else {
                open.pop();
                continue;
            };
            match next {
                Line::Stream(start, end, stream) => {
                    self.indent = *margin;
                    *within = 2;
                    self.stream(start, end, stream)?;
                }
                Line::Fact(fact) => self.fact(fact)?,
                Line::Gap(gap) => self.gap(gap)?,
                Line::Inside(at) => {
                    let Some(node) = nodes.get(at) else { continue };
                    if let Some(member) = node.part.members.last() {
                        self.line(Ink::Strong, &format!("inside: {member}"))?;
                    }
                    let deeper = self.indent.saturating_add(2);
                    open.push((lines(node, nodes).into_iter(), deeper, 0));
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        let margin = " ".repeat(self.indent);
        let text = escape::guarded(&shown(text));
        writeln!(self.out, "{margin}{}", (self.style.paint)(ink, &text))
    }

    /// Offset, word, what happens, and something for whoever looks closer.
    fn step(&mut self, offset: u64, ink: Ink, word: &str, text: &str, more: &str) -> io::Result<()> {
        let margin = " ".repeat(self.indent);
        let offset = (self.style.paint)(Ink::Faint, &format!("{:<8}", format!("{offset:#x}")));
        let word = (self.style.paint)(ink, &format!("{word:<7}"));
        let more = if more.is_empty() { String::new() } else { format!("  ({})", shown(more)) };
        writeln!(self.out, "{margin}{offset} {word} {}{}", shown(text), (self.style.paint)(Ink::Faint, &more))
    }

    /// The head of a stream: its steps stand below it.
    fn stream(&mut self, start: u64, end: u64, stream: &Stream) -> io::Result<()> {
        let ended = match stream.ended {
            "stop" => "ends with STOP",
            _ => "breaks off",
        };
        let number = stream.number;
        let length = size(end.saturating_sub(start));
        let opcodes = match stream.opcodes {
            0 => String::new(),
            n => format!(", {}", counted(n, "opcode")),
        };
        let protocol = stream.protocol;
        let text = format!("stream {number} at {start:#x}, protocol {protocol}, {length}{opcodes}, {ended}");
        self.line(Ink::Faint, &text)
    }

    fn fact(&mut self, fact: &Fact) -> io::Result<()> {
        let at = fact.span.start;
        match &fact.said {
            Said::Import(said) => {
                let mut more = Vec::new();
                if !said.raw_name.is_empty() && (said.raw_module != said.module || said.raw_name != said.name)
                {
                    more.push(format!("written {}.{}", said.raw_module, said.raw_name));
                }
                if said.how == "path" {
                    more.push("reached through another name".to_owned());
                }
                let text = format!("{}.{}", said.module, said.name);
                self.step(at, Ink::Strong, "import", &text, &notes(more, said.readings, fact.count))
            }
            Said::Call(said) => {
                let mut more = Vec::new();
                if said.via != "reduce" {
                    more.push(format!("by {}", said.via));
                }
                let more = notes(more, said.readings, fact.count);
                let led = matches!(said.reached, "" | "direct") && said.via != "callback";
                let text = if led { said.expression.clone() } else { format!("=> {}", said.expression) };
                self.step(at, Ink::Severity(Severity::Medium), "call", &text, &more)
            }
            Said::Mutation(said) => {
                let more = notes(Vec::new(), said.readings, fact.count);
                self.step(at, Ink::Severity(Severity::High), "change", &said.expression, &more)
            }
            Said::Anomaly(said) => self.step(at, Ink::Faint, "note", &said.detail, said.what),
            Said::Cost(said) => self.step(at, Ink::Faint, "cost", &said.detail, said.what),
            _ => Ok(()),
        }
    }

    fn gap(&mut self, gap: &Gap) -> io::Result<()> {
        let mut text = format!("not read: {} at {:#x}", gap.detail, gap.span.start);
        if gap.span.len > 0 {
            let _infallible = write!(text, ", {}", size(gap.span.len));
        }
        let _infallible = write!(text, " ({})", gap.code.word());
        self.line(Ink::Severity(Severity::Medium), &text)
    }
}

/// What is to be said beside a step.
fn notes(mut more: Vec<String>, readings: &str, count: u64) -> String {
    match readings {
        "some" => more.push("only in some loaders".to_owned()),
        "reuse" => more.push("only in an Unpickler that is used again".to_owned()),
        _ => {}
    }
    if count > 1 {
        more.push(format!("{count} times"));
    }
    more.join(", ")
}
