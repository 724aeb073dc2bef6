//! An account in memory that behaves as AWS where the engine relies on it: names are unique, ids are assigned, changes
//! take time, what is used cannot be deleted; and where things go wrong as they do there.

mod alarms;
pub mod calls;
mod groups;
pub mod lookups;
mod mentions;
mod rules;
pub mod shapes;
pub mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::kind::{Call, Cloud, ErrorClass, Event, Future_, Lookup, Observation, Remote, RemoteError, Reply};
use crate::kinds::tags::MARK;
use crate::simulation::clock::LeapingClock;
use crate::simulation::engine::Bug;
use crate::simulation::faults::{Fault, Faults};
use crate::value::{Object, Value};
use calls::{Work, refuse};
use world::{ACCOUNT, Key, World};

/// Hears of every call that writes.
pub trait Witness: Send {
    /// Before a call has any effect. Answers the address that a create is for.
    fn before(&mut self, world: &World, region: &str, kind: &'static str, call: &Call) -> Option<String>;
    /// After it has had its effect on an object.
    fn after(&mut self, world: &World, call: &Call, key: &Key);
}

/// The account.
#[derive(Clone)]
pub struct FakeCloud(Arc<Inner>);

struct Inner {
    clock: LeapingClock,
    faults: Arc<Faults>,
    world: Mutex<World>,
    witness: Mutex<Box<dyn Witness>>,
    bug: Option<Bug>,
}

/// How far a stale read is behind, in milliseconds.
const STALE: u64 = 8_000;

/// The region of every simulation.
pub const REGION: &str = "us-east-1";

/// How long a request takes.
const REQUEST: Duration = Duration::from_millis(80);

impl FakeCloud {
    /// An empty account.
    pub fn new(clock: LeapingClock, faults: Arc<Faults>, witness: Box<dyn Witness>, bug: Option<Bug>) -> Self {
        Self(Arc::new(Inner { clock, faults, world: Mutex::default(), witness: Mutex::new(witness), bug }))
    }

    /// The account as it is now.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle(self.now());
        world
    }

    /// The object that a call is about, where it is there.
    pub fn subject(world: &World, region: &str, kind: &'static str, call: &Call) -> Option<Key> {
        if let Some(what) = calls::tagged(call) {
            return world.by_arn(kind, &what);
        }
        let shape = shapes::of_kind(kind)?;
        let key = (kind, region.to_owned(), calls::subject(shape, call)?);
        world.get(&key).map(|_| key)
    }

    /// A call that somebody else makes.
    pub fn outside(&self, kind: &'static str, call: &Call) -> Option<Key> {
        let mut world = self.world();
        let shape = shapes::of_kind(kind)?;
        let (now, fault) = (self.now(), None);
        Work { world: &mut world, shape, region: REGION, call, now, fault }.carry_out().ok().map(|(_, key)| key)
    }

    /// The moment, in milliseconds.
    pub fn now(&self) -> u64 {
        self.0.clock.now_ms()
    }

    /// The way of a request to the service, with what can go wrong before it is there.
    async fn request(&self, place: &str) -> Result<Option<Fault>, RemoteError> {
        let fault = self.0.faults.strike(place);
        if fault == Some(Fault::CrashBefore) {
            self.0.faults.die();
        }
        self.0.clock.sleep(REQUEST).await;
        self.outlive().await;
        match fault {
            Some(Fault::Throttle) => Err(refuse(ErrorClass::Throttled, "Throttling", "Rate exceeded")),
            Some(Fault::ServerError) => Err(refuse(ErrorClass::Transient, "InternalFailure", "try again")),
            Some(Fault::LostRequest) => Err(refuse(ErrorClass::Transient, "ConnectionFailed", "connection reset")),
            Some(Fault::Denied) => Err(refuse(ErrorClass::Denied, "AccessDenied", "you may not")),
            Some(Fault::Capacity) => Err(refuse(ErrorClass::Fatal, "InsufficientCacheClusterCapacity", "no room")),
            fault => Ok(fault),
        }
    }

