//! Service updates of the caches of a stack.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::kind::{Impact, UpdateAction, UpdateVerb};
use crate::kinds;
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::day_two::{Meant, look_at_rest, refused, service};
use crate::state::State;

/// An update of a cache of the stack.
#[derive(Debug, Clone)]
pub struct Update {
    /// The cache.
    pub address: Address,
    /// Where it is.
    pub region: String,
    /// What has become of the update.
    pub action: UpdateAction,
}

/// The updates of one cache, or of all that the state has, by address and name; those that are done or of no use any
/// more only where `all` asks for them.
pub async fn list(
    state: &State,
    connection: &Connection,
    meant: Option<&Meant>,
    all: bool,
) -> Result<Vec<Update>, Failure> {
    let mut regions: BTreeMap<String, Vec<UpdateAction>> = BTreeMap::new();
    let mut found = Vec::new();
    let takes = |kind: &str| kinds::get(kind).is_some_and(|kind| kind.updated(&Default::default()).is_some());
    let records = state.records.iter().filter(|(address, _)| takes(&address.kind));
    for (address, record) in records.filter(|(address, _)| meant.is_none_or(|meant| meant.address == **address)) {
        if !regions.contains_key(&record.region) {
            let told = service(connection)?.updates(&record.region).await;
            let told = told.map_err(|error| refused("the service updates cannot be read", &error))?;
            regions.insert(record.region.clone(), told);
        }
        let own = regions[&record.region].iter().filter(|one| one.kind == &*address.kind && one.id == record.id);
        let wanted = own.filter(|one| all || one.is_open() || one.is_under_way());
        found.extend(wanted.map(|action| Update {
            address: address.clone(),
            region: record.region.clone(),
            action: action.clone(),
        }));
    }
    found.sort_by(|one, other| (&one.address, &one.action.update).cmp(&(&other.address, &other.action.update)));
    Ok(found)
}

/// The update that is meant: that of a name, or the newest that can be applied, as it brings the earlier ones along.
///
/// # Errors
/// There is none.
pub fn choose<'a>(found: &'a [Update], about: &Address, name: Option<&str>) -> Result<&'a Update, Failure> {
    let none = |what: String| Failure::Error(format!("`{about}` {what}"));
    match name {
        Some(name) => {
            let one = found.iter().find(|one| one.action.update == name);
            one.ok_or_else(|| none(format!("has no service update {name}: cachestack updates lists them")))
        }
        None => {
            let one = found.iter().rfind(|one| one.action.is_open());
            one.ok_or_else(|| none("has no service update that could be applied".to_owned()))
        }
    }
}

/// What it does to those who use a cache as it is.
pub async fn impact(connection: &Connection, meant: &Meant) -> Result<(Impact, &'static str), Failure> {
    let live = look_at_rest(connection, meant).await?;
    let none = || Failure::Error(format!("`{}` has no service updates", meant.address));
    meant.kind.updated(&live.object).ok_or_else(none)
}

/// Applies or stops it.
pub async fn change(connection: &Connection, verb: UpdateVerb, update: &Update) -> Result<(), Failure> {
    let done = service(connection)?.update(&update.region, verb, &update.action).await;
    done.map_err(|error| refused(&format!("{}, {}", update.address, update.action.update), &error))
}

/// The update when it is at its end; else how far it is.
///
/// # Errors
/// It was stopped.
pub async fn ended(
    state: &State,
    connection: &Connection,
    meant: &Meant,
    name: &str,
) -> Result<Result<UpdateAction, String>, Failure> {
    let found = list(state, connection, Some(meant), true).await?;
    let action = choose(&found, &meant.address, Some(name))?.action.clone();
    match action.status.as_str() {
        "complete" => Ok(Ok(action)),
        "stopped" => Err(Failure::Remains(format!("{name} of {} was stopped", meant.address))),
        _ => Ok(Err(format!("{}, {} nodes", action.status, action.nodes))),
    }
}
