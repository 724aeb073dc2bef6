//! Figures by hand, and those of public scripts with the rates that these have: fixtures, and no prices of ours.

use super::*;
use crate::kinds;
use crate::plan::cost::usd;

/// Dollars an hour of one node, in millionths, as a public script has them.
const RATES: [(&str, Micros); 9] = [
    ("cache.t3.micro", 17_000),
    ("cache.t3.small", 34_000),
    ("cache.t3.medium", 68_000),
    ("cache.r6g.large", 151_000),
    ("cache.r6g.xlarge", 302_000),
    ("cache.r6g.2xlarge", 604_000),
    ("cache.r6g.4xlarge", 1_209_000),
    ("cache.r7g.large", 158_000),
    ("cache.r7g.xlarge", 315_000),
];

fn month(nodes: &[(i64, &str)]) -> String {
    let line = |(count, node_type): &(i64, &str)| {
        let node_type = format!("cache.{node_type}");
        let (_, hour) = RATES.iter().find(|(known, _)| *known == node_type).expect("a rate");
        let engine = "redis".to_owned();
        let priced = Priced { count: *count, node_type, engine, hour: *hour, on_top: 0, date: "2024-01-01" };
        let address = kinds::address("replication_group.x").expect("an address");
        Line { address, region: String::new(), charge: Ok(Charge::Nodes(priced)), offers: Vec::new() }
    };
    let lines = nodes.iter().map(line).collect();
    usd(Estimate { hours: 720, lines, ..Estimate::default() }.monthly())
}

/// Months of 30 days, as the scripts count.
#[test]
fn figures_are_those_of_the_scripts() {
    let cases: [(&[(i64, &str)], &str); 9] = [
        (&[(1, "t3.micro")], "12.24"),
        (&[(2, "t3.small")], "48.96"),
        (&[(3, "t3.medium")], "146.88"),
        (&[(3, "r6g.large")], "326.16"),
        (&[(5, "r6g.xlarge")], "1087.20"),
        (&[(4, "r6g.large")], "434.88"),
        (&[(3, "r6g.large"), (5, "r6g.xlarge"), (4, "r6g.large")], "1848.24"),
        (&[(1, "r6g.4xlarge"), (1, "r6g.2xlarge")], "1305.36"),
        (&[(1, "r7g.large"), (1, "r7g.xlarge")], "340.56"),
    ];
    for (nodes, want) in cases {
        assert_eq!(month(nodes), want, "{nodes:?}");
    }
}

fn served(engine: &str, least: (i64, i64), given: &Given) -> String {
    let address = kinds::address("serverless_cache.carts").expect("an address");
    let usage = Usage::Metered(Metered {
        what: String::new(),
        engine: Some(engine.to_owned()),
        least_gb: least.0,
        least_ecpus: least.1,
    });
    match charge(&address, "us-east-1", &usage, given) {
        Ok(charge) => usd(charge.over(given.hours)),
        Err(why) => why,
    }
}

/// 0.084 USD a GB and hour and 0.0023 a million ECPUs with Valkey; 0.125 and 0.0034 with Redis.
#[test]
fn serverless_caches_by_what_is_told() {
    let all = |micros| vec![Amount { subject: None, micros }];
    let given = |gb, ecpus| Given { hours: 730, stored: all(gb), ecpus: all(ecpus) };
    let nothing = Given { hours: 730, ..Given::default() };
    for (engine, least, given, want) in [
        // 5 x 0.084 x 730 + 200 x 0.0023
        ("valkey", (0, 0), given(5_000_000, 200_000_000), "307.06"),
        // At least 0.1 GB, and 1 GB.
        ("valkey", (0, 0), given(0, 0), "6.13"),
        ("redis", (0, 0), given(500_000, 0), "91.25"),
        // 2 x 0.084 x 730 + 1000 x 3600 x 730 / 10^6 x 0.0023
        ("valkey", (2, 1000), given(1_000_000, 1_000_000), "128.68"),
    ] {
        assert_eq!(served(engine, least, &given), want, "{engine} {least:?}");
    }
    let why = served("redis", (0, 0), &nothing);
    assert!(why.contains("--stored-gb") && why.ends_with("an idle one comes to 91.25 USD"), "{why}");
    let half = Given { stored: all(1), ..Given { hours: 730, ..Given::default() } };
    assert!(served("redis", (0, 0), &half).contains("--million-ecpus"), "one of two is not enough");
}

#[test]
fn what_is_told_of_one_goes_before_what_is_told_of_all() {
    let one = |subject: Option<&str>, micros| Amount { subject: subject.and_then(kinds::subject), micros };
    let amounts = [one(Some("serverless_cache.a"), 1), one(None, 2), one(None, 3)];
    let of = |text: &str| Given::of(&amounts, &kinds::address(text).expect("an address"));
    assert_eq!((of("serverless_cache.a"), of("serverless_cache.b")), (Some(1), Some(3)));
}
