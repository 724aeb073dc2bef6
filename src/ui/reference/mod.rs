//! What there is to know of a kind, out of its schema: for `explain` and for the pages of the documentation.

pub mod markdown;
pub mod text;

use crate::catalog::permissions;
use crate::kinds::{self, lookups};
use crate::lang::functions;
use crate::schema::{Attr, Mode, Schema, Update};

/// A kind, or a look-up.
#[derive(Debug)]
pub struct Page {
    /// What stands before the labels of a block: `replication_group`, `data "vpc"`.
    pub head: String,
    /// The type of Terraform's provider, where there is one.
    pub terraform: Option<&'static str>,
    /// One sentence.
    pub doc: &'static str,
    /// Every attribute; those of nested blocks behind their block.
    pub rows: Vec<Row>,
    /// Facts about the kind, each a sentence.
    pub remarks: Vec<String>,
    /// The actions of IAM to plan, and to make, change and delete.
    pub permissions: (Vec<&'static str>, Vec<&'static str>),
}

/// An attribute or nested block.
#[derive(Debug)]
pub struct Row {
    /// `tags`, `log_delivery_configuration.destination`.
    pub path: String,
    /// `string`, `list(string)`, `block`, `blocks`.
    pub ty: String,
    /// Who gives it.
    pub mode: Mode,
    /// What a change takes; nothing where nobody changes it.
    pub update: Option<Update>,
    /// The attribute by which a change is sent, where it is not told of AWS itself.
    pub sent_as: Option<&'static str>,
    /// What calls about it alone were seen to do to clients in the plans of some thousand random changes
    /// (`tests/suite/properties/impact.rs`): words of [`crate::kind::Impact`], mildest first.
    pub impacts: Vec<&'static str>,
    /// One sentence.
    pub doc: &'static str,
    /// What else is to be known, each a clause.
    pub facts: Vec<String>,
}

impl Row {
    /// `required`, `optional`, `optional, else computed`, `computed`.
    pub fn mode(&self) -> &'static str {
        match self.mode {
            Mode::Required => "required",
            Mode::Optional => "optional",
            Mode::OptionalComputed => "optional, else computed",
            Mode::Computed => "computed",
        }
    }
}

/// Every page: the kinds in their order, then the look-ups.
pub fn pages() -> Vec<Page> {
    let kinds = kinds::KINDS.into_iter().map(|kind| of_kind(kind.schema()));
    kinds.chain(lookups::all().map(of_lookup)).collect()
}

/// The page of a kind in either spelling: `replication_group`, `aws_elasticache_replication_group`, `data.vpc`.
pub fn find(name: &str) -> Option<Page> {
    let look_up = |name: &str| lookups::get(kinds::our_name(name)).map(of_lookup);
    match name.strip_prefix("data.") {
        Some(name) => look_up(name),
        None => kinds::get(kinds::our_name(name)).map(|kind| of_kind(kind.schema())).or_else(|| look_up(name)),
    }
}

/// Splits `replication_group.node_type` into the page and the path of an attribute, which may be wrong.
pub fn find_within(text: &str) -> Option<(Page, &str)> {
    let start = if text.starts_with("data.") { "data.".len() } else { 0 };
    let at = start + text[start..].find('.')?;
    Some((find(&text[..at])?, &text[at + 1..]))
}

/// What `explain` knows of kinds.
pub fn names() -> impl Iterator<Item = String> {
    kinds::names().map(str::to_owned).chain(lookups::names().map(|name| format!("data.{name}")))
}

