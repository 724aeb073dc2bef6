//! Shards that are written one by one: their ids, slots, replicas and zones.
//!
//! Sources: the service model (NodeGroupConfiguration), terraform-provider-aws 14425, cloudformation-coverage-roadmap 893.

use super::Group;
use crate::kind::Problem;
use crate::value::Value;

/// The slots of a cluster.
const SLOTS: usize = 16_384;

const BLOCK: &str = "node_group_configuration";

/// Every problem of the blocks, and of them beside the counts.
pub(super) fn check(group: Group) -> Vec<Problem> {
    let mut problems: Vec<Problem> = zones_beside_shards(group).into_iter().collect();
    let Some(blocks) = group.get(BLOCK).and_then(Value::as_items).filter(|blocks| !blocks.is_empty()) else {
        return problems;
    };
    problems.extend(counted(group, blocks));
    problems.extend(doubled(blocks));
    problems.extend(blocks.iter().filter_map(replicas));
    problems.extend(redundant(group, blocks));
    problems.extend(in_one_zone(group, blocks));
    problems.extend(slots(blocks));
    problems
}

fn wrong(summary: &'static str, detail: String, help: &str) -> Problem {
    Problem::error("CS1042", BLOCK, summary, detail, help)
}

/// A problem of one block, where it has an id to be found by.
fn of(block: &Value, problem: Problem) -> Problem {
    match block.get("node_group_id").and_then(Value::as_str) {
        Some(id) => problem.on(id),
        None => problem,
    }
}

/// The zones of nodes are listed for one shard only.
fn zones_beside_shards(group: Group) -> Option<Problem> {
    let many = group.number("num_node_groups").is_some_and(|shards| shards > 1);
    (many && group.is_set("preferred_cache_cluster_azs")).then(|| {
        let detail = "The list is for the nodes of one shard, and there are several.".to_owned();
        let help = "Write the zones of each shard in its node_group_configuration block.";
        Problem::error("CS1042", "preferred_cache_cluster_azs", "Zones for one shard", detail, help)
    })
}

fn counted(group: Group, blocks: &[Value]) -> Option<Problem> {
    let shards = group.number("num_node_groups").filter(|shards| *shards != blocks.len() as i64)?;
    let detail = format!("`num_node_groups` is {shards}, and there are {} blocks.", blocks.len());
    Some(wrong(
        "Shards and blocks do not match",
        detail,
        "Write a block for each shard, and leave num_node_groups out.",
    ))
}

fn doubled(blocks: &[Value]) -> Option<Problem> {
    let id = |block: &Value| Some(format!("{:0>4}", block.get("node_group_id")?.as_str()?));
    let ids: Vec<Option<String>> = blocks.iter().map(id).collect();
    let again = ids.iter().enumerate().find(|(at, id)| id.is_some() && ids[..*at].contains(id));
    if let Some((_, Some(id))) = again {
        let detail = format!("Two blocks are about the shard \"{id}\".");
        return Some(wrong("A shard twice", detail, "Give each block a node_group_id of its own."));
    }
    let unknown = blocks.iter().any(|block| block.get("node_group_id").is_some_and(Value::is_unknown));
    let some = ids.iter().any(Option::is_some) && ids.iter().any(Option::is_none) && !unknown;
    some.then(|| {
        let detail = "Some blocks name their shard and others do not, and AWS numbers those by their place.".to_owned();
        let problem = wrong("Not clear which shard", detail, "Write node_group_id in all of them, or in none.");
        problem.warning()
    })
}

/// A zone for each replica.
fn replicas(block: &Value) -> Option<Problem> {
    let zones = block.get("replica_availability_zones")?.as_items().filter(|zones| !zones.is_empty())?;
    let count = block.get("replica_count")?.as_i64().filter(|count| *count != zones.len() as i64)?;
    let detail = format!("There are {} zones for {count} replicas; AWS wants one zone for each.", zones.len());
    Some(of(block, wrong("Zones and replicas do not match", detail, "Name a zone for each replica of the shard.")))
}

/// Multi-AZ counts the replicas of each shard.
fn redundant(group: Group, blocks: &[Value]) -> Option<Problem> {
    if !group.is("multi_az_enabled", true) {
        return None;
    }
    let alone = blocks.iter().find(|block| block.get("replica_count").and_then(Value::as_i64) == Some(0))?;
    let detail = "`multi_az_enabled` is on, and a shard has no replica that could be in another zone.";
    let problem = Problem::error("CS0536", BLOCK, "Multi-AZ needs a replica", detail, "Add a replica to each shard.");
    Some(of(alone, problem))
}

