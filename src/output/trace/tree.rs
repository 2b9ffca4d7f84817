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
    facts::{Fact, Gap, Said},
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
    let mut open: Vec<(usize, usize)> = vec![(0, 2)];
    while let Some((at, indent)) = open.pop() {
        let Some(node) = nodes.get(at) else { continue };
        pen.indent = indent;
        if let Some(member) = node.part.members.last() {
            pen.line(Ink::Strong, &format!("inside: {member}"))?;
            pen.indent = indent.saturating_add(2);
        }
        pen.part(node)?;
        let below = pen.indent;
        open.extend(node.inside.iter().rev().map(|&at| (at, below)));
    }
    pen.indent = 2;
    let end = if complete { "complete: all of it was read" } else { "not complete: see what was not read" };
    pen.line(if complete { Ink::Good } else { Ink::Severity(Severity::Medium) }, end)
}

struct Pen<'a> {
    out: &'a mut dyn Write,
    style: &'a Style,
    indent: usize,
}

impl Pen<'_> {
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

    fn part(&mut self, node: &Node<'_>) -> io::Result<()> {
        let streams = Streams::of(&node.part);
        let mut steps: Vec<&Fact> = node.part.facts.iter().collect();
        steps.sort_by_key(|fact| fact.span.start);
        let mut next = streams.0.iter().peekable();
        for fact in steps {
            while let Some((start, end, stream)) = next.next_if(|(start, _, _)| *start <= fact.span.start) {
                self.stream(*start, *end, stream)?;
            }
            self.fact(fact)?;
        }
        for gap in node.part.gaps {
            self.gap(gap)?;
        }
        Ok(())
    }

    fn stream(&mut self, start: u64, end: u64, stream: &crate::facts::Stream) -> io::Result<()> {
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
                self.step(at, Ink::Severity(Severity::Medium), "call", &said.expression, &more)
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
