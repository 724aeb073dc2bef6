//! What is left of memory by a change that takes some away.

use crate::kind::Measured;

/// A change that leaves less memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The nodes of each shard as it is: all of one hold the same.
    pub shards: Vec<Vec<Measured>>,
    /// How many shards there are then.
    pub shards_after: usize,
    /// The metric that tells what a node holds, in bytes.
    pub metric: &'static str,
    /// What a shard can hold then, in bytes.
    pub capacity: u64,
    /// Where that comes from, in words: `75% of the 1.37 GiB of a cache.t4g.small`.
    pub words: String,
}
