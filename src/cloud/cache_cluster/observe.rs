//! One cluster as an observation.

use aws_sdk_elasticache::types::{CacheCluster, CacheNode};

use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::logs;
use crate::cloud::replication_group::observe::short_version;
use crate::kind::{NODES_TO_REBOOT, NODES_TO_REMOVE, Observation, Status};
use crate::value::{Object, Type, Value};

/// What AWS says of a cluster.
pub fn observe(cluster: &CacheCluster) -> Observation {
    let mut attrs = Attrs::default();
    of_itself(cluster, &mut attrs);
    of_nodes(cluster, &mut attrs);
    Observation { status: status(cluster), object: attrs.0, pending: pending(cluster) }
}

fn status(cluster: &CacheCluster) -> Status {
    let word = cluster.cache_cluster_status().unwrap_or("available").to_owned();
    match word.as_str() {
        "available" => Status::Settled,
        "creating" => Status::Making(word),
        "deleting" => Status::Leaving(word),
        "create-failed" | "restore-failed" | "incompatible-network" => Status::Broken(word),
        _ => Status::Busy(word),
    }
}

fn is_memcached(cluster: &CacheCluster) -> bool {
    cluster.engine() == Some("memcached")
}

/// The version as it is asked for.
fn asked_version(cluster: &CacheCluster, version: &str) -> String {
    if is_memcached(cluster) { version.to_owned() } else { short_version(version) }
}

fn of_itself(cluster: &CacheCluster, attrs: &mut Attrs) {
    let version = cluster.engine_version();
    let parameters = cluster.cache_parameter_group();
    let topic = cluster.notification_configuration().filter(|it| it.topic_status() != Some("inactive"));
    let names = cluster.cache_security_groups().iter().filter_map(|group| group.cache_security_group_name());
    attrs
        .text("id", cluster.cache_cluster_id())
        .text("cluster_id", cluster.cache_cluster_id())
        .text("arn", cluster.arn())
        .text("engine", cluster.engine())
        .text("engine_version", version.map(|version| asked_version(cluster, version)).as_deref())
        .text("engine_version_actual", version)
        .text("node_type", cluster.cache_node_type())
        .int("num_cache_nodes", cluster.num_cache_nodes())
        .text("parameter_group_name", parameters.and_then(|group| group.cache_parameter_group_name()))
        .text("replication_group_id", cluster.replication_group_id())
        .text("subnet_group_name", cluster.cache_subnet_group_name())
        .set("security_group_ids", cluster.security_groups().iter().filter_map(|group| group.security_group_id()))
        .set("security_group_names", names)
        .text("network_type", cluster.network_type().map(|word| word.as_str()))
        .text("ip_discovery", cluster.ip_discovery().map(|word| word.as_str()))
        .flag("transit_encryption_enabled", Some(cluster.transit_encryption_enabled().unwrap_or(false)))
        .int("snapshot_retention_limit", Some(cluster.snapshot_retention_limit().unwrap_or(0)))
        .text("snapshot_window", cluster.snapshot_window())
        .text("maintenance_window", cluster.preferred_maintenance_window())
        .flag("auto_minor_version_upgrade", cluster.auto_minor_version_upgrade())
        .text("notification_topic_arn", topic.and_then(|topic| topic.topic_arn()))
        .text("preferred_outpost_arn", cluster.preferred_outpost_arn())
        .put("log_delivery_configuration", logs::read(cluster.log_delivery_configurations()));
}

/// Nodes, their zones, and how clients find them.
fn of_nodes(cluster: &CacheCluster, attrs: &mut Attrs) {
    let zone = cluster.preferred_availability_zone();
    let many = zone == Some("Multiple");
    let configuration = cluster.configuration_endpoint();
    let node = cluster.cache_nodes().first().and_then(|node| node.endpoint());
    let address = configuration.and_then(|endpoint| endpoint.address());
    let port = configuration.or(node).and_then(|endpoint| endpoint.port());
    let whole = address.zip(port).map(|(address, port)| format!("{address}:{port}"));
    let mut nodes: Vec<&CacheNode> = cluster.cache_nodes().iter().collect();
    nodes.sort_by_key(|node| node.cache_node_id());
    attrs
        .text("az_mode", Some(if many { "cross-az" } else { "single-az" }))
        .text("availability_zone", zone.filter(|_| !many))
        .text("cluster_address", address)
        .text("configuration_endpoint", whole.as_deref())
        .put("cache_nodes", Value::list(node_type(), nodes.into_iter().map(of_node).collect()));
    if port.is_some() {
        attrs.int("port", port);
    }
}

fn node_type() -> Type {
    let mut all = ["id", "address", "availability_zone", "outpost_arn"].map(|name| (name, Type::String)).to_vec();
    all.push(("port", Type::Number));
    fields(&all)
}

fn of_node(node: &CacheNode) -> Value {
    let endpoint = node.endpoint();
    let mut attrs = Attrs::default();
    attrs
        .text("id", node.cache_node_id())
        .text("address", endpoint.and_then(|endpoint| endpoint.address()))
        .int("port", endpoint.and_then(|endpoint| endpoint.port()))
        .text("availability_zone", node.customer_availability_zone())
        .text("outpost_arn", node.customer_outpost_arn());
    attrs.into_value()
}

/// The nodes in which parameters take effect after a restart only.
pub fn to_reboot(cluster: &CacheCluster) -> &[String] {
    let group = cluster.cache_parameter_group();
    let group = group.filter(|group| group.parameter_apply_status() == Some("pending-reboot"));
    group.map(|group| group.cache_node_ids_to_reboot()).unwrap_or_default()
}

/// Changes that AWS has accepted and not yet carried out.
fn pending(cluster: &CacheCluster) -> Object {
    let mut attrs = Attrs::default();
    let nodes = to_reboot(cluster);
    if !nodes.is_empty() {
        attrs.set(NODES_TO_REBOOT, nodes);
    }
    let Some(values) = cluster.pending_modified_values() else { return attrs.0 };
    if let Some(count) = values.num_cache_nodes() {
        attrs.int("num_cache_nodes", Some(count));
        attrs.set(NODES_TO_REMOVE, values.cache_node_ids_to_remove());
    }
    if let Some(node_type) = values.cache_node_type() {
        attrs.text("node_type", Some(node_type));
    }
    if let Some(version) = values.engine_version() {
        attrs
            .text("engine_version", Some(&asked_version(cluster, version)))
            .text("engine_version_actual", Some(version));
    }
    if let Some(on) = values.transit_encryption_enabled() {
        attrs.flag("transit_encryption_enabled", Some(on));
    }
    attrs.0
}
