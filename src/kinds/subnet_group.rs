//! Subnet groups: the subnets that cache nodes may be placed in.

use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Neighbour, Problem, Target};
use crate::kinds::{names, tags};
use crate::schema::{Attr, Rule, Schema, lower};
use crate::value::{Object, Type, Value};

/// The kind `subnet_group`.
pub struct SubnetGroup;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("name", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The name; AWS stores it in lower case."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .at_create("Managed by cachestack")
            .rule(Rule::Length(0, 255))
            .rule(names::DESCRIPTION)
            .doc("What it is for."),
        Attr::required("subnet_ids", Type::set(Type::String))
            .rule(Rule::MaxItems(20))
            .rule(names::SUBNET_ID)
            .doc("Ids of subnets of one VPC."),
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("vpc_id", Type::String).doc("The VPC of the subnets."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new("subnet_group", "aws_elasticache_subnet_group", "The subnets that cache nodes may be placed in.", attrs)
});

impl Kind for SubnetGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let empty = desired.get("subnet_ids").and_then(Value::as_items).is_some_and(<[Value]>::is_empty);
        let mut problems = Vec::new();
        if empty {
            problems.push(Problem::error(
                "CS0501",
                "subnet_ids",
                "A subnet group needs a subnet",
                "The set of subnet ids is empty.",
                "Name at least one subnet; if a data block looked them up, check its filter.",
            ));
        }
        if desired.get("name").and_then(Value::as_str) == Some("default") {
            problems.push(Problem::error(
                "CS0502",
                "name",
                "The name is reserved",
                "\"default\" is the subnet group that AWS makes itself.",
                "Choose another name.",
            ));
        }
        problems
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("name").and_then(Value::as_str).map(str::to_owned)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let problem = |(address, group)| Some((address, taken_out(among, group)?));
        among.of("subnet_group").filter_map(problem).collect()
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target) {
        if live.is_some_and(|live| live.get("subnet_ids") != planned.get("subnet_ids")) {
            planned.remove("subnets");
        }
        let Some(name) = self.identify(planned) else { return };
        planned.insert("id".into(), Value::string(&name));
        if let Some(arn) = target.arn("elasticache", &format!("subnetgroup:{name}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let name = ("CacheSubnetGroupName", change.id.map_or_else(|| change.new("name"), Value::string));
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteCacheSubnetGroup", [name]).vanishes(1)]);
        }
        if change.before.is_none() {
            let args = [
                name,
                ("CacheSubnetGroupDescription", change.new("description")),
                ("SubnetIds", change.new("subnet_ids")),
                ("Tags", tags::at_create(change)),
            ];
            return Ok(vec![Call::new("CreateCacheSubnetGroup", args).marked("Tags").settles(1)]);
        }
        let mut calls = Vec::new();
        if change.has("description") || change.has("subnet_ids") {
            let args = [
                name,
                ("CacheSubnetGroupDescription", change.if_changed("description")),
                ("SubnetIds", change.if_changed("subnet_ids")),
            ];
            let causes = ["description", "subnet_ids"].into_iter().filter(|cause| change.has(cause));
            calls.push(Call::new("ModifyCacheSubnetGroup", args).because(causes).settles(1));
        }
        calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }
}