fn of_kind(schema: &'static Schema) -> Page {
    let kind = kinds::get(schema.kind);
    let mut remarks = Vec::new();
    if kind.is_some_and(|kind| kind.holds_data()) {
        remarks.push("It holds data: what would delete or replace one is refused without --allow-destroy.".to_owned());
    }
    if kind.is_some_and(|kind| kind.local().is_some()) {
        remarks.push("It lives in the state only; no account is asked.".to_owned());
    }
    if schema.aimed {
        remarks.push("`target` and `per` make an instance for each node, shard or group that is watched.".to_owned());
    }
    if let Some(opens) = &schema.opens {
        let ports: Vec<String> = opens.engines.iter().map(|(engine, port)| format!("{engine} {port}")).collect();
        remarks
            .push(format!("A block `access` says who may reach it, on the port of its engine ({}).", ports.join(", ")));
    }
    if !schema.alarms.is_empty() {
        remarks.push(format!("`alarms = \"standard\"` watches it: {}.", schema.alarms.join(", ")));
    }
    let (read, write) = permissions::of_kind(schema.kind).unwrap_or_default();
    let terraform = kind.is_none_or(|kind| kind.has_provider()).then_some(schema.terraform);
    let permissions = (read.into_iter().collect(), write.into_iter().collect());
    let mut rows = rows(&schema.attrs);
    for row in rows.iter_mut().filter(|row| row.update == Some(Update::InPlace)) {
        row.impacts = impacts(schema.kind, &row.path);
    }
    Page { head: schema.kind.to_owned(), terraform, doc: schema.doc, rows, remarks, permissions }
}

/// The impacts of an attribute, or of the block that it is in.
fn impacts(kind: &str, path: &str) -> Vec<&'static str> {
    let attribute = path.split('.').next().unwrap_or_default();
    let row = |line: &'static str| {
        let (name, words) = line.split_once('\t')?;
        (name.split_once('.')? == (kind, attribute)).then(|| words.split(' ').collect())
    };
    include_str!("impacts.tsv").lines().find_map(row).unwrap_or_default()
}

fn of_lookup(schema: &'static Schema) -> Page {
    let (read, write) = permissions::of_kind(schema.kind).unwrap_or_default();
    Page {
        head: format!("data \"{}\"", schema.kind),
        terraform: Some(schema.terraform),
        doc: schema.doc,
        rows: rows(&schema.attrs).into_iter().map(|row| Row { update: None, ..row }).collect(),
        remarks: Vec::new(),
        permissions: (read.into_iter().collect(), write.into_iter().collect()),
    }
}

fn rows(attrs: &[Attr]) -> Vec<Row> {
    let mut rows = Vec::new();
    add(&mut rows, "", attrs);
    rows
}

fn add(rows: &mut Vec<Row>, before: &str, attrs: &[Attr]) {
    for attr in attrs {
        let path = format!("{before}{}", attr.name);
        let ty = match &attr.block {
            Some(block) if block.max == Some(1) => "block".to_owned(),
            Some(_) => "blocks".to_owned(),
            None => attr.ty.to_string(),
        };
        // Of another spelling it is the other attribute that is sent.
        let told_by = attr.told_by.and_then(|name| attrs.iter().find(|other| other.name == name));
        let update = (attr.mode != Mode::Computed).then_some(told_by.unwrap_or(attr).update);
        let sent_as = attr.sent_as.filter(|_| update == Some(Update::Local));
        let (mode, doc, facts) = (attr.mode, attr.doc, facts(attr));
        rows.push(Row { path: path.clone(), ty, mode, update, sent_as, impacts: Vec::new(), doc, facts });
        if let Some(block) = &attr.block {
            add(rows, &format!("{path}."), &block.attrs);
        }
    }
}

/// What the schema says beside type and doc.
fn facts(attr: &Attr) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(default) = &attr.default {
        facts.push(format!("{} without it", crate::ui::value::show(default, 0)));
    }
    if let Some(given) = attr.at_create {
        facts.push(format!("a create sends {} without it", crate::ui::value::quoted(given)));
    }
    facts.extend(attr.rules.iter().map(|rule| rule.allowed()));
    if let Some(max) = attr.block.as_ref().and_then(|block| block.max).filter(|max| *max > 1) {
        facts.push(format!("at most {max}"));
    }
    if attr.secret {
        facts.push("a secret: never shown, kept as a digest".to_owned());
    }
    facts.extend(attr.refers.iter().map(|refers| format!("names a {} by its {}", refers.kind, refers.by.attribute())));
    if !attr.formerly.is_empty() {
        facts.push(format!("formerly {}", attr.formerly.join(", ")));
    }
    facts.extend(attr.deprecated.map(|instead| format!("deprecated: {instead}")));
    if attr.ours_alone {
        facts.push("not known to Terraform's provider".to_owned());
    }
    facts
}

/// Everything that `explain` knows beside codes.
pub fn words() -> impl Iterator<Item = String> {
    names().chain(functions::names().map(str::to_owned))
}
