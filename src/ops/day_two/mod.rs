//! What is done with objects that are there: which one is meant, how it is, and why something cannot be done.

pub mod backup;
pub mod doctor;
pub mod endpoints;
pub mod events;
pub mod failover;
pub mod login;
pub mod metrics;
pub mod performance;
pub mod restore;
pub mod snapshots;
pub mod updates;

use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::apply::Stop;
use crate::kind::{DayTwo, ErrorClass, Kind, Observation, RemoteError, Status};
use crate::kinds;
use crate::ops::connect::Connection;
use crate::ops::plan::check_home;
use crate::ops::{Failure, Session};
use crate::state::{Record, State};

/// An object that a verb is about.
#[derive(Clone)]
pub struct Meant {
    /// What it is called.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Where it is.
    pub region: String,
    /// Its name in AWS.
    pub id: String,
    /// What was last seen of it.
    pub record: Record,
}

/// The recorded object of an address.
///
/// # Errors
/// There is no such block, it was not applied, it has several instances, or `takes` refuses its kind.
pub fn meant(
    session: &Session,
    state: &State,
    address: &Address,
    takes: impl Fn(&dyn Kind) -> bool,
) -> Result<Meant, Failure> {
    let kind = kind_of(address, takes)?;
    let within: Vec<(&Address, &Record)> = state.records.iter().filter(|(one, _)| one.is_within(address)).collect();
    match within[..] {
        [(address, record)] => Ok(Meant {
            address: address.clone(),
            kind,
            region: record.region.clone(),
            id: record.id.clone(),
            record: record.clone(),
        }),
        [] => Err(Failure::Error(unknown(session, state, address))),
        _ => {
            let names: Vec<String> = within.iter().map(|(address, _)| address.to_string()).collect();
            Err(Failure::Error(format!("`{address}` is {} objects: name one of {}", names.len(), names.join(", "))))
        }
    }
}

/// The kind of an address.
///
/// # Errors
/// `takes` refuses it: those that it takes are named.
pub fn kind_of(address: &Address, takes: impl Fn(&dyn Kind) -> bool) -> Result<&'static dyn Kind, Failure> {
    let kind = kinds::get(&address.kind);
    if let Some(kind) = kind.filter(|kind| takes(*kind)) {
        return Ok(kind);
    }
    let fit: Vec<&str> = kinds::names().filter(|name| kinds::get(name).is_some_and(&takes)).collect();
    let fit = match &fit[..] {
        [some @ .., last] if !some.is_empty() => format!("{} or {last}", some.join(", ")),
        _ => fit.concat(),
    };
    Err(Failure::Error(format!("`{address}` is no {fit}")))
}

/// So many are named.
const NAMED: usize = 5;

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Why an address means nothing.
pub fn unknown(session: &Session, state: &State, address: &Address) -> String {
    let stack = session.evaluator.stack();
    if stack.resource(&address.config()).is_some() {
        let others: Vec<String> =
            state.records.keys().filter(|known| known.config() == address.config()).map(ToString::to_string).collect();
        if !others.is_empty() {
            let there = listed(&others);
            return format!("`{address}` has no record: there are {there}; apply it first if it is new");
        }
        return format!("`{address}` is declared and has no record: apply it first");
    }
    let declared = stack.resources().map(|one| one.address.to_string());
    let known = state.records.keys().map(ToString::to_string).chain(declared);
    let wanted = address.to_string();
    let near = known.map(|name| (strsim::jaro_winkler(&name, &wanted), name));
    let near = near.filter(|(near, _)| *near > 0.8).max_by(|one, other| one.0.total_cmp(&other.0));
    let hint = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
    format!("there is no `{address}`, neither in the stack nor in its state{hint}")
}

/// Checks that the account is the one that the state is of.
pub fn at_home(session: &Session, state: &State, connection: &Connection) -> Result<(), Failure> {
    check_home(&state.home, session, connection)
}

/// The service of the account.
pub fn service(connection: &Connection) -> Result<Arc<dyn DayTwo>, Failure> {
    let none = || Failure::Error("this account has no service to ask".to_owned());
    connection.day_two.clone().ok_or_else(none)
}

/// How an object is.
///
/// # Errors
/// It cannot be read, or is gone.
pub async fn look(connection: &Connection, meant: &Meant) -> Result<Observation, Failure> {
    let word = meant.kind.schema().kind;
    let ids = [meant.id.clone()];
    let read = connection.cloud.remote(word, &meant.region).read(&ids).await;
    let mut found = read.map_err(|error| refused(&meant.address.to_string(), &error))?;
    found.remove(&meant.id).ok_or_else(|| {
        let (id, region) = (&meant.id, &meant.region);
        Failure::Error(format!("`{}` is recorded as \"{id}\" in {region}, and there is no such {word}", meant.address))
    })
}

/// The same of one that is at rest.
///
/// # Errors
/// Also where it is busy, or will not come right by itself.
pub async fn look_at_rest(connection: &Connection, meant: &Meant) -> Result<Observation, Failure> {
    at_rest(meant, look(connection, meant).await?)
}

/// Refuses one that is busy, or will not come right by itself.
pub fn at_rest(meant: &Meant, found: Observation) -> Result<Observation, Failure> {
    let (address, id) = (&meant.address, &meant.id);
    match &found.status {
        Status::Settled => Ok(found),
        Status::Broken(word) => {
            Err(Failure::Error(format!("`{address}` (\"{id}\") is {word}: AWS does nothing with it")))
        }
        Status::Making(word) | Status::Leaving(word) | Status::Busy(word) => {
            Err(Failure::Error(format!("`{address}` (\"{id}\") is busy ({word}): try again when that has ended")))
        }
    }
}

/// Why the service did not do something, and what to do where it is busy.
pub fn refused(about: &str, error: &RemoteError) -> Failure {
    let what = match error.class {
        ErrorClass::Busy => "; the service is busy with it: try again when that has ended",
        ErrorClass::Throttled => "; the service is asked too often: try again later",
        _ => "",
    };
    Failure::Error(format!("{about}: {error}{what}"))
}

/// The longest that is waited for something.
const WAIT_MAX: Duration = Duration::from_secs(2 * 3600);

/// Looks again and again until `look` answers, and tells how it is meanwhile.
///
/// # Errors
/// What `look` says; the run was stopped or two hours have passed: what was asked for goes on by itself.
pub async fn until<T>(
    session: &Session,
    connection: &Connection,
    stop: &Stop,
    mut look: impl AsyncFnMut() -> Result<Result<T, String>, Failure>,
    mut tell: impl FnMut(&str, Duration),
) -> Result<T, Failure> {
    let start = session.clock.elapsed();
    loop {
        let word = match look().await? {
            Ok(done) => return Ok(done),
            Err(word) => word,
        };
        let elapsed = session.clock.elapsed().saturating_sub(start);
        let stopped = stop.load(std::sync::atomic::Ordering::SeqCst);
        if stopped || elapsed > WAIT_MAX {
            let why = if stopped { "stopped waiting" } else { "still not at its end after two hours" };
            return Err(Failure::Remains(format!("{why} ({word}): what was asked for goes on by itself")));
        }
        tell(&word, elapsed);
        session.clock.sleep(connection.poll.1).await;
    }
}
