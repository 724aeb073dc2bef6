//! What a state of Terraform has of our kinds, as imports into the blocks of a stack.

use std::collections::BTreeMap;
use std::path::Path;

use crate::address::Address;
use crate::kind::{Kind, secret_name};
use crate::kinds;
use crate::ops::{Failure, Session};
use crate::plan::import::local_id;
use crate::schema::Attr;
use crate::schema::check::conform;
use crate::stack::environment::place_of_terraform;
use crate::stack::terraform_state::{Taken, taken};
use crate::state::State;
use crate::value::{Object, Value};

/// What is taken over.
#[derive(Debug, Default)]
pub struct Takeover {
    /// Addresses, and the names that an import takes.
    pub imports: Vec<(Address, String)>,
    /// What the state knows of objects, by address.
    pub told: BTreeMap<Address, Object>,
    /// Secrets for the vault of the environment, by name.
    pub secrets: Vec<(String, String)>,
    /// What stays with Terraform, with why.
    pub left: Vec<String>,
}

/// Reads a state of Terraform: a file below a directory, an object, what a server answers with, or what the `backend`
/// block names.
///
/// # Errors
/// It is no place, or nothing there can be read.
pub fn read(session: &Session, text: &str, directory: &Path) -> Result<Vec<u8>, Failure> {
    let place = place_of_terraform(text, session.environment.backend.as_ref());
    let place = place.map_err(|wrong| Failure::Error(format!("{} {}", wrong.detail, wrong.help)))?;
    // What a block names is seen from its stack.
    let from = if text == "backend" { &session.evaluator.stack().directory } else { directory };
    session.reach.read(&place.from(from)).map_err(Failure::Error)
}

/// Decides what of a state of Terraform is taken over.
///
/// # Errors
/// It is no state; an address has a record already, or no block: an apply would destroy what it is of.
pub fn takeover(session: &Session, state: &State, bytes: &[u8]) -> Result<Takeover, Failure> {
    let Taken { ours, left } = taken(bytes).map_err(|why| Failure::Error(format!("the Terraform state: {why}")))?;
    let addresses = || ours.iter().map(|(address, _)| address);
    let list =
        |all: Vec<&Address>| all.into_iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ");
    let recorded: Vec<&Address> = addresses().filter(|address| state.records.contains_key(address)).collect();
    if !recorded.is_empty() {
        return Err(Failure::Error(format!("recorded already: {}; nothing was imported", list(recorded))));
    }
    let stack = session.evaluator.stack();
    let bare: Vec<&Address> = addresses().filter(|address| stack.resource(address).is_none()).collect();
    if !bare.is_empty() {
        let why = "an apply would destroy what has no block: declare it, or let Terraform forget it";
        return Err(Failure::Error(format!("without a block: {}; {why}; nothing was imported", list(bare))));
    }
    let mut takeover = Takeover { left, ..Takeover::default() };
    for (address, object) in ours {
        let Some(kind) = kinds::get(&address.kind) else { continue };
        let Some(id) = name(kind, &object) else {
            takeover.left.push(format!("{address}: the state does not say what it is called"));
            continue;
        };
        if kind.local().is_some() {
            takeover.tell(session, kind, &address, &id, &object)?;
        } else {
            takeover.told.insert(address.clone(), said(kind, &object));
        }
        takeover.imports.push((address, id));
    }
    Ok(takeover)
}

/// The name that an import takes, out of the attributes that Terraform keeps.
fn name(kind: &dyn Kind, object: &Object) -> Option<String> {
    let id = object.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    if kind.is_named_by_aws() || kind.local().is_some() {
        return id;
    }
    kind.identify(object).or(id)
}

/// What Terraform keeps of an object, as a block of ours would say it. What is not understood stays unsaid.
fn said(kind: &dyn Kind, object: &Object) -> Object {
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable());
    let is_said = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    let value = |attr: &Attr| conform(attr, object.get(attr.name).filter(is_said)?).ok();
    let mut said = attrs.filter_map(|attr| Some((attr.name.into(), value(attr)?))).collect();
    kind.unite(&mut said);
    said
}

impl Takeover {
    /// An object that lives in no account is what Terraform says of it; what is secret of it goes into the vault.
    fn tell(
        &mut self,
        session: &Session,
        kind: &'static dyn Kind,
        address: &Address,
        id: &str,
        object: &Object,
    ) -> Result<(), Failure> {
        let secrets = kind.local().map(|local| local.secrets()).unwrap_or_default();
        if !secrets.is_empty() && session.evaluator.secrets().vault().is_none() {
            let why = "it has a secret, and the environment names no place for secrets; add `secrets` to it";
            return Err(Failure::Error(format!("`{address}`: {why}; nothing was imported")));
        }
        let mut told = Object::new();
        for attr in &kind.schema().attrs {
            let Some(value) = object.get(attr.name).filter(|value| !value.is_null()) else { continue };
            if secrets.contains(&attr.name) {
                let text = value.as_str().unwrap_or_default().to_owned();
                self.secrets.push((secret_name(&local_id(address, id), attr.name), text.clone()));
                told.insert(attr.name.into(), Value::string(text).into_sensitive());
            } else if let Ok(value) = conform(attr, value) {
                told.insert(attr.name.into(), value);
            }
        }
        self.told.insert(address.clone(), told);
        Ok(())
    }
}
