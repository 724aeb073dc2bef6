//! Snapshots that are there, of whoever made them: one by name, or the newest of a cache.

use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::errors::fatal;
use crate::cloud::reading::or_none;
use crate::cloud::snapshot::{Search, describe, describe_serverless, observe, observe_serverless};
use crate::cloud::tags::{self, Owner};
use crate::kind::{ErrorClass, Observation, RemoteError, Status};
use crate::value::{Object, Value};

/// The snapshot that the arguments tell; nothing but what was asked for where there is none and none is needed.
pub async fn find(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let mut found = every(clients, args).await?;
    found.sort_by_key(age);
    let newest = args.get("most_recent").and_then(Value::as_bool) == Some(true);
    let count = found.len();
    let Some(one) = found.pop() else {
        let needed = args.get("optional").and_then(Value::as_bool) != Some(true);
        return if needed { Err(none(args)) } else { Ok(Attrs::default()) };
    };
    if count > 1 && !newest {
        let message = format!("{count} snapshots match; most_recent = true takes the newest of them");
        return Err(fatal("TooMany", message));
    }
    let mut attrs = Attrs(one.object);
    if let Some(arn) = attrs.0.get("arn").and_then(Value::as_str).map(str::to_owned) {
        attrs.put("tags", tags::of_one(clients, Owner::ElastiCache, &arn).await?);
    }
    Ok(attrs)
}

/// Everything that matches; without a name only what a cache can be filled from.
async fn every(clients: &Clients, args: &Object) -> Result<Vec<Observation>, RemoteError> {
    let text = |name: &str| args.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let search = Search {
        name: text("snapshot_name"),
        group: text("replication_group_id"),
        cluster: text("cache_cluster_id"),
        serverless: text("serverless_cache_name"),
        source: text("snapshot_source"),
    };
    let mut found: Vec<Observation> = Vec::new();
    if search.serverless.is_none() {
        found = or_none(describe(clients, &search).await)?.iter().map(observe).collect();
    }
    if search.group.is_none() && search.cluster.is_none() && found.is_empty() {
        found = or_none(describe_serverless(clients, &search).await)?.iter().map(observe_serverless).collect();
    }
    // AWS lets the other filters go where a name is given.
    let asked = [
        ("replication_group_id", &search.group),
        ("cache_cluster_id", &search.cluster),
        ("serverless_cache_name", &search.serverless),
        ("snapshot_source", &search.source),
    ];
    let is = |one: &Observation, name: &str, wanted: &Option<String>| {
        let told = one.object.get(name).and_then(Value::as_str);
        wanted.as_ref().is_none_or(|wanted| told.is_some_and(|told| told.eq_ignore_ascii_case(wanted)))
    };
    let ready = |one: &Observation| search.name.is_some() || matches!(one.status, Status::Settled | Status::Busy(_));
    found.retain(|one| ready(one) && asked.iter().all(|(name, wanted)| is(one, name, wanted)));
    Ok(found)
}

/// Newer ones after older ones; of two that are equally old, by name.
fn age(snapshot: &Observation) -> (Option<jiff::Timestamp>, Option<String>) {
    let text = |name: &str| snapshot.object.get(name).and_then(Value::as_str);
    (text("created").and_then(|time| time.parse().ok()), text("snapshot_name").map(str::to_owned))
}

fn none(args: &Object) -> RemoteError {
    let names =
        ["snapshot_name", "replication_group_id", "cache_cluster_id", "serverless_cache_name", "snapshot_source"];
    let told = |name: &&str| Some(format!("{name} = \"{}\"", args.get(name)?.as_str()?));
    let asked: Vec<String> = names.iter().filter_map(told).collect();
    let asked = if asked.is_empty() { "at all".to_owned() } else { format!("with {}", asked.join(", ")) };
    let message = format!("there is no snapshot {asked} that a cache could be filled from");
    RemoteError { class: ErrorClass::NotFound, ..fatal("NoMatch", message) }
}
