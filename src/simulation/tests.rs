//! The account by itself: without faults an apply makes what the stack says, and the next plan is empty.

use std::sync::Arc;

use crate::simulation::clock::LeapingClock;
use crate::simulation::engine::{Command, End, Place, Verb};
use crate::simulation::faults::Faults;

struct Scene {
    place: Place,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let clock = LeapingClock::default();
        let place = Place::new(folder.path().to_owned(), clock, Arc::new(Faults::none()), None);
        Self { place, _folder: folder }
    }

    fn write(&self, text: &str) {
        let head =
            "stack \"s\" {\n  default_environment = \"sim\"\n}\nenvironment \"sim\" {\n  region = \"us-east-1\"\n}\n";
        crate::disk::replace(&self.place.directory.join("main.hcl"), format!("{head}{text}").as_bytes())
            .expect("write");
    }

    fn run(&self, verb: Verb) -> (End, bool, String) {
        let outcome = self.place.run(&Command { verb, allow: true, ..Command::default() });
        (outcome.end, outcome.empty, format!("{}\n{}", outcome.plan, outcome.told))
    }

    /// Applies, and plans again.
    fn converges(&self) {
        let (end, _, told) = self.run(Verb::Apply);
        assert_eq!(end, End::Done, "{told}");
        let (end, empty, told) = self.run(Verb::Plan);
        assert_eq!((end, empty), (End::Done, true), "{told}");
    }

    fn objects(&self) -> usize {
        self.place.cloud.world().things().count()
    }
}

const ALL: &str = r#"
data "vpc" "main" { default = true }
data "subnets" "all" { vpc_id = data.vpc.main.id }
subnet_group "a" {
  name       = "a"
  subnet_ids = data.subnets.all.ids
  tags       = { team = "x" }
}
parameter_group "a" {
  name   = "a"
  family = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru", timeout = 300 }
}
security_group "client" {
  name   = "client"
  vpc_id = data.vpc.main.id
}
security_group "a" {
  name_prefix = "a-"
  vpc_id      = data.vpc.main.id
  ingress {
    from_port       = 6379
    to_port         = 6379
    protocol        = "tcp"
    security_groups = [security_group.client.id]
  }
  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    description = "office"
    cidr_blocks = ["10.1.0.0/16", "10.2.0.0/16"]
    self        = true
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
replication_group "a" {
  replication_group_id       = "a"
  description                = "first"
  engine_version             = "7.1"
  node_type                  = "cache.t3.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  parameter_group_name       = parameter_group.a.name
  subnet_group_name          = subnet_group.a.name
  security_group_ids         = [security_group.a.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN_1")
  tags                       = { team = "x" }
}
replication_group "s" {
  replication_group_id       = "s"
  num_node_groups            = 2
  replicas_per_node_group    = 1
  cluster_mode               = "enabled"
  automatic_failover_enabled = true
  node_type                  = "cache.t3.small"
  engine_version             = "7.1"
}
alarm "cpu" {
  for_each            = replication_group.a.member_clusters
  alarm_name          = "cpu-${each.key}"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  dimensions          = { CacheClusterId = each.key }
}
alarm "memory" {
  target              = replication_group.s
  alarm_name          = "memory-${node.id}"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 70.5
  comparison_operator = "GreaterThanThreshold"
}
"#;

#[test]
fn an_apply_of_all_kinds_leaves_an_empty_plan() {
    let scene = Scene::new();
    scene.write(ALL);
    scene.converges();
    assert_eq!(scene.objects(), 6 + 2 + 4);
    let changes = [
        ("num_cache_clusters         = 2", "num_cache_clusters         = 3"),
        ("\"first\"", "\"second\""),
        ("timeout = 300", "tcp-keepalive = 60"),
        ("\"10.2.0.0/16\"", "\"10.3.0.0/16\""),
        ("\"office\"", "\"branch\""),
        ("team = \"x\"", "team = \"y\", more = \"z\""),
        ("threshold           = 80", "threshold           = 90"),
        ("num_node_groups            = 2", "num_node_groups            = 3"),
        ("replicas_per_node_group    = 1", "replicas_per_node_group    = 2"),
        ("num_cache_clusters         = 3", "num_cache_clusters         = 2"),
        ("secret(\"env:TOKEN_1\")", "sensitive(\"another-token-of-mine\")"),
        (
            "transit_encryption_enabled = true\n  auth",
            "transit_encryption_mode = \"required\"\n  transit_encryption_enabled = true\n  auth",
        ),
    ];
    let mut text = ALL.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
        scene.write(&text);
        let (end, empty, told) = scene.run(Verb::Plan);
        assert!(end == End::Done && (!empty || to.contains("mode")), "{from} {told}");
        scene.converges();
    }
    let (end, _, told) = scene.run(Verb::Destroy);
    assert_eq!((end, scene.objects()), (End::Done, 0), "{told}");
}

#[test]
fn seeds_bring_no_violation() {
    let (from, count) = range();
    let mut rules = std::collections::BTreeMap::new();
    for seed in from..from + count {
        let (_, report) = crate::simulation::simulate(seed);
        if let Some(first) = report.violations.first() {
            let seen: &mut (usize, u64, String) = rules.entry(first.rule).or_default();
            if seen.0 == 0 {
                *seen = (0, seed, first.detail.clone());
            }
            seen.0 += 1;
        }
    }
    assert!(rules.is_empty(), "{rules:#?}");
}

fn range() -> (u64, u64) {
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    (read("CACHESTACK_SEED").unwrap_or(0), read("CACHESTACK_SEEDS").unwrap_or(50))
}
