//! Manual snapshots: of a replication group, of a cluster, or of a serverless cache. They outlive what they were made of.

use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Impact, Kind, Neighbour, Problem, Target, Usage};
use crate::kinds::{names, paid, places, tags};
use crate::schema::{Attr, By, Hold, Rule, Schema, lower, object_type};
use crate::value::{Object, Type, Value, text};

/// The kind `snapshot`.
pub struct Snapshot;

const KIND: &str = "snapshot";

/// Snapshots of serverless caches have names of their own beside the others: their id says which they are.
pub const SERVERLESS: &str = "serverless:";

// Expected durations in seconds. A create of small data, as published; it grows with what is stored.
const CREATE: u32 = 240;
const DELETE: u32 = 60;

/// What a snapshot is made of: the attribute, the kind that it names, and the member of the API.
pub const SOURCES: [(&str, &str, &str); 3] = [
    ("replication_group_id", "replication_group", "ReplicationGroupId"),
    ("cache_cluster_id", "cache_cluster", "CacheClusterId"),
    ("serverless_cache_name", "serverless_cache", "ServerlessCacheName"),
];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("snapshot_name", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The name; AWS stores it in lower case."),
    ];
    attrs.extend(SOURCES.map(|(name, kind, _)| {
        Attr::optional_computed(name, Type::String)
            .replace()
            .refers(kind, By::Id, Hold::Mentions)
            .normalize(lower)
            .or_nothing()
            .doc("What it is made of; one of the three.")
    }));
    attrs.push(
        Attr::optional_computed("kms_key_id", Type::String)
            .replace()
            .rule(names::KEY)
            .doc("The key that encrypts it; that of its source without one."),
    );
    attrs.extend(told());
    attrs.push(tags::region());
    attrs.extend(tags::attrs());
    Schema::new(KIND, "aws_elasticache_snapshot", "What a cache held at a time, kept until it is deleted.", attrs)
});

/// What AWS tells of a snapshot.
pub fn told() -> Vec<Attr> {
    let text = |name, doc| Attr::computed(name, Type::String).doc(doc);
    let number = |name, doc| Attr::computed(name, Type::Number).doc(doc);
    let part = [
        text("cache_cluster_id", ""),
        text("node_group_id", ""),
        text("slots", ""),
        text("cache_size", ""),
        text("created", ""),
    ];
    vec![
        text("id", "The name; serverless:NAME where it is of a serverless cache."),
        text("arn", "The ARN."),
        text("status", "How it is, by the word of AWS."),
        text("snapshot_source", "manual or automated."),
        text("created", "When it was made."),
        text("size", "How much it holds, as AWS tells it."),
        text("engine", "The engine of its source."),
        text("engine_version", "The version of its source."),
        text("node_type", "The node type of its source; none of a serverless cache."),
        number("num_node_groups", "How many shards it holds; none of a serverless cache."),
        number("port", "The port of its source; none of a serverless cache."),
        text("parameter_group_name", "The parameter group of its source; none of a serverless cache."),
        text("subnet_group_name", "The subnet group of its source; none of a serverless cache."),
        text("vpc_id", "The VPC of its source; none of a serverless cache."),
        Attr::computed("node_snapshots", Type::list(object_type(&part))).doc("What each shard gave to it."),
    ]
}

