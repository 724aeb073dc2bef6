//! Whether anybody can reach a cache: the security groups that it has, and the rules of those.
//!
//! Only what is declared is judged. A group that is not of this stack may have rules that nobody sees here, and so may
//! one that is there already and says nothing of its rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kind::{Among, Neighbour, Problem};
use crate::kinds::vpc_security_group_rule;
use crate::value::{Data, Object, Origin, Value};

/// Warns of each object of a kind with a port that no rule of its groups lets anybody in on.
pub fn check<'a>(among: &Among<'a>, kind: &str, port: fn(&Object) -> Option<i64>) -> Vec<(&'a Address, Problem)> {
    let rules = Rules::read(among);
    let closed = |(address, cache): (&'a Address, Neighbour<'a>)| {
        let port = port(cache.planned)?;
        let groups = Group::all_of(among, &cache)?.into_iter().collect::<Option<Vec<_>>>()?;
        let closed = !groups.is_empty() && groups.iter().all(|group| group.opens(&rules, port) == Some(false));
        closed.then(|| (address, problem(&groups, port)))
    };
    let open = |(_, cache): (&'a Address, Neighbour<'a>)| {
        let port = port(cache.planned)?;
        let groups = Group::all_of(among, &cache)?.into_iter().flatten();
        Some(groups.flat_map(|group| group.open_to_all(&rules, port)).collect::<Vec<_>>())
    };
    let mut found: Vec<_> = among.of(kind).filter_map(closed).collect();
    // Several caches may have one door.
    let mut told = BTreeSet::new();
    let open = among.of(kind).filter_map(open).flatten();
    found.extend(open.filter(|(address, problem)| told.insert((*address, problem.detail.clone()))));
    found
}

/// The names of protocol and ports in a rule.
const NAMES: [&str; 3] = ["protocol", "from_port", "to_port"];
const NAMES_OF_VPC: [&str; 3] = ["ip_protocol", "from_port", "to_port"];

/// The ports of Redis and Valkey, and of Memcached, where none is written.
const CACHES: [i64; 2] = [6379, 11_211];

/// A rule that lets everybody in on the usual port of a cache; `names` are those of its protocol and ports. In a VPC with
/// a way in from the internet that is everybody.
fn is_open_to_all(rule: &Object, names: [&str; 3], ports: &[i64]) -> bool {
    let world = |value: &Value| matches!(value.as_str(), Some("0.0.0.0/0" | "::/0"));
    let ranges = ["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"].iter().filter_map(|name| rule.get(name));
    let anybody = { ranges }.any(|range| world(range) || range.children().any(world));
    anybody && ports.iter().any(|port| covers(Some(rule), names, *port) == Some(true))
}

/// The warning of a block of a group, or of a rule of its own, that lets everybody in on a usual port.
pub fn open_to_all(rule: &Object, attribute: &'static str) -> Option<Problem> {
    let names = if rule.contains_key("ip_protocol") { NAMES_OF_VPC } else { NAMES };
    is_open_to_all(rule, names, &CACHES).then(|| everybody(attribute, "a port of caches"))
}

