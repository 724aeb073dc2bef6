//! The attributes of a replication group.

use std::sync::LazyLock;

use super::shards;
use crate::kinds::{names, tags, upkeep, user_group};
use crate::schema::{Attr, By, Hold, Opens, Rule, Schema, lower};
use crate::value::{Type, Value};

fn is_slots(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '-'))
}

/// AWS pads ids of shards to four digits.
fn padded(value: Value) -> Value {
    match value.as_str() {
        Some(id) => Value::string(format!("{id:0>4}")).with_mark(value.sensitive),
        None => value,
    }
}

fn is_shard_id(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

/// Shards are as they are asked for when what is said of each is so, and where none is described. Zones and slots
/// count when shards are made, and AWS moves them later; they are no difference.
fn are_shards_of(now: &Value, wanted: &Value) -> bool {
    let (Some(now), Some(wanted)) = (now.as_items(), wanted.as_items()) else { return false };
    let is = |shard: &Value, asked: &Value, name: &str| {
        let asked = asked.get(name).filter(|value| !value.is_null());
        let known = shard.get(name).filter(|value| !value.is_null());
        asked.is_none_or(|asked| known.is_none_or(|known| known == asked))
    };
    let matches =
        |shard: &Value, asked: &Value| ["node_group_id", "replica_count"].iter().all(|name| is(shard, asked, name));
    wanted.is_empty()
        || now.len() == wanted.len() && wanted.iter().all(|asked| now.iter().any(|shard| matches(shard, asked)))
}

/// The type of one shard.
pub(super) fn shard_type() -> Type {
    match SCHEMA.attr(shards::BLOCKS).map(|attr| &attr.ty) {
        Some(Type::Set(shard) | Type::List(shard)) => (**shard).clone(),
        _ => Type::default(),
    }
}

pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = identity();
    attrs.extend(topology());
    attrs.extend(network());
    attrs.extend(protection());
    attrs.extend(upkeep());
    attrs.extend(computed());
    attrs.push(tags::region());
    attrs.extend(tags::attrs());
    Schema::new(
        "replication_group",
        "aws_elasticache_replication_group",
        "Primaries with replicas, in one shard or many.",
        attrs,
    )
    .opens(Opens {
        id: "replication_group_id",
        groups: "security_group_ids",
        subnets: "subnet_group_name",
        engines: &[("redis", 6379)],
    })
    .watched(&["cpu", "memory", "evictions", "lag", "hits"])
    .unfolded("cluster_mode", &["num_node_groups", "replicas_per_node_group"])
});

fn identity() -> Vec<Attr> {
    vec![
        Attr::required("replication_group_id", Type::String)
            .replace()
            .rule(Rule::Length(1, 40))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The id; AWS stores it in lower case."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .formerly(&["replication_group_description"])
            .at_create("Managed by cachestack")
            .rule(Rule::Length(1, 255))
            .rule(names::DESCRIPTION)
            .doc("What it is for."),
        Attr::optional_computed("engine", Type::String)
            .one_of(&["redis", "valkey"])
            .normalize(lower)
            .doc("redis or valkey; redis without it. From redis to valkey goes in place, back does not."),
        Attr::optional_computed("engine_version", Type::String)
            .told_at_deletion()
            .rule(Rule::Length(1, 40))
            .normalize(lower)
            .fits(upkeep::is_version_of)
            .doc("Major and minor from 6 on (7.1), three parts below (5.0.6)."),
        Attr::optional_computed("parameter_group_name", Type::String)
            .usually(upkeep::is_default_group)
            .refers("parameter_group", By::Id, Hold::Blocks)
            .normalize(lower)
            .doc("The parameter group."),
        Attr::optional("phase", Type::String)
            .ours_alone()
            .one_of(&["together", "one-by-one"])
            .local()
            .doc("one-by-one: a change that clients have to follow stops after its first phase until the next apply."),
        Attr::optional("apply_immediately", Type::Bool)
            .default(true)
            .local()
            .doc("Whether changes are made at once, and not in the maintenance window; false is Terraform's default."),
    ]
}