/// Whether something is written, known or not.
fn given(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

impl Kind for Snapshot {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let written: Vec<&str> =
            SOURCES.map(|(name, ..)| name).into_iter().filter(|name| given(desired, name)).collect();
        // What is not known yet may turn out null.
        let open = |name: &&str| desired.get(name).is_some_and(Value::is_unknown);
        let detail = match written.len() {
            1 => return Vec::new(),
            0 => "It says nothing about what it is made of.".to_owned(),
            _ if written.iter().any(open) => return Vec::new(),
            _ => format!("It is made of one thing, and `{}` are written.", written.join("`, `")),
        };
        let help = "Write one of replication_group_id, cache_cluster_id and serverless_cache_name.";
        let problem = Problem::error("CS0950", "snapshot_name", "A snapshot is made of one cache", detail, help);
        vec![if written.is_empty() { problem.of_want() } else { problem }]
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let of = |(address, one): (&'a Address, Neighbour<'a>)| {
            let problem = memcached(among, one.planned).or_else(|| of_one_shard(among, one.planned))?;
            Some((address, problem))
        };
        among.of(KIND).filter_map(of).chain(places::check(among, KIND, &["kms_key_id"])).collect()
    }

    /// A group tells the cluster that gave the data.
    fn told_elsewhere(&self, object: &Object, _all: bool) -> Vec<&'static str> {
        if given(object, "replication_group_id") { vec!["cache_cluster_id"] } else { Vec::new() }
    }

    fn has_provider(&self) -> bool {
        false
    }

    fn identify(&self, object: &Object) -> Option<String> {
        let kind = if given(object, "serverless_cache_name") { SERVERLESS } else { "" };
        text(object, "snapshot_name").map(|name| format!("{kind}{name}"))
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        // A group tells the cluster that gave the data; nothing else of the three is told beside what is written.
        let nothing: &[&str] = match (given(planned, "serverless_cache_name"), given(planned, "cache_cluster_id")) {
            (true, _) => &["replication_group_id", "cache_cluster_id"],
            (_, true) => &["serverless_cache_name", "replication_group_id"],
            _ => &["serverless_cache_name"],
        };
        for name in nothing {
            planned.insert((*name).into(), Value::null_of(Type::String));
        }
        let Some(id) = self.identify(planned) else { return };
        let arn = match id.strip_prefix(SERVERLESS) {
            Some(name) => target.arn("elasticache", &format!("serverlesscachesnapshot:{name}")),
            None => target.arn("elasticache", &format!("snapshot:{id}")),
        };
        planned.insert("id".into(), Value::string(id));
        planned.extend(arn.map(|arn| ("arn".into(), Value::string(arn))));
        planned.insert("status".into(), Value::string("available"));
        planned.insert("snapshot_source".into(), Value::string("manual"));
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        match (change.before, change.after) {
            (None, Some(after)) => Ok(vec![create(change, given(after, "serverless_cache_name"))]),
            (Some(before), None) => Ok(vec![delete(before)]),
            _ => tags::calls(change, &tags::ELASTICACHE, change.old("arn")),
        }
    }

    fn holds_data(&self) -> bool {
        true
    }

    fn usage(&self, object: &Object) -> Option<Usage> {
        Some(paid::untold(object, &[], "it is billed by its size, which is known when it is there"))
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("snapshot_name")
    }

    fn name_scope(&self) -> Option<&'static str> {
        Some("serverless_cache_name")
    }
}

fn create(change: &Change, serverless: bool) -> Call {
    let (operation, name) = match serverless {
        true => ("CreateServerlessCacheSnapshot", "ServerlessCacheSnapshotName"),
        false => ("CreateSnapshot", "SnapshotName"),
    };
    let sources = SOURCES.map(|(ours, _, member)| (member, change.if_changed(ours)));
    let others = [
        (name, change.new("snapshot_name")),
        ("KmsKeyId", change.if_changed("kms_key_id")),
        ("Tags", tags::at_create(change)),
    ];
    Call::new(operation, sources.into_iter().chain(others)).marked("Tags").settles(CREATE)
}

fn delete(before: &Object) -> Call {
    let name = before.get("snapshot_name").cloned().unwrap_or_else(Value::null);
    let call = match given(before, "serverless_cache_name") {
        true => Call::new("DeleteServerlessCacheSnapshot", [("ServerlessCacheSnapshotName", name)]),
        false => Call::new("DeleteSnapshot", [("SnapshotName", name)]),
    };
    call.impact(Impact::DataLoss).why("What it holds is lost; caches that were filled from it stay.").vanishes(DELETE)
}

/// A node of a group in cluster mode holds one shard of several, at best.
fn of_one_shard(among: &Among, snapshot: &Object) -> Option<Problem> {
    let id = text(snapshot, "cache_cluster_id")?;
    let is_member = |group: &Object| {
        let nodes = group.get("member_clusters").and_then(Value::as_items).unwrap_or_default();
        nodes.iter().any(|node| node.as_str() == Some(id))
    };
    let clustered = |group: &Object| group.get("cluster_enabled").and_then(Value::as_bool) == Some(true);
    let mut groups = among.of("replication_group").map(|(_, group)| group.planned);
    let group = groups.find(|group| clustered(group) && is_member(group))?;
    let group = text(group, "replication_group_id").unwrap_or_default();
    let detail =
        format!("\"{id}\" is a node of \"{group}\", which has cluster mode, and holds the slots of its shard only.");
    let help = format!("Write replication_group_id = \"{group}\" instead, for a snapshot of all shards.");
    Some(Problem::error("CS0952", "cache_cluster_id", "A snapshot of one shard", detail, help).warning())
}

/// Clusters of Memcached have no snapshots; serverless caches of it do.
fn memcached(among: &Among, snapshot: &Object) -> Option<Problem> {
    let id = text(snapshot, "cache_cluster_id")?;
    let clusters = among.with("cache_cluster", "cluster_id", id);
    clusters.iter().find(|(_, it)| text(it.planned, "engine") == Some("memcached"))?;
    let detail = format!("The cluster \"{id}\" is of memcached, and AWS makes no snapshots of those.");
    let help = "Take the block out; or make the cluster one of valkey or redis.";
    Some(Problem::error("CS0951", "cache_cluster_id", "No snapshots of memcached", detail, help))
}
