//! Rules between resources: two of one name, parameter groups of the wrong family, alarms on no node.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::catalog::parameters;
use crate::diag::Diagnostic;
use crate::kind::Problem;
use crate::kinds::{self, replication_group};
use crate::plan::build::Builder;
use crate::value::{Object, Value};

/// Checks what the planned objects say together.
pub fn check(builder: &mut Builder) {
    let mut found = same_names(builder);
    found.extend(families(builder));
    found.extend(aimless(builder));
    builder.diagnostics.extend(found);
}

/// Two resources of a kind with one name in one region would overwrite each other.
fn same_names(builder: &Builder) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(String, String, String), &Address> = BTreeMap::new();
    let mut found = Vec::new();
    for (address, object) in &builder.planned {
        let Some(kind) = kinds::get(&address.kind) else { continue };
        let Some(name) = kind.name_attribute().and_then(|name| object.get(name)).and_then(Value::as_str) else {
            continue;
        };
        let region = object.get("region").and_then(Value::as_str).unwrap_or_default().to_owned();
        // The names of security groups are unique in a VPC; two VPCs may have one each.
        let vpc = object
            .get("vpc_id")
            .and_then(Value::as_str)
            .filter(|_| &*address.kind == "security_group")
            .unwrap_or_default();
        let key = (address.kind.to_string(), format!("{region}/{vpc}"), name.to_owned());
        let Some(first) = seen.get(&key) else {
            seen.insert(key, address);
            continue;
        };
        let attribute = kind.name_attribute().unwrap_or("name");
        let mut diagnostic = Diagnostic::error(
            "CS0603",
            "Two resources of one name",
            format!("`{address}` and `{first}` are both called \"{name}\"."),
        )
        .help("Give one of them another name.")
        .of(address);
        diagnostic.span = builder.places.get(address).and_then(|desired| desired.span_of(attribute));
        if let Some(span) = builder.places.get(*first).and_then(|desired| desired.span_of(attribute))
            && Some(span) != diagnostic.span
        {
            diagnostic = diagnostic.related(span, "the other one");
        }
        found.push(diagnostic);
    }
    found
}

/// The family of a declared parameter group must be that of the engine version.
fn families(builder: &Builder) -> Vec<Diagnostic> {
    let mut declared: BTreeMap<&str, &str> = BTreeMap::new();
    for (address, object) in &builder.planned {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if let ("parameter_group", Some(name), Some(family)) = (&*address.kind, text("name"), text("family")) {
            declared.insert(name, family);
        }
    }
    let groups = builder.planned.iter().filter(|(address, _)| &*address.kind == "replication_group");
    groups
        .filter_map(|(address, object)| {
            let name = object.get("parameter_group_name").and_then(Value::as_str)?;
            // Before the account is read, a group that the stack no longer names is only remembered.
            let written = builder.places.get(address)?.object.contains_key("parameter_group_name");
            if !written && builder.inputs.live.is_none() {
                return None;
            }
            // A family that does not exist is a mistake of its own.
            let found =
                *declared.get(name).filter(|family| parameters::families().iter().any(|known| known == *family))?;
            let wanted = replication_group::wanted_family(object)?;
            let problem: Problem = (wanted != found).then(|| replication_group::family_mismatch(&wanted, found))?;
            Some(builder.places.get(address)?.diagnose(problem).of(address))
        })
        .collect()
}

/// An alarm on the id of a group, or on a node that the group does not have, never gets a datapoint.
fn aimless(builder: &Builder) -> Vec<Diagnostic> {
    let groups: Vec<(&str, Vec<&str>)> = builder.planned.values().filter_map(|object| members(object)).collect();
    let alarms = builder.planned.iter().filter(|(address, _)| &*address.kind == "alarm");
    alarms
        .filter_map(|(address, alarm)| {
            let node = alarm.get("dimensions")?.get("CacheClusterId")?.as_str()?;
            if groups.iter().any(|(_, members)| members.contains(&node)) {
                return None;
            }
            let (id, members) = groups.iter().find(|(id, _)| is_of_group(node, id))?;
            Some(builder.places.get(address)?.diagnose(no_node(node, id, members)).of(address))
        })
        .collect()
}

/// The id of a planned group and those of its nodes.
fn members(object: &Object) -> Option<(&str, Vec<&str>)> {
    let id = object.get("replication_group_id")?.as_str()?;
    let members = object.get("member_clusters")?.as_items()?;
    Some((id, members.iter().map(Value::as_str).collect::<Option<_>>()?))
}

/// Whether it is the id of the group, alone or with the numbers of a shard and a node.
fn is_of_group(node: &str, id: &str) -> bool {
    let rest = node.strip_prefix(id);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('-') && rest.chars().all(|c| c == '-' || c.is_ascii_digit())
    })
}

fn no_node(node: &str, id: &str, members: &[&str]) -> Problem {
    let what = if node == id { "is a replication group" } else { "is no node of its replication group" };
    Problem::error(
        "CS0605",
        "dimensions",
        "The alarm watches no node",
        format!(
            "\"{node}\" {what}; ElastiCache reports metrics for nodes only, here {}, so the alarm would never have data.",
            members.join(", ")
        ),
        "Remove the dimension and set `target` to the replication group: that makes an alarm for each of its nodes.",
    )
    .warning()
}
