//! The rules of a security group. A block may name many sources; AWS keeps one rule per source, so both sides are
//! brought to one source per block before they are compared.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::kind::{Call, Change, Impact, Problem};
use crate::kinds::{names, why};
use crate::schema::{Attr, By, Hold, Rule, object_type};
use crate::value::{Object, Origin, Type, Unknown, Value};

/// Which way the connections go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Incoming.
    Ingress,
    /// Outgoing.
    Egress,
}

impl Direction {
    /// The block of a group that has rules of this direction, and the word for it.
    pub fn attribute(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }

    /// The operations that add a rule, change its description and take it away.
    pub fn operations(self) -> [&'static str; 3] {
        match self {
            Direction::Ingress => [
                "AuthorizeSecurityGroupIngress",
                "UpdateSecurityGroupRuleDescriptionsIngress",
                "RevokeSecurityGroupIngress",
            ],
            Direction::Egress => [
                "AuthorizeSecurityGroupEgress",
                "UpdateSecurityGroupRuleDescriptionsEgress",
                "RevokeSecurityGroupEgress",
            ],
        }
    }
}

/// The attributes of a rule block.
pub fn attrs() -> Vec<Attr> {
    vec![
        Attr::required("from_port", Type::Number).rule(Rule::Range(-1, 65535)).doc("First port, or ICMP type."),
        Attr::required("to_port", Type::Number).rule(Rule::Range(-1, 65535)).doc("Last port, or ICMP code."),
        Attr::required("protocol", Type::String)
            .rule(names::PROTOCOL)
            .doc("tcp, udp, icmp, icmpv6, a number, or -1 for all."),
        Attr::optional("cidr_blocks", Type::list(Type::String)).rule(names::CIDR_V4).doc("IPv4 ranges."),
        Attr::optional("ipv6_cidr_blocks", Type::list(Type::String)).rule(names::CIDR_V6).doc("IPv6 ranges."),
        Attr::optional("prefix_list_ids", Type::list(Type::String)).rule(names::PREFIX_LIST_ID).doc("Prefix lists."),
        Attr::optional("security_groups", Type::set(Type::String))
            .refers("security_group", By::Id, Hold::Blocks)
            .rule(names::SOURCE_GROUP_ID)
            .doc("Security groups."),
        Attr::optional("self", Type::Bool).doc("This group itself."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .rule(Rule::Length(0, 255))
            .rule(names::EC2_DESCRIPTION)
            .doc("What the rule is for."),
    ]
}

/// The attributes that name sources.
const SOURCES: [&str; 4] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"];

/// Brings a set of rule blocks to one source per block, canonical protocol, ports and ranges.
pub fn normalize(blocks: Value) -> Value {
    let Some(items) = blocks.as_items() else { return blocks };
    let split: Vec<Value> = items.iter().flat_map(split).collect();
    Value::set(object_type(&attrs()), split).with_mark(blocks.sensitive)
}

fn split(block: &Value) -> Vec<Value> {
    let Some(rule) = block.as_object() else { return vec![block.clone()] };
    let mut base = bare(rule);
    let mut rules = Vec::new();
    for source in SOURCES {
        let Some(value) = rule.get(source).filter(|value| !value.is_null()) else { continue };
        let Some(items) = value.as_items() else {
            rules.push(with(&base, source, value.clone()));
            continue;
        };
        for item in items {
            let one = vec![canonical_range(source, item)];
            let one = if source == "security_groups" {
                Value::set(Type::String, one)
            } else {
                Value::list(Type::String, one)
            };
            rules.push(with(&base, source, one));
        }
    }
    match rule.get("self") {
        Some(own) if own.as_bool() == Some(true) || own.is_unknown() => rules.push(with(&base, "self", own.clone())),
        _ => {}
    }
    if rules.is_empty() {
        base.insert("self".into(), Value::bool(false));
        rules.push(Value::object(base));
    }
    rules
}

/// A rule without its sources.
fn bare(rule: &Object) -> Object {
    let get = |name: &str| rule.get(name).cloned().unwrap_or_else(Value::null);
    let protocol = canonical_protocol(get("protocol"));
    // Without a protocol that has ports, AWS opens all of it, whatever ports are written.
    let portless = protocol.as_str().is_some_and(|protocol| !has_ports(protocol));
    let port = |name: &str| if portless { Value::int(0) } else { get(name) };
    let mut base = Object::from([
        (Arc::from("from_port"), port("from_port")),
        ("to_port".into(), port("to_port")),
        ("protocol".into(), protocol),
        ("self".into(), Value::bool(false)),
    ]);
    let description = get("description");
    let empty = description.is_null() || description.as_str() == Some("");
    base.insert("description".into(), if empty { Value::null_of(Type::String) } else { description });
    for source in SOURCES {
        base.insert(source.into(), Value::null());
    }
    base
}

fn with(base: &Object, name: &str, value: Value) -> Value {
    let mut rule = base.clone();
    rule.insert(name.into(), value);
    Value::object(rule)
}

/// Names for the numbers that have one. Source: CloudFormation's transform of IpProtocol.
pub fn canonical_protocol(value: Value) -> Value {
    let Some(text) = value.as_str() else { return value };
    let lower = text.to_lowercase();
    Value::string(match lower.as_str() {
        "all" => "-1",
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => other,
    })
}

/// Whether ports, or types and codes, mean something.
pub fn has_ports(protocol: &str) -> bool {
    matches!(protocol, "tcp" | "udp" | "icmp" | "icmpv6")
}

/// What stands for all types, or codes, of a protocol that has such. Source: the EC2 API reference of IpPermission.
pub fn all_types(protocol: &str) -> Option<i32> {
    matches!(protocol, "icmp" | "icmpv6").then_some(-1)
}

/// AWS clears the bits of a range behind its mask.
pub fn canonical_range(source: &str, value: &Value) -> Value {
    let Some((address, bits)) = value.as_str().and_then(|text| text.split_once('/')) else { return value.clone() };
    let Ok(bits) = bits.parse::<u32>() else { return value.clone() };
    let masked = match source {
        "cidr_blocks" => address.parse::<Ipv4Addr>().ok().filter(|_| bits <= 32).map(|address| {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & mask).to_string()
        }),
        "ipv6_cidr_blocks" => address.parse::<Ipv6Addr>().ok().filter(|_| bits <= 128).map(|address| {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & mask).to_string()
        }),
        _ => None,
    };
    masked.map_or_else(|| value.clone(), |address| Value::string(format!("{address}/{bits}")))
}

