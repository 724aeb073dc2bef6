//! Which objects of an account the blocks of a stack mean that have no record: the state was lost, or a run was cut off.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::generate::Found;
use crate::plan::{Action, Plan, Step};
use crate::schema::{Attr, Update};
use crate::state::State;
use crate::value::{Object, Origin, Value};

/// Instances that have a block and no record, with the objects that they mean, by their places among those found.
#[derive(Debug, Default)]
pub struct Meant {
    /// Those that an `import` block names.
    pub imported: BTreeMap<Address, usize>,
    /// Those that a block describes, and no `import` block names.
    pub described: BTreeMap<Address, usize>,
}

impl Meant {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&Address, usize)> {
        self.imported.iter().chain(&self.described).map(|(address, at)| (address, *at))
    }

    fn object<'a>(&self, address: &Address, found: &'a [Found]) -> Option<&'a Object> {
        let at = self.imported.get(address).or_else(|| self.described.get(address))?;
        Some(&found[*at].object)
    }
}

/// Reads it from what a plan of the stack would import and make.
pub fn meant(plan: &Plan, state: &State, found: &[Found], region: &str) -> Meant {
    let mut meant = Meant::default();
    let at = |kind: &str, id: &str| found.iter().position(|one| one.kind.schema().kind == kind && one.id == id);
    for one in plan.imports.iter().filter(|one| one.record.region == region) {
        meant.imported.extend(at(&one.address.kind, &one.record.id).map(|at| (one.address.clone(), at)));
    }
    let is_new = |step: &&Step| step.action == Action::Create && !state.records.contains_key(&step.address);
    let mut open: Vec<&Step> = plan.steps.iter().filter(is_new).filter(|step| step.region == region).collect();
    // What refers to another one can be told once that is.
    loop {
        let before = open.len();
        open.retain(|step| match only(step, &meant, found) {
            Some(at) => meant.described.insert(step.address.clone(), at).is_some(),
            None => true,
        });
        if open.len() == before {
            return meant;
        }
    }
}

/// The only object that a step can mean.
fn only(step: &Step, meant: &Meant, found: &[Found]) -> Option<usize> {
    let is_free = |at: &usize| !meant.all().any(|(_, taken)| taken == *at);
    let mut fitting = (0..found.len()).filter(is_free).filter(|at| fits(step, &found[*at], meant, found));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// Whether an object is what a step would make: by its name, or else by all that is written of it.
fn fits(step: &Step, one: &Found, meant: &Meant, found: &[Found]) -> bool {
    let (kind, Some(wish)) = (one.kind, &step.after) else { return false };
    if kind.schema().kind != &*step.address.kind {
        return false;
    }
    if let Some(id) = kind.identify(wish).filter(|_| !kind.is_named_by_aws()) {
        return id == one.id;
    }
    let names = [kind.name_attribute(), kind.name_scope()];
    let named = kind.name_attribute().is_some_and(|name| step.changed.contains(&name));
    let counts = |attr: &&Attr| match named {
        true => names.contains(&Some(attr.name)),
        false => attr.settable() && !attr.secret && attr.update != Update::Local,
    };
    let attrs = kind.schema().attrs.iter().filter(counts).filter(|attr| step.changed.contains(&attr.name));
    let mut judged = attrs.filter_map(|attr| is_so(attr, &known(wish.get(attr.name)?, meant, found)?, &one.object));
    let first = judged.next();
    first == Some(true) && judged.all(|so| so)
}

/// A value, as far as the objects tell it that are meant.
fn known(value: &Value, meant: &Meant, found: &[Found]) -> Option<Value> {
    if !value.is_unknown() {
        return Some(value.clone()).filter(Value::is_wholly_known);
    }
    match &**value.origins().first()? {
        Origin::Attribute(of, name) => meant.object(of, found)?.get(name).cloned(),
        _ => None,
    }
}

/// Whether an attribute of an object is what is wanted of it; nothing where nobody can tell.
fn is_so(attr: &Attr, wanted: &Value, object: &Object) -> Option<bool> {
    if wanted.is_null() {
        return None;
    }
    if let Some(whole) = attr.begins {
        let name = object.get(whole).and_then(Value::as_str)?;
        return Some(name.starts_with(wanted.as_str()?));
    }
    Some(object.get(attr.name).is_some_and(|now| attr.is_satisfied(now, wanted)))
}
