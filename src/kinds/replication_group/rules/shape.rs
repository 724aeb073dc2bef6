//! How many shards and nodes, where they stand, and what that asks of failover.

use super::Group;
use crate::kind::Problem;
use crate::value::{Data, Object, Origin, Value};

pub(super) fn topology(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let shards = ["num_node_groups", "replicas_per_node_group", "node_group_configuration"];
    if group.is_set("num_cache_clusters")
        && let Some(other) = shards.into_iter().find(|name| group.is_set(name))
    {
        problems.push(Problem::error(
            "CS0531",
            "num_cache_clusters",
            "Two ways to count nodes",
            format!("`num_cache_clusters` counts the nodes of a group without shards; `{other}` describes shards. AWS refuses both."),
            "For one shard keep num_cache_clusters; for shards write num_node_groups and replicas_per_node_group only.",
        ));
    }
    let (shards, replicas) = (group.number("num_node_groups"), group.number("replicas_per_node_group").unwrap_or(0));
    // Counts that no group has are mistakes of their own.
    let possible = shards.is_none_or(|shards| shards <= 500) && replicas <= 5;
    if let Some(shards) = shards.filter(|shards| possible && shards.saturating_mul(replicas.saturating_add(1)) > 500) {
        problems.push(Problem::error(
            "CS0532",
            "num_node_groups",
            "Too many nodes",
            format!(
                "{shards} shards with {} nodes each are {} nodes; AWS allows 500.",
                replicas.saturating_add(1),
                shards.saturating_mul(replicas.saturating_add(1))
            ),
            "Use fewer shards or replicas, or larger nodes.",
        ));
    } else if let Some(shards) = shards.filter(|shards| possible && shards * (replicas + 1) > 90) {
        let problem = Problem::error(
            "CS0533",
            "num_node_groups",
            "More nodes than the default quota",
            format!(
                "{shards} shards with {} nodes each are more than 90 nodes, the default quota of a group.",
                replicas + 1
            ),
            "Ask AWS to raise the quota of nodes per cluster before you apply.",
        );
        problems.push(problem.warning());
    }
    problems
}

pub(super) fn failover(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let nodes = group.number("num_cache_clusters");
    let one_node = nodes == Some(1) || is_uncounted(group);
    let lone = nodes == Some(1) || is_uncounted(group) && is_plain(group);
    if group.is("automatic_failover_enabled", true) && lone {
        let problem = lone_node(if is_clustered(group) { ONE_SHARD } else { TWO_NODES });
        // One that is there has as many as it has.
        problems.push(if nodes.is_some() { problem } else { problem.of_creation() });
    }
    if !group.in_global() && group.is("multi_az_enabled", true) && group.is_off("automatic_failover_enabled") {
        problems.push(Problem::error(
            "CS0535",
            "multi_az_enabled",
            "Multi-AZ needs automatic failover",
            "`multi_az_enabled` is on, and `automatic_failover_enabled` is not.",
            "Set automatic_failover_enabled = true, or multi_az_enabled = false.",
        ));
    }
    if group.is("automatic_failover_enabled", true) && is_lone_shard(group) {
        problems.push(Problem::error(
            "CS0534",
            "automatic_failover_enabled",
            "Failover needs a second node",
            "Automatic failover is on, and the one shard has no replica.",
            "Set replicas_per_node_group to 1 or more, or automatic_failover_enabled = false.",
        ));
    }
    let no_replica = group.number("replicas_per_node_group") == Some(0);
    if group.is("multi_az_enabled", true) && (no_replica || one_node) && !problems.iter().any(|p| p.code == "CS0534") {
        problems.push(Problem::error(
            "CS0536",
            "multi_az_enabled",
            "Multi-AZ needs a replica",
            "`multi_az_enabled` is on, and shards have no replica that could be in another zone.",
            "Add a replica, or set multi_az_enabled = false.",
        ));
    }
    let blocks = group.get("node_group_configuration").and_then(Value::as_items).map_or(0, <[Value]>::len);
    let many = group.number("num_node_groups").is_some_and(|shards| shards > 1) || blocks > 1;
    if many && group.text("cluster_mode") == Some("disabled") {
        problems.push(Problem::error(
            "CS0566",
            "cluster_mode",
            "Shards with cluster mode off",
            "`cluster_mode` is \"disabled\", and there is more than one shard.",
            "Leave cluster_mode out, or use one shard.",
        ));
    }
    if (many || is_clustered(group)) && group.is_off("automatic_failover_enabled") {
        problems.push(cluster_without_failover());
    }
    problems.extend(plain_default(group, many));
    problems.extend(new_mode(group));
    problems
}

