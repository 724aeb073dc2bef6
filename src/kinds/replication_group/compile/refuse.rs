//! Changes of a group that AWS does not make, told before anything is sent.

use super::count;
use crate::catalog::engines::Engine;
use crate::catalog::nodes;
use crate::kind::{Change, Problem};
use crate::kinds::replication_group::shards::{self, BLOCKS};
use crate::schema::rules::list;
use crate::value::Value;

/// What all members of a global datastore have in common.
pub const OF_ALL: [&str; 4] = ["node_type", "engine", "engine_version", "num_node_groups"];

/// It is changed there.
pub(super) fn of_member(change: &Change) -> Result<(), Problem> {
    let Some(name) = OF_ALL.into_iter().find(|name| change.has(name)) else { return Ok(()) };
    let leaves = change.has("global_replication_group_id") && change.new("global_replication_group_id").is_null();
    if change.old("global_role").is_null() || leaves {
        return Ok(());
    }
    Err(Problem::error(
        "CS0752",
        name,
        "The global datastore decides this",
        format!("`{name}` of a member of a global datastore is changed for all members together."),
        "Change it in the global_replication_group, and write lifecycle { ignore_changes } for it here.",
    ))
}

/// AWS changes the shards of groups in cluster mode only, and never turns that on by itself.
pub(super) fn shards_without_cluster_mode(change: &Change) -> Result<(), Problem> {
    let comes = change.has("cluster_mode") || change.old("cluster_mode").as_str() == Some("enabled");
    let off = change.old("cluster_enabled").as_bool() == Some(false) && !comes;
    let described = change.after.map_or(0, |after| shards::replicas(after).len());
    let asked = [("num_node_groups", count(change.new("num_node_groups"))), (BLOCKS, described as i64)];
    let Some((name, _)) = asked.into_iter().find(|(name, shards)| off && change.has(name) && *shards > 1) else {
        return Ok(());
    };
    Err(Problem::error(
        "CS0566",
        name,
        "Shards with cluster mode off",
        "More than one shard is asked for, and the group was made without cluster mode.",
        "Set cluster_mode = \"compatible\", apply, have every client speak to the configuration endpoint, and set \"enabled\".",
    ))
}

/// Versions of one engine are not those of another; one that stays, against what waits, has the version that runs.
pub(super) fn engine_without_version(change: &Change) -> Result<(), Problem> {
    if !change.has("engine") || change.has("engine_version") || change.old("engine") == change.new("engine") {
        return Ok(());
    }
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let engine = text(change.new("engine"));
    let versions = Engine::parse(&engine).map(|engine| list(engine.versions())).unwrap_or_default();
    Err(Problem::error(
        "CS0563",
        "engine",
        "A new engine needs a version",
        format!("The engine becomes {engine}, and `engine_version` stays {}.", text(change.old("engine_version"))),
        format!("Set engine_version as well; the versions of {engine} are {versions}."),
    ))
}

/// Data stays in memory, or part of it on SSD, as long as a group is there.
pub(super) fn other_tiering(change: &Change) -> Result<(), Problem> {
    let (old, new) = (change.old("node_type"), change.new("node_type"));
    let Some((old, new)) = old.as_str().zip(new.as_str()).filter(|_| change.has("node_type")) else { return Ok(()) };
    if nodes::has_data_tiering(old) == nodes::has_data_tiering(new) {
        return Ok(());
    }
    Err(Problem::error(
        "CS0538",
        "node_type",
        "Data tiering and node type do not go together",
        format!(
            "Of {old} and {new}, one keeps part of the data on SSD, and AWS does not move a group from one to the other."
        ),
        "Choose a type of the same sort; or make another group, from a snapshot of this one.",
    ))
}

/// A default parameter group that turns cluster mode on is no way to it, and one that does not is no way back.
pub(super) fn other_cluster_mode(change: &Change) -> Result<(), Problem> {
    let name = "parameter_group_name";
    let named = change.new(name);
    let Some(named) = named.as_str().filter(|named| change.has(name) && named.starts_with("default.")) else {
        return Ok(());
    };
    let on = change.old("cluster_enabled").as_bool();
    if change.has("cluster_mode") || change.old("cluster_mode").as_str() == Some("compatible") {
        return Ok(());
    }
    if on.is_none_or(|on| on == named.ends_with(".cluster.on")) {
        return Ok(());
    }
    Err(other_mode(named, on == Some(true)))
}

/// The parameter group is of the other cluster mode than the group.
pub fn other_mode(named: &str, clustered: bool) -> Problem {
    let (has, lacks) = if clustered { ("has", "does not turn it on") } else { ("does not have", "turns it on") };
    Problem::error(
        "CS1004",
        "parameter_group_name",
        "The parameter group is of another cluster mode",
        format!("The group {has} cluster mode, and the parameter group \"{named}\" {lacks}."),
        if clustered {
            "Name a parameter group with cluster-enabled = yes; there is no way back from cluster mode."
        } else {
            "Set cluster_mode = \"enabled\" as well, or name a parameter group without cluster-enabled."
        },
    )
}

/// What is done at once hangs on what would wait.
pub(super) fn half_deferred(first: &'static str, hanging: &str, version: &str) -> Problem {
    Problem::error(
        "CS0561",
        first,
        "Half of the change would wait for the maintenance window",
        format!("AWS does {hanging} at once, and the group has no version for it until {version} comes in the window."),
        format!(
            "Leave {hanging} as it was until the window has passed; or make all of it at once, with apply --now or \
             apply_immediately = true."
        ),
    )
}

/// Shards go at once, and the nodes that have room for what they hold would come later.
pub(super) fn shards_before_nodes(cause: &'static str, node_type: &str) -> Problem {
    Problem::error(
        "CS0561",
        cause,
        "Half of the change would wait for the maintenance window",
        format!(
            "AWS takes shards away at once, and their data would be on the smaller nodes until {node_type} comes in the window."
        ),
        format!(
            "Leave {cause} as it was until the window has passed; or make all of it at once, with apply --now or \
             apply_immediately = true: the nodes come first then."
        ),
    )
}
