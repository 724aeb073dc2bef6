//! Scores by hand, and what is advised on nodes of us-east-1.

use super::*;
use crate::plan::cost::usd;

fn used(cpu: f64, memory: f64, hits: f64) -> Use {
    Use { cpu: Some(cpu), memory: Some(memory), hits: Some(hits), ..Use::default() }
}

/// CPU, memory and hits; the score, and that of public scripts, in which a cache that idles and is asked for what it has
/// cannot come below 30.
#[test]
fn scores() {
    let cases = [
        ((2.0, 3.0, 99.0), 3.0, 35.0),
        ((20.0, 30.0, 90.0), 30.0, 50.0),
        ((50.0, 40.0, 90.0), 57.5, 205.0 / 3.0),
        ((80.0, 90.0, 80.0), 95.0, 90.0),
        ((60.0, 85.0, 0.0), 87.5, 175.0 / 3.0),
    ];
    for ((cpu, memory, hits), score, with_hits) in cases {
        let used = used(cpu, memory, hits);
        let near = |found: Option<f64>, want: f64| found.is_some_and(|found| (found - want).abs() < 1e-9);
        assert!(near(used.score(), score), "{used:?}: {:?}", used.score());
        assert!(near(used.score_with_hits(), with_hits), "{used:?}: {:?}", used.score_with_hits());
    }
    let unmeasured = Use { memory: None, ..used(10.0, 0.0, 90.0) };
    assert_eq!((unmeasured.score(), unmeasured.score_with_hits()), (None, None), "no data is not 0");
    let without_hits = Use { hits: None, ..used(10.0, 15.0, 0.0) };
    assert_eq!((without_hits.score(), without_hits.score_with_hits()), (Some(15.0), None));
}

#[test]
fn the_height_is_that_which_95_of_100_do_not_exceed() {
    assert_eq!(most([].into_iter()), None);
    assert_eq!(most([7.0].into_iter()), Some(7.0));
    assert_eq!(most((1..=100).rev().map(f64::from)), Some(95.0));
    assert_eq!(most((1..=20).map(f64::from)), Some(19.0));
}

/// How nodes are used: CPU, memory and the engine's core at their height, in percent.
fn advised(nodes: (&str, &str, &str, i64), height: Option<(f64, f64, f64)>) -> String {
    let (engine, version, node_type, count) = nodes;
    let nodes = Nodes {
        engine: Some(engine.into()),
        version: Some(version.into()),
        node_type: Some(node_type.into()),
        count: Some(count),
        durability: None,
    };
    let charge = cost::price("us-east-1", &Usage::Nodes(nodes.clone())).map(Charge::Nodes);
    let used = height.map_or_else(Use::default, |(cpu, memory, engine_cpu)| Use {
        cpu: Some(cpu),
        cpu_high: Some(cpu),
        memory_high: Some(memory),
        engine_cpu_high: Some(engine_cpu),
        hours: 720.0,
        ..Use::default()
    });
    let mut analysis = Analysis {
        address: kinds::address("replication_group.x").expect("an address"),
        id: "x".into(),
        region: "us-east-1".into(),
        charge,
        nodes: Some(nodes),
        used,
        advice: Vec::new(),
        saving: 0,
    };
    judge(&mut analysis, 30);
    let one = |advice: &Advice| {
        let saving = advice.saving.map_or_else(|| "-".to_owned(), usd);
        format!("{} {} {saving}", advice.kind, advice.to.as_deref().unwrap_or("-"))
    };
    let all: Vec<String> = analysis.advice.iter().map(one).collect();
    format!("{} | {}", all.join("; "), usd(analysis.saving))
}

#[test]
fn nodes_are_brought_to_the_size_that_they_need() {
    let idle = Some((5.0, 10.0, 8.0));
    for (nodes, height, want) in [
        // 13.07 GiB at 10 % are 1.3 GiB: (0.1752 - 0.1264) x 2 x 730. Older generations are cheaper, and slower.
        (("valkey", "8.0", "cache.r7g.large", 2), idle, "downsize cache.m7g.large 71.25 | 71.25"),
        // As big as it has to be: 60 % of memory is less than three quarters.
        (("valkey", "8.0", "cache.r7g.large", 2), Some((30.0, 60.0, 40.0)), " | 0.00"),
        (("valkey", "8.0", "cache.r6g.large", 2), Some((30.0, 60.0, 40.0)), " | 0.00"),
        // More than three quarters: the next size.
        (("valkey", "8.0", "cache.r6g.large", 1), Some((30.0, 90.0, 40.0)), "upsize cache.r6g.xlarge -119.72 | 0.00"),
        // The engine's core decides, and no type has a faster one.
        (("valkey", "8.0", "cache.r6g.large", 1), Some((60.0, 10.0, 90.0)), "shards - - | 0.00"),
        // Without data nothing is said of the size; what is cheaper for the same is said all the same.
        (("valkey", "8.0", "cache.r7g.large", 2), None, "unmeasured - - | 0.00"),
        (
            ("redis", "7.1", "cache.r5.large", 2),
            None,
            "unmeasured - -; graviton cache.r6g.large 14.60; valkey valkey 63.07 | 74.75",
        ),
        // Burstable types are for those that have one.
        (("redis", "7.1", "cache.t3.small", 1), idle, "downsize cache.t4g.micro 13.14; valkey valkey 4.96 | 15.48"),
        // What a burstable type does for good is a part of what it can do: 15 % is too much for micro, 30 % for small.
        (("valkey", "8.0", "cache.t4g.medium", 1), Some((15.0, 10.0, 8.0)), "downsize cache.t4g.small 19.27 | 19.27"),
        (("valkey", "8.0", "cache.t4g.small", 1), Some((30.0, 10.0, 8.0)), "upsize cache.m6g.large -68.33 | 0.00"),
        // Too old for the seventh generation.
        (("redis", "6.0", "cache.r5.xlarge", 1), idle, "downsize cache.m6g.large 205.86; valkey valkey 62.93 | 227.61"),
        // Data on SSD stays there.
        (("valkey", "8.0", "cache.r6gd.2xlarge", 1), idle, "downsize cache.r6gd.xlarge 454.94 | 454.94"),
    ] {
        assert_eq!(advised(nodes, height), want, "{nodes:?} {height:?}");
    }
}

#[test]
fn what_nobody_asks_is_idle_only_where_that_is_known() {
    let of = |asked, hours| {
        let nodes = Nodes {
            engine: Some("valkey".into()),
            version: None,
            node_type: Some("cache.t4g.micro".into()),
            count: Some(1),
            durability: None,
        };
        let charge = cost::price("us-east-1", &Usage::Nodes(nodes.clone())).map(Charge::Nodes);
        let mut analysis = Analysis {
            address: kinds::address("replication_group.x").expect("an address"),
            id: "x".into(),
            region: "us-east-1".into(),
            charge,
            nodes: Some(nodes),
            used: Use { asked, hours, ..Use::default() },
            advice: Vec::new(),
            saving: 0,
        };
        judge(&mut analysis, 30);
        (analysis.advice.iter().any(|advice| advice.kind == "idle"), usd(analysis.saving))
    };
    // 0.0128 x 730
    assert_eq!(of(Some(0.0), 720.0), (true, "9.34".into()));
    assert!(!of(Some(1.0), 720.0).0);
    assert!(!of(None, 720.0).0, "no data is not 0");
    assert!(!of(Some(0.0), 3.0).0, "it has only just come");
}
