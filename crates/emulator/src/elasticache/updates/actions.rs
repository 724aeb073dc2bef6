//! Update actions: a service update on a cache, wanted, under way or done.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::{self, Step, Target, Timer};
use super::super::super::paging;
use super::super::super::table::Key;
use super::super::cluster::CLUSTERS;
use super::super::group::GROUPS;
use super::{Update, find, statuses, updates};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What was done about an update on a cache. A cache without a row has it before it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Action {
    /// `waiting-to-start`, `in-progress`, `complete` or `stopped`.
    pub status: String,
    pub changed: u64,
    pub begun: Option<u64>,
    /// When it was asked for.
    pub asked: u64,
}

/// Actions by update and cache.
pub const ACTIONS: Key<Action> = Key::new("update_actions");

/// A node is waited for, then updated.
const WAIT: f64 = 60.0;
const UPDATE: f64 = 1_800.0;

/// A cache that updates are for: a replication group, or a cluster of its own.
struct Cache {
    /// `Group` or `Cluster`, as targets of timers are called.
    kind: &'static str,
    id: String,
    serial: u64,
    engine: String,
    status: String,
    created: u64,
    /// Shard, cluster and node of each node.
    nodes: Vec<(Option<String>, String, String)>,
}

impl Cache {
    fn key(&self, update: &Update) -> String {
        format!("{} {} {} {:012}", update.name, self.kind, self.id, self.serial)
    }

    fn member(&self) -> &'static str {
        if self.kind == "Group" { "ReplicationGroupId" } else { "CacheClusterId" }
    }
}

fn caches(context: &Context) -> Vec<Cache> {
    let groups = context.region[GROUPS].values().map(|group| Cache {
        kind: "Group",
        id: group.id.clone(),
        serial: group.serial,
        engine: group.settings.engine.clone(),
        status: group.status.clone(),
        created: group.created,
        nodes: group
            .shards
            .iter()
            .flat_map(|shard| shard.members.iter().map(|id| (Some(shard.id.clone()), id.clone(), "0001".to_owned())))
            .collect(),
    });
    let clusters = context.region[CLUSTERS].values().filter_map(|cluster| {
        Some(Cache {
            kind: "Cluster",
            id: cluster.id.clone(),
            serial: cluster.serial,
            engine: cluster.alone()?.engine.clone(),
            status: cluster.status.clone(),
            created: cluster.created,
            nodes: cluster.nodes.iter().map(|node| (None, cluster.id.clone(), node.id.clone())).collect(),
        })
    });
    groups.chain(clusters).collect()
}

/// What was done about an update on a cache that is older than it.
fn action(context: &Context, update: &Update, cache: &Cache) -> Option<Action> {
    let due = cache.engine == update.engine && cache.created < update.released;
    let row = context.region[ACTIONS].get(&cache.key(update)).map(|row| (*row).clone());
    let fresh = || Action { status: "not-applied".into(), changed: update.released, begun: None, asked: 0 };
    due.then(|| row.unwrap_or_else(fresh))
}

const STATUSES: [&str; 9] = [
    "not-applied",
    "waiting-to-start",
    "in-progress",
    "stopping",
    "stopped",
    "complete",
    "scheduling",
    "scheduled",
    "not-applicable",
];

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let (of_update, of_action) = (statuses(input)?, input.texts("UpdateActionStatus"));
    if let Some(other) = of_action.iter().find(|status| !STATUSES.contains(&status.as_str())) {
        return Err(Failure::value(format!("Invalid update action status: {other}.")));
    }
    let ids = |name: &str| -> Vec<String> { input.texts(name).iter().map(|id| id.to_ascii_lowercase()).collect() };
    let (groups, clusters) = (ids("ReplicationGroupIds"), ids("CacheClusterIds"));
    let range = input.structure("ServiceUpdateTimeRange");
    let wanted = |update: &Update, cache: &Cache, action: &Action| {
        let named = groups.is_empty() && clusters.is_empty();
        let released = update.released as i64;
        (named || if cache.kind == "Group" { &groups } else { &clusters }.contains(&cache.id))
            && input.filled("ServiceUpdateName").is_none_or(|name| name == update.name)
            && input.filled("Engine").is_none_or(|engine| engine.eq_ignore_ascii_case(update.engine))
            && (of_update.is_empty() || of_update.iter().any(|status| status == update.status))
            && (of_action.is_empty() || of_action.contains(&action.status))
            && range.number("StartTime").is_none_or(|start| start <= released)
            && range.number("EndTime").is_none_or(|end| released <= end)
    };
    let nodes = input.flag("ShowNodeLevelUpdateStatus") == Some(true);
    let all = caches(context);
    let mut rows = Vec::new();
    for update in updates(context.now) {
        for cache in &all {
            let Some(action) = action(context, &update, cache).filter(|action| wanted(&update, cache, action)) else {
                continue;
            };
            rows.push((cache.key(&update), to_json(&update, cache, &action, nodes, context.now)));
        }
    }
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let (page, marker) = paging::page(rows.into_iter(), after.as_deref(), size);
    Ok(json!({ "UpdateActions": page, "Marker": marker }))
}

