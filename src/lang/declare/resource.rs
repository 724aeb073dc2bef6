//! Resources and `data` blocks: names judged against the schema, old spellings brought to today's, meta-arguments apart.

use std::sync::Arc;

use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::kinds::our_name;
use crate::kinds::{self, KINDS};
use crate::lang::ast::{Attribute, Block, Expr, Node};
use crate::lang::declare::settings::repeated;
use crate::lang::declare::{Module, Resource, access, alarms, block, foreign};
use crate::schema::{self, Attr, Schema};

/// A nested block, or a `dynamic` block that makes nested blocks.
#[derive(Debug)]
pub struct Nested {
    /// The name of the attribute that it fills.
    pub name: Arc<str>,
    /// The place of its header.
    pub span: Span,
    /// How often.
    pub source: NestedSource,
    /// The attributes of each.
    pub attributes: Vec<Attribute>,
    /// Blocks within.
    pub nested: Vec<Nested>,
}

/// How often a nested block is there.
#[derive(Debug)]
pub enum NestedSource {
    /// Once.
    Once,
    /// Once for each element.
    Dynamic {
        /// The collection.
        for_each: Expr,
        /// What an element is called.
        iterator: Arc<str>,
    },
}

impl Nested {
    /// Adds every expression in it.
    pub fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        if let NestedSource::Dynamic { for_each, .. } = &self.source {
            all.push(for_each);
        }
        all.extend(self.attributes.iter().map(|attribute| &attribute.expr));
        self.nested.iter().for_each(|nested| nested.expressions(all));
    }
}

/// `resource "type" "name"`, and `data` and `ephemeral` likewise.
pub fn declare_labelled(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["type", "name"], diagnostics) else { return };
    let mode = Mode::of_word(&block.kind).unwrap_or(Mode::Managed);
    let (written, name) = (labels[0].clone(), labels[1].clone());
    let kind = our_name(&written);
    let schema = match mode {
        Mode::Data => kinds::lookups::get(kind),
        Mode::Ephemeral => kinds::lookups::ephemeral(kind),
        Mode::Managed => kinds::get(kind).map(|kind| kind.schema()),
    };
    match schema {
        Some(schema) => declare(block, schema, mode, name, 1, module, diagnostics),
        None => match near(&written, mode) {
            Some(near) => {
                let detail = format!("cachestack has no kind `{written}`.");
                let diagnostic = Diagnostic::error("CS0320", "Unknown kind", detail).at(block.labels[0].span);
                let meant = format!("{}{}.{name}", mode.prefix(), our_name(near));
                diagnostics.push(diagnostic.help(format!("Did you mean `{near}`?")).about(meant));
            }
            None => foreign::declare(block, &written, &name, module, diagnostics),
        },
    }
}

/// The type of ours of which this resource type is surely a misspelling: no other differs by a letter or two.
fn near(written: &str, mode: Mode) -> Option<&'static str> {
    if mode != Mode::Managed {
        // Types of Terraform have neighbours of their own: aws_vpc and aws_vpcs.
        let mut ours = kinds::lookups::names().filter(|name| !name.starts_with("aws_") && !written.contains('_'));
        return ours.find(|known| strsim::damerau_levenshtein(written, known) == 1);
    }
    // Another provider has such names.
    if written.starts_with("awscc_") {
        return None;
    }
    let of_caches = written.strip_prefix("aws_elasticache_").filter(|own| *own != "security_group");
    KINDS
        .iter()
        .flat_map(|kind| [kind.schema().terraform, kind.schema().kind])
        .find(|known| (1..=2).contains(&strsim::damerau_levenshtein(written, known)))
        .or_else(|| Some(kinds::get(of_caches?)?.schema().terraform))
}

/// `replication_group "name"`.
pub fn declare_own(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(kind) = kinds::get(our_name(&block.kind)) else { return };
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    declare(block, kind.schema(), Mode::Managed, labels[0].clone(), 0, module, diagnostics);
}

