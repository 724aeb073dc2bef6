//! Changes of a replication group that AWS has accepted and not yet carried out.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{CacheCluster, ReplicationGroup};

use super::observe::short_version;
use crate::cloud::attrs::Attrs;
use crate::cloud::cache_cluster::observe::to_reboot;
use crate::cloud::logs::{log_delivery, log_type};
use crate::kind::NODES_TO_REBOOT;
use crate::value::{Object, Value};

/// What attributes will be. `object` holds what they are.
pub fn pending(group: &ReplicationGroup, members: &[&CacheCluster], object: &Object) -> Object {
    let mut attrs = Attrs::default();
    for member in members {
        of_member(member, &mut attrs);
    }
    of_group(group, object, &mut attrs);
    let waiting = members.iter().filter(|member| !to_reboot(member).is_empty());
    let waiting: Vec<&str> = waiting.filter_map(|member| member.cache_cluster_id()).collect();
    if !waiting.is_empty() {
        attrs.set(NODES_TO_REBOOT, waiting);
    }
    attrs.0
}

fn of_member(member: &CacheCluster, attrs: &mut Attrs) {
    let Some(values) = member.pending_modified_values() else { return };
    if let Some(node_type) = values.cache_node_type() {
        attrs.text("node_type", Some(node_type));
    }
    if let Some(version) = values.engine_version() {
        attrs.text("engine_version", Some(&short_version(version))).text("engine_version_actual", Some(version));
    }
    if let Some(on) = values.transit_encryption_enabled() {
        attrs.flag("transit_encryption_enabled", Some(on));
    }
    if let Some(mode) = values.transit_encryption_mode() {
        attrs.text("transit_encryption_mode", Some(mode.as_str()));
    }
    if let Some(status) = values.auth_token_status() {
        attrs.text("auth_token_status", Some(status.as_str()));
    }
}

fn of_group(group: &ReplicationGroup, object: &Object, attrs: &mut Attrs) {
    let Some(values) = group.pending_modified_values() else { return };
    if let Some(word) = values.automatic_failover_status() {
        attrs.flag("automatic_failover_enabled", Some(word.as_str() == "enabled"));
    }
    if let Some(on) = values.transit_encryption_enabled() {
        attrs.flag("transit_encryption_enabled", Some(on));
    }
    if let Some(mode) = values.transit_encryption_mode() {
        attrs.text("transit_encryption_mode", Some(mode.as_str()));
    }
    if let Some(mode) = values.cluster_mode() {
        attrs.text("cluster_mode", Some(mode.as_str()));
    }
    if let Some(status) = values.auth_token_status() {
        attrs.text("auth_token_status", Some(status.as_str()));
    }
    if let Some(update) = values.user_groups() {
        let mut ids: BTreeSet<&str> = group.user_group_ids().iter().map(String::as_str).collect();
        ids.extend(update.user_group_ids_to_add().iter().map(String::as_str));
        let leaving = update.user_group_ids_to_remove();
        attrs.set("user_group_ids", ids.into_iter().filter(|id| !leaving.iter().any(|leaving| leaving == id)));
    }
    of_logs(values, object, attrs);
}

/// A log that is to be delivered replaces the delivery of the same type.
fn of_logs(
    values: &aws_sdk_elasticache::types::ReplicationGroupPendingModifiedValues,
    object: &Object,
    attrs: &mut Attrs,
) {
    let coming = values.log_delivery_configurations();
    if coming.is_empty() {
        return;
    }
    let mut logs: Vec<Value> = coming
        .iter()
        .map(|log| {
            log_delivery(
                log.log_type().map(|word| word.as_str()),
                log.destination_type().map(|word| word.as_str()),
                log.destination_details(),
                log.log_format().map(|word| word.as_str()),
            )
        })
        .collect();
    let types: Vec<Option<Value>> = logs.iter().map(|log| log.get("log_type").cloned()).collect();
    let current = object.get("log_delivery_configuration").and_then(Value::as_items).unwrap_or_default();
    logs.extend(current.iter().filter(|log| !types.contains(&log.get("log_type").cloned())).cloned());
    attrs.put("log_delivery_configuration", Value::set(log_type(), logs));
}
