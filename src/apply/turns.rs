//! Turns: of some parents AWS takes one change at a time, so that steps on the same one are made one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::schema::Schema;
use crate::value::{Object, Value};

/// Who is next, by region and name of the parent.
#[derive(Debug, Default)]
pub struct Turns(Mutex<BTreeMap<(String, String), Arc<Turn<()>>>>);

impl Turns {
    /// Waits for the turn of an object of a kind on each of its parents; it lasts as long as what is answered.
    pub async fn take(&self, schema: &Schema, region: &str, object: &Object) -> Vec<OwnedMutexGuard<()>> {
        let serial = schema.attrs.iter().filter(|attr| attr.serial);
        let parents = serial.filter_map(|attr| object.get(attr.name).and_then(Value::as_str));
        // In one order, so that no two wait for each other.
        let parents: BTreeSet<&str> = parents.collect();
        let mut taken = Vec::new();
        for parent in parents {
            let turn = self.of(region, parent);
            taken.push(turn.lock_owned().await);
        }
        taken
    }

    fn of(&self, region: &str, parent: &str) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry((region.to_owned(), parent.to_owned())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attr;
    use crate::value::Type;

    #[tokio::test]
    async fn objects_of_one_parent_take_turns() {
        let parent = Attr::optional("parent", Type::String).serial();
        let schema = Schema::new("k", "aws_k", "", vec![parent, Attr::optional("other", Type::String)]);
        let object = |parent: &str, other: &str| {
            Object::from([("parent".into(), Value::string(parent)), ("other".into(), Value::string(other))])
        };
        let turns = Turns::default();
        let first = turns.take(&schema, "r", &object("p", "x")).await;
        assert_eq!(first.len(), 1);
        for (region, other, free) in
            [("r", object("q", "x"), true), ("s", object("p", "x"), true), ("r", object("p", "y"), false)]
        {
            let wait = turns.take(&schema, region, &other);
            let taken = tokio::time::timeout(std::time::Duration::from_millis(20), wait).await;
            assert_eq!(taken.is_ok(), free, "{region} {other:?}");
        }
        drop(first);
        assert_eq!(turns.take(&schema, "r", &object("p", "y")).await.len(), 1);
    }
}
