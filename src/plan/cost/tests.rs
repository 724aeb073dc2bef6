//! Figures by hand: rate x 730 hours x nodes.

use super::*;
use crate::plan::Reason;
use crate::value::Value;

const PLACE: &str = "us-east-1";

fn object(text: &str) -> Object {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').expect("name=value");
        let value = value.parse::<i64>().map_or_else(|_| Value::string(value), Value::int);
        (name.into(), value)
    };
    text.split_whitespace().map(pair).collect()
}

fn step(kind: &str, action: Action, region: &str, before: &str, after: &str) -> Step {
    let address = kinds::address(&format!("{kind}.x")).expect("an address");
    let part = |text: &str| (!text.is_empty()).then(|| object(text));
    Step {
        step: Default::default(),
        address,
        action,
        reason: Reason::Declared,
        region: region.to_owned(),
        id: None,
        before: part(before),
        after: part(after),
        changed: Vec::new(),
        changes: Vec::new(),
        calls: Vec::new(),
        edges: Vec::new(),
        record: Default::default(),
        deposed: false,
        farewell: None,
    }
}

fn told(steps: Vec<Step>) -> String {
    let cost = of(&Plan { steps, ..Plan::default() });
    let line = |line: &Line| match &line.monthly {
        Ok((before, after)) => format!("{}->{}", usd(*before), usd(*after)),
        Err(why) => why.clone(),
    };
    let lines: Vec<String> = cost.lines.iter().map(line).collect();
    format!("{} | {} unknown {}", lines.join("; "), usd(cost.difference), cost.unknown)
}

#[test]
fn differences_of_a_month() {
    use Action::{Create, Delete, Forget, Update};
    let (group, cluster) = ("replication_group", "cache_cluster");
    let large = "engine=redis node_type=cache.r6g.large";
    let cases: &[(&str, Action, &str, &str, &str)] = &[
        // 0.206 x 730 x 3 = 451.14
        (
            group,
            Create,
            "",
            "engine=redis node_type=cache.r6g.large num_cache_clusters=3",
            "0.00->451.14 | 451.14 unknown 0",
        ),
        // 3 shards of 1 + 2: 9 x 0.206 x 730 = 1353.42
        (
            group,
            Create,
            "",
            "engine=redis node_type=cache.r6g.large num_node_groups=3 replicas_per_node_group=2 num_cache_clusters=9",
            "0.00->1353.42 | 1353.42 unknown 0",
        ),
        // 0.1648 x 730 = 120.304, from 150.38
        (
            group,
            Update,
            "engine=redis node_type=cache.r6g.large num_cache_clusters=1",
            "engine=valkey node_type=cache.r6g.large num_cache_clusters=1",
            "150.38->120.30 | -30.08 unknown 0",
        ),
        (
            group,
            Delete,
            "engine=redis node_type=cache.r6g.large num_cache_clusters=1",
            "",
            "150.38->0.00 | -150.38 unknown 0",
        ),
        (group, Forget, "engine=redis node_type=cache.r6g.large num_cache_clusters=1", "", " | 0.00 unknown 0"),
        (
            group,
            Update,
            "engine=redis engine_version=7.0 node_type=cache.r6g.large num_cache_clusters=1",
            "engine=redis engine_version=7.1 node_type=cache.r6g.large num_cache_clusters=1",
            " | 0.00 unknown 0",
        ),
        // Memcached costs what Redis does: 4 x 0.206 x 730 = 601.52
        (
            cluster,
            Create,
            "",
            "engine=memcached node_type=cache.r6g.large num_cache_nodes=4",
            "0.00->601.52 | 601.52 unknown 0",
        ),
        (
            cluster,
            Create,
            "",
            "engine=redis node_type=cache.r6g.large",
            "the number of nodes is known after the apply only | 0.00 unknown 1",
        ),
        (
            cluster,
            Create,
            "",
            "engine=redis num_cache_nodes=1",
            "the node type is known after the apply only | 0.00 unknown 1",
        ),
        (
            cluster,
            Create,
            "",
            "engine=redis engine_version=5.0.6 node_type=cache.r6g.large num_cache_nodes=1",
            // 0.206 and 0.8 of that in thousandths, 0.165, for paid support
            "0.00->270.83 | 270.83 unknown 0",
        ),
        (
            group,
            Create,
            "",
            "engine=valkey node_type=cache.m7g.large num_cache_clusters=2 durability=sync",
            "0.00->217.83 | 217.83 unknown 0",
        ),
        (
            group,
            Create,
            "",
            "engine=valkey node_type=cache.m7g.xlarge num_cache_clusters=2 durability=sync",
            "what sync durability costs on cache.m7g.xlarge in us-east-1 is not in the table | 0.00 unknown 1",
        ),
        (
            "serverless_cache",
            Create,
            "",
            "engine=valkey name=x",
            "it is billed by what is stored and by ECPUs, and no usage is given | 0.00 unknown 1",
        ),
        ("serverless_cache", Update, "engine=valkey name=x", "engine=valkey name=x description=y", " | 0.00 unknown 0"),
        ("global_replication_group", Create, "", "primary_replication_group_id=x", " | 0.00 unknown 0"),
        (
            "global_replication_group",
            Update,
            "cache_node_type=a",
            "cache_node_type=b",
            "its members change with it, each in its region | 0.00 unknown 1",
        ),
        ("reserved_cache_node", Delete, "reserved_cache_nodes_offering_id=x", "", " | 0.00 unknown 0"),
        ("alarm", Create, "", "alarm_name=x", " | 0.00 unknown 0"),
    ];
    for (kind, action, before, after, want) in cases {
        assert_eq!(told(vec![step(kind, *action, PLACE, before, after)]), *want, "{kind} {before} {after}");
    }
    let one = format!("{large} num_cache_clusters=1");
    let elsewhere = step(group, Create, "cn-north-1", "", &one);
    assert_eq!(told(vec![elsewhere]), "no prices of cn-north-1 are in the table | 0.00 unknown 1");
    // Both halves of a replacement, and the region that it comes from.
    let (gone, new) = (step(group, Delete, PLACE, &one, ""), step(group, Create, "eu-west-1", "", &one));
    assert_eq!(told(vec![gone, new]), "150.38->167.17 | 16.79 unknown 0");
}

