//! The kinds: one file each. Pure: schema, rules, foreseen attributes, and the calls of a change.

pub mod alarm;
pub mod backup;
pub mod cache_cluster;
pub mod composite_alarm;
pub mod dashboard;
pub mod documents;
pub mod doors;
pub mod durations;
pub mod endpoints;
pub mod failover;
pub mod global_replication_group;
pub mod local;
pub mod log_group;
pub mod log_metric_filter;
pub mod lookups;
pub mod measures;
pub mod names;
pub mod node_types;
pub mod paid;
pub mod parameter_group;
pub mod places;
pub mod reboot;
pub mod replication_group;
pub mod reserved_cache_node;
pub mod room;
pub mod rules_of_security_group;
pub mod security_group;
pub mod security_group_rule;
pub mod serverless_cache;
pub mod snapshot;
pub mod sns_topic;
pub mod sns_topic_subscription;
pub mod subnet_group;
pub mod tags;
pub mod upkeep;
pub mod user;
pub mod user_group;
pub mod user_group_association;
pub mod vpc_security_group_rule;
pub mod why;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::address::{Address, Subject};
use crate::kind::{Kind, Local, Problem};
use crate::schema::Hold;
use crate::value::Object;

/// Every kind, in the order of the documentation.
pub static KINDS: [&dyn Kind; 36] = [
    &subnet_group::SubnetGroup,
    &parameter_group::ParameterGroup,
    &security_group::SecurityGroup,
    &security_group_rule::SecurityGroupRule,
    &vpc_security_group_rule::VpcSecurityGroupRule(rules_of_security_group::Direction::Ingress),
    &vpc_security_group_rule::VpcSecurityGroupRule(rules_of_security_group::Direction::Egress),
    &replication_group::ReplicationGroup,
    &global_replication_group::GlobalReplicationGroup,
    &cache_cluster::CacheCluster,
    &serverless_cache::ServerlessCache,
    &snapshot::Snapshot,
    &reserved_cache_node::ReservedCacheNode,
    &user::User,
    &user_group::UserGroup,
    &user_group_association::UserGroupAssociation,
    &alarm::Alarm,
    &composite_alarm::CompositeAlarm,
    &dashboard::Dashboard,
    &log_group::LogGroup,
    &log_metric_filter::LogMetricFilter,
    &sns_topic::SnsTopic,
    &sns_topic_subscription::SnsTopicSubscription,
    &local::random_id::RANDOM_ID,
    &local::random_bytes::RANDOM_BYTES,
    &local::random_text::RANDOM_STRING,
    &local::random_text::RANDOM_PASSWORD,
    &local::random_pet::RANDOM_PET,
    &local::random_number::RANDOM_INTEGER,
    &local::random_number::RANDOM_UUID,
    &local::random_number::RANDOM_SHUFFLE,
    &local::time::TIME_STATIC,
    &local::time_shift::TIME_OFFSET,
    &local::time_shift::TIME_ROTATING,
    &local::time_sleep::TIME_SLEEP,
    &local::data::TERRAFORM_DATA,
    &local::data::NULL_RESOURCE,
];

/// The kind of that name, in our spelling.
pub fn get(name: &str) -> Option<&'static dyn Kind> {
    KINDS.into_iter().find(|kind| kind.schema().kind == name)
}

/// What makes the objects of a kind that live in no account.
pub fn local(name: &str) -> Option<&'static dyn Local> {
    get(name)?.local()
}

/// Our names by those of Terraform, of kinds and of look-ups.
static OURS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let kinds = KINDS.into_iter().map(|kind| kind.schema());
    kinds.chain(lookups::all()).map(|schema| (schema.terraform, schema.kind)).collect()
});

/// Our name of a kind, given in either spelling.
pub fn our_name(name: &str) -> &str {
    OURS.get(name).copied().unwrap_or(name)
}

/// Reads the address of a resource, with its kind in either spelling.
pub fn address(text: &str) -> Option<Address> {
    match subject(text)? {
        Subject::Resource(address) => Some(address),
        Subject::Module(_) => None,
    }
}

/// Reads the address of a resource or a module, with the kind in either spelling.
pub fn subject(text: &str) -> Option<Subject> {
    Some(match Subject::parse(text)? {
        Subject::Resource(address) => Subject::Resource(Address { kind: our_name(&address.kind).into(), ..address }),
        module => module,
    })
}

/// Whether objects of this kind are named by others in a way: [`Hold::Blocks`], for instance.
pub fn is_named(name: &str, hold: Hold) -> bool {
    KINDS.into_iter().any(|kind| kind.schema().holds(hold).any(|named| named == name))
}

/// Every name, in our spelling.
pub fn names() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().map(|kind| kind.schema().kind)
}

/// Applies the rules of a kind, and those that all kinds share, to a desired object.
pub fn check(kind: &dyn Kind, desired: &Object) -> Vec<Problem> {
    let mut problems = kind.check(desired);
    problems.extend(tags::check(desired));
    problems.extend(places::unknown_region(desired));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_two_spellings() {
        for (text, ours) in [
            ("aws_elasticache_replication_group.redis", "replication_group.redis"),
            ("aws_cloudwatch_metric_alarm.a[0]", "alarm.a[0]"),
            ("module.m.data.aws_vpc.main", "module.m.data.vpc.main"),
            ("aws_instance.x", "aws_instance.x"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), Some(ours), "{text}");
        }
    }
}
