//! The walk over all messages of a model, with an explicit stack.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{
    compute,
    external::References,
    operators::{Operators, standard},
    schema::{Holds, Is, MODEL, Message},
    tensor,
};
use crate::{
    bytes::{Span, index, wide},
    facts::{Anomaly, Fault, GapCode},
    formats::{Emit, looks},
    wire::protobuf::{Field, Fields, Value},
};

/// Messages within messages; protobuf's C++ and `upb` readers stop here.
const DEPTH: usize = 100;
/// Bytes of the name of a graph that are shown.
const NAME: usize = 64;
/// Unknown fields of more bytes than this, together, are stated.
const UNKNOWN: u64 = 1024;
/// Texts that are longer may hold something else.
const TEXT: u64 = 32;
/// Units of work that a message costs of which something is kept.
const WORK: u64 = 64;

/// What is kept of a message while it is open.
enum Kept<'a> {
    Nothing,
    Graph { name: Option<&'a [u8]>, initializers: Vec<(u64, Span)> },
    Node(Node<'a>),
    Attribute { name: &'a [u8], text: &'a [u8], number: u64 },
    Tensor(Box<tensor::Data<'a>>),
    Function { name: &'a [u8], domain: &'a [u8] },
    Entry { key: &'a [u8], value: &'a [u8] },
}

#[derive(Default)]
struct Node<'a> {
    name: &'a [u8],
    kind: &'a [u8],
    domain: &'a [u8],
    /// The attributes `ep_cache_context` and `embed_mode`.
    context: Option<(&'a [u8], Span)>,
    embedded: Option<u64>,
}

struct Frame<'a> {
    message: &'static Message,
    /// Number of the field that holds it.
    number: u32,
    fields: Fields<'a>,
    bytes: &'a [u8],
    span: Span,
    /// A bit for each field that may occur once and did.
    seen: u64,
    kept: Kept<'a>,
}

/// Fields that the schema does not know.
#[derive(Default)]
struct Unknown {
    count: u64,
    bytes: u64,
    first: Option<(Span, String)>,
    of_model: Option<u64>,
}

pub(super) struct Walk<'a, 'o, 'e> {
    input: &'a [u8],
    out: &'o mut Emit<'e>,
    stack: Vec<Frame<'a>>,
    operators: Operators<'a>,
    references: References,
    unknown: Unknown,
}

impl<'a, 'o, 'e> Walk<'a, 'o, 'e> {
    pub(super) fn new(input: &'a [u8], out: &'o mut Emit<'e>) -> Self {
        let (operators, references) = (Operators::default(), References::default());
        Self { input, out, stack: Vec::new(), operators, references, unknown: Unknown::default() }
    }

    /// Walks over the whole model. What was seen before a fault is stated too. Gives the offset of the first field
    /// of the model itself that the schema does not know.
    pub(super) fn model(mut self) -> (Option<u64>, Result<(), Fault>) {
        self.enter(&MODEL, 0, self.input, Span::new(0, wide(self.input.len())));
        let mut result = Ok(());
        while let (Some(frame), true) = (self.stack.last_mut(), result.is_ok()) {
            result = match frame.fields.field() {
                Ok(Some(field)) => self.field(&field),
                Ok(None) => self.look().map(|()| self.leave(true)),
                Err(wrong) => Err(wrong.into()),
            };
        }
        while !self.stack.is_empty() {
            self.leave(false);
        }
        self.operators.state(self.out);
        self.references.state(self.out);
        if let (Some((span, first)), true) = (self.unknown.first, self.unknown.bytes > UNKNOWN) {
            let detail = format!(
                "{} unknown fields hold {} bytes; the first is {first}",
                self.unknown.count, self.unknown.bytes
            );
            self.out.fact(span, Anomaly { what: "unknown-fields", detail, acted: false });
        }
        (self.unknown.of_model, result)
    }

    fn enter(&mut self, message: &'static Message, number: u32, bytes: &'a [u8], span: Span) {
        let kept = match message.is {
            Is::Graph => Kept::Graph { name: None, initializers: Vec::new() },
            Is::Node => Kept::Node(Node::default()),
            Is::Attribute => Kept::Attribute { name: &[], text: &[], number: 0 },
            Is::Tensor => Kept::Tensor(Box::new(tensor::Data::new())),
            Is::Function => Kept::Function { name: &[], domain: &[] },
            Is::Entry | Is::Opset => Kept::Entry { key: &[], value: &[] },
            Is::Model | Is::Other => Kept::Nothing,
        };
        let fields = Fields::new(bytes, span.start);
        self.stack.push(Frame { message, number, fields, bytes, span, seen: 0, kept });
    }

    fn spend(&self, n: u64, at: Span) -> Result<(), Fault> {
        self.out.spend(n).map_err(|spent| Fault { at: at.start, ..spent.into() })
    }

