//! What is asked of the service beside single objects, once they are there.

use crate::kind::{Curve, Future_, Observation, Query, RemoteError, Span};

/// A service update of one cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateAction {
    /// The name of the update.
    pub update: String,
    /// Our name of the kind of the cache.
    pub kind: &'static str,
    /// Its name in AWS.
    pub id: String,
    /// How far it is: `not-applied`, `in-progress`, `complete`, ...
    pub status: String,
    /// `critical`, `important`, `medium` or `low`.
    pub severity: String,
    /// What it is about.
    pub description: String,
    /// Whether it can still be applied: `available`, `cancelled` or `expired`.
    pub update_status: String,
    /// When it should have been applied, as RFC 3339.
    pub apply_by: Option<String>,
    /// Whether AWS applies it by itself after that.
    pub automatic: bool,
    /// How many nodes have it: `1/3`.
    pub nodes: String,
    /// How long AWS says that it takes.
    pub estimate: String,
}

impl UpdateAction {
    /// Whether it can be applied now.
    pub fn is_open(&self) -> bool {
        self.update_status == "available" && ["not-applied", "stopped"].contains(&self.status.as_str())
    }

    /// Whether something goes on.
    pub fn is_under_way(&self) -> bool {
        ["waiting-to-start", "in-progress", "stopping", "scheduling"].contains(&self.status.as_str())
    }
}

/// What is done with a service update of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateVerb {
    /// It begins.
    Apply,
    /// What has not begun is not begun.
    Stop,
}

/// The service after the apply, in one account.
pub trait DayTwo: Send + Sync {
    /// Every snapshot of a region, of nodes and of serverless caches, whoever made it.
    fn snapshots<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<Observation>, RemoteError>>;

    /// What CloudWatch has of some metrics, in the order of the queries.
    fn measure<'a>(
        &'a self,
        region: &'a str,
        queries: &'a [Query],
        span: Span,
    ) -> Future_<'a, Result<Vec<Curve>, RemoteError>>;

    /// The products of ElastiCache in a region with their prices, each as AWS's price list has it: JSON.
    fn products<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<String>, RemoteError>>;

    /// The service updates of every cache of a region, whatever has become of them.
    fn updates<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<UpdateAction>, RemoteError>>;

    /// Applies or stops an update of a cache.
    fn update<'a>(
        &'a self,
        region: &'a str,
        verb: UpdateVerb,
        action: &'a UpdateAction,
    ) -> Future_<'a, Result<(), RemoteError>>;
}
