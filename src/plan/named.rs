//! What the successor of a cache names, and nothing here makes: whether it is there is asked before the old cache goes,
//! since a successor that cannot be made leaves none at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kinds;
use crate::plan::draft::Draft;
use crate::plan::{Action, ObjectKey, Reason, Step};
use crate::schema::refers::By;

/// Kinds whose absence AWS only tells when it is to make the cache.
const ASKED: [&str; 4] = ["subnet_group", "parameter_group", "user_group", "snapshot"];

/// What is not there, by address.
pub type Missing<'a> = BTreeMap<&'a Address, String>;

/// Looks at the successors of caches that go before these come: what is to be asked for, and what is known not to be there.
pub fn named<'a>(draft: &'a Draft) -> (BTreeSet<ObjectKey>, Missing<'a>) {
    let (mut needs, mut missing) = (BTreeSet::new(), Missing::new());
    // What is only remembered tells nothing of what others have made.
    let Some(live) = draft.inputs.live.filter(|_| !draft.inputs.options.remembered) else { return (needs, missing) };
    let (successors, going) = successors(draft);
    if successors.is_empty() {
        return (needs, missing);
    }
    let known = known(draft);
    for step in successors.into_iter().filter(|step| going.contains(&step.address)) {
        let (Some(kind), Some(after)) = (kinds::get(&step.address.kind), &step.after) else { continue };
        for reference in kind.schema().references(after) {
            let (of, id) = (reference.refers.kind, reference.text);
            // Default groups are made by AWS where they are asked for.
            let of_aws = of == "parameter_group" && id.starts_with("default.");
            if reference.refers.by != By::Id
                || !ASKED.contains(&of)
                || of_aws
                || known.contains(&(of, &*step.region, id))
            {
                continue;
            }
            let key = (of.to_owned(), step.region.clone(), id.to_owned());
            match live.named.get(&key) {
                None => drop(needs.insert(key)),
                Some(Some(false)) => {
                    let why = format!(
                        "its successor could not be made: {of} \"{id}\", its `{}`, is not there in {}; make it first, or name another",
                        reference.attribute, step.region
                    );
                    missing.insert(&step.address, why);
                }
                Some(_) => {}
            }
        }
    }
    (needs, missing)
}

/// Kind, region and name of what is recorded or made by this plan, final snapshots among it.
fn known<'a>(draft: &'a Draft) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    let steps = || draft.plan.steps.iter();
    let records = draft.state.records.iter().map(|(address, record)| (&*address.kind, &*record.region, &*record.id));
    let made = steps().filter(|step| step.action == Action::Create);
    let made = made.filter_map(|step| Some((&*step.address.kind, &*step.region, step.id.as_deref()?)));
    let left = steps().filter_map(|step| Some(("snapshot", &*step.region, step.farewell.as_deref()?)));
    records.chain(made).chain(left).collect()
}

/// The new caches that come in the place of old ones, and the addresses whose old one goes first.
fn successors<'a>(draft: &'a Draft) -> (Vec<&'a Step>, BTreeSet<&'a Address>) {
    let holds = |step: &&Step| kinds::get(&step.address.kind).is_some_and(|kind| kind.holds_data());
    let replaced = |step: &&Step| matches!(step.reason, Reason::Replaced { create_first: false, .. });
    let steps = || draft.plan.steps.iter().filter(replaced).filter(holds);
    let going = steps().filter(|step| step.action == Action::Delete).map(|step| &step.address).collect();
    (steps().filter(|step| step.action == Action::Create).collect(), going)
}