/// A default group of parameters tells by its name whether it turns cluster mode on.
fn plain_default(group: Group, many: bool) -> Option<Problem> {
    let name = group.text("parameter_group_name").filter(|name| name.starts_with("default."))?;
    let on = name.ends_with(".cluster.on");
    let (detail, help) = match group.text("cluster_mode") {
        Some("disabled") if on => (
            format!("`cluster_mode` is \"disabled\", and {name} turns it on."),
            "Use the group without .cluster.on, or leave cluster_mode out.",
        ),
        Some("enabled" | "compatible") if !on => (
            "`cluster_mode` wants a parameter group that turns it on.".to_owned(),
            "Use the default group that ends with .cluster.on, or leave parameter_group_name out.",
        ),
        _ if many && !on => (
            format!("The group has several shards, and {name} does not turn cluster mode on."),
            "Use the default group that ends with .cluster.on, or leave parameter_group_name out.",
        ),
        _ => return None,
    };
    Some(Problem::error("CS0565", "parameter_group_name", "Shards without cluster mode", detail, help))
}

/// What a group may become, and cannot be made as.
fn new_mode(group: Group) -> Option<Problem> {
    let mode = group.text("cluster_mode");
    let on = mode == Some("enabled")
        || mode.is_none() && group.text("parameter_group_name").is_some_and(|name| name.ends_with(".cluster.on"));
    if mode == Some("compatible") {
        let detail = "AWS makes no new group in the mode \"compatible\": it lies between disabled and enabled.";
        let help = "Make new groups with cluster_mode = \"enabled\".";
        let problem = Problem::error("CS1050", "cluster_mode", "Not for a new group", detail, help);
        return Some(problem.refused_when_made());
    }
    (on && group.number("num_cache_clusters").is_some_and(|nodes| nodes > 1)).then(counted_in_cluster_mode)
}

/// New groups in cluster mode are made by shards; one that came to it may still be counted by nodes.
pub fn counted_in_cluster_mode() -> Problem {
    let detail = "AWS makes new groups in cluster mode by shards and replicas, and takes no number of nodes.";
    let help = "Write num_node_groups and replicas_per_node_group.";
    Problem::error("CS1050", "num_cache_clusters", "Not for a new group", detail, help).refused_when_made()
}

/// Whether it says for sure that cluster mode is on.
fn is_clustered(group: Group) -> bool {
    group.text("cluster_mode") == Some("enabled")
        || group.text("parameter_group_name").is_some_and(|name| name.ends_with(".cluster.on"))
}

/// Whether cluster mode, in which a shard may be without a replica, is off for sure. A parameter group of the user's own
/// may turn it on.
fn is_plain(group: Group) -> bool {
    let parameters = group.text("parameter_group_name");
    parameters.is_none_or(|name| name.starts_with("default.") && !name.ends_with(".cluster.on"))
        && (parameters.is_some() || !group.may_be_set("parameter_group_name"))
        && (!group.may_be_set("cluster_mode") || group.text("cluster_mode") == Some("disabled"))
}

/// Whether nothing says how many nodes there are, so that there is one.
fn is_uncounted(group: Group) -> bool {
    let counts = ["num_cache_clusters", "num_node_groups", "replicas_per_node_group", "node_group_configuration"];
    !counts.into_iter().any(|name| group.may_be_set(name)) && !group.in_global()
}

const TWO_NODES: &str = "Set num_cache_clusters to 2 or more, or automatic_failover_enabled = false.";
const ONE_SHARD: &str = "In cluster mode, count by shards: write num_node_groups = 1 in place of num_cache_clusters.";

fn lone_node(help: &str) -> Problem {
    let detail = "Automatic failover is on, and the group has 1 node.";
    Problem::error("CS0534", "automatic_failover_enabled", "Failover needs a second node", detail, help)
}

/// One shard without a replica, and no cluster mode, in which that is allowed.
fn is_lone_shard(group: Group) -> bool {
    let counted = ["num_cache_clusters", "node_group_configuration"].iter().any(|name| group.is_set(name));
    let replicas = group.may_be_set("replicas_per_node_group") && group.number("replicas_per_node_group") != Some(0);
    group.number("num_node_groups") == Some(1) && is_plain(group) && !counted && !replicas && !group.in_global()
}

fn cluster_without_failover() -> Problem {
    Problem::error(
        "CS0537",
        "automatic_failover_enabled",
        "Cluster mode needs automatic failover",
        "A group with cluster mode cannot be without automatic failover.",
        "Set automatic_failover_enabled = true.",
    )
}

/// A group of one node, as nothing that is written counts more, whose own parameter group leaves cluster mode off.
pub fn alone(written: &Object) -> Option<Problem> {
    let group = Group(written);
    let alone = group.is("automatic_failover_enabled", true) && is_uncounted(group);
    alone.then(|| lone_node(TWO_NODES).of_creation())
}

/// The same of a group that is there with one node, and gets failover now.
pub fn alone_now(before: &Object, planned: &Object) -> Option<Problem> {
    let (before, after) = (Group(before), Group(planned));
    let turned_on = !before.is("automatic_failover_enabled", true) && after.is("automatic_failover_enabled", true);
    let alone = after.number("num_cache_clusters") == Some(1) && after.is("cluster_enabled", false);
    (turned_on && alone).then(|| lone_node(TWO_NODES))
}

