//! What AWS will make of a cluster, as far as anyone can foresee it.

use super::{is_memcached, text};
use crate::kind::Target;
use crate::value::{Object, Type, Value};

/// Fills in id, ARN and port. Nodes are known again when they have been made.
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

/// What AWS tells otherwise after a change.
fn forget_what_moves(planned: &mut Object, live: Option<&Object>) {
    let Some(live) = live else { return };
    let differs = |name: &str| planned.get(name) != live.get(name);
    let (nodes, version) = (differs("num_cache_nodes"), differs("engine_version"));
    if nodes {
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
