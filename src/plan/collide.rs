//! Rules between resources: two of one name, parameter groups of the wrong family, zones of another region, objects
//! that go while another keeps them, alarms on no node.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::catalog::engines::{self, Engine, Version};
use crate::catalog::parameters;
use crate::diag::Diagnostic;
use crate::kind::Problem;
use crate::kinds::{self, replication_group};
use crate::plan::draft::Draft;
use crate::plan::order::NAMES_OF;
use crate::plan::{Action, Reason, Step};
use crate::value::{Object, Value};

/// Checks what the planned objects say together.
pub fn check(draft: &Draft) -> Vec<Diagnostic> {
    let rules = [same_names, families, modes, zones, kept, windows, fixed, deferred, aimless];
    rules.into_iter().flat_map(|rule| rule(draft)).collect()
}

/// Two resources of a kind with one name in one region would overwrite each other.
fn same_names(draft: &Draft) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(String, String, String), &Address> = BTreeMap::new();
    let mut found = Vec::new();
    for (address, object) in &draft.planned {
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
        diagnostic.span = draft.places.get(address).and_then(|desired| desired.span_of(attribute));
        if let Some(span) = draft.places.get(*first).and_then(|desired| desired.span_of(attribute))
            && Some(span) != diagnostic.span
        {
            diagnostic = diagnostic.related(span, "the other one");
        }
        found.push(diagnostic);
    }
    found
}

/// The family of a declared parameter group must be that of the engine version.
fn families(draft: &Draft) -> Vec<Diagnostic> {
    let mut declared: BTreeMap<&str, &str> = BTreeMap::new();
    for (address, object) in &draft.planned {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if let ("parameter_group", Some(name), Some(family)) = (&*address.kind, text("name"), text("family")) {
            declared.insert(name, family);
        }
    }
    let groups = draft.planned.iter().filter(|(address, _)| &*address.kind == "replication_group");
    groups
        .filter_map(|(address, object)| {
            let name = object.get("parameter_group_name").and_then(Value::as_str)?;
            // A new engine without a version is a mistake of its own.
            if changes_engine_only(draft, address, object) {
                return None;
            }
            // Before the account is read, a group that the stack no longer names is only remembered.
            let written = draft.places.get(address)?.object.contains_key("parameter_group_name");
            if !written && draft.inputs.live.is_none() {
                return None;
            }
            // A family that does not exist is a mistake of its own.
            let default = replication_group::actual_family(name);
            let found = declared.get(name).copied().or(default)?;
            if !parameters::families().iter().any(|known| known == found) {
                return None;
            }
            let wanted = replication_group::wanted_family(object).or_else(|| newest_family(draft, address, object))?;
            let problem: Problem = (wanted != found).then(|| replication_group::family_mismatch(&wanted, found))?;
            Some(draft.places.get(address)?.diagnose(problem).of(address))
        })
        .collect()
}

/// Whether the engine becomes another, and the version is that of the old one.
fn changes_engine_only(draft: &Draft, address: &Address, object: &Object) -> bool {
    let written = draft.places.get(address).is_some_and(|desired| desired.object.contains_key("engine_version"));
    let record = draft.state.records.get(address);
    !written && record.is_some_and(|record| record.object.get("engine") != object.get("engine"))
}

/// AWS makes a new group of Redis with the newest version where none is asked for.
fn newest_family(draft: &Draft, address: &Address, object: &Object) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let asked = draft.places.get(address)?.object.get("engine_version").is_some_and(|version| !version.is_null());
    let redis = text("engine").is_none_or(|engine| engine == "redis");
    let global = text("global_replication_group_id").is_some();
    let new = !draft.state.records.contains_key(address);
    let newest = Engine::Redis.versions().last().and_then(|version| Version::parse(version))?;
    (redis && new && !asked && !global).then(|| engines::family(Engine::Redis, newest))
}

/// A group whose parameters turn cluster mode on cannot be without failover.
fn modes(draft: &Draft) -> Vec<Diagnostic> {
    let mut clustered: BTreeMap<&str, bool> = BTreeMap::new();
    for (address, object) in &draft.planned {
        let (true, Some(name)) = (&*address.kind == "parameter_group", object.get("name").and_then(Value::as_str))
        else {
            continue;
        };
        let blocks = object.get("parameter").and_then(Value::as_items).unwrap_or_default();
        let on = |block: &Value| {
            let is = |name: &str, value: &str| block.get(name).and_then(Value::as_str) == Some(value);
            is("name", "cluster-enabled") && is("value", "yes")
        };
        if blocks.iter().all(Value::is_wholly_known) {
            clustered.insert(name, blocks.iter().any(on));
        }
    }
    let groups = draft.planned.iter().filter(|(address, _)| &*address.kind == "replication_group");
    groups
        .filter_map(|(address, object)| {
            let name = object.get("parameter_group_name").and_then(Value::as_str)?;
            let problem = replication_group::mode_mismatch(object, *clustered.get(name)?)?;
            Some(draft.places.get(address)?.diagnose(problem).of(address))
        })
        .collect()
}