/// What is wrong between a group and its own parameter group, which turns cluster mode on or does not.
pub fn mode_mismatch(object: &Object, clustered: bool) -> Option<Problem> {
    let group = Group(object);
    if clustered && group.is_off("automatic_failover_enabled") {
        return Some(cluster_without_failover());
    }
    let shards = group.number("num_node_groups").filter(|shards| *shards > 1 && !clustered)?;
    Some(Problem::error(
        "CS0565",
        "parameter_group_name",
        "Shards without cluster mode",
        format!("The group has {shards} shards, and its parameter group does not turn cluster mode on."),
        "Set the parameter cluster-enabled = \"yes\" in the parameter group, or use one shard.",
    ))
}

pub(super) fn placement(group: Group) -> Vec<Problem> {
    zones_and_nodes(group).into_iter().chain(one_zone(group)).collect()
}

/// The zones that are asked for, wherever they are written.
pub fn zones(object: &Object) -> Vec<(&'static str, &str)> {
    let group = Group(object);
    let plain = group.get("preferred_cache_cluster_azs").and_then(Value::as_items).unwrap_or_default();
    let mut zones: Vec<(&'static str, &str)> =
        plain.iter().filter_map(Value::as_str).map(|zone| ("preferred_cache_cluster_azs", zone)).collect();
    for shard in group.get("node_group_configuration").and_then(Value::as_items).unwrap_or_default() {
        let replicas = shard.get("replica_availability_zones").and_then(Value::as_items).unwrap_or_default();
        let all = shard.get("primary_availability_zone").into_iter().chain(replicas);
        zones.extend(all.filter_map(Value::as_str).map(|zone| ("node_group_configuration", zone)));
    }
    zones
}

/// Nodes that all stand in one zone go down with it.
fn one_zone(group: Group) -> Option<Problem> {
    let zones = group.get("preferred_cache_cluster_azs")?.as_items()?;
    let first = zones.first()?.as_str()?;
    let together = zones.len() > 1 && zones.iter().all(|zone| zone.as_str() == Some(first));
    (together && group.is("multi_az_enabled", true)).then(|| {
        Problem::error(
            "CS0560",
            "preferred_cache_cluster_azs",
            "Multi-AZ in one zone",
            format!("`multi_az_enabled` is on, and all nodes are to stand in {first}."),
            "Name a second zone, or set multi_az_enabled = false.",
        )
    })
}

/// Source: the refusal of CreateReplicationGroup that is quoted in terraform-provider-aws#38493.
fn zones_and_nodes(group: Group) -> Option<Problem> {
    let zones = group.get("preferred_cache_cluster_azs")?.as_items()?.len();
    let counts = ["num_cache_clusters", "replicas_per_node_group", "num_node_groups", "node_group_configuration"];
    let (detail, help) = match group.number("num_cache_clusters") {
        Some(nodes) if zones as i64 != nodes => (
            format!("There are {zones} zones for {nodes} nodes; AWS wants one zone for each node."),
            "Name a zone for each node; a zone may be named twice.".to_owned(),
        ),
        None if zones > 0 && !counts.into_iter().any(|name| group.may_be_set(name)) => (
            "There are zones for nodes whose number is not said; AWS wants both.".to_owned(),
            format!("Write num_cache_clusters = {zones}, a node for each zone."),
        ),
        _ => return None,
    };
    let title = "Zones and nodes do not match";
    Some(Problem::error("CS0556", "preferred_cache_cluster_azs", title, detail, help))
}

/// Whether it refers to a global datastore, whose id is known after that is made.
fn names_a_global(group: Group) -> bool {
    let value = group.get("global_replication_group_id");
    let of = |origin: &Origin| matches!(origin, Origin::Attribute(of, _) if *of.kind == *"global_replication_group");
    value.is_some_and(|value| matches!(&value.data, Data::Unknown(it) if it.origin.as_deref().is_some_and(of)))
}

/// Source: the conflicts that the service and Terraform's provider declare for members of a global datastore.
pub(super) fn global_member(group: Group) -> Vec<Problem> {
    if !(group.is_set("global_replication_group_id") || names_a_global(group)) {
        return Vec::new();
    }
    let owned = [
        "num_node_groups",
        "parameter_group_name",
        "engine",
        "engine_version",
        "node_type",
        "transit_encryption_enabled",
        "at_rest_encryption_enabled",
        "snapshot_arns",
        "snapshot_name",
    ];
    owned
        .into_iter()
        .filter(|name| group.is_set(name))
        .map(|name| {
            Problem::error(
                "CS0557",
                name,
                "The global datastore decides this",
                format!("A member of a global datastore gets `{name}` from it."),
                "Leave it out.",
            )
        })
        .collect()
}
