//! CloudWatch metrics of ElastiCache. Source: named in `data/metrics.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

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
