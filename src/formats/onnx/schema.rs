//! The messages of `onnx.proto` (IR version 14), as a table: field numbers and what they hold.

use crate::wire::protobuf::Value;

/// Messages that the walk looks into; in all others only the structure matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Function,
    Entry,
    Opset,
    Other,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    /// A varint.
    Number,
    /// Four bytes.
    Four,
    /// Eight bytes.
    Eight,
    /// Text or bytes.
    Text,
    /// Another message.
    Message(&'static Message),
}

/// One field of a message.
pub(super) struct Rule {
    pub(super) number: u32,
    pub(super) holds: Holds,
    pub(super) repeated: bool,
}

/// One message.
pub(super) struct Message {
    pub(super) is: Is,
    pub(super) name: &'static str,
    pub(super) fields: &'static [Rule],
}

impl Message {
    /// The rule for a field, if it is known and its value is encoded as the rule says. Readers take a
    /// known number with another encoding for an unknown field.
    pub(super) fn rule(&self, number: u32, value: Value<'_>) -> Option<&Rule> {
        self.fields.iter().find(|rule| rule.number == number).filter(|rule| rule.takes(value))
    }
}

impl Rule {
    const fn takes(&self, value: Value<'_>) -> bool {
        match (self.holds, value) {
            (Holds::Number, Value::Varint(_))
            | (Holds::Four, Value::Fixed32(_))
            | (Holds::Eight, Value::Fixed64(_))
            | (Holds::Text | Holds::Message(_), Value::Len(_)) => true,
            (Holds::Number | Holds::Four | Holds::Eight, Value::Len(_)) => self.repeated,
            _ => false,
        }
    }
}

const fn one(number: u32, holds: Holds) -> Rule {
    Rule { number, holds, repeated: false }
}

const fn many(number: u32, holds: Holds) -> Rule {
    Rule { number, holds, repeated: true }
}

const fn message(is: Is, name: &'static str, fields: &'static [Rule]) -> Message {
    Message { is, name, fields }
}

use Holds::{Eight, Four, Message as Sub, Number, Text};

pub(super) static MODEL: Message = message(
    Is::Model,
    "ModelProto",
    &[
        one(1, Number),
        one(2, Text),
        one(3, Text),
        one(4, Text),
        one(5, Number),
        one(6, Text),
        one(7, Sub(&GRAPH)),
        many(8, Sub(&OPSET)),
        many(14, Sub(&ENTRY)),
        many(20, Sub(&TRAINING)),
        many(25, Sub(&FUNCTION)),
        many(26, Sub(&CONFIGURATION)),
    ],
);

pub(super) static GRAPH: Message = message(
    Is::Graph,
    "GraphProto",
    &[
        many(1, Sub(&NODE)),
        one(2, Text),
        many(5, Sub(&TENSOR)),
        one(10, Text),
        many(11, Sub(&VALUE)),
        many(12, Sub(&VALUE)),
        many(13, Sub(&VALUE)),
        many(14, Sub(&ANNOTATION)),
        many(15, Sub(&SPARSE)),
        many(16, Sub(&ENTRY)),
    ],
);

pub(super) static NODE: Message = message(
    Is::Node,
    "NodeProto",
    &[
        many(1, Text),
        many(2, Text),
        one(3, Text),
        one(4, Text),
        many(5, Sub(&ATTRIBUTE)),
        one(6, Text),
        one(7, Text),
        one(8, Text),
        many(9, Sub(&ENTRY)),
        many(10, Sub(&NODE_DEVICE)),
    ],
);

static ATTRIBUTE: Message = message(
    Is::Attribute,
    "AttributeProto",
    &[
        one(1, Text),
        one(2, Four),
        one(3, Number),
        one(4, Text),
        one(5, Sub(&TENSOR)),
        one(6, Sub(&GRAPH)),
        many(7, Four),
        many(8, Number),
        many(9, Text),
        many(10, Sub(&TENSOR)),
        many(11, Sub(&GRAPH)),
        one(13, Text),
        one(14, Sub(&TYPE)),
        many(15, Sub(&TYPE)),
        one(20, Number),
        one(21, Text),
        one(22, Sub(&SPARSE)),
        many(23, Sub(&SPARSE)),
    ],
);

