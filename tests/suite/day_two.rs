//! The verbs of day two, where a case cannot tell.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::harness::{Emulator, Place};

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

parameter_group "tuned" {
  name       = "tuned"
  family     = "valkey8"
  parameters = { maxmemory-policy = "allkeys-lru", cluster-enabled = "yes" }
}

security_group "caches" {
  name   = "caches"
  vpc_id = data.vpc.default.id
}

data "vpc" "default" {
  default = true
}

user "default" {
  user_id       = "shop-default"
  user_name     = "default"
  engine        = "valkey"
  access_string = "on ~* &* +@all"
  passwords     = [secret("env:PASSWORD")]
}

user_group "shop" {
  user_group_id = "shop"
  engine        = "valkey"
  user_ids      = [user.default.user_id]
}

sns_topic "events" {
  name = "events"
}

replication_group "shards" {
  replication_group_id       = "production-shards"
  description                = "Shards"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.r7g.large"
  num_node_groups            = 3
  replicas_per_node_group    = 1
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.tuned.name
  security_group_ids         = [security_group.caches.id]
  user_group_ids             = [user_group.shop.user_group_id]
  port                       = 7000
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  snapshot_retention_limit   = 7
  snapshot_window            = "03:00-04:00"
  maintenance_window         = "sun:05:00-sun:07:00"
  notification_topic_arn     = sns_topic.events.arn
  auto_minor_version_upgrade = false
  tags                       = { team = "shop" }
}

replication_group "token" {
  replication_group_id       = "production-token"
  description                = "With a token"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 3
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  auth_token                 = secret("env:PASSWORD")
}

cache_cluster "alone" {
  cluster_id               = "alone"
  engine                   = "redis"
  node_type                = "cache.t4g.micro"
  num_cache_nodes          = 1
  snapshot_retention_limit = 3
}

serverless_cache "carts" {
  name                     = "carts"
  engine                   = "valkey"
  description              = "Carts"
  snapshot_retention_limit = 2
  cache_usage_limits {
    data_storage {
      maximum = 10
      unit    = "GB"
    }
    ecpu_per_second { maximum = 5000 }
  }
}
"#;

/// Every attribute of every cache in the state, by address.
fn attributes(place: &Place) -> BTreeMap<String, Json> {
    let shown = place.run(&["show", "--json"]).expect(0).stdout;
    let shown: Json = serde_json::from_str(&shown).expect("JSON");
    let resources = shown["values"]["root_module"]["resources"].as_array().into_iter().flatten();
    resources.map(|one| (one["address"].as_str().expect("an address").to_owned(), one["values"].clone())).collect()
}

/// A cache is made anew: what only tells when and out of what is not what it is.
const OF_THIS_VERY_ONE: [&str; 5] =
    ["snapshot_name", "snapshot_arns_to_restore", "auth_token_last_modified", "create_time", "endpoint"];

#[test]
fn what_is_restored_is_what_it_was_in_every_attribute() {
    let mut place = Place::new();
    place.env("PASSWORD", "hunter2hunter2hunter2");
    place.write("main.hcl", STACK);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let before = attributes(&place);
    let caches =
        ["replication_group.shards", "replication_group.token", "cache_cluster.alone", "serverless_cache.carts"];
    for cache in caches {
        place.run(&["backup", cache, "--wait"]).expect(0);
    }
    place.run(&["destroy", "--auto-approve"]).expect(0);
    assert!(attributes(&place).is_empty());
    for cache in caches {
        place.run(&["restore", cache, "--snapshot", "latest", "--auto-approve"]).expect(0);
    }
    let after = attributes(&place);
    for cache in caches {
        let name = before.keys().find(|address| address.ends_with(cache)).expect("a cache");
        let (old, new) = (before[name].as_object().expect("values"), after[name].as_object().expect("values"));
        assert!(old.len() > 15, "{cache}: {old:?}");
        let names = old.keys().chain(new.keys()).filter(|name| !OF_THIS_VERY_ONE.contains(&name.as_str()));
        for attribute in names {
            let ids = |value: Option<&Json>| value.map(|value| without_ids(value.to_string()));
            assert_eq!(ids(old.get(attribute)), ids(new.get(attribute)), "{cache}: {attribute}");
        }
    }
    // What is written holds: nothing is left to do, and the restored caches are what the stack says.
    let plan = place.run(&["plan", "--detailed-exitcode"]).expect(0).stdout;
    assert!(plan.contains("No changes"), "{plan}");
}

/// AWS gives a security group that is made anew another id, and we give our objects another mark.
fn without_ids(mut text: String) -> String {
    for pattern in ["sg-[0-9a-f]{17}", "\"cachestack:id\":\"[0-9a-f]{32}\""] {
        text = regex::Regex::new(pattern).expect("a pattern").replace_all(&text, "ID").into_owned();
    }
    text
}

