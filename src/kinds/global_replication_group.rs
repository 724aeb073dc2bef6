//! Global datastores: one replication group that others in other regions follow.

mod members;
mod primary;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::address::Address;
use crate::catalog::engines::Version;
use crate::catalog::nodes;
use crate::kind::{Among, Call, Change, Impact, Kind, Neighbour, Problem, Target, Usage, Whole};
use crate::kinds::{names, paid, tags, upkeep};
use crate::schema::{Attr, By, Hold, Rule, Schema, lower, object_type};
use crate::value::{Object, Origin, Type, Value, text};

/// The kind `global_replication_group`.
pub struct GlobalReplicationGroup;

const KIND: &str = "global_replication_group";

// Expected durations in seconds. Source: durations of published acceptance tests of Terraform's provider, less those
// of the replication groups in them.
const CREATE: u32 = 120;
const DETACH: u32 = 300;
const CHANGE: u32 = 900;
const FAILOVER: u32 = 120;
const DELETE: u32 = 120;

fn members() -> Type {
    Type::list(object_type(&[
        Attr::computed("replication_group_id", Type::String),
        Attr::computed("region", Type::String),
        Attr::computed("role", Type::String),
    ]))
}

fn node_groups() -> Type {
    let parts = [Attr::computed("global_node_group_id", Type::String), Attr::computed("slots", Type::String)];
    Type::set(object_type(&parts))
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("global_replication_group_id_suffix", Type::String)
            .replace()
            .rule(Rule::Length(1, 40))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("How its id ends; how it begins stands for the region, and AWS chooses it."),
        Attr::required("primary_replication_group_id", Type::String)
            .refers("replication_group", By::Id, Hold::Blocks)
            .rule(Rule::Length(1, 40))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .by_block("primary")
            .doc("The group that takes the writes, by its id or as primary = replication_group.a; another member becomes it by a failover."),
        Attr::optional("global_replication_group_description", Type::String)
            .rule(Rule::Length(0, 255))
            .doc("What it is for."),
    ];
    attrs.extend(common());
    attrs.extend(computed());
    attrs.push(tags::region());
    attrs.extend(tags::attrs().into_iter().map(Attr::ours_alone));
    Schema::new(KIND, "aws_elasticache_global_replication_group", "A datastore in several regions.", attrs)
});

/// What all members have in common.
fn common() -> Vec<Attr> {
    vec![
        Attr::optional_computed("engine", Type::String)
            .one_of(&["redis", "valkey"])
            .normalize(lower)
            .doc("redis or valkey; redis becomes valkey in place."),
        Attr::optional_computed("engine_version", Type::String)
            .told_at_deletion()
            .fits(upkeep::is_version_of)
            .doc("The version of all members, upwards only."),
        Attr::optional("parameter_group_name", Type::String)
            .local()
            .doc("The parameter group of a new major version; each region gets a copy."),
        Attr::optional_computed("cache_node_type", Type::String).doc("The node type of all members."),
        Attr::optional_computed("automatic_failover_enabled", Type::Bool).doc("Whether a replica takes over."),
        Attr::optional_computed("num_node_groups", Type::Number)
            .rule(Rule::Range(1, 500))
            .doc("Shards of all members, in cluster mode."),
    ]
}