    fn field(&mut self, field: &Field<'a>) -> Result<(), Fault> {
        self.spend(1, field.span)?;
        let depth = self.stack.len();
        let Some(frame) = self.stack.last_mut() else { return Ok(()) };
        let Some(rule) = frame.message.rule(field.number, field.value) else { return self.strange(field) };
        let bit = 1_u64.checked_shl(field.number).unwrap_or_default();
        if !rule.repeated && frame.seen & bit != 0 {
            let detail = format!("field {} of {} occurs more than once", field.number, frame.message.name);
            self.out.fact(field.span, Anomaly { what: "repeated-field", detail, acted: false });
        }
        frame.seen |= bit;
        keep(frame, field);
        describe(frame, field, self.out);
        if matches!(rule.holds, Holds::Text) && frame.message.is != Is::Tensor && field.content.len > TEXT {
            self.out.free(field.content);
        }
        if let (Holds::Message(message), Value::Len(bytes)) = (rule.holds, field.value) {
            if depth > DEPTH {
                return Err(Fault::malformed(field.span.start, "messages are nested more than 100 deep"));
            }
            let kept = matches!(message.is, Is::Tensor | Is::Function | Is::Opset);
            self.spend(if kept { WORK } else { 2 }, field.span)?;
            self.enter(message, field.number, bytes, field.content);
        }
        Ok(())
    }

    /// A field that the schema does not know, or not so.
    fn strange(&mut self, field: &Field<'a>) -> Result<(), Fault> {
        let outermost = self.stack.len() == 1;
        let Some(frame) = self.stack.last_mut() else { return Ok(()) };
        if outermost {
            self.unknown.of_model.get_or_insert(field.span.start);
        }
        let span = match field.value {
            Value::GroupStart => frame.fields.skip_group(field)?,
            Value::GroupEnd => {
                return Err(Fault::malformed(field.span.start, "a group ends that was not begun"));
            }
            _ => field.span,
        };
        let name = frame.message.name;
        self.out.free(span);
        self.unknown.count = self.unknown.count.saturating_add(1);
        self.unknown.bytes = self.unknown.bytes.saturating_add(span.len);
        self.unknown.first.get_or_insert_with(|| (span, format!("field {} of {name}", field.number)));
        Ok(())
    }

    /// Looks at what a graph computes, once it has ended.
    fn look(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.stack.last().filter(|frame| frame.message.is == Is::Graph) else {
            return Ok(());
        };
        let at = frame.span.start;
        compute::look(frame.bytes, at, self.out).map_err(|spent| Fault { at, ..spent.into() })
    }

    /// The innermost message has ended, or is given up.
    fn leave(&mut self, whole: bool) {
        let Some(frame) = self.stack.pop() else { return };
        let span = frame.span;
        match frame.kept {
            Kept::Node(node) => self.node(&node, span),
            Kept::Tensor(tensor) => self.tensor(*tensor, frame.number, span, whole),
            Kept::Function { name, domain } => self.operators.function(domain, name),
            Kept::Graph { initializers, .. } => self.duplicates(initializers),
            Kept::Entry { key, .. } if frame.message.is == Is::Opset => self.operators.declare(key),
            Kept::Entry { key, value } => self.entry(frame.number, key, value, span),
            Kept::Attribute { name, text, number } => self.attribute(name, text, number, span),
            Kept::Nothing if whole && frame.message.is == Is::Model => self.complete(frame.seen, span),
            Kept::Nothing => {}
        }
    }

    /// A model without a graph or a version of its operations loads nowhere; cut at the end of a field, a
    /// model is still a message.
    fn complete(&mut self, seen: u64, span: Span) {
        for (number, what) in [(7, "graph"), (8, "opset_import")] {
            if seen & 1_u64 << number == 0 {
                let detail = format!("the model has no {what}: it may be cut short");
                self.out.gap(GapCode::Truncated, Span::new(span.end(), 0), detail);
            }
        }
    }

    fn node(&mut self, node: &Node<'a>, span: Span) {
        if let (b"EPContext", Some((path, at)), Some(0)) = (node.kind, node.context, node.embedded) {
            self.references.context(path, at, self.out.budget().limits().facts);
        }
        let most = self.out.budget().limits().facts;
        if standard(node.domain) || self.operators.again(node.domain, node.kind, most) {
            return;
        }
        let place = self.place();
        self.operators.first((node.domain, node.kind), span, node.name, &place);
    }

