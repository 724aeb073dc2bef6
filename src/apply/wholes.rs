//! After the last step: what AWS tells of an object because others of ours are there is recorded anew, so that no later
//! look takes it for the doing of somebody else.

use std::collections::{BTreeMap, BTreeSet};

use super::{Outcome, Shared};
use crate::address::Address;
use crate::kind::{Observation, Whole};
use crate::kinds;
use crate::refresh::normalized;
use crate::state::{Effect, Entry, Record};
use crate::value::{Object, same};

/// What is to be recorded anew, by kind and name in AWS: the attributes.
type Wholes = BTreeMap<(&'static str, String), BTreeSet<&'static str>>;

/// Records it. Whoever may not read these objects loses nothing but this.
pub(super) async fn record(shared: &Shared, results: &[Option<Outcome>]) {
    for ((kind, region), met) in met(shared, &touched(shared, results)) {
        let ids: Vec<String> = met.keys().cloned().collect();
        let Ok(found) = shared.cloud.remote(kind, &region).read(&ids).await else { continue };
        let effects: Vec<Effect> = found
            .into_iter()
            .filter_map(|(id, found)| {
                let (address, names) = met.get(&id)?;
                let record = shared.store.state().records.get(address)?.clone();
                let record = retold(record, &normalized(kind, found), names)?;
                Some(Effect::Record(address.clone(), record))
            })
            .collect();
        if !effects.is_empty() {
            // A store that cannot be written says so when the run ends.
            let _ = shared.store.commit(vec![Entry::Noted(effects)]).await;
        }
    }
}

/// The wholes of what this run has made, changed and destroyed; after one that was cut off, of everything.
fn touched(shared: &Shared, results: &[Option<Outcome>]) -> Wholes {
    let state = shared.store.state();
    let mut wholes = Wholes::new();
    let mut note = |address: &Address, object: &Object| {
        let of_kind = kinds::get(&address.kind).map(|kind| kind.part_of(object)).unwrap_or_default();
        for Whole { kind, id, attributes } in of_kind {
            wholes.entry((kind, id)).or_default().extend(attributes);
        }
    };
    for (step, _) in shared.plan.steps.iter().zip(results).filter(|(_, result)| result.is_some()) {
        let now = state.records.get(&step.address).map(|record| &record.object);
        step.before.iter().chain(now).for_each(|object| note(&step.address, object));
    }
    if shared.goes_on {
        state.records.iter().for_each(|(address, record)| note(address, &record.object));
    }
    wholes
}

/// Those of them that the state knows, by kind and region, then by name: the address, and the attributes.
type Met = BTreeMap<(&'static str, String), BTreeMap<String, (Address, BTreeSet<&'static str>)>>;

fn met(shared: &Shared, wholes: &Wholes) -> Met {
    let mut met = Met::new();
    if wholes.is_empty() {
        return met;
    }
    for (address, record) in &shared.store.state().records {
        let Some(kind) = kinds::get(&address.kind).map(|kind| kind.schema().kind) else { continue };
        if let Some(names) = wholes.get(&(kind, record.id.clone())) {
            let ids = met.entry((kind, record.region.clone())).or_default();
            ids.insert(record.id.clone(), (address.clone(), names.clone()));
        }
    }
    met
}

/// A record with what is told now of some attributes; none where it says that already.
fn retold(mut record: Record, found: &Observation, names: &BTreeSet<&'static str>) -> Option<Record> {
    let told: Object = found
        .object
        .iter()
        .filter(|(name, value)| {
            names.contains(&***name)
                && !record.hides(name)
                && value.is_wholly_known()
                && record.object.get(name).is_none_or(|known| !same(known, value))
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let differs = told.iter().next().is_some();
    record.object.extend(told);
    differs.then_some(record)
}
