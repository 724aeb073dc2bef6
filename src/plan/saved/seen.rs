//! How the objects were that a plan touches, as digests that only the salt of the state can be tried against: whether one
//! of them has moved since is told by attribute, and the plan says nothing more of it.

use std::collections::{BTreeMap, BTreeSet};

use hmac::Mac;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::Observation;
use crate::kinds;
use crate::kinds::tags::MARK;
use crate::plan::saved::seal::{hex, keyed};
use crate::plan::{Action, Live, ObjectKey, Plan, Step};
use crate::stack::Stack;
use crate::state::{Progress, Record, State};
use crate::value::{Object, Value, json};

/// How an object was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its address.
    pub address: Address,
    /// The steps that touch it, by their numbers.
    pub steps: BTreeSet<u32>,
    /// Kind, region and name; none for what has no name yet and for what lives in no account.
    pub key: Option<ObjectKey>,
    /// The name of the object that has the address in the state.
    pub holder: Option<String>,
    /// The digest of the record of the object.
    pub record: Option<String>,
    /// Whether the plan takes the object over, so that it has a record only from then on.
    pub imported: bool,
    /// What the account said.
    pub live: Sight,
}

/// What the account said of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sight {
    /// It was not asked.
    Unread,
    /// There is none of that name.
    Absent,
    /// It is there: digests by attribute.
    Present(BTreeMap<String, String>),
}

/// What a plan touches, as it is in the state and was read.
pub fn seen(plan: &Plan, state: &State, live: &Live, stack: &Stack) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    for step in plan.steps.iter().filter(|step| step.action != Action::Read) {
        let key = key(step);
        let same = |one: &&mut Seen| one.address == step.address && one.key == key;
        if let Some(known) = all.iter_mut().find(same) {
            known.steps.insert(step.step.0);
            continue;
        }
        let before = plan.moves.iter().find(|(_, to)| *to == step.address).map_or(&step.address, |(from, _)| from);
        let record = record(state, before, step.id.as_deref());
        let ignored = |name: &str| {
            let block = stack.resource(&step.address);
            block.is_some_and(|block| block.meta.lifecycle.ignores(name))
                || name.starts_with("tags") && !step.changed.iter().any(|changed| changed.starts_with("tags"))
        };
        let live = match key.as_ref().and_then(|key| live.objects.get(key)) {
            Some(Some(found)) => Sight::Present(digests(step, found, &state.salt, ignored)),
            Some(None) => Sight::Absent,
            None => Sight::Unread,
        };
        all.push(Seen {
            address: step.address.clone(),
            steps: BTreeSet::from([step.step.0]),
            holder: state.records.get(before).map(|record| record.id.clone()),
            record: record.map(|record| record_digest(&step.address, record, &state.salt)),
            imported: plan.imports.iter().any(|import| import.address == step.address),
            key,
            live,
        });
    }
    all
}

/// What has moved since, each in a sentence. Of a plan that was begun, what it has touched itself is not looked at.
pub fn moved(all: &[Seen], plan: &Plan, state: &State, live: &Live, progress: Option<&Progress>) -> Vec<String> {
    let mut moved = Vec::new();
    let mut tell = |address: &Address, what: &str| moved.push(format!("`{address}` {what}"));
    let touched: BTreeSet<&ObjectKey> =
        all.iter().filter(|one| begun(one, progress)).filter_map(|one| one.key.as_ref()).collect();
    for one in all.iter().filter(|one| !begun(one, progress)) {
        if one.key.as_ref().is_some_and(|key| touched.contains(key)) {
            continue;
        }
        // What the plan moves has moved with its first entry.
        let from = plan.moves.iter().find(|(_, to)| *to == one.address).map(|(from, _)| from);
        let address = from.filter(|_| progress.is_none()).unwrap_or(&one.address);
        let id = one.key.as_ref().map(|(_, _, id)| &**id).or(one.holder.as_deref());
        let others = all.iter().any(|other| other.address == one.address && begun(other, progress));
        let taken = state.records.get(address).map(|record| &record.id);
        if !others && taken != one.holder.as_ref() && !(one.imported && progress.is_some()) {
            match taken {
                Some(_) => tell(&one.address, "has another object in the state than when the plan was made"),
                None => tell(&one.address, "is no longer in the state"),
            }
            continue;
        }
        let known = record(state, address, id).map(|record| record_digest(address, record, &state.salt));
        if known != one.record && !(one.imported && progress.is_some()) {
            tell(&one.address, "was changed by another run since the plan was made");
            continue;
        }
        let Some(key) = &one.key else { continue };
        let step = plan.steps.iter().find(|step| one.steps.contains(&step.step.0));
        match (&one.live, live.objects.get(key), step) {
            (Sight::Unread, ..) | (_, None, _) | (Sight::Absent, Some(None), _) => {}
            (Sight::Absent, Some(Some(_)), _) => {
                tell(&one.address, &format!("is to be made, and \"{}\" is there by now", key.2));
            }
            (Sight::Present(_), Some(None), _) => tell(&one.address, &format!("(\"{}\") is gone", key.2)),
            (Sight::Present(was), Some(Some(found)), Some(step)) => {
                let now = digests(step, found, &state.salt, |name| !was.contains_key(name));
                let names: Vec<String> = was
                    .iter()
                    .filter(|(name, digest)| now.get(*name) != Some(digest))
                    // Tags that cannot be read now say nothing.
                    .filter(|(name, _)| *name != IDENTITY || now.contains_key(IDENTITY))
                    .map(|(name, _)| shown(name))
                    .collect();
                if !names.is_empty() {
                    tell(&one.address, &format!("has moved since the plan was made: {}", names.join(", ")));
                }
            }
            (Sight::Present(_), Some(Some(_)), None) => {}
        }
    }
    moved
}