fn topology() -> Vec<Attr> {
    let count = || Attr::optional_computed("num_cache_clusters", Type::Number).told_at_deletion();
    vec![
        Attr::optional_computed("node_type", Type::String)
            .told_at_deletion()
            .doc("The node type, cache.r7g.large for instance."),
        count()
            .formerly(&["number_cache_clusters"])
            .rule(Rule::Range(1, 6))
            .doc("Nodes of a group with one shard, the primary included."),
        Attr::optional_computed("num_node_groups", Type::Number).rule(Rule::Range(1, 500)).doc("Shards."),
        Attr::optional_computed("replicas_per_node_group", Type::Number)
            .rule(Rule::Range(0, 5))
            .doc("Replicas of each shard."),
        Attr::optional_computed("cluster_mode", Type::String)
            .usually(|mode| mode.as_str() == Some("disabled"))
            .one_of(&["enabled", "disabled", "compatible"])
            .normalize(lower)
            .doc("Whether clients see one endpoint for many shards."),
        Attr::optional("automatic_failover_enabled", Type::Bool)
            .default(false)
            .left_to_others()
            .doc("Whether a replica takes over by itself."),
        Attr::optional("multi_az_enabled", Type::Bool)
            .default(false)
            .doc("Whether primary and replicas are kept in different zones."),
        Attr::optional("preferred_cache_cluster_azs", Type::list(Type::String))
            .formerly(&["availability_zones"])
            .local()
            .doc("Zones of the nodes at create; the first is the primary's."),
        Attr::blocks(
            "node_group_configuration",
            vec![
                Attr::optional("node_group_id", Type::String)
                    .rule(Rule::Test(is_shard_id, "one to four digits"))
                    .normalize(padded)
                    .doc("The id of the shard."),
                Attr::optional("primary_availability_zone", Type::String).doc("The zone of the primary."),
                Attr::optional("primary_outpost_arn", Type::String).rule(names::ARN).doc("The outpost of the primary."),
                Attr::optional("replica_availability_zones", Type::list(Type::String))
                    .doc("The zones of the replicas."),
                Attr::optional("replica_outpost_arns", Type::list(Type::String))
                    .rule(names::ARN)
                    .doc("The outposts of the replicas."),
                Attr::optional("replica_count", Type::Number).rule(Rule::Range(0, 5)).doc("Replicas of the shard."),
                Attr::optional("slots", Type::String)
                    .rule(Rule::Test(is_slots, "slots such as 0-8191"))
                    .normalize(shards::united)
                    .doc("The slots of the shard when the group is made."),
            ],
        )
        .known_by("node_group_id")
        .counted()
        .or_computed()
        .ours_alone()
        .fits(are_shards_of)
        .doc("One shard: its zones, replicas and slots."),
        Attr::optional_computed("data_tiering_enabled", Type::Bool)
            .usually(upkeep::is_off)
            .replace()
            .doc("Whether part of the data lies on SSD (r6gd)."),
        Attr::optional_computed("global_replication_group_id", Type::String)
            .replace()
            .let_go()
            .doc("The global datastore that it is a member of."),
        Attr::computed("global_role", Type::String)
            .ours_alone()
            .or_nothing()
            .doc("PRIMARY or SECONDARY, in a global datastore."),
        Attr::optional_computed("durability", Type::String)
            .ours_alone()
            .one_of(&["default", "async", "sync", "disabled"])
            .or_nothing()
            .doc("Whether a write is on a log in several zones, when it is answered (sync) or soon after (async)."),
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
            .replace()
            .deprecated("Cache security groups belong to EC2-Classic, which is gone; write security_group_ids.")
            .doc("Refused."),
        Attr::optional_computed("port", Type::Number)
            .replace()
            .rule(Rule::Range(1, 65535))
            .doc("The port; 6379 without it."),
        Attr::optional_computed("network_type", Type::String)
            .usually(upkeep::is_ipv4)
            .replace()
            .one_of(&["ipv4", "ipv6", "dual_stack"])
            .doc("Which IP versions the group speaks."),
        Attr::optional_computed("ip_discovery", Type::String)
            .usually(upkeep::is_ipv4)
            .one_of(&["ipv4", "ipv6"])
            .doc("Which IP version is told to clients."),
    ]
}

