//! The names under which clients reach a cache.

use super::super::context::{Context, short_region};
use super::group::ReplicationGroup;
use serde_json::{Value, json};

fn tail(context: &Context) -> String {
    let suffix = if context.region_name.starts_with("cn-") { ".cn" } else { "" };
    format!("{}.cache.amazonaws.com{suffix}", short_region(context.region_name))
}

fn endpoint(address: String, port: i64) -> Value {
    json!({ "Address": address, "Port": port })
}

/// Where writes go; of a group without cluster mode.
pub fn primary(context: &Context, group: &ReplicationGroup) -> Value {
    let (id, domain, tail) = (&group.id, context.domain(), tail(context));
    let address = if group.settings.tls {
        format!("master.{id}.{domain}.{tail}")
    } else {
        format!("{id}.{domain}.ng.0001.{tail}")
    };
    endpoint(address, group.settings.port)
}

/// Where reads may go; of a group without cluster mode.
pub fn reader(context: &Context, group: &ReplicationGroup) -> Value {
    let (id, domain, tail) = (&group.id, context.domain(), tail(context));
    let address = if group.settings.tls {
        format!("replica.{id}.{domain}.{tail}")
    } else {
        format!("{id}-ro.{domain}.ng.0001.{tail}")
    };
    endpoint(address, group.settings.port)
}

/// Where clients find all shards; of a group with cluster mode.
pub fn configuration(context: &Context, group: &ReplicationGroup) -> Value {
    let (id, domain, tail) = (&group.id, context.domain(), tail(context));
    let address = if group.settings.tls {
        format!("clustercfg.{id}.{domain}.{tail}")
    } else {
        format!("{id}.{domain}.clustercfg.{tail}")
    };
    endpoint(address, group.settings.port)
}

/// One node of a group.
pub fn member(context: &Context, group: &ReplicationGroup, cluster: &str) -> Value {
    let (domain, tail) = (context.domain(), tail(context));
    let address = if group.settings.tls {
        format!("{cluster}.{}.{domain}.{tail}", group.id)
    } else {
        format!("{cluster}.{domain}.0001.{tail}")
    };
    endpoint(address, group.settings.port)
}

/// One node of a cluster of its own.
pub fn node(context: &Context, cluster: &str, node: &str, port: i64) -> Value {
    endpoint(format!("{cluster}.{}.{node}.{}", context.domain(), tail(context)), port)
}

/// Where clients find all nodes of a memcached cluster.
pub fn discovery(context: &Context, cluster: &str, port: i64) -> Value {
    endpoint(format!("{cluster}.{}.cfg.{}", context.domain(), tail(context)), port)
}
