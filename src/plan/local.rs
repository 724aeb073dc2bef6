//! Objects that live in no account: what is recorded of one is the object. What must not be kept of it is in the vault
//! of the environment, or kept as a digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
use crate::diag::{Diagnostic, Severity};
use crate::kind::{Observation, Status, secret_name};
use crate::kinds;
use crate::lang::eval::Scope;
use crate::plan::Action;
use crate::plan::decide::Instance;
use crate::plan::decision::Decision;
use crate::plan::draft::Draft;
use crate::schema::Schema;
use crate::state::digest::Digests;
use crate::state::{Digest, Record};
use crate::value::{Object, Origin, Type, Value, json};

/// The object of a record, with its secrets out of the vault.
pub(super) fn recorded(draft: &Draft, address: &Address, record: &Record) -> Observation {
    let mut object = record.object.clone();
    let secrets = kinds::local(&address.kind).map(|local| local.secrets()).unwrap_or_default();
    for name in secrets {
        object.insert((*name).into(), secret(draft, address, record, name));
    }
    Observation { status: Status::Settled, object, pending: Object::new() }
}

/// Whether the time of a recorded object is over when the plan is begun.
pub(super) fn is_over(draft: &Draft, address: &Address, record: &Record) -> bool {
    let begun = draft.evaluator.settings().plan_timestamp.parse::<jiff::Timestamp>();
    let Ok(begun) = begun else { return false };
    kinds::local(&address.kind).is_some_and(|local| local.is_over(&record.object, begun.into()))
}

/// A secret of a recorded object: a sensitive text. Before the account is read nothing else is read, either.
fn secret(draft: &Draft, address: &Address, record: &Record, name: &str) -> Value {
    let stored = draft.inputs.live.and_then(|_| draft.evaluator.secrets().stored(&secret_name(&record.id, name)).ok());
    let unknown = || Value::unknown(Type::String, Some(Origin::attribute(address, name)));
    stored.map_or_else(unknown, Value::string).into_sensitive()
}

/// The error for an object that stays and whose secrets are gone from the vault.
pub(super) fn missing(draft: &Draft, instance: &Instance, record: &Record, decision: &Decision) -> Option<Diagnostic> {
    let made_anew = decision.steps.iter().any(|step| step.action == Action::Create);
    let secrets = instance.kind.local().filter(|_| draft.inputs.live.is_some() && !made_anew)?.secrets();
    let why = |name: &&str| {
        let name = secret_name(&record.id, name);
        Some((draft.evaluator.secrets().stored(&name).err()?, name))
    };
    let (why, name) = secrets.iter().rev().find_map(why)?;
    let address = instance.address;
    let detail =
        format!("`{address}` has put \"{name}\" into the vault of the environment, and it cannot be read: {why}.");
    let help = format!(
        "If `secrets` of the environment names another place than before, take along what lies in the former one, or \
         name that again. If it is lost, let a new one be made: --replace={address}."
    );
    let diagnostic = Diagnostic::error("CS0884", "A secret that is gone", detail).of(address).help(help);
    Some(diagnostic.at(instance.resource.span))
}

/// What is said of an object that goes.
pub(super) fn farewell(draft: &Draft, address: &Address) -> Option<&'static str> {
    let keeps = kinds::local(&address.kind).is_some_and(|local| !local.secrets().is_empty());
    let text = "goes, and what it has put into the vault goes with it";
    (keeps && draft.evaluator.secrets().vault().is_some()).then_some(text)
}

/// Puts into an object what its record only has a digest of, where the wish is for the same.
pub(super) fn restore(digests: &Digests, schema: &Schema, wanted: &Object, record: &Record, object: &mut Object) {
    for (name, digest) in self::digests(schema, wanted, digests) {
        if record.secrets.get(&name).is_some_and(|known| known.digest == digest.digest) {
            object.insert(Arc::from(&*name), wanted[&*name].clone());
        }
    }
}

/// Digests of what is sensitive in a wish, and so not recorded.
pub fn digests(schema: &Schema, wanted: &Object, digests: &Digests) -> BTreeMap<String, Digest> {
    let hidden = |value: &Value| value.is_sensitive_anywhere() && value.is_wholly_known() && !value.has_secret();
    let attrs = schema.attrs.iter().filter(|attr| attr.settable() && !attr.secret);
    let found = attrs.filter_map(|attr| Some((attr.name, wanted.get(attr.name).filter(|value| hidden(value))?)));
    let digest = |value: &Value| Digest { digest: digests.of(&json::encode(value)), source: None };
    found.map(|(name, value)| (name.to_owned(), digest(value))).collect()
}

/// One error for all objects whose secrets have no place.
pub(super) fn homeless(draft: &Draft) -> Option<Diagnostic> {
    if draft.evaluator.secrets().vault().is_some() {
        return None;
    }
    let keeps = |address: &&Address| kinds::local(&address.kind).is_some_and(|local| !local.secrets().is_empty());
    let mut addresses = draft.planned.keys().filter(keeps);
    let first = addresses.next()?;
    let others = addresses.count();
    let makers = match others {
        0 => format!("`{first}` makes a secret"),
        _ => format!("`{first}` and {others} more make secrets"),
    };
    let detail = format!(
        "{makers}, which the state must not hold, and environment \"{}\" names no place for it.",
        draft.inputs.environment.name
    );
    let span = draft.places.get(first).and_then(|desired| desired.span);
    // A stack without environments is made for Terraform, and there are things in it that are none of our business;
    // nothing is planned without the place.
    let open = draft.inputs.live.is_none() && draft.evaluator.stack().module.environments.is_empty();
    let severity = if open { Severity::Warning } else { Severity::Error };
    let diagnostic =
        Diagnostic { span, severity, ..Diagnostic::error("CS0880", "No place for secrets", detail).of(first) };
    Some(
        diagnostic
            .help("Add secrets = \"file:DIRECTORY\", \"command:PROGRAM\", \"ssm:/PREFIX\" or \"secretsmanager:PREFIX\" to the `environment` block, which Terraform does not know: where it reads these files too, write the block into a .hcl file."),
    )
}
