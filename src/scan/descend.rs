//! One file and everything in it, with an explicit stack and one budget.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use super::{
    bundle, detect, hidden,
    left::Left,
    lfs,
    node::{Node, Searched, conclude},
    open,
    sketch::Sketch,
    slack,
    worth::{CONTAINERS, Worth},
};
use crate::{
    bytes::{Budget, Bytes, Limits, Name, Span, Spans},
    facts::{Fact, Fault, Gap, GapCode, Said},
    findings::{Finding, Severity},
    formats::{Child, Collected, Emit, Format, Place, Role, Source, Told},
    output::map::Layout,
    rules::{Rules, Subject},
};

/// One artifact with all that was said about it.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// The members that lead to it; empty for the file itself.
    pub members: Vec<Name>,
    /// What was said.
    pub facts: Vec<Fact>,
}

/// What one file gave.
#[derive(Default)]
pub(super) struct Descent {
    pub(super) formats: Vec<&'static str>,
    pub(super) findings: Vec<Finding>,
    pub(super) gaps: Vec<Gap>,
    pub(super) layers: Vec<Layer>,
    /// Who explains what, artifact by artifact.
    pub(super) layouts: Vec<Layout>,
    /// Whether something in it is a model, or may hide one.
    pub(super) model: bool,
}

enum Task {
    Read { place: Place, source: Source, parent: Option<usize> },
    Settle(usize),
    Finish(usize),
}

/// Reads one file.
pub(super) struct Descender<'a> {
    rules: &'a Rules,
    budget: Budget,
    keep_layers: bool,
    mapping: bool,
    deep: bool,
    /// What the walk knows of the file.
    known: Vec<Fact>,
    /// Where the file lies, if its folder is to be looked at.
    beside: Option<&'a Path>,
    worth: Worth,
    nodes: Vec<Option<Node>>,
    tasks: Vec<Task>,
    out: Descent,
}

impl<'a> Descender<'a> {
    pub(super) fn new(rules: &'a Rules, limits: Limits) -> Self {
        Self {
            rules,
            budget: Budget::new(limits),
            keep_layers: false,
            mapping: false,
            deep: false,
            known: Vec::new(),
            beside: None,
            worth: Worth::default(),
            nodes: Vec::new(),
            tasks: Vec::new(),
            out: Descent::default(),
        }
    }

    /// Reads data that loading only copies, too.
    pub(super) fn deep(self, deep: bool) -> Self {
        Self { deep, ..self }
    }

    /// Looks in the folder of the file for what it refers to.
    pub(super) fn beside(self, path: Option<&'a Path>) -> Self {
        Self { beside: path, ..self }
    }

    /// Keeps what is said of each artifact.
    pub(super) fn keeping_layers(self) -> Self {
        Self { keep_layers: true, ..self }
    }

    /// Keeps who explains which bytes of each artifact.
    pub(super) fn mapping(self) -> Self {
        Self { mapping: true, ..self }
    }

