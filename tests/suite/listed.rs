//! What there is of each kind can be listed: an account that nobody has used lists nothing, and one with an object of a
//! kind lists it by the name in the state, and by one that reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cachestack::clock::SystemClock;
use cachestack::cloud::{self, Endpoint, Settings};
use cachestack::emulator::{Emulator, Options, Speed};
use cachestack::kind::Cloud;
use cachestack::kinds;

use crate::harness::{Place, root};

const REGION: &str = "us-west-2";

/// Kinds that list what was not made as one of them, too: AWS does not tell the rules in a group's own block from others,
/// and gives every new group one; nor the users that a group was made with from those that joined it.
const MORE: [&str; 4] = [
    "security_group_rule",
    "user_group_association",
    "vpc_security_group_egress_rule",
    "vpc_security_group_ingress_rule",
];

/// What AWS lists without a name, until somebody has confirmed it.
const PENDING: (&str, &str) = (
    "protocol             = \"email\"\n  endpoint             = \"success@simulator.amazonses.com\"",
    "protocol             = \"sqs\"\n  endpoint             = \"arn:aws:sqs:us-west-2:000000000000:news\"",
);

fn remote_kinds() -> Vec<&'static str> {
    kinds::KINDS.into_iter().filter(|kind| kind.local().is_none()).map(|kind| kind.schema().kind).collect()
}

/// Lists every kind of an account, and reads what is listed.
fn list(emulator: Emulator) -> BTreeMap<&'static str, BTreeSet<String>> {
    let aws = cloud::connect(Settings::new(Endpoint::emulator(emulator), Arc::new(SystemClock))).expect("an account");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let kinds = remote_kinds().into_iter();
    let listed = kinds.map(|kind| {
        let remote = aws.remote(kind, REGION);
        let names = runtime.block_on(remote.list()).unwrap_or_else(|error| panic!("{kind} is not listed: {error:?}"));
        let read = runtime.block_on(remote.read(&names)).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        assert_eq!(read.into_keys().collect::<Vec<_>>(), names, "{kind}: what is listed, in order, is what reads");
        (kind, names.into_iter().collect())
    });
    listed.collect()
}

#[test]
fn an_unused_account_lists_nothing() {
    let emulator = Emulator::in_memory(Options::default());
    for (kind, names) in list(emulator) {
        assert_eq!(names, BTreeSet::new(), "{kind}");
    }
}

#[test]
fn what_is_made_is_listed() {
    let left = Mutex::new(remote_kinds());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(kind) = { left.lock().unwrap().pop() } {
                    one_of(kind);
                }
            });
        }
    });
}

/// Makes an object of a kind, with what it needs, and lists all kinds.
fn one_of(kind: &str) {
    let example = std::fs::read_to_string(root().join("examples/live").join(format!("{kind}.hcl")));
    let text = example.expect("an example of each kind");
    let leave: &[&str] = match kind {
        "reserved_cache_node" => &["--var", "purchase=true", "--allow-purchase", "reserved_cache_node.r[0]"],
        _ => &[],
    };
    assert_eq!(text.contains(PENDING.0), kind == "sns_topic_subscription");
    let mut made = apply(&text.replace(PENDING.0, PENDING.1), leave);
    assert!(made.recorded.contains_key(kind), "{kind} is made by its example");
    for (listed, names) in list(made.emulator) {
        let wanted = made.recorded.remove(listed).unwrap_or_default();
        match MORE.contains(&listed) {
            true => assert!(wanted.is_subset(&names), "{kind}: {listed}: {wanted:?} in {names:?}"),
            false => assert_eq!(names, wanted, "{kind}: {listed}"),
        }
    }
}

/// More of each than the service tells at once.
const MANY: &str = r#"
log_group "many" {
  count = 120
  name  = "many-${count.index}"
}

log_metric_filter "many" {
  count          = 60
  log_group_name = log_group.many[count.index % 3].name
  name           = "many-${count.index}"
  pattern        = "ERROR"

  metric_transformation {
    name      = "Errors"
    namespace = "Many"
    value     = "1"
  }
}

sns_topic "many" {
  count = 120
  name  = "many-${count.index}"
}

alarm "many" {
  count               = 120
  alarm_name          = "many-${count.index}"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ElastiCache"
  period              = 60
  statistic           = "Average"
  threshold           = 90
  dimensions          = { CacheClusterId = "many" }
}

parameter_group "many" {
  count  = 120
  name   = "many-${count.index}"
  family = "redis7"
}
"#;

#[test]
fn lists_are_read_to_their_last_page() {
    let made = apply(MANY, &[]);
    let listed = list(made.emulator);
    for (kind, wanted) in made.recorded {
        assert!(wanted.len() >= 60, "{kind}");
        assert_eq!(listed[kind.as_str()], wanted, "{kind}");
    }
}

/// What an apply has left.
struct Made {
    emulator: Emulator,
    /// Names in AWS by kind.
    recorded: BTreeMap<String, BTreeSet<String>>,
    _place: Place,
}

fn apply(stack: &str, leave: &[&str]) -> Made {
    let place = Place::new();
    place.write("main.hcl", stack);
    place.write(
        "where.hcl",
        &format!("environment \"local\" {{\n  endpoint = \"emulator\"\n  region = \"{REGION}\"\n}}\n"),
    );
    place.run(&[&["apply", "--auto-approve"], leave].concat()).expect(0);
    let state: serde_json::Value = serde_json::from_str(&place.read(".cachestack/local/state.json")).expect("JSON");
    let mut recorded: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in state["resources"].as_array().expect("records") {
        let kind = record["address"].as_str().and_then(|address| address.split('.').next()).expect("a kind");
        if record["region"] == REGION {
            recorded.entry(kind.to_owned()).or_default().insert(record["id"].as_str().expect("an id").to_owned());
        }
    }
    let world = place.path().join(".cachestack/local/emulator.json");
    let emulator = Emulator::open(&world, Options { speed: Speed::Instant, ..Options::default() }).expect("a world");
    Made { emulator, recorded, _place: place }
}
