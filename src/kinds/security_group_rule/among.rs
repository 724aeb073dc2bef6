//! Rules between the resources that make rules, and between them and the groups: a group with blocks for a direction
//! decides all its rules of that direction, and AWS keeps a rule only once.

use std::collections::BTreeMap;

use super::identity_in;
use crate::address::Address;
use crate::kind::{Among, Neighbour, Problem};
use crate::kinds::doors;
use crate::kinds::rules_of_security_group::Direction;
use crate::kinds::security_group_rule::identity::Identity;
use crate::kinds::vpc_security_group_rule;
use crate::value::{Data, Object, Origin, Value};

/// The attributes of a block of a group that say whom the rule is for.
const BLOCK_SOURCES: [&str; 5] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups", "self"];

/// Every problem of a rule among others.
pub(super) fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<(String, Identity), &'a Address> = BTreeMap::new();
    for (address, rule) in rules(among) {
        let (Some(group), Some(direction)) = (group_of(rule.planned), direction(address, rule.planned)) else {
            continue;
        };
        problems.extend(decides(among, rule.planned, direction).map(|decider| (address, mixed(direction, decider))));
        let region = rule.planned.get("region").and_then(Value::as_str).unwrap_or_default();
        for single in singles(&address.kind, rule.planned, &group) {
            match seen.get(&(region.to_owned(), single.clone())) {
                Some(first) if *first != address => problems.push((address, twice(first, &single))),
                _ => drop(seen.insert((region.to_owned(), single), address)),
            }
        }
    }
    problems
}

/// The declared group that decides about a rule which nothing declares any more.
pub(in crate::kinds) fn taken_in<'a>(address: &Address, rule: &Object, among: &Among<'a>) -> Option<&'a Address> {
    decides(among, rule, direction(address, rule)?)
}

/// Whether two objects have a rule in common: single rules, or groups with blocks.
pub(in crate::kinds) fn repeats(one: (&str, &Object), other: (&str, &Object)) -> bool {
    let (one, other) = (all_of(one), all_of(other));
    one.iter().any(|rule| other.contains(rule))
}

/// The single rules of an object whose group has an id: its own, or those of its blocks.
fn all_of((kind, object): (&str, &Object)) -> Vec<Identity> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let Some(group) = text("security_group_id").or(text("id")) else { return Vec::new() };
    if kind != "security_group" {
        return singles(kind, object, group);
    }
    let of = |direction: Direction| {
        let blocks = object.get(direction.attribute()).and_then(Value::as_items).unwrap_or_default();
        let blocks = blocks.iter().filter_map(Value::as_object);
        blocks.filter_map(move |block| Identity::of(block, group.to_owned(), direction, "protocol", &BLOCK_SOURCES))
    };
    let blocks: Vec<Identity> = [Direction::Ingress, Direction::Egress].into_iter().flat_map(of).collect();
    blocks.iter().flat_map(Identity::singles).collect()
}

fn rules<'a>(among: &Among<'a>) -> impl Iterator<Item = (&'a Address, Neighbour<'a>)> {
    let kinds = ["security_group_rule", vpc_security_group_rule::INGRESS, vpc_security_group_rule::EGRESS];
    kinds.into_iter().flat_map(|kind| among.of(kind).collect::<Vec<_>>())
}

fn direction(address: &Address, rule: &Object) -> Option<Direction> {
    vpc_security_group_rule::direction(&address.kind).or_else(|| super::direction(rule))
}

/// The group of a rule: its id, or the address of the declared group that will have one.
fn group_of(rule: &Object) -> Option<String> {
    match &rule.get("security_group_id")?.data {
        Data::Unknown(unknown) => match unknown.origin.as_deref()? {
            Origin::Attribute(of, name) if &**name == "id" => Some(of.to_string()),
            _ => None,
        },
        Data::String(id) => Some(id.to_string()),
        _ => None,
    }
}

fn singles(kind: &str, rule: &Object, group: &str) -> Vec<Identity> {
    let identity = match vpc_security_group_rule::direction(kind) {
        Some(direction) => vpc_security_group_rule::identity_in(rule, group.to_owned(), direction),
        None => identity_in(rule, group.to_owned()),
    };
    identity.iter().flat_map(Identity::singles).collect()
}

/// The group of a rule, where blocks of its own say what rules it has. Where differences do not count, they say so only once.
fn decides<'a>(among: &Among<'a>, rule: &Object, direction: Direction) -> Option<&'a Address> {
    let (address, group) = doors::declared(among, rule.get("security_group_id")?)?;
    let written = group.written.get(direction.attribute()).is_some_and(|value| !value.is_null());
    (written && !group.ignores(direction.attribute())).then_some(address)
}

fn mixed(direction: Direction, group: &Address) -> Problem {
    let block = direction.attribute();
    Problem::error(
        "CS0841",
        "security_group_id",
        "Rules in two places",
        format!("`{group}` has `{block}` of its own, which are all {block} rules that it may have: this one would be taken away by every other apply."),
        format!("Move the `{block}` blocks of `{group}` into resources of their own, or this rule into a block of the group; or write lifecycle {{ ignore_changes = [{block}] }} into `{group}`, whose blocks then count only when it is made."),
    )
    .beside(group)
}

fn twice(first: &Address, rule: &Identity) -> Problem {
    let (block, protocol, (from, to)) = (rule.direction.attribute(), &rule.protocol, rule.ports);
    let source = rule.sources.iter().next().map_or("", String::as_str);
    Problem::error(
        "CS0842",
        "security_group_id",
        "One rule in two resources",
        format!(
            "`{first}` is about {block} {protocol} {from} to {to} and {source} as well, and AWS keeps a rule once."
        ),
        "Keep one of them; what differs in the description only is one rule.",
    )
    .beside(first)
}
