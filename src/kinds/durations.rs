//! How long AWS takes at least, in seconds, for what hangs on the number of nodes and on what they hold.
//!
//! The base of each is a rough figure, taken apart from the durations of published acceptance tests of Terraform's
//! provider, whose caches have a node or two, small and empty. To it come the further nodes of a shard,
//! which are made one after another, the further shards, which are made side by side, and what is copied. No plan knows
//! how full a node is: it is counted as full, and its network as fast as it ever is (`catalog/data/node-types.json`).
//!
//! | change | seconds |
//! | --- | --- |
//! | a group is made | 300 + 90 per further node of a shard + 30 per further shard |
//! | its nodes are exchanged (node type, version) | 800 + 90 per further node of a shard + 30 per further shard + a copy for each node of a shard |
//! | replicas come | 480 + 90 per further replica of a shard + 30 per further shard + a copy for each replica of a shard |
//! | replicas go | 300 |
//! | `k` shards come to `s` | 900 + 30 per further new shard + a copy of `s / (s + k)` of a node |
//! | `k` shards of `s` go | 1700 + 30 per further shard that goes + a copy of `(s - k) / s` of a node |
//! | a snapshot is made | 240 + a copy |
//! | a node restarts | 180, and a replica + a copy |
//! | nodes of Memcached are exchanged for larger ones | a fifth of them every 300, and 300 for the last |

use crate::catalog::nodes;
use crate::value::{Object, Value};

const ONE_NODE: u32 = 300;
const FURTHER_NODE: u32 = 90;
const FURTHER_SHARD: u32 = 30;
const OTHER_NODES: u32 = 800;
const MORE_REPLICAS: u32 = 480;
const MORE_SHARDS: u32 = 900;
const FEWER_SHARDS: u32 = 1700;
const SNAPSHOT: u32 = 240;
/// Between two fifths of the nodes of Memcached (`ScaleConfig`).
const PAUSE: u32 = 300;
const RESTART: u32 = 180;
/// Replicas that go.
pub const FEWER_REPLICAS: u32 = 300;

/// The nodes of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many shards.
    pub shards: u32,
    /// How many nodes the largest shard has.
    pub nodes: u32,
    /// How long it takes to fill one.
    pub fill: u32,
}

impl Shape {
    /// Nodes of the type that an object has; of a type that nobody knows, the filling does not count.
    pub fn of(object: &Object, shards: i64, nodes: i64) -> Self {
        let count = |number: i64| number.clamp(1, 500) as u32;
        let node = object.get("node_type").and_then(Value::as_str).and_then(nodes::get);
        Self { shards: count(shards), nodes: count(nodes), fill: node.map_or(0, nodes::NodeType::fill) }
    }

    fn further(self) -> u32 {
        FURTHER_SHARD * (self.shards - 1)
    }

    /// It is made.
    pub fn made(self) -> u32 {
        ONE_NODE + FURTHER_NODE * (self.nodes - 1) + self.further()
    }

    /// Its nodes are exchanged for others, which are filled from them.
    pub fn exchanged(self) -> u32 {
        OTHER_NODES + FURTHER_NODE * (self.nodes - 1) + self.further() + self.fill * self.nodes
    }

    /// So many replicas come to each shard.
    pub fn more_replicas(self, more: i64) -> u32 {
        let more = more.clamp(1, 500) as u32;
        MORE_REPLICAS + FURTHER_NODE * (more - 1) + self.further() + self.fill * more
    }

    /// So many shards come: slots move to them from those that are there.
    pub fn more_shards(self, more: usize) -> u32 {
        let more = more.clamp(1, 500) as u32;
        MORE_SHARDS + FURTHER_SHARD * (more - 1) + self.fill * self.shards / (self.shards + more)
    }

    /// So many shards go: what they hold has room in those that stay.
    pub fn fewer_shards(self, fewer: usize) -> u32 {
        let fewer = fewer.clamp(1, 500) as u32;
        FEWER_SHARDS + FURTHER_SHARD * (fewer - 1) + self.fill * self.shards.saturating_sub(fewer) / self.shards
    }

    /// A snapshot is made, of all shards side by side.
    pub fn snapshot(self) -> u32 {
        SNAPSHOT + self.fill
    }

    /// A node restarts; AWS empties it, and where another holds the data it is filled again.
    pub fn restarted(self, filled: bool) -> u32 {
        RESTART + if filled { self.fill } else { 0 }
    }

    /// Its nodes are exchanged a fifth at a time, with pauses, and start empty.
    pub fn exchanged_by_fifths(self) -> u32 {
        PAUSE * (self.nodes.min(5) - 1) + ONE_NODE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_nodes_and_larger_ones_take_longer() {
        let of = |node: &str, shards, nodes| {
            Shape::of(&Object::from([("node_type".into(), Value::string(node))]), shards, nodes)
        };
        let small = of("cache.t4g.micro", 1, 1);
        // 0.5 GiB at 5 Gbit/s, and 419.09 GiB at 30 Gbit/s.
        assert_eq!((small.fill, of("cache.r7g.16xlarge", 1, 1).fill), (0, 120));
        for (seconds, want) in [
            (small.made(), 300),
            (of("cache.t4g.micro", 3, 2).made(), 450),
            (of("cache.r7g.16xlarge", 3, 2).exchanged(), 1190),
            (of("cache.r7g.16xlarge", 1, 1).more_replicas(2), 810),
            (of("cache.r7g.16xlarge", 3, 1).more_shards(1), 990),
            (of("cache.r7g.16xlarge", 3, 1).fewer_shards(2), 1770),
            (of("cache.r7g.16xlarge", 1, 1).snapshot(), 360),
            (of("cache.r7g.16xlarge", 1, 2).restarted(true), 300),
            (of("cache.r7g.16xlarge", 1, 2).exchanged_by_fifths(), 600),
            (of("cache.new.large", 1, 40).exchanged_by_fifths(), 1500),
        ] {
            assert_eq!(seconds, want);
        }
    }
}