    /// Reads the bytes of the file at `path` and all that is in them.
    pub(super) fn run(mut self, path: &Name, bytes: Bytes, role: Role, facts: Vec<Fact>) -> Descent {
        self.known = facts;
        let (deep, mapped) = (self.deep, self.mapping);
        let place = Place { names: vec![path.clone()], depth: 0, role, deep, mapped };
        self.tasks.push(Task::Read { place, source: Source::Open(bytes), parent: None });
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Read { place, source, parent } => self.read(place, &source, parent),
                Task::Settle(at) => self.settle(at),
                Task::Finish(at) => self.finish(at),
            }
        }
        self.out.model = self.worth.model();
        self.out
    }

    fn read(&mut self, place: Place, source: &Source, parent: Option<usize>) {
        let (bytes, fault) = open::open(source, &self.budget, &|bytes| self.head_tells_all(bytes, &place));
        let mut node = Node {
            place,
            parent,
            formats: Vec::new(),
            facts: std::mem::take(&mut self.known),
            gaps: Vec::new(),
            covered: Spans::default(),
            free: Spans::default(),
            read: Spans::default(),
            later: Vec::new(),
            told: Vec::new(),
            waits: false,
            searched: Searched::Nothing,
            handed: Vec::new(),
            left: None,
            why_left: None,
            sketch: self.mapping.then(Sketch::default),
            bytes,
        };
        // What could not be unpacked is not empty.
        let unopened = fault.is_some() && node.bytes.is_empty();
        let mut children = if unopened { Vec::new() } else { self.parse(&mut node) };
        if let Some(path) = self.beside.filter(|_| parent.is_none() && node.is("pointer")) {
            children.extend(lfs::object(path, &node.facts));
        }
        if let Some(fault) = fault {
            node.gap(Span::new(fault.at, 0), &fault);
        }
        let at = self.nodes.len();
        node.waits = !node.later.is_empty();
        self.tasks.push(Task::Finish(at));
        if node.waits {
            self.tasks.push(Task::Settle(at));
        }
        self.push_children(&mut node, at, children);
        self.nodes.push(Some(node));
    }

    /// Lets every format that claims the bytes read them.
    fn parse(&self, node: &mut Node) -> Vec<Child> {
        let claims = detect::claims(&node.bytes, &node.place);
        let mut children = Vec::new();
        for &format in &claims.sure {
            children.extend(node.take(format, self.run_format(format, &node.bytes, &node.place)));
        }
        let mut stopped = None;
        for &format in &claims.trial {
            let collected = self.run_format(format, &node.bytes, &node.place);
            let limit = collected.gaps.iter().find(|gap| gap.code == GapCode::Limit);
            stopped = stopped.or_else(|| limit.cloned());
            let alone = claims.sure.is_empty();
            if format.convinces(&collected, &node.bytes, &node.place, alone)
                || self.alarming(node, &collected)
            {
                let refines = format.about().refines;
                node.formats.retain(|known| !refines.contains(&known.about().name));
                children.extend(node.take(format, collected));
            }
        }
        if node.formats.is_empty()
            && let Some(format) = detect::last_resort(&node.bytes, &node.place)
        {
            children.extend(node.take(format, self.run_format(format, &node.bytes, &node.place)));
        }
        // Who had to stop cannot say that the bytes are not its own.
        if let Some(gap) = stopped.filter(|_| node.formats.is_empty()) {
            node.gap(Span::new(0, node.bytes.size()), &Fault::new(gap.code, 0, gap.detail));
        }
        children
    }

    fn run_format(&self, format: &dyn Format, bytes: &Bytes, place: &Place) -> Collected {
        let mut emit = Emit::new(place, &self.budget);
        let outcome = catch_unwind(AssertUnwindSafe(|| format.parse(bytes, &mut emit)));
        conclude(&mut emit, outcome, format.about().name, bytes.size());
        emit.finish()
    }

    /// Whether only the head of these bytes need be there: content and name speak for one format that reads no
    /// more and explains them to the last byte, and who else tries them breaks off within the head.
    fn head_tells_all(&self, bytes: &Bytes, place: &Place) -> bool {
        let claims = detect::claims(bytes, place);
        let [format] = *claims.sure.as_slice() else { return false };
        let named = format.about().extensions.contains(&place.name().extension().as_str());
        if place.deep || !named || !format.reads_head() {
            return false;
        }
        let early = |trial: &&'static dyn Format| {
            let gaps = self.run_format(*trial, bytes, place).gaps;
            gaps.iter().any(|gap| gap.span.start < open::HEAD)
        };
        let collected = self.run_format(format, bytes, place);
        let mut covered = collected.covered;
        covered.settle();
        let whole = collected.gaps.is_empty() && collected.children.is_empty();
        whole && covered.holes(bytes.size()).is_empty() && claims.trial.iter().all(early)
    }

    /// Whether a trial reading met something that must not be dropped. A name that only some loaders look up in what no
    /// one takes for a model is chance: a line of text that begins with the letter of an opcode.
    fn alarming(&self, node: &Node, collected: &Collected) -> bool {
        let expected = slack::expected(&node.place);
        let named = |fact: &&Fact| match &fact.said {
            Said::Import(import) if import.readings.is_empty() || expected => {
                detect::can_be_name(&import.module) && detect::can_be_name(&import.name)
            }
            _ => false,
        };
        let facts: Vec<Fact> = collected.facts.iter().filter(named).cloned().collect();
        let findings = self.judge(node, &facts);
        findings.iter().any(|finding| finding.severity >= Severity::High)
    }

    fn push_children(&mut self, node: &mut Node, at: usize, children: Vec<Child>) {
        let depth = node.place.depth.saturating_add(1);
        node.handed.extend(children.iter().filter_map(|child| child.span));
        let mut room = Vec::new();
        for child in children {
            match self.budget.member().and_then(|()| self.budget.descend(depth)) {
                Ok(()) => room.push(child),
                Err(spent) => {
                    let span = child.span.unwrap_or_default();
                    Left::add(&mut node.left, child.name, span, || spent.to_string());
                }
            }
        }
        for child in room.into_iter().rev() {
            let mut names = node.place.names.clone();
            names.push(child.name);
            let place = Place { names, depth, role: child.role, deep: self.deep, mapped: self.mapping };
            self.tasks.push(Task::Read { place, source: child.source, parent: Some(at) });
        }
    }

    fn settle(&mut self, at: usize) {
        let Some(mut node) = self.nodes.get_mut(at).and_then(Option::take) else { return };
        let told = std::mem::take(&mut node.told);
        let again = self.tasks.len();
        for later in std::mem::take(&mut node.later) {
            let mut emit = Emit::new(&node.place, &self.budget);
            let size = node.bytes.size();
            let outcome = catch_unwind(AssertUnwindSafe(|| later(&told, &mut emit)));
            conclude(&mut emit, outcome, "settle", size);
            let collected = emit.finish();
            let by = node.formats.first().map_or("", |format| format.about().name);
            if let Some(sketch) = &mut node.sketch {
                sketch.take(by, &collected);
            }
            let children = node.absorb(collected);
            self.push_children(&mut node, at, children);
        }
        node.waits = !node.later.is_empty();
        if node.waits {
            self.tasks.insert(again, Task::Settle(at));
        }
        self.put_back(at, node);
    }

    fn put_back(&mut self, at: usize, node: Node) {
        if let Some(slot) = self.nodes.get_mut(at) {
            *slot = Some(node);
        }
    }

    /// Looks for what is hidden, then judges.
    fn finish(&mut self, at: usize) {
        let Some(mut node) = self.nodes.get_mut(at).and_then(Option::take) else { return };
        while let Some(found) = self.hidden(&mut node) {
            if !found.is_empty() {
                found.iter().filter_map(|child| child.span).for_each(|span| node.covered.add(span));
                node.found(&found);
                self.tasks.push(Task::Finish(at));
                self.push_children(&mut node, at, found);
                self.put_back(at, node);
                return;
            }
        }
        node.tell_left();
        let holes = node.unaccounted();
        node.unexplained(&holes, &mut self.worth);
        self.conclude(node);
    }

    /// Searches a node one step further; nothing if there is no further step.
    fn hidden(&self, node: &mut Node) -> Option<Vec<Child>> {
        let parent = node.parent.and_then(|at| self.nodes.get(at)).and_then(Option::as_ref);
        match node.searched {
            Searched::Nothing => {
                node.searched = Searched::Slack;
                Some(hidden::slack(node, parent, &self.budget))
            }
            Searched::Slack if self.deep => {
                node.searched = Searched::Everything;
                Some(hidden::deep(node, &self.budget))
            }
            _ => None,
        }
    }

    fn judge(&self, node: &Node, facts: &[Fact]) -> Vec<Finding> {
        let formats: Vec<&'static str> = node.formats.iter().map(|format| format.about().name).collect();
        let (path, members) = node.place.names.split_first().unwrap_or((&EMPTY, &[]));
        let subject = Subject {
            path,
            members,
            formats: &formats,
            depth: node.place.depth,
            file_offset: node.bytes.file_offset(),
        };
        self.rules.judge(&subject, facts)
    }

    /// States what place and folder say of a node.
    fn note_place(&self, node: &mut Node) {
        let parent = node.parent.and_then(|at| self.nodes.get(at)).and_then(Option::as_ref);
        let within = parent.is_some_and(|parent| parent.is("pytorch"))
            || node.place.names.first().is_some_and(slack::model_name);
        let archive = |format: &&'static dyn Format| CONTAINERS.contains(&format.about().name);
        let packed = parent.is_some_and(|parent| parent.formats.iter().any(archive));
        if parent.is_some() && within {
            node.note_what_it_is();
        } else if packed && node.bytes.file_offset() != Some(0)
            || parent.is_some_and(Node::runs_nothing) && node.is_program()
        {
            // A program before an archive unpacks it; nothing lies in its middle for a reason.
            node.note_hidden();
        }
        if let Some(path) = self.beside.filter(|_| parent.is_none()) {
            bundle::compare(path, &mut node.facts);
        }
    }

    /// Judges a node whose children have been read, and hands its facts to a parent that waits.
    fn conclude(&mut self, mut node: Node) {
        if let Some(why) = node.why_unread()
            && let Some(parent) = node.parent.and_then(|at| self.nodes.get_mut(at)).and_then(Option::as_mut)
        {
            Left::add(&mut parent.left, node.place.name(), Span::default(), || why);
            return self.tell_parent(node, Vec::new());
        }
        self.note_place(&mut node);
        let findings = self.judge(&node, &node.facts);
        let formats: Vec<&'static str> = node.formats.iter().map(|format| format.about().name).collect();
        let members: Vec<Name> = node.place.names.iter().skip(1).cloned().collect();
        self.worth.note(&node, &findings);
        if node.parent.is_none() {
            self.out.formats.clone_from(&formats);
        }
        self.out.findings.extend(findings);
        if let Some(sketch) = node.sketch.take() {
            self.out.layouts.push(sketch.layout(&node));
        }
        let gaps = node.gaps.iter().cloned();
        self.out.gaps.extend(gaps.map(|gap| Gap { members: members.clone(), ..gap }));
        if self.keep_layers {
            let facts = node.facts.clone();
            self.out.layers.push(Layer { members, facts });
        }
        self.tell_parent(node, formats);
    }

    /// Hands what was said of a node to its parent, if that waits for it.
    fn tell_parent(&mut self, node: Node, formats: Vec<&'static str>) {
        let complete = node.gaps.is_empty();
        let waiting = node.parent.and_then(|at| self.nodes.get_mut(at)).and_then(Option::as_mut);
        if let Some(parent) = waiting.filter(|parent| parent.waits) {
            let (name, role, facts) = (node.place.name(), node.place.role, node.facts);
            parent.told.push(Told { name, role, facts, formats, complete });
        }
    }
}

static EMPTY: std::sync::LazyLock<Name> = std::sync::LazyLock::new(Name::default);
