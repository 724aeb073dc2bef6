//! The whole way: a kind compiles a change, the remote sends it through the SDK, the emulator carries it out, and
//! the remote reads back what was asked for.

mod alarms;
mod caches;
mod faults;
mod groups;
mod notices;
#[cfg(feature = "ec2-sdk")]
mod referee;
mod rules;

use std::time::Duration;

use super::*;
use crate::emulator::{self, Emulator, Options, Speed};
use crate::kind::{Change, Status, Target};
use crate::kinds;

/// An account in the emulator, and the clock that both sides go by.
struct World {
    aws: Aws,
    clock: VirtualClock,
    emulator: Emulator,
}

const ACCOUNT: &str = "111122223333";

impl World {
    fn new(speed: Speed) -> Self {
        let clock = VirtualClock::at(1_800_000_000);
        let emulator = Emulator::in_memory(Options { speed, clock: Arc::new(clock.clone()), ..Options::default() });
        let mut settings = Settings::new(Endpoint::emulator(emulator.clone()), Arc::new(clock.clone()));
        settings.account_id = Some(ACCOUNT.into());
        Self { aws: connect(settings).unwrap(), clock, emulator }
    }

    fn invoke(&self, kind: &str, call: &Call) -> Result<Reply, RemoteError> {
        run(self.aws.remote(kind, "us-east-1").invoke(call))
    }

    fn observe(&self, kind: &str, id: &str) -> Option<Observation> {
        run(self.aws.remote(kind, "us-east-1").read(&[id.to_owned()])).unwrap().remove(id)
    }

    fn look_up(&self, kind: &str, args: &[(&str, Value)]) -> Object {
        let args = args.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        run(self.aws.lookups("us-east-1").lookup(kind, &args)).unwrap()
    }

    /// Waits until the object has settled or is gone; answers the words that it went through.
    fn settle(&self, kind: &str, id: &str) -> (Option<Observation>, Vec<String>) {
        let mut words: Vec<String> = Vec::new();
        for _ in 0..2000 {
            match self.observe(kind, id) {
                None => return (None, words),
                Some(found) => match &found.status {
                    Status::Settled => return (Some(found), words),
                    Status::Making(word) | Status::Leaving(word) | Status::Busy(word) if words.last() == Some(word) => {
                    }
                    Status::Making(word) | Status::Leaving(word) | Status::Busy(word) => words.push(word.clone()),
                    Status::Broken(why) => panic!("{id} is broken: {why}"),
                },
            }
            self.clock.advance(Duration::from_secs(20));
        }
        panic!("{id} does not settle: {words:?}")
    }

    /// Compiles a change, makes its calls one after the other, and answers the object as it is then.
    fn change(&self, kind: &str, before: Option<&Object>, after: Option<&Object>) -> Option<Observation> {
        let target = Target { account: Some(ACCOUNT.into()), region: "us-east-1".into() };
        let kind_of = kinds::get(kind).unwrap();
        let (before, after) = (before.map(|it| normal(kind, it)), after.map(|it| normal(kind, it)));
        let (before, after) = (before.as_ref(), after.as_ref());
        let changed: Vec<&'static str> = kind_of
            .schema()
            .attrs
            .iter()
            .filter(|attr| after.and_then(|it| it.get(attr.name)) != before.and_then(|it| it.get(attr.name)))
            .map(|attr| attr.name)
            .collect();
        let mut id = kind_of.identify(before.or(after).unwrap());
        let ownership = [("cachestack:id".to_owned(), "i-1".to_owned())];
        let known = before.and(id.as_deref());
        let change = Change {
            phase: &[],
            changed: &changed,
            before,
            after,
            id: known,
            target: &target,
            both: &[],
            only: None,
            now: false,
        };
        for mut call in kind_of.compile(&change).unwrap_or_else(|problem| panic!("{problem:?}")) {
            call.own(&ownership);
            if let Some(id) = &id {
                call.args.values_mut().for_each(|value| fill(value, id));
            }
            let reply = self.invoke(kind, &call).unwrap_or_else(|error| panic!("{}: {error}", call.operation));
            id = id.or_else(|| reply.get("id").and_then(Value::as_str).map(str::to_owned));
            self.settle(kind, id.as_deref().unwrap());
        }
        self.observe(kind, &id.unwrap())
    }

    /// Makes an object and compares what can be read of it with what was asked for.
    fn create(&self, kind: &str, desired: &Object) -> Object {
        let found = self.change(kind, None, Some(desired)).expect("the new object");
        assert_eq!(found.status, Status::Settled);
        same(kind, &found.object, desired);
        found.object
    }

    /// Changes some attributes of an object as it was found and compares.
    fn update(&self, kind: &str, before: &Object, changes: &[(&str, Value)]) -> Object {
        let mut after = before.clone();
        after.extend(attributes(changes));
        let found = self.change(kind, Some(before), Some(&after)).expect("the object");
        same(kind, &found.object, &attributes(changes));
        found.object
    }

    fn delete(&self, kind: &str, object: &Object) {
        assert_eq!(self.change(kind, Some(object), None), None);
    }
}

/// Fills the holes of a call with the id that came back from the one before.
fn fill(value: &mut Value, id: &str) {
    if value.is_unknown() {
        *value = Value::string(id);
        return;
    }
    use crate::value::Data::*;
    match &mut value.data {
        List(_, items) | Set(_, items) | Tuple(items) => Arc::make_mut(items).iter_mut().for_each(|it| fill(it, id)),
        Map(_, items) | Object(items) => items.values_mut().for_each(|it| fill(it, id)),
        _ => (),
    }
}

fn attributes(items: &[(&str, Value)]) -> Object {
    items.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
}

/// The form that the schema makes equal.
fn normal(kind: &str, object: &Object) -> Object {
    let schema = kinds::get(kind).unwrap().schema();
    let form = |(name, value): (&Arc<str>, &Value)| {
        let normalize = schema.attr(name).and_then(|attr| attr.normalize);
        (name.clone(), normalize.map_or_else(|| value.clone(), |normalize| normalize(value.clone())))
    };
    object.iter().map(form).collect()
}

/// Compares attributes in the form that the schema makes equal.
fn same(kind: &str, found: &Object, desired: &Object) {
    let schema = kinds::get(kind).unwrap().schema();
    let found = normal(kind, found);
    for (name, wanted) in &normal(kind, desired) {
        assert!(schema.attr(name).is_some(), "{kind} has no {name}");
        let Some(value) = found.get(name) else {
            // What AWS does not give back.
            assert!(["auth_token", "apply_immediately", "name_prefix"].contains(&&**name), "{kind} tells no {name}");
            continue;
        };
        let value = if &**name == "tags_all" { visible(value) } else { value.clone() };
        assert_eq!(format!("{value:?}"), format!("{wanted:?}"), "{kind}.{name}");
    }
}

fn visible(tags: &Value) -> Value {
    Value::map(Type::String, kinds::tags::visible(tags))
}

fn set_of(items: Vec<Value>) -> Value {
    Value::set(Type::Any, items)
}
