//! Rules under a name: the name says of which group they are and whom they are for, and the object is what is there of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Found, by_filter, is_egress, other_group, rule_id};
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::ec2::{int, text};
use crate::kind::{Observation, RemoteError};
use crate::kinds::rules_of_security_group::Direction;
use crate::kinds::security_group_rule::identity::Identity;
use crate::value::{Type, Value};

/// Reads the objects of these names: the rules of each group once.
pub async fn read(clients: &Clients, names: &[String]) -> Result<Found, RemoteError> {
    let named: Vec<(&String, Identity)> =
        names.iter().filter_map(|name| Some((name, Identity::parse(name)?))).collect();
    let groups: BTreeSet<&String> = named.iter().map(|(_, wanted)| &wanted.group).collect();
    let groups: Vec<String> = groups.into_iter().cloned().collect();
    let rules = by_filter(clients, "group-id", &groups).await?;
    let mut there: BTreeMap<Identity, &Json> = BTreeMap::new();
    for rule in &rules {
        there.extend(identities(rule).into_iter().map(|identity| (identity, rule)));
    }
    let object = |(name, wanted): (&String, Identity)| Some((name.clone(), observe(name, &wanted, &there)?));
    Ok(named.into_iter().filter_map(object).collect())
}

/// What a rule may be called: a rule for its own group has two spellings.
fn identities(rule: &Json) -> Vec<Identity> {
    let direction = if is_egress(rule) { Direction::Egress } else { Direction::Ingress };
    let group = text(rule, "groupId").unwrap_or_default();
    let port = |name: &str| int(rule, name).unwrap_or(0).into();
    let ports = (port("fromPort"), port("toPort"));
    let range = ["cidrIpv4", "cidrIpv6", "prefixListId"].into_iter().filter_map(|name| text(rule, name));
    let range = range.map(str::to_owned);
    let other = other_group(rule);
    let own = other.as_deref().filter(|other| *other == group).map(|_| "self".to_owned());
    let sources = range.chain(own).chain(other);
    let protocol = text(rule, "ipProtocol").unwrap_or("-1");
    sources
        .map(|source| Identity::new(group.to_owned(), direction, protocol, ports, BTreeSet::from([source])))
        .collect()
}

/// What a rule is called that nobody has given a name, or several of one.
pub fn name(rule: &Json) -> Option<String> {
    identities(rule).first().map(Identity::to_string)
}

/// The object of a name, as far as its rules are there; none where none of them is.
fn observe(name: &str, wanted: &Identity, there: &BTreeMap<Identity, &Json>) -> Option<Observation> {
    let singles: Vec<Identity> = wanted.singles().collect();
    let found: Vec<(&str, &Json)> =
        singles.iter().filter_map(|single| Some((single.sources.first()?.as_str(), *there.get(single)?))).collect();
    let (_, first) = found.first()?;
    let of = |sort: fn(&str) -> bool| {
        let sources: Vec<&str> = found.iter().map(|(source, _)| *source).filter(|source| sort(source)).collect();
        if sources.is_empty() { Value::null_of(Type::list(Type::String)) } else { Value::strings(sources) }
    };
    let group = found.iter().map(|(source, _)| *source).find(|source| is_group(source));
    // Where somebody has given them different descriptions, none of them is what was asked for.
    let descriptions: BTreeSet<&str> =
        found.iter().map(|(_, rule)| text(rule, "description").unwrap_or_default()).collect();
    let description = descriptions.into_iter().collect::<Vec<_>>().join("; ");
    let id = if singles.len() == 1 { rule_id(first).unwrap_or_default() } else { "" };
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(name))
        .text("type", Some(wanted.direction.attribute()))
        .text("security_group_id", Some(&wanted.group))
        .text("protocol", Some(&wanted.protocol))
        .put("from_port", Value::int(wanted.ports.0))
        .put("to_port", Value::int(wanted.ports.1))
        .put("cidr_blocks", of(|source| is_range(source) && !source.contains(':')))
        .put("ipv6_cidr_blocks", of(|source| is_range(source) && source.contains(':')))
        .put("prefix_list_ids", of(|source| source.starts_with("pl-")))
        .text("source_security_group_id", group)
        .flag("self", Some(found.iter().any(|(source, _)| *source == "self")))
        .text("description", Some(description.as_str()).filter(|text| !text.is_empty()))
        .text("security_group_rule_id", Some(id));
    Some(attrs.settled())
}

fn is_group(source: &str) -> bool {
    source.starts_with("sg-") || source.contains("/sg-")
}

fn is_range(source: &str) -> bool {
    source.contains('/') && !is_group(source)
}
