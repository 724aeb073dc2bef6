//! The way to cluster mode: disabled, compatible, enabled; one step at a time, each in a call of its own, with nothing
//! beside it but the parameter group. There is no way back. Source: ElastiCache user guide, "Modifying cluster mode".

use super::{deferral, effects, exchanged, modify, scale};
use crate::catalog::engines::{Engine, Version};
use crate::kind::{Call, Change, Problem};
use crate::kinds::replication_group::rules::wanted_family;
use crate::value::Value;

const MODE: &str = "cluster_mode";

fn text(value: Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn steps(change: &Change) -> &'static [&'static str] {
    if !change.has(MODE) {
        return &[];
    }
    match (text(change.old(MODE)).as_deref(), text(change.new(MODE)).as_deref()) {
        (Some("disabled") | None, Some("enabled")) => &["compatible", "enabled"],
        (_, Some("compatible")) => &["compatible"],
        (_, Some("enabled")) => &["enabled"],
        _ => &[],
    }
}

/// Whether a group without cluster mode sets out for it.
pub(super) fn begins(change: &Change) -> bool {
    steps(change).first() == Some(&"compatible")
}

/// Whether the last step is all that is left.
pub(super) fn leaves_compatible(change: &Change) -> bool {
    steps(change) == ["enabled"]
}

/// The calls; the first step takes the parameter group that turns cluster mode on.
pub(super) fn calls(change: &Change) -> Vec<Call> {
    let call = |mode: &&str| {
        let parameters = if *mode == "compatible" { change.if_changed("parameter_group_name") } else { Value::null() };
        let args = vec![
            ("ClusterMode", Value::string(mode)),
            ("CacheParameterGroupName", parameters),
            ("ApplyImmediately", Value::bool(true)),
        ];
        let causes: &[&'static str] = if *mode == "compatible" { &[MODE, "parameter_group_name"] } else { &[MODE] };
        effects::of_mode(modify(change, causes, args), mode).settles(exchanged(change))
    };
    steps(change).iter().map(call).collect()
}

/// The parameter group of the group until cluster mode begins, where that is on the way: a default one where engine or
/// version want another family than before. Null where none is to be sent; none where cluster mode is not on the way.
pub(super) fn parameter_group_before(change: &Change) -> Option<Value> {
    if !begins(change) {
        return None;
    }
    let family = |object: Option<&crate::value::Object>| object.and_then(wanted_family);
    let (old, new) = (family(change.before), family(change.after));
    Some(
        new.filter(|new| old.as_ref() != Some(new))
            .map_or_else(Value::null, |new| Value::string(format!("default.{new}"))),
    )
}

/// The first version from which a group moves to cluster mode.
fn least(engine: Engine) -> (u32, u32) {
    if engine == Engine::Valkey { (7, 2) } else { (7, 0) }
}

/// Whether what runs before the upgrade of the same change can move to cluster mode: the parameter group is of one family
/// then and later.
pub(super) fn runs_enough(change: &Change, runs: Version) -> bool {
    let engine = text(change.old("engine")).as_deref().and_then(Engine::parse).unwrap_or(Engine::Redis);
    let (major, minor) = least(engine);
    let family = |object: Option<&crate::value::Object>| object.and_then(wanted_family);
    runs.at_least(major, minor) && family(change.before) == family(change.after)
}

/// What AWS wants of a group before it takes the first step.
pub(super) fn refuse_unready(change: &Change) -> Result<(), Problem> {
    refuse_between(change)?;
    if !begins(change) {
        return Ok(());
    }
    let waits = deferral::is_asked_for(change);
    let engine = text(if waits { change.old("engine") } else { change.new("engine") });
    let engine = engine.as_deref().and_then(Engine::parse).unwrap_or(Engine::Redis);
    let asked = text(change.new("engine_version")).as_deref().and_then(Version::parse);
    let version = asked.filter(|_| change.has("engine_version") && !waits).or(deferral::running(change)).or(asked);
    let (major, minor) = least(engine);
    if version.is_some_and(|version| !version.at_least(major, minor)) {
        return Err(Problem::error(
            "CS1000",
            MODE,
            "Cluster mode needs a newer version",
            format!("A group moves to cluster mode from {} {major}.{minor} on.", engine.word()),
            "Raise engine_version in the same change; the upgrade is made first.",
        ));
    }
    let failover = change.new("automatic_failover_enabled").as_bool() == Some(true);
    let (old, new) = scale::replicas(change);
    if !failover || old.max(new) < 1 {
        return Err(Problem::error(
            "CS1001",
            MODE,
            "Cluster mode needs a replica and failover",
            "A group moves to cluster mode only with automatic failover, which takes a replica.",
            "Set automatic_failover_enabled = true and replicas_per_node_group to 1 or more.",
        ));
    }
    let named = change.new("parameter_group_name");
    let off = |name: &str| name.starts_with("default.") && !name.ends_with(".cluster.on");
    if named.as_str().is_some_and(off) || !change.has("parameter_group_name") {
        return Err(clusterless());
    }
    Ok(())
}

/// The parameter group does not turn cluster mode on.
pub fn clusterless() -> Problem {
    Problem::error(
        "CS1002",
        "parameter_group_name",
        "The parameter group turns cluster mode off",
        "A group moves to cluster mode with a parameter group in which cluster-enabled is yes.",
        "Leave parameter_group_name out where a default one will do; else name another, with cluster-enabled = yes.",
    )
}

/// While the mode is compatible, AWS changes neither version, nor node type, nor the number of nodes.
fn refuse_between(change: &Change) -> Result<(), Problem> {
    let between = text(change.old(MODE)).as_deref() == Some("compatible") && !change.has(MODE);
    let fixed = [
        "engine",
        "engine_version",
        "node_type",
        "num_node_groups",
        "num_cache_clusters",
        "replicas_per_node_group",
        "node_group_configuration",
    ];
    let Some(name) = fixed.into_iter().find(|name| change.has(name)).filter(|_| between) else { return Ok(()) };
    Err(Problem::error(
        "CS1003",
        name,
        "Not while the cluster mode is compatible",
        format!("`{name}` of a group stays as it is between cluster mode disabled and enabled."),
        "Set cluster_mode = \"enabled\" in the same change, or first.",
    ))
}
