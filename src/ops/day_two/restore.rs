//! A restore: the block says which snapshot its object is filled from, and the rest is a plan like any other. What a
//! snapshot does not keep (encryption, token, users, networks, tags) is in the block.

use crate::address::Address;
use crate::diag::did_you_mean;
use crate::generate::restored::{self, Edit};
use crate::kind::{Filled, Kind, Observation, Status};
use crate::kinds::backup;
use crate::ops::{Failure, Session};
use crate::plan::{Action, Plan};
use crate::value::{Object, Value, text};

/// The snapshot that is meant, of those of the object: one by name, or the newest that is ready.
///
/// # Errors
/// There is none, or it is not ready.
pub fn choose(found: &[Observation], about: &Address, wanted: &str) -> Result<Observation, Failure> {
    let ready = |one: &&Observation| matches!(one.status, Status::Settled | Status::Busy(_));
    if wanted == "latest" {
        let none = || Failure::Error(format!("there is no snapshot of `{about}` that is ready"));
        return found.iter().rfind(ready).cloned().ok_or_else(none);
    }
    let lower = wanted.to_lowercase();
    let is = |one: &&Observation| ["id", "snapshot_name"].iter().any(|name| text(&one.object, name) == Some(&lower));
    let one = found.iter().find(is);
    let one = one.ok_or_else(|| {
        let near = did_you_mean(&lower, found.iter().filter_map(|one| text(&one.object, "id")));
        let near =
            near.map_or("cachestack snapshots lists them".to_owned(), |near| format!("did you mean \"{near}\"?"));
        Failure::Error(format!("there is no snapshot \"{wanted}\": {near}"))
    })?;
    let status = text(&one.object, "status").unwrap_or("not ready");
    if ready(&one) { Ok(one.clone()) } else { Err(Failure::Error(format!("the snapshot \"{wanted}\" is {status}"))) }
}

/// Writes the snapshot into the block of an object, or into a copy of the block that has another name.
///
/// # Errors
/// The block cannot be edited for that: it says why, and what to write by hand.
pub fn edit(
    session: &Session,
    address: &Address,
    kind: &dyn Kind,
    filled: Filled,
    snapshot: &Object,
    copy: Option<&str>,
) -> Result<Edit, Failure> {
    let Some(resource) = session.evaluator.stack().resource(&address.config()) else {
        return Err(Failure::Error(format!("`{address}` has no block: write it again first, as it was")));
    };
    if let Some(name) = copy
        && session.evaluator.stack().resource(&Address { name: name.into(), ..address.config() }).is_some()
    {
        let why = "there is a block of that name already: choose another, or if an earlier run has written it, go on with cachestack apply";
        return Err(Failure::Error(format!("--as {name}: {why}")));
    }
    let file = session.sources.get(resource.span.file);
    let block = restored::Written { path: &file.path, text: &file.text, resource, kind };
    restored::edit(&block, address, filled, snapshot, copy).map_err(Failure::Error)
}

/// The snapshot that the block names already: a run that was cut off has written it, and may have sent what follows.
pub fn written(found: &[Observation], says: impl Fn(&Object) -> bool) -> Option<&Observation> {
    found.iter().rev().find(|one| says(&one.object))
}

/// Refuses a plan that does not fill the object, or fills it with what it cannot hold.
pub fn judge(plan: &Plan, address: &Address, filled: Filled, snapshot: &Object) -> Result<(), Failure> {
    let made = plan.steps.iter().find(|step| step.address == *address && step.action == Action::Create);
    let Some(after) = made.and_then(|step| step.after.as_ref()) else {
        let why = "would not make it anew, so that nothing is restored; nothing was sent";
        return Err(Failure::Error(format!("the plan for `{address}` {why}")));
    };
    let wanted = match filled {
        Filled::ByName(name) => text(after, name) == text(snapshot, "snapshot_name"),
        Filled::ByArn(name) => {
            let arns = after.get(name).and_then(Value::as_items).unwrap_or_default();
            arns.len() == 1 && arns[0].as_str() == text(snapshot, "arn")
        }
    };
    if !wanted {
        let why = "is filled from something else; nothing was sent";
        return Err(Failure::Error(format!("the plan for `{address}` {why}")));
    }
    backup::fits(snapshot, after).map_err(|why| Failure::Error(format!("`{address}`: {why}; nothing was sent")))
}