fn computed() -> Vec<Attr> {
    vec![
        Attr::computed("id", Type::String).doc("The id."),
        Attr::computed("global_replication_group_id", Type::String).doc("The id."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("engine_version_actual", Type::String).doc("The version that runs, in full."),
        Attr::computed("at_rest_encryption_enabled", Type::Bool).doc("Whether data on disk is encrypted."),
        Attr::computed("auth_token_enabled", Type::Bool).doc("Whether there is a token."),
        Attr::computed("cluster_enabled", Type::Bool).doc("Whether cluster mode is on."),
        Attr::computed("transit_encryption_enabled", Type::Bool).doc("Whether connections use TLS."),
        Attr::computed("global_node_groups", node_groups()).doc("The shards."),
        Attr::computed("members", members()).ours_alone().doc("The replication groups, the primary first."),
    ]
}

/// Families of nodes that AWS names for global datastores. Source: the user guide, "global datastores: prerequisites".
const FAMILIES: [&str; 8] = ["m5", "m6g", "m7g", "r5", "r6g", "r6gd", "r7g", "c7gn"];

/// T nodes and small ones are in no global datastore. Source: the user guide, "global datastores: prerequisites".
fn small(global: &Object, primaries: &BTreeMap<&str, &Object>) -> Option<Problem> {
    let id = text(global, "primary_replication_group_id")?;
    let node = text(primaries.get(id)?, "node_type")?;
    let wrong = |detail: String| {
        let help = "Choose a node type of the R, M or C families from large on.";
        Problem::error("CS1069", "primary_replication_group_id", "Node type not for global datastores", detail, help)
    };
    if node.starts_with("cache.t") || !node.ends_with("large") {
        return Some(wrong(format!(
            "The primary \"{id}\" has nodes of {node}, and global datastores begin with large ones."
        )));
    }
    let family = node.split('.').nth(1).unwrap_or_default();
    let unnamed = nodes::get(node).is_some() && !FAMILIES.contains(&family);
    unnamed.then(|| {
        let detail = format!(
            "AWS does not name {node}, of which the primary \"{id}\" is, among the nodes of global datastores."
        );
        // It adds families without notice.
        wrong(detail).warning()
    })
}

/// The members that are there: id, region and role.
fn members_of(object: &Object) -> Vec<(&str, &str, &str)> {
    let items = object.get("members").and_then(Value::as_items).unwrap_or_default().iter();
    items
        .filter_map(|item| {
            let part = |name: &str| item.get(name).and_then(Value::as_str);
            Some((part("replication_group_id")?, part("region")?, part("role")?))
        })
        .collect()
}

impl Kind for GlobalReplicationGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let given = desired.get("parameter_group_name").is_some_and(|value| !value.is_null());
        let version = desired.get("engine_version").is_some_and(|value| !value.is_null());
        let problem = || {
            let detail = "A parameter group comes with a new major version only, and no `engine_version` is set.";
            Problem::error(
                "CS0750",
                "parameter_group_name",
                "A parameter group without an upgrade",
                detail,
                "Leave it out.",
            )
        };
        (given && !version).then(problem).into_iter().collect()
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let groups = among.of("replication_group").filter_map(|(of, it)| Some((text(it.planned, "id")?, (of, it))));
        let groups: BTreeMap<&str, (&'a Address, Neighbour<'a>)> = groups.collect();
        let primaries = groups.iter().map(|(id, (_, group))| (*id, group.planned)).collect();
        let problems = |(address, one): (&'a Address, Neighbour<'a>)| {
            let found = [other_shards(one.planned, &primaries), small(one.planned, &primaries)];
            let own = found.into_iter().flatten().map(|problem| (address, problem));
            let primary = text(one.planned, "primary_replication_group_id").and_then(|id| groups.get(id));
            let of_primary = primary.into_iter().flat_map(|(of, primary)| {
                let durable = primary::durable(primary).map(|problem| (*of, problem));
                let now = among.recorded.get(address).copied();
                // What a plan leaves as it is, or refuses, is told elsewhere.
                let stays = among.read && now.is_some() && one.updated.is_none();
                let other = (!stays).then(|| primary::other(one, primary, one.updated.or(now))).flatten();
                let other = other.map(|problem| (address, problem.beside(of)));
                durable.into_iter().chain(other)
            });
            own.chain(of_primary).chain(members::check(among, address, one)).collect::<Vec<_>>()
        };
        among.of(KIND).flat_map(problems).collect()
    }

    /// A fail-over by hand, when a region was lost.
    fn contested(&self) -> &'static [&'static str] {
        &["primary_replication_group_id"]
    }

    /// The primary says what all members have.
    fn told_elsewhere(&self, _object: &Object, _all: bool) -> Vec<&'static str> {
        vec!["engine", "engine_version", "cache_node_type", "automatic_failover_enabled", "num_node_groups"]
    }

    /// What a datastore is, its members are.
    fn part_of(&self, object: &Object) -> Vec<Whole> {
        const SHARED: [&str; 7] = [
            "global_replication_group_id",
            "global_role",
            "engine",
            "engine_version",
            "engine_version_actual",
            "node_type",
            "num_node_groups",
        ];
        let members = object.get("members").and_then(Value::as_items).unwrap_or_default();
        let members = members.iter().filter_map(|member| member.as_object()?.get("replication_group_id")?.as_str());
        let primary = text(object, "primary_replication_group_id");
        members.chain(primary).map(|id| Whole::new("replication_group", id, &SHARED)).collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "global_replication_group_id_suffix").map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, _target: &Target) {
        let Some(live) = live else { return };
        let differs = |name: &str| planned.get(name) != live.get(name);
        let (shards, version) = (differs("num_node_groups"), differs("engine_version") || differs("engine"));
        let roles = differs("primary_replication_group_id");
        let moved = [("global_node_groups", shards), ("engine_version_actual", version), ("members", roles)];
        moved.into_iter().filter(|(_, moves)| *moves).for_each(|(name, _)| drop(planned.remove(name)));
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        match (change.before, change.after) {
            (None, _) => Ok(create(change)),
            (Some(before), None) => Ok(delete(before)),
            (Some(before), Some(after)) => update(change, before, after),
        }
    }

    /// Members come and go by themselves.
    fn follows(&self) -> &'static [&'static str] {
        &["engine", "engine_version", "cache_node_type", "automatic_failover_enabled", "num_node_groups"]
    }

    fn usage(&self, object: &Object) -> Option<Usage> {
        Some(Usage::OfOthers {
            what: paid::written(object, &["cache_node_type", "num_node_groups"]),
            why: "its members change with it, each in its region",
        })
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("global_replication_group_id_suffix")
    }

    /// Secondaries leave before it goes; what is the primary by then stays, and goes after it.
    fn lets_members_go(&self) -> bool {
        true
    }

    /// Only a member can become the primary.
    fn replaces(&self, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
        let wanted = text(after, "primary_replication_group_id");
        let member = members_of(before).iter().any(|(id, ..)| Some(*id) == wanted);
        let takes = changed.contains(&"primary_replication_group_id") && !member;
        takes.then_some("primary_replication_group_id").into_iter().collect()
    }
}