/// Rules about rules.
pub fn check(desired: &Object) -> Vec<Problem> {
    let mut problems = Vec::new();
    for attribute in ["ingress", "egress"] {
        let rules = desired.get(attribute).and_then(Value::as_items).unwrap_or_default();
        problems.extend(rules.iter().filter_map(|rule| check_rule(attribute, rule.as_object()?)));
        problems.extend(check_doubles(attribute, rules));
    }
    problems
}

/// To AWS rules that differ in their description only are one.
fn check_doubles(attribute: &'static str, rules: &[Value]) -> Option<Problem> {
    let known: Vec<Value> = rules.iter().filter(|rule| rule.is_wholly_known()).map(identity).collect();
    let double = known.iter().enumerate().find(|(index, rule)| known[..*index].contains(rule))?.1;
    let get = |name: &str| double.get(name).filter(|value| !value.is_null());
    let ports =
        get("from_port").zip(get("to_port")).map(|(from, to)| format!("{from:?} to {to:?}")).unwrap_or_default();
    let protocol = get("protocol").and_then(Value::as_str).unwrap_or_default();
    let source =
        SOURCES.iter().find_map(|source| get(source)).map_or("itself".to_owned(), |source| format!("{source:?}"));
    Some(Problem::error(
        "CS0524",
        attribute,
        "One rule twice",
        format!("{attribute} has two rules for {protocol} {ports} and {source} that differ in their description only."),
        "Keep one of them.",
    ))
}