fn protection() -> Vec<Attr> {
    vec![
        Attr::optional_computed("at_rest_encryption_enabled", Type::Bool)
            .nullable()
            .replace()
            .doc("Whether data on disk is encrypted."),
        Attr::optional_computed("transit_encryption_enabled", Type::Bool)
            .usually(upkeep::is_off)
            .doc("Whether connections use TLS."),
        Attr::optional_computed("transit_encryption_mode", Type::String)
            .one_of(&["preferred", "required"])
            .comes_with("transit_encryption_enabled", "required")
            .doc("Whether connections without TLS are still let in."),
        Attr::optional("auth_token", Type::String)
            .secret()
            .versioned("auth_token_wo_version")
            .doc("The password of the group, 16 to 128 characters; needs TLS."),
        Attr::optional("auth_token_update_strategy", Type::String)
            .one_of(&["SET", "ROTATE", "DELETE"])
            .local()
            .sent_as("auth_token")
            .doc("How a new token takes the place of the old one; both ROTATE and SET, in that order, without it."),
        Attr::optional("auth_token_wo", Type::String)
            .ours_alone()
            .secret()
            .doc("The same, only looked at when auth_token_wo_version changes."),
        Attr::optional("auth_token_wo_version", Type::Number)
            .ours_alone()
            .local()
            .sent_as("auth_token_wo")
            .doc("Grows with auth_token_wo."),
        Attr::optional("user_group_ids", Type::set(Type::String))
            .refers("user_group", By::Id, Hold::Blocks)
            .rule(Rule::MaxItems(1))
            .normalize(user_group::lower_each)
            .doc("The user group that may log in."),
        Attr::optional("kms_key_id", Type::String)
            .replace()
            .rule(names::KEY)
            .doc("The key that encrypts data on disk."),
    ]
}

fn upkeep() -> Vec<Attr> {
    vec![
        upkeep::snapshot_retention_limit(),
        upkeep::snapshot_window(),
        upkeep::maintenance_window(),
        Attr::optional_computed("auto_minor_version_upgrade", Type::Bool)
            .usually(upkeep::is_on)
            .nullable()
            .doc("Whether AWS installs minor versions by itself."),
        upkeep::notification_topic_arn(),
        Attr::optional("snapshot_arns", Type::set(Type::String))
            .replace()
            .rule(names::ARN)
            .doc("Files in S3 that the group is filled from."),
        Attr::optional("snapshot_name", Type::String)
            .replace()
            .refers("snapshot", By::Id, Hold::Mentions)
            .doc("The snapshot that the group is filled from."),
        upkeep::final_snapshot_identifier(),
        upkeep::final_snapshot(),
        upkeep::log_delivery_configuration(),
    ]
}

fn computed() -> Vec<Attr> {
    vec![
        Attr::computed("id", Type::String).doc("The id."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("cluster_enabled", Type::Bool).doc("Whether it has cluster mode."),
        Attr::computed("engine_version_actual", Type::String).doc("The version that runs, in full."),
        Attr::computed("member_clusters", Type::set(Type::String)).doc("The ids of the nodes."),
        Attr::computed("primary_endpoint_address", Type::String).doc("The address for writes; none with cluster mode."),
        Attr::computed("reader_endpoint_address", Type::String).doc("The address for reads; none with cluster mode."),
        Attr::computed("configuration_endpoint_address", Type::String)
            .doc("The address of the cluster; none without cluster mode."),
    ]
}
