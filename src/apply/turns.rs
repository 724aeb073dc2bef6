//! Turns: of some parents AWS takes one change at a time, so that steps on the same one are made one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::kinds;
use crate::schema::Schema;
use crate::value::Object;

/// Who is next, by kind, region and name of the parent.
#[derive(Debug, Default)]
pub struct Turns(Mutex<BTreeMap<Parent, Arc<Turn<()>>>>);

type Parent = (&'static str, String, String);

/// The kinds of which AWS takes one change at a time, whoever makes it.
static PARENTS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let attrs = kinds::KINDS.into_iter().flat_map(|kind| &kind.schema().attrs);
    attrs.filter(|attr| attr.serial).flat_map(|attr| &attr.refers).map(|refers| refers.kind).collect()
});

impl Turns {
    /// Waits for the turn of an object of a kind on each of its parents, and on itself where it is one; it lasts as long
    /// as what is answered. `id` is its own name in AWS, if it has one yet.
    pub async fn take(
        &self,
        schema: &Schema,
        region: &str,
        object: &Object,
        id: Option<&str>,
    ) -> Vec<OwnedMutexGuard<()>> {
        let serial = schema.attrs.iter().filter(|attr| attr.serial);
        let named = serial.filter_map(|attr| Some((attr.refers.first()?.kind, object.get(attr.name)?.as_str()?)));
        let own = id.filter(|_| PARENTS.contains(schema.kind)).map(|id| (schema.kind, id));
        // In one order, so that no two wait for each other.
        let parents: BTreeSet<(&'static str, &str)> = named.chain(own).collect();
        let mut taken = Vec::new();
        for (kind, parent) in parents {
            let turn = self.of((kind, region.to_owned(), parent.to_owned()));
            taken.push(turn.lock_owned().await);
        }
        taken
    }

    fn of(&self, parent: Parent) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(parent).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::get;
    use crate::value::Value;

    /// Who holds the turn, and who asks for it: kind, region, its parent, its own name.
    type Asks = (&'static str, &'static str, &'static str, Option<&'static str>);

    #[tokio::test]
    async fn objects_of_one_parent_take_turns_and_the_parent_with_them() {
        let association = |region, parent| ("user_group_association", region, parent, None);
        let group = |region, id| ("user_group", region, "", Some(id));
        let cases: &[(Asks, Asks, bool)] = &[
            (association("r", "p"), association("r", "q"), true),
            (association("r", "p"), association("s", "p"), true),
            (association("r", "p"), association("r", "p"), false),
            (association("r", "p"), group("r", "p"), false),
            (association("r", "p"), group("r", "q"), true),
            (group("r", "p"), association("r", "p"), false),
            (("user", "r", "", Some("p")), association("r", "p"), true),
        ];
        for (first, second, free) in cases {
            let turns = Turns::default();
            let ask = async |(kind, region, parent, id): &Asks| {
                let object = Object::from([("user_group_id".into(), Value::string(*parent))]);
                turns.take(get(kind).expect("a kind").schema(), region, &object, *id).await
            };
            let held = ask(first).await;
            let wait = std::time::Duration::from_millis(20);
            assert_eq!(tokio::time::timeout(wait, ask(second)).await.is_ok(), *free, "{first:?} {second:?}");
            drop(held);
            ask(second).await;
        }
    }
}