    /// Names of the open graphs and functions, outermost first.
    fn place(&mut self) -> Vec<u8> {
        let mut names: Vec<&[u8]> = Vec::new();
        for frame in &mut self.stack {
            match &mut frame.kept {
                Kept::Graph { name, .. } => names.push(name.get_or_insert_with(|| text_of(frame.bytes, 2))),
                Kept::Function { name: b"", .. } => names.push(b"function"),
                Kept::Function { name, .. } => names.push(name),
                _ => {}
            }
        }
        let short: Vec<_> = names.into_iter().map(|name| name.get(..NAME).unwrap_or(name)).collect();
        short.join(&b'/')
    }

    fn tensor(&mut self, tensor: tensor::Data<'a>, number: u32, span: Span, whole: bool) {
        let oddities = if whole { tensor.oddities() } else { Vec::new() };
        if !oddities.is_empty() {
            self.out.fact(span, tensor.fact(oddities));
        }
        if let Some(Frame { kept: Kept::Graph { initializers, .. }, .. }) = self.stack.last_mut()
            && number == 5
            && !tensor.name.is_empty()
        {
            let mut hasher = DefaultHasher::new();
            tensor.name.hash(&mut hasher);
            initializers.push((hasher.finish(), span));
        }
        if tensor.external.is_some() {
            let bytes = tensor.bytes();
            self.references.tensor(tensor.external, bytes, self.out.budget().limits().facts);
        }
    }

    /// States the initializers of one graph that share a name.
    fn duplicates(&mut self, mut initializers: Vec<(u64, Span)>) {
        initializers.sort_unstable();
        for two in initializers.windows(2) {
            let [(one, _), (other, span)] = two else { continue };
            if one == other {
                let bytes = self.input.get(index(span.start)..index(span.end())).unwrap_or_default();
                let mut data = tensor::Data::new();
                let mut fields = Fields::new(bytes, span.start);
                while let Ok(Some(field)) = fields.field() {
                    data.field(&field);
                }
                self.out.fact(*span, data.fact(vec!["duplicate-name"]));
            }
        }
    }

    /// An entry has ended; what it means depends on the message that holds it.
    fn entry(&mut self, number: u32, key: &'a [u8], value: &'a [u8], span: Span) {
        let Some(frame) = self.stack.last_mut() else { return };
        match (frame.message.is, number, &mut frame.kept) {
            (Is::Tensor, 13, Kept::Tensor(tensor)) => tensor.external.entry(span, key, value),
            (Is::Model | Is::Function, 14, _) | (Is::Graph, 16, _) => {
                looks::metadata(self.out, span, key, value)
            }
            _ => {}
        }
    }

    fn attribute(&mut self, name: &[u8], text: &'a [u8], number: u64, span: Span) {
        let Some(Frame { kept: Kept::Node(node), .. }) = self.stack.last_mut() else { return };
        match name {
            b"ep_cache_context" => node.context = Some((text, span)),
            b"embed_mode" => node.embedded = Some(number),
            _ => {}
        }
    }
}

/// Keeps what a field says of the message that holds it.
fn keep<'a>(frame: &mut Frame<'a>, field: &Field<'a>) {
    match (&mut frame.kept, field.number, field.value) {
        (Kept::Tensor(tensor), ..) => tensor.field(field),
        (Kept::Node(node), 3, Value::Len(name)) => node.name = name,
        (Kept::Node(node), 4, Value::Len(kind)) => node.kind = kind,
        (Kept::Node(node), 7, Value::Len(domain)) => node.domain = domain,
        (Kept::Attribute { name, .. }, 1, Value::Len(text)) => *name = text,
        (Kept::Attribute { number, .. }, 3, Value::Varint(n)) => *number = n,
        (Kept::Attribute { text, .. }, 4, Value::Len(bytes)) => *text = bytes,
        (Kept::Function { name, .. }, 1, Value::Len(text)) => *name = text,
        (Kept::Function { domain, .. }, 10, Value::Len(text)) => *domain = text,
        (Kept::Entry { key, .. }, 1, Value::Len(text)) => *key = text,
        (Kept::Entry { value, .. }, 2, Value::Len(text)) => *value = text,
        _ => {}
    }
}

/// States a doc string that looks like anything but prose.
fn describe(frame: &Frame<'_>, field: &Field<'_>, out: &mut Emit<'_>) {
    let number = match frame.message.is {
        Is::Model => 6,
        Is::Graph => 10,
        Is::Function => 8,
        _ => return,
    };
    if let (true, Value::Len(text)) = (field.number == number, field.value) {
        looks::metadata(out, field.content, b"doc_string", text);
    }
}

/// The text that a message holds in one of its fields; empty if it holds none.
fn text_of(message: &[u8], number: u32) -> &[u8] {
    let mut fields = Fields::new(message, 0);
    let mut found: &[u8] = &[];
    while let Ok(Some(field)) = fields.field() {
        if let (true, Value::Len(text)) = (field.number == number, field.value) {
            found = text;
        }
    }
    found
}
