//! Cache clusters: Memcached of several nodes, single nodes of Redis, and read replicas of a replication group.

mod among;
mod compile;
mod predict;
mod regrets;
mod rules;
mod schema;

use crate::address::Address;
use crate::catalog::engines::Version;
use crate::kind::{
    Among, Backup, Call, Change, Endpoint, Filled, Impact, Kind, Measure, Measured, Problem, Room, Target, Usage,
    Whole, Window,
};
use crate::kinds::{backup, endpoints, failover, measures, paid, reboot, room, upkeep};
use crate::schema::Schema;
use crate::value::{Object, text};

/// The kind `cache_cluster`.
pub struct CacheCluster;

const KIND: &str = "cache_cluster";

fn is_memcached(object: &Object) -> bool {
    text(object, "engine") == Some("memcached")
}

/// The version that runs, else the one that is asked for.
fn version(object: &Object) -> Option<Version> {
    Version::parse(text(object, "engine_version_actual").or_else(|| text(object, "engine_version"))?)
}

impl Kind for CacheCluster {
    fn schema(&self) -> &'static Schema {
        &schema::SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        rules::check(desired)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        among::check(among)
    }

    /// A replica is a node of its group.
    fn part_of(&self, object: &Object) -> Vec<Whole> {
        const COUNTED: [&str; 4] =
            ["num_cache_clusters", "replicas_per_node_group", "node_group_configuration", "member_clusters"];
        let group = text(object, "replication_group_id");
        group.map(|id| Whole::new("replication_group", id, &COUNTED)).into_iter().collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "cluster_id").map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target) {
        predict::predict(planned, live, target);
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        compile::compile(change)
    }

    fn follows(&self) -> &'static [&'static str] {
        &["cache_nodes", "num_cache_nodes"]
    }

    fn usage(&self, object: &Object) -> Option<Usage> {
        Some(paid::nodes(object, object.get("num_cache_nodes")))
    }

    fn defers(&self, wanted: &Object) -> bool {
        upkeep::is_patient(wanted)
    }

    fn window(&self, object: &Object) -> Option<Window> {
        upkeep::window(object)
    }

    fn reboot(&self, id: &str, live: &Object, nodes: Option<&[String]>) -> Result<Vec<Call>, Problem> {
        Ok(reboot::of_cluster(id, live, nodes))
    }

    /// Source: the service model, pending values of clusters.
    fn tells(&self) -> &'static [&'static str] {
        &["num_cache_nodes", "node_type", "engine_version"]
    }

    fn member_of(&self, object: &Object) -> Option<(&'static str, String)> {
        Some(("replication_group", text(object, "replication_group_id")?.to_owned()))
    }

    fn inherits(&self) -> &'static [&'static str] {
        &["engine", "engine_version", "node_type"]
    }

    fn holds_data(&self) -> bool {
        true
    }

    /// A read replica: AWS deletes none that is the primary.
    fn is_copy(&self, object: &Object) -> bool {
        object.get("replication_group_id").is_some_and(|group| !group.is_null())
    }

    /// A replica is told with what its group has.
    fn follows_another(&self, object: &Object) -> bool {
        self.is_copy(object)
    }

    fn final_snapshot(&self, object: &Object) -> Option<&'static str> {
        upkeep::final_snapshot_of(object)
    }

    fn backup(&self, live: &Object, name: &str) -> Result<Option<Backup>, Problem> {
        backup::of_cluster(live, name).map(Some)
    }

    fn updated(&self, live: &Object) -> Option<(Impact, &'static str)> {
        Some(failover::update_of_cluster(live))
    }

    fn room(&self, before: &Object, after: &Object) -> Option<Room> {
        room::of_cluster(before, after)
    }

    fn measures(&self, live: &Object) -> &'static [Measure] {
        measures::of_nodes(live)
    }

    fn measured(&self, live: &Object) -> Vec<Measured> {
        measures::nodes(live)
    }

    fn endpoints(&self, object: &Object) -> Vec<Endpoint> {
        endpoints::of_cluster(object)
    }

    fn filled_from(&self) -> Option<Filled> {
        Some(Filled::ByName("snapshot_name"))
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("cluster_id")
    }

    /// AWS changes versions upwards only, and the nodes of Memcached from 1.5 on.
    fn replaces(&self, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
        let old = version(before);
        let new = text(after, "engine_version").and_then(Version::parse);
        let older = old.zip(new).is_some_and(|(old, new)| new.is_older_than(old));
        let fixed = is_memcached(before) && old.is_some_and(|old| !old.at_least(1, 5));
        let causes = [("engine_version", older), ("node_type", fixed)];
        causes.into_iter().filter(|(name, takes)| *takes && changed.contains(name)).map(|(name, _)| name).collect()
    }
}
