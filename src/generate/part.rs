//! What of an object a block has to write: what is neither a default nor foreseen, nor said by something else.

use std::sync::Arc;

use crate::generate::{Around, Found, Spelling};
use crate::kind::{Kind, Target};
use crate::kinds::{self, tags};
use crate::schema::{Attr, Mode, check};
use crate::value::{Object, Type, Value, same};

/// An object with what is written of it.
#[derive(Clone)]
pub struct Item {
    /// The object.
    pub found: Found,
    /// What is written, by attribute.
    pub part: Object,
    /// The attributes that take a secret which the object has.
    pub secrets: Vec<&'static str>,
    /// The attributes that the spelling has no words for.
    pub left: Vec<&'static str>,
    /// What the block is called.
    pub label: String,
}

/// Decides what is written of an object.
pub fn item(found: Found, around: &Around) -> Item {
    let kind = found.kind;
    let wordless = |attr: &&Attr| around.spelling == Spelling::Terraform && attr.ours_alone;
    let wordless: Vec<&'static str> = kind.schema().attrs.iter().filter(wordless).map(|attr| attr.name).collect();
    let mut part = part(kind, &found.object, around);
    let left: Vec<&'static str> = wordless.iter().filter(|name| part.contains_key(name)).copied().collect();
    if !left.is_empty() {
        let mut rest = found.object.clone();
        wordless.iter().for_each(|name| drop(rest.remove(name)));
        part = self::part(kind, &rest, around);
    }
    let tags = own_tags(&found.object, &around.tags);
    if !tags.is_empty() && kind.schema().taggable() {
        part.insert("tags".into(), Value::map(Type::String, tags));
    }
    let secrets = kind.secrets_of(&found.object).to_vec();
    Item { found, part, secrets, left, label: String::new() }
}

/// What is written of an object, but for its tags.
fn part(kind: &'static dyn Kind, object: &Object, around: &Around) -> Object {
    let elsewhere = kind.told_elsewhere(object, around.apart);
    let attrs = kind.schema().attrs.iter().filter(|attr| !elsewhere.contains(&attr.name));
    let values = attrs.filter_map(|attr| Some((Arc::from(attr.name), told(attr, object, around.spelling)?)));
    let mut part: Object = values.collect();
    leave_foreseen(kind, object, &around.target, &mut part);
    leave_refused(kind, &mut part);
    part
}

/// The value of an attribute, where it says something.
fn told(attr: &Attr, object: &Object, spelling: Spelling) -> Option<Value> {
    let steers = matches!(attr.name, "tags" | "region");
    if !attr.settable() || attr.secret || steers || attr.deprecated.is_some() || attr.told_by.is_some() {
        return None;
    }
    let value = object.get(attr.name).filter(|value| is_said_of(attr, value) && value.is_wholly_known())?;
    if attr.mode == Mode::Required {
        return Some(value.clone());
    }
    if attr.usual.is_some_and(|usual| usual(value)) {
        return None;
    }
    let own = attr.at_create.filter(|_| spelling == Spelling::Ours).map(Value::string);
    let defaults = attr.default.iter().chain(&own);
    (!{ defaults }.any(|default| attr.is_satisfied(default, value))).then(|| value.clone())
}

/// Whether a value is to be written: of what a block cannot do without also nothing, such as a pattern that is empty.
pub fn is_said_of(attr: &Attr, value: &Value) -> bool {
    value.is_said() || attr.mode == Mode::Required && !value.is_null()
}

/// Leaves out what AWS would choose again.
fn leave_foreseen(kind: &dyn Kind, live: &Object, target: &Target, part: &mut Object) {
    let open = kind.schema().attrs.iter().filter(|attr| attr.mode == Mode::OptionalComputed);
    for attr in open.rev() {
        let Some(value) = part.get(attr.name).cloned() else { continue };
        let mut rest = part.clone();
        rest.remove(attr.name);
        kind.unite(&mut rest);
        for other in kind.schema().attrs.iter().filter(|other| other.settable()) {
            if let Some(default) = other.default.clone().or_else(|| other.at_create.map(Value::string)) {
                rest.or_insert(other.name.into(), default);
            }
        }
        kind.predict(&mut rest, None, target);
        let foreseen = rest.get(attr.name).is_some_and(|foreseen| same(foreseen, &value));
        if foreseen && live.contains_key(attr.name) {
            part.remove(attr.name);
        }
    }
}

/// Leaves out what the rules refuse beside the rest: another attribute says it.
fn leave_refused(kind: &dyn Kind, part: &mut Object) {
    for _ in 0..part.len() {
        let refused = refused(kind, part);
        let without = |name: &&'static str| {
            let optional = kind.schema().attr(name).is_some_and(|attr| attr.mode != Mode::Required);
            let mut less = part.clone();
            less.remove(name).filter(|_| optional)?;
            // What is refused for itself, as a metric that nobody knows, is what is there.
            (self::refused(kind, &less).len() < refused.len()).then_some(less)
        };
        let Some(less) = refused.iter().find_map(without) else { return };
        *part = less;
    }
}

/// The attributes that rules refuse in an object.
fn refused(kind: &dyn Kind, part: &Object) -> Vec<&'static str> {
    let mut wish = part.clone();
    kind.unite(&mut wish);
    let of_rules = kinds::check(kind, &wish).into_iter();
    let of_rules = of_rules.filter(|one| one.fatal && !one.of_change && !one.of_creation).map(|one| one.attribute);
    let of_values = check::faults(&kind.schema().attrs, &wish).into_iter();
    let of_values = of_values.filter_map(|fault| kind.schema().attr(&fault.path).map(|attr| attr.name));
    of_rules.chain(of_values).collect()
}

/// The tags of an object that are neither marks of ours, nor of AWS, nor those that it has anyway.
fn own_tags(object: &Object, given: &Object) -> Object {
    let Some(all) = object.get("tags_all") else { return Object::new() };
    let own = tags::visible(all).into_iter();
    own.filter(|(name, value)| !name.starts_with("aws:") && given.get(name).is_none_or(|given| !same(given, value)))
        .collect()
}