/// Zones belong to a region.
fn zones(draft: &Draft) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (address, desired) in draft.places.iter().filter(|(address, _)| &*address.kind == "replication_group") {
        let region = draft.planned.get(address).and_then(|object| object.get("region")).and_then(Value::as_str);
        let Some(region) = region else { continue };
        let foreign = replication_group::zones(&desired.object).into_iter().find(|(_, zone)| !zone.starts_with(region));
        let Some((attribute, zone)) = foreign else { continue };
        let problem = Problem::error(
            "CS0559",
            attribute,
            "A zone of another region",
            format!("The group is in {region}, and \"{zone}\" is not a zone of that."),
            format!("Name zones of {region}, such as \"{region}a\"."),
        );
        found.push(desired.diagnose(problem).of(address));
    }
    found
}

/// What another object keeps using cannot be deleted: AWS would refuse for as long as anybody cares to wait.
fn kept(draft: &Draft) -> Vec<Diagnostic> {
    let replaced = |step: &Step| matches!(step.reason, Reason::Replaced { .. });
    let leaves = |step: &&Step| step.action == Action::Delete && !replaced(step);
    let mut leaving = draft.plan.steps.iter().filter(leaves).peekable();
    if leaving.peek().is_none() {
        return Vec::new();
    }
    let users = users(draft);
    leaving.filter_map(|step| kept_by(draft, &users, step)).collect()
}

/// The first planned object that uses an object, and its attribute; by kind, region and name of what is used.
type Users<'a> = BTreeMap<(&'static str, &'a str, &'a str), (&'a Address, &'static str)>;

fn users<'a>(draft: &'a Draft) -> Users<'a> {
    let mut users = Users::new();
    for (user, object) in &draft.planned {
        let Some(region) = object.get("region").and_then(Value::as_str) else { continue };
        for (_, attribute, kind) in NAMES_OF.iter().filter(|(of, ..)| *of == &*user.kind) {
            for name in object.get(attribute).into_iter().flat_map(texts) {
                users.entry((*kind, region, name)).or_insert((user, *attribute));
            }
        }
    }
    users
}

fn kept_by(draft: &Draft, users: &Users, step: &Step) -> Option<Diagnostic> {
    let id = step.id.as_deref()?;
    let (_, _, kind) = NAMES_OF.iter().find(|(_, _, kind)| *kind == &*step.address.kind)?;
    let (user, attribute) = *users.get(&(*kind, &*step.region, id))?;
    let desired = draft.places.get(user)?;
    let written = desired.object.get(attribute).is_some_and(|value| !value.is_null());
    let why = if written { "names it" } else { "does not say what to use instead, so it stays as it is" };
    let mut diagnostic = Diagnostic::error(
        "CS0607",
        "The object is still in use",
        format!("`{}` (\"{id}\") would be deleted, and `{user}` uses it: its `{attribute}` {why}.", step.address),
    )
    .help(format!(
        "Set `{attribute}` of `{user}` to another, keep `{}`, or forget it with a `removed` block.",
        step.address
    ))
    .of(user);
    diagnostic.span = desired.span_of(attribute);
    Some(diagnostic)
}

/// A window that is written must not overlap one that the group has already.
fn windows(draft: &Draft) -> Vec<Diagnostic> {
    let groups = draft.planned.iter().filter(|(address, _)| &*address.kind == "replication_group");
    groups
        .filter_map(|(address, object)| {
            let desired = draft.places.get(address)?;
            let written = |name: &str| desired.object.contains_key(name);
            let one = written("snapshot_window") != written("maintenance_window");
            let problem = replication_group::overlap(object).filter(|_| one)?;
            Some(desired.diagnose(problem).of(address))
        })
        .collect()
}

