//! Single rules of a security group, with ids and tags of their own: one kind for incoming and one for outgoing
//! connections.

use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Problem, Target, Whole};
use crate::kinds::rules_of_security_group::{self as rules, Direction};
use crate::kinds::security_group_rule::among;
use crate::kinds::security_group_rule::identity::Identity;
use crate::kinds::{doors, names, tags, why};
use crate::schema::{Attr, By, Hold, Rule, Schema};
use crate::value::{Object, Type, Value, text};

/// The two kinds.
pub struct VpcSecurityGroupRule(pub Direction);

/// The name of the kind for incoming connections.
pub const INGRESS: &str = "vpc_security_group_ingress_rule";
/// The name of the kind for outgoing connections.
pub const EGRESS: &str = "vpc_security_group_egress_rule";

/// The attributes that say whom a rule is for, with their blocks in a group and their members in the API.
const SOURCES: [(&str, &str, &str); 4] = [
    ("cidr_ipv4", "cidr_blocks", "CidrIpv4"),
    ("cidr_ipv6", "ipv6_cidr_blocks", "CidrIpv6"),
    ("prefix_list_id", "prefix_list_ids", "PrefixListId"),
    ("referenced_security_group_id", "security_groups", "ReferencedGroupId"),
];

/// Every attribute that AWS changes by one call.
const TRAFFIC: [&str; 7] =
    ["ip_protocol", "from_port", "to_port", "cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];

static SCHEMAS: LazyLock<[Schema; 2]> = LazyLock::new(|| {
    [
        Schema::new(
            INGRESS,
            "aws_vpc_security_group_ingress_rule",
            "A rule of a security group for incoming connections.",
            attrs(),
        ),
        Schema::new(
            EGRESS,
            "aws_vpc_security_group_egress_rule",
            "A rule of a security group for outgoing connections.",
            attrs(),
        ),
    ]
});

fn attrs() -> Vec<Attr> {
    let port = |name| Attr::optional(name, Type::Number).rule(Rule::Range(-1, 65535));
    let mut attrs = vec![
        Attr::required("security_group_id", Type::String)
            .replace()
            .serial()
            .rule(names::SECURITY_GROUP_ID)
            .refers("security_group", By::Id, Hold::Mentions)
            .doc("The group that has the rule."),
        Attr::required("ip_protocol", Type::String)
            .rule(names::PROTOCOL)
            .normalize(rules::canonical_protocol)
            .doc("tcp, udp, icmp, icmpv6, a number, or -1 for all."),
        port("from_port").doc("First port, or ICMP type."),
        port("to_port").doc("Last port, or ICMP code."),
        Attr::optional("cidr_ipv4", Type::String)
            .rule(names::CIDR_V4)
            .normalize(|range| rules::canonical_range("cidr_blocks", &range).with_mark(range.sensitive))
            .doc("An IPv4 range."),
        Attr::optional("cidr_ipv6", Type::String)
            .rule(names::CIDR_V6)
            .normalize(|range| rules::canonical_range("ipv6_cidr_blocks", &range).with_mark(range.sensitive))
            .doc("An IPv6 range."),
        Attr::optional("prefix_list_id", Type::String).rule(names::PREFIX_LIST_ID).doc("A prefix list."),
        Attr::optional("referenced_security_group_id", Type::String)
            .rule(names::SOURCE_GROUP_ID)
            .refers("security_group", By::Id, Hold::Blocks)
            .doc("A security group."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .rule(Rule::Length(0, 255))
            .rule(names::EC2_DESCRIPTION)
            .doc("What the rule is for."),
        Attr::computed("id", Type::String).doc("The id, sgr-..."),
        Attr::computed("security_group_rule_id", Type::String).doc("The id."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    attrs
}

/// Which way the connections of a kind go, if it is one of the two.
pub fn direction(kind: &str) -> Option<Direction> {
    match kind {
        INGRESS => Some(Direction::Ingress),
        EGRESS => Some(Direction::Egress),
        _ => None,
    }
}

/// What tells a rule from others, whatever its group is called.
pub fn identity_in(object: &Object, group: String, direction: Direction) -> Option<Identity> {
    let mut object = object.clone();
    let own = object.get("referenced_security_group_id").and_then(Value::as_str) == Some(&group);
    if own {
        object.insert("referenced_security_group_id".into(), Value::string("self"));
    }
    Identity::of(&object, group, direction, "ip_protocol", &SOURCES.map(|(name, ..)| name))
}

fn is_set(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

fn protocol(object: &Object) -> Option<&str> {
    object.get("ip_protocol")?.as_str()
}

impl Kind for VpcSecurityGroupRule {
    fn schema(&self) -> &'static Schema {
        &SCHEMAS[usize::from(self.0 == Direction::Egress)]
    }

    /// A protocol without ports has none, whatever is written; one with types and codes has all that are not written.
    fn unite(&self, desired: &mut Object) {
        let portless = protocol(desired).is_some_and(|protocol| !rules::has_ports(protocol));
        let none = protocol(desired).and_then(rules::all_types).map(|all| Value::int(all.into()));
        for name in ["from_port", "to_port"] {
            if portless || !is_set(desired, name) {
                desired.insert(name.into(), none.clone().unwrap_or_else(|| Value::null_of(Type::Number)));
            }
        }
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let ports = desired.get("ip_protocol").and_then(|protocol| rules::check_ports("from_port", protocol, desired));
        let range = if is_set(desired, "cidr_ipv6") { "cidr_ipv6" } else { "cidr_ipv4" };
        let open = (self.0 == Direction::Ingress).then(|| doors::open_to_all(desired, range)).flatten();
        [one_source(desired), missing_port(desired), ports, open].into_iter().flatten().collect()
    }

    fn part_of(&self, object: &Object) -> Vec<Whole> {
        let group = text(object, "security_group_id");
        group.map(|id| Whole::new("security_group", id, &["ingress", "egress"])).into_iter().collect()
    }

    fn taken_in<'a>(&self, address: &Address, leaving: &Object, among: &Among<'a>) -> Option<&'a Address> {
        among::taken_in(address, leaving, among)
    }

    fn repeats(&self, object: &Object, (kind, other): (&str, &Object)) -> bool {
        among::repeats((self.schema().kind, object), (kind, other))
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("id").and_then(Value::as_str).map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let Some(id) = self.identify(planned) else { return };
        planned.insert("security_group_rule_id".into(), Value::string(&id));
        if let Some(arn) = target.arn("ec2", &format!("security-group-rule/{id}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let [authorize, _, revoke] = self.0.operations();
        let id = change.id.map_or_else(Value::null, Value::string);
        let Some(after) = change.after else {
            let ids = Value::list(Type::String, vec![id]);
            let args = [("GroupId", change.old("security_group_id")), ("SecurityGroupRuleIds", ids)];
            return Ok(vec![why::closes(Call::new(revoke, args)).vanishes(1)]);
        };
        if after.get("ip_protocol").is_some_and(Value::is_unknown) {
            return Err(Problem::unknown("ip_protocol"));
        }
        if after.get("referenced_security_group_id").is_some_and(rules::may_be_of_others) {
            return Err(Problem::unknown("referenced_security_group_id"));
        }
        if change.before.is_none() {
            let group = change.new("security_group_id");
            let rules = rules::permissions(&[&block(after)], &group);
            let args = [("GroupId", group), ("IpPermissions", rules), ("Tags", tags::at_create(change))];
            return Ok(vec![Call::new(authorize, args).marked("Tags").settles(1)]);
        }
        let mut calls: Vec<Call> = modify(change, after, &id).into_iter().collect();
        calls.extend(tags::calls(change, &tags::EC2, id)?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        None
    }

    fn is_named_by_aws(&self) -> bool {
        true
    }

    /// AWS keeps a rule once.
    fn place(&self, object: &Object) -> Option<String> {
        let group = object.get("security_group_id")?.as_str()?;
        Some(identity_in(object, group.to_owned(), self.0)?.to_string())
    }

    /// Another range is written over the old one; another sort of source takes a new rule.
    fn replaces(&self, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
        let sort = |object: &Object| SOURCES.map(|(name, ..)| name).into_iter().find(|name| is_set(object, name));
        let other = sort(before) != sort(after);
        SOURCES.map(|(name, ..)| name).into_iter().filter(|name| other && changed.contains(name)).collect()
    }
}

/// A rule is for one range, list or group.
fn one_source(desired: &Object) -> Option<Problem> {
    let set: Vec<&'static str> =
        SOURCES.map(|(name, ..)| name).into_iter().filter(|name| is_set(desired, name)).collect();
    let detail = match set[..] {
        [_] => return None,
        [] => "None of cidr_ipv4, cidr_ipv6, prefix_list_id and referenced_security_group_id is set.".to_owned(),
        [first, second, ..] => format!("`{first}` and `{second}` are both set."),
    };
    Some(Problem::error(
        "CS0843",
        set.get(1).copied().unwrap_or("cidr_ipv4"),
        "A rule has one source",
        detail,
        if set.is_empty() { "Set one of them." } else { "Make a rule for each of them." },
    ))
}

/// AWS wants to know the ports of a protocol that has them.
fn missing_port(desired: &Object) -> Option<Problem> {
    let protocol = protocol(desired).filter(|protocol| matches!(*protocol, "tcp" | "udp"))?;
    let missing = ["from_port", "to_port"].into_iter().find(|name| !is_set(desired, name))?;
    Some(Problem::error(
        "CS0844",
        missing,
        "A port is missing",
        format!("A rule for {protocol} says which ports it is for, and `{missing}` is not set."),
        "Set from_port and to_port; both are the same for a single port.",
    ))
}

/// The rule as a block of its group.
fn block(rule: &Object) -> Value {
    let get = |name: &str| rule.get(name).cloned().unwrap_or_else(Value::null);
    let mut block = Object::from([
        ("protocol".into(), get("ip_protocol")),
        ("from_port".into(), get("from_port")),
        ("to_port".into(), get("to_port")),
        ("description".into(), get("description")),
    ]);
    for (name, list, _) in SOURCES {
        let value = get(name);
        let value = if value.is_null() { value } else { Value::list(Type::String, vec![value]) };
        block.insert(list.into(), value);
    }
    Value::object(block)
}

/// AWS wants the whole rule whatever of it changes.
fn modify(change: &Change, after: &Object, id: &Value) -> Option<Call> {
    let causes: Vec<&'static str> =
        TRAFFIC.into_iter().chain(["description"]).filter(|name| change.has(name)).collect();
    let members = [
        ("ip_protocol", "IpProtocol"),
        ("from_port", "FromPort"),
        ("to_port", "ToPort"),
        ("description", "Description"),
    ];
    let members = members.into_iter().chain(SOURCES.map(|(name, _, member)| (name, member)));
    let set = |(name, member): (&str, &str)| {
        let value = after.get(name).filter(|value| !value.is_null())?;
        let own = value.as_str().and_then(|text| text.split_once('/')).filter(|_| member == "ReferencedGroupId");
        Some((member.into(), own.map_or_else(|| value.clone(), |(_, group)| Value::string(group))))
    };
    let rule = Value::object(members.filter_map(set).collect());
    let update = Object::from([("SecurityGroupRuleId".into(), id.clone()), ("SecurityGroupRule".into(), rule)]);
    let args = [
        ("GroupId", change.old("security_group_id")),
        ("SecurityGroupRules", Value::tuple(vec![Value::object(update)])),
    ];
    if causes.is_empty() {
        return None;
    }
    let narrows = causes.iter().any(|cause| TRAFFIC.contains(cause));
    let call = Call::new("ModifySecurityGroupRules", args).because(causes).settles(1);
    Some(if narrows { why::closes(call) } else { call })
}
