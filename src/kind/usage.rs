//! What an object uses that is paid for, told by its kind and priced elsewhere.

/// What an object uses that is paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// Nodes that run all the time.
    Nodes(Nodes),
    /// Something that is billed by what clients make of it, which no configuration tells.
    Metered(Metered),
    /// Something whose amount no configuration tells.
    Untold {
        /// What decides the amount, as far as it is written, to be compared only: where it stays, nothing is said.
        what: String,
        /// Why no price can be told, as a clause.
        why: &'static str,
    },
    /// Nothing of its own; what other objects use changes with it.
    OfOthers {
        /// What decides it: where this stays, nothing is said.
        what: String,
        /// Why no price can be told, as a clause.
        why: &'static str,
    },
}

/// Nodes of one sort. What is not known yet is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes {
    /// `redis`, `valkey` or `memcached`.
    pub engine: Option<String>,
    /// `7.1`, where one is written or runs.
    pub version: Option<String>,
    /// `cache.r7g.large`
    pub node_type: Option<String>,
    /// How many: shards times (replicas + 1).
    pub count: Option<i64>,
    /// What is paid on top for each node: `sync`.
    pub durability: Option<String>,
}

/// A cache that is billed by what it holds and does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metered {
    /// What decides the amount, as far as it is written, to be compared only.
    pub what: String,
    /// `redis`, `valkey` or `memcached`.
    pub engine: Option<String>,
    /// Billed whether it is held or not, in GB.
    pub least_gb: i64,
    /// Billed whether it is done or not, in ElastiCache processing units of a second.
    pub least_ecpus: i64,
}