fn declare(
    block: &Block,
    schema: &'static Schema,
    mode: Mode,
    name: Arc<str>,
    label: usize,
    module: &mut Module,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !block::check_identifier(&name, block.labels[label].span, diagnostics) {
        return;
    }
    let address = Address { mode, ..Address::managed(schema.kind, name) };
    if let Some(first) = module.places.get(&address) {
        diagnostics.push(repeated(schema.kind, &address.name, block.header_span, *first));
        return;
    }
    module.places.insert(address.clone(), block.header_span);
    let taken = access::take(block, &address.name, schema, module, diagnostics);
    let block = taken.as_ref().unwrap_or(block);
    let watched = alarms::take(block, &address.name, schema, module, diagnostics);
    let block = watched.as_ref().unwrap_or(block);
    let before = diagnostics.len();
    let mut reader = Reader { schema, mode, diagnostics };
    let (meta, rest) = reader.meta(block);
    let (attributes, mut nested) = reader.body(&schema.attrs, &rest, schema.kind);
    nested.retain(|nested| reader.unfolded(&nested.name).is_none());
    let attributes = reader.legacy(block, attributes);
    reader.missing(block, &attributes, &nested);
    let misnamed = diagnostics[before..].iter().any(|one| one.code == "CS0314");
    let span = block.header_span;
    let as_terraform = label == 1 && &*block.labels[0].text == schema.terraform;
    module.resources.push(Resource {
        address,
        span,
        schema,
        attributes,
        nested,
        meta,
        misnamed,
        as_terraform,
        scope: None,
    });
}

pub(super) const META_ATTRIBUTES: [&str; 7] =
    ["count", "for_each", "depends_on", "provider", "protect", "target", "per"];

/// What of a block is not meta-argument.
pub(super) struct Rest<'a> {
    pub(super) attributes: Vec<&'a Attribute>,
    pub(super) blocks: Vec<&'a Block>,
}

