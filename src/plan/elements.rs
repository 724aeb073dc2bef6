//! Elements that are objects of their own: a rule of a security group, a user in a user group. The group that has them
//! shows them, too; what it names only because of an element that goes, it lets go of when that is gone.

use std::collections::BTreeSet;

use crate::kinds;
use crate::plan::{Action, Step};
use crate::schema::refers::Reference;

/// What the elements name that leave in a plan: kind and id of the whole, kind and name of what is named.
pub struct Elements<'a>(BTreeSet<(&'a str, &'a str, &'a str, &'a str)>);

impl<'a> Elements<'a> {
    /// Those of the steps that delete an element.
    pub fn leaving(steps: &'a [Step]) -> Self {
        let mut found = BTreeSet::new();
        for step in steps.iter().filter(|step| step.action == Action::Delete) {
            let (Some(kind), Some(before)) = (kinds::get(&step.address.kind), &step.before) else { continue };
            let schema = kind.schema();
            let is_serial = |name: &str| schema.attr(name).is_some_and(|attr| attr.serial);
            let (wholes, named): (Vec<_>, Vec<_>) =
                schema.references(before).into_iter().partition(|one| is_serial(one.attribute));
            for whole in &wholes {
                // A rule may name the group itself.
                let named = named.iter().chain(&wholes);
                found.extend(named.map(|one| (whole.refers.kind, whole.text, one.refers.kind, one.text)));
            }
        }
        Self(found)
    }

    /// Whether what an object names is named by an element of it that goes.
    pub fn explain(&self, kind: &str, id: &str, name: &Reference) -> bool {
        self.0.contains(&(kind, id, name.refers.kind, name.text))
    }
}
