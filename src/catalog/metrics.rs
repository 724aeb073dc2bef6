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
    /// Which engines report it: `redis/valkey`, `memcached`, both.
    pub engine: Option<String>,
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

/// Every name.
pub fn names() -> impl Iterator<Item = &'static str> {
    DATA.metrics.keys().map(String::as_str)
}