fn to_json(update: &Update, cache: &Cache, action: &Action, nodes: bool, now: u64) -> Value {
    let (done, all) = (if action.status == "complete" { cache.nodes.len() } else { 0 }, cache.nodes.len());
    let met = match action.status.as_str() {
        "complete" => {
            if action.changed <= update.apply_by {
                "yes"
            } else {
                "no"
            }
        }
        _ => {
            if now <= update.apply_by {
                "n/a"
            } else {
                "no"
            }
        }
    };
    let mut row = json!({
        cache.member(): cache.id, "ServiceUpdateName": update.name, "ServiceUpdateReleaseDate": update.released,
        "ServiceUpdateSeverity": update.severity, "ServiceUpdateStatus": update.status,
        "ServiceUpdateRecommendedApplyByDate": update.apply_by, "ServiceUpdateType": "security-update",
        "UpdateActionAvailableDate": update.released, "UpdateActionStatus": action.status,
        "NodesUpdated": format!("{done}/{all}"), "UpdateActionStatusModifiedDate": action.changed, "SlaMet": met,
        "EstimatedUpdateTime": "30 minutes per node", "Engine": update.engine,
    });
    if nodes {
        let node = |(_, cluster, node): &(Option<String>, String, String), of_group: bool| {
            let mut row = json!({
                "CacheNodeId": node, "NodeUpdateStatus": action.status, "NodeUpdateStartDate": action.begun,
                "NodeUpdateEndDate": (action.status == "complete").then_some(action.changed),
                "NodeUpdateInitiatedBy": action.begun.map(|_| "customer"),
                "NodeUpdateInitiatedDate": action.begun, "NodeUpdateStatusModifiedDate": action.changed,
            });
            if of_group {
                row["CacheClusterId"] = json!(cluster);
            }
            row
        };
        if cache.kind == "Cluster" {
            row["CacheNodeUpdateStatus"] = cache.nodes.iter().map(|own| node(own, false)).collect();
        } else {
            let mut shards: Vec<&Option<String>> = cache.nodes.iter().map(|(shard, ..)| shard).collect();
            shards.dedup();
            let shards = shards.into_iter().map(|shard| {
                let own = cache.nodes.iter().filter(|(of, ..)| of == shard).map(|own| node(own, true));
                json!({ "NodeGroupId": shard, "NodeGroupMemberUpdateStatus": own.collect::<Vec<_>>() })
            });
            row["NodeGroupUpdateStatus"] = shards.collect();
        }
    }
    row
}

/// Runs an action on each cache that a request names: what was done, and what was not and why.
fn batch(
    context: &mut Context,
    input: Input,
    mut act: impl FnMut(&mut Context, &Update, &Cache) -> Result<String, Failure>,
) -> Answer {
    let update = find(context.now, input.needed("ServiceUpdateName")?)?;
    let (groups, clusters) = (input.texts("ReplicationGroupIds"), input.texts("CacheClusterIds"));
    if groups.is_empty() && clusters.is_empty() {
        return Err(Failure::value("At least one of ReplicationGroupIds and CacheClusterIds must be specified."));
    }
    let (mut done, mut left) = (Vec::new(), Vec::new());
    let all = groups.iter().map(|id| ("Group", id)).chain(clusters.iter().map(|id| ("Cluster", id)));
    for (kind, id) in all {
        let cache = caches(context).into_iter().find(|cache| cache.kind == kind && cache.id.eq_ignore_ascii_case(id));
        let member = if kind == "Group" { "ReplicationGroupId" } else { "CacheClusterId" };
        let outcome = match cache {
            Some(cache) => act(context, &update, &cache),
            None if kind == "Group" => {
                Err(Failure::missing("ReplicationGroupNotFoundFault", format!("ReplicationGroup {id} not found.")))
            }
            None => Err(Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}"))),
        };
        match outcome {
            Ok(status) => {
                done.push(json!({ member: id, "ServiceUpdateName": update.name, "UpdateActionStatus": status }))
            }
            Err(why) => left.push(json!({
                member: id, "ServiceUpdateName": update.name, "ErrorType": why.code, "ErrorMessage": why.message,
            })),
        }
    }
    Ok(json!({ "ProcessedUpdateActions": done, "UnprocessedUpdateActions": left }))
}