#[test]
fn what_is_sensitive_is_not_priced() {
    let mut secret = object("engine=redis num_cache_clusters=1");
    secret.insert("node_type".into(), Value::string("cache.r6g.large").into_sensitive());
    let mut step = step("replication_group", Action::Create, PLACE, "", "engine=redis");
    step.after = Some(secret);
    assert_eq!(told(vec![step]), "what decides it is sensitive | 0.00 unknown 1");
}

#[test]
fn shards_of_different_sizes_are_counted() {
    let shard = |replicas: i64| Value::object(object(&format!("replica_count={replicas}")));
    let mut group = object("engine=redis node_type=cache.r6g.large");
    group.insert("node_group_configuration".into(), Value::tuple(vec![shard(1), shard(2)]));
    let mut step = step("replication_group", Action::Create, PLACE, "", "engine=redis");
    step.after = Some(group);
    // 2 + 3 nodes: 5 x 0.206 x 730 = 751.90
    assert_eq!(told(vec![step]), "0.00->751.90 | 751.90 unknown 0");
}

#[test]
fn what_will_cost_more_is_told() {
    let six = "engine=redis engine_version=6.2 node_type=cache.r6g.large num_cache_clusters=1";
    let cost = of(&Plan { steps: vec![step("replication_group", Action::Create, PLACE, "", six)], ..Plan::default() });
    let remarks: Vec<&str> = cost.remarks.iter().map(String::as_str).collect();
    assert_eq!(remarks, ["redis 6.2 costs more from 2027-02-01 on, by paid support, which is not counted"]);
}

#[test]
fn money_is_rounded_once() {
    for (micros, want) in [
        (0, "0.00"),
        (4_999, "0.00"),
        (5_000, "0.01"),
        (-4_999, "0.00"),
        (-30_076_000, "-30.08"),
        (120_304_000, "120.30"),
    ] {
        assert_eq!(usd(micros), want);
    }
}
