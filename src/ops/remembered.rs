//! A plan without a look at the account (`-refresh=false`): what is recorded stands for what is there. Look-ups are still
//! asked, as by Terraform, since no state remembers them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kind::{Call, Cloud, ErrorClass, Event, Future_, Lookup, Observation, Remote, RemoteError, Reply, Status};
use crate::plan::{Note, ObjectKey};
use crate::state::State;
use crate::value::{Object, Value};

type Objects = BTreeMap<ObjectKey, Object>;

/// What the state remembers of an account, and the account for look-ups.
struct Remembered {
    account: Arc<dyn Cloud>,
    objects: Arc<Objects>,
}

/// A cloud that has what a state remembers, whose look-ups are those of an account.
pub fn cloud(account: &Arc<dyn Cloud>, state: &State) -> Arc<dyn Cloud> {
    let deposed = state.deposed.iter().map(|deposed| (&deposed.address, &deposed.record));
    let recorded = state.records.iter().chain(deposed).map(|(address, record)| {
        let key = (address.kind.to_string(), record.region.clone(), record.id.clone());
        (key, record.object.clone())
    });
    Arc::new(Remembered { account: account.clone(), objects: Arc::new(recorded.collect()) })
}

/// What a plan that was made so says of itself.
pub fn note() -> Note {
    let text = "made of what the state remembers: the account was not read, so what others have changed, and what waits \
                there for a maintenance window, is not in it";
    Note { address: None, text: text.to_owned() }
}

impl Cloud for Remembered {
    fn remote(&self, kind: &str, region: &str) -> Arc<dyn Remote> {
        Arc::new(Place { objects: self.objects.clone(), kind: kind.to_owned(), region: region.to_owned() })
    }

    fn lookups(&self, region: &str) -> Arc<dyn Lookup> {
        self.account.lookups(region)
    }

    fn events<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<Event>, RemoteError>> {
        self.account.events(region)
    }

    fn account(&self) -> Future_<'_, Result<String, RemoteError>> {
        self.account.account()
    }
}

/// The remembered objects of a kind in a region.
struct Place {
    objects: Arc<Objects>,
    kind: String,
    region: String,
}

impl Place {
    fn observe(&self, id: &str) -> Option<Observation> {
        let object = self.objects.get(&(self.kind.clone(), self.region.clone(), id.to_owned()))?.clone();
        Some(Observation { status: Status::Settled, object, pending: Object::new() })
    }
}

impl Remote for Place {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>> {
        let found = ids.iter().filter_map(|id| Some((id.clone(), self.observe(id)?))).collect();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        let tags = object.get("tags_all").cloned().unwrap_or_else(|| Value::string_map::<&str, &str>([]));
        Box::pin(std::future::ready(Ok(tags)))
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(std::future::ready(Err(only_read())))
    }

    fn invoke<'a>(&'a self, _: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(std::future::ready(Err(only_read())))
    }
}

fn only_read() -> RemoteError {
    RemoteError {
        class: ErrorClass::Fatal,
        code: "OnlyRemembered".to_owned(),
        message: "a plan that does not read the account is only shown".to_owned(),
        request_id: None,
    }
}
