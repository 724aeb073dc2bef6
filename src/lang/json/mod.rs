//! Configuration in JSON, after Terraform's JSON syntax: the same tree as of the native syntax.
//!
//! What is a block and what an attribute is not said by JSON, so the schema of the kind decides.

mod expr;
mod reader;

use std::sync::Arc;

use crate::address::Mode;
use crate::diag::{Diagnostic, FileId, Span};
use crate::kinds;
use crate::kinds::alarm::STANDARD_ALARMS;
use crate::kinds::our_name;
use crate::lang::ast::{Attribute, Block, Body, Label};
use crate::lang::declare::provider;
use crate::schema::Attr;
use expr::Style;
use reader::{Data, Json, Text};

/// Whether a file of that name is in JSON.
pub fn is_json(name: &str) -> bool {
    name.ends_with(".json")
}

/// Reads a file of configuration.
pub fn parse(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Body {
    let mut reader = Reader { file, diagnostics };
    let mut body = empty(Span { file, start: 0, end: text.len() as u32 });
    let Some(json) = reader::read(file, text, reader.diagnostics) else { return body };
    for (name, value) in reader.objects(&json, "The file").into_iter().flatten().filter(|(name, _)| !is_comment(name)) {
        let (labels, content) = top(&name.text);
        reader.labelled(name, value, labels, &content, &mut body);
    }
    body
}

/// Reads a file of values for variables.
pub fn values(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Body {
    let mut reader = Reader { file, diagnostics };
    let mut body = empty(Span { file, start: 0, end: text.len() as u32 });
    let Some(json) = reader::read(file, text, reader.diagnostics) else { return body };
    for (name, value) in reader.objects(&json, "The file").into_iter().flatten().filter(|(name, _)| !is_comment(name)) {
        reader.attribute(name, value, Style::Literal, &mut body);
    }
    body
}

/// What stands in a body.
enum Content<'a> {
    /// Attributes, and blocks of these names.
    Plain(&'a [&'a str]),
    /// What the schema of a kind says; `top` for the resource itself.
    Of(&'a [Attr], bool),
    /// A `dynamic` block that makes blocks with this content.
    Dynamic(&'a [Attr]),
    /// Labels first: `data` in a `check`.
    Check,
    /// What is not read.
    Ignored,
    /// A resource or look-up, whose first label is still to come.
    Resource,
    Lookup(Mode),
}

/// How many labels a top-level block has, and what is in it.
fn top(kind: &str) -> (usize, Content<'static>) {
    match kind {
        "resource" => (2, Content::Resource),
        "data" => (2, Content::Lookup(Mode::Data)),
        "ephemeral" => (2, Content::Lookup(Mode::Ephemeral)),
        "variable" => (1, Content::Plain(&["validation"])),
        "output" => (1, Content::Plain(&["precondition"])),
        "provider" => (1, Content::Of(&provider::schema().attrs, false)),
        "stack" => (1, Content::Plain(&["lint"])),
        "module" | "environment" => (1, Content::Plain(&[])),
        "check" => (1, Content::Check),
        "policy" => (1, Content::Plain(&["deny", "warn"])),
        "removed" => (0, Content::Plain(&["lifecycle"])),
        "terraform" => (0, Content::Ignored),
        kind => match kinds::get(our_name(kind)) {
            Some(kind) => (1, Content::Of(&kind.schema().attrs, true)),
            None => (0, Content::Plain(&[])),
        },
    }
}

fn is_comment(name: &Text) -> bool {
    name.text == "//"
}

fn empty(span: Span) -> Body {
    Body { attributes: Vec::new(), blocks: Vec::new(), span }
}

struct Reader<'a> {
    file: FileId,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, detail: String, span: Span) {
        let help = "See \"JSON Configuration Syntax\" in the manual of Terraform.";
        self.diagnostics
            .push(Diagnostic::error("CS0124", "Not the JSON of a configuration", detail).at(span).help(help));
    }

    /// The properties of an object, or of each object of an array; nothing for null.
    fn objects<'j>(&mut self, json: &'j Json, what: &str) -> Vec<&'j Vec<(Text, Json)>> {
        match &json.data {
            Data::Object(items) => vec![items],
            Data::Null => Vec::new(),
            Data::Array(items) => items.iter().flat_map(|item| self.objects(item, what)).collect(),
            _ => {
                self.wrong(format!("{what} must be an object, or an array of objects."), json.span);
                Vec::new()
            }
        }
    }

    /// Blocks of a kind: first the labels, each level an object, then what is in them.
    fn labelled(&mut self, kind: &Text, value: &Json, labels: usize, content: &Content, body: &mut Body) {
        let mut open: Vec<(Vec<Text>, &Json)> = vec![(Vec::new(), value)];
        for _ in 0..labels {
            let mut next = Vec::new();
            for (before, value) in open {
                for (label, value) in self.objects(value, &format!("`{}`", kind.text)).into_iter().flatten() {
                    if !is_comment(label) {
                        next.push((before.iter().cloned().chain([label.clone()]).collect(), value));
                    }
                }
            }
            open = next;
        }
        for (labels, value) in open {
            let schema = match (content, labels.first()) {
                (Content::Resource, Some(kind)) => kinds::get(our_name(&kind.text)).map(|kind| kind.schema()),
                (Content::Lookup(Mode::Ephemeral), Some(kind)) => kinds::lookups::ephemeral(our_name(&kind.text)),
                (Content::Lookup(_), Some(kind)) => kinds::lookups::get(our_name(&kind.text)),
                _ => None,
            };
            let of_kind = schema.map(|schema| Content::Of(&schema.attrs, true));
            for items in self.objects(value, &format!("`{}`", kind.text)) {
                let inner = self.body(&kind.text, items, value.span, of_kind.as_ref().unwrap_or(content));
                body.blocks.push(block(kind, &labels, inner));
            }
        }
    }

    fn body(&mut self, kind: &str, items: &[(Text, Json)], span: Span, content: &Content) -> Body {
        let mut body = empty(span);
        for (name, value) in items.iter().filter(|(name, _)| !is_comment(name)) {
            let (labels, inner) = match within(content, &name.text) {
                // Of a kind that is not ours nothing is read, so it need not be told what is a block.
                _ if matches!(content, Content::Ignored | Content::Resource | Content::Lookup(_)) => continue,
                Some(found) if !matches!(value.data, Data::Text(_)) => found,
                _ => {
                    self.attribute(name, value, expr::style(kind, &name.text), &mut body);
                    continue;
                }
            };
            if matches!(inner, Content::Dynamic(_)) {
                self.dynamic(name, value, content, &mut body);
            } else {
                self.labelled(name, value, labels, &inner, &mut body);
            }
        }
        body
    }

    /// `dynamic` names the blocks that it makes, and those say what is in `content`.
    fn dynamic(&mut self, kind: &Text, value: &Json, outer: &Content, body: &mut Body) {
        for (label, value) in self.objects(value, "`dynamic`").into_iter().flatten() {
            let made = match within(outer, &label.text) {
                Some((_, Content::Of(attrs, _))) => attrs,
                _ => &[],
            };
            for items in self.objects(value, "`dynamic`") {
                let inner = self.body("dynamic", items, value.span, &Content::Dynamic(made));
                body.blocks.push(block(kind, std::slice::from_ref(label), inner));
            }
        }
    }

    fn attribute(&mut self, name: &Text, value: &Json, style: Style, body: &mut Body) {
        if let Some(first) = body.attribute(&name.text) {
            let detail = format!("`{}` is set twice.", name.text);
            let diagnostic = Diagnostic::error("CS0108", "Duplicate argument", detail).at(name.span);
            self.diagnostics.push(diagnostic.related(first.name_span, "set here first").help("Remove one of them."));
            return;
        }
        let expr = expr::read(self.file, value, style, self.diagnostics);
        body.attributes.push(Attribute { name: name.text.as_str().into(), name_span: name.span, expr });
    }
}