pub(super) struct Reader<'d> {
    pub(super) schema: &'static Schema,
    pub(super) mode: Mode,
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Judges the names of a body against a schema.
    pub(super) fn body(&mut self, attrs: &[Attr], rest: &Rest, title: &str) -> (Vec<Attribute>, Vec<Nested>) {
        let mut attributes = Vec::new();
        for attribute in &rest.attributes {
            match attrs.iter().find(|attr| attr.name == &*attribute.name) {
                Some(attr) => {
                    self.check_attribute(attr, attribute);
                    attributes.push((*attribute).clone());
                }
                None if self.renamed(&attribute.name).is_some() => attributes.push((*attribute).clone()),
                None if self.named(attrs, &attribute.name) => attributes.push((*attribute).clone()),
                // A block of every cache that is in no schema.
                None if self.schema.opens.is_some() && &*attribute.name == "access" => {
                    self.diagnostics.push(block::not_an_attribute(attribute, title));
                }
                None => {
                    let known = settable(attrs).chain(self.meta_attributes());
                    let (name, span) = (&attribute.name, attribute.name_span);
                    self.diagnostics.push(block::unknown("attribute", name, span, title, known));
                    attributes.extend(meant(attrs, attribute, rest));
                }
            }
        }
        let nested = rest.blocks.iter().filter_map(|nested| self.nested(attrs, nested, title)).collect();
        (attributes, nested)
    }

    fn check_attribute(&mut self, attr: &Attr, attribute: &Attribute) {
        if !attr.settable() {
            self.diagnostics.push(
                Diagnostic::error("CS0324", "AWS decides this", format!("`{}` can be read, and not set.", attr.name))
                    .at(attribute.name_span)
                    .help("Remove it."),
            );
        }
    }

    fn nested(&mut self, attrs: &[Attr], nested: &Block, title: &str) -> Option<Nested> {
        if &*nested.kind == "dynamic" {
            return self.dynamic(attrs, nested, title);
        }
        let name = nested.kind.clone();
        if self.unfolded(&name).is_some() {
            let rest = Rest { attributes: nested.body.attributes.iter().collect(), blocks: Vec::new() };
            return Some(self.fill(name, nested, NestedSource::Once, rest.attributes, Vec::new()));
        }
        let attr = self.block_attr(attrs, &name, nested.kind_span, title)?;
        block::labels(nested, &[], self.diagnostics);
        Some(self.content(attr, name, nested, nested, NestedSource::Once))
    }

    fn dynamic(&mut self, attrs: &[Attr], nested: &Block, title: &str) -> Option<Nested> {
        let labels = block::labels(nested, &["block"], self.diagnostics)?;
        block::check_names(nested, &["for_each", "iterator", "labels"], &["content"], self.diagnostics);
        let name = labels[0].clone();
        let attr = match self.unfolded(&name) {
            Some(_) => None,
            None => Some(self.block_attr(attrs, &name, nested.labels[0].span, title)?),
        };
        let iterator = match nested.body.attribute("iterator") {
            Some(attribute) => root_name(&attribute.expr)?,
            None => name.clone(),
        };
        let Some(for_each) = nested.body.attribute("for_each") else {
            self.diagnostics.push(block::missing("for_each", "dynamic", nested.header_span));
            return None;
        };
        let Some(content) = nested.body.blocks_of("content").next() else {
            self.diagnostics.push(
                Diagnostic::error("CS0326", "Missing block", "A `dynamic` block needs a `content` block.")
                    .at(nested.header_span)
                    .help("Add `content { ... }` with the attributes of each block."),
            );
            return None;
        };
        let source = NestedSource::Dynamic { for_each: for_each.expr.clone(), iterator };
        match attr {
            Some(attr) => Some(self.content(attr, name, content, nested, source)),
            None => Some(self.fill(name, nested, source, content.body.attributes.iter().collect(), Vec::new())),
        }
    }

    fn content(
        &mut self,
        attr: &Attr,
        name: Arc<str>,
        content: &Block,
        header: &Block,
        source: NestedSource,
    ) -> Nested {
        let empty = Vec::new();
        let attrs = attr.block.as_ref().map_or(&empty, |block| &block.attrs);
        let rest =
            Rest { attributes: content.body.attributes.iter().collect(), blocks: content.body.blocks.iter().collect() };
        let (attributes, nested) = self.body(attrs, &rest, &name);
        for attr in attrs.iter().filter(|attr| attr.mode == schema::Mode::Required) {
            if !attributes.iter().any(|attribute| &*attribute.name == attr.name) {
                self.diagnostics.push(block::missing(attr.name, &name, header.header_span));
            }
        }
        self.fill(name, header, source, attributes.iter().collect(), nested)
    }

    fn fill(
        &self,
        name: Arc<str>,
        header: &Block,
        source: NestedSource,
        attributes: Vec<&Attribute>,
        nested: Vec<Nested>,
    ) -> Nested {
        Nested { name, span: header.header_span, source, attributes: attributes.into_iter().cloned().collect(), nested }
    }

    fn block_attr<'s>(&mut self, attrs: &'s [Attr], name: &str, span: Span, title: &str) -> Option<&'s Attr> {
        match attrs.iter().find(|attr| attr.name == name) {
            Some(attr) if attr.block.is_some() => Some(attr),
            Some(_) => {
                self.diagnostics.push(
                    Diagnostic::error("CS0327", "An attribute, not a block", format!("`{name}` is an attribute."))
                        .at(span)
                        .help(format!("Write `{name} = ...`.")),
                );
                None
            }
            None => {
                let blocks = attrs.iter().filter(|attr| attr.block.is_some()).map(|attr| attr.name);
                let known: Vec<&str> = blocks.chain(self.meta_blocks().iter().copied()).collect();
                self.diagnostics.push(block::unknown("block", name, span, title, known.into_iter()));
                None
            }
        }
    }

    /// Whether it is the argument that takes a block in the place of a name ([`super::by_block`]).
    fn named(&self, attrs: &[Attr], name: &str) -> bool {
        self.mode == Mode::Managed && attrs.iter().any(|attr| attr.by_block == Some(name))
    }

    /// The name of today of an attribute that is written in its old spelling.
    fn renamed(&self, name: &str) -> Option<&'static str> {
        let mut attrs = self.schema.attrs.iter().filter(|_| self.mode == Mode::Managed);
        attrs.find(|attr| attr.formerly.contains(&name)).map(|attr| attr.name)
    }

    /// The attributes of an old block that stand beside it today.
    fn unfolded(&self, block: &str) -> Option<&'static [&'static str]> {
        self.schema.unfolded.filter(|(name, _)| *name == block).map(|(_, attributes)| attributes)
    }

    /// Brings old spellings to today's, with a warning each.
    fn legacy(&mut self, block: &Block, attributes: Vec<Attribute>) -> Vec<Attribute> {
        let mut renamed: Vec<Attribute> = Vec::new();
        for mut attribute in attributes {
            if let Some(attr) = self.schema.attrs.iter().find(|attr| attr.by_block == Some(&*attribute.name)) {
                attribute.name = Arc::from(attr.name);
            }
            if let Some(new) = self.renamed(&attribute.name) {
                self.old_spelling(&attribute.name, &format!("Write `{new}`."), attribute.name_span);
                attribute.name = Arc::from(new);
            }
            renamed.push(attribute);
        }
        for nested in block.body.blocks.iter() {
            let Some(attributes) = self.unfolded(&nested.kind) else { continue };
            let old = format!("{} {{}}", nested.kind);
            self.old_spelling(&old, "Write its attributes beside the block.", nested.kind_span);
            block::check_names(nested, attributes, &[], self.diagnostics);
            renamed.extend(nested.body.attributes.iter().cloned());
        }
        self.report_repeats(&renamed);
        renamed
    }

    pub(super) fn report_repeats(&mut self, attributes: &[Attribute]) {
        for (index, attribute) in attributes.iter().enumerate() {
            if let Some(first) = attributes[..index].iter().find(|first| first.name == attribute.name) {
                self.diagnostics.push(repeated("attribute", &attribute.name, attribute.name_span, first.name_span));
            }
        }
    }

    fn old_spelling(&mut self, old: &str, advice: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::warning("CS0328", "An old spelling", format!("`{old}` is understood, and no longer the name."))
                .at(span)
                .help(advice),
        );
    }

    fn missing(&mut self, block: &Block, attributes: &[Attribute], nested: &[Nested]) {
        for attr in self.schema.attrs.iter().filter(|attr| attr.mode == schema::Mode::Required) {
            let there = attributes.iter().any(|attribute| &*attribute.name == attr.name)
                || nested.iter().any(|nested| &*nested.name == attr.name);
            if !there {
                self.diagnostics.push(block::missing(attr.name, self.schema.kind, block.header_span));
            }
        }
    }
}

/// A misspelt attribute under the name that it is surely meant to have: what is judged by it is judged so, instead of
/// as if it were not there.
fn meant(attrs: &[Attr], attribute: &Attribute, rest: &Rest) -> Option<Attribute> {
    let near = did_you_mean(&attribute.name, settable(attrs))?;
    let is_written = rest.attributes.iter().any(|other| &*other.name == near);
    (!is_written).then(|| Attribute { name: Arc::from(near), ..attribute.clone() })
}

/// The names that a user may write.
fn settable(attrs: &[Attr]) -> impl Iterator<Item = &'static str> {
    attrs.iter().filter(|attr| attr.settable() && attr.deprecated.is_none()).map(|attr| attr.name)
}

/// `tags` of `tags`, `tags.Name`, `tags["Name"]` and `"tags"`.
pub fn root_name(expr: &Expr) -> Option<Arc<str>> {
    match &*expr.node {
        Node::Name(name) | Node::String(name) => Some(name.clone()),
        Node::Attr(inner, _) | Node::Index(inner, _) | Node::LegacyIndex(inner, _) => root_name(inner),
        _ => None,
    }
}
