//! The rules of a security group as blocks: one per protocol, ports and description, whatever sources it lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::ec2::{int, items, text};
use crate::kinds::rules_of_security_group::has_ports;
use crate::value::{Type, Value};

/// What one block lists. Sorted, as AWS gives no order to rely on.
#[derive(Debug, Default)]
struct Sources {
    cidrs: BTreeSet<String>,
    ipv6_cidrs: BTreeSet<String>,
    prefix_lists: BTreeSet<String>,
    groups: BTreeSet<String>,
    own: bool,
}

/// Protocol, ports and description.
type Key = (String, i32, i32, Option<String>);

/// The blocks of one direction. `id` and `owner` are those of the group itself.
pub fn blocks(permissions: &[Json], id: &str, owner: &str) -> Value {
    let mut blocks: BTreeMap<Key, Sources> = BTreeMap::new();
    for permission in permissions {
        let protocol = protocol(text(permission, "ipProtocol").unwrap_or("-1"));
        // Only some protocols have ports.
        let (from, to) = match protocol.as_str() {
            portless if !has_ports(portless) => (0, 0),
            _ => (int(permission, "fromPort").unwrap_or(0), int(permission, "toPort").unwrap_or(0)),
        };
        let key = |source: &Json| {
            let description = text(source, "description").filter(|text| !text.is_empty()).map(str::to_owned);
            (protocol.clone(), from, to, description)
        };
        for range in items(permission, "ipRanges") {
            blocks.entry(key(range)).or_default().cidrs.extend(text(range, "cidrIp").map(str::to_owned));
        }
        for range in items(permission, "ipv6Ranges") {
            blocks.entry(key(range)).or_default().ipv6_cidrs.extend(text(range, "cidrIpv6").map(str::to_owned));
        }
        for list in items(permission, "prefixListIds") {
            blocks.entry(key(list)).or_default().prefix_lists.extend(text(list, "prefixListId").map(str::to_owned));
        }
        for pair in items(permission, "groups") {
            let sources = blocks.entry(key(pair)).or_default();
            match (text(pair, "groupId"), text(pair, "userId")) {
                (Some(group), _) if group == id => sources.own = true,
                (Some(group), Some(user)) if user != owner => {
                    sources.groups.insert(format!("{user}/{group}"));
                }
                (group, _) => sources.groups.extend(group.map(str::to_owned)),
            }
        }
    }
    Value::set(block_type(), blocks.into_iter().map(block).collect())
}

/// EC2 gives most protocols by name, and takes their numbers too.
fn protocol(word: &str) -> String {
    match word {
        "1" => "icmp".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "58" => "icmpv6".to_owned(),
        other => other.to_lowercase(),
    }
}

fn block_type() -> Type {
    fields(&[
        ("cidr_blocks", Type::list(Type::String)),
        ("description", Type::String),
        ("from_port", Type::Number),
        ("ipv6_cidr_blocks", Type::list(Type::String)),
        ("prefix_list_ids", Type::list(Type::String)),
        ("protocol", Type::String),
        ("security_groups", Type::set(Type::String)),
        ("self", Type::Bool),
        ("to_port", Type::Number),
    ])
}

fn block(((protocol, from, to, description), sources): (Key, Sources)) -> Value {
    let mut attrs = Attrs::default();
    attrs
        .put("cidr_blocks", Value::strings(sources.cidrs))
        .text("description", description.as_deref())
        .int("from_port", Some(from))
        .put("ipv6_cidr_blocks", Value::strings(sources.ipv6_cidrs))
        .put("prefix_list_ids", Value::strings(sources.prefix_lists))
        .text("protocol", Some(&protocol))
        .set("security_groups", sources.groups)
        .flag("self", Some(sources.own))
        .int("to_port", Some(to));
    attrs.into_value()
}
