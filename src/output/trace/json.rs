//! A traced file as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::{
    Part,
    part::{Node, Streams, nodes},
};
use crate::{
    bytes::Name,
    facts::{self, Gap, Said},
    output::escape,
};

#[derive(Serialize)]
struct File<'a> {
    path: &'a Name,
    members: &'a [Name],
    streams: Vec<Stream<'a>>,
    imports: Vec<Import<'a>>,
    calls: Vec<Call<'a>>,
    mutations: Vec<Mutation<'a>>,
    nested: Vec<Self>,
    complete: bool,
    gaps: &'a [Gap],
}

#[derive(Serialize)]
struct Stream<'a> {
    members: &'a [Name],
    start: u64,
    end: u64,
    protocol: u64,
    ended: &'a str,
}

#[derive(Serialize)]
struct Import<'a> {
    module: &'a Name,
    name: &'a Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_module: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_name: Option<&'a Name>,
    offset: u64,
    stream: u64,
    count: u64,
    readings: &'a str,
}

#[derive(Serialize)]
struct Call<'a> {
    callee: &'a Name,
    module: &'a Name,
    name: &'a Name,
    args: Vec<Arg<'a>>,
    expression: &'a str,
    via: &'a str,
    reached: &'a str,
    offset: u64,
    stream: u64,
    count: u64,
    readings: &'a str,
}

#[derive(Serialize)]
struct Arg<'a> {
    text: &'a str,
    kind: &'a str,
    classes: &'a [&'static str],
    #[serde(skip_serializing_if = "str::is_empty")]
    keyword: &'a str,
}

#[derive(Serialize)]
struct Mutation<'a> {
    target: &'a Name,
    how: &'a str,
    key: &'a str,
    value: &'a str,
    expression: &'a str,
    offset: u64,
    stream: u64,
    count: u64,
    readings: &'a str,
}

/// Writes one file as an object on a line.
pub(super) fn line(out: &mut dyn Write, path: &Name, parts: &[Part<'_>], complete: bool) -> io::Result<()> {
    // From the innermost out: each is finished before the one that holds it.
    let nodes = nodes(parts);
    let mut done: Vec<Option<File<'_>>> = nodes.iter().map(|_| None).collect();
    for (at, node) in nodes.iter().enumerate().rev() {
        let nested = node.inside.iter().filter_map(|&at| done.get_mut(at).and_then(Option::take)).collect();
        let file = file(path, node, nested);
        if let Some(slot) = done.get_mut(at) {
            *slot = Some(file);
        }
    }
    let Some(Some(mut whole)) = done.into_iter().next() else { return Ok(()) };
    whole.complete = complete;
    escape::line(out, &whole)
}

fn file<'a>(path: &'a Name, node: &Node<'a>, nested: Vec<File<'a>>) -> File<'a> {
    let part = &node.part;
    let streams = Streams::of(part);
    let mut file = File {
        path,
        members: part.members,
        streams: Vec::new(),
        imports: Vec::new(),
        calls: Vec::new(),
        mutations: Vec::new(),
        complete: part.gaps.is_empty() && nested.iter().all(|file: &File<'_>| file.complete),
        nested,
        gaps: part.gaps,
    };
    for (start, end, stream) in &streams.0 {
        let (protocol, ended) = (stream.protocol, stream.ended);
        file.streams.push(Stream { members: part.members, start: *start, end: *end, protocol, ended });
    }
    for fact in part.facts {
        let (offset, count) = (fact.span.start, fact.count);
        match &fact.said {
            Said::Import(said) if said.how != "path" => {
                file.imports.push(import(said, offset, streams.at(offset), count));
            }
            Said::Call(said) => file.calls.push(call(said, offset, count)),
            Said::Mutation(said) => file.mutations.push(mutation(said, offset, count)),
            _ => {}
        }
    }
    file
}

fn import(said: &facts::Import, offset: u64, stream: u64, count: u64) -> Import<'_> {
    let differs = said.raw_module != said.module || said.raw_name != said.name;
    let spelled = !said.raw_module.is_empty() || !said.raw_name.is_empty();
    let raw = differs && spelled;
    Import {
        module: &said.module,
        name: &said.name,
        raw_module: raw.then_some(&said.raw_module),
        raw_name: raw.then_some(&said.raw_name),
        offset,
        stream,
        count,
        readings: said.readings,
    }
}

fn call<'a>(said: &'a facts::Call, offset: u64, count: u64) -> Call<'a> {
    let arg = |arg: &'a facts::Arg| Arg {
        text: &arg.text,
        kind: arg.kind,
        classes: &arg.classes,
        keyword: &arg.keyword,
    };
    Call {
        callee: &said.callee,
        module: &said.module,
        name: &said.name,
        args: said.args.iter().map(arg).collect(),
        expression: &said.expression,
        via: said.via,
        reached: said.reached,
        offset,
        stream: said.stream,
        count,
        readings: said.readings,
    }
}

fn mutation(said: &facts::Mutation, offset: u64, count: u64) -> Mutation<'_> {
    Mutation {
        target: &said.target,
        how: said.how,
        key: &said.key,
        value: &said.value,
        expression: &said.expression,
        offset,
        stream: said.stream,
        count,
        readings: said.readings,
    }
}
