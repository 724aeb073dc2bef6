//! CloudWatch metrics of ElastiCache. Source: named in `data/metrics.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The units of metrics. Source: the CloudWatch service model.
pub const UNITS: &[&str] = &[
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// What is known of a metric.
#[derive(Debug, Deserialize)]
pub struct Metric {
    /// Who reports it: `redis/valkey`, `memcached`, both (`memcached+redis/valkey`), the `host` of a node, or
    /// `serverless` caches only.
    pub engine: Option<String>,
    /// Its unit, in the words of CloudWatch.
    pub unit: Option<String>,
}

/// What serverless caches do not report, though their engine does on nodes. Source: the operations review of AWS's samples.
const ON_NODES: [&str; 6] = [
    "EngineCPUUtilization",
    "DatabaseMemoryUsagePercentage",
    "DatabaseMemoryUsageCountedForEvictPercentage",
    "ReplicationLag",
    "ReplicationBytes",
    "IsMaster",
];

/// What serverless caches of every engine report. Source: the user guide's pages on metrics of serverless caches.
const SERVERLESS: [&str; 6] = [
    "BytesUsedForCache",
    "ElastiCacheProcessingUnits",
    "SuccessfulReadRequestLatency",
    "SuccessfulWriteRequestLatency",
    "ThrottledCmds",
    "TotalCmdsCount",
];

/// Whether only serverless caches report a metric.
pub fn is_of_serverless(name: &str) -> bool {
    get(name).is_some_and(|metric| metric.engine.as_deref() == Some("serverless"))
}

/// Whether a metric is reported of a cache of that engine, as far as anybody knows.
pub fn is_reported(name: &str, engine: &str, serverless: bool) -> bool {
    if serverless && SERVERLESS.contains(&name) {
        return true;
    }
    let Some(by) = get(name).and_then(|metric| metric.engine.as_deref()) else { return true };
    let of_engine = by.contains(engine);
    match by {
        "host" => !serverless,
        "serverless" => serverless && engine != "memcached",
        _ => of_engine && !(serverless && ON_NODES.contains(&name)),
    }
}

#[derive(Deserialize)]
struct Data {
    namespace: String,
    metrics: BTreeMap<String, Metric>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| super::embedded(include_str!("data/metrics.json")));

/// `AWS/ElastiCache`
pub fn namespace() -> &'static str {
    &DATA.namespace
}

/// A metric by its name.
pub fn get(name: &str) -> Option<&'static Metric> {
    DATA.metrics.get(name)
}

/// Whether a name is that of a metric: those of one sort of command have one for their latency, and of serverless caches
/// one for what they cost.
pub fn is_known(name: &str) -> bool {
    let of_commands = ["ECPUs", "Latency"].iter().filter_map(|end| name.strip_suffix(end));
    get(name).is_some() || { of_commands }.any(|commands| commands.ends_with("Cmds") && get(commands).is_some())
}

/// What is meant by a name that is often written and never was a metric.
pub fn instead_of(name: &str) -> Option<&'static str> {
    match name {
        "CacheMissRate" => Some("CacheHitRate"),
        _ => None,
    }
}

/// Every name.
pub fn names() -> impl Iterator<Item = &'static str> {
    DATA.metrics.keys().map(String::as_str)
}
