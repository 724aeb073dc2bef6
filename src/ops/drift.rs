//! What differs between a state and its account, apart from what the configuration would change. Only reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kind::Event;
use crate::ops::connect::{Purpose, connect};
use crate::ops::{Failure, Session, plan};
use crate::plan::{Drift, Options, drifted};

/// So many of the last events of an object are told.
const EVENTS: usize = 3;

/// What was found in an environment.
#[derive(Debug, Default)]
pub struct Found {
    /// What others have changed.
    pub drift: Vec<Drift>,
    /// What others have changed and the blocks leave to them.
    pub ignored: Vec<Drift>,
    /// What others have asked for, and AWS carries out in the maintenance window: until when, in words.
    pub awaited: Vec<(Drift, String)>,
    /// Resources with changes that are written and not applied yet.
    pub unapplied: Vec<Address>,
    /// How many resources are as they were recorded.
    pub unchanged: usize,
    /// What the service tells of objects that drifted, the last first.
    pub events: BTreeMap<Address, Vec<Event>>,
    /// Why events could not be read.
    pub without_events: Option<String>,
    /// Where the environment is, in words.
    pub place: String,
    /// The blocks of what drifted, without keys, that are spelled as Terraform's.
    pub as_terraform: BTreeSet<Address>,
}

impl Found {
    /// What others have changed, and what they have asked for.
    pub fn all(&self) -> impl Iterator<Item = &Drift> {
        self.drift.iter().chain(self.awaited.iter().map(|(drift, _)| drift))
    }
}

/// Looks for drift.
///
/// # Errors
/// The stack is wrong, the account cannot be reached or read.
pub async fn find(session: &mut Session) -> Result<Found, Failure> {
    let mut store = session.store()?;
    let whole = Options::default();
    let first = plan::check_first(session, &store, &whole)?;
    let connection = connect(session, Purpose::Look).await?;
    let planned = plan::plan(session, &mut store, &connection, &whole, None, first).await?;
    let refresh = Options { refresh_only: true, ..whole };
    let seen = plan::again(session, &connection, &refresh).await?;
    let (drift, ignored) = drifted::judged(&seen.drift, session.evaluator.stack());
    let (state, _) = session.seen.clone().unwrap_or_default();
    let awaited = drifted::awaited(&planned, &state, session.evaluator.stack());
    let mut others = seen.drift.clone();
    others.extend(awaited.iter().map(|(drift, _)| drift.clone()));
    let mut unapplied: Vec<Address> =
        drifted::unapplied(&planned, &others).into_iter().map(|step| step.address.clone()).collect();
    unapplied.dedup();
    let mut found = Found {
        unchanged: seen.unchanged,
        drift,
        ignored,
        awaited,
        unapplied,
        place: connection.place.clone(),
        as_terraform: seen.as_terraform,
        ..Found::default()
    };
    events(session, &connection, &mut found).await;
    Ok(found)
}

/// Asks what the service tells of what drifted: its own doings, such as a failover, are among it.
async fn events(session: &Session, connection: &crate::ops::connect::Connection, found: &mut Found) {
    let state = session.seen.as_ref().map(|(state, _)| state);
    let region =
        |address: &Address| state.and_then(|state| state.records.get(address)).map(|record| record.region.clone());
    let mut told: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for drift in &found.drift {
        let Some(region) = region(&drift.address).filter(|region| !region.is_empty()) else { continue };
        if !told.contains_key(&region) {
            match connection.cloud.events(&region).await {
                Ok(events) => drop(told.insert(region.clone(), events)),
                Err(error) => {
                    found.without_events = Some(error.to_string());
                    return;
                }
            }
        }
        let mut own: Vec<Event> = told[&region].iter().filter(|event| event.is_of(&drift.id)).cloned().collect();
        own.sort_by_key(|event| std::cmp::Reverse(event.time()));
        own.truncate(EVENTS);
        if !own.is_empty() {
            found.events.insert(drift.address.clone(), own);
        }
    }
}
