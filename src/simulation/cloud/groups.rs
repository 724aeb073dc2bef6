//! Replication groups: what they need, how long changes take, tokens.

use std::sync::Arc;

use super::calls::{Work, refuse, texts};
use super::world::Key;
use crate::kind::{ErrorClass, RemoteError};
use crate::value::{Object, Value};

/// How long it takes to make a group or its nodes, in seconds: short beside AWS, as nothing hangs on how often it is
/// looked at, and long beside everything else.
const MAKING: u64 = 100;
/// How long it takes to change one.
const MODIFYING: u64 = 40;
/// How long it takes to delete one.
pub const DELETING: u64 = 60;

/// What a new group has that nobody asked for. Answers how many seconds it takes to make; zero for other kinds.
pub fn born(work: &Work, object: &mut Object) -> Result<u64, RemoteError> {
    if work.shape.kind == "subnet_group" {
        object.insert("vpc_id".into(), Value::string("vpc-1"));
    }
    if work.shape.kind == "parameter_group" {
        object.insert("parameter".into(), Value::tuple(Vec::new()));
    }
    if work.shape.kind != "replication_group" {
        return Ok(0);
    }
    needs(work, object)?;
    let defaults: [(&str, Value); 14] = [
        ("engine", Value::string("redis")),
        ("engine_version", Value::string("7.1")),
        ("port", Value::int(6379)),
        ("node_type", Value::string("cache.t3.micro")),
        ("parameter_group_name", Value::string("default.redis7")),
        ("subnet_group_name", Value::string("default")),
        ("security_group_ids", Value::string_set(["sg-default"])),
        ("snapshot_retention_limit", Value::int(0)),
        ("snapshot_window", Value::string("01:00-02:00")),
        ("maintenance_window", Value::string("mon:03:00-mon:04:00")),
        ("auto_minor_version_upgrade", Value::bool(true)),
        ("automatic_failover_enabled", Value::bool(false)),
        ("multi_az_enabled", Value::bool(false)),
        ("at_rest_encryption_enabled", Value::bool(false)),
    ];
    for (name, value) in defaults {
        object.or_insert(name.into(), value);
    }
    let tls = object.get("transit_encryption_enabled").and_then(Value::as_bool) == Some(true);
    object.or_insert_with("transit_encryption_enabled".into(), || Value::bool(false));
    if tls {
        object.or_insert_with("transit_encryption_mode".into(), || Value::string("required"));
    }
    if work.token().is_some() {
        date(work, object);
    }
    settle(work, object);
    Ok(MAKING)
}

/// When the token was set last.
fn date(work: &Work, object: &mut Object) {
    object.insert("auth_token_last_modified".into(), Value::string(format!("second {}", work.now / 1000)));
}

/// What follows from the rest.
fn settle(work: &Work, object: &mut Object) {
    let version = object.get("engine_version").and_then(Value::as_str).unwrap_or_default();
    let actual = if version.matches('.').count() == 1 { format!("{version}.0") } else { version.to_owned() };
    object.insert("engine_version_actual".into(), Value::string(actual));
    let id = work.call.text(work.shape.name.0).unwrap_or_default();
    let tls = object.get("transit_encryption_enabled").and_then(Value::as_bool) == Some(true);
    let host = |word: &str| Value::string(format!("{word}{id}.{}.cache.example", if tls { "tls" } else { "clear" }));
    let sharded = object.get("cluster_mode").and_then(Value::as_str) == Some("enabled");
    let addresses = match sharded {
        true => [Value::null(), Value::null(), host("cfg.")],
        false => [host("primary."), host("reader."), Value::null()],
    };
    let names = ["primary_endpoint_address", "reader_endpoint_address", "configuration_endpoint_address"];
    object.extend(names.map(Arc::from).into_iter().zip(addresses));
}

/// What a group refers to must be there.
fn needs(work: &Work, object: &Object) -> Result<(), RemoteError> {
    let one = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned).into_iter();
    let groups = one("parameter_group_name").filter(|name| !name.starts_with("default."));
    let groups = groups.map(|name| ("parameter_group", name));
    let subnets = one("subnet_group_name").filter(|name| name != "default").map(|name| ("subnet_group", name));
    let security = texts(object.get("security_group_ids")).into_iter().filter(|id| id != "sg-default");
    let security = security.map(|id| ("security_group", id));
    for (kind, name) in groups.chain(subnets).chain(security) {
        if work.world.get(&work.other(kind, &name)).is_none() {
            return Err(refuse(ErrorClass::Fatal, "InvalidParameterValue", format!("there is no {kind} {name}")));
        }
    }
    Ok(())
}

/// A change of a group. Answers how many seconds it takes.
pub fn change(work: &mut Work, key: &Key, before: &Object, object: &mut Object) -> Result<u64, RemoteError> {
    needs(work, object)?;
    tokens(work, key)?;
    if work.token().is_some() {
        date(work, object);
    }
    if work.call.operation.ends_with("ReplicaCount") {
        object.remove("num_cache_clusters");
    }
    if *before != *object {
        work.finish(object, Some(&work.world.get(key).expect("it is there").observe(key).object));
        object.remove("members");
        settle(work, object);
    }
    Ok(if work.call.operation == "ModifyReplicationGroup" { MODIFYING } else { MAKING })
}

/// ROTATE lets a token in beside the newest one, SET keeps it alone.
fn tokens(work: &mut Work, key: &Key) -> Result<(), RemoteError> {
    let Some(token) = work.token() else { return Ok(()) };
    let strategy = work.call.text("AuthTokenUpdateStrategy").unwrap_or_else(|| "ROTATE".to_owned());
    let now = work.now;
    let thing = work.world.change(key, now).expect("it is there");
    match strategy.as_str() {
        "ROTATE" => {
            thing.tokens.push(token);
            let surplus = thing.tokens.len().saturating_sub(2);
            thing.tokens.drain(..surplus);
        }
        "SET" => thing.tokens = vec![token],
        other => return Err(refuse(ErrorClass::Fatal, "InvalidParameterValue", other)),
    }
    Ok(())
}
