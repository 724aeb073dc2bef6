//! The account by itself: without faults an apply makes what the stack says, and the next plan is empty.

mod farewell;
mod rotation;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::simulation::case::Case;
use crate::simulation::clock::LeapingClock;
use crate::simulation::disk::Lie;
use crate::simulation::engine::{Bug, Command, End, Place, Verb};
use crate::simulation::faults::Faults;
use crate::simulation::run::live;
use crate::simulation::{simulate, simulate_with};

/// How many seeds a run of the tests lives.
const SEEDS: u64 = 150;
/// Within how many seeds a planted fault must be noticed.
const PLANTED: u64 = 400;

struct Scene {
    place: Place,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self::with(Faults::none())
    }

    fn with(faults: Faults) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let clock = LeapingClock::default();
        let place = Place::new(folder.path().to_owned(), clock, Arc::new(faults), None);
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

/// The first violations of each rule that seeds bring, with how many there are.
fn violations(seeds: impl Iterator<Item = u64>, bug: Option<Bug>) -> BTreeMap<&'static str, (u64, u64, String)> {
    let mut rules: BTreeMap<&'static str, (u64, u64, String)> = BTreeMap::new();
    for seed in seeds {
        let (_, report) = simulate_with(seed, bug);
        if let Some(first) = report.violations.into_iter().next() {
            rules.entry(first.rule).or_insert((0, seed, first.detail)).0 += 1;
        }
    }
    rules
}

#[test]
fn seeds_bring_no_violation() {
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (from, count) = (read("CACHESTACK_SEED").unwrap_or(0), read("CACHESTACK_SEEDS").unwrap_or(SEEDS));
    let found = violations(from..from + count, None);
    assert!(found.is_empty(), "how many, the first seed, and what was seen: {found:#?}");
}

#[test]
fn the_same_seed_brings_the_same() {
    let folder = regex::Regex::new(r"/\S*\.tmp\w+").expect("a pattern");
    let told = |story: &[String]| -> Vec<String> {
        story.iter().map(|part| folder.replace_all(part, "FOLDER").into_owned()).collect()
    };
    for seed in 0..20 {
        let (one, other) = (simulate(seed).1, simulate(seed).1);
        assert_eq!((&one.struck, &one.violations), (&other.struck, &other.violations), "seed {seed}");
        assert_eq!(told(&one.story), told(&other.story), "seed {seed}");
    }
}

/// Lives that once broke a rule, made short.
#[test]
fn cases_break_no_rule() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulated");
    for name in crate::disk::files_below(&folder, 10_000).expect("the cases") {
        let text = crate::disk::read(&folder.join(&name)).expect("a case").expect("a case");
        let case = Case::parse(&String::from_utf8_lossy(&text)).unwrap_or_else(|| panic!("{name} is no case"));
        let report = live(&case, Faults::script(case.faults.clone()));
        let told = report.story.join("\n----\n");
        assert!(report.violations.is_empty(), "{name}: {:#?}\n{told}", report.violations);
    }
}

/// The simulation would notice: each fault that is planted breaks a rule that says so.
#[test]
fn planted_faults_are_caught() {
    let lost = "every object of ours has a record or an open operation";
    let cases: [(Bug, &[&str]); 8] = [
        (
            Bug::Disk(Lie::Append),
            &["the state can always be read", "an operation is on the medium before its call is sent"],
        ),
        (
            Bug::Disk(Lie::Replace),
            &["the state can always be read", lost, "an operation is on the medium before its call is sent"],
        ),
        (Bug::Disk(Lie::Name), &["the state can always be read"]),
        (Bug::Blind, &[lost]),
        (Bug::Unmarked, &[lost]),
        (Bug::NoEdges, &["an object goes only when its successor is there"]),
        (Bug::NoGuard, &["no data is deleted without permission"]),
        (Bug::Shown, &["no secret is shown"]),
    ];
    for (bug, rules) in cases {
        let caught = (0..PLANTED).find(|seed| {
            let first = simulate_with(*seed, Some(bug)).1.violations.into_iter().next();
            first.is_some_and(|first| rules.contains(&first.rule))
        });
        assert!(caught.is_some(), "{bug:?} is not noticed");
    }
}
