//! Durability: whether a write is on a log in several zones when it is answered. Source: the user guide, "Durability".

use super::super::failure::Failure;
use super::super::input::Input;
use super::catalog;
use super::change::Change;
use super::group::ReplicationGroup;
use super::settings::Settings;
use serde_json::{Value, json};

/// Families of nodes that keep a log.
const FAMILIES: [&str; 8] = ["r6g", "r7g", "r8g", "m6g", "m7g", "m8g", "c7gn", "c8gn"];

fn read(input: Input<'_>) -> Result<Option<&str>, Failure> {
    match input.filled("Durability") {
        Some(word) if !["default", "async", "sync", "disabled"].contains(&word) => {
            Err(Failure::value(format!("Invalid durability: {word}.")))
        }
        other => Ok(other),
    }
}

fn is_on(word: Option<&str>) -> bool {
    matches!(word, Some("async" | "sync"))
}

/// What a group is that shall be durable.
struct Shape {
    cluster: bool,
    multi_az: bool,
}

/// Refuses durability where a group cannot have it.
fn check(settings: &Settings, shape: &Shape) -> Result<(), Failure> {
    let family = settings.node_type.split('.').nth(1).unwrap_or_default();
    let lacks = [
        (settings.engine == "valkey" && catalog::at_least(&settings.version, "9.0"), "engine valkey 9.0 or later"),
        (shape.cluster, "cluster mode enabled"),
        (shape.multi_az, "Multi-AZ with at least one replica in each node group"),
        (settings.tls, "encryption in-transit"),
        (!settings.data_tiering && FAMILIES.contains(&family), "a cache node type that supports it"),
    ];
    match lacks.iter().find(|(has, _)| !has) {
        Some((_, what)) => Err(Failure::combination(format!("Durability requires {what}."))),
        None => Ok(()),
    }
}

/// What a new group asks for; a durable one is encrypted at rest whether it asks for that or not.
pub fn at_creation(input: Input, settings: &mut Settings, cluster: bool, multi_az: bool) -> Result<(), Failure> {
    let Some(word) = read(input)? else { return Ok(()) };
    if is_on(Some(word)) {
        check(settings, &Shape { cluster, multi_az })?;
        if input.flag("AtRestEncryptionEnabled") == Some(false) {
            return Err(Failure::combination("Durability requires encryption at rest."));
        }
        settings.at_rest = true;
    }
    settings.durability = Some(word.to_owned());
    Ok(())
}

/// What a change asks for, which is a change of its own.
pub fn read_change(input: Input, old: &ReplicationGroup, change: &mut Change) -> Result<(), Failure> {
    let now = old.settings.durability.as_deref();
    let Some(word) = read(input)?.filter(|word| Some(*word) != now) else { return Ok(()) };
    if !change.is_empty() {
        return Err(Failure::combination(
            "Durability updates are not supported while attempting to update additional properties.",
        ));
    }
    if is_on(Some(word)) {
        if old.global.is_some() {
            return Err(Failure::combination("Durability is not supported for members of a Global Replication Group."));
        }
        check(&old.settings, &Shape { cluster: old.cluster_enabled, multi_az: old.multi_az })?;
        if !old.settings.at_rest {
            return Err(Failure::combination("Durability requires encryption at rest."));
        }
    }
    change.durability = Some(word.to_owned());
    Ok(())
}

/// What it comes to. A group that says nothing, or `default`, is not durable here.
pub fn effective(settings: &Settings) -> Value {
    match settings.durability.as_deref() {
        None => Value::Null,
        Some(word) if is_on(Some(word)) => json!(word),
        Some(_) => json!("disabled"),
    }
}

/// How a cache is encrypted at rest.
pub fn storage(at_rest: bool, kms: Option<&String>) -> &'static str {
    match (at_rest, kms) {
        (false, _) => "none",
        (true, None) => "sse-elasticache",
        (true, Some(_)) => "sse-kms",
    }
}