/// Cluster mode of a parameter group cannot change while a group uses it.
fn fixed(draft: &Draft) -> Vec<Diagnostic> {
    let cluster = |object: Option<&Object>| {
        let blocks = object.and_then(|object| object.get("parameter")).and_then(Value::as_items).unwrap_or_default();
        let named = blocks.iter().find(|block| block.get("name").and_then(Value::as_str) == Some("cluster-enabled"));
        named.and_then(|block| block.get("value")).and_then(Value::as_str) == Some("yes")
    };
    let changed = |step: &&Step| {
        step.action == Action::Update
            && &*step.address.kind == "parameter_group"
            && cluster(step.before.as_ref()) != cluster(step.after.as_ref())
    };
    let mut changes = draft.plan.steps.iter().filter(changed).peekable();
    if changes.peek().is_none() {
        return Vec::new();
    }
    let mut users: BTreeMap<&str, &Address> = BTreeMap::new();
    for (address, record) in &draft.state.records {
        let name = record.object.get("parameter_group_name").and_then(Value::as_str);
        if let Some(name) = name {
            users.entry(name).or_insert(address);
        }
    }
    changes
        .filter_map(|step| {
            let user = users.get(step.id.as_deref()?)?;
            let problem = Problem::error(
                "CS0610",
                "parameter",
                "The parameter is fixed while it is in use",
                format!("cluster-enabled of `{}` cannot change while `{user}` uses it.", step.address),
                "Make another parameter group for another replication group; cluster mode is chosen when a group is made.",
            );
            Some(draft.places.get(&step.address)?.diagnose(problem).of(&step.address))
        })
        .collect()
}

/// What a change lets go of only at the maintenance window cannot be deleted before.
fn deferred(draft: &Draft) -> Vec<Diagnostic> {
    let steps = &draft.plan.steps;
    let waits = |step: &&Step| {
        let immediately = step.after.as_ref().and_then(|after| after.get("apply_immediately")).and_then(Value::as_bool);
        step.action == Action::Update && immediately == Some(false)
    };
    let mut leaving: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.action == Action::Delete) {
        let id = step.id.as_deref().unwrap_or_default();
        leaving.entry((&*step.address.kind, id)).or_default().push(at);
    }
    let mut found = Vec::new();
    for user in steps.iter().filter(waits) {
        let mut held: BTreeMap<usize, &'static str> = BTreeMap::new();
        let held_by = NAMES_OF.iter().filter(|(of, name, _)| *of == &*user.address.kind && user.changed.contains(name));
        for (_, attribute, kind) in held_by {
            let value = user.before.as_ref().and_then(|before| before.get(attribute));
            let of_name = value.into_iter().flat_map(texts).filter_map(|name| leaving.get(&(*kind, name)));
            for at in of_name.flatten() {
                held.entry(*at).or_insert(attribute);
            }
        }
        for (at, attribute) in held {
            let leaving = &steps[at];
            let problem = Problem::error(
                "CS0607",
                attribute,
                "The object is still in use",
                format!(
                    "`{}` would be deleted, and `{}` lets go of it only in its maintenance window.",
                    leaving.address, user.address
                ),
                "Set apply_immediately = true for this change, or keep the object until the window has passed.",
            );
            found.extend(draft.places.get(&user.address).map(|desired| desired.diagnose(problem).of(&user.address)));
        }
    }
    found
}

/// Every text that stands in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value.as_str() {
        Some(text) => vec![text],
        None => value.children().flat_map(texts).collect(),
    }
}

/// An alarm on the id of a group, or on a node that the group does not have, never gets a datapoint.
fn aimless(draft: &Draft) -> Vec<Diagnostic> {
    let groups: BTreeMap<&str, Vec<&str>> = draft.planned.values().filter_map(|object| members(object)).collect();
    let nodes: BTreeSet<&str> = groups.values().flatten().copied().collect();
    let alarms = draft.planned.iter().filter(|(address, _)| &*address.kind == "alarm");
    alarms
        .filter_map(|(address, alarm)| {
            let node = alarm.get("dimensions")?.get("CacheClusterId")?.as_str()?;
            if nodes.contains(node) {
                return None;
            }
            let members = group_of(node, &groups)?;
            Some(draft.places.get(address)?.diagnose(no_node(node, members)).of(address))
        })
        .collect()
}

/// The id of a planned group and those of its nodes.
fn members(object: &Object) -> Option<(&str, Vec<&str>)> {
    let id = object.get("replication_group_id")?.as_str()?;
    let members = object.get("member_clusters")?.as_items()?;
    Some((id, members.iter().map(Value::as_str).collect::<Option<_>>()?))
}

/// The group whose id a text is, alone or with the numbers of a shard and a node, and its nodes.
fn group_of<'a>(node: &str, groups: &'a BTreeMap<&str, Vec<&str>>) -> Option<(&'a str, &'a [&'a str])> {
    let mut id = node;
    loop {
        if let Some((id, members)) = groups.get_key_value(id) {
            return Some((id, members));
        }
        let (rest, number) = id.rsplit_once('-')?;
        if !number.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        id = rest;
    }
}

fn no_node(node: &str, (id, members): (&str, &[&str])) -> Problem {
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
