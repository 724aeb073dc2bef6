//! What ModifyReplicationGroup and ModifyCacheCluster want that takes time, against what is and what is waiting.

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::input::Input;
use super::change::{Change, TokenChange};
use super::cluster::CLUSTERS;
use super::group::ReplicationGroup;
use super::settings::{self, Settings};
use super::{catalog, durability, layout, logs, parameter_groups, role_access, user_groups};

/// What the request wants that takes time, as far as it differs from what is and from what is already waiting.
pub fn read_change(context: &Context, input: Input, old: &ReplicationGroup) -> Result<Change, Failure> {
    let mut change = Change::default();
    let mut goal = old.settings.clone();
    let mut goal_failover = old.failover;
    let mut goal_multi_az = old.multi_az;
    if let Some(pending) = &old.pending {
        pending.apply(&mut goal, context.now);
        goal_failover = pending.failover.unwrap_or(goal_failover);
        goal_multi_az = pending.multi_az.unwrap_or(goal_multi_az);
    }
    read_engine(context, input, &goal, &old.settings, &mut change)?;
    read_parameter_group(context, input, old, &goal, &mut change)?;
    read_availability(context, input, old, (goal_failover, goal_multi_az), &mut change)?;
    read_encryption(input, &goal, &mut change)?;
    role_access::read_change(context, input, &goal, &mut change)?;
    read_token(input, &old.id, &goal, &mut change)?;
    role_access::one_of_both(old, &goal, &change)?;
    if let Some(id) = input.filled("PrimaryClusterId") {
        let id = id.to_ascii_lowercase();
        if old.cluster_enabled {
            return Err(Failure::combination("PrimaryClusterId cannot be used with cluster mode enabled."));
        }
        let shard = old
            .shard_of(&id)
            .ok_or_else(|| Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}")))?;
        if shard.primary != id {
            if goal_failover && change.failover != Some(false) {
                return Err(Failure::combination(
                    "Cannot manually promote a new master cache cluster while autofailover is enabled.",
                ));
            }
            change.primary = Some(id);
        }
    }
    if input.has("LogDeliveryConfigurations") {
        let engine = change.engine.as_deref().unwrap_or(&goal.engine);
        let version = change.version.as_deref().unwrap_or(&goal.version);
        let logs = logs::read(input, engine, version, &goal.logs)?;
        if logs != goal.logs {
            logs::only_at_once(input, &logs, &goal.logs)?;
            change.logs = Some(logs);
        }
    }
    read_cluster_mode(context, input, old, &mut change)?;
    durability::read_change(input, old, &mut change)?;
    if old.cluster_mode == "compatible" && (change.version.is_some() || change.node_type.is_some()) {
        return Err(Failure::new(
            "InvalidReplicationGroupState",
            format!("Replication group {} cannot be scaled or upgraded while its cluster mode is compatible.", old.id),
        ));
    }
    Ok(change)
}

/// Engine, version and node type. What runs decides what another engine or version may be: a later wish takes the place of
/// one that waits for the window, and may be to stay.
pub fn read_engine(
    context: &Context,
    input: Input,
    goal: &Settings,
    runs: &Settings,
    change: &mut Change,
) -> Result<(), Failure> {
    let engine = input.filled("Engine").map_or(goal.engine.clone(), str::to_ascii_lowercase);
    if engine != goal.engine {
        let asked = input.filled("EngineVersion").unwrap_or_default();
        let from = (runs.engine.as_str(), runs.version.as_str());
        let stays = runs.engine == engine;
        let back = from.0 == "valkey" && from.1.starts_with("7.2") && engine == "redis" && asked.starts_with("7.1");
        if back {
            goal.user_groups.iter().try_for_each(|id| user_groups::for_cache(context, id, "redis").map(drop))?;
        } else if !stays && (from.0, engine.as_str()) != ("redis", "valkey") {
            return Err(Failure::combination(format!("Cannot modify the engine from {} to {engine}.", from.0)));
        }
        if !stays && !back && !catalog::at_least(from.1, "5.0.6") {
            return Err(Failure::combination(format!(
                "Cannot modify the engine from redis {} to valkey: redis 5.0.6 or later is required.",
                from.1
            )));
        }
        if input.filled("EngineVersion").is_none() {
            return Err(Failure::combination("EngineVersion must be specified when the engine is modified."));
        }
        change.engine = Some(engine.clone());
    }
    if let Some(asked) = input.filled("EngineVersion") {
        let version = catalog::resolve_version(&engine, Some(asked)).or_else(|failure| {
            // The version that runs already may be named in full.
            if asked == goal.version { Ok(goal.version.clone()) } else { Err(failure) }
        })?;
        if version != goal.version || change.engine.is_some() {
            let downgrade = engine == runs.engine && catalog::numbers(&version) < catalog::numbers(&runs.version);
            if downgrade {
                let from = &runs.version;
                return Err(Failure::combination(format!("Cannot modify {engine} from {from} to {version}")));
            }
            change.version = Some(version);
        }
    }
    let version = change.version.as_deref().unwrap_or(&goal.version);
    let node_type = input.filled("CacheNodeType").unwrap_or(&goal.node_type);
    if node_type != goal.node_type || change.version.is_some() {
        settings::check_node_type(context, node_type, &engine, version)?;
    }
    if node_type != goal.node_type {
        let tiered = |name: &str| name.starts_with("cache.r6gd.");
        if tiered(node_type) != tiered(&goal.node_type) {
            return Err(Failure::combination(format!(
                "Cannot modify the cache node type from {} to {node_type}: only one of them has data tiering.",
                goal.node_type
            )));
        }
        change.node_type = Some(node_type.to_owned());
    }
    Ok(())
}