fn check_rule(attribute: &'static str, rule: &Object) -> Option<Problem> {
    let sourced = SOURCES.iter().any(|source| rule.get(source).is_some_and(|value| !value.is_null()))
        || rule.get("self").is_some_and(|own| own.as_bool() != Some(false));
    if !sourced {
        return Some(Problem::error(
            "CS0522",
            attribute,
            "A rule without a source or destination",
            "AWS wants each rule to say who it is for.",
            "Add cidr_blocks, ipv6_cidr_blocks, prefix_list_ids, security_groups or self = true.",
        ));
    }
    check_ports(attribute, rule.get("protocol")?, rule)
}

/// The first port must not be above the last.
pub fn check_ports(attribute: &'static str, protocol: &Value, rule: &Object) -> Option<Problem> {
    let (from, to) = (rule.get("from_port")?.as_i64()?, rule.get("to_port")?.as_i64()?);
    (matches!(protocol.as_str()?, "tcp" | "udp") && from > to).then(|| {
        Problem::error(
            "CS0523",
            attribute,
            "Ports in the wrong order",
            format!("The first port, {from}, is above the last, {to}."),
            "Swap from_port and to_port.",
        )
    })
}

/// The calls that bring the rules of one direction to what is desired: new ones first, so that nobody is cut off.
///
/// # Errors
/// Nobody knows yet which rules there will be.
pub fn calls(change: &Change, direction: Direction, group: &Value) -> Result<Vec<Call>, Problem> {
    let attribute = direction.attribute();
    change.must_list(attribute, &["protocol", "self", SOURCES[0], SOURCES[1], SOURCES[2], SOURCES[3]])?;
    let groups = change.new(attribute);
    let mut groups = groups.children().filter_map(|rule| rule.get("security_groups")).flat_map(Value::children);
    if groups.any(may_be_of_others) {
        return Err(Problem::unknown(attribute));
    }
    let new = change.new(attribute);
    let creating = change.before.is_none();
    if !creating && (new.is_null() || !change.has(attribute)) {
        return Ok(Vec::new());
    }
    let old = if creating { born_with(direction) } else { change.old(attribute) };
    let (old, new) = (by_identity(&old), by_identity(&new));
    let added: Vec<&Value> = new.iter().filter(|(id, _)| !old.contains_key(*id)).map(|(_, rule)| rule).collect();
    let gone: Vec<&Value> = old.iter().filter(|(id, _)| !new.contains_key(*id)).map(|(_, rule)| rule).collect();
    let reworded: Vec<&Value> = new
        .iter()
        .filter(|(id, rule)| old.get(*id).is_some_and(|old| old.unmark_deep().0 != rule.unmark_deep().0))
        .map(|(_, rule)| rule)
        .collect();
    let [authorize, update, revoke] = direction.operations();
    let call = |operation, rules: &[&Value], impact| {
        (!rules.is_empty()).then(|| {
            let args = [("GroupId", group.clone()), ("IpPermissions", permissions(rules, group))];
            let call = Call::new(operation, args).because([attribute]).settles(1);
            if impact == Impact::None { call } else { why::closes(call) }
        })
    };
    let known: Vec<Value> = old.keys().cloned().collect();
    // A rule that turns out to be there already must neither be added nor be taken for one that goes.
    let authorized = call(authorize, &added, Impact::None).map(|call| {
        added
            .iter()
            .filter(|_| !known.is_empty())
            .fold(call, |call, rule| call.assuming(attribute, &identity(rule), known.clone()))
    });
    let revoked = if creating { Impact::None } else { Impact::Blip };
    let calls = [authorized, call(update, &reworded, Impact::None), call(revoke, &gone, revoked)];
    Ok(calls.into_iter().flatten().collect())
}

/// Whether it is not known of which account a group is: one of another account takes another form.
pub fn may_be_of_others(group: &Value) -> bool {
    group.first_unknown().is_some_and(|unknown| !is_own_id(unknown))
}

