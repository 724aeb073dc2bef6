//! One replication group and its members as an observation.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::{CacheCluster, NodeGroup, NodeGroupMember, ReplicationGroup};
use aws_smithy_types::date_time::Format;

use super::Clusters;
use super::pending::pending;
use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::logs;
use crate::kind::{Observation, Status};
use crate::value::{Type, Value};

/// Joins a group with those of the clusters that are its members.
pub fn observe(group: &ReplicationGroup, clusters: &Clusters) -> Observation {
    let ids = group.member_clusters();
    let members: Vec<&CacheCluster> = ids.iter().filter_map(|id| clusters.get(id)).collect();
    let mut attrs = Attrs::default();
    of_group(group, &mut attrs);
    of_shape(group, &mut attrs);
    of_endpoints(group, &members, &mut attrs);
    // While no member can be seen, what only members tell stays out, rather than looking as if it were unset.
    let speaker = members.iter().find(|member| member.cache_cluster_status() == Some("available")).or(members.first());
    if let Some(member) = speaker {
        of_member(member, &mut attrs);
    }
    if let Some(engine) = group.engine().or_else(|| speaker.and_then(|member| member.engine())) {
        attrs.text("engine", Some(engine));
    }
    attrs.put("members", member_list(group, clusters));
    let pending = pending(group, &members, &attrs.0);
    Observation { status: status(group, clusters), object: attrs.0, pending }
}

/// A group says `available` before its members are.
fn status(group: &ReplicationGroup, clusters: &Clusters) -> Status {
    let own = group.status().unwrap_or("available");
    let states = group.member_clusters().iter().map(|id| {
        let state = clusters.get(id).map(|member| member.cache_cluster_status().unwrap_or("available"));
        (id, state.unwrap_or("creating"))
    });
    let states: Vec<(&String, &str)> = states.collect();
    let broken = ["create-failed", "restore-failed", "incompatible-network"];
    if broken.contains(&own) {
        return Status::Broken(own.to_owned());
    }
    if let Some((id, state)) = states.iter().find(|(_, state)| broken.contains(state)) {
        return Status::Broken(format!("{state} ({id})"));
    }
    let (state, word) = match states.iter().find(|(_, state)| *state != "available") {
        _ if own != "available" => (own, own.to_owned()),
        Some((id, state)) => (*state, format!("{state} ({id})")),
        None => return Status::Settled,
    };
    match (state, own) {
        (_, "deleting") => Status::Leaving(word),
        ("creating", _) => Status::Making(word),
        _ => Status::Busy(word),
    }
}

/// What the group says about itself.
fn of_group(group: &ReplicationGroup, attrs: &mut Attrs) {
    let failover = group.automatic_failover().map(|word| matches!(word.as_str(), "enabled" | "enabling"));
    let global = group.global_replication_group_info().and_then(|info| info.global_replication_group_id());
    let role = group.global_replication_group_info().and_then(|info| info.global_replication_group_member_role());
    let modified = group.auth_token_last_modified_date().and_then(|date| date.fmt(Format::DateTime).ok());
    let clustered = group.cluster_enabled().unwrap_or(false);
    let mode = group.cluster_mode().map(|mode| mode.as_str());
    attrs
        .text("id", group.replication_group_id())
        .text("replication_group_id", group.replication_group_id())
        .text("arn", group.arn())
        .text("description", group.description())
        .text("node_type", group.cache_node_type())
        .flag("cluster_enabled", Some(clustered))
        .text("cluster_mode", mode.or(Some(if clustered { "enabled" } else { "disabled" })))
        .flag("automatic_failover_enabled", Some(failover.unwrap_or(false)))
        .flag("multi_az_enabled", Some(group.multi_az().is_some_and(|word| word.as_str() == "enabled")))
        .flag("at_rest_encryption_enabled", Some(group.at_rest_encryption_enabled().unwrap_or(false)))
        .flag("transit_encryption_enabled", Some(group.transit_encryption_enabled().unwrap_or(false)))
        .text("transit_encryption_mode", group.transit_encryption_mode().map(|mode| mode.as_str()))
        .text("kms_key_id", group.kms_key_id())
        .flag("data_tiering_enabled", Some(group.data_tiering().is_some_and(|word| word.as_str() == "enabled")))
        .int("snapshot_retention_limit", Some(group.snapshot_retention_limit().unwrap_or(0)))
        .text("snapshot_window", group.snapshot_window())
        .flag("auto_minor_version_upgrade", group.auto_minor_version_upgrade())
        .text("network_type", group.network_type().map(|word| word.as_str()))
        .text("ip_discovery", group.ip_discovery().map(|word| word.as_str()))
        .text("durability", group.durability().map(|word| word.as_str()))
        .set("user_group_ids", group.user_group_ids())
        .text("global_replication_group_id", global)
        .text("global_role", role)
        .put("log_delivery_configuration", logs::read(group.log_delivery_configurations()))
        .flag("auth_token_enabled", Some(group.auth_token_enabled().unwrap_or(false)))
        .text("auth_token_last_modified", modified.as_deref());
}

/// What one member says for all.
fn of_member(member: &CacheCluster, attrs: &mut Attrs) {
    let version = member.engine_version();
    let parameters = member.cache_parameter_group();
    let topic = member.notification_configuration().filter(|it| it.topic_status() != Some("inactive"));
    let groups = member.cache_security_groups().iter().filter_map(|group| group.cache_security_group_name());
    attrs
        .text("engine_version", version.map(short_version).as_deref())
        .text("engine_version_actual", version)
        .text("parameter_group_name", parameters.and_then(|group| group.cache_parameter_group_name()))
        .text("subnet_group_name", member.cache_subnet_group_name())
        .set("security_group_ids", member.security_groups().iter().filter_map(|group| group.security_group_id()))
        .set("security_group_names", groups)
        .text("maintenance_window", member.preferred_maintenance_window())
        .text("notification_topic_arn", topic.and_then(|topic| topic.topic_arn()));
    if attrs.0.get("auto_minor_version_upgrade").is_none_or(Value::is_null) {
        attrs.flag("auto_minor_version_upgrade", member.auto_minor_version_upgrade());
    }
}