/// An action that may be taken now.
fn open(context: &Context, update: &Update, cache: &Cache, statuses: &[&str], what: &str) -> Result<Action, Failure> {
    let action = action(context, update, cache);
    let action = action.filter(|action| update.status == "available" && statuses.contains(&action.status.as_str()));
    action
        .ok_or_else(|| Failure::value(format!("The service update {} cannot be {what} on {}.", update.name, cache.id)))
}

pub fn apply(context: &mut Context, input: Input) -> Answer {
    batch(context, input, |context, update, cache| {
        let action = open(context, update, cache, &["not-applied", "stopped"], "applied")?;
        if cache.status != "available" {
            let code = if cache.kind == "Group" { "InvalidReplicationGroupState" } else { "InvalidCacheClusterState" };
            return Err(Failure::new(code, format!("{} is not in available state.", cache.id)));
        }
        let key = cache.key(update);
        let begin = context.now + context.speed.scale(WAIT);
        lifecycle::schedule(context.region, begin, Target::new("UpdateAction", &key), context.now, Step::Apply);
        let status = "waiting-to-start".to_owned();
        context.region[ACTIONS]
            .put(&key, Action { status: status.clone(), changed: context.now, asked: context.now, ..action });
        Ok(status)
    })
}

pub fn stop(context: &mut Context, input: Input) -> Answer {
    batch(context, input, |context, update, cache| {
        let action = open(context, update, cache, &["waiting-to-start"], "stopped")?;
        let stopped = Action { status: "stopped".into(), changed: context.now, ..action };
        context.region[ACTIONS].put(&cache.key(update), stopped);
        Ok("stopped".to_owned())
    })
}

/// An update begins or is through; the timer's serial is when it was asked for.
pub fn due(context: &mut Context, key: &str, timer: &Timer) {
    let now = context.now;
    let Some(action) = context.region[ACTIONS].get(key) else { return };
    let cache = caches(context)
        .into_iter()
        .find(|cache| key.ends_with(&format!(" {} {} {:012}", cache.kind, cache.id, cache.serial)));
    let Some(cache) = cache else { return };
    if action.asked != timer.serial {
        return;
    }
    match (timer.step, action.status.as_str()) {
        (Step::Apply, "waiting-to-start") if cache.status != "available" => {
            // It waits for what is under way.
            let later = now + 60_000;
            lifecycle::schedule(context.region, later, timer.target.clone(), timer.serial, Step::Apply);
        }
        (Step::Apply, "waiting-to-start") => {
            let end = now + context.speed.scale(UPDATE * cache.nodes.len() as f64);
            lifecycle::schedule(context.region, end, timer.target.clone(), timer.serial, Step::Ready);
            context.region[ACTIONS].update(key, |action| {
                (action.status, action.changed, action.begun) = ("in-progress".into(), now, Some(now));
            });
            busy(context, &cache);
        }
        (Step::Ready, "in-progress") => {
            let name = key.split(' ').next().unwrap_or_default();
            let released = updates(now).into_iter().find(|update| update.name == name).map(|update| update.released);
            // Updates are cumulative.
            let earlier = updates(now).into_iter().filter(|update| Some(update.released) <= released);
            for update in earlier.filter(|update| update.engine == cache.engine && cache.created < update.released) {
                let done = Action { status: "complete".into(), changed: now, ..(*action).clone() };
                context.region[ACTIONS].put(&cache.key(&update), done);
            }
            let target = Target::new(cache.kind, &cache.id);
            lifecycle::schedule(context.region, now, target, cache.serial, Step::Ready);
        }
        _ => {}
    }
}

fn busy(context: &mut Context, cache: &Cache) {
    if cache.kind == "Group" {
        context.region[GROUPS].update(&cache.id, |group| group.status = "modifying".into());
    } else {
        context.region[CLUSTERS].update(&cache.id, |cluster| cluster.status = "modifying".into());
    }
}
