//! What the calls of a group do to its clients, and why. Sources: ElastiCache user guide, "Version management",
//! "Scaling", "Modifying cluster mode", "In-transit encryption", "Authenticating with AUTH".

use super::scale;
use crate::kind::{Call, Change, Impact, Mark};

/// A setting that nothing but the group itself notices.
pub(super) fn of_settings(change: &Change, call: Call) -> Call {
    // What is asked to stay as it is, against what waits, changes nothing.
    let moves = |name: &&'static str| call.causes.contains(name) && change.old(name) != change.new(name);
    if ["node_type", "engine_version", "engine"].iter().any(moves) {
        return of_other_nodes(change, call);
    }
    let off = |name: &&'static str| moves(name) && change.new(name).as_bool() == Some(false);
    if off(&"automatic_failover_enabled") {
        return call
            .marks([Mark::Redundancy])
            .why("Without automatic failover no replica takes over when the primary fails.");
    }
    if off(&"multi_az_enabled") {
        return call
            .marks([Mark::Redundancy])
            .why("Without Multi-AZ primary and replicas may stand in one zone, and go down with it.");
    }
    call
}

/// AWS makes new nodes, fills them and lets them take over, replicas first. Replicas that come in the same change are
/// there by then.
fn of_other_nodes(change: &Change, call: Call) -> Call {
    let (old, new) = scale::replicas(change);
    // What waits for the window comes last of all, when replicas have gone and failover is off.
    let replicas = if call.waits() { new } else { old.max(new) };
    let fails_over = change.new("automatic_failover_enabled").as_bool() == Some(true)
        || !call.waits() && change.old("automatic_failover_enabled").as_bool() == Some(true);
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
    if upgrades { call.marks([Mark::Irreversible]) } else { call }
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

/// The steps of a token.
/// AWS lets in two at most. Source: ElastiCache user guide, "Authenticating with the AUTH command".
pub(super) fn of_token(call: Call, phase: &str, two: bool) -> Call {
    match phase {
        "ROTATE" if two => call.impact(Impact::Blip).marks([Mark::Lockout]).why(
            "Two tokens are valid already, and AWS lets in no more: clients that still come with the older one stay out.",
        ),
        "SET" => call
            .impact(Impact::Blip)
            .marks([Mark::Lockout])
            .why("Only the new token is valid from then on: clients that still come with the old one stay out."),
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

/// Replicas that go.
pub(super) fn of_fewer_replicas(call: Call, left: i64) -> Call {
    let call = call.impact(Impact::Blip);
    if left == 0 {
        return call
            .marks([Mark::Redundancy])
            .why("Readers of the replicas that go are cut off, and nothing is left to take over for the primary.");
    }
    call.why("Readers of the replicas that go are cut off and connect anew.")
}

/// Shards that come or go, by their ids, and with them their nodes.
pub(super) fn of_shards(change: &Change, call: Call, gone: &[String]) -> Call {
    let call = call.impact(Impact::Blip);
    if gone.is_empty() {
        return call.why("Slots are moved while the group is in use: it is slower meanwhile, and clients are sent on.");
    }
    let members = change.old("members");
    let of_gone = |member: &&crate::value::Value| {
        let shard = member.get("node_group_id").and_then(|id| id.as_str());
        shard.is_some_and(|shard| gone.iter().any(|gone| gone == shard))
    };
    let nodes = members.as_items().unwrap_or_default().iter().filter(of_gone);
    let nodes: Vec<&str> = nodes.filter_map(|member| member.get("id")?.as_str()).collect();
    let nodes = if nodes.is_empty() { String::new() } else { format!(" (nodes {})", nodes.join(", ")) };
    let shards = if gone.len() == 1 { "Shard" } else { "Shards" };
    let verb = if gone.len() == 1 { "goes" } else { "go" };
    call.why(format!(
        "{shards} {}{nodes} {verb}; what they hold is moved to the others first, which must have room for it.",
        gone.join(", ")
    ))
}