fn read_parameter_group(
    context: &Context,
    input: Input,
    old: &ReplicationGroup,
    goal: &Settings,
    change: &mut Change,
) -> Result<(), Failure> {
    let Some(name) = parameter_group_for(context, input, goal, change, old.cluster_enabled)? else { return Ok(()) };
    let group = parameter_groups::find(context, &name)?;
    let on = group.values.get("cluster-enabled").is_some_and(|value| value == "yes");
    let migrating = old.cluster_mode == "compatible" || input.has("ClusterMode");
    if on != old.cluster_enabled && !migrating {
        return Err(Failure::combination(format!(
            "The cluster mode of the cache parameter group {name} does not match that of the replication group.",
        )));
    }
    if goal.data_tiering {
        settings::check_tiered_policy(context, &name)?;
    }
    if name != goal.parameter_group {
        change.parameter_group = Some(name);
    }
    Ok(())
}

/// The parameter group after the change: the one asked for, or a default one that follows the version.
pub fn parameter_group_for(
    context: &Context,
    input: Input,
    goal: &Settings,
    change: &Change,
    cluster_on: bool,
) -> Result<Option<String>, Failure> {
    let engine = change.engine.as_deref().unwrap_or(&goal.engine);
    let version = change.version.as_deref().unwrap_or(&goal.version);
    if let Some(name) = input.filled("CacheParameterGroupName") {
        settings::check_parameter_group(context, name, engine, version)?;
        return Ok(Some(name.to_ascii_lowercase()));
    }
    if change.version.is_none() {
        return Ok(None);
    }
    let family = catalog::family(engine, version);
    if parameter_groups::is_default(&goal.parameter_group) {
        return Ok(Some(format!("default.{family}{}", if cluster_on { ".cluster.on" } else { "" })));
    }
    settings::check_parameter_group(context, &goal.parameter_group, engine, version)?;
    Ok(None)
}

fn read_availability(
    context: &Context,
    input: Input,
    old: &ReplicationGroup,
    (failover, multi_az): (bool, bool),
    change: &mut Change,
) -> Result<(), Failure> {
    let want_failover = input.flag("AutomaticFailoverEnabled").unwrap_or(failover);
    let want_multi_az = input.flag("MultiAZEnabled").unwrap_or(multi_az);
    let least = old.shards.iter().map(|shard| shard.members.len()).min().unwrap_or(0);
    if want_failover != failover {
        if old.cluster_enabled {
            return Err(Failure::combination(
                "Turning off automatic failover for replication group with cluster mode enabled is not supported.",
            ));
        }
        if want_failover && least < 2 {
            return Err(Failure::combination(
                "Replication group must have at least one read replica to enable autofailover.",
            ));
        }
        change.failover = Some(want_failover);
    }
    if want_multi_az && !want_failover {
        return Err(Failure::combination("Multi-AZ requires automatic failover to be enabled."));
    }
    if want_multi_az != multi_az {
        if want_multi_az && least < 2 {
            return Err(Failure::combination("Multi-AZ requires at least one replica in each node group."));
        }
        for shard in old.shards.iter().filter(|_| want_multi_az) {
            let clusters = shard.members.iter().filter_map(|id| context.region[CLUSTERS].get(id));
            let zones: Vec<String> = clusters.filter_map(|cluster| Some(cluster.nodes.first()?.zone.clone())).collect();
            layout::check_multi_az(&zones)?;
        }
        change.multi_az = Some(want_multi_az);
    }
    Ok(())
}

