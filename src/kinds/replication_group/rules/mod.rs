//! The rules of the service for a replication group. Source: AWS documentation and errors seen from the service.

mod access;
pub(super) mod among;
mod durability;
mod engine;
mod network;
mod regrets;
mod shape;
mod shards;
mod times;

use crate::catalog::engines::{Engine, Version};
use crate::kind::Problem;
use crate::kinds::upkeep;
use crate::value::{Data, Object, Value};

pub use among::unversioned;
pub use engine::{
    actual_family, engine_of, family_mismatch, is_clustered_default, near_family, no_default_group, other_engine,
    wanted_family,
};

/// What is wrong with the version of an object of Redis or Valkey, and with its default parameter group.
pub fn unsound_version(desired: &Object) -> Vec<Problem> {
    let group = Group(desired);
    engine::version(group).into_iter().chain(engine::default_family(group)).collect()
}

/// Applies every rule to a desired object. Unknown values are let pass.
pub fn check(desired: &Object) -> Vec<Problem> {
    let group = Group(desired);
    let mut problems = Vec::new();
    problems.extend(shape::topology(group));
    problems.extend(shape::failover(group));
    let version = engine::version(group);
    // What runs a version that there is not is no matter of its own.
    problems.extend(engine::node_type(group).into_iter().filter(|one| version.is_empty() || one.code != "CS0541"));
    problems.extend(version);
    problems.extend(engine::default_family(group));
    problems.extend(access::encryption(group));
    problems.extend(access::token(group));
    problems.extend(durability::check(group));
    problems.extend(times::windows(group));
    problems.extend(times::logs(group));
    problems.extend(shape::placement(group));
    problems.extend(shards::check(group));
    problems.extend(network::check(group));
    problems.extend(upkeep::contradicting_snapshot(desired));
    problems.extend(shape::global_member(group));
    problems.extend(upkeep::sources(desired));
    problems.extend(upkeep::low_port(group.number("port")));
    problems.extend(upkeep::old_node_type(group.text("node_type")));
    problems
}

/// A desired group, with typed access to what is known of it.
#[derive(Clone, Copy)]
struct Group<'a>(&'a Object);

impl<'a> Group<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
    /// Whether it is set for sure: what is not known yet may still turn out to be null.
    fn is_set(self, name: &str) -> bool {
        self.may_be_set(name) && !self.get(name).is_some_and(may_be_null)
    }
    /// Whether it is set, as far as anybody knows.
    fn may_be_set(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.as_items().is_none_or(|items| !items.is_empty()))
    }
    fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }
    fn number(self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }
    fn is(self, name: &str, wanted: bool) -> bool {
        self.get(name).and_then(Value::as_bool) == Some(wanted)
    }
    /// Whether it is off for sure: unset or false, and not unknown.
    fn is_off(self, name: &str) -> bool {
        !self.may_be_set(name) || self.is(name, false)
    }
    fn engine(self) -> Option<Engine> {
        match self.get("engine") {
            None => Some(Engine::Redis),
            Some(value) => Engine::parse(value.as_str()?),
        }
    }
    fn version(self) -> Option<Version> {
        Version::parse(self.text("engine_version")?)
    }
    /// Whether it may be a member of a global datastore, which decides what is not set here.
    fn in_global(self) -> bool {
        self.may_be_set("global_replication_group_id")
    }
}

fn may_be_null(value: &Value) -> bool {
    matches!(&value.data, Data::Unknown(unknown) if !unknown.not_null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(attrs: &[(&str, Value)]) -> Vec<&'static str> {
        let mut object: Object = attrs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        object.or_insert_with("node_type".into(), || Value::string("cache.t4g.micro"));
        check(&object).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn rules_of_the_service() {
        let s = |text: &str| Value::string(text);
        let cases: &[(&[(&str, Value)], &[&str])] = &[
            (&[], &[]),
            (
                &[
                    ("num_cache_clusters", Value::int(2)),
                    ("num_node_groups", Value::int(2)),
                    ("automatic_failover_enabled", true.into()),
                ],
                &["CS0531"],
            ),
            (&[("automatic_failover_enabled", true.into()), ("num_cache_clusters", Value::int(1))], &["CS0534"]),
            (&[("multi_az_enabled", true.into()), ("num_cache_clusters", Value::int(2))], &["CS0535"]),
            (&[("num_node_groups", Value::int(2))], &["CS0537"]),
            (&[("node_type", s("cache.t4g.micros"))], &["CS0540"]),
            (&[("engine_version", s("7"))], &["CS0542"]),
            (&[("engine_version", s("7.0.7"))], &["CS0542"]),
            (&[("engine_version", s("6.x"))], &[]),
            (&[("engine_version", s("5.0.6"))], &[]),
            (&[("engine_version", s("5.0.5"))], &["CS0567"]),
            (&[("engine_version", s("4.0.9"))], &["CS0567"]),
            (&[("engine_version", s("3.2.6"))], &["CS0567"]),
            (&[("engine", s("valkey")), ("engine_version", s("6.2"))], &["CS0542"]),
            (&[("engine_version", s("7.1")), ("parameter_group_name", s("default.redis6.x"))], &["CS0544"]),
            (&[("engine_version", s("7.1")), ("parameter_group_name", s("default.redis7"))], &[]),
            (&[("engine_version", s("7.1")), ("parameter_group_name", s("default.redis7.cluster.on"))], &["CS0537"]),
            (&[("auth_token", Value::unknown(crate::value::Type::String, None))], &["CS0549"]),
            (&[("snapshot_window", s("03:00-05:00")), ("maintenance_window", s("sun:05:00-sun:07:00"))], &[]),
            (&[("snapshot_window", s("03:00-05:00")), ("maintenance_window", s("sun:04:00-sun:07:00"))], &["CS0553"]),
            (&[("snapshot_window", s("23:30-01:30")), ("maintenance_window", s("sun:00:00-sun:01:00"))], &["CS0553"]),
            (&[("snapshot_window", s("23:00-00:00")), ("maintenance_window", s("sat:23:30-sun:00:30"))], &["CS0553"]),
            (&[("snapshot_window", s("00:10-01:10")), ("maintenance_window", s("sat:23:30-sun:00:30"))], &["CS0553"]),
        ];
        for (attrs, want) in cases {
            assert_eq!(codes(attrs), *want, "{attrs:?}");
        }
    }
}
