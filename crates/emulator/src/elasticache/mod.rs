//! ElastiCache: replication groups, cache clusters, and what they use.

mod calendar;
mod catalog;
mod change;
mod cluster;
mod cluster_calls;
mod cluster_due;
mod create_cluster;
mod create_group;
mod delete_group;
mod durability;
mod endpoints;
mod engines;
mod events;
mod failover;
mod global;
mod group;
mod group_due;
mod layout;
mod logs;
mod migration;
mod modify_group;
mod names;
mod parameter_groups;
mod parameters;
mod reserved;
mod role_access;
mod scale;
mod serverless;
mod settings;
mod snapshot;
mod snapshots;
mod subnet_groups;
mod tagging;
mod updates;
mod usage;
mod user_groups;
mod users;
mod wanted;

use events::record;

use super::limits::Wording;
use super::service::Service;

/// The service as the registry knows it. A further sort of object is its file and its line here.
pub const SERVICE: Service = Service {
    name: "elasticache",
    scope: "elasticache",
    wording: Wording::Cache,
    parts: &[
        &subnet_groups::PART,
        &parameter_groups::PART,
        &group::PART,
        &cluster::PART,
        &snapshots::PART,
        &users::PART,
        &user_groups::PART,
        &global::PART,
        &serverless::PART,
        &serverless::snapshots::PART,
        &updates::PART,
        &reserved::PART,
        &migration::PART,
        &engines::PART,
        &events::PART,
        &tagging::PART,
    ],
    taggable: tagging::check,
    ..Service::PLAIN
};
