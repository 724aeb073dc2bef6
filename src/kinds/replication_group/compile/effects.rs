//! What the calls of a group do to its clients, and why. Sources: ElastiCache user guide, "Version management",
//! "Scaling", "Modifying cluster mode", "In-transit encryption", "Authenticating with AUTH".

use super::{SWITCHES, scale};
use crate::kind::{Call, Change, Impact, Mark};
use crate::kinds::why;
use crate::value::Value;

/// A setting that nothing but the group itself notices.
pub(super) fn of_settings(change: &Change, call: Call) -> Call {
    // What is asked to stay as it is, against what waits, changes nothing.
    let moves = |name: &&'static str| call.causes.contains(name) && change.old(name) != change.new(name);
    let off = |name: &&'static str| moves(name) && change.new(name).as_bool() == Some(false);
    let others = ["node_type", "engine_version", "engine"].iter().any(moves);
    let off: Vec<&'static str> = SWITCHES.into_iter().filter(off).collect();
    let call = if others { of_other_nodes(change, call) } else { call };
    of_less_redundancy(call, &off)
}

/// What goes off, whatever else the call changes.
fn of_less_redundancy(call: Call, off: &[&'static str]) -> Call {
    let lost = [
        ("automatic_failover_enabled", "Without automatic failover no replica takes over when the primary fails."),
        ("multi_az_enabled", "Without Multi-AZ primary and replicas may stand in one zone, and go down with it."),
    ];
    let Some((_, why)) = lost.into_iter().find(|(name, _)| off.contains(name)) else { return call };
    let told = call.why.as_ref().map_or_else(|| why.to_owned(), |first| format!("{first} {why}"));
    call.marks([Mark::Redundancy]).why(told)
}

/// AWS makes new nodes, fills them and lets them take over, replicas first. Replicas that come in the same change are
/// there by then.
fn of_other_nodes(change: &Change, call: Call) -> Call {
    let (old, new) = scale::replicas(change);
    // What waits for the window comes last of all, when replicas have gone and failover is off.
    let replicas = if call.waits() { new } else { old.max(new) };
    // Nobody knows which of one call comes first: what goes off in it is not counted on.
    let fails_over = change.new("automatic_failover_enabled").as_bool() == Some(true);
    let call = match (replicas, fails_over) {
        (0, _) => call.impact(Impact::WritePause).why(
            "The only node is replaced: its data is copied as far as that goes, and nothing is written until it is done.",
        ),
        (_, true) => call.impact(Impact::Failover).why(
            "Replicas are replaced first; when one takes over, writes fail for some seconds. Reads go on.",
        ),
        (_, false) => call.impact(Impact::WritePause).why(
            "Without automatic failover nothing takes over: there are no writes while the primary is replaced. Replicas go on reading.",
        ),
    };
    let upgrades = change.has("engine_version") || change.has("engine");
    if upgrades && !has_way_back(change) { call.marks([Mark::Irreversible]) } else { call }
}

/// Of all versions, AWS leads from Valkey 7.2 to Redis 7.1, and back. Source: ElastiCache user guide, "Engine rollback".
fn has_way_back(change: &Change) -> bool {
    let (engine, version) = (change.new("engine"), change.new("engine_version"));
    change.old("engine") != change.new("engine")
        && matches!((engine.as_str(), version.as_str()), (Some("valkey"), Some("7.2")) | (Some("redis"), Some("7.1")))
}

/// The steps of encryption in transit.
pub(super) fn of_encryption(call: Call, enabled: Option<bool>, mode: Option<&str>) -> Call {
    match (enabled, mode) {
        (Some(false), _) => call
            .impact(Impact::Blip)
            .marks([Mark::Lockout])
            .why("Clients that use TLS cannot connect any more, and their endpoints go."),
        (_, Some("required")) => call
            .impact(Impact::Blip)
            .marks([Mark::Lockout])
            .why("Clients without TLS are cut off and stay out, and the endpoints without TLS go."),
        _ => call.impact(Impact::None).why("Clients may connect with TLS and without it; nobody is cut off."),
    }
}

/// User groups that come or go, and what takes their place.
pub(super) fn of_users(call: Call, stay: bool, token: bool) -> Call {
    let call = call.impact(Impact::Blip);
    match (stay, token) {
        (true, _) => call.marks([Mark::Lockout]).why(
            "Only users of the group get in from then on: clients that come with another name or password stay out.",
        ),
        (false, true) => call.marks([Mark::Lockout, Mark::Open]).why(
            "The users stay out, and the token is let in; AWS lets clients in without it as well, until the next call makes it the only way.",
        ),
        (false, false) => call.marks([Mark::Open]).why(why::ANYBODY),
    }
}

/// The steps of a token, of which two may be valid already, and it may be one of those. AWS lets in two at most.
/// Source: ElastiCache user guide, "Authenticating with the AUTH command".
pub(super) fn of_token(call: Call, phase: &str, open: bool, (two, one_of_them): (bool, bool)) -> Call {
    match phase {
        "ROTATE" if two => call.impact(Impact::Blip).marks([Mark::Lockout]).why(
            "Two tokens are valid already, and AWS lets in no more: clients that still come with the older one stay out.",
        ),
        "SET" if open => call
            .impact(Impact::Blip)
            .marks([Mark::Lockout])
            .why("Nobody gets in without the token from then on: clients that do not come with it stay out."),
        // Perhaps the one of before, of a rotation that is given up.
        "SET" if one_of_them => call
            .impact(Impact::Blip)
            .marks([Mark::Lockout])
            .why("Only the token that is written is valid from then on: clients that come with the other one stay out."),
        "SET" => call
            .impact(Impact::Blip)
            .marks([Mark::Lockout])
            .why("Only the new token is valid from then on: clients that still come with the old one stay out."),
        _ if open => call.impact(Impact::None).why("Clients get in with the token, and still without it."),
        _ => call.impact(Impact::None).why("The old token stays valid beside the new one."),
    }
}

/// The steps to cluster mode.
pub(super) fn of_mode(call: Call, mode: &str) -> Call {
    match mode {
        "enabled" => call.impact(Impact::Blip).marks([Mark::Lockout, Mark::Irreversible]).why(
            "Clients must speak the cluster protocol and use the configuration endpoint; the other endpoints go, and there is no way back.",
        ),
        _ => call.impact(Impact::Blip).why(
            "Clients of both kinds can connect. Until the mode is enabled AWS changes neither version nor size.",
        ),
    }
}

/// Whether writes are on a log in several zones.
pub(super) fn is_durable(word: &Value) -> bool {
    matches!(word.as_str(), Some("async" | "sync"))
}

/// The log of writes. Source: ElastiCache user guide, "Durability".
pub(super) fn of_durability(change: &Change, call: Call) -> Call {
    match change.new("durability").as_str() {
        Some("sync") => call.impact(Impact::Blip).why(
            "A write is answered when it is on the log in several zones: each takes longer, and a primary takes at most 100 MiB/s.",
        ),
        Some("async") => call.impact(Impact::Blip).why(
            "Writes are put on a log in several zones soon after they are answered: the last ten seconds of them may be lost.",
        ),
        _ if is_durable(&change.old("durability")) => call
            .impact(Impact::Blip)
            .marks([Mark::Redundancy])
            .why("Without the log, writes that no replica has yet are lost when a primary fails."),
        _ => call,
    }
}

/// Replicas that go, by their names where the call only says how many.
pub(super) fn of_fewer_replicas(call: Call, left: i64, going: &[String]) -> Call {
    let which = match going {
        [] => String::new(),
        going => format!(" AWS chooses them; by their numbers they are {}.", going.join(", ")),
    };
    let call = call.impact(Impact::Blip);
    if left == 0 {
        let why = "Readers of the replicas that go are cut off, and nothing is left to take over for the primary.";
        return call.marks([Mark::Redundancy]).why(format!("{why}{which}"));
    }
    call.why(format!("Readers of the replicas that go are cut off and connect anew.{which}"))
}

/// Shards that come or go, by their ids, and with them their nodes.
pub(super) fn of_shards(change: &Change, call: Call, gone: &[String]) -> Call {
    let call = call.impact(Impact::Blip);
    if gone.is_empty() {
        return call.why("Slots are moved while the group is in use: it is slower meanwhile, and clients are sent on.");
    }
    let members = change.old("members");
    let of_gone = |member: &&Value| {
        let shard = member.get("node_group_id").and_then(|id| id.as_str());
        shard.is_some_and(|shard| gone.iter().any(|gone| gone == shard))
    };
    let nodes = members.as_items().unwrap_or_default().iter().filter(of_gone);
    let nodes: Vec<&str> = nodes.filter_map(|member| member.get("id")?.as_str()).collect();
    let nodes = if nodes.is_empty() { String::new() } else { format!(" (nodes {})", nodes.join(", ")) };
    let shards = if gone.len() == 1 { "Shard" } else { "Shards" };
    let verb = if gone.len() == 1 { "goes" } else { "go" };
    let they = if gone.len() == 1 { "it holds" } else { "they hold" };
    call.why(format!(
        "{shards} {}{nodes} {verb}; what {they} is moved to the others first, which must have room for it.",
        gone.join(", ")
    ))
}
