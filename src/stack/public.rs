//! Names are shown everywhere: in plans, ids, ARNs, keys, names of nodes, tags of AWS and in the state. None may be
//! sensitive.

use crate::address::Mode;
use crate::diag::Diagnostic;
use crate::kinds;
use crate::lang::declare::Resource;
use crate::schema::{Attr, Schema};
use crate::stack::desired::Desired;
use crate::value::{Object, Value};

/// Refuses sensitive values in the names of an object, and takes them out, so that no later message has them.
pub fn check(resource: &Resource, desired: &mut Desired, diagnostics: &mut Vec<Diagnostic>) {
    let managed = resource.address.mode == Mode::Managed;
    let kind = kinds::get(&resource.address.kind).filter(|_| managed);
    let names = |attribute: &'static str| {
        kind.is_some_and(|kind| kind.name_attribute() == Some(attribute) || kind.identity().contains(&attribute))
    };
    for attr in &resource.schema.attrs {
        let begins = ["name_prefix", "prefix", "separator"].contains(&attr.name);
        let shown = attr.name == "region" || managed && begins || names(attr.name);
        if shown && desired.object.get(attr.name).is_some_and(Value::is_sensitive_anywhere) {
            let mut diagnostic = refused(attr.name);
            diagnostic.span = desired.span_of(attr.name);
            diagnostics.push(diagnostic);
            desired.object.insert(attr.name.into(), Value::unknown(attr.ty.clone(), None));
        }
    }
}

/// A sensitive value where it would be shown; without a place yet.
pub fn refused(attribute: &str) -> Diagnostic {
    let detail =
        format!("`{attribute}` has a sensitive value, and what it says is shown in plans and kept in the state.");
    Diagnostic::error("CS0419", "A sensitive value in a name", detail)
        .help("Use a value that may be shown, or nonsensitive(...) if this one may.")
}

/// What is wrong with an output that computes something from a secret: the advice for attributes is of no use there.
pub fn of_output(name: &str, wrong: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let advise = |diagnostic: Diagnostic| {
        if diagnostic.code != "CS0215" {
            return diagnostic;
        }
        let detail = format!("`output.{name}` makes a text of a secret, and outputs are kept in the state.");
        let diagnostic = Diagnostic { detail, ..diagnostic };
        diagnostic.help(
            "Leave the secret out, and let whoever reads the output take it from where it is kept; or give it an output of its own (its value only replication_group.NAME.auth_token, sensitive = true), of which nothing is kept.",
        )
    };
    wrong.into_iter().map(advise).collect()
}

/// What a look-up found, with what it was asked for as sensitive as that was, and secrets sensitive. Every attribute is
/// there, so that it can be referred to.
pub fn found(object: Object, asked: &Object, schema: &Schema) -> Object {
    let mut told = asked.clone();
    told.extend(object);
    let attr = |attr: &Attr| {
        let value = told.remove(attr.name).unwrap_or_else(|| Value::null_of(attr.ty.clone()));
        let value = kinds::lookups::fit(value, &attr.ty);
        let sensitive = asked.get(attr.name).is_some_and(Value::is_sensitive_anywhere);
        let secret = attr.secret && !value.is_null();
        (attr.name.into(), value.with_mark(sensitive || secret))
    };
    schema.attrs.iter().map(attr).collect()
}

/// What was computed out of what was asked, and is as sensitive as any of it.
pub fn answered(object: Object, asked: &Object, schema: &Schema) -> Object {
    let sensitive = asked.values().any(Value::is_sensitive_anywhere);
    let hidden = object.into_iter().map(|(name, value)| (name, value.with_mark(sensitive)));
    found(hidden.collect(), asked, schema)
}