/// The subnets that a change takes out while nodes stand in them. AWS tells of a node its zone only: where another
/// subnet of the zone stays, the node may be in that one.
fn taken_out(among: &Among, group: Neighbour) -> Option<Problem> {
    let before = group.updated?;
    let stay = group.planned.get("subnet_ids").filter(|ids| ids.is_wholly_known())?.as_items()?;
    let subnets = before.get("subnets").and_then(Value::as_items)?.iter();
    let subnets = subnets.filter_map(|subnet| Some((text(subnet, "id")?, text(subnet, "availability_zone")?)));
    let (kept, gone): (Vec<_>, Vec<_>) = subnets.partition(|(id, _)| stay.iter().any(|one| one.as_str() == Some(id)));
    let nodes = nodes_in(among, before.get("id").and_then(Value::as_str)?);
    let in_zone =
        |zone: &str| -> Vec<&str> { nodes.iter().filter(|(_, other)| *other == zone).map(|(node, _)| *node).collect() };
    let used = gone.into_iter().map(|(id, zone)| (id, zone, in_zone(zone))).filter(|(.., nodes)| !nodes.is_empty());
    // What is certain comes first.
    let (_, (id, zone, nodes)) =
        used.map(|one| (kept.iter().any(|(_, zone)| *zone == one.1), one)).min_by_key(|(open, _)| *open)?;
    let others = kept.iter().filter(|(_, other)| *other == zone).map(|(other, _)| *other).collect::<Vec<_>>();
    Some(match others.is_empty() {
        true => Problem::error(
            "CS0503",
            "subnet_ids",
            "A subnet in use stays",
            format!("{id} ({zone}) has nodes in it ({}), and AWS takes out no such subnet.", nodes.join(", ")),
            "Keep the subnet until its nodes are gone; or make another subnet group, and the caches anew in that.",
        ),
        false => Problem::error(
            "CS0504",
            "subnet_ids",
            "Perhaps a subnet in use",
            format!(
                "The nodes in {zone} ({}) are in {id}, which leaves, or in {}: AWS does not tell, and takes out no subnet with nodes in it.",
                nodes.join(", "),
                others.join(", ")
            ),
            "See in which subnet their network interfaces are; keep it until they are gone.",
        )
        .warning(),
    })
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// The nodes that stand in a subnet group, each with its zone: of caches that stay, and of those that are made anew.
fn nodes_in<'a>(among: &Among<'a>, name: &str) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for (kind, list) in [("replication_group", "members"), ("cache_cluster", "cache_nodes")] {
        for (address, cache) in among.of(kind) {
            // A change foresees no nodes; of what is replaced, they are remembered.
            let as_it_is = [cache.updated, Some(cache.planned), among.recorded.get(address).copied()];
            let Some(object) = as_it_is.into_iter().flatten().find(|object| object.contains_key(list)) else {
                continue;
            };
            if object.get("subnet_group_name").and_then(Value::as_str) != Some(name) {
                continue;
            }
            let cluster = object.get("cluster_id").and_then(Value::as_str);
            let nodes = object.get(list).and_then(Value::as_items).unwrap_or_default().iter();
            // A node of a cluster goes by the name of that.
            let named = |node| Some((cluster.or(text(node, "id"))?, text(node, "availability_zone")?));
            found.extend(nodes.filter_map(named));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Lists;

    fn subnets(all: &[(&str, &str)]) -> Value {
        let subnet = |(id, zone): &(&str, &str)| {
            Value::object([("id".into(), Value::string(id)), ("availability_zone".into(), Value::string(zone))].into())
        };
        Value::tuple(all.iter().map(subnet).collect())
    }

    #[test]
    fn subnets_with_nodes_stay() {
        let (group, cache) = (Address::managed("subnet_group", "s"), Address::managed("replication_group", "r"));
        let lists = Lists::new();
        for (there, stay, nodes, code) in [
            (&[("s-1", "a"), ("s-2", "b")] as &[_], &["s-1"] as &[_], &[("r-001", "b")] as &[_], Some("CS0503")),
            (&[("s-1", "a"), ("s-2", "b")], &["s-1"], &[("r-001", "a")], None),
            (&[("s-1", "a"), ("s-2", "a")], &["s-1"], &[("r-001", "a")], Some("CS0504")),
            (&[("s-1", "a"), ("s-2", "a")], &["s-3"], &[("r-001", "a")], Some("CS0503")),
            (&[("s-1", "a"), ("s-2", "a"), ("s-3", "b")], &["s-1"], &[("r-001", "a"), ("r-002", "b")], Some("CS0503")),
            (&[("s-1", "a")], &["s-1", "s-2"], &[("r-001", "a")], None),
        ] {
            let ids = |ids: Vec<&str>| ("subnet_ids".into(), Value::string_set(ids));
            let before = Object::from([
                ("id".into(), Value::string("s")),
                ids(there.iter().map(|(id, _)| *id).collect()),
                ("subnets".into(), subnets(there)),
            ]);
            let planned = Object::from([ids(stay.to_vec())]);
            let user =
                Object::from([("subnet_group_name".into(), Value::string("s")), ("members".into(), subnets(nodes))]);
            let neighbour =
                |planned, updated| Neighbour { planned, written: planned, lists: &lists, updated, ignored: None };
            let among = Among {
                declared: [(&group, neighbour(&planned, Some(&before))), (&cache, neighbour(&user, None))].into(),
                ..Among::default()
            };
            let found: Vec<_> = SubnetGroup.check_among(&among).into_iter().map(|(_, problem)| problem.code).collect();
            assert_eq!(found, code.into_iter().collect::<Vec<_>>(), "{there:?} {stay:?} {nodes:?}");
        }
    }
}
