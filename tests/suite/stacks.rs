//! Every stack under `stacks/` is checked, made, changed and destroyed: on the built-in emulator, and over a socket on
//! an emulator whose world is compared before and after.

use crate::harness::{Emulator, Place, Run, files, root};

/// What is changed between the first apply and the second.
enum Change {
    /// A variable: `name=value`.
    Var(&'static str),
    /// A text of main.hcl and what takes its place.
    Text(&'static str, &'static str),
}
use Change::{Text, Var};

macro_rules! stacks {
    ($($test:ident $name:literal adds $adds:literal, $change:expr;)+) => {
        /// Every stack, for the test that none is missing.
        const STACKS: &[&str] = &[$($name),+];
        mod in_process {
            use super::*;
            $(#[test] fn $test() { live(&Stack::new($name, $adds, $change), None); })+
        }
        mod over_a_socket {
            use super::*;
            $(#[test] fn $test() { on_a_socket(Stack::new($name, $adds, $change)); })+
        }
    };
}

stacks! {
    access "access" adds 7, Var(r#"clients=["web", "reports"]"#);
    advanced "advanced" adds 5, Var("engine_version=7.1");
    application "application" adds 11, Var("shards=3");
    backup "backup" adds 4, Var("days=2");
    basic "basic" adds 4, Var("nodes=3");
    cost_optimised "cost-optimised" adds 5, Var("node_type=cache.t4g.small");
    dependencies "dependencies" adds 13, Var(r#"clients=["instances", "functions", "batch"]"#);
    ecommerce "ecommerce" adds 9, Var("sale=true");
    encryption "encryption" adds 4, Text("\"allkeys-lru\"", "\"volatile-ttl\"");
    global_datastore "global-datastore" adds 10, Var("engine_version=7.1");
    global_datastore_aliases "global-datastore-aliases" adds 8, Var("replicas=2");
    guide "guide" adds 39, Var(r#"custom={ node_type = "cache.t3.small", num_cache_clusters = 3, snapshot_retention_limit = 0 }"#);
    logging "logging" adds 7, Var("retention_in_days=14");
    generated "generated" adds 4, Var("era=2027");
    memcached "memcached" adds 12, Var("nodes=2");
    memcached_basic "memcached-basic" adds 4, Var("nodes=3");
    notifications "notifications" adds 6, Text("\"Cache on call\"", "\"Caches\"");
    microservices "microservices" adds 18, Var(r#"services=["user-service", "search-service"]"#);
    monitoring "monitoring" adds 16, Var("nodes=3");
    multi_environment "multi-environment" adds 4, Var("nodes=2");
    multi_environment_for_each "multi-environment-for-each" adds 6, Var(r#"environments={ dev = { node_type = "cache.t3.small", nodes = 2 } }"#);
    network "network" adds 11, Var(r#"networks={ office = "10.2.0.0/16", home = "10.9.0.0/24" }"#);
    production "production" adds 7, Text("backup     = true", "backup     = false");
    quickstart "quickstart" adds 6, Var("node_type=cache.t4g.small");
    restore "restore" adds 4, Var(r#"snapshots=["restore-before-launch", "restore-friday"]"#);
    security "security" adds 5, Var(r#"admin_networks={ office = "10.1.0.0/16", home = "10.2.0.0/16" }"#);
    serverless "serverless" adds 4, Var("storage=20");
    simple "simple" adds 1, Text("\"One node\"", "\"Still one node\"");
    tiers "tiers" adds 8, Var(TIERS);
    users "users" adds 9, Var("reporting=on ~report:* +@read -@dangerous");
    variables "variables" adds 4, Var("num_cache_clusters=2");
}

/// A tier that shrinks, one of another size, one that is new; the tier of Memcached grows.
const TIERS: &str = r#"tiers={
    session-cache     = { engine = "redis", nodes = 2, ttl = 3600, purpose = "session_storage" }
    application-cache = { engine = "redis", node_type = "cache.r6g.2xlarge", nodes = 5, ttl = 900, purpose = "application_data" }
    counter-cache     = { engine = "redis", nodes = 1, ttl = 60, purpose = "rate_limits" }
    database-cache    = { engine = "memcached", nodes = 5, ttl = 300, purpose = "database_queries" }
}"#;

#[test]
fn every_stack_is_tested() {
    for file in files(&root().join("stacks"), "hcl") {
        let name = file.parent().and_then(|path| path.file_name()).and_then(|name| name.to_str()).expect("a name");
        assert!(STACKS.contains(&name), "stacks/{name} has no row");
    }
}

#[test]
fn the_example_is_the_stack() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a file");
    assert_eq!(read("examples/quickstart/main.hcl"), read("stacks/quickstart/main.hcl"));
}

/// What the README shows of files is planned: its stack, and its module in a stack of its own.
#[test]
fn the_examples_of_the_readme_plan() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let shown = |begins: &str| {
        let from = readme.find(begins).unwrap_or_else(|| panic!("no {begins}"));
        let lines = readme[from..].lines().take_while(|line| line.is_empty() || line.starts_with("    "));
        lines.map(|line| line.get(4..).unwrap_or_default()).collect::<Vec<_>>().join("\n") + "\n"
    };
    let modules = shown("    module \"cache\"");
    let module = modules.split("\nmodule \"redis\"").next().unwrap_or_default();
    let environment = "environment \"local\" {\n  endpoint = \"emulator\"\n  region   = \"us-west-2\"\n}\n";
    for (text, adds) in [(shown("    stack \"shop\""), None), (format!("{environment}{module}"), Some(8))] {
        let place = Place::new();
        place.write("main.hcl", &text);
        let run = place.run(&["plan"]).expect(0);
        assert!(adds.is_none_or(|adds| run.stdout.contains(&format!("Plan: {adds} to add,"))), "{}", run.stdout);
    }
}

/// One stack, written by `init`.
struct Stack {
    place: Place,
    adds: usize,
    change: Change,
}

impl Stack {
    fn new(name: &str, adds: usize, change: Change) -> Self {
        let mut place = Place::new();
        place.env("REDIS_AUTH_TOKEN", "correct-horse-battery-staple");
        place.run(&["init", "--template", name, "stack"]).expect(0);
        Self { place, adds, change }
    }

    fn run(&self, args: &[&str], extra: &[String]) -> Run {
        let args: Vec<&str> = args.iter().copied().chain(["stack"]).chain(extra.iter().map(String::as_str)).collect();
        self.place.run(&args)
    }

    /// Makes the change; answers the arguments that belong to it.
    fn change(&self) -> Vec<String> {
        match self.change {
            Var(var) => vec!["--var".to_owned(), var.to_owned()],
            Text(from, to) => {
                let text = self.place.read("stack/main.hcl");
                assert!(text.contains(from), "main.hcl has no {from:?}");
                self.place.write("stack/main.hcl", &text.replace(from, to));
                Vec::new()
            }
        }
    }

    /// What nobody has made yet.
    fn plans_everything(&self, extra: &[String]) {
        let plan = format!("Plan: {} to add, 0 to change, 0 to destroy.", self.adds);
        self.run(&["plan"], extra).expect(0).says(&plan);
        self.run(&["plan", "--detailed-exitcode"], extra).expect(2);
    }

    fn plans_nothing(&self, extra: &[String]) {
        self.run(&["plan", "--detailed-exitcode"], extra).expect(0).says("No changes.");
    }
}

/// The life of a stack; `endpoint` is another than its own.
fn live(stack: &Stack, endpoint: Option<&str>) {
    let endpoint: Vec<String> = endpoint.into_iter().flat_map(|url| ["--endpoint".into(), url.into()]).collect();
    stack.run(&["validate"], &[]).expect(0);
    stack.plans_everything(&endpoint);
    stack.run(&["apply", "--auto-approve"], &endpoint).expect(0).says(&format!("{} added, 0 changed", stack.adds));
    stack.plans_nothing(&endpoint);

    let changed: Vec<String> = endpoint.iter().cloned().chain(stack.change()).collect();
    stack.run(&["plan", "--detailed-exitcode", "--allow-destroy", "all"], &changed).expect(2);
    stack.run(&["apply", "--auto-approve", "--allow-destroy", "all"], &changed).expect(0);
    stack.plans_nothing(&changed);

    stack.run(&["destroy", "--auto-approve"], &changed).expect(0).says(" destroyed.");
    let listed = stack.place.run(&["-C", "stack", "state", "list"]).expect(0);
    assert_eq!(listed.stdout, "", "the state is empty after a destroy");
    if matches!(stack.change, Var(_)) {
        stack.plans_everything(&endpoint);
    }
}

fn on_a_socket(mut stack: Stack) {
    let emulator = Emulator::start("instant");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        stack.place.env(name, "test");
    }
    let before = world(&emulator);
    live(&stack, Some(&emulator.url));
    for (before, after) in before.iter().zip(world(&emulator)) {
        assert_eq!(*before, after, "a destroy leaves the account as it was");
    }
}

/// What an account holds, as the services themselves tell it.
const LOOKS: [(&str, &str, &str); 18] = [
    ("elasticache", "DescribeReplicationGroups", "2015-02-02"),
    ("elasticache", "DescribeCacheClusters", "2015-02-02"),
    ("elasticache", "DescribeCacheSubnetGroups", "2015-02-02"),
    ("elasticache", "DescribeCacheParameterGroups", "2015-02-02"),
    ("elasticache", "DescribeGlobalReplicationGroups", "2015-02-02"),
    ("elasticache", "DescribeServerlessCaches", "2015-02-02"),
    ("elasticache", "DescribeSnapshots", "2015-02-02"),
    ("elasticache", "DescribeUsers", "2015-02-02"),
    ("elasticache", "DescribeUserGroups", "2015-02-02"),
    ("ec2", "DescribeSecurityGroups", "2016-11-15"),
    ("ec2", "DescribeSecurityGroupRules", "2016-11-15"),
    ("ec2", "DescribeTags", "2016-11-15"),
    ("monitoring", "DescribeAlarms", "2010-08-01"),
    ("monitoring", "ListDashboards", "2010-08-01"),
    ("sns", "ListTopics", "2010-03-31"),
    ("sns", "ListSubscriptions", "2010-03-31"),
    ("logs", "DescribeLogGroups", "Logs_20140328"),
    ("logs", "DescribeMetricFilters", "Logs_20140328"),
];

/// In each region that the stacks use.
fn world(emulator: &Emulator) -> Vec<String> {
    let regions = ["us-west-2", "us-east-1", "eu-west-1"];
    regions.iter().flat_map(|region| LOOKS.iter().map(|ask| look(emulator, region, ask))).collect()
}

/// One request in the oldest protocol, so that no SDK stands between; a service without that has no version but a target.
fn look(emulator: &Emulator, region: &str, (service, action, version): &(&str, &str, &str)) -> String {
    let (body, headers) = match version.starts_with(|first: char| first.is_ascii_digit()) {
        true => (format!("Action={action}&Version={version}"), "application/x-www-form-urlencoded".to_owned()),
        false => ("{}".to_owned(), format!("application/x-amz-json-1.1\r\nX-Amz-Target: {version}.{action}")),
    };
    let scope = format!("test/20260101/{region}/{service}/aws4_request");
    let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let headers = format!("Content-Type: {headers}\r\nAuthorization: {signature}\r\n");
    let body = emulator.http("POST /", &headers, &body);
    without(&without_kept(&body), "equestId>")
}

/// What AWS makes by itself and keeps: the subnet group `default` for the first cache that names none, and a copy of the
/// parameter group in the region of a second member of a global datastore.
const KEPT: [(&str, &str); 2] = [
    ("CacheSubnetGroup", "<CacheSubnetGroupName>default<"),
    ("CacheParameterGroup", "<CacheParameterGroupName>global-datastore-"),
];

fn without_kept(body: &str) -> String {
    KEPT.iter().fold(body.to_owned(), |body, (element, name)| {
        let keep = |part: &str| match part.find(&format!("<{element}>")) {
            Some(at) if part.contains(name) => part[..at].to_owned(),
            _ => part.to_owned(),
        };
        body.split_inclusive(&format!("</{element}>")).map(keep).collect()
    })
}

/// The text without what is between each pair of a tag that ends so.
fn without(text: &str, tag: &str) -> String {
    text.split(tag).step_by(2).collect()
}
