//! Node types. Sources: named in `data/node-types.json` and `data/node-memory.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What is known of a node type.
#[derive(Debug, Deserialize)]
pub struct NodeType {
    /// Virtual processors.
    pub vcpu: Option<u32>,
    /// Memory in GiB.
    pub mem_gib: Option<f64>,
    /// What lies on SSD beside it, in GiB.
    pub ssd_gib: Option<f64>,
    /// The network, in Gbit/s.
    pub bw_gbps: Option<f64>,
    /// The network as long as credits last, in Gbit/s.
    pub burst_gbps: Option<f64>,
    /// What Memcached may take of it, in MiB.
    pub memcached_mb: Option<u64>,
    /// The oldest version of each engine that runs on it; absent: not offered.
    #[serde(default)]
    pub min: BTreeMap<String, Option<String>>,
    /// Regions that do not have it.
    #[serde(default)]
    pub regions_missing: Vec<String>,
}

impl NodeType {
    /// The seconds in which all that a node can hold gets through its network at best; 0 where that is not known.
    pub fn fill(&self) -> u32 {
        let held = self.mem_gib.unwrap_or(0.0) + self.ssd_gib.unwrap_or(0.0);
        let network = self.burst_gbps.or(self.bw_gbps).filter(|gbps| *gbps > 0.0);
        network.map_or(0, |gbps| (held * f64::from(1 << 30) * 8.0 / (gbps * 1e9) + 0.01) as u32)
    }
}

#[derive(Deserialize)]
struct Data {
    types: BTreeMap<String, NodeType>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| super::embedded(include_str!("data/node-types.json")));

/// A node type by its name, `cache.r7g.large`.
pub fn get(name: &str) -> Option<&'static NodeType> {
    DATA.types.get(name)
}

#[derive(Deserialize)]
struct Memory {
    maxmemory: BTreeMap<String, u64>,
}

static MEMORY: LazyLock<Memory> = LazyLock::new(|| super::embedded(include_str!("data/node-memory.json")));

/// What Valkey and Redis may take of a node's memory, in bytes, before what is reserved goes off it.
pub fn maxmemory(name: &str) -> Option<u64> {
    MEMORY.maxmemory.get(name).copied()
}

/// Every name.
pub fn names() -> impl Iterator<Item = &'static str> {
    DATA.types.keys().map(String::as_str)
}

/// Whether the type keeps part of its data on SSD.
pub fn has_data_tiering(name: &str) -> bool {
    name.starts_with("cache.r6gd.")
}
