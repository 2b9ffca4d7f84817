//! An artifact while it is being read.

use super::{left::Left, sketch::Sketch, slack};
use crate::{
    bytes::{Bytes, Span, Spans, Spent},
    facts::{Anomaly, Code, Fact, Fault, Gap, GapCode, GapFact, Said},
    formats::{Child, Collected, Emit, Format, Later, Place, Role, Told, program},
};

/// Formats that hold files of any kind.
const HOSTS: &[&str] =
    &["zip", "tar", "compressed", "ar", "cpio", "7z", "rar", "cab", "ole", "sqlite", "git-pack"];

/// An artifact that is being read.
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) bytes: Bytes,
    pub(super) parent: Option<usize>,
    pub(super) formats: Vec<&'static dyn Format>,
    pub(super) facts: Vec<Fact>,
    pub(super) gaps: Vec<Gap>,
    pub(super) covered: Spans,
    /// What a format has for its own and does not mind.
    pub(super) free: Spans,
    /// What a format has read.
    pub(super) read: Spans,
    pub(super) later: Vec<Later>,
    pub(super) told: Vec<Told>,
    pub(super) waits: bool,
    /// What has been searched for things that hide.
    pub(super) searched: Searched,
    /// What was handed over to be read for what it is.
    pub(super) handed: Vec<Span>,
    /// Members of which a limit left nothing to be read.
    pub(super) left: Option<Left>,
    /// Which limit, once that was told.
    pub(super) why_left: Option<String>,
    /// Who explains what, if that is wanted.
    pub(super) sketch: Option<Sketch>,
}

/// How far an artifact has been searched for things that hide.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Searched {
    /// Not at all.
    Nothing,
    /// What no format explains, and what none minds.
    Slack,
    /// Data that loading only copies, too.
    Everything,
}

impl Node {
    /// Whether the format of this name claims it.
    pub(super) fn is(&self, name: &str) -> bool {
        self.formats.iter().any(|format| format.about().name == name)
    }

    /// Takes over what a format collected; gives back the children to be read.
    pub(super) fn take(&mut self, format: &'static dyn Format, collected: Collected) -> Vec<Child> {
        self.formats.push(format);
        if let Some(sketch) = &mut self.sketch {
            sketch.take(format.about().name, &collected);
        }
        self.absorb(collected)
    }

    /// Notes what was found where no format looks.
    pub(super) fn found(&mut self, children: &[Child]) {
        if let Some(sketch) = &mut self.sketch {
            sketch.hand("", children);
        }
    }

    pub(super) fn absorb(&mut self, collected: Collected) -> Vec<Child> {
        let (mut read, mut free) = (collected.covered.clone(), collected.free);
        read.settle();
        free.settle();
        self.read.extend(&read.without(&free));
        self.free.extend(&free);
        self.facts.extend(collected.facts);
        self.gaps.extend(collected.gaps);
        self.covered.extend(&collected.covered);
        self.later.extend(collected.later);
        collected.children
    }

    pub(super) fn gap(&mut self, span: Span, fault: &Fault) {
        let acted = self.facts.iter().any(|fact| matches!(fact.said, Said::Call(_) | Said::Mutation(_)));
        let said = GapFact::new(fault.code, fault.detail.clone(), span.len, acted);
        self.facts.push(Fact { span, chain: span.start, count: 1, said: said.into() });
        self.gaps.push(Gap { code: fault.code, members: Vec::new(), span, detail: fault.detail.clone() });
    }

    /// States of an artifact inside a model that it is a program, or that it lies where nobody looks.
    pub(super) fn note_what_it_is(&mut self) {
        let span = Span::new(0, self.bytes.size());
        let note = |said: Said| Fact { span, chain: 0, count: 1, said };
        let name = self.place.name();
        if let Some(language) = self.formats.iter().find_map(|format| program(format.about().name)) {
            let code = Code { language, place: name, ..Code::default() };
            self.facts.push(note(code.into()));
        }
        self.note_hidden();
    }

    /// Whether it is a program.
    pub(super) fn is_program(&self) -> bool {
        self.formats.iter().any(|format| program(format.about().name).is_some())
    }

    /// Whether programs have no place in it: it is none, nor a script, nor made to hold files of any kind.
    pub(super) fn runs_nothing(&self) -> bool {
        let hosts = self.formats.iter().any(|format| HOSTS.contains(&format.about().name));
        !(self.formats.is_empty() || hosts || self.is_program() || self.bytes.starts_with(b"#!"))
    }

    /// States of an artifact that it lies where nobody looks.
    pub(super) fn note_hidden(&mut self) {
        let span = Span::new(0, self.bytes.size());
        let Some(format) = self.formats.first().filter(|_| self.place.role == Role::Slack) else { return };
        let title = format.about().title;
        let detail = format!("{title} of {} bytes where the file around it ends or leaves a hole", span.len);
        let anomaly = Anomaly { what: "hidden-content", detail, acted: false };
        self.facts.push(Fact { span, chain: 0, count: 1, said: anomaly.into() });
    }

    /// States that the budget did not allow to search the artifact.
    pub(super) fn not_searched(&mut self, spent: &Spent) {
        let fault = Fault::new(GapCode::Limit, 0, spent.to_string());
        self.gap(Span::new(0, self.bytes.size()), &fault);
    }

    /// States that a child that was found in data is a program.
    pub(super) fn note_program(&mut self, child: Child, language: Option<&'static str>) -> Child {
        if let (Some(language), Some(span)) = (language, child.span) {
            let code = Code { language, place: child.name.clone(), ..Code::default() };
            self.facts.push(Fact { span, chain: span.start, count: 1, said: code.into() });
        }
        child
    }

    /// Runs of zeros that no format explains and that only pad.
    pub(super) fn padding(&self) -> Vec<Span> {
        let mut holes = self.covered.holes(self.bytes.size());
        let wanted = self.holes();
        holes.retain(|hole| !wanted.contains(hole));
        holes
    }

    /// What formats have for their own and none has read.
    pub(super) fn unread(&self) -> Spans {
        let (mut free, mut read) = (self.free.clone(), self.read.clone());
        free.settle();
        read.settle();
        free.without(&read)
    }

    /// What neither a format nor a gap accounts for.
    pub(super) fn unaccounted(&self) -> Vec<Span> {
        let mut owned = self.covered.clone();
        self.gaps.iter().for_each(|gap| owned.add(gap.span));
        let mut holes = owned.holes(self.bytes.size());
        holes.retain(|hole| {
            !self.bytes.slice(hole.start, hole.len).is_some_and(|bytes| slack::is_padding(&bytes))
        });
        holes
    }

    /// What no format explains, without short runs of zeros that only pad.
    pub(super) fn holes(&self) -> Vec<Span> {
        let mut holes = self.covered.holes(self.bytes.size());
        holes.retain(|hole| {
            !self.bytes.slice(hole.start, hole.len).is_some_and(|bytes| slack::is_padding(&bytes))
        });
        holes
    }
}

/// How a parser came back.
pub(super) type Caught = Result<Result<(), Fault>, Box<dyn std::any::Any + Send>>;

/// Turns what stopped a parser into a gap.
pub(super) fn conclude(emit: &mut Emit<'_>, outcome: Caught, name: &str, size: u64) {
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => emit.fault(fault, size),
        Err(_) => {
            let detail = format!("the {name} parser gave up: a defect of mlscan, please report it");
            emit.fault(Fault::new(GapCode::Panicked, 0, detail), size);
        }
    }
}