/// A group and what its verbs meet, when the account refuses an operation in some way.
#[test]
fn what_is_refused_names_what_is_missing() {
    let emulator = Emulator::start("instant");
    let place = Place::new();
    let environment =
        format!("environment \"aws\" {{\n  endpoint = \"{}\"\n  region = \"us-east-1\"\n}}\n", emulator.url);
    let group = "replication_group \"main\" {\n  replication_group_id = \"main\"\n  description = \"Main\"\n  engine = \"valkey\"\n  node_type = \"cache.t4g.micro\"\n  num_cache_clusters = 2\n  automatic_failover_enabled = true\n}\n";
    place.write("main.hcl", &format!("{environment}{group}"));
    place.run(&["apply", "--auto-approve"]).expect(0);
    let main = "replication_group.main";
    let cases: [(&[&str], &str); 13] = [
        (&["backup", main], "elasticache:CreateSnapshot"),
        (&["snapshots", main], "elasticache:DescribeSnapshots"),
        (&["failover", main, "--auto-approve"], "elasticache:TestFailover"),
        (&["events"], "elasticache:DescribeEvents"),
        (&["updates"], "elasticache:DescribeUpdateActions"),
        (&["backup", main], "elasticache:DescribeReplicationGroups"),
        (&["metrics", main], "cloudwatch:GetMetricData"),
        (&["cost", "analyze", main], "cloudwatch:GetMetricData"),
        (&["cost", "update"], "pricing:GetProducts"),
        (&["plan"], "elasticache:DescribeReplicationGroups"),
        (&["drift"], "elasticache:DescribeReplicationGroups"),
        (&["doctor", main], "elasticache:DescribeReplicationGroups"),
        (&["import", "--discover"], "elasticache:DescribeReplicationGroups"),
    ];
    let refusals = [
        ("AccessDenied", "the credentials are not allowed "),
        ("InvalidReplicationGroupState", "the service is busy with it"),
    ];
    for (args, operation) in cases {
        for (code, says) in refusals.iter().filter(|(code, _)| {
            *code == "AccessDenied" || !operation.contains(":Describe") && !operation.contains(":Get")
        }) {
            let rule = format!("{{\"rules\":[{{\"match\":\"{operation}\",\"error\":{{\"code\":\"{code}\"}}}}]}}");
            emulator.http("POST /_cachestack/faults", "X-Cachestack-Control: 1\r\n", &rule);
            let stderr = place.run(args).expect(1).stderr;
            assert!(stderr.contains(says), "{args:?}, {code} of {operation}: {stderr}");
            assert!(*code != "AccessDenied" || stderr.contains(operation), "{args:?}: {stderr}");
        }
    }
}

/// Of two caches one cannot be read: the other is told, the error names what is missing, and the exit code says so.
#[test]
fn a_cache_that_cannot_be_looked_at_does_not_hide_the_others() {
    let emulator = Emulator::start("instant");
    let place = Place::new();
    let environment =
        format!("environment \"aws\" {{\n  endpoint = \"{}\"\n  region = \"us-east-1\"\n}}\n", emulator.url);
    let caches = "replication_group \"main\" {\n  replication_group_id = \"main\"\n  description = \"Main\"\n  node_type = \"cache.t4g.micro\"\n}\n\
                  serverless_cache \"carts\" {\n  name = \"carts\"\n  engine = \"valkey\"\n}\n";
    place.write("main.hcl", &format!("{environment}{caches}"));
    place.run(&["apply", "--auto-approve"]).expect(0);
    let action = "elasticache:DescribeServerlessCaches";
    let rule = format!("{{\"rules\":[{{\"match\":\"{action}\",\"error\":{{\"code\":\"AccessDenied\"}}}}]}}");
    for args in [&["cost", "analyze", "--json"][..], &["cost", "report", "--json", "--out", "report.json"]] {
        emulator.http("POST /_cachestack/faults", "X-Cachestack-Control: 1\r\n", &rule);
        let run = place.run(args).expect(1);
        assert!(run.stderr.contains(action), "{args:?}: {}", run.stderr);
        let text = if args.contains(&"--out") { place.read("report.json") } else { run.stdout };
        let json: Json = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["clusters"][0]["address"], "replication_group.main", "{json}");
        assert_eq!(json["errors"][0]["address"], "serverless_cache.carts", "{json}");
    }
}

