//! What is measured of caches: metrics of ElastiCache, how those of several nodes are joined, and where they should be.
//! Sources: user guide, "Which metrics should I monitor"; the targets are those of the reports that this takes the place of.

use crate::kind::{Formula, Join, Measure, MeasureTarget as Target, Measured, Unit};
use crate::value::{Object, Value, text};

const fn metric(name: &'static str, unit: Unit, join: Join) -> Measure {
    Measure { name, unit, of: Formula::Metric(name), join, target: None }
}

const fn below(measure: Measure, limit: f64) -> Measure {
    Measure { target: Some(Target::Below(limit)), ..measure }
}

const fn share(name: &'static str, part: &'static str, rest: &'static str, target: Target) -> Measure {
    Measure { name, unit: Unit::Percent, of: Formula::Share(part, rest), join: Join::Sum, target: Some(target) }
}

static REDIS: [Measure; 14] = [
    below(metric("CPUUtilization", Unit::Percent, Join::Most), 80.0),
    below(metric("EngineCPUUtilization", Unit::Percent, Join::Most), 80.0),
    below(metric("DatabaseMemoryUsagePercentage", Unit::Percent, Join::Most), 85.0),
    metric("FreeableMemory", Unit::Bytes, Join::Least),
    metric("SwapUsage", Unit::Bytes, Join::Most),
    share("CacheHitRate", "CacheHits", "CacheMisses", Target::Above(80.0)),
    metric("Evictions", Unit::PerMinute, Join::Sum),
    metric("CurrItems", Unit::Count, Join::Most),
    metric("CurrConnections", Unit::Count, Join::Sum),
    metric("NewConnections", Unit::PerMinute, Join::Sum),
    metric("ReplicationLag", Unit::Seconds, Join::Most),
    metric("NetworkBytesIn", Unit::BytesPerMinute, Join::Sum),
    metric("NetworkBytesOut", Unit::BytesPerMinute, Join::Sum),
    metric("TrafficManagementActive", Unit::Count, Join::Most),
];

static MEMCACHED: [Measure; 9] = [
    below(metric("CPUUtilization", Unit::Percent, Join::Most), 90.0),
    Measure { join: Join::Most, ..share("MemoryUsage", "BytesUsedForCacheItems", "UnusedMemory", Target::Below(85.0)) },
    metric("SwapUsage", Unit::Bytes, Join::Most),
    share("HitRate", "GetHits", "GetMisses", Target::Above(80.0)),
    metric("Evictions", Unit::PerMinute, Join::Sum),
    metric("CurrItems", Unit::Count, Join::Sum),
    metric("CurrConnections", Unit::Count, Join::Sum),
    metric("NetworkBytesIn", Unit::BytesPerMinute, Join::Sum),
    metric("NetworkBytesOut", Unit::BytesPerMinute, Join::Sum),
];

static SERVERLESS: [Measure; 7] = [
    metric("BytesUsedForCache", Unit::Bytes, Join::Sum),
    metric("ElastiCacheProcessingUnits", Unit::PerMinute, Join::Sum),
    below(metric("ThrottledCmds", Unit::PerMinute, Join::Sum), 1.0),
    share("CacheHitRate", "CacheHits", "CacheMisses", Target::Above(80.0)),
    metric("Evictions", Unit::PerMinute, Join::Sum),
    metric("CurrItems", Unit::Count, Join::Sum),
    metric("CurrConnections", Unit::Count, Join::Sum),
];

/// Of nodes with an engine.
pub fn of_nodes(live: &Object) -> &'static [Measure] {
    if text(live, "engine") == Some("memcached") { &MEMCACHED } else { &REDIS }
}

/// Of serverless caches.
pub fn of_serverless() -> &'static [Measure] {
    &SERVERLESS
}

/// The members of a group.
pub fn members(live: &Object) -> Vec<Measured> {
    let ids = live.get("member_clusters").and_then(Value::as_items).unwrap_or_default();
    let mut ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
    ids.sort_unstable();
    ids.into_iter()
        .map(|id| Measured { name: id.to_owned(), dimensions: vec![("CacheClusterId", id.to_owned())] })
        .collect()
}

/// The nodes of a cluster.
pub fn nodes(live: &Object) -> Vec<Measured> {
    let id = text(live, "cluster_id").unwrap_or_default();
    let nodes = live.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let ids = nodes.iter().filter_map(|node| text(node.as_object()?, "id"));
    let one = |node: &str| Measured {
        name: format!("{id}/{node}"),
        dimensions: vec![("CacheClusterId", id.to_owned()), ("CacheNodeId", node.to_owned())],
    };
    ids.map(one).collect()
}

/// A serverless cache, which has one series for all. Its dimension is `clusterId`.
pub fn serverless(live: &Object) -> Vec<Measured> {
    let name = text(live, "name").unwrap_or_default();
    vec![Measured { name: name.to_owned(), dimensions: vec![("clusterId", name.to_owned())] }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::metrics;

    #[test]
    fn every_metric_is_reported_of_the_caches_that_it_is_asked_of() {
        let all =
            [(&REDIS[..], "redis", false), (&MEMCACHED[..], "memcached", false), (&SERVERLESS[..], "redis", true)];
        for (measures, engine, serverless) in all {
            for name in measures.iter().flat_map(|measure| measure.of.metrics()) {
                assert!(metrics::is_known(name), "{name}");
                assert!(metrics::is_reported(name, engine, serverless), "{name} of {engine}");
            }
        }
    }
}
