//! What AWS will make of a cluster, as far as anyone can foresee it.

use super::schema::SCHEMA;
use super::{is_memcached, text};
use crate::kind::Target;
use crate::kinds::upkeep;
use crate::value::{Object, Type, Value};

/// Fills in id, ARN, port and the nodes of a new cluster. What changes of them is known when it has been made.
pub(super) fn predict(planned: &mut Object, live: Option<&Object>, target: &Target) {
    if let Some(id) = text(planned, "cluster_id").map(str::to_owned) {
        planned.insert("id".into(), Value::string(&id));
        if let Some(arn) = target.arn("elasticache", &format!("cluster:{id}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }
    let own = planned.get("replication_group_id").is_none_or(Value::is_null);
    if own {
        foresee(planned);
        if live.is_none() {
            planned.extend(nodes(planned).map(|nodes| ("cache_nodes".into(), nodes)));
        }
    } else {
        planned.insert("num_cache_nodes".into(), Value::int(1));
    }
    forget_what_moves(planned, live);
}

fn foresee(planned: &mut Object) {
    let Some(engine) = text(planned, "engine") else { return };
    let port = if engine == "memcached" { 11211 } else { 6379 };
    let mut default = |name: &str, value: Value| {
        if planned.get(name).is_none_or(Value::is_null) {
            planned.insert(name.into(), value);
        }
    };
    default("port", Value::int(port));
    default("az_mode", Value::string("single-az"));
    default("auto_minor_version_upgrade", Value::bool(true));
    default("replication_group_id", Value::null_of(Type::String));
    default("security_group_names", Value::set(Type::String, Vec::new()));
    if text(planned, "az_mode") == Some("cross-az") {
        planned.insert("availability_zone".into(), Value::null_of(Type::String));
    }
    if !is_memcached(planned) {
        // Only Memcached is found as a whole.
        for name in ["cluster_address", "configuration_endpoint"] {
            planned.insert(name.into(), Value::null_of(Type::String));
        }
    }
}

/// More nodes than AWS has in a cluster are a mistake that is told elsewhere.
const NODES_MAX: i64 = 100;

/// The nodes of a new cluster: numbers and port, and the zone where it is the same for all. Only AWS knows addresses.
fn nodes(planned: &Object) -> Option<Value> {
    let count = planned.get("num_cache_nodes").and_then(Value::as_i64).filter(|count| *count <= NODES_MAX)?;
    let port = planned.get("port").filter(|port| !port.is_unknown())?;
    let unknown = || Value::unknown(Type::String, None);
    let written = planned.get("availability_zone").filter(|zone| zone.as_str().is_some());
    let spread = planned.get("preferred_availability_zones").is_some_and(|zones| !zones.is_null());
    let zone = written.filter(|_| !spread).cloned().unwrap_or_else(unknown);
    let outpost = planned.get("preferred_outpost_arn").is_some_and(|arn| !arn.is_null() || arn.is_unknown());
    let node = |number: i64| {
        Value::object(Object::from([
            ("id".into(), Value::string(format!("{number:04}"))),
            ("address".into(), unknown()),
            ("port".into(), port.clone()),
            ("availability_zone".into(), zone.clone()),
            ("outpost_arn".into(), if outpost { unknown() } else { Value::null_of(Type::String) }),
        ]))
    };
    let Some(Type::List(ty)) = SCHEMA.attr("cache_nodes").map(|attr| &attr.ty) else { return None };
    Some(Value::list((**ty).clone(), (1..=count).map(node).collect()))
}

/// What AWS tells otherwise after a change.
fn forget_what_moves(planned: &mut Object, live: Option<&Object>) {
    let Some(live) = live else { return };
    let differs = |name: &str| planned.get(name) != live.get(name);
    let (nodes, version) = (differs("num_cache_nodes"), differs("engine_version"));
    // What waits for the window leaves them as they are until then.
    if nodes && !upkeep::is_patient(planned) {
        planned.remove("cache_nodes");
    }
    if version {
        planned.remove("engine_version_actual");
        // The default group of a family goes with it.
        if live.get("parameter_group_name") == planned.get("parameter_group_name")
            && text(live, "parameter_group_name").is_some_and(|name| name.starts_with("default."))
        {
            planned.remove("parameter_group_name");
        }
    }
}
