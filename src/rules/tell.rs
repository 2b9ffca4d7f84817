//! What a finding says: its message and its evidence.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    hold::{Case, elements},
    pack::Text,
    schema::{Grade, Message, Rule},
};
use crate::{bytes::Name, facts::Value, findings::Severity};

/// Bytes of one field that a message shows.
const SHOWN: usize = 400;

/// Elements of a list that a message shows.
const LISTED: usize = 12;

/// The headline with its fields filled in, or the rule's title.
pub(crate) fn title(rule: &Rule, case: &Case<'_>) -> String {
    let headline = message(&rule.headline, case);
    if headline.is_empty() { rule.title.to_string() } else { headline }
}

/// The message with its fields filled in and escaped.
pub(crate) fn message(message: &Message, case: &Case<'_>) -> String {
    let mut text = String::new();
    for piece in &message.pieces {
        text.push_str(&piece.before);
        let start = text.len();
        case.with(&piece.field, |value| show(&mut text, value));
        if text.len() == start {
            text.push_str(&piece.otherwise);
        }
    }
    text.push_str(&message.end);
    text
}

fn show(out: &mut String, value: Value<'_>) {
    match value {
        Value::Bytes(bytes) => escape(out, bytes),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Flag(flag) => out.push_str(&flag.to_string()),
        Value::Names(_) | Value::Words(_) => {
            for (at, one) in elements(value).into_iter().enumerate() {
                match at {
                    0 => {}
                    1..LISTED => out.push_str(", "),
                    _ => return out.push_str(", …"),
                }
                escape(out, one);
            }
        }
        Value::Records(_) | Value::Absent => {}
    }
}

/// Appends bytes as they may be shown, cut to a readable length.
fn escape(out: &mut String, bytes: &[u8]) {
    match bytes.get(..SHOWN) {
        Some(head) if bytes.len() > SHOWN => {
            out.push_str(&Name::from(head).to_string());
            out.push('…');
        }
        _ => crate::bytes::escape_into(out, bytes),
    }
}

/// The fields that tell one finding from another, as JSON.
pub(crate) fn evidence(fields: &[Text], case: &Case<'_>) -> BTreeMap<String, Json> {
    let value = |name: &Text| case.fact.field(name).map_or(Json::Null, json);
    fields.iter().map(|name| (name.to_string(), value(name))).collect()
}

fn json(value: Value<'_>) -> Json {
    match value {
        Value::Bytes(bytes) => text(bytes),
        Value::Number(number) => number.into(),
        Value::Flag(flag) => flag.into(),
        Value::Names(_) | Value::Words(_) => elements(value).into_iter().map(text).collect(),
        Value::Records(records) => {
            let all = (0..records.len()).filter_map(|at| records.get(at)?.field("text").map(json));
            Json::Array(all.collect())
        }
        Value::Absent => Json::Null,
    }
}

/// Text as it is; escaped, if it is no UTF-8.
fn text(bytes: &[u8]) -> Json {
    std::str::from_utf8(bytes).map_or_else(|_| Name::from(bytes).to_string().into(), Into::into)
}

/// How bad it is; nothing if the rule says nothing of this case.
pub(crate) fn severity(grade: &Grade, case: &Case<'_>) -> Option<Severity> {
    let graded = match grade {
        Grade::Fixed(severity) => return Some(*severity),
        Grade::By(graded) => graded,
    };
    let of = |word: &[u8]| {
        if graded.map.is_empty() {
            return std::str::from_utf8(word).ok()?.parse().ok().or(graded.otherwise);
        }
        let known = graded.map.iter().find(|(known, _)| known.as_bytes() == word);
        known.map(|(_, severity)| *severity).or(graded.otherwise)
    };
    let found = case.with(&graded.field, |value| match value {
        Value::Bytes(word) => of(word),
        // A list without words is as good as one without known words.
        _ => elements(value).into_iter().filter_map(&of).max().or(graded.otherwise),
    })?;
    let found = graded.at_most.map_or(found, |most| found.min(most));
    Some(graded.at_least.map_or(found, |least| found.max(least)))
}