/// What is to be read again before the plan is carried out.
pub fn keys(all: &[Seen]) -> BTreeSet<ObjectKey> {
    all.iter().filter(|one| one.live != Sight::Unread).filter_map(|one| one.key.clone()).collect()
}

fn begun(one: &Seen, progress: Option<&Progress>) -> bool {
    progress.is_some_and(|progress| one.steps.iter().any(|step| progress.has_begun(*step)))
}

fn key(step: &Step) -> Option<ObjectKey> {
    let id = step.id.clone().filter(|_| kinds::local(&step.address.kind).is_none())?;
    Some((step.address.kind.to_string(), step.region.clone(), id))
}

/// The record of the object that a step is about: that of its address, or of one that has a successor.
fn record<'a>(state: &'a State, address: &Address, id: Option<&str>) -> Option<&'a Record> {
    let recorded = state.records.get(address).filter(|record| id.is_none_or(|id| record.id == id));
    let former = || state.deposed.iter().find(|old| old.address == *address && Some(&*old.record.id) == id);
    recorded.or_else(|| former().map(|old| &old.record))
}

/// What waits for the maintenance window counts as one attribute.
const PENDING: &str = "pending";
/// And so does which object it is of those that have had the name.
const IDENTITY: &str = "identity";

fn shown(name: &str) -> String {
    match name {
        PENDING => "what waits for the maintenance window".to_owned(),
        IDENTITY => "it is another object of the same name".to_owned(),
        name => format!("`{name}`"),
    }
}

/// The mark of an object, empty where it has none; nothing where its tags are not known.
fn mark(object: &Object) -> Option<&str> {
    let tags = object.get("tags_all").filter(|tags| tags.is_wholly_known() && !tags.is_null())?;
    Some(tags.get(MARK).and_then(Value::as_str).unwrap_or_default())
}

/// Digests of what can be set in an object, but for secrets and what `ignored` names.
fn digests(step: &Step, found: &Observation, key: &str, ignored: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let Some(kind) = kinds::get(&step.address.kind) else { return BTreeMap::new() };
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret && !ignored(attr.name));
    let object = attrs.map(|attr| {
        let value = found.object.get(attr.name).filter(|value| value.is_wholly_known());
        (attr.name.to_owned(), digest(attr.name, &value.map(json::encode).unwrap_or_default(), key))
    });
    let waits: Vec<String> =
        found.pending.iter().map(|(name, value)| format!("{name}={}", json::encode(&value.unmark_deep().0))).collect();
    let waits = (PENDING.to_owned(), digest(PENDING, &waits.join("\n"), key));
    let identity = mark(&found.object).map(|mark| (IDENTITY.to_owned(), digest(IDENTITY, mark, key)));
    object.chain(Some(waits).filter(|(name, _)| !ignored(name))).chain(identity).collect()
}

fn record_digest(address: &Address, record: &Record, key: &str) -> String {
    // What lives in no account has no mark: it is what its record says.
    let own = kinds::local(&address.kind).map(|_| json::encode(&Value::object(record.object.clone())));

    let pending: BTreeMap<&str, String> =
        record.pending.iter().map(|(name, value): (_, &Value)| (&**name, json::encode(value))).collect();
    let told = (&record.region, &record.id, &record.suffix, &record.secrets, &record.phase, &record.owed, &pending);
    let guards = (record.protect, record.guarded, record.abandon, wishes(address, record));
    digest("record", &format!("{told:?} {:?} {own:?} {guards:?}", mark(&record.object)), key)
}

/// What the state says of how an object goes: whether a final snapshot is taken, or nothing is deleted.
fn wishes(address: &Address, record: &Record) -> Vec<(&'static str, String)> {
    let attrs = kinds::get(&address.kind).into_iter().flat_map(|kind| &kind.schema().attrs);
    let farewell = attrs.filter(|attr| attr.name.starts_with("final_snapshot") || attr.name == "skip_destroy");
    farewell.filter_map(|attr| Some((attr.name, json::encode(record.object.get(attr.name)?)))).collect()
}

/// 32 hex digits.
fn digest(name: &str, text: &str, key: &str) -> String {
    hex(&keyed(key).chain_update(name).chain_update([0]).chain_update(text).finalize().into_bytes()[..16])
}
