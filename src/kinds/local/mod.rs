//! Kinds that live in no account, as small providers of Terraform have them (`random`, `time`, `null` and its own
//! `terraform_data`): what they are is computed once and kept in the record. Arguments, defaults, rules and results are
//! those of the providers (random 3.x, time 0.x, null 3.x).

pub mod data;
mod draw;
mod go_random;
pub mod random_bytes;
pub mod random_id;
pub mod random_number;
pub mod random_pet;
pub mod random_text;
pub mod time;
pub mod time_shift;
pub mod time_sleep;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use crate::kind::{Call, Change, Kind, Local, Means, Problem, Target};
use crate::schema::{Attr, Schema};
use crate::value::{Object, Type, Value, text};

/// A kind that is its schema and a few functions.
pub struct Plain {
    schema: &'static LazyLock<Schema>,
    /// The rules between attributes.
    check: fn(&Object) -> Vec<Problem>,
    /// What counts of what is written.
    unite: fn(&mut Object),
    /// What follows from what is written, over what is there; anything else stays as it was made.
    follow: fn(&mut Object, Option<&Object>),
    /// What is made out of what is written.
    make: fn(&Object, &Means) -> Result<Object, String>,
    /// The object that a text stands for.
    import: fn(&str) -> Result<Object, String>,
    /// Attributes that are kept in the vault.
    secrets: &'static [&'static str],
    /// Whether its time is over.
    is_over: fn(&Object, SystemTime) -> bool,
    /// What is waited for before it is made, or before it goes.
    pause: fn(&Object, bool) -> Option<Duration>,
}

impl Plain {
    /// A kind without rules between attributes, of which nothing follows, and that has no secrets.
    const fn new(
        schema: &'static LazyLock<Schema>,
        make: fn(&Object, &Means) -> Result<Object, String>,
        import: fn(&str) -> Result<Object, String>,
    ) -> Self {
        let (check, follow) = (|_: &Object| Vec::new(), |_: &mut Object, _: Option<&Object>| ());
        Self {
            schema,
            check,
            unite: |_| (),
            follow,
            make,
            import,
            secrets: &[],
            is_over: |_, _| false,
            pause: |_, _| None,
        }
    }
}

impl Kind for Plain {
    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn local(&self) -> Option<&dyn Local> {
        Some(self)
    }

    fn unite(&self, desired: &mut Object) {
        (self.unite)(desired);
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        (self.check)(desired)
    }

    /// Nothing about it need be unique.
    fn identify(&self, _: &Object) -> Option<String> {
        None
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, _: &Target) {
        (self.follow)(planned, live);
    }

    fn complete(&self, _: &Object, _: &Object, _: &mut Vec<&'static str>, after: &mut Object) {
        (self.follow)(after, None);
    }

    fn compile(&self, _: &Change) -> Result<Vec<Call>, Problem> {
        Ok(Vec::new())
    }

    fn name_attribute(&self) -> Option<&'static str> {
        None
    }
}

impl Local for Plain {
    fn make(&self, wanted: &Object, means: &Means) -> Result<Object, String> {
        (self.make)(wanted, means)
    }

    fn secrets(&self) -> &'static [&'static str] {
        self.secrets
    }

    fn import(&self, id: &str) -> Result<Object, String> {
        (self.import)(id)
    }

    fn is_over(&self, object: &Object, now: SystemTime) -> bool {
        (self.is_over)(object, now)
    }

    fn pause(&self, object: &Object, goes: bool) -> Option<Duration> {
        (self.pause)(object, goes)
    }
}

/// Texts by which a new object is wanted when one of them changes.
fn keepers(name: &'static str) -> Attr {
    Attr::optional(name, Type::map(Type::String)).replace().doc("Any texts; when one changes, a new object is made.")
}

fn id(doc: &'static str) -> Attr {
    Attr::computed("id", Type::String).doc(doc)
}

fn number(object: &Object, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

fn object<const N: usize>(attributes: [(&str, Value); N]) -> Object {
    attributes.into_iter().map(|(name, value)| (name.into(), value)).collect()
}
