//! What the successor of a cache names, and nothing here makes: whether it is there is asked before the old cache goes,
//! since a successor that cannot be made leaves none at all.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kinds;
use crate::plan::draft::Draft;
use crate::plan::{Action, ObjectKey, Reason, Step};
use crate::schema::refers::By;

/// What to ask for, and what is not there.
#[derive(Default)]
pub struct Named {
    /// Objects of which it is not known whether they are there.
    pub needs: BTreeSet<ObjectKey>,
    /// An error for each that is not.
    pub missing: Vec<Diagnostic>,
}

/// Kinds whose absence AWS only tells when it is to make the cache.
const ASKED: [&str; 4] = ["subnet_group", "parameter_group", "user_group", "snapshot"];

/// Looks at the successors of caches that go before these come.
pub fn named(draft: &Draft) -> Named {
    let mut found = Named::default();
    // What is only remembered tells nothing of what others have made.
    let Some(live) = draft.inputs.live.filter(|_| !draft.inputs.options.remembered) else { return found };
    let (successors, going) = successors(draft);
    if successors.is_empty() {
        return found;
    }
    let records = draft.state.records.iter().map(|(address, record)| (&*address.kind, &*record.region, &*record.id));
    let made = draft.plan.steps.iter().filter(|step| step.action == Action::Create);
    let made = made.filter_map(|step| Some((&*step.address.kind, &*step.region, step.id.as_deref()?)));
    let known: BTreeSet<(&str, &str, &str)> = records.chain(made).collect();
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
                None => drop(found.needs.insert(key)),
                Some(Some(false)) => found.missing.push(missing(draft, step, reference.attribute, &key)),
                Some(_) => {}
            }
        }
    }
    found
}

/// The new caches that come in the place of old ones, and the addresses whose old one goes first.
fn successors<'a>(draft: &'a Draft) -> (Vec<&'a Step>, BTreeSet<&'a Address>) {
    let holds = |step: &&Step| kinds::get(&step.address.kind).is_some_and(|kind| kind.holds_data());
    let replaced = |step: &&Step| matches!(step.reason, Reason::Replaced { create_first: false, .. });
    let steps = || draft.plan.steps.iter().filter(replaced).filter(holds);
    let going = steps().filter(|step| step.action == Action::Delete).map(|step| &step.address).collect();
    (steps().filter(|step| step.action == Action::Create).collect(), going)
}

fn missing(draft: &Draft, step: &Step, attribute: &str, (kind, region, id): &ObjectKey) -> Diagnostic {
    let detail = format!(
        "`{}` would be destroyed to be made anew with {kind} \"{id}\", which is not there in {region}: the old one would be gone, and no new one could be made.",
        step.address
    );
    let help = "Make it first, or name another; a block of the stack is named by reference.";
    let mut diagnostic = Diagnostic::error("CS0617", "The successor could not be made", detail).help(help);
    diagnostic.span = draft.places.get(&step.address).and_then(|desired| desired.span_of(attribute));
    diagnostic.of(&step.address)
}
