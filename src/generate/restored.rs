//! A block that says which snapshot its object is filled from: the block as it stands in its file, or a copy of it.

use std::path::PathBuf;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body};
use hcl_edit::{Decorate, Decorated, Ident, Span};

use crate::address::{Address, Key};
use crate::generate::text::{array, parsed, string};
use crate::kind::{Filled, Kind};
use crate::lang::declare::Resource;
use crate::lang::fmt;
use crate::lang::json::is_json;
use crate::lang::syntax::is_name;
use crate::value::{Object, json, text};

/// A change of a file.
#[derive(Debug)]
pub struct Edit {
    /// The file.
    pub path: PathBuf,
    /// It as it is.
    pub before: String,
    /// It as it shall be: only the block differs, or there is one more.
    pub after: String,
    /// What is filled.
    pub address: Address,
}

/// A block as it stands in a file.
pub struct Written<'a> {
    /// The file.
    pub path: &'a str,
    /// What is in the file.
    pub text: &'a str,
    /// The block.
    pub resource: &'a Resource,
    /// Its kind.
    pub kind: &'a dyn Kind,
}

/// Writes the snapshot into the block of an object, or into a copy of the block that has another name.
///
/// # Errors
/// The block cannot be edited for that: it says why, and what to write by hand.
pub fn edit(
    block: &Written,
    address: &Address,
    filled: Filled,
    snapshot: &Object,
    copy: Option<&str>,
) -> Result<Edit, String> {
    let Written { path, text, resource, kind } = *block;
    let attribute = filled.attribute();
    let value = value(filled, snapshot)?;
    let refuse = |why: &str| Err(format!("{why}: write {attribute} = {value} yourself, and apply"));
    if !address.module.is_empty() {
        return refuse(&format!("`{address}` is in a module, whose file others may share"));
    }
    if is_json(path) {
        return refuse(&format!("{path} is JSON"));
    }
    let Ok(body) = text.parse::<Body>() else {
        return refuse(&format!("{path} cannot be edited"));
    };
    let start = resource.span.start as usize;
    let block = body.blocks().find(|block| block.span().is_some_and(|span| span.contains(&start)));
    let Some((block, span)) = block.and_then(|block| Some((block, block.span()?))) else {
        return refuse(&format!("the block of `{address}` cannot be found in {path}"));
    };
    let (block, to) = match copy {
        Some(name) => copied(block.clone(), resource, kind, name, (attribute, value))?,
        None => (set(block.clone(), address, resource, (attribute, value))?, address.clone()),
    };
    let written = printed(block);
    let after = match copy {
        Some(_) => format!("{}\n\n{written}{}", &text[..span.end], &text[span.end..]),
        None => format!("{}{written}{}", &text[..span.start], &text[span.end..]),
    };
    let is_laid_out = fmt::format(text) == text;
    let after = if is_laid_out { fmt::format(&after) } else { after };
    Ok(Edit { path: PathBuf::from(path), before: text.to_owned(), after, address: to })
}

/// The expression that names a snapshot.
fn value(filled: Filled, snapshot: &Object) -> Result<Expression, String> {
    let told = |name: &str| {
        let told = text(snapshot, name).filter(|told| !told.is_empty());
        told.ok_or_else(|| format!("AWS does not tell the {name} of the snapshot"))
    };
    let is_serverless = text(snapshot, "serverless_cache_name").is_some();
    match filled {
        Filled::ByName(_) if is_serverless => {
            Err("a snapshot of a serverless cache fills serverless caches only".to_owned())
        }
        Filled::ByName(_) => Ok(string(told("snapshot_name")?)),
        Filled::ByArn(_) => Ok(array(vec![string(told("arn")?)])),
    }
}

/// The block with the attribute; of one of several instances only for that.
fn set(
    mut block: Block,
    address: &Address,
    resource: &Resource,
    (name, value): (&'static str, Expression),
) -> Result<Block, String> {
    let several = resource.meta.count.is_some() || resource.meta.for_each.is_some();
    let value = match &address.key {
        None if several => {
            return Err(format!("`{address}` has several instances: name the one that is restored"));
        }
        None => value,
        Some(Key::Index(index)) => parsed(&format!("count.index == {index} ? {value} : null")),
        Some(Key::Name(key)) => parsed(&format!("each.key == {} ? {value} : null", json::string(key))),
    };
    if let Some(mut old) = block.body.get_attribute_mut(name) {
        let literal = matches!(old.get().value, Expression::String(_)) || old.get().value.is_array();
        if !literal || several {
            let why = "is an expression in the block already: give it its value there, and apply";
            return Err(format!("`{address}`: {name} {why}"));
        }
        *old.value_mut() = value.decorated((" ", ""));
        return Ok(block);
    }
    insert(&mut block.body, name, value);
    Ok(block)
}

/// Another block of the same, with another name for both the block and its object.
fn copied(
    mut block: Block,
    resource: &Resource,
    kind: &dyn Kind,
    name: &str,
    (attribute, value): (&'static str, Expression),
) -> Result<(Block, Address), String> {
    let address = &resource.address;
    if resource.meta.count.is_some() || resource.meta.for_each.is_some() {
        let why = "has several instances, which have their names from it: add a key to it, and restore that";
        return Err(format!("`{address}` {why}"));
    }
    if !is_name(name) {
        return Err(format!(
            "\"{name}\" is no name of a block: it takes letters, digits, _ and -, with a letter first"
        ));
    }
    let to = Address { name: name.into(), ..address.clone() };
    if let Some(label) = block.labels.last_mut() {
        *label = BlockLabel::String(Decorated::new(name.to_owned()).decorated(("", " ")));
    }
    let named = kind.name_attribute().unwrap_or("name");
    for (name, value) in [(named, string(&name.replace('_', "-"))), (attribute, value)] {
        block.body.remove_attribute(name);
        insert(&mut block.body, name, value);
    }
    Ok((block, to))
}

/// Puts an attribute behind the others, in a line of its own; the first of all where there is none.
fn insert(body: &mut Body, name: &str, value: Expression) {
    let indent = body.iter().next().and_then(|first| first.decor().prefix());
    let indent = indent.and_then(|prefix| prefix.rsplit('\n').next().map(str::to_owned));
    let indent = indent.filter(|text| !text.is_empty() && text.trim().is_empty()).unwrap_or_else(|| "  ".to_owned());
    let last = body.iter().enumerate().filter(|(_, one)| one.is_attribute()).last();
    let at = last.map_or(0, |(last, _)| last + 1);
    let mut attribute = Attribute::new(Ident::new(name), value);
    attribute.decor_mut().set_prefix(indent);
    body.set_prefer_oneline(false);
    body.insert(at, attribute);
}

/// A block as text, without the comment before it.
fn printed(mut block: Block) -> String {
    block.decor_mut().set_prefix("");
    Body::builder().block(block).build().to_string().trim().to_owned()
}
