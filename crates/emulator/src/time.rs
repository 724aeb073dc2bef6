//! How long the service takes for each thing, and how fast the emulator runs that.

use serde_json::Value;
use std::str::FromStr;
use std::sync::OnceLock;

/// How fast caches are made, changed and deleted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Speed {
    /// Everything is done by the next request.
    Instant,
    /// A creation takes about a second.
    #[default]
    Fast,
    /// As in AWS.
    Real,
    /// So many times faster than AWS.
    Factor(f64),
}

/// A creation of five minutes in somewhat under a second.
const FAST: f64 = 400.0;

impl Speed {
    /// How long something takes that takes `seconds` in AWS, in milliseconds.
    pub fn scale(self, seconds: f64) -> u64 {
        match self {
            Self::Instant => 0,
            Self::Fast => (seconds * 1000.0 / FAST) as u64,
            Self::Real => (seconds * 1000.0) as u64,
            Self::Factor(factor) => (seconds * 1000.0 / factor) as u64,
        }
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "instant" => Ok(Self::Instant),
            "fast" => Ok(Self::Fast),
            "real" => Ok(Self::Real),
            other => match other.strip_suffix('x').unwrap_or(other).parse::<f64>() {
                Ok(factor) if factor > 0.0 && factor.is_finite() => Ok(Self::Factor(factor)),
                _ => Err(format!("`{text}` is not a speed: instant, fast, real, or a factor above 0")),
            },
        }
    }
}

/// What takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    CreateFirstNode,
    CreateFurtherNode,
    CreateFurtherShard,
    DeleteGroup,
    FinalSnapshot,
    IncreaseReplicas,
    DecreaseReplicas,
    AddShards,
    RemoveShards,
    NodeTypeOrVersion,
    TransitEncryption,
    AuthToken,
    Failover,
    Settings,
    CreateCluster,
    DeleteCluster,
    Snapshot,
}

impl Work {
    /// The call and topology of the table in `data/durations.json`.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::CreateFirstNode => ("CreateReplicationGroup", "one node"),
            Self::CreateFurtherNode => ("CreateReplicationGroup", "per further node"),
            Self::CreateFurtherShard => ("CreateReplicationGroup", "cluster mode, per shard"),
            Self::DeleteGroup => ("DeleteReplicationGroup", "any"),
            Self::FinalSnapshot => ("DeleteReplicationGroup", "with final snapshot"),
            Self::IncreaseReplicas => ("IncreaseReplicaCount", ""),
            Self::DecreaseReplicas => ("DecreaseReplicaCount", ""),
            Self::AddShards => ("ModifyReplicationGroupShardConfiguration", "add"),
            Self::RemoveShards => ("ModifyReplicationGroupShardConfiguration", "remove"),
            Self::NodeTypeOrVersion => ("ModifyReplicationGroup", "node type"),
            Self::TransitEncryption => ("ModifyReplicationGroup", "transit"),
            Self::AuthToken => ("ModifyReplicationGroup", "auth"),
            Self::Failover => ("ModifyReplicationGroup", "multi-AZ"),
            Self::Settings => ("ModifyReplicationGroup", "settings"),
            Self::CreateCluster => ("CreateCacheCluster", ""),
            Self::DeleteCluster => ("DeleteCacheCluster", ""),
            Self::Snapshot => ("CreateSnapshot", ""),
        }
    }

    /// How long it takes in AWS, in seconds.
    pub fn seconds(self) -> f64 {
        static TABLE: OnceLock<Value> = OnceLock::new();
        let table =
            TABLE.get_or_init(|| serde_json::from_str(include_str!("data/durations.json")).expect("durations.json"));
        let (call, topology) = self.row();
        let rows = table["operations"].as_array().map_or(&[][..], Vec::as_slice);
        let found = rows
            .iter()
            .find(|row| row["call"] == call && row["topology"].as_str().is_some_and(|text| text.starts_with(topology)));
        found.and_then(|row| row["seconds"].as_f64()).unwrap_or(60.0)
    }
}