pub(super) static TENSOR: Message = message(
    Is::Tensor,
    "TensorProto",
    &[
        many(1, Number),
        one(2, Number),
        one(3, Sub(&SEGMENT)),
        many(4, Four),
        many(5, Number),
        many(6, Text),
        many(7, Number),
        one(8, Text),
        one(9, Text),
        many(10, Eight),
        many(11, Number),
        one(12, Text),
        many(13, Sub(&ENTRY)),
        one(14, Number),
        many(16, Sub(&ENTRY)),
    ],
);

static FUNCTION: Message = message(
    Is::Function,
    "FunctionProto",
    &[
        one(1, Text),
        many(4, Text),
        many(5, Text),
        many(6, Text),
        many(7, Sub(&NODE)),
        one(8, Text),
        many(9, Sub(&OPSET)),
        one(10, Text),
        many(11, Sub(&ATTRIBUTE)),
        many(12, Sub(&VALUE)),
        one(13, Text),
        many(14, Sub(&ENTRY)),
    ],
);

pub(super) static OPSET: Message = message(Is::Opset, "OperatorSetIdProto", &[one(1, Text), one(2, Number)]);

static ENTRY: Message = message(Is::Entry, "StringStringEntryProto", &[one(1, Text), one(2, Text)]);

static SPARSE: Message =
    message(Is::Other, "SparseTensorProto", &[one(1, Sub(&TENSOR)), one(2, Sub(&TENSOR)), many(3, Number)]);

static SEGMENT: Message = message(Is::Other, "TensorProto.Segment", &[one(1, Number), one(2, Number)]);

static TRAINING: Message = message(
    Is::Other,
    "TrainingInfoProto",
    &[one(1, Sub(&GRAPH)), one(2, Sub(&GRAPH)), many(3, Sub(&ENTRY)), many(4, Sub(&ENTRY))],
);

static CONFIGURATION: Message =
    message(Is::Other, "DeviceConfigurationProto", &[one(1, Text), one(2, Number), many(3, Text)]);

static ANNOTATION: Message = message(Is::Other, "TensorAnnotation", &[one(1, Text), many(2, Sub(&ENTRY))]);

static NODE_DEVICE: Message = message(
    Is::Other,
    "NodeDeviceConfigurationProto",
    &[one(1, Text), many(2, Sub(&SHARDING)), one(3, Number)],
);

static SHARDING: Message = message(
    Is::Other,
    "ShardingSpecProto",
    &[one(1, Text), many(2, Number), many(3, Sub(&INT_LIST)), many(4, Sub(&SHARDED))],
);

static INT_LIST: Message = message(Is::Other, "IntIntListEntryProto", &[one(1, Number), many(2, Number)]);

static SHARDED: Message =
    message(Is::Other, "ShardedDimProto", &[one(1, Number), many(2, Sub(&SHARDED_SIMPLE))]);

static SHARDED_SIMPLE: Message =
    message(Is::Other, "SimpleShardedDimProto", &[one(1, Number), one(2, Text), one(3, Number)]);

pub(super) static VALUE: Message = message(
    Is::Other,
    "ValueInfoProto",
    &[one(1, Text), one(2, Sub(&TYPE)), one(3, Text), many(4, Sub(&ENTRY))],
);

static TYPE: Message = message(
    Is::Other,
    "TypeProto",
    &[
        one(1, Sub(&TYPE_TENSOR)),
        one(4, Sub(&TYPE_OF)),
        one(5, Sub(&TYPE_MAP)),
        one(6, Text),
        one(7, Sub(&OPAQUE)),
        one(8, Sub(&TYPE_TENSOR)),
        one(9, Sub(&TYPE_OF)),
    ],
);

static TYPE_TENSOR: Message = message(Is::Other, "TypeProto.Tensor", &[one(1, Number), one(2, Sub(&SHAPE))]);

static TYPE_OF: Message = message(Is::Other, "TypeProto.Sequence", &[one(1, Sub(&TYPE))]);

static TYPE_MAP: Message = message(Is::Other, "TypeProto.Map", &[one(1, Number), one(2, Sub(&TYPE))]);

static OPAQUE: Message = message(Is::Other, "TypeProto.Opaque", &[one(1, Text), one(2, Text)]);

static SHAPE: Message = message(Is::Other, "TensorShapeProto", &[many(1, Sub(&DIMENSION))]);

static DIMENSION: Message =
    message(Is::Other, "TensorShapeProto.Dimension", &[one(1, Number), one(2, Text), one(3, Text)]);
