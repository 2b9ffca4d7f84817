//! Where a parser puts what it finds.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Read,
    sync::Arc,
};

use crate::{
    bytes::{Budget, Bytes, Name, Span, Spans, Spent, wide},
    facts::{Fact, Fault, Gap, GapCode, GapFact, Said},
};

/// Where an artifact stands, as its parser may know it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The file's path as given, then the member names down to this artifact.
    pub names: Vec<Name>,
    /// Containers around it.
    pub depth: u64,
    /// What the container says it is.
    pub role: Role,
    /// Whether data that loading only copies is to be read too.
    pub deep: bool,
    /// Whether the names of what needs no reading are wanted.
    pub mapped: bool,
}

impl Place {
    /// Whether it lies where installers of Python packages put files, or in such a package.
    #[must_use]
    pub fn installed(&self) -> bool {
        let folder = |name: &[u8]| {
            let mut parts = name.rsplit(|byte| matches!(byte, b'/' | b'\\')).skip(1);
            parts.next().is_some_and(|parent| matches!(parent, b"site-packages" | b"dist-packages"))
        };
        let outer = self.names.split_last().map_or(&[][..], |(_, outer)| outer);
        outer.iter().any(|name| name.extension() == "whl")
            || self.names.last().is_some_and(|name| folder(name.as_bytes()))
    }

    /// The innermost name.
    #[must_use]
    pub fn name(&self) -> Name {
        self.names.last().cloned().unwrap_or_default()
    }
}

/// What a container says of one of its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Nothing: its bytes decide.
    #[default]
    Any,
    /// A loader would unpickle it, whatever it looks like.
    Pickle,
    /// `data.pkl` of a PyTorch archive.
    TorchData,
    /// `storages` of PyTorch's tar layout.
    TorchTarStorages,
    /// `tensors` of PyTorch's tar layout.
    TorchTarTensors,
    /// Bytes that joblib decompressed: a pickle with raw arrays.
    Joblib,
    /// The pickle behind a NumPy header.
    NumpyObject,
    /// Bytes that a call in the parent loads again.
    Nested,
    /// A constant that begins like a pickle and that nothing is known to load.
    Embedded,
    /// The same, behind an encoding or a compression.
    Encoded,
    /// The bytes of a tensor, which loading only copies.
    Opaque,
    /// Nothing: it lies where its container ends or leaves a hole.
    Slack,
}

impl Role {
    /// Whether it is a constant that nothing is known to load.
    #[must_use]
    pub const fn lies(self) -> bool {
        matches!(self, Self::Embedded | Self::Encoded)
    }
}

/// Opens the packed bytes of a child again from the start.
pub type Unpack = Arc<dyn Fn() -> Result<Box<dyn Read + Send>, Fault> + Send + Sync>;

/// The bytes of a child.
#[derive(Clone)]
pub enum Source {
    /// They lie open in the parent or were computed.
    Open(Bytes),
    /// They must be unpacked.
    Packed {
        /// Opens the decoder.
        open: Unpack,
        /// Bytes of the parent that go in.
        packed: u64,
        /// Bytes that should come out, if the parent says so.
        size: Option<u64>,
        /// Cost of an unpacked byte, in sixteenths of a unit of work.
        weight: u64,
    },
}

/// Something inside an artifact that is to be read for what it is.
#[derive(Clone)]
pub struct Child {
    /// Its name in the parent.
    pub name: Name,
    /// The bytes of the parent that hold it, packed or open; `None` if they were computed.
    pub span: Option<Span>,
    /// Its bytes.
    pub source: Source,
    /// What the parent says it is.
    pub role: Role,
}

/// What a child said, for a parent that waits for its children.
pub struct Told {
    /// The child's name.
    pub name: Name,
    /// Its role.
    pub role: Role,
    /// Its facts.
    pub facts: Vec<Fact>,
    /// Formats that claimed it.
    pub formats: Vec<&'static str>,
    /// Whether all of it was read.
    pub complete: bool,
}

/// Work that a parser leaves for when its children have been read.
pub type Later = Box<dyn FnOnce(&[Told], &mut Emit<'_>) -> Result<(), Fault>>;

/// Collects what one parser says about one artifact.
pub struct Emit<'a> {
    place: &'a Place,
    budget: &'a Budget,
    facts: Vec<Fact>,
    seen: HashMap<u64, usize>,
    gaps: Vec<Gap>,
    children: Vec<Child>,
    covered: Spans,
    free: Spans,
    labels: Vec<(Span, Name)>,
    later: Option<Later>,
    acted: bool,
    full: bool,
}