fn everybody(attribute: &'static str, what: &str) -> Problem {
    let detail = format!("A rule lets everybody in on {what}.");
    let help = "Name the security groups or ranges of the clients.";
    Problem::error("CS1068", attribute, "Open to everybody", detail, help).warning()
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
    /// Those of a cache, as far as they are declared; none where it is not known which they are.
    fn all_of(among: &Among<'a>, cache: &Neighbour<'a>) -> Option<Vec<Option<Self>>> {
        let written = cache.written.get("security_group_ids").filter(|groups| !groups.is_null())?;
        match cache.lists.get("security_group_ids") {
            Some(listed) => Some(listed.iter().map(|address| Group::at(among, address)).collect()),
            None if written.is_unknown() => None,
            None => Some(written.children().map(|id| Group::find(among, id)).collect()),
        }
    }

    /// The warnings of rules that let everybody in on another port than the usual ones, of which rules tell themselves.
    fn open_to_all(&self, rules: &Rules<'a>, port: i64) -> Vec<(&'a Address, Problem)> {
        let what = format!("{port}, the port of a cache");
        let opens =
            |rule: &Object, names| is_open_to_all(rule, names, &[port]) && !is_open_to_all(rule, names, &CACHES);
        let blocks = self.group.planned.get("ingress").and_then(Value::as_items).unwrap_or_default();
        let block = blocks.iter().filter_map(Value::as_object).any(|rule| opens(rule, NAMES));
        let own = block.then(|| (self.address, everybody("ingress", &what)));
        let alone = rules.of(self).filter(|(_, rule, names)| opens(rule, *names));
        own.into_iter().chain(alone.map(|(address, ..)| (address, everybody("from_port", &what)))).collect()
    }

    fn find(among: &Among<'a>, id: &Value) -> Option<Self> {
        declared(among, id).map(|(address, group)| Self { address, group })
    }

    fn at(among: &Among<'a>, address: &Address) -> Option<Self> {
        among.declared.get_key_value(address).map(|(address, group)| Self { address, group: *group })
    }

    /// Whether a rule lets somebody in; `None` where that is not known.
    fn opens(&self, rules: &Rules<'a>, port: i64) -> Option<bool> {
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
        let blocks = blocks.iter().map(|rule| covers(rule.as_object(), NAMES, port));
        let alone = rules.of(self).map(|(_, rule, names)| covers(Some(rule), names, port));
        let of_others = rules.may_be_of_any.then_some(None);
        blocks.chain(alone).chain(of_others).try_fold(false, |open, covers| Some(open || covers?))
    }
}

/// A rule that is a resource of its own, with the names of its protocol and ports.
type Rule<'a> = (&'a Address, &'a Object, [&'static str; 3]);

/// The rules that are resources of their own and let in.
#[derive(Default)]
struct Rules<'a> {
    by_id: BTreeMap<&'a str, Vec<Rule<'a>>>,
    /// Of groups that have no id yet.
    by_address: BTreeMap<&'a Address, Vec<Rule<'a>>>,
    /// Whether it is not known of one whose it is.
    may_be_of_any: bool,
}

impl<'a> Rules<'a> {
    fn read(among: &Among<'a>) -> Self {
        let mut all = Self::default();
        for rule in rules(among) {
            let Some(group) = rule.1.get("security_group_id") else { continue };
            match (group.as_str(), origin(group)) {
                (Some(id), _) => all.by_id.entry(id).or_default().push(rule),
                (None, Some(address)) => all.by_address.entry(address).or_default().push(rule),
                (None, None) => all.may_be_of_any |= group.is_unknown(),
            }
        }
        all
    }

    /// Those of a group.
    fn of(&self, group: &Group<'a>) -> impl Iterator<Item = Rule<'a>> {
        let id = group.group.planned.get("id").and_then(Value::as_str);
        let by_id = id.and_then(|id| self.by_id.get(id)).into_iter().flatten();
        by_id.chain(self.by_address.get(group.address).into_iter().flatten()).copied()
    }
}

fn rules<'a>(among: &Among<'a>) -> impl Iterator<Item = Rule<'a>> {
    let alone = among.of("security_group_rule").filter(|(_, rule)| is_not_egress(rule.planned));
    let of_vpc = among.of(vpc_security_group_rule::INGRESS);
    let alone = alone.map(|(address, rule)| (address, rule.planned, NAMES));
    alone.chain(of_vpc.map(|(address, rule)| (address, rule.planned, NAMES_OF_VPC)))
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

/// The declared security group of an id: that which has it, or that which will.
pub fn declared<'a>(among: &Among<'a>, id: &Value) -> Option<(&'a Address, Neighbour<'a>)> {
    match (id.as_str(), origin(id)) {
        (Some(id), _) => among.with("security_group", "id", id).first().copied(),
        (None, Some(address)) => among.declared.get_key_value(address).map(|(address, group)| (*address, *group)),
        (None, None) => None,
    }
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
