//! What the words of a plan mean, and where AWS says so: impacts and marks of calls, and when they are made.

/// A word, what it means, and the pages of AWS that the reasons in plans go back to.
type Topic = (&'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const TOPICS: &[Topic] = &[
    ("none", "Nothing that a client notices.", &["API reference, ModifyReplicationGroup"]),
    ("blip", "Connections may drop once; clients that connect anew go on.", &["User guide, Scaling", "User guide, Modifying cluster mode", "User guide, In-transit encryption", "EC2 user guide, Security group connection tracking"]),
    ("failover", "A replica takes over: some seconds without writes. The client has to connect anew, by the primary endpoint.", &["User guide, Version management", "User guide, Minimizing downtime with Multi-AZ", "User guide, Global datastores"]),
    ("write-pause", "No writes until the only node, or the primary without failover, is replaced: minutes, more with more data.", &["User guide, Version management", "User guide, Scaling"]),
    ("reboot", "Nodes restart. AWS says that a node that restarts loses what it holds in memory.", &["API reference, RebootCacheCluster", "User guide, Rebooting nodes"]),
    ("data-loss", "What is stored is gone: with the object, or because new nodes begin empty.", &["API reference, DeleteReplicationGroup", "User guide, Scaling Memcached clusters"]),
    ("lockout", "Clients that do not change stay out until they do. A limit on the impact (--max-impact) counts it as a reboot.", &["User guide, Authenticating with AUTH", "User guide, Migrating from RBAC to AUTH", "User guide, In-transit encryption", "User guide, Modifying cluster mode"]),
    ("redundancy", "A node that fails takes data or writes with it from then on.", &["User guide, Minimizing downtime with Multi-AZ", "User guide, Durability"]),
    ("irreversible", "AWS knows no way back: neither from cluster mode, nor to an older version, but for Valkey 7.2 to Redis 7.1.", &["User guide, Modifying cluster mode", "User guide, Engine rollback"]),
    ("open", "Whoever reaches the cache over the network gets in, without a name or a password: for good, or until a later call of the change.", &["User guide, Role-based access control", "User guide, Migrating from RBAC to AUTH"]),
    ("pending", "AWS has accepted the change and keeps it until the maintenance window. Every immediate call carries it out at once. `cachestack pending` lists it, `apply --now ADDRESS` has it carried out, `--strict-pending` counts it.", &["API reference, ModifyReplicationGroup and ModifyCacheCluster (ApplyImmediately)"]),
    ("duration", "The least that AWS is expected to take: from the node type, the shards and the replicas, with nodes counted as full (docs/durations.md). What waits for the maintenance window does not count.", &["User guide, Supported node types (memory and bandwidth)"]),
];

/// The word explained; none for another one.
pub fn explain(word: &str) -> Option<String> {
    let (word, meaning, sources) = TOPICS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(word))?;
    let sources: Vec<String> = sources.iter().map(|source| format!("  Amazon ElastiCache: {source}\n")).collect();
    let sources = sources.concat().replace("Amazon ElastiCache: EC2 user guide", "Amazon EC2: User guide");
    Some(format!("{word}\n\n{meaning}\n\nSources:\n{sources}"))
}

/// Every word.
pub fn words() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|(word, ..)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::{Impact, Mark};

    #[test]
    fn every_impact_and_mark_is_explained() {
        let impacts =
            [Impact::None, Impact::Blip, Impact::Failover, Impact::WritePause, Impact::Reboot, Impact::DataLoss];
        for word in impacts.map(Impact::word).into_iter().chain(Mark::ALL.map(Mark::word)) {
            let text = explain(word).unwrap_or_else(|| panic!("{word}"));
            assert!(text.contains("Sources:\n  Amazon "), "{text}");
        }
    }
}