/// What a name in a body stands for, if it is a block: its labels and its content.
fn within<'c>(content: &Content<'c>, name: &str) -> Option<(usize, Content<'c>)> {
    match (content, name) {
        (Content::Plain(blocks), _) => {
            let inner = if name == "lifecycle" {
                Content::Plain(&["precondition", "postcondition"])
            } else {
                Content::Plain(&[])
            };
            blocks.contains(&name).then_some((0, inner))
        }
        (Content::Of(_, true), "lifecycle") => Some((0, Content::Plain(&["precondition", "postcondition"]))),
        (Content::Of(_, true), "access" | "timeouts") => Some((0, Content::Plain(&[]))),
        (Content::Of(_, true), "alarms") => Some((0, Content::Plain(&STANDARD_ALARMS))),
        (Content::Of(_, true), "provisioner") => Some((1, Content::Ignored)),
        (Content::Of(_, true), "connection") => Some((0, Content::Ignored)),
        // Today a word; an object is the block that it once was.
        (Content::Of(_, true), "cluster_mode") => Some((0, Content::Plain(&[]))),
        (Content::Of(..), "dynamic") => Some((1, Content::Dynamic(&[]))),
        (Content::Of(attrs, _), _) => {
            let block = attrs.iter().find(|attr| attr.name == name)?.block.as_ref()?;
            Some((0, Content::Of(&block.attrs, false)))
        }
        (Content::Dynamic(attrs), "content") => Some((0, Content::Of(attrs, false))),
        (Content::Check, "data") => Some((2, Content::Lookup(Mode::Data))),
        (Content::Check, "assert") => Some((0, Content::Plain(&[]))),
        _ => None,
    }
}

fn block(kind: &Text, labels: &[Text], body: Body) -> Block {
    let last = labels.last().map_or(kind.span, |label| label.span);
    let label = |label: &Text| Label { text: Arc::from(label.text.as_str()), span: label.span };
    Block {
        kind: kind.text.as_str().into(),
        kind_span: kind.span,
        labels: labels.iter().map(label).collect(),
        body,
        header_span: if last.start >= kind.span.start && labels.len() < 2 { kind.span.to(last) } else { last },
    }
}
