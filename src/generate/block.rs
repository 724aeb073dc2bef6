//! One block: its attributes, then its nested blocks.

use std::collections::BTreeSet;

use hcl_edit::Decorate;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Structure};

use crate::address::Address;
use crate::generate::alike::Blocks;
use crate::generate::part::{Item, is_said_of};
use crate::generate::references::References;
use crate::generate::text::{Part, array, ident, object, parsed, string, template};
use crate::generate::{Spelling, attribute};
use crate::schema::Attr;
use crate::value::json;
use crate::value::{Data, Type, Value};

/// Writes a block.
pub fn block(of: &Blocks, references: &mut References, spelling: Spelling) -> Block {
    let schema = of.kind.schema();
    let first = &of.members[0].item;
    let secrets = secrets(&of.label, first, spelling);
    let mut writer = Writer { references, from: of.address(), secrets, spelling };
    let several = of.members.len() > 1;
    let mut parts: Vec<Structure> = Vec::new();
    if several {
        parts.push(attribute("for_each", each(of, &mut writer)).into());
    }
    let name = of.kind.name_attribute().unwrap_or("name");
    let mut attrs: Vec<&Attr> = schema.attrs.iter().filter(|attr| attr.block.is_none()).collect();
    attrs.sort_by_key(|attr| attr.name != name);
    for attr in attrs {
        let value = match first.part.get(attr.name) {
            None if !is_nested(first, attr.name) => writer.secret(attr),
            Some(_) if several && of.keyed.contains(&attr.name) => Some(parsed("each.key")),
            Some(_) if of.varying == [attr.name] => Some(parsed("each.value")),
            Some(_) if of.varying.contains(&attr.name) => Some(parsed(&format!("each.value.{}", attr.name))),
            Some(value) => Some(writer.value(attr, value)),
            None => None,
        };
        let mut written = value.map(|value| attribute(attr.name, value));
        if let Some(written) = written.as_mut().filter(|_| several && parts.len() == 1) {
            written.decor_mut().set_prefix("\n");
        }
        parts.extend(written.map(Structure::from));
    }
    for attr in schema.attrs.iter().filter(|attr| attr.block.is_some()) {
        for value in first.part.get(attr.name).and_then(Value::as_items).unwrap_or_default() {
            parts.push(writer.nested(attr, value).decorated(("\n", "")).into());
        }
    }
    if spelling == Spelling::Terraform {
        parts.extend(ignoring(of.kind.misread(&first.found.object)));
    }
    let header = match spelling {
        Spelling::Ours => Block::builder(ident(schema.kind)),
        Spelling::Terraform => Block::builder(ident("resource")).label(schema.terraform),
    };
    let mut block = header.label(of.label.as_str()).structures(parts).build();
    if let Some(remark) = left_out(of) {
        block.decor_mut().set_prefix(remark);
    }
    block
}

/// A comment that names what has no words.
fn left_out(of: &Blocks) -> Option<String> {
    let names: BTreeSet<&str> = of.members.iter().flat_map(|one| one.item.left.iter().copied()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty())
        .then(|| format!("# Left out: {}, which Terraform's provider 5.100 does not have.\n", names.join(", ")))
}

/// The block that keeps Terraform from changing what it misreads.
fn ignoring(names: &[&str]) -> Option<Structure> {
    let list = array(names.iter().map(|name| parsed(name)).collect());
    let block = Block::builder(ident("lifecycle")).attribute(attribute("ignore_changes", list)).build();
    (!names.is_empty()).then(|| block.decorated(("\n", "")).into())
}

/// What differs, by key.
fn each(of: &Blocks, writer: &mut Writer) -> Expression {
    if of.varying.is_empty() {
        let keys = of.members.iter().map(|one| string(&one.key)).collect();
        return parsed(&format!("toset({})", array(keys).to_string().trim()));
    }
    let schema = of.kind.schema();
    let attrs: Vec<&Attr> = schema.attrs.iter().filter(|attr| of.varying.contains(&attr.name)).collect();
    let mut members = Vec::new();
    for one in &of.members {
        let mut own = Vec::new();
        for attr in &attrs {
            let value = one.item.part.get(attr.name).map(|value| writer.value(attr, value));
            own.push((attr.name, value.unwrap_or_else(Expression::null)));
        }
        let value = if let [(_, only)] = &own[..] { only.clone() } else { object(own) };
        members.push((one.key.as_str(), value));
    }
    object(members)
}