/// The nodes of a shard that all stand in one zone go down with it.
fn in_one_zone(group: Group, blocks: &[Value]) -> Option<Problem> {
    if !group.is("multi_az_enabled", true) {
        return None;
    }
    let together = |block: &&Value| {
        let primary = block.get("primary_availability_zone").and_then(Value::as_str);
        let replicas = block.get("replica_availability_zones").and_then(Value::as_items).unwrap_or_default();
        !replicas.is_empty() && primary.is_some() && replicas.iter().all(|zone| zone.as_str() == primary)
    };
    let block = blocks.iter().find(together)?;
    let zone = block.get("primary_availability_zone").and_then(Value::as_str).unwrap_or_default();
    let detail = format!("`multi_az_enabled` is on, and all nodes of a shard are to stand in {zone}.");
    let help = "Name a second zone for a replica, or set multi_az_enabled = false.";
    Some(of(block, Problem::error("CS0560", BLOCK, "Multi-AZ in one zone", detail, help)))
}

/// Each slot belongs to one shard.
fn slots(blocks: &[Value]) -> Option<Problem> {
    if blocks.iter().any(|block| block.get("slots").is_some_and(Value::is_unknown)) {
        return None;
    }
    let texts: Vec<&str> = blocks.iter().filter_map(|block| block.get("slots")?.as_str()).collect();
    if texts.is_empty() {
        return None;
    }
    let help = "Give every shard its slots, such as 0-8191 and 8192-16383; or leave them out, and AWS spreads them.";
    let say = |detail: String| Some(Problem::error("CS1043", BLOCK, "Not all slots, or some twice", detail, help));
    if texts.len() < blocks.len() {
        let problem = say("Some blocks have slots, and others have none.".to_owned());
        return problem.map(Problem::warning);
    }
    let mut owned = vec![false; SLOTS];
    for range in texts.iter().flat_map(|text| text.split(',')) {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (Ok(from), Ok(to)) = (from.trim().parse::<usize>(), to.trim().parse::<usize>()) else {
            return say(format!("\"{range}\" is no range of slots."));
        };
        if from > to || to >= SLOTS {
            return say(format!("\"{range}\" is no range of slots: they go from 0 to {}.", SLOTS - 1));
        }
        if let Some(twice) = (from..=to).find(|slot| owned[*slot]) {
            return say(format!("The slot {twice} belongs to two shards."));
        }
        owned[from..=to].fill(true);
    }
    let free = owned.iter().position(|owned| !owned)?;
    say(format!("The slot {free} belongs to no shard."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Object;

    #[test]
    fn shards_fit_together() {
        let s = |text: &str| Value::string(text);
        let block = |pairs: &[(&str, Value)]| {
            Value::object(pairs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
        };
        let of_slots = |id: &str, slots: &str| block(&[("node_group_id", s(id)), ("slots", s(slots))]);
        let shard =
            |id: &str, replicas: i64| block(&[("node_group_id", s(id)), ("replica_count", Value::int(replicas))]);
        let zoned =
            block(&[("replica_count", Value::int(2)), ("replica_availability_zones", Value::strings(vec!["a"]))]);
        let placed = |primary: &str, replicas: &[&str]| {
            let zones = ("replica_availability_zones", Value::strings(replicas.to_vec()));
            block(&[("primary_availability_zone", s(primary)), zones])
        };
        let many = ("num_node_groups", Value::int(2));
        let cases: Vec<(Vec<Value>, Vec<(&str, Value)>, &[&str])> = vec![
            (vec![of_slots("1", "0-8191"), of_slots("2", "8192-16383")], vec![], &[]),
            (vec![of_slots("1", "0-8191"), of_slots("2", "8192-16000,16001-16383")], vec![many.clone()], &[]),
            (vec![of_slots("1", "0-8191"), of_slots("2", "8192-16000")], vec![], &["CS1043"]),
            (vec![of_slots("1", "0-8191"), of_slots("2", "8000-16383")], vec![], &["CS1043"]),
            (vec![of_slots("1", "0-8191"), of_slots("2", "8192-16384")], vec![], &["CS1043"]),
            (vec![of_slots("1", "0-8191"), shard("2", 1)], vec![], &["CS1043"]),
            (vec![of_slots("1", "5-"), of_slots("2", "0-4")], vec![], &["CS1043"]),
            (vec![shard("1", 1), shard("0001", 1)], vec![], &["CS1042"]),
            (vec![shard("1", 1), block(&[])], vec![], &["CS1042"]),
            (vec![shard("1", 1)], vec![many.clone()], &["CS1042"]),
            (vec![zoned], vec![], &["CS1042"]),
            (vec![shard("1", 0), shard("2", 1)], vec![("multi_az_enabled", true.into())], &["CS0536"]),
            (vec![placed("a", &["a"])], vec![("multi_az_enabled", true.into())], &["CS0560"]),
            (vec![placed("a", &["a", "b"])], vec![("multi_az_enabled", true.into())], &[]),
            (vec![placed("a", &["a"])], vec![], &[]),
            (vec![], vec![many, ("preferred_cache_cluster_azs", Value::strings(vec!["a", "b"]))], &["CS1042"]),
        ];
        for (blocks, more, want) in cases {
            let mut object: Object = more.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
            object.insert(BLOCK.into(), Value::tuple(blocks.clone()));
            let codes: Vec<_> = check(Group(&object)).into_iter().map(|problem| problem.code).collect();
            assert_eq!(codes, want, "{blocks:?} {more:?}");
        }
    }
}
