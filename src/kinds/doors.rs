//! Whether anybody can reach a cache: the security groups that it has, and the rules of those.
//!
//! Only what is declared is judged. A group that is not of this stack may have rules that nobody sees here, and so may
//! one that is there already and says nothing of its rules.

use crate::address::Address;
use crate::kind::{Among, Neighbour, Problem};
use crate::kinds::vpc_security_group_rule;
use crate::value::{Data, Object, Origin, Value};

/// Warns of each object of a kind with a port that no rule of its groups lets anybody in on.
pub fn check<'a>(among: &Among<'a>, kind: &str, port: fn(&Object) -> Option<i64>) -> Vec<(&'a Address, Problem)> {
    let of = |(address, cache): (&'a Address, Neighbour<'a>)| {
        let port = port(cache.planned)?;
        let written = cache.written.get("security_group_ids").filter(|groups| !groups.is_null())?;
        let groups: Vec<Group> = match cache.lists.get("security_group_ids") {
            Some(listed) => listed.iter().map(|address| Group::at(among, address)).collect::<Option<_>>()?,
            None if written.is_unknown() => return None,
            None => written.children().map(|id| Group::find(among, id)).collect::<Option<_>>()?,
        };
        let closed = !groups.is_empty() && groups.iter().all(|group| group.opens(among, port) == Some(false));
        closed.then(|| (address, problem(&groups, port)))
    };
    among.of(kind).filter_map(of).collect()
}

fn problem(groups: &[Group], port: i64) -> Problem {
    let names: Vec<String> = groups.iter().map(|group| format!("`{}`", group.address)).collect();
    let detail = format!("No rule of {} lets anybody in on port {port}.", names.join(" or "));
    let help = format!("Add an ingress rule for port {port}, or say who may come in an `access` block.");
    Problem::error("CS1026", "security_group_ids", "Nobody gets in", detail, help).warning()
}

/// A declared security group, and how others name it.
struct Group<'a> {
    address: &'a Address,
    group: Neighbour<'a>,
}

impl<'a> Group<'a> {
    fn find(among: &Among<'a>, id: &Value) -> Option<Self> {
        let mut all = among.of("security_group");
        all.find(|(address, group)| is_of(id, address, group.planned)).map(|(address, group)| Self { address, group })
    }

    fn at(among: &Among<'a>, address: &Address) -> Option<Self> {
        let (address, group) = among.declared.iter().find(|(known, _)| **known == address)?;
        Some(Self { address, group: *group })
    }

    /// Whether a rule lets somebody in; `None` where that is not known.
    fn opens(&self, among: &Among<'a>, port: i64) -> Option<bool> {
        let written = self.group.written.contains_key("ingress");
        let new = self.group.planned.get("id").and_then(Value::as_str).is_none();
        let blocks = match self.group.planned.get("ingress") {
            Some(rules) if rules.is_unknown() && (written || !new) => return None,
            Some(rules) => rules.as_items().unwrap_or_default(),
            None if new => &[],
            None => return None,
        };
        if self.group.ignores("ingress") && !new {
            return None;
        }
        let blocks = blocks.iter().map(|rule| covers(rule.as_object(), ["protocol", "from_port", "to_port"], port));
        let alone = among.of("security_group_rule").filter(|(_, rule)| is_not_egress(rule.planned));
        let alone = alone.map(|(_, rule)| (rule.planned, ["protocol", "from_port", "to_port"]));
        let of_vpc = among.of(vpc_security_group_rule::INGRESS);
        let of_vpc = of_vpc.map(|(_, rule)| (rule.planned, ["ip_protocol", "from_port", "to_port"]));
        let alone = alone.chain(of_vpc).map(|(rule, names)| match rule.get("security_group_id") {
            Some(id) if is_of(id, self.address, self.group.planned) => covers(Some(rule), names, port),
            Some(id) if id.is_unknown() && origin(id).is_none() => None,
            _ => Some(false),
        });
        blocks.chain(alone).try_fold(false, |open, covers| Some(open || covers?))
    }
}

fn is_not_egress(rule: &Object) -> bool {
    rule.get("type").and_then(Value::as_str) != Some("egress")
}

/// Whose attribute a value is that is not known yet.
fn origin(value: &Value) -> Option<&Address> {
    let Data::Unknown(unknown) = &value.data else { return None };
    match unknown.origin.as_deref()? {
        Origin::Attribute(of, name) if &**name == "id" => Some(of),
        _ => None,
    }
}

/// Whether an id is that of a group.
fn is_of(id: &Value, address: &Address, group: &Object) -> bool {
    let known = id.as_str().is_some() && group.get("id").and_then(Value::as_str) == id.as_str();
    known || origin(id) == Some(address)
}

/// Whether a rule is about a port; `None` where that is not known.
fn covers(rule: Option<&Object>, [protocol, from, to]: [&str; 3], port: i64) -> Option<bool> {
    let rule = rule?;
    let protocol = rule.get(protocol)?.as_str()?;
    match protocol {
        "-1" | "all" => Some(true),
        "tcp" | "6" => Some((rule.get(from)?.as_i64()?..=rule.get(to)?.as_i64()?).contains(&port)),
        _ => Some(false),
    }
}