/// What is asked for beside the primary is changed when the datastore is there; AWS says so where it is so already.
fn create(change: &Change) -> Vec<Call> {
    let args = [
        ("GlobalReplicationGroupIdSuffix", change.new("global_replication_group_id_suffix")),
        ("GlobalReplicationGroupDescription", change.if_changed("global_replication_group_description")),
        ("PrimaryReplicationGroupId", change.new("primary_replication_group_id")),
        ("Tags", tags::at_create(change)),
    ];
    let mut calls = vec![Call::new("CreateGlobalReplicationGroup", args).marked("Tags").settles(CREATE)];
    calls.extend(of_all(change));
    calls
}

/// A datastore is made with the shards of its primary; how many there shall be is said of one that is there.
fn other_shards(planned: &Object, primaries: &BTreeMap<&str, &Object>) -> Option<Problem> {
    let is_there = planned.get("id").is_some_and(|id| !id.is_unknown() && !id.is_null());
    let primary = primaries.get(text(planned, "primary_replication_group_id")?)?;
    let shards = |object: &Object| object.get("num_node_groups").and_then(Value::as_i64);
    let (wanted, has) = shards(planned).zip(shards(primary)).filter(|(wanted, has)| !is_there && wanted != has)?;
    let detail = format!("It is made with the {has} shards of its primary, and {wanted} are asked for.");
    let help =
        format!("Set num_node_groups = {wanted} of the primary; or leave it out here, apply, and write it then.");
    Some(Problem::error("CS0753", "num_node_groups", "Other shards than the primary's", detail, help))
}

/// Source: ElastiCache user guide, "Global datastores".
const UPGRADES: &str = "The secondaries are changed first, then the primary: in each a replica takes over, and writes fail for some seconds.";

/// Changes of what all members have in common, each a call of its own.
fn of_all(change: &Change) -> Vec<Call> {
    let mut calls = Vec::new();
    let version = ["engine", "engine_version"].into_iter().filter(|name| change.has(name)).collect::<Vec<_>>();
    if !version.is_empty() {
        let args = vec![
            ("Engine", change.if_changed("engine")),
            ("EngineVersion", change.new("engine_version")),
            ("CacheParameterGroupName", change.new("parameter_group_name")),
        ];
        calls.push(modify(change, args).because(version).impact(Impact::Failover).why(UPGRADES));
    }
    if change.has("cache_node_type") {
        let args = vec![("CacheNodeType", change.new("cache_node_type"))];
        calls.push(modify(change, args).because(["cache_node_type"]).impact(Impact::Failover).why(UPGRADES));
    }
    if change.has("automatic_failover_enabled") {
        let args = vec![("AutomaticFailoverEnabled", change.new("automatic_failover_enabled"))];
        calls.push(modify(change, args).because(["automatic_failover_enabled"]));
    }
    calls
}

/// Calls name the datastore by its whole id, which is known when it is there.
fn id(change: &Change) -> Value {
    match change.before {
        Some(_) => change.old("id"),
        None => Value::unknown(Type::String, Some(Arc::new(Origin::Own("id")))),
    }
}

