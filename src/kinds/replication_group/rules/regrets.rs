//! What AWS takes and is regretted, told where the environment protects its data.
//!
//! Sources: the well-architected pages of ElastiCache; its end-of-support dates of Redis 4 and 5 (2026-01-31).

use crate::kind::{Neighbour, Problem};
use crate::value::Value;

/// Every warning about a group of an environment that protects.
pub(super) fn check(group: Neighbour) -> Vec<Problem> {
    let get = |name: &str| group.planned.get(name).filter(|value| !value.is_null());
    let number = |name: &str| get(name).and_then(Value::as_i64);
    let nothing = |name: &str| {
        let value = get(name).filter(|value| !value.is_unknown() || group.written.contains_key(name));
        value.is_none_or(|value| value.as_items().is_some_and(<[Value]>::is_empty))
    };
    let off = |name: &str| get(name).is_none_or(|value| value.as_bool() == Some(false));
    if get("global_replication_group_id").is_some_and(|value| !value.is_unknown()) {
        return Vec::new();
    }
    let shards = number("num_node_groups").unwrap_or(1);
    let alone = shards == 1 && number("num_cache_clusters") == Some(1);
    let bare = shards > 1 && number("replicas_per_node_group") == Some(0);
    let replicas = shards == 1 && number("num_cache_clusters").is_some_and(|nodes| nodes > 1);
    let clustered = get("cluster_enabled").and_then(Value::as_bool) == Some(true);
    // What nobody writes is off, but for Valkey.
    let said = group.written.contains_key("transit_encryption_enabled");
    let redis = get("engine").and_then(Value::as_str) == Some("redis");
    let unsaid = get("transit_encryption_enabled").is_none_or(Value::is_unknown) && !said && redis;
    let clear = unsaid || off("transit_encryption_enabled") && said;
    let told = [
        (
            (alone || bare),
            "CS1063",
            "num_cache_clusters",
            "Nobody takes over",
            "The group has no replica, and is gone while its node is.",
            if bare {
                "Set replicas_per_node_group = 1."
            } else {
                "Set num_cache_clusters = 2 and automatic_failover_enabled = true."
            },
        ),
        (
            replicas && !clustered && off("automatic_failover_enabled"),
            "CS1064",
            "automatic_failover_enabled",
            "No failover by itself",
            "There are replicas, and none of them takes over by itself.",
            "Set automatic_failover_enabled = true.",
        ),
        (
            number("snapshot_retention_limit").unwrap_or(0) == 0
                && get("snapshot_retention_limit").is_none_or(|value| !value.is_unknown()),
            "CS1065",
            "snapshot_retention_limit",
            "No snapshots",
            "No daily snapshot is kept, so that nothing brings data back.",
            "Set snapshot_retention_limit = 7, for instance.",
        ),
        (
            clear,
            "CS1066",
            "transit_encryption_enabled",
            "No encryption in transit",
            "Clients and nodes talk in the clear.",
            "Set transit_encryption_enabled = true.",
        ),
        (
            !clear && nothing("auth_token") && nothing("user_group_ids"),
            "CS1071",
            "auth_token",
            "Anybody gets in",
            "There is neither a token nor a user group: who reaches the port may do everything.",
            "Set user_group_ids, or auth_token = secret(\"env:NAME\").",
        ),
        (
            !group.written.contains_key("subnet_group_name") && nothing("subnet_group_name"),
            "CS1072",
            "subnet_group_name",
            "In the default network",
            "No subnet group is named, so that AWS puts it into the default VPC, for good.",
            "Set subnet_group_name = subnet_group.NAME.name.",
        ),
    ];
    let problem =
        |(_, code, attribute, summary, detail, help)| Problem::error(code, attribute, summary, detail, help).warning();
    let old = get("engine_version").and_then(Value::as_str).is_some_and(|version| version.starts_with(['4', '5']));
    let paid = (old && redis).then(|| {
        let detail = "Redis 4 and 5 left standard support on 2026-01-31, and AWS charges extra for running them on.";
        let help = "Set engine_version = \"7.1\", or engine = \"valkey\" with its version; the upgrade keeps the data.";
        Problem::error("CS1067", "engine_version", "Extended support costs extra", detail, help).warning()
    });
    told.into_iter().filter(|(wrong, ..)| *wrong).map(problem).chain(paid).collect()
}