    /// What is dead waits for ever.
    async fn outlive(&self) {
        if self.0.faults.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    async fn invoke(&self, kind: &'static str, region: &str, call: &Call) -> Result<Reply, RemoteError> {
        self.outlive().await;
        let fault = self.request(&format!("call {}", call.operation)).await?;
        let result = self.carry_out_all(kind, region, call, fault);
        match fault {
            Some(Fault::CrashAfter) => {
                self.0.faults.die();
                self.outlive().await;
            }
            Some(Fault::ServerErrorAfter) => {
                return Err(refuse(ErrorClass::Transient, "InternalFailure", "try again"));
            }
            Some(Fault::Panic) => panic!("a fault that is planted in {}", call.operation),
            Some(Fault::LostAnswer) => {
                return Err(refuse(ErrorClass::Transient, "ConnectionFailed", "connection reset"));
            }
            _ => {}
        }
        result
    }

    /// A call about several objects is as many calls, if all of them are there.
    fn carry_out_all(
        &self,
        kind: &'static str,
        region: &str,
        call: &Call,
        fault: Option<Fault>,
    ) -> Result<Reply, RemoteError> {
        let parts = calls::parts(call);
        if parts.len() == 1 {
            return self.carry_out(kind, region, call, fault);
        }
        let shape = shapes::of_kind(kind).expect("a kind of the table");
        let (mut world, now) = (self.world(), self.now());
        let missing = |part: &Call| Work { world: &mut world, shape, region, call: part, now, fault }.named().err();
        if let Some(error) = parts.iter().find_map(missing) {
            return Err(error);
        }
        drop(world);
        parts.iter().try_fold(Reply::new(), |_, part| self.carry_out(kind, region, part, fault))
    }

    fn carry_out(
        &self,
        kind: &'static str,
        region: &str,
        call: &Call,
        fault: Option<Fault>,
    ) -> Result<Reply, RemoteError> {
        let mut world = self.world();
        let mut witness = self.0.witness.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = witness.before(&world, region, kind, call);
        let count = world.count();
        let shape = shapes::of_kind(kind).expect("a kind of the table");
        let now = self.now();
        let (reply, key) = Work { world: &mut world, shape, region, call, now, fault }.carry_out()?;
        if world.count() > count
            && let Some(thing) = world.change(&key, now)
        {
            thing.made_for = owner;
        }
        witness.after(&world, call, &key);
        Ok(reply)
    }

    /// Others delete the first of some objects.
    fn vanish(&self, kind: &'static str, region: &str, ids: &[String]) {
        let now = self.now();
        let mut world = self.world();
        let keys = ids.iter().map(|id| (kind, region.to_owned(), id.clone()));
        let ours = |key: &Key| world.get(key).is_some_and(|thing| thing.made_for.is_some());
        if let Some(key) = keys.filter(ours).find(|key| world.user_of(key).is_none()) {
            world.remove(&key, now);
        }
    }

    /// The moment that a read tells of.
    fn moment(&self, fault: Option<Fault>) -> u64 {
        self.now() - if fault == Some(Fault::Stale) { STALE } else { 0 }
    }

    async fn read(&self, kind: &'static str, region: &str, ids: &[String]) -> Result<Found, RemoteError> {
        self.outlive().await;
        let fault = self.request(&format!("read {kind}")).await?;
        if fault == Some(Fault::Vanish) {
            self.vanish(kind, region, ids);
        }
        let world = self.world();
        let moment = self.moment(fault);
        let things = world.at(moment);
        let see = |id: &String| {
            let key = (kind, region.to_owned(), id.clone());
            Some((id.clone(), things.get(&key)?.observe(&key)))
        };
        Ok(ids.iter().filter_map(see).collect())
    }
}

type Found = BTreeMap<String, Observation>;

impl fmt::Debug for FakeCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeCloud")
    }
}

impl Cloud for FakeCloud {
    fn remote(&self, kind: &str, region: &str) -> Arc<dyn Remote> {
        let shape = shapes::of_kind(crate::kinds::our_name(kind)).expect("a kind of the table");
        Arc::new(Place { cloud: self.clone(), kind: shape.kind, region: region.to_owned() })
    }

    fn lookups(&self, region: &str) -> Arc<dyn Lookup> {
        Arc::new(Place { cloud: self.clone(), kind: "", region: region.to_owned() })
    }

    fn events<'a>(&'a self, _: &'a str) -> Future_<'a, Result<Vec<Event>, RemoteError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn account(&self) -> Future_<'_, Result<String, RemoteError>> {
        Box::pin(async {
            self.request("read account").await?;
            Ok(ACCOUNT.to_owned())
        })
    }
}

/// The objects of a kind in a region.
struct Place {
    cloud: FakeCloud,
    kind: &'static str,
    region: String,
}

impl Remote for Place {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(self.cloud.read(self.kind, &self.region, ids))
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async move {
            self.cloud.outlive().await;
            self.cloud.request(&format!("read tags of {}", self.kind)).await?;
            if self.cloud.0.bug == Some(Bug::Unmarked) {
                return Ok(Value::string_map::<&str, &str>([]));
            }
            let world = self.cloud.world();
            let arn = object.get("arn").and_then(Value::as_str).unwrap_or_default();
            let mut named = world.mentioning(arn);
            let found = named.find(|(key, thing)| key.0 == self.kind && thing.arn() == Some(arn));
            let none = || refuse(ErrorClass::NotFound, "NotFound", "there is no such object");
            found.map(|(_, thing)| thing.tags_value()).ok_or_else(none)
        })
    }

    fn find<'a>(&'a self, mark: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async move {
            self.cloud.outlive().await;
            let fault = self.cloud.request(&format!("read mark of {}", self.kind)).await?;
            if self.cloud.0.bug == Some(Bug::Blind) {
                return Ok(None);
            }
            let world = self.cloud.world();
            let moment = self.cloud.moment(fault);
            let marked = |thing: &world::Thing| thing.tags.get(MARK).map(String::as_str) == Some(mark);
            let then = world.at(moment);
            let mut things = then.iter().filter(|(key, _)| key.0 == self.kind && key.1 == self.region);
            Ok(things.find(|(_, thing)| marked(thing)).map(|(key, _)| key.2.clone()))
        })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async move {
            self.cloud.outlive().await;
            let fault = self.cloud.request(&format!("read list of {}", self.kind)).await?;
            let moment = self.cloud.moment(fault);
            let world = self.cloud.world();
            let then = world.at(moment);
            let mine = then.iter().filter(|(key, _)| key.0 == self.kind && key.1 == self.region);
            Ok(mine.map(|(key, _)| key.2.clone()).collect())
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(self.cloud.invoke(self.kind, &self.region, call))
    }
}

impl Lookup for Place {
    fn lookup<'a>(&'a self, kind: &'a str, args: &'a Object) -> Future_<'a, Result<Object, RemoteError>> {
        Box::pin(async move {
            self.cloud.outlive().await;
            self.cloud.request(&format!("read lookup {kind}")).await?;
            let world = self.cloud.world();
            lookups::find(&world, &self.region, crate::kinds::our_name(kind), args)
        })
    }
}