fn modify(change: &Change, args: Vec<(&'static str, Value)>) -> Call {
    let always = [("GlobalReplicationGroupId", id(change)), ("ApplyImmediately", Value::bool(true))];
    Call::new("ModifyGlobalReplicationGroup", args.into_iter().chain(always)).settles(CHANGE)
}

fn update(change: &Change, before: &Object, after: &Object) -> Result<Vec<Call>, Problem> {
    change.must_know(&["engine", "engine_version", "num_node_groups", "primary_replication_group_id"])?;
    older(before, after)?;
    let mut calls = Vec::new();
    calls.extend(failover(change, before, after));
    calls.extend(of_all(change));
    calls.extend(shards(change, before));
    if change.has("global_replication_group_description") {
        let text = change.new("global_replication_group_description");
        let text = if text.is_null() { Value::string("") } else { text };
        let call = modify(change, vec![("GlobalReplicationGroupDescription", text)]);
        calls.push(call.because(["global_replication_group_description"]).settles(1));
    }
    calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
    Ok(calls)
}

/// AWS never takes versions down, and a new datastore would not help: its members are there.
fn older(before: &Object, after: &Object) -> Result<(), Problem> {
    let version = |object, name| Version::parse(text(object, name)?);
    let now = version(before, "engine_version_actual").or_else(|| version(before, "engine_version"));
    let older = now.zip(version(after, "engine_version")).is_some_and(|(old, new)| new.is_older_than(old));
    let to_redis = (text(before, "engine"), text(after, "engine")) == (Some("valkey"), Some("redis"));
    if !older && !to_redis {
        return Ok(());
    }
    let detail = "A global datastore changes its engine and version upwards only.";
    Err(Problem::error(
        "CS0751",
        "engine_version",
        "No way back",
        detail,
        "Write the version that runs, or a newer one.",
    ))
}

fn failover(change: &Change, before: &Object, after: &Object) -> Option<Call> {
    let wanted = text(after, "primary_replication_group_id").filter(|_| change.has("primary_replication_group_id"))?;
    let (group, region, _) = members_of(before).into_iter().find(|(id, ..)| *id == wanted)?;
    let args = [
        ("GlobalReplicationGroupId", id(change)),
        ("PrimaryRegion", Value::string(region)),
        ("PrimaryReplicationGroupId", Value::string(group)),
    ];
    let call = Call::new("FailoverGlobalReplicationGroup", args).because(["primary_replication_group_id"]);
    let why = "Another region takes the writes: clients must write there, and what has not got there yet is lost.";
    Some(call.impact(Impact::Failover).why(why).settles(FAILOVER))
}

fn shards(change: &Change, before: &Object) -> Option<Call> {
    let wanted = change.new("num_node_groups").as_i64().filter(|_| change.has("num_node_groups"))?;
    let groups = before.get("global_node_groups").and_then(Value::as_items).unwrap_or_default().iter();
    let mut ids: Vec<&str> = groups.filter_map(|group| group.get("global_node_group_id")?.as_str()).collect();
    ids.sort_unstable();
    let always = [
        ("GlobalReplicationGroupId", id(change)),
        ("NodeGroupCount", Value::int(wanted)),
        ("ApplyImmediately", Value::bool(true)),
    ];
    let shrinks = (wanted as usize) < ids.len();
    let call = if shrinks {
        // The last ones go; their slots are moved to the others first.
        let gone = ids.split_off(wanted as usize);
        let args = always.into_iter().chain([("GlobalNodeGroupsToRemove", Value::strings(gone))]);
        Call::new("DecreaseNodeGroupsInGlobalReplicationGroup", args)
    } else {
        Call::new("IncreaseNodeGroupsInGlobalReplicationGroup", always)
    };
    Some(call.because(["num_node_groups"]).settles(CHANGE))
}

/// The members stay, each as a replication group of its own.
fn delete(before: &Object) -> Vec<Call> {
    let id = before.get("id").cloned().unwrap_or_else(Value::null);
    let leave = |(group, region, _): (&str, &str, &str)| {
        let args = [
            ("GlobalReplicationGroupId", id.clone()),
            ("ReplicationGroupId", Value::string(group)),
            ("ReplicationGroupRegion", Value::string(region)),
        ];
        Call::new("DisassociateGlobalReplicationGroup", args).settles(DETACH)
    };
    let secondaries = members_of(before).into_iter().filter(|(_, _, role)| *role == "SECONDARY");
    let mut calls: Vec<Call> = secondaries.map(leave).collect();
    let args = [("GlobalReplicationGroupId", id.clone()), ("RetainPrimaryReplicationGroup", Value::bool(true))];
    calls.push(Call::new("DeleteGlobalReplicationGroup", args).vanishes(DELETE));
    calls
}
