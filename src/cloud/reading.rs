//! How most kinds of ElastiCache are read: a few objects by name, more of them out of the whole list, and their tags
//! beside them.

use std::future::Future;

use super::clients::Clients;
use super::paging::at_most;
use super::tags::{self, Owner};
use super::{FEW, Found, by_asked_name};
use crate::kind::{ErrorClass, Observation, RemoteError, Status};
use crate::value::{Object, Value};

/// The objects of these names, where they are few; else all that there are. What is not there is left out.
///
/// `describe` lists what has that name, or everything without one.
pub(super) async fn few_or_all<T, F, Fut>(ids: &[String], describe: F) -> Result<Vec<T>, RemoteError>
where
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<Vec<T>, RemoteError>>,
{
    if ids.len() > FEW {
        return describe(None).await;
    }
    let found = at_most(FEW, ids, |id| {
        let described = describe(Some(id.clone()));
        async move { or_none(described.await) }
    });
    Ok(found.await?.into_iter().flatten().collect())
}

/// How much of an object is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Everything.
    Whole,
    /// Of what AWS is still at its status, of anything else everything.
    Status,
}

/// Reads objects with their tags. `observe` tells `id` and `arn` among the attributes; `tagged` is what the tagging API
/// calls the kind (`elasticache:user`).
pub(super) async fn read<T, F, Fut>(
    clients: &Clients,
    ids: &[String],
    depth: Depth,
    tagged: &str,
    describe: F,
    observe: fn(&T) -> Observation,
) -> Result<Found, RemoteError>
where
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<Vec<T>, RemoteError>>,
{
    // Who waits for many does not want the tags of all.
    let many = if depth == Depth::Whole { ids.len() } else { 0 };
    let (found, bulk) = tokio::join!(few_or_all(ids, describe), tags::of_type(clients, many, tagged));
    let wanted: Vec<String> = ids.iter().map(|id| id.to_lowercase()).collect();
    let named = |one: Observation| Some((text(&one.object, "id")?.to_lowercase(), one));
    let found = found?;
    let observed = found.iter().map(observe).filter_map(named);
    let mut found: Found = observed.filter(|(name, _)| wanted.contains(name)).collect();
    let (free, busy): (Vec<_>, Vec<_>) = found.values().partition(|one| one.status == Status::Settled);
    let arns = |some: Vec<&Observation>| some.into_iter().filter_map(|one| text(&one.object, "arn")).collect();
    let busy = if depth == Depth::Whole { arns(busy) } else { Vec::new() };
    let tags = read_tags(clients, bulk?, arns(free), busy).await?;
    for one in found.values_mut() {
        let tags = text(&one.object, "arn").and_then(|arn| tags.get(&arn)).cloned();
        one.object.extend(tags.map(|tags| ("tags_all".into(), tags)));
    }
    Ok(by_asked_name(ids, found))
}

fn text(object: &Object, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// ElastiCache tells the tags of an object only while nothing is going on with it.
pub(super) async fn read_tags(
    clients: &Clients,
    bulk: Option<tags::ByArn>,
    free: Vec<String>,
    busy: Vec<String>,
) -> Result<tags::ByArn, RemoteError> {
    if let Some(mut bulk) = bulk {
        // The tagging API may not list a group yet that is being made; that says nothing about its tags.
        let known = busy.into_iter().filter_map(|arn| bulk.remove_entry(&arn)).collect::<Vec<_>>();
        let mut tags = tags::of_each(clients, Owner::ElastiCache, Some(bulk), free).await?;
        tags.extend(known);
        return Ok(tags);
    }
    let (free, busy) =
        tokio::join!(tags::of_each(clients, Owner::ElastiCache, None, free), tags::of_busy(clients, busy));
    let mut tags = free?;
    tags.extend(busy);
    Ok(tags)
}

/// What is not there is no error.
pub(super) fn or_none<T>(found: Result<Vec<T>, RemoteError>) -> Result<Vec<T>, RemoteError> {
    match found {
        Err(error) if error.class == ErrorClass::NotFound => Ok(Vec::new()),
        other => other,
    }
}