/// What an [`Emit`] has collected.
#[derive(Default)]
pub struct Collected {
    /// Facts in the order in which they were said.
    pub facts: Vec<Fact>,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// What is to be read next.
    pub children: Vec<Child>,
    /// What was read, or needs no reading.
    pub covered: Spans,
    /// Of that, what may hold anything.
    pub free: Spans,
    /// Names of what needs no reading.
    pub labels: Vec<(Span, Name)>,
    /// What is to be done when the children have been read.
    pub later: Option<Later>,
}

impl<'a> Emit<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(place: &'a Place, budget: &'a Budget) -> Self {
        Self {
            place,
            budget,
            facts: Vec::new(),
            seen: HashMap::new(),
            gaps: Vec::new(),
            children: Vec::new(),
            covered: Spans::default(),
            free: Spans::default(),
            labels: Vec::new(),
            later: None,
            acted: false,
            full: false,
        }
    }

    /// Where the artifact stands.
    #[must_use]
    pub const fn place(&self) -> &Place {
        self.place
    }

    /// What is left of the limits.
    #[must_use]
    pub const fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// Spends `n` units of work.
    ///
    /// # Errors
    /// [`Spent`] if fewer are left.
    pub fn spend(&self, n: u64) -> Result<(), Spent> {
        self.budget.spend(n)
    }

    /// States a fact that begins a chain of its own.
    pub fn fact(&mut self, span: Span, said: impl Into<Said>) {
        self.fact_in(span.start, span, said);
    }

    /// States a fact that belongs to the root event at offset `chain`. An equal one is counted, not kept.
    pub fn fact_in(&mut self, chain: u64, span: Span, said: impl Into<Said>) {
        self.add(1, chain, span, said.into());
    }

    /// States a fact of a chain that was found `times` times.
    pub fn add(&mut self, times: u64, chain: u64, span: Span, said: Said) {
        self.acted |= matches!(said, Said::Call(_) | Said::Mutation(_));
        let mut hasher = DefaultHasher::new();
        said.hash(&mut hasher);
        let at = *self.seen.entry(hasher.finish()).or_insert(self.facts.len());
        match self.facts.get_mut(at) {
            Some(known) => known.count = known.count.saturating_add(times),
            None if self.full => {}
            None => match self.budget.fact() {
                Ok(()) => self.facts.push(Fact { span, chain, count: times, said }),
                Err(spent) => {
                    self.full = true;
                    self.gap(GapCode::Limit, span, spent.to_string());
                }
            },
        }
    }

    /// States a fact that was found `count` times, first at `span`, and begins a chain of its own.
    pub fn fact_times(&mut self, count: u64, span: Span, said: impl Into<Said>) {
        self.add(count, span.start, span, said.into());
    }

    /// States that a part was not read.
    pub fn gap(&mut self, code: GapCode, span: Span, detail: impl Into<String>) {
        let detail = detail.into();
        let said = GapFact::new(code, detail.clone(), span.len, self.acted);
        self.facts.push(Fact { span, chain: span.start, count: 1, said: said.into() });
        self.gaps.push(Gap { code, members: Vec::new(), span, detail });
    }

    /// Ends with a fault: from its offset to the end of `size` bytes nothing was read.
    pub fn fault(&mut self, fault: Fault, size: u64) {
        let span = Span::between(fault.at.min(size), size);
        self.gap(fault.code, span, fault.detail);
    }

    /// Says that these bytes were read, or need no reading.
    pub fn covered(&mut self, span: Span) {
        self.covered.add(span);
    }

    /// Says that these bytes belong to the format and that no reader of it minds what they are: text, comments,
    /// chunks of any kind. What something else would take for its own is looked for there.
    pub fn free(&mut self, span: Span) {
        self.covered.add(span);
        self.free.add(span);
    }

    /// Says that these bytes need no reading, and what they are called.
    pub fn data(&mut self, span: Span, name: &Name) {
        self.covered.add(span);
        if self.place.mapped {
            self.labels.push((span, name.clone()));
        }
    }

    /// Hands over something to be read for what it is. Its span counts as covered.
    pub fn child(&mut self, child: Child) {
        if let Some(span) = child.span {
            self.covered.add(span);
        }
        self.children.push(child);
    }

    /// Leaves work for when the children have been read.
    pub fn after_children(&mut self, later: Later) {
        self.later = Some(later);
    }

    /// Whether a call or a change has been stated.
    #[must_use]
    pub const fn acted(&self) -> bool {
        self.acted
    }

    /// Number of facts so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        wide(self.facts.len())
    }

    /// Whether nothing was stated so far.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Takes out what was collected.
    #[must_use]
    pub fn finish(self) -> Collected {
        Collected {
            facts: self.facts,
            gaps: self.gaps,
            children: self.children,
            covered: self.covered,
            free: self.free,
            labels: self.labels,
            later: self.later,
        }
    }
}
