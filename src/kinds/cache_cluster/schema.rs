//! The attributes of a cache cluster.

use std::sync::LazyLock;

use crate::kinds::{names, tags, upkeep};
use crate::schema::{Attr, By, Hold, Opens, Rule, Schema, lower};
use crate::value::Type;

pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = identity();
    attrs.extend(nodes());
    attrs.extend(network());
    attrs.extend(care());
    attrs.extend(computed());
    attrs.push(tags::region());
    attrs.extend(tags::attrs());
    let doc = "Memcached of several nodes, a single node of Redis, or a read replica of a replication group.";
    Schema::new(super::KIND, "aws_elasticache_cluster", doc, attrs)
        .opens(Opens {
            id: "cluster_id",
            groups: "security_group_ids",
            subnets: "subnet_group_name",
            engines: &[("redis", 6379), ("memcached", 11_211)],
        })
        .watched(&["cpu", "memory", "evictions", "hits"])
});

fn identity() -> Vec<Attr> {
    vec![
        Attr::required("cluster_id", Type::String)
            .replace()
            .rule(Rule::Length(1, 50))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The id; AWS stores it in lower case."),
        Attr::optional_computed("engine", Type::String)
            .replace()
            .one_of(&["memcached", "redis", "valkey"])
            .normalize(lower)
            .doc("memcached or redis."),
        Attr::optional_computed("engine_version", Type::String)
            .told_at_deletion()
            .rule(Rule::Length(1, 40))
            .normalize(lower)
            .fits(upkeep::is_version_of)
            .doc("All three parts for memcached (1.6.22); major and minor for redis from 6 on (7.1)."),
        Attr::optional_computed("parameter_group_name", Type::String)
            .usually(upkeep::is_default_group)
            .refers("parameter_group", By::Id, Hold::Blocks)
            .normalize(lower)
            .doc("The parameter group."),
        Attr::optional_computed("replication_group_id", Type::String)
            .refers("replication_group", By::Id, Hold::Takes)
            .replace()
            .normalize(lower)
            .doc("The replication group that it is a read replica of; that decides nearly everything else."),
        Attr::optional("apply_immediately", Type::Bool)
            .default(true)
            .local()
            .doc("Whether changes are made at once, and not in the maintenance window; false is Terraform's default."),
    ]
}

fn nodes() -> Vec<Attr> {
    vec![
        Attr::optional_computed("node_type", Type::String)
            .told_at_deletion()
            .doc("The node type, cache.t4g.micro for instance."),
        Attr::optional_computed("num_cache_nodes", Type::Number)
            .told_at_deletion()
            .rule(Rule::Range(1, 60))
            .doc("Nodes; 1 for redis."),
        Attr::optional_computed("az_mode", Type::String)
            .one_of(&["single-az", "cross-az"])
            .doc("Whether the nodes of memcached stand in several zones."),
        Attr::optional_computed("availability_zone", Type::String).replace().doc("The zone of all nodes."),
        Attr::optional("preferred_availability_zones", Type::list(Type::String))
            .local()
            .doc("The zones of the nodes of memcached, one for each, when they are made."),
        Attr::optional("outpost_mode", Type::String)
            .replace()
            .one_of(&["single-outpost", "cross-outpost"])
            .doc("Whether the nodes stand on several outposts."),
        Attr::optional_computed("preferred_outpost_arn", Type::String)
            .replace()
            .rule(names::ARN)
            .doc("The outpost of the nodes."),
    ]
}

fn network() -> Vec<Attr> {
    vec![
        Attr::optional_computed("subnet_group_name", Type::String)
            .usually(upkeep::is_default_group)
            .refers("subnet_group", By::Id, Hold::Blocks)
            .replace()
            .normalize(lower)
            .doc("The subnet group."),
        Attr::optional_computed("security_group_ids", Type::set(Type::String))
            .refers("security_group", By::Id, Hold::Blocks)
            .rule(names::SECURITY_GROUP_ID)
            .doc("VPC security groups."),
        Attr::optional_computed("security_group_names", Type::set(Type::String))
            .ours_alone()
            .replace()
            .deprecated("Cache security groups belong to EC2-Classic, which is gone; write security_group_ids.")
            .doc("Refused."),
        Attr::optional_computed("port", Type::Number)
            .replace()
            .rule(Rule::Range(1, 65535))
            .doc("The port; 11211 for memcached, 6379 for redis without it."),
        Attr::optional_computed("network_type", Type::String)
            .usually(upkeep::is_ipv4)
            .replace()
            .one_of(&["ipv4", "ipv6", "dual_stack"])
            .doc("Which IP versions the nodes speak."),
        Attr::optional_computed("ip_discovery", Type::String)
            .usually(upkeep::is_ipv4)
            .one_of(&["ipv4", "ipv6"])
            .doc("Which IP version is told to clients."),
        Attr::optional_computed("transit_encryption_enabled", Type::Bool)
            .usually(upkeep::is_off)
            .replace()
            .doc("Whether connections use TLS; memcached from 1.6.12 on."),
    ]
}

fn care() -> Vec<Attr> {
    vec![
        upkeep::snapshot_retention_limit(),
        upkeep::snapshot_window(),
        upkeep::maintenance_window(),
        Attr::optional_computed("auto_minor_version_upgrade", Type::Bool)
            .usually(upkeep::is_on)
            .nullable()
            .doc("Whether AWS installs minor versions by itself."),
        upkeep::notification_topic_arn(),
        Attr::optional("snapshot_arns", Type::list(Type::String))
            .replace()
            .rule(Rule::MaxItems(1))
            .rule(names::ARN)
            .doc("The file in S3 that the cluster is filled from."),
        Attr::optional("snapshot_name", Type::String)
            .replace()
            .refers("snapshot", By::Id, Hold::Mentions)
            .doc("The snapshot that the cluster is filled from."),
        upkeep::final_snapshot_identifier(),
        upkeep::final_snapshot(),
        upkeep::log_delivery_configuration(),
    ]
}

fn computed() -> Vec<Attr> {
    let node = vec![
        Attr::computed("id", Type::String),
        Attr::computed("address", Type::String),
        Attr::computed("port", Type::Number),
        Attr::computed("availability_zone", Type::String),
        Attr::computed("outpost_arn", Type::String),
    ];
    vec![
        Attr::computed("id", Type::String).doc("The id."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("engine_version_actual", Type::String).doc("The version that runs, in full."),
        Attr::computed("cache_nodes", Type::list(crate::schema::object_type(&node))).doc("The nodes."),
        Attr::computed("cluster_address", Type::String).doc("The name by which clients of memcached find all nodes."),
        Attr::computed("configuration_endpoint", Type::String).doc("The same with the port."),
    ]
}
