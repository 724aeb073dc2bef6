//! The kinds: one file each. Pure: schema, rules, foreseen attributes, and the calls of a change.

pub mod alarm;
pub mod lookups;
pub mod names;
pub mod parameter_group;
pub mod replication_group;
pub mod rules_of_security_group;
pub mod security_group;
pub mod subnet_group;
pub mod tags;

use crate::kind::{Kind, Problem};
use crate::value::Object;

/// Every kind, in the order of the documentation.
pub const KINDS: [&dyn Kind; 5] = [
    &subnet_group::SubnetGroup,
    &parameter_group::ParameterGroup,
    &security_group::SecurityGroup,
    &replication_group::ReplicationGroup,
    &alarm::Alarm,
];

/// The kind of that name, in our spelling.
pub fn get(name: &str) -> Option<&'static dyn Kind> {
    KINDS.into_iter().find(|kind| kind.schema().kind == name)
}

/// Whether AWS refuses to delete an object of this kind while another one names it.
pub fn is_held(name: &str) -> bool {
    KINDS.into_iter().any(|kind| kind.schema().holds().any(|held| held == name))
}

/// Every name, in our spelling.
pub fn names() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().map(|kind| kind.schema().kind)
}

/// Applies the rules of a kind, and those that all kinds share, to a desired object.
pub fn check(kind: &dyn Kind, desired: &Object) -> Vec<Problem> {
    let mut problems = kind.check(desired);
    problems.extend(tags::check(desired));
    problems
}