/// Transit encryption goes up by way of `preferred`, and down the same way.
fn read_encryption(input: Input, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let mode = input.filled("TransitEncryptionMode");
    if let Some(mode) = mode.filter(|mode| !["preferred", "required"].contains(mode)) {
        return Err(Failure::value(format!("Invalid transit encryption mode: {mode}.")));
    }
    let on = input.flag("TransitEncryptionEnabled").unwrap_or(goal.tls);
    let now = goal.tls_mode.as_deref();
    let differs = on != goal.tls || (on && mode.is_some() && mode != now);
    if !on && mode.is_some() && goal.tls == on {
        return Err(Failure::combination("TransitEncryptionMode can only be set when transit encryption is enabled."));
    }
    if !differs {
        return Ok(());
    }
    if goal.engine == "redis" && !catalog::at_least(&goal.version, "7.0.5") {
        return Err(Failure::combination("Transit encryption can only be modified for engine version 7.0.5 or later."));
    }
    if on && !goal.tls {
        if mode != Some("preferred") {
            return Err(Failure::combination(
                "To enable transit encryption on an existing cluster, TransitEncryptionMode must first be set to preferred.",
            ));
        }
        (change.tls, change.tls_mode) = (Some(true), Some("preferred".into()));
    } else if !on {
        if now == Some("required") {
            return Err(Failure::combination(
                "To disable transit encryption, TransitEncryptionMode must first be set to preferred.",
            ));
        }
        change.tls = Some(false);
    } else {
        if mode == Some("preferred") && !(goal.tokens.is_empty() && goal.user_groups.is_empty()) {
            return Err(Failure::combination(
                "Transit encryption preferred is not supported with access control enabled clusters.",
            ));
        }
        change.tls_mode = mode.map(str::to_owned);
    }
    Ok(())
}

fn read_token(input: Input, id: &str, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let strategy = input.filled("AuthTokenUpdateStrategy");
    let Some(token) = input.filled("AuthToken") else {
        return match strategy {
            None => Ok(()),
            Some("DELETE") => role_access::read_token_deletion(input, goal, change),
            Some(_) => Err(Failure::combination("AuthTokenUpdateStrategy requires AuthToken.")),
        };
    };
    let strategy = strategy.unwrap_or("ROTATE");
    if !["SET", "ROTATE"].contains(&strategy) {
        return Err(Failure::combination(format!("AuthTokenUpdateStrategy {strategy} cannot be used with AuthToken.")));
    }
    if !goal.tls || change.tls == Some(true) {
        return Err(Failure::value("The AUTH token is only supported when encryption-in-transit is enabled."));
    }
    if change.tls_mode.as_deref().or(goal.tls_mode.as_deref()) == Some("preferred") {
        return Err(Failure::combination(
            "Transit encryption preferred is not supported with access control enabled clusters.",
        ));
    }
    if goal.engine == "redis" && !catalog::at_least(&goal.version, "5.0.6") {
        return Err(Failure::combination("The AUTH token can only be modified for engine version 5.0.6 or later."));
    }
    settings::check_token(token)?;
    let digest = settings::digest(token, id);
    if strategy == "SET" && !goal.tokens.is_empty() && !goal.tokens.contains(&digest) {
        return Err(Failure::combination(
            "The AUTH token must be rotated in with the ROTATE strategy before it can be set.",
        ));
    }
    change.token = Some(TokenChange { strategy: strategy.into(), digest: Some(digest) });
    Ok(())
}

fn read_cluster_mode(
    context: &Context,
    input: Input,
    old: &ReplicationGroup,
    change: &mut Change,
) -> Result<(), Failure> {
    let Some(mode) = input.filled("ClusterMode").filter(|mode| *mode != old.cluster_mode) else { return Ok(()) };
    if !["disabled", "compatible", "enabled"].contains(&mode) {
        return Err(Failure::value(format!("Invalid cluster mode: {mode}.")));
    }
    let others = Change { parameter_group: None, ..change.clone() };
    if !others.is_empty() {
        return Err(Failure::combination(
            "Cluster mode updates are not supported while attempting to update additional properties",
        ));
    }
    match (old.cluster_mode.as_str(), mode) {
        ("disabled", "compatible") => {
            let least = if old.settings.engine == "valkey" { "7.2" } else { "7.0" };
            if !catalog::at_least(&old.settings.version, least) {
                return Err(Failure::combination(format!(
                    "Cluster mode compatible requires engine version {least} or later."
                )));
            }
            if !old.failover || old.shards.iter().any(|shard| shard.members.len() < 2) {
                return Err(Failure::combination(
                    "Cluster mode compatible requires automatic failover and at least one replica.",
                ));
            }
            let name = change.parameter_group.as_deref().unwrap_or(&old.settings.parameter_group);
            let group = parameter_groups::find(context, name)?;
            if group.values.get("cluster-enabled").is_none_or(|value| value != "yes") {
                return Err(Failure::combination(
                    "Cluster mode compatible requires a cache parameter group with cluster-enabled set to yes.",
                ));
            }
        }
        ("compatible", "enabled") => {}
        (from, to) => {
            return Err(Failure::combination(format!("Cannot modify the cluster mode from {from} to {to}.")));
        }
    }
    change.cluster_mode = Some(mode.into());
    Ok(())
}
