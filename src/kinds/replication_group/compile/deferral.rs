//! A change that waits for the maintenance window: what of it can, and what cannot.
//!
//! AWS defers settings only. Every immediate call carries out what waits, so that immediate calls come first.

use super::{SWITCHES, effects, mode, refuse, scale};
use crate::catalog::engines::Version;
use crate::kind::{Change, Problem, Target};
use crate::kinds::replication_group::shards::BLOCKS;
use crate::kinds::upkeep;
use crate::value::Object;

/// What an upgrade consists of.
const UPGRADE: [&str; 3] = ["engine", "engine_version", "parameter_group_name"];

/// Whether the change is to wait for the window, as far as it can.
pub(super) fn is_asked_for(change: &Change) -> bool {
    upkeep::waits(change)
}

/// The version that runs until the window.
pub(super) fn running(change: &Change) -> Option<Version> {
    let (actual, asked) = (change.old("engine_version_actual"), change.old("engine_version"));
    Version::parse(actual.as_str().or(asked.as_str())?)
}

/// What is done at once and hangs on an engine or a version that would wait: what runs until then does not have it.
fn hanging(change: &Change) -> Vec<&'static str> {
    // An upgrade may wait already.
    let upgrades =
        ["engine", "engine_version"].iter().any(|name| change.has(name) || change.old(name) != change.new(name));
    let Some(runs) = running(change).filter(|_| upgrades) else { return Vec::new() };
    let on = |name: &str| change.new(name).as_bool() == Some(true);
    let encrypts = change.has("transit_encryption_enabled") && on("transit_encryption_enabled");
    let valkey = change.old("engine").as_str() == Some("valkey");
    let logs = change.new("log_delivery_configuration");
    let kinds = logs.as_items().unwrap_or_default().iter().filter_map(|log| log.get("log_type")?.as_str());
    let new_log =
        change.has("log_delivery_configuration") && kinds.into_iter().any(|kind| !upkeep::has_log(kind, valkey, runs));
    let new_mode = mode::begins(change) && !mode::runs_enough(change, runs);
    let durable = change.has("durability") && effects::is_durable(&change.new("durability"));
    let all = [
        ("transit_encryption_enabled", encrypts && !runs.at_least(7, 0)),
        ("transit_encryption_mode", change.has("transit_encryption_mode") && !runs.at_least(7, 0)),
        ("log_delivery_configuration", new_log),
        ("cluster_mode", new_mode),
        ("durability", durable && !(valkey && runs.at_least(9, 0))),
    ];
    all.into_iter().filter(|(_, hangs)| *hangs).map(|(name, _)| name).collect()
}

/// Settings that an immediate call of the same change hangs on, and that are made at once for it.
pub(super) fn needed_now(change: &Change) -> Vec<&'static str> {
    let goes_off = |name: &&'static str| change.has(name) && change.new(name).as_bool() == Some(false);
    let durable = change.has("durability") && effects::is_durable(&change.new("durability"));
    match () {
        () if mode::begins(change) || durable => SWITCHES.into_iter().filter(|name| change.has(name)).collect(),
        () if scale::fewer_replicas(change).is_some() => SWITCHES.into_iter().filter(goes_off).collect(),
        () => Vec::new(),
    }
}

/// Settings that wait for the window already, and that an immediate call of this change hangs on.
pub fn overtaken(before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
    let waits = |name: &str| !changed.contains(&name) && before.get(name) != after.get(name);
    let target = Target { account: None, region: String::new().into() };
    let all: Vec<&'static str> =
        changed.iter().copied().chain(SWITCHES.into_iter().filter(|name| waits(name))).collect();
    let mut now = needed_now(&Change::update("", before, after, &all, &target));
    let change = Change::update("", before, after, changed, &target);
    // What waits need not be waited for where nothing else of the change does.
    if !is_asked_for(&change) && !hanging(&change).is_empty() {
        now.extend(UPGRADE);
    }
    if !is_asked_for(&change) && scale::needs_bigger_nodes(&change) {
        now.push("node_type");
    }
    now.retain(|name| waits(name));
    now
}

/// What hangs on what waits cannot be done before.
pub(super) fn refuse_hanging(change: &Change) -> Result<(), Problem> {
    let hanging = if is_asked_for(change) { hanging(change) } else { Vec::new() };
    let Some(first) = hanging.first() else { return Ok(()) };
    let version = change.new("engine_version");
    Err(refuse::half_deferred(first, &hanging.join(", "), version.as_str().unwrap_or_default()))
}

/// Shards do not go while the nodes are smaller than what they leave behind is meant for.
pub(super) fn refuse_shards_before_nodes(change: &Change) -> Result<(), Problem> {
    if !is_asked_for(change) || !scale::needs_bigger_nodes(change) {
        return Ok(());
    }
    let cause = if change.has("num_node_groups") { "num_node_groups" } else { BLOCKS };
    Err(refuse::shards_before_nodes(cause, change.new("node_type").as_str().unwrap_or_default()))
}