/// The secrets of an object, each with the variable that gives it: in our spelling one of the process for each, in
/// Terraform's one of the stack for all of an attribute.
pub fn secrets(label: &str, item: &Item, spelling: Spelling) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = Vec::new();
    for attribute in &item.secrets {
        let name = format!("{label}_{attribute}");
        let before = all.iter().filter(|(one, _)| one == attribute).count();
        match (spelling, before) {
            (Spelling::Terraform, 0) => all.push((attribute, name)),
            (Spelling::Terraform, _) => {}
            (Spelling::Ours, 0) => all.push((attribute, name.to_uppercase())),
            (Spelling::Ours, _) => all.push((attribute, format!("{}_{}", name.to_uppercase(), before + 1))),
        }
    }
    all
}

/// Whether a nested block of an object takes a secret of that name.
fn is_nested(item: &Item, secret: &str) -> bool {
    let blocks = item.found.kind.schema().attrs.iter().filter(|attr| item.part.contains_key(attr.name));
    { blocks }.filter_map(|attr| attr.block.as_ref()).flat_map(|block| &block.attrs).any(|inner| inner.name == secret)
}

/// The variable that gives a secret; without a value Terraform leaves the secret as it is.
pub fn variable(name: &str, item: &Item, secret: &str) -> Block {
    let attr = item.found.kind.schema().attr(secret);
    let several = attr.is_some_and(|attr| matches!(attr.ty, Type::Set(_) | Type::List(_)));
    let attributes: [Attribute; 4] = [
        attribute("description", string(&format!("{secret} of {}", item.found.id))),
        attribute("type", parsed(if several { "set(string)" } else { "string" })),
        attribute("default", Expression::null()),
        attribute("sensitive", true.into()),
    ];
    Block::builder(ident("variable")).label(name).attributes(attributes).build()
}

/// Writes values, with references to other blocks.
struct Writer<'a> {
    references: &'a mut References,
    /// The block that is written.
    from: Address,
    /// The secrets that it takes, with the names of their variables.
    secrets: Vec<(&'static str, String)>,
    spelling: Spelling,
}