/// Whether it is the id of a group of the stack, and so of this account.
fn is_own_id(unknown: &Unknown) -> bool {
    matches!(unknown.origin.as_deref(), Some(Origin::Attribute(of, name)) if &*of.kind == "security_group" && &**name == "id")
}

/// Revokes every rule of one direction.
pub fn revoke_all(change: &Change, direction: Direction, group: &Value) -> Option<Call> {
    let old = by_identity(&change.old(direction.attribute()));
    let rules: Vec<&Value> = old.values().collect();
    let args = [("GroupId", group.clone()), ("IpPermissions", permissions(&rules, group))];
    (!rules.is_empty()).then(|| Call::new(direction.operations()[2], args).settles(1))
}

/// What AWS gives a new group by itself: leave to send anything anywhere.
fn born_with(direction: Direction) -> Value {
    if direction == Direction::Ingress {
        return Value::null();
    }
    let rule = Object::from([
        (Arc::from("from_port"), Value::int(0)),
        ("to_port".into(), Value::int(0)),
        ("protocol".into(), Value::string("-1")),
        ("cidr_blocks".into(), Value::strings(["0.0.0.0/0"])),
    ]);
    normalize(Value::set(object_type(&attrs()), vec![Value::object(rule)]))
}

/// Rules by all that tells one from another: everything but the description.
fn by_identity(rules: &Value) -> BTreeMap<Value, Value> {
    rules.as_items().unwrap_or_default().iter().map(|rule| (identity(rule), rule.clone())).collect()
}

fn identity(rule: &Value) -> Value {
    let mut parts = rule.as_object().cloned().unwrap_or_default();
    parts.remove("description");
    Value::object(parts).unmark_deep().0
}

/// Rules in the form of the API.
pub fn permissions(rules: &[&Value], group: &Value) -> Value {
    Value::tuple(rules.iter().filter_map(|rule| rule.as_object()).map(|rule| permission(rule, group)).collect())
}

fn permission(rule: &Object, group: &Value) -> Value {
    let get = |name: &str| rule.get(name).cloned().unwrap_or_else(Value::null);
    let described = |member: &str, value: Value| {
        let mut source = Object::from([(Arc::from(member), value)]);
        if !get("description").is_null() {
            source.insert("Description".into(), get("description"));
        }
        Value::tuple(vec![Value::object(source)])
    };
    let mut permission = Object::from([(Arc::from("IpProtocol"), get("protocol"))]);
    if get("protocol").as_str().is_none_or(has_ports) {
        permission.insert("FromPort".into(), get("from_port"));
        permission.insert("ToPort".into(), get("to_port"));
    }
    let members = [
        ("cidr_blocks", "IpRanges", "CidrIp"),
        ("ipv6_cidr_blocks", "Ipv6Ranges", "CidrIpv6"),
        ("prefix_list_ids", "PrefixListIds", "PrefixListId"),
    ];
    for (attribute, list, member) in members {
        let value = get(attribute);
        let one = value.as_items().and_then(|items| items.first().cloned()).unwrap_or(value);
        if !one.is_null() {
            permission.insert(list.into(), described(member, one));
        }
    }
    let other = get("security_groups");
    let other = other.as_items().and_then(|items| items.first().cloned()).unwrap_or(other);
    let other = if get("self").as_bool() == Some(true) { group.clone() } else { other };
    if !other.is_null() {
        permission.insert("UserIdGroupPairs".into(), group_pair(&other, get("description")));
    }
    Value::object(permission)
}

/// `sg-1`, or `account/sg-1` for a group of another account.
fn group_pair(group: &Value, description: Value) -> Value {
    let mut pair = Object::new();
    match group.as_str().and_then(|text| text.split_once('/')) {
        Some((account, id)) => {
            pair.insert("UserId".into(), Value::string(account));
            pair.insert("GroupId".into(), Value::string(id));
        }
        None => {
            pair.insert("GroupId".into(), group.clone());
        }
    }
    if !description.is_null() {
        pair.insert("Description".into(), description);
    }
    Value::tuple(vec![Value::object(pair)])
}