/// The version as it is asked for: from 6 on AWS takes major and minor only.
pub fn short_version(version: &str) -> String {
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if major.parse::<u32>().is_ok_and(|major| major >= 6) => format!("{major}.{minor}"),
        _ => version.to_owned(),
    }
}

/// Counts of shards and members, and the shards themselves.
fn of_shape(group: &ReplicationGroup, attrs: &mut Attrs) {
    let shards = group.node_groups();
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    attrs
        .set("member_clusters", group.member_clusters())
        .int("num_cache_clusters", Some(count(group.member_clusters().len())))
        .put("node_group_configuration", Value::set(shard_type(), shards.iter().map(shard).collect()));
    // A group that is being made lists no shards yet. Of uneven shards the poorest counts.
    if let Some(least) = shards.iter().map(|shard| shard.node_group_members().len()).min() {
        attrs
            .int("num_node_groups", Some(count(shards.len())))
            .int("replicas_per_node_group", Some(count(least.saturating_sub(1))));
    }
}

fn shard_type() -> Type {
    fields(&[
        ("node_group_id", Type::String),
        ("primary_availability_zone", Type::String),
        ("primary_outpost_arn", Type::String),
        ("replica_availability_zones", Type::list(Type::String)),
        ("replica_outpost_arns", Type::list(Type::String)),
        ("replica_count", Type::Number),
        ("slots", Type::String),
    ])
}

fn shard(shard: &NodeGroup) -> Value {
    let (primaries, replicas): (Vec<&NodeGroupMember>, Vec<&NodeGroupMember>) =
        shard.node_group_members().iter().partition(|member| member.current_role() == Some("primary"));
    let primary = primaries.first();
    let replica_count = shard.node_group_members().len().saturating_sub(1);
    let mut attrs = Attrs::default();
    attrs
        .text("node_group_id", shard.node_group_id())
        .text("primary_availability_zone", primary.and_then(|member| member.preferred_availability_zone()))
        .text("primary_outpost_arn", primary.and_then(|member| member.preferred_outpost_arn()))
        .int("replica_count", Some(i32::try_from(replica_count).unwrap_or(i32::MAX)))
        .text("slots", shard.slots());
    // With cluster mode on, AWS does not say who is primary; then nobody can be told from the replicas.
    let zones = replicas.iter().filter_map(|member| member.preferred_availability_zone());
    let outposts: Vec<&str> = replicas.iter().filter_map(|member| member.preferred_outpost_arn()).collect();
    let unknown = || Value::null_of(Type::list(Type::String));
    attrs.put("replica_availability_zones", if primary.is_some() { Value::strings(zones) } else { unknown() });
    let known = primary.is_some() && !outposts.is_empty();
    attrs.put("replica_outpost_arns", if known { Value::strings(outposts) } else { unknown() });
    attrs.into_value()
}

/// Addresses and port.
fn of_endpoints(group: &ReplicationGroup, members: &[&CacheCluster], attrs: &mut Attrs) {
    let first = group.node_groups().first();
    let configuration = group.configuration_endpoint();
    // With cluster mode on there is one address for all shards, and none for the first one alone.
    let of_one_shard = if configuration.is_none() { first } else { None };
    let primary = of_one_shard.and_then(|shard| shard.primary_endpoint());
    let reader = of_one_shard.and_then(|shard| shard.reader_endpoint());
    let node = members.first().and_then(|member| member.cache_nodes().first()).and_then(|node| node.endpoint());
    attrs
        .text("configuration_endpoint_address", configuration.and_then(|endpoint| endpoint.address()))
        .text("primary_endpoint_address", primary.and_then(|endpoint| endpoint.address()))
        .text("reader_endpoint_address", reader.and_then(|endpoint| endpoint.address()));
    let port = configuration.or(primary).or(node).and_then(|endpoint| endpoint.port());
    if port.is_some() {
        attrs.int("port", port);
    }
}

fn member_type() -> Type {
    let names = ["id", "node_group_id", "availability_zone", "role", "status"];
    fields(&names.map(|name| (name, Type::String)))
}

fn member_list(group: &ReplicationGroup, clusters: &Clusters) -> Value {
    let mut places: BTreeMap<&str, (Option<&str>, &NodeGroupMember)> = BTreeMap::new();
    for shard in group.node_groups() {
        for member in shard.node_group_members() {
            places.insert(member.cache_cluster_id().unwrap_or_default(), (shard.node_group_id(), member));
        }
    }
    let mut ids: Vec<&String> = group.member_clusters().iter().collect();
    ids.sort();
    let describe = |id: &&String| {
        let place = places.get(id.as_str());
        let cluster = clusters.get(*id);
        let zone = place.and_then(|(_, member)| member.preferred_availability_zone());
        let mut attrs = Attrs::default();
        attrs
            .text("id", Some(id))
            .text("node_group_id", place.and_then(|(shard, _)| *shard))
            .text("availability_zone", zone.or_else(|| cluster.and_then(|it| it.preferred_availability_zone())))
            .text("role", place.and_then(|(_, member)| member.current_role()))
            .text("status", cluster.and_then(|it| it.cache_cluster_status()));
        attrs.into_value()
    };
    Value::list(member_type(), ids.iter().map(describe).collect())
}