impl Writer<'_> {
    /// Where a secret is taken from, if it is one that the object has. AWS does not tell it.
    fn secret(&self, attr: &Attr) -> Option<Expression> {
        let names = self.secrets.iter().filter(|(secret, _)| attr.secret && *secret == attr.name);
        let mut all: Vec<Expression> = names.map(|(_, name)| self.given(name)).collect();
        let is_list = self.spelling == Spelling::Ours && matches!(attr.ty, Type::Set(_) | Type::List(_));
        if is_list && !all.is_empty() { Some(array(all)) } else { all.pop() }
    }

    /// A secret, by the name of its variable.
    fn given(&self, name: &str) -> Expression {
        match self.spelling {
            Spelling::Terraform => parsed(&format!("var.{name}")),
            Spelling::Ours => parsed(&format!("secret(\"env:{name}\")")),
        }
    }

    fn nested(&mut self, attr: &Attr, value: &Value) -> Block {
        let attrs = attr.block.as_ref().map(|block| block.attrs.as_slice()).unwrap_or_default();
        let mut parts: Vec<Structure> = Vec::new();
        let said = |attr: &&Attr| {
            let now = value.get(attr.name).filter(|now| is_said_of(attr, now) && attr.settable());
            let fixed =
                now.is_some_and(|now| attr.default.as_ref().is_some_and(|default| attr.is_satisfied(default, now)));
            now.is_some() && !fixed && !attr.secret
        };
        for inner in attrs.iter().filter(said).filter(|inner| inner.block.is_none()) {
            let written = value.get(inner.name).map(|value| self.value(inner, value));
            parts.extend(written.map(|written| Structure::from(attribute(inner.name, written))));
        }
        let secrets = attrs.iter().filter_map(|inner| Some(attribute(inner.name, self.secret(inner)?)));
        parts.extend(secrets.map(Structure::from));
        for inner in attrs.iter().filter(said).filter(|inner| inner.block.is_some()) {
            for block in value.get(inner.name).and_then(Value::as_items).unwrap_or_default() {
                let blank = if parts.is_empty() { "" } else { "\n" };
                parts.push(self.nested(inner, block).decorated((blank, "")).into());
            }
        }
        Block::builder(ident(attr.name)).structures(parts).build()
    }

    /// The value of an attribute.
    fn value(&mut self, attr: &Attr, value: &Value) -> Expression {
        match &value.data {
            Data::String(text) => self.text(attr, text),
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
                array(items.iter().map(|item| self.value(attr, item)).collect())
            }
            Data::Map(_, items) | Data::Object(items) => {
                let members = items.iter().map(|(name, item)| (&**name, self.member(attr, item)));
                object(members.collect::<Vec<_>>())
            }
            _ => plain(&json::to_json(value)),
        }
    }

    /// A member of a map: the name of what is watched, for instance.
    fn member(&mut self, attr: &Attr, value: &Value) -> Expression {
        let Some(text) = value.as_str().filter(|_| attr.name != "tags") else { return self.value(attr, value) };
        match self.references.of_watched(&self.from, text) {
            Some((reference, "")) => parsed(&reference),
            Some((reference, rest)) => template([Part::Expression(parsed(&reference)), Part::Text(rest.to_owned())]),
            None => self.value(attr, value),
        }
    }

    fn text(&mut self, attr: &Attr, text: &str) -> Expression {
        for refers in attr.refers.iter().filter(|refers| refers.within.is_none()) {
            if let Some(reference) = self.references.to(&self.from, refers.kind, text) {
                return parsed(&reference);
            }
        }
        if let Some(document) = document(attr, text) {
            return document;
        }
        self.within(attr, text).unwrap_or_else(|| string(text))
    }

    /// A text with the names of other objects within.
    fn within(&mut self, attr: &Attr, text: &str) -> Option<Expression> {
        let mut names: Vec<(usize, &str, &'static str)> = Vec::new();
        for refers in &attr.refers {
            for name in refers.within.map(|names| names(text)).unwrap_or_default() {
                let at = (name.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
                names.extend(at.filter(|at| at + name.len() <= text.len()).map(|at| (at, name, refers.kind)));
            }
        }
        names.sort_unstable();
        let (mut parts, mut end) = (Vec::new(), 0);
        for (at, name, kind) in names {
            if at < end {
                continue;
            }
            if let Some(reference) = self.references.to(&self.from, kind, name) {
                parts.extend([Part::Text(text[end..at].to_owned()), Part::Expression(parsed(&reference))]);
                end = at + name.len();
            }
        }
        parts.push(Part::Text(text[end..].to_owned()));
        (end > 0).then(|| template(parts))
    }
}

/// A document in JSON as a value, where that comes to the same text, or to what counts as the same.
fn document(attr: &Attr, text: &str) -> Option<Expression> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let encoded = json::encode(&json::parse(text).ok()?);
    let same = encoded == text || attr.is_satisfied(&Value::string(text), &Value::string(&encoded));
    let value: serde_json::Value = serde_json::from_str(text).ok().filter(|_| same)?;
    let argument = hcl_edit::expr::FuncArgs::from(vec![plain(&value)]);
    Some(hcl_edit::expr::FuncCall::new(ident("jsonencode"), argument).into())
}

/// A value of JSON.
fn plain(value: &serde_json::Value) -> Expression {
    use serde_json::Value as Json;

    match value {
        Json::Null => Expression::null(),
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => parsed(&number.to_string()),
        Json::String(text) => string(text),
        Json::Array(items) => array(items.iter().map(plain).collect()),
        Json::Object(members) => object(members.iter().map(|(name, value)| (name.as_str(), plain(value)))),
    }
}
