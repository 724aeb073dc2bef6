//! Rules of a security group as objects of their own, one for any number of sources. AWS knows them as single rules with
//! ids; the name of such an object is what tells its rules from others ([`identity`]).

pub(super) mod among;
pub mod identity;

use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Problem, Target, Whole};
use crate::kinds::rules_of_security_group::{self as rules, Direction};
use crate::kinds::{doors, names, tags, why};
use crate::schema::{Attr, By, Hold, Rule, Schema};
use crate::value::{Object, Type, Value, text};
use identity::Identity;

/// The kind `security_group_rule`.
pub struct SecurityGroupRule;

/// The attributes that say whom a rule is for.
const SOURCES: [&str; 5] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "source_security_group_id", "self"];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let port = |name| Attr::required(name, Type::Number).replace().rule(Rule::Range(-1, 65535));
    let listed = |name| Attr::optional(name, Type::list(Type::String)).replace().fits(in_any_order);
    let attrs = vec![
        Attr::required("type", Type::String)
            .replace()
            .one_of(&["ingress", "egress"])
            .doc("Whether it is about incoming or outgoing connections."),
        Attr::required("security_group_id", Type::String)
            .replace()
            .serial()
            .rule(names::SECURITY_GROUP_ID)
            .refers("security_group", By::Id, Hold::Mentions)
            .doc("The group that has the rule."),
        port("from_port").doc("First port, or ICMP type."),
        port("to_port").doc("Last port, or ICMP code."),
        Attr::required("protocol", Type::String)
            .replace()
            .rule(names::PROTOCOL)
            .normalize(rules::canonical_protocol)
            .doc("tcp, udp, icmp, icmpv6, a number, or -1 for all."),
        listed("cidr_blocks").rule(names::CIDR_V4).normalize(ranges_v4).doc("IPv4 ranges."),
        listed("ipv6_cidr_blocks").rule(names::CIDR_V6).normalize(ranges_v6).doc("IPv6 ranges."),
        listed("prefix_list_ids").rule(names::PREFIX_LIST_ID).doc("Prefix lists."),
        Attr::optional("source_security_group_id", Type::String)
            .replace()
            .rule(names::SOURCE_GROUP_ID)
            .refers("security_group", By::Id, Hold::Blocks)
            .doc("A security group."),
        Attr::optional("self", Type::Bool).replace().default(false).doc("The group itself."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .rule(Rule::Length(0, 255))
            .rule(names::EC2_DESCRIPTION)
            .doc("What the rule is for."),
        Attr::computed("security_group_rule_id", Type::String).doc("The id of the rule, where there is only one."),
        Attr::computed("id", Type::String).doc("Group, direction, protocol, ports and sources: what `import` takes."),
        tags::region(),
    ];
    let doc = "A rule of a security group, as an object of its own.";
    Schema::new("security_group_rule", "aws_security_group_rule", doc, attrs)
});

fn ranges_v4(value: Value) -> Value {
    ranges("cidr_blocks", value)
}

fn ranges_v6(value: Value) -> Value {
    ranges("ipv6_cidr_blocks", value)
}

fn ranges(attribute: &str, value: Value) -> Value {
    let Some(items) = value.as_items() else { return value };
    let range = |item: &Value| rules::canonical_range(attribute, item).with_mark(item.sensitive);
    Value::list(Type::String, items.iter().map(range).collect()).with_mark(value.sensitive)
}

/// AWS keeps no order of sources.
fn in_any_order(now: &Value, wanted: &Value) -> bool {
    let (Some(now), Some(wanted)) = (now.as_items(), wanted.as_items()) else { return false };
    let set = |items: &[Value]| Value::set(Type::String, items.to_vec());
    wanted.iter().all(Value::is_wholly_known) && crate::value::same(&set(now), &set(wanted))
}

fn is_set(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null() && value.as_bool() != Some(false))
}

fn direction(object: &Object) -> Option<Direction> {
    match object.get("type")?.as_str()? {
        "ingress" => Some(Direction::Ingress),
        "egress" => Some(Direction::Egress),
        _ => None,
    }
}

/// The rules of an object, whatever its group is called.
fn identity_in(object: &Object, group: String) -> Option<Identity> {
    Identity::of(object, group, direction(object)?, "protocol", &SOURCES)
}

impl Kind for SecurityGroupRule {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// Ports mean nothing to a protocol that has none.
    fn unite(&self, desired: &mut Object) {
        let portless =
            desired.get("protocol").and_then(Value::as_str).is_some_and(|protocol| !rules::has_ports(protocol));
        for name in ["from_port", "to_port"].into_iter().filter(|_| portless) {
            desired.insert(name.into(), Value::int(0));
        }
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let unset = SOURCES.iter().all(|source| !is_set(desired, source));
        let missing = unset.then(|| {
            Problem::error(
                "CS0522",
                "cidr_blocks",
                "A rule without a source or destination",
                "AWS wants each rule to say who it is for.",
                "Add cidr_blocks, ipv6_cidr_blocks, prefix_list_ids, source_security_group_id or self = true.",
            )
        });
        let ports = desired.get("protocol").and_then(|protocol| rules::check_ports("from_port", protocol, desired));
        let open = (direction(desired) != Some(Direction::Egress)).then(|| doors::open_to_all(desired, "from_port"));
        missing.into_iter().chain(two_sources(desired)).chain(ports).chain(open.flatten()).collect()
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        among::check(among)
    }