/// A group of one node with series that go up and down, and its figures over a day.
#[test]
fn metrics_of_a_day_have_the_minimum_mean_and_maximum_that_were_put_in() {
    let place = Place::new();
    let stack = "environment \"local\" {\n  endpoint = \"emulator\"\n  region = \"us-east-1\"\n}\n\
                 replication_group \"main\" {\n  replication_group_id = \"main\"\n  description = \"Main\"\n  engine = \"valkey\"\n  node_type = \"cache.t4g.micro\"\n  num_cache_clusters = 1\n}\n";
    place.write("main.hcl", stack);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let series = r#"{ "region": "us-east-1", "series": [
        { "cache": "main-001", "metric": "EngineCPUUtilization", "shape": "daily", "low": 10, "high": 70 },
        { "cache": "main-001", "metric": "DatabaseMemoryUsagePercentage", "shape": "steady", "value": 42.5 },
        { "cache": "main-001", "metric": "Evictions", "shape": "spiky", "low": 1, "high": 61, "minutes": 6 },
        { "cache": "main-001", "metric": "CacheHits", "shape": "daily", "low": 0, "high": 180 },
        { "cache": "main-001", "metric": "CacheMisses", "shape": "steady", "value": 10 } ] }"#;
    place.control("metrics", series);
    let want = [
        ("EngineCPUUtilization", Some([10.0, 40.0, 70.0])),
        ("DatabaseMemoryUsagePercentage", Some([42.5, 42.5, 42.5])),
        ("Evictions", Some([1.0, 7.0, 61.0])),
        ("CacheHitRate", Some([0.0, 90.0, 100.0 * 180.0 / 190.0])),
        ("CPUUtilization", None),
    ];
    let json = place.run(&["metrics", "replication_group.main", "--format", "json"]).expect(0).stdout;
    let json: Json = serde_json::from_str(&json).expect("JSON");
    let readings = json.as_array().expect("readings");
    for (name, want) in want {
        let is = |one: &&Json| one["metric"] == name && one["node"].is_null();
        let found = readings.iter().find(is).unwrap_or_else(|| panic!("{name}"));
        let points = found["points"].as_array().expect("points").len();
        let Some(want) = want else {
            assert_eq!((points, &found["mean"]), (0, &Json::Null), "{name}: no data is not 0");
            continue;
        };
        assert_eq!(points, 1440, "{name}");
        for (statistic, want) in ["min", "mean", "max"].iter().zip(want) {
            let found = found[*statistic].as_f64().expect("a number");
            assert!((found - want).abs() < 1e-6, "{name}, {statistic}: {found}");
        }
    }
    // A point for each minute of each reading that has any, of the whole and of the node, behind the heading.
    let csv = place.run(&["metrics", "replication_group.main", "--format", "csv"]).expect(0).stdout;
    assert_eq!(csv.lines().count(), 1 + 2 * 4 * 1440);
    let svg = place.run(&["metrics", "replication_group.main", "--format", "svg"]).expect(0).stdout;
    assert_eq!(svg.matches("<polyline").count(), 4);
    assert!(svg.contains("min 10%  mean 40%  max 70%") && svg.ends_with("</svg>\n"), "{svg}");
    if let Some(file) = std::env::var_os("CACHESTACK_PICTURE") {
        std::fs::write(file, svg).expect("the picture is written");
    }
}

/// While a snapshot is made, nothing else is: the word of AWS says what goes on.
#[test]
fn a_cache_that_is_busy_is_left_alone() {
    let emulator = Emulator::start("60");
    let place = Place::new();
    let stack = format!(
        "environment \"aws\" {{\n  endpoint = \"{}\"\n  region = \"us-east-1\"\n}}\n\
         replication_group \"main\" {{\n  replication_group_id = \"main\"\n  description = \"Main\"\n  engine = \"valkey\"\n  node_type = \"cache.t4g.micro\"\n  num_cache_clusters = 1\n}}\n",
        emulator.url
    );
    place.write("main.hcl", &stack);
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["backup", "replication_group.main"]).expect(0);
    let stderr = place.run(&["backup", "replication_group.main", "--name", "again"]).expect(1).stderr;
    assert!(stderr.contains("is busy (snapshotting"), "{stderr}");
}

/// Asked for once more, a snapshot that is being made is waited for; its name is nothing for another cache.
#[test]
fn a_snapshot_under_way_is_of_one_cache() {
    let emulator = Emulator::start("60");
    let place = Place::new();
    let cache = |name: &str| {
        format!(
            "replication_group \"{name}\" {{\n  replication_group_id = \"{name}\"\n  description = \"One\"\n  engine = \"valkey\"\n  node_type = \"cache.t4g.micro\"\n  num_cache_clusters = 1\n}}\n"
        )
    };
    let environment =
        format!("environment \"aws\" {{\n  endpoint = \"{}\"\n  region = \"us-east-1\"\n}}\n", emulator.url);
    place.write("main.hcl", &format!("{environment}{}{}", cache("one"), cache("two")));
    place.run(&["apply", "--auto-approve"]).expect(0);
    let named = |cache: &'static str| ["backup", cache, "--name", "friday"];
    place.run(&named("replication_group.one")).expect(0).says("the snapshot \"friday\" has begun");
    place.run(&named("replication_group.one")).expect(0).says("the snapshot \"friday\" is being made already");
    let stderr = place.run(&named("replication_group.two")).expect(1).stderr;
    assert!(stderr.contains("a snapshot of another cache is being made under the name \"friday\""), "{stderr}");
}
