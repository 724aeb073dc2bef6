//! Replication groups: primaries with replicas, in one shard or many.

mod compile;
mod complete;
mod phases;
mod predict;
mod rules;
mod schema;
mod shards;

pub use predict::member_ids;
pub use rules::{
    actual_family, engine_of, family_mismatch, near_family, no_default_group, other_engine, unsound_version,
    unversioned,
};

use crate::address::Address;
use crate::catalog::engines::Version;
use crate::kind::{
    Among, Backup, Call, Change, Endpoint, Failover, Filled, Impact, Kind, Login, Mark, Measure, Measured, Problem,
    Room, Target, Usage, Whole, Window,
};
use crate::kinds::{backup, endpoints, failover, measures, paid, reboot, room, upkeep};
use crate::schema::Schema;
use crate::value::{Object, Value, text};

/// The kind `replication_group`.
pub struct ReplicationGroup;

impl Kind for ReplicationGroup {
    fn schema(&self) -> &'static Schema {
        &schema::SCHEMA
    }

    /// A token that is only written is the token, of a version; what is given twice stays, and is refused.
    fn unite(&self, desired: &mut Object) {
        let is_given = |name: &str| desired.get(name).is_some_and(|value| !value.is_null());
        if is_given("auth_token") || !is_given("auth_token_wo") {
            return;
        }
        let versioned = is_given("auth_token_wo_version");
        let token = desired.remove("auth_token_wo");
        desired.extend(token.map(|token| ("auth_token".into(), token)));
        if !versioned {
            desired.insert("auth_token_wo_version".into(), Value::int(0));
        }
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        rules::check(desired)
    }

    /// A member of a datastore is listed there.
    fn part_of(&self, object: &Object) -> Vec<Whole> {
        let global = text(object, "global_replication_group_id");
        global.map(|id| Whole::new("global_replication_group", id, &["members"])).into_iter().collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("replication_group_id").and_then(Value::as_str).map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target) {
        predict::predict(planned, live, target);
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        compile::compile(change)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        rules::among::check(among)
    }

    fn follows(&self) -> &'static [&'static str] {
        &["member_clusters", "members", "num_node_groups", "num_cache_clusters", "replicas_per_node_group"]
    }

    fn complete(&self, before: &Object, wanted: &Object, changed: &mut Vec<&'static str>, after: &mut Object) {
        complete::complete(before, wanted, changed, after);
    }

    fn stage(
        &self,
        before: &Object,
        wanted: &Object,
        changed: &mut Vec<&'static str>,
        after: &mut Object,
        let_in: &[String],
    ) -> Vec<&'static str> {
        phases::stage(before, wanted, changed, after, let_in)
    }

    /// In cluster mode clients find all by one endpoint; without it, by that of the primary and of the readers.
    fn stays_empty(&self, object: &Object) -> &'static [&'static str] {
        let compatible = object.get("cluster_mode").and_then(Value::as_str) == Some("compatible");
        match object.get("cluster_enabled").and_then(Value::as_bool) {
            Some(true) if !compatible => &["primary_endpoint_address", "reader_endpoint_address"],
            Some(false) if !compatible => &["configuration_endpoint_address"],
            _ => &[],
        }
    }

    fn usage(&self, object: &Object) -> Option<Usage> {
        Some(paid::nodes(object, predict::count(object).as_ref()))
    }

    fn dates_secret(&self) -> Option<&'static str> {
        Some("auth_token_last_modified")
    }

    /// A default that no group has that was imported, and what it does not read. Source: provider aws 5.100.
    fn misread(&self, object: &Object) -> &'static [&'static str] {
        let told = object.get("notification_topic_arn").is_some_and(|topic| !topic.is_null());
        if told { &["auth_token_update_strategy", "notification_topic_arn"] } else { &["auth_token_update_strategy"] }
    }

    fn provider_defaults(&self) -> &'static [(&'static str, &'static str)] {
        &[("auth_token_update_strategy", "ROTATE")]
    }

    /// Shards that are alike are told by their counts; the primary of a global datastore is told by that.
    fn told_elsewhere(&self, object: &Object, _all: bool) -> Vec<&'static str> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let shards = if shards::are_alike(object) { "node_group_configuration" } else { "num_node_groups" };
        let clustered = object.get("cluster_enabled").and_then(Value::as_bool) == Some(true);
        let counts: &[&str] = match clustered {
            true => &["num_cache_clusters"],
            false => &["num_node_groups", "replicas_per_node_group"],
        };
        let global = (text("global_role") == Some("PRIMARY")).then_some("global_replication_group_id");
        [shards].into_iter().chain(counts.iter().copied()).chain(global).collect()
    }

    fn secrets_of(&self, object: &Object) -> &'static [&'static str] {
        let has_token = object.get("auth_token_enabled").and_then(Value::as_bool) == Some(true);
        if has_token { &["auth_token"] } else { &[] }
    }

    fn defers(&self, wanted: &Object) -> bool {
        upkeep::is_patient(wanted)
    }

    fn window(&self, object: &Object) -> Option<Window> {
        upkeep::window(object)
    }

    fn reboot(&self, _id: &str, live: &Object, nodes: Option<&[String]>) -> Result<Vec<Call>, Problem> {
        reboot::of_group(live, nodes)
    }

    /// Source: the service model, pending values of groups and of their members.
    fn tells(&self) -> &'static [&'static str] {
        &["node_type", "engine_version", "automatic_failover_enabled"]
    }

    fn has_members(&self) -> bool {
        true
    }

    fn take_out(&self, object: &mut Object, members: &[&str]) {
        let there = predict::texts(object.get("member_clusters"));
        let (gone, left): (Vec<String>, Vec<String>) = there.into_iter().partition(|one| members.contains(&&**one));
        for count in ["num_cache_clusters", "replicas_per_node_group"] {
            if let Some(number) = object.get(count).and_then(Value::as_i64) {
                object.insert(count.into(), Value::int((number - gone.len() as i64).max(0)));
            }
        }
        if let Some(all) = object.get_mut("member_clusters") {
            *all = Value::string_set(left);
        }
        if let Some(all) = object.get_mut("members") {
            let stays =
                |member: &&Value| !member.get("id").and_then(Value::as_str).is_some_and(|id| members.contains(&id));
            *all = Value::tuple(all.as_items().unwrap_or_default().iter().filter(stays).cloned().collect());
        }
    }

    fn left_without(&self, live: &Object, gone: &[&str], coming: usize) -> Option<(Mark, &'static str)> {
        let members = predict::texts(live.get("member_clusters"));
        let left = members.iter().filter(|member| !gone.contains(&member.as_str())).count() + coming;
        (members.len() > 1 && left < 2)
            .then_some((Mark::Redundancy, "Nothing is left to take over for the primary of its group."))
    }

    fn holds_data(&self) -> bool {
        true
    }

    fn final_snapshot(&self, object: &Object) -> Option<&'static str> {
        upkeep::final_snapshot_of(object)
    }

    fn backup(&self, live: &Object, name: &str) -> Result<Option<Backup>, Problem> {
        Ok(Some(backup::of_group(live, name)))
    }

    fn login(&self, desired: &Object) -> Option<Login> {
        Login::of(None, desired.get("auth_token")?)
    }

    fn room(&self, before: &Object, after: &Object) -> Option<Room> {
        room::of_group(before, after)
    }

    fn fails_over(&self) -> bool {
        true
    }

    fn failover(&self, live: &Object, shard: Option<&str>) -> Result<Failover, String> {
        failover::of_group(live, shard)
    }

    fn updated(&self, live: &Object) -> Option<(Impact, &'static str)> {
        Some(failover::update_of_group(live))
    }

    fn measures(&self, live: &Object) -> &'static [Measure] {
        measures::of_nodes(live)
    }

    fn measured(&self, live: &Object) -> Vec<Measured> {
        measures::members(live)
    }

    fn endpoints(&self, object: &Object) -> Vec<Endpoint> {
        endpoints::of_group(object)
    }

    fn filled_from(&self) -> Option<Filled> {
        Some(Filled::ByName("snapshot_name"))
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("replication_group_id")
    }

    /// AWS changes engine and version upwards only, but for Valkey 7.2 back to Redis 7.1, and turns encryption in transit on only from 7.0.5 on.
    fn replaces(&self, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
        let text = |object: &Object, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut causes = Vec::new();
        // What the members of a global datastore have in common is not theirs to change (CS0752).
        let common = |name: &&'static str| text(before, "global_role").is_some() && compile::OF_ALL.contains(name);
        let changed: Vec<&'static str> = changed.iter().copied().filter(|name| !common(name)).collect();
        let actual = text(before, "engine_version_actual").or_else(|| text(before, "engine_version"));
        let old = actual.as_deref().and_then(Version::parse);
        let new = text(after, "engine_version").as_deref().and_then(Version::parse);
        // Source: ElastiCache user guide, "Engine rollback".
        let rolls_back = old.is_some_and(|old| (old.major, old.minor) == (7, Some(2)))
            && text(after, "engine_version").as_deref() == Some("7.1");
        if changed.contains(&"engine") && text(before, "engine").as_deref() == Some("valkey") && !rolls_back {
            causes.push("engine");
        }
        if let (Some(old), Some(new)) = (old, new)
            && changed.contains(&"engine_version")
            && !changed.contains(&"engine")
            && new.is_older_than(old)
        {
            causes.push("engine_version");
        }
        // An upgrade comes before the encryption, also one that waits.
        let by_then = new.or(old);
        if changed.contains(&"transit_encryption_enabled") && by_then.is_some_and(|version| !version.at_least(7, 0)) {
            causes.push("transit_encryption_enabled");
        }
        let mode = |object| text(object, "cluster_mode");
        if changed.contains(&"cluster_mode")
            && (mode(before).as_deref() == Some("enabled") || mode(after).as_deref() == Some("disabled"))
        {
            causes.push("cluster_mode");
        }
        causes
    }
}