    fn part_of(&self, object: &Object) -> Vec<Whole> {
        let group = text(object, "security_group_id");
        group.map(|id| Whole::new("security_group", id, &["ingress", "egress"])).into_iter().collect()
    }

    fn taken_in<'a>(&self, address: &Address, leaving: &Object, among: &Among<'a>) -> Option<&'a Address> {
        among::taken_in(address, leaving, among)
    }

    /// Each rule has a kind of its own direction.
    fn is_looked_for(&self) -> bool {
        false
    }

    fn repeats(&self, object: &Object, (kind, other): (&str, &Object)) -> bool {
        among::repeats((self.schema().kind, object), (kind, other))
    }

    fn identify(&self, object: &Object) -> Option<String> {
        let group = object.get("security_group_id")?.as_str()?;
        Some(identity_in(object, group.to_owned())?.to_string())
    }

    /// Rules that the old object has are none of somebody else's.
    fn claims(&self, wanted: &Object, current: Option<&str>) -> Option<String> {
        let group = wanted.get("security_group_id")?.as_str()?;
        let identity = identity_in(wanted, group.to_owned())?;
        match current.and_then(Identity::parse) {
            Some(current) => identity.without(&current).map(|rest| rest.to_string()),
            None => Some(identity.to_string()),
        }
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, _target: &Target) {
        if let Some(id) = self.identify(planned) {
            planned.insert("id".into(), Value::string(id));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let object = change.after.or(change.before).cloned().unwrap_or_default();
        let direction = direction(&object).ok_or_else(|| Problem::unknown("type"))?;
        let [authorize, describe, revoke] = direction.operations();
        let call = |operation| Ok::<_, Problem>(Call::new(operation, args(&object)?));
        if change.after.is_none() {
            return Ok(vec![why::closes(call(revoke)?).vanishes(1)]);
        }
        if change.before.is_none() {
            return Ok(vec![call(authorize)?.settles(1)]);
        }
        let described = change.has("description").then(|| call(describe)).transpose()?;
        Ok(described.map(|call| call.because(["description"]).settles(1)).into_iter().collect())
    }

    fn name_attribute(&self) -> Option<&'static str> {
        None
    }

    fn identity(&self) -> &'static [&'static str] {
        &[
            "type",
            "security_group_id",
            "from_port",
            "to_port",
            "protocol",
            "cidr_blocks",
            "ipv6_cidr_blocks",
            "prefix_list_ids",
            "source_security_group_id",
            "self",
        ]
    }

    fn spell(&self, id: &str) -> String {
        Identity::parse(id).map_or_else(|| id.to_owned(), |rule| rule.to_string())
    }
}

/// Ranges, a group and the group itself are three ways to say whom a rule is for. Source: the schema of Terraform's
/// provider.
fn two_sources(desired: &Object) -> Option<Problem> {
    let ways = [["cidr_blocks", "ipv6_cidr_blocks"], ["source_security_group_id"; 2], ["self"; 2]];
    let mut used = ways.iter().filter_map(|way| way.iter().find(|name| is_set(desired, name)));
    let (first, second) = (used.next()?, used.next()?);
    Some(Problem::error(
        "CS0840",
        second,
        "Sources that exclude each other",
        format!("`{first}` and `{second}` are both set."),
        "Make a rule for each of them.",
    ))
}

/// The rules in the form of the API: what adds them, describes them and takes them away.
fn args(object: &Object) -> Result<[(&'static str, Value); 2], Problem> {
    let get = |name: &str| object.get(name).cloned().unwrap_or_else(Value::null);
    for name in ["protocol", "cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "self"] {
        if get(name).is_unknown() {
            return Err(Problem::unknown(if name == "self" { "self" } else { name }));
        }
    }
    let other = get("source_security_group_id");
    if rules::may_be_of_others(&other) {
        return Err(Problem::unknown("source_security_group_id"));
    }
    let mut block = object.clone();
    let other = if other.is_null() { Value::null() } else { Value::set(Type::String, vec![other]) };
    block.insert("security_groups".into(), other);
    let split = rules::normalize(Value::tuple(vec![Value::object(block)]));
    let each: Vec<&Value> = split.as_items().unwrap_or_default().iter().collect();
    let group = get("security_group_id");
    Ok([("GroupId", group.clone()), ("IpPermissions", rules::permissions(&each, &group))])
}
