//! What goes wrong between two runs loses nothing: failed successors, objects that others change, states that are
//! damaged, endpoints that are not the state's.

use crate::emulate::{aws, control};
use crate::harness::{Emulator, Place};

const HEAD: &str = r#"
environment "prod" { region = "us-east-1" }

data "vpc" "main" { default = true }
"#;

const GROUP: &str = r#"
variable "id" { default = "redis-1" }
variable "family" { default = "redis7" }

parameter_group "p" {
  name   = "params"
  family = var.family
}

replication_group "g" {
  replication_group_id = var.id
  node_type            = "cache.t4g.micro"
  engine_version       = var.family == "redis7" ? "7.1" : "6.2"
  num_cache_clusters   = 1
  parameter_group_name = parameter_group.p.name
  lifecycle { create_before_destroy = true }
}
"#;

/// A directory with a stack, on an emulator that can be told to fail.
struct Scene {
    emulator: Emulator,
    place: Place,
}

impl Scene {
    fn new(stack: &str) -> Self {
        let emulator = Emulator::start("instant");
        let mut place = Place::new();
        place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
        place.env("AWS_ENDPOINT_URL", &emulator.url);
        place.write("main.hcl", &format!("{HEAD}{stack}"));
        Self { emulator, place }
    }

    fn run(&self, words: &[&str], code: i32) -> crate::harness::Run {
        self.place.run(&[words, &["--endpoint", &self.emulator.url]].concat()).expect(code)
    }

    /// Calls of this operation fail from now on.
    fn fail(&self, operation: &str, code: &str) {
        let rule = serde_json::json!({ "match": format!("*:{operation}"), "error": { "code": code, "status": 400 } });
        let faults = serde_json::json!({ "seed": 1, "rules": [rule] }).to_string();
        control(&self.emulator, "POST /_cachestack/faults", &faults);
    }

    fn mend(&self) {
        control(&self.emulator, "DELETE /_cachestack/faults", "");
    }

    /// The ids of the groups that are there.
    fn groups(&self) -> String {
        let (_, answer) = aws(&self.emulator, "Action=DescribeReplicationGroups").expect("an answer");
        let found = answer.split("<ReplicationGroupId>").skip(1).filter_map(|rest| rest.split('<').next());
        let found: std::collections::BTreeSet<&str> = found.collect();
        found.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// The calls since the last time that do more than look.
    fn writes(&self) -> String {
        let calls = control(&self.emulator, "GET /_cachestack/calls", "");
        control(&self.emulator, "DELETE /_cachestack/calls", "");
        let calls: serde_json::Value = serde_json::from_str(&calls).expect("calls");
        let reads = ["Describe", "List", "Get"];
        let writes = calls.as_object().expect("calls").keys().filter(|name| {
            let operation = name.split(':').nth(1).unwrap_or_default();
            !reads.iter().any(|read| operation.starts_with(read))
        });
        writes.cloned().collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn a_successor_that_fails_costs_nothing() {
    let scene = Scene::new(GROUP);
    scene.run(&["apply", "--auto-approve"], 0);
    scene.fail("CreateReplicationGroup", "InsufficientCacheClusterCapacity");
    for id in ["id=redis-2", "id=redis-3", "id=redis-3"] {
        scene.run(&["apply", "--auto-approve", "--allow-destroy", "all", "--var", id], 5);
        assert_eq!(scene.groups(), "redis-1");
    }
    // Whoever follows the advice of an earlier version imports what is not lost.
    let import = "\nimport {\n  to = replication_group.g\n  id = \"redis-1\"\n}\n";
    scene.place.write("import.hcl", import);
    scene.run(&["apply", "--auto-approve"], 0).says("No changes");
    scene.place.write("import.hcl", "");
    scene.run(&["plan", "--detailed-exitcode"], 0);
    scene.mend();
    scene.run(&["apply", "--auto-approve", "--allow-destroy", "all", "--var", "id=redis-3"], 0);
    assert_eq!(scene.groups(), "redis-3");
    scene.run(&["plan", "--detailed-exitcode", "--var", "id=redis-3"], 0);
}

#[test]
fn a_family_that_fails_to_change_can_be_put_back() {
    let scene = Scene::new(GROUP);
    scene.run(&["apply", "--auto-approve"], 0);
    scene.fail("CreateCacheParameterGroup", "CacheParameterGroupQuotaExceeded");
    scene.run(&["apply", "--auto-approve", "--allow-destroy", "all", "--var", "family=redis6.x"], 5);
    scene.run(&["plan", "--detailed-exitcode"], 0).says("No changes");
    scene.mend();
    scene.run(&["plan", "--detailed-exitcode"], 0);
    assert_eq!(scene.groups(), "redis-1");
}

/// The old object goes last: when that fails, it keeps its guards and goes with a later run.
#[test]
fn a_former_object_keeps_its_guards_and_goes_in_the_end() {
    let scene = Scene::new(GROUP);
    scene.run(&["apply", "--auto-approve"], 0);
    scene.fail("DeleteReplicationGroup", "ServiceLinkedRoleNotFoundFault");
    let next = ["--auto-approve", "--allow-destroy", "all", "--var", "id=redis-2"];
    scene.run(&[&["apply"], &next[..]].concat(), 5);
    assert_eq!(scene.groups(), "redis-1 redis-2");
    scene.mend();
    scene.run(&["apply", "--auto-approve", "--var", "id=redis-2"], 3).says("its former object \"redis-1\"");
    // Its name is not free yet, and it cannot be taken over by another address.
    scene.place.write(
        "more.hcl",
        "replication_group \"h\" {\n  replication_group_id = \"redis-1\"\n  node_type = \"cache.t4g.micro\"\n}\n",
    );
    let refused = scene.run(&["plan", "--var", "id=redis-2"], 1);
    assert!(refused.stderr.contains("former object of `replication_group.g`"), "{}", refused.stderr);
    scene.place.write("import.hcl", "import {\n  to = replication_group.h\n  id = \"redis-1\"\n}\n");
    let refused = scene.run(&["plan", "--var", "id=redis-2"], 1);
    assert!(refused.stderr.contains("the former object of `replication_group.g`"), "{}", refused.stderr);
    scene.place.write("more.hcl", "");
    scene.place.write("import.hcl", "");
    scene.run(&[&["apply"], &next[..]].concat(), 0).says("1 destroyed");
    assert_eq!(scene.groups(), "redis-2");
}

/// AWS refuses the final snapshot: nothing is deleted, and the next attempt has another name for it.
#[test]
fn a_final_snapshot_that_is_refused_costs_nothing() {
    let scene = Scene::new(
        "replication_group \"g\" {\n  replication_group_id = \"redis-1\"\n  node_type = \"cache.t4g.micro\"\n}\n",
    );
    scene.run(&["apply", "--auto-approve"], 0);
    let next = ["--auto-approve", "--allow-destroy", "replication_group.g", "--replace", "replication_group.g"];
    let name = |text: &str| text.split("FinalSnapshotIdentifier = \"").nth(1)?.split('"').next().map(str::to_owned);
    scene.fail("DeleteReplicationGroup", "SnapshotQuotaExceededFault");
    let refused = scene.run(&[&["apply"], &next[..]].concat(), 5);
    assert!(refused.stderr.contains("SnapshotQuotaExceeded") || refused.stdout.contains("SnapshotQuotaExceeded"));
    assert_eq!(scene.groups(), "redis-1");
    scene.mend();
    scene.run(&["plan", "--detailed-exitcode"], 0).says("No changes");
    let done = scene.run(&[&["apply"], &next[..]].concat(), 0).says("Final snapshot \"redis-1-final-");
    assert!(name(&done.stdout).is_some() && name(&done.stdout) != name(&refused.stdout), "{}", done.stdout);
    assert_eq!(scene.groups(), "redis-1");
}

const PARAMETERS: &str = r#"
parameter_group "p" {
  name       = "lost"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

parameter_group "q" {
  name   = "gone"
  family = "redis7"
}
"#;

#[test]
fn a_refresh_sends_nothing_and_shows_what_it_takes_over() {
    let scene = Scene::new(PARAMETERS);
    scene.run(&["apply", "--auto-approve"], 0);
    aws(&scene.emulator, "Action=DeleteCacheParameterGroup&CacheParameterGroupName=gone").expect("an answer");
    let change = "Action=ModifyCacheParameterGroup&CacheParameterGroupName=lost\
        &ParameterNameValues.ParameterNameValue.1.ParameterName=maxmemory-policy\
        &ParameterNameValues.ParameterNameValue.1.ParameterValue=noeviction";
    aws(&scene.emulator, change).expect("an answer");
    scene.writes();
    scene.run(&["plan", "--refresh-only", "--detailed-exitcode"], 2).says("was changed by others").says("noeviction");
    scene.run(&["apply", "--refresh-only", "--auto-approve"], 0).says("is gone already");
    assert_eq!(scene.writes(), "");
    scene.run(&["plan", "--refresh-only", "--detailed-exitcode"], 0);
    let listed = scene.place.run(&["state", "list"]).expect(0).stdout;
    assert_eq!(listed, "parameter_group.p\n");
    // What the stack says still counts for the next plan.
    scene.run(&["apply", "--auto-approve"], 0).says("1 added, 1 changed, 0 destroyed");
}

/// Others delete an object of ours between two runs and make one of the same name: it is theirs, whatever is run, until
/// the stack says that it is taken over.
#[test]
fn what_others_made_anew_is_theirs() {
    const MAKE: &str = "Action=CreateCacheParameterGroup&CacheParameterGroupName=gone&CacheParameterGroupFamily=redis7\
        &Description=theirs&Tags.Tag.1.Key=";
    let show = "Action=DescribeCacheParameterGroups&CacheParameterGroupName=gone";
    for (tag, destroyed) in [("owner&Tags.Tag.1.Value=them", 1), ("cachestack:id&Tags.Tag.1.Value=cs-other", 0)] {
        let scene = Scene::new(PARAMETERS);
        scene.run(&["apply", "--auto-approve"], 0);
        aws(&scene.emulator, "Action=DeleteCacheParameterGroup&CacheParameterGroupName=gone").expect("an answer");
        aws(&scene.emulator, &format!("{MAKE}{tag}")).expect("an answer");
        let is_theirs = || aws(&scene.emulator, show).is_some_and(|(_, text)| text.contains("theirs"));
        scene.writes();
        let yes = "--auto-approve";
        for words in [
            &["plan"][..],
            &["apply", yes],
            &["apply", yes, "--refresh-only"],
            &["plan", "--replace", "parameter_group.q"],
        ] {
            let refused = scene.run(words, 1);
            assert!(refused.stderr.contains("CS0612") && refused.stderr.contains("main.hcl:"), "{}", refused.stderr);
        }
        // What another mark says is known; a tag that is gone may have been lost.
        scene.run(&["plan", "--destroy"], destroyed);
        assert_eq!(scene.writes(), "");
        scene.place.write("import.hcl", "import {\n  to = parameter_group.q\n  id = \"gone\"\n}\n");
        scene.run(&["apply", yes, "--allow-destroy", "all"], 0).says("1 imported");
        scene.run(&["plan", "--detailed-exitcode"], 0);
        assert!(is_theirs(), "{tag}");
        scene.place.write("import.hcl", "");
        scene.run(&["destroy", yes], 0);
        assert!(!is_theirs(), "{tag}");
    }
}

/// Our mark is never left to others, whatever `ignore_tags` says.
#[test]
fn a_mark_cannot_be_ignored() {
    let provider = "provider \"aws\" {\n  ignore_tags {\n    key_prefixes = [\"cachestack:\"]\n  }\n}\n";
    let scene = Scene::new(&format!("{provider}{PARAMETERS}"));
    scene.run(&["apply", "--auto-approve"], 0);
    scene.run(&["plan", "--detailed-exitcode"], 0);
    scene.run(&["apply", "--auto-approve", "--refresh-only"], 0);
    scene.run(&["destroy", "--auto-approve"], 0).says("2 destroyed");
}

/// The same for an object whose block is gone.
#[test]
fn what_others_made_anew_is_not_destroyed() {
    let scene = Scene::new(PARAMETERS);
    scene.run(&["apply", "--auto-approve"], 0);
    for (name, tag) in [("gone", "owner"), ("lost", "cachestack:id")] {
        aws(&scene.emulator, &format!("Action=DeleteCacheParameterGroup&CacheParameterGroupName={name}"));
        let make = format!(
            "Action=CreateCacheParameterGroup&CacheParameterGroupName={name}&CacheParameterGroupFamily=redis7\
             &Description=theirs&Tags.Tag.1.Key={tag}&Tags.Tag.1.Value=them"
        );
        aws(&scene.emulator, &make).expect("an answer");
    }
    scene.place.write("main.hcl", HEAD);
    let refused = scene.run(&["apply", "--auto-approve"], 1);
    assert!(refused.stderr.contains("removed { from = parameter_group.q }"), "{}", refused.stderr);
    let removed = "removed {\n  from = parameter_group.q\n  lifecycle {\n    destroy = false\n  }\n}\n";
    scene.place.write("main.hcl", &format!("{HEAD}{removed}"));
    scene.writes();
    scene.run(&["apply", "--auto-approve"], 0).says("carries the mark of another");
    assert_eq!(scene.writes(), "");
    scene.run(&["plan", "--detailed-exitcode"], 0);
    assert_eq!(scene.place.run(&["state", "list"]).expect(0).stdout, "");
}

#[test]
fn a_state_belongs_to_its_place() {
    let scene = Scene::new(PARAMETERS);
    scene.run(&["apply", "--auto-approve"], 0);
    // The same emulator on another port is the same place.
    let other = Emulator::start("instant");
    let text = HEAD.replace("us-east-1", "eu-west-1");
    scene.place.write("main.hcl", &format!("{text}{PARAMETERS}"));
    let refused = scene.run(&["plan"], 3);
    assert!(refused.stderr.contains("of region us-east-1"), "{}", refused.stderr);
    scene.place.write("main.hcl", &format!("{HEAD}{PARAMETERS}"));
    scene.place.run(&["plan", "--endpoint", &other.url]).expect(0).says("is gone from the account");
}

/// A new security group lets everything out until the call that ends that; a create that is cut off before owes it.
#[test]
fn what_a_create_owes_is_made_up_for() {
    let scene = Scene::new(
        "security_group \"s\" {\n  name = \"s\"\n  ingress {\n    from_port = 1\n    to_port = 1\n    protocol = \"tcp\"\n    \
         cidr_blocks = [\"10.0.0.0/8\"]\n  }\n}\n",
    );
    scene.fail("AuthorizeSecurityGroupIngress", "InvalidParameterValue");
    scene.run(&["apply", "--auto-approve"], 5);
    scene.mend();
    scene.writes();
    scene.run(&["apply", "--auto-approve"], 0).says("0 added, 1 changed, 0 destroyed");
    let writes = scene.writes();
    assert!(writes.contains("AuthorizeSecurityGroupIngress"), "{writes}");
    assert!(writes.contains("RevokeSecurityGroupEgress"), "{writes}");
    scene.run(&["plan", "--detailed-exitcode"], 0);
}

/// What is replaced goes only if its successor can be made as it was planned: values that are known only then are looked
/// at before the old object is deleted.
#[test]
fn a_successor_that_breaks_a_rule_costs_nothing() {
    let stack = r#"
variable "port" { default = 6379 }
variable "open" { default = false }
security_group "w" {
  count = var.open ? 1 : 0
  name  = "w"
}
replication_group "g" {
  replication_group_id = "redis-1"
  node_type            = "cache.t4g.micro"
  port                 = var.port
  maintenance_window   = var.open ? one(security_group.w[*].id) : null
  lifecycle { ignore_changes = [snapshot_window] }
}
"#;
    let scene = Scene::new(stack);
    scene.run(&["apply", "--auto-approve"], 0);
    scene.writes();
    let broken = ["apply", "--auto-approve", "--allow-destroy", "all", "--var", "port=6380", "--var", "open=true"];
    scene.run(&broken, 5);
    assert!(!scene.writes().contains("DeleteReplicationGroup"), "nothing is deleted");
    assert_eq!(scene.groups(), "redis-1");
}

/// What is left to others may differ from what the block says, also where something else becomes known only later.
#[test]
fn what_is_ignored_keeps_nothing_from_being_filled() {
    let stack = r#"
variable "text" { default = "one" }
variable "next" { default = false }
security_group "s" {
  count = var.next ? 1 : 0
  name  = "s"
}
alarm "a" {
  alarm_name          = "a"
  alarm_description   = var.text
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  dimensions          = { CacheClusterId = var.next ? one(security_group.s[*].id) : "redis-001" }
  lifecycle { ignore_changes = [alarm_description] }
}
"#;
    let scene = Scene::new(stack);
    scene.run(&["apply", "--auto-approve"], 0);
    let changed = ["--var", "text=two", "--var", "next=true"];
    scene.run(&[&["apply", "--auto-approve"][..], &changed].concat(), 0).says("1 added, 1 changed");
    scene.run(&[&["plan", "--detailed-exitcode"][..], &changed].concat(), 0);
}

/// Collections are read back from a state without their types, and are the same all the same. What is left when the
/// resources are gone goes as well.
#[test]
fn outputs_alone_are_no_change() {
    let scene =
        Scene::new("output \"set\" {\n  value = toset([\"a\"])\n}\noutput \"map\" {\n  value = tomap({ a = 1 })\n}\n");
    scene.run(&["apply", "--auto-approve"], 0);
    scene.run(&["apply", "--auto-approve"], 0).says("No changes");
    scene.run(&["destroy", "--auto-approve"], 0);
    scene.run(&["destroy", "--auto-approve"], 0);
}

const LATE: &str = r#"
security_group "u" { name = "u" }
alarm "b" {
  alarm_name          = "a${length(security_group.u.id)}"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  dimensions          = { CacheClusterId = "redis-001" }
}
"#;

/// A name that becomes known late may be taken: by another resource, or by somebody else.
#[test]
fn names_that_become_known_late_are_looked_for() {
    let twice = LATE.replace("alarm \"b\"", "alarm \"a\"").replace("security_group \"u\" { name = \"u\" }", "");
    let scene = Scene::new(&format!("{LATE}{twice}"));
    scene.run(&["apply", "--auto-approve"], 5);
    let apart = LATE.replace("\"a${length", "\"b${length");
    scene.place.write("main.hcl", &format!("{HEAD}{apart}{twice}"));
    scene.run(&["apply", "--auto-approve"], 0);
    scene.run(&["plan", "--detailed-exitcode"], 0);
    // The same names from another directory: the account has them, and its state does not.
    let other = scene.emulator.url.clone();
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_ENDPOINT_URL", &other);
    place.write("main.hcl", &format!("{HEAD}{}", LATE.replace("name = \"u\"", "name = \"v\"")));
    scene.writes();
    place.run(&["apply", "--auto-approve"]).expect(5);
    assert!(!scene.writes().contains("PutMetricAlarm"), "nobody else's alarm is overwritten");
}

/// The present and random values are told when the plan is carried out.
#[test]
fn values_of_the_present_are_known_at_apply() {
    let scene = Scene::new(
        "parameter_group \"p\" {\n  name        = \"p\"\n  family      = \"redis7\"\n  description = \"at ${timestamp()}\"\n  tags        = { id = uuid() }\n  lifecycle { ignore_changes = [description, tags] }\n}\n",
    );
    scene.run(&["apply", "--auto-approve"], 0).says("1 added");
    scene.run(&["plan", "--detailed-exitcode"], 0);
}

/// What a profile says of the endpoint counts as well: the state is not one of AWS.
#[test]
fn an_endpoint_of_a_profile_is_not_aws() {
    let of_services =
        "services = local\n[services local]\nelasticache =\n  endpoint_url = URL\nsts =\n  endpoint_url = URL";
    for line in ["endpoint_url = URL", of_services] {
        let emulator = Emulator::start("instant");
        let mut place = Place::new();
        place.write("aws-config", &format!("[default]\n{line}\n").replace("URL", &emulator.url));
        place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
        place.env("AWS_CONFIG_FILE", "aws-config");
        let head = "environment \"prod\" { region = \"us-east-1\" }\n";
        place
            .write("main.hcl", &format!("{head}parameter_group \"p\" {{\n  name = \"p\"\n  family = \"redis7\"\n}}\n"));
        place.run(&["apply", "--auto-approve"]).expect(0).says("1 added");
        let state = place.read(".cachestack/prod/state.json");
        assert!(state.contains("\"aws\": false"), "{line}: {state}");
    }
}

/// The new name was not liked after all: what is there already under the old one is the object again.
#[test]
fn a_file_that_is_put_back_takes_the_former_object_back() {
    let scene = Scene::new(&GROUP.replace("\"params\"", "\"params-${var.id}\""));
    scene.run(&["apply", "--auto-approve"], 0);
    let away = ["apply", "--auto-approve", "--allow-destroy", "all", "--var", "id=redis-2"];
    scene.fail("DeleteReplicationGroup", "ServiceLinkedRoleNotFoundFault");
    scene.run(&away, 5);
    assert_eq!(scene.groups(), "redis-1 redis-2");
    scene.mend();
    scene
        .run(&["apply", "--auto-approve", "--allow-destroy", "all"], 0)
        .says("is its former object again: \"redis-1\"");
    assert_eq!(scene.groups(), "redis-1");
    scene.run(&["plan", "--detailed-exitcode"], 0);
    // A group that cannot be re-pointed: forward fails, and back needs nothing of it.
    let stack = GROUP.replace("\"params\"", "\"params-${var.family}-${var.name}\"");
    scene.place.write("main.hcl", &format!("{HEAD}{stack}\nvariable \"name\" {{ default = \"a\" }}\n"));
    scene.run(&["apply", "--auto-approve"], 0);
    scene.fail("ModifyReplicationGroup", "AccessDenied");
    scene.run(&["apply", "--auto-approve", "--var", "name=b"], 5);
    scene.run(&["apply", "--auto-approve"], 0).says("1 destroyed");
    scene.run(&["plan", "--detailed-exitcode"], 0);
}

const TOKEN: &str = r#"
replication_group "g" {
  replication_group_id       = "redis-1"
  node_type                  = "cache.t4g.micro"
  engine_version             = "7.1"
  num_cache_clusters         = 1
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN")
}
"#;

/// How many tokens get in.
fn tokens(scene: &Scene) -> usize {
    let world = control(&scene.emulator, "GET /_cachestack/export", "");
    let tokens = world.split("\"tokens\":[").nth(1).and_then(|rest| rest.split(']').next()).expect("the tokens");
    tokens.matches("\",\"").count() + 1
}

/// The second call of a rotation is lost on its way: it is sent again, so that the old token no longer gets in.
#[test]
fn a_rotation_that_loses_its_end_is_ended() {
    let mut scene = Scene::new(TOKEN);
    scene.place.env("TOKEN", "tokenAAAA1111bbbb");
    scene.run(&["apply", "--auto-approve"], 0);
    scene.place.env("TOKEN", "tokenCCCC2222dddd");
    let lost = r#"{ "seed": 1, "rules": [{ "match": "elasticache:ModifyReplicationGroup", "after": 1, "times": 1, "timeout": { "ms": 50, "done": false } }] }"#;
    control(&scene.emulator, "POST /_cachestack/faults", lost);
    scene.run(&["apply", "--auto-approve"], 0);
    assert_eq!(tokens(&scene), 1);
    scene.run(&["plan", "--detailed-exitcode"], 0);
    // A rotation that is given up half way leaves the token of before, and that alone.
    scene.place.env("TOKEN", "tokenEEEE3333ffff");
    let denied = r#"{ "seed": 1, "rules": [{ "match": "elasticache:ModifyReplicationGroup", "after": 1, "error": { "code": "AccessDenied", "status": 403 } }] }"#;
    control(&scene.emulator, "POST /_cachestack/faults", denied);
    scene.run(&["apply", "--auto-approve"], 5);
    scene.mend();
    scene.place.env("TOKEN", "tokenCCCC2222dddd");
    scene.run(&["apply", "--auto-approve"], 0).says("1 changed");
    assert_eq!(tokens(&scene), 1);
    scene.run(&["plan", "--detailed-exitcode"], 0);
}

/// The call that lets a first token in is answered by nobody: it is not sent again.
#[test]
fn a_first_token_is_let_in_once() {
    let mut scene = Scene::new(&TOKEN.replace("auth_token ", "# auth_token "));
    scene.run(&["apply", "--auto-approve"], 0);
    scene.place.env("TOKEN", "tokenAAAA1111bbbb").write("main.hcl", &format!("{HEAD}{TOKEN}"));
    let lost = r#"{ "seed": 1, "rules": [{ "match": "elasticache:ModifyReplicationGroup", "times": 1, "timeout": { "ms": 50, "done": true } }] }"#;
    control(&scene.emulator, "POST /_cachestack/faults", lost);
    scene.writes();
    scene.run(&["apply", "--auto-approve"], 0);
    let calls: serde_json::Value =
        serde_json::from_str(&control(&scene.emulator, "GET /_cachestack/calls", "")).expect("calls");
    let sent = calls.as_object().expect("calls").iter().find(|(name, _)| name.contains("ModifyReplicationGroup"));
    assert_eq!(sent.expect("a call").1, 2, "ROTATE and SET: {calls}");
    assert_eq!(tokens(&scene), 1);
    scene.run(&["plan", "--detailed-exitcode"], 0);
}

#[test]
fn a_time_limit_is_kept_whatever_the_service_does() {
    let scene = Scene::new(
        &TOKEN.replace("auth_token                 = secret(\"env:TOKEN\")", "timeouts { create = \"2s\" }"),
    );
    let rule = r#"{ "seed": 1, "rules": [{ "match": "elasticache:CreateReplicationGroup", "error": { "code": "Throttling", "status": 400 } }] }"#;
    control(&scene.emulator, "POST /_cachestack/faults", rule);
    let start = std::time::Instant::now();
    scene.run(&["apply", "--auto-approve"], 5).says("still under way after 2s");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    scene.mend();
    scene.run(&["apply", "--auto-approve"], 0);
    assert_eq!(scene.groups(), "redis-1");
}

/// A single node of 6.2; what is written in its place is two shards in cluster mode.
const SINGLE: &str = r#"
replication_group "g" {
  replication_group_id = "redis-1"
  node_type            = "cache.t4g.micro"
  engine_version       = "6.2"
}
"#;

const SHARDS: &str = r#"
replication_group "g" {
  replication_group_id       = "redis-1"
  node_type                  = "cache.t4g.micro"
  engine_version             = "7.1"
  automatic_failover_enabled = true
  cluster_mode               = "enabled"
  num_node_groups            = 2
  replicas_per_node_group    = 1
}
"#;

/// Wherever the way to cluster mode breaks off, the next run goes on from there.
#[test]
fn a_migration_to_cluster_mode_goes_on_after_each_call() {
    let calls = [
        ("IncreaseReplicaCount", 0),
        ("ModifyReplicationGroup", 0),
        ("ModifyReplicationGroup", 1),
        ("ModifyReplicationGroup", 2),
        ("ModifyReplicationGroupShardConfiguration", 0),
    ];
    let faults = [
        (r#""error": { "code": "AccessDenied", "status": 403 }"#, 5),
        (r#""times": 1, "timeout": { "ms": 50, "done": true }"#, 0),
    ];
    for ((operation, after), (fault, code)) in
        calls.iter().flat_map(|call| faults.iter().map(move |fault| (call, fault)))
    {
        let scene = Scene::new(SINGLE);
        scene.run(&["apply", "--auto-approve"], 0);
        scene.place.write("main.hcl", &format!("{HEAD}{SHARDS}"));
        let rule = format!(
            r#"{{ "seed": 1, "rules": [{{ "match": "elasticache:{operation}", "after": {after}, {fault} }}] }}"#
        );
        control(&scene.emulator, "POST /_cachestack/faults", &rule);
        scene.run(&["apply", "--auto-approve"], *code);
        scene.mend();
        let left = if *code == 0 { 0 } else { 2 };
        scene.run(&["plan", "--detailed-exitcode"], left);
        scene.run(&["apply", "--auto-approve"], 0);
        scene.run(&["plan", "--detailed-exitcode"], 0);
        let (_, answer) = aws(&scene.emulator, "Action=DescribeReplicationGroups").expect("an answer");
        assert!(answer.contains("<ClusterMode>enabled</ClusterMode>"), "{operation} {after}: {answer}");
        assert_eq!(answer.matches("<NodeGroupId>").count(), 2, "{operation} {after}: {answer}");
    }
}

/// Redis 7.1 on two nodes, without encryption.
const PLAIN: &str = r#"
replication_group "g" {
  replication_group_id       = "redis-1"
  node_type                  = "cache.t4g.micro"
  engine_version             = "7.1"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
}
"#;

/// Clients without TLS are kept out in the end, wherever the way there breaks off.
#[test]
fn encryption_that_loses_its_end_is_still_required() {
    let tls = "  transit_encryption_enabled = true\n}";
    let token = "  transit_encryption_enabled = true\n  auth_token = secret(\"env:TOKEN\")\n}";
    let denied = |after: u32| format!(r#""after": {after}, "error": {{ "code": "AccessDenied", "status": 403 }}"#);
    for (end, calls) in [(tls, 2), (token, 4)] {
        for after in 0..calls {
            let mut scene = Scene::new(PLAIN);
            scene.place.env("TOKEN", "tokenAAAA1111bbbb");
            scene.run(&["apply", "--auto-approve"], 0);
            let stack = PLAIN.trim_end().trim_end_matches('}');
            scene.place.write("main.hcl", &format!("{HEAD}{stack}{end}\n"));
            let fault = denied(after);
            let rule =
                format!(r#"{{ "seed": 1, "rules": [{{ "match": "elasticache:ModifyReplicationGroup", {fault} }}] }}"#);
            control(&scene.emulator, "POST /_cachestack/faults", &rule);
            scene.run(&["apply", "--auto-approve"], 5);
            scene.mend();
            scene.run(&["plan", "--detailed-exitcode"], 2);
            scene.run(&["apply", "--auto-approve"], 0);
            scene.run(&["plan", "--detailed-exitcode"], 0);
            let (_, answer) = aws(&scene.emulator, "Action=DescribeReplicationGroups").expect("an answer");
            assert!(answer.contains("<TransitEncryptionMode>required<"), "{end} {after}: {answer}");
        }
    }
}

/// What AWS was asked to do in the window, and does not tell, is not forgotten with the answer: the former wish is
/// asked for again, and so is the same one, of which nobody knows whether AWS has heard it.
#[test]
fn what_waits_and_lost_its_answer_is_remembered() {
    let names = ["a", "b"]
        .map(|name| format!("parameter_group \"{name}\" {{\n  name   = \"{name}\"\n  family = \"redis7\"\n}}\n"));
    let stack = |group: &str| {
        let block = "  apply_immediately = false\n  parameter_group_name = parameter_group.GROUP.name\n}";
        let plain = PLAIN.trim_end().trim_end_matches('}');
        format!("{HEAD}{}{plain}{}\n", names.concat(), block.replace("GROUP", group))
    };
    for done in [true, false] {
        for (wish, calls) in [("a", 1), ("b", 1)] {
            let scene = Scene::new("");
            scene.place.write("main.hcl", &stack("a"));
            scene.run(&["apply", "--auto-approve"], 0);
            scene.place.write("main.hcl", &stack("b").replace("\n}\n", "\n  timeouts { update = \"2s\" }\n}\n"));
            let lost = format!(
                r#"{{ "seed": 1, "rules": [
                    {{ "match": "elasticache:ModifyReplicationGroup", "times": 1, "timeout": {{ "ms": 60000, "done": {done} }} }}
                ] }}"#
            );
            control(&scene.emulator, "POST /_cachestack/faults", &lost);
            scene.run(&["apply", "--auto-approve"], 5);
            scene.mend();
            scene.place.write("main.hcl", &stack(wish));
            scene.writes();
            let plan = scene.run(&["plan", "--detailed-exitcode"], 2);
            plan.says(&format!("CacheParameterGroupName = \"{wish}\"")).says("so that it is asked again");
            scene.run(&["apply", "--auto-approve"], 0);
            assert_eq!(scene.writes(), "elasticache:ModifyReplicationGroup".repeat(calls), "{wish} {done}");
            scene.run(&["plan", "--detailed-exitcode"], 0);
            control(&scene.emulator, "POST /_cachestack/clock", r#"{"advance_seconds": 700000}"#);
            scene.run(&["plan", "--detailed-exitcode"], 0);
            let (_, answer) = aws(&scene.emulator, "Action=DescribeCacheClusters").expect("an answer");
            assert!(answer.contains(&format!("<CacheParameterGroupName>{wish}<")), "{wish} {done}: {answer}");
        }
    }
}

/// While AWS is at a call, a plan goes by what comes of it: it neither replaces the group nor refuses the rest.
#[test]
fn a_plan_goes_by_what_is_under_way() {
    let upgraded = PLAIN.replace("num_cache", "transit_encryption_enabled = true\n  num_cache");
    let clustered = SHARDS.replace("num_node_groups            = 2", "num_node_groups = 2");
    let old = PLAIN.replace("7.1", "6.2");
    let upgrade = "EngineVersion=7.1&CacheParameterGroupName=default.redis7";
    let compatible = "ClusterMode=compatible&CacheParameterGroupName=default.redis7.cluster.on";
    for (stack, wish, modify) in
        [(&old, &upgraded, upgrade), (&old, &clustered, upgrade), (&PLAIN.to_owned(), &clustered, compatible)]
    {
        let mut scene = Scene::new(stack);
        let file = scene.place.path().join("caches.world").display().to_string();
        let world = |speed: &str| Emulator::start_in(Place::new(), &["--world", &file, "--speed", speed]);
        scene.emulator = world("instant");
        scene.run(&["apply", "--auto-approve"], 0);
        scene.emulator = Emulator::start("instant");
        scene.emulator = world("real");
        let call = format!("Action=ModifyReplicationGroup&ReplicationGroupId=redis-1&ApplyImmediately=true&{modify}");
        let (status, answer) = aws(&scene.emulator, &call).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        scene.place.write("main.hcl", &format!("{HEAD}{wish}"));
        let planned = scene.run(&["plan"], 0);
        assert!(!planned.stdout.contains("must be replaced"), "{modify}: {}", planned.stdout);
        let goes_on = ["1 to change", "apply waits for it"].iter().any(|said| planned.stdout.contains(said));
        assert!(goes_on, "{modify}: {}", planned.stdout);
    }
}

/// Which nodes of Memcached go is what AWS was told, not what we would choose.
#[test]
fn the_nodes_that_others_let_go_are_named() {
    let scene = Scene::new(
        r#"
cache_cluster "m" {
  cluster_id      = "m"
  engine          = "memcached"
  node_type       = "cache.t4g.small"
  num_cache_nodes = 3
}
"#,
    );
    scene.run(&["apply", "--auto-approve"], 0);
    let call = "Action=ModifyCacheCluster&CacheClusterId=m&NumCacheNodes=2&CacheNodeIdsToRemove.CacheNodeId.1=0001&ApplyImmediately=false";
    let (status, answer) = aws(&scene.emulator, call).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    scene.run(&["pending"], 0).says("Node 0001 goes");
    scene.place.write("main.hcl", &scene.place.read("main.hcl").replace("= 3", "= 2"));
    scene.run(&["plan", "--now=cache_cluster.m", "--allow-destroy", "all"], 0).says("\"0001\"");
}

/// A deletion whose run was killed goes on, though nobody tells the tags of what is on its way out.
#[test]
fn what_is_on_its_way_out_is_waited_for() {
    let emulator = Emulator::start("60");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    place.env("AWS_ENDPOINT_URL", &emulator.url);
    place.write("main.hcl", &format!("{HEAD}{GROUP}"));
    let scene = Scene { emulator, place };
    scene.run(&["apply", "--auto-approve"], 0);
    // Another hand deletes it; the tagging API is closed to us, and the cache's own service tells no tags meanwhile.
    scene.fail("GetResources", "AccessDeniedException");
    aws(&scene.emulator, "Action=DeleteReplicationGroup&ReplicationGroupId=redis-1").expect("an answer");
    scene.writes();
    scene.run(&["destroy", "--auto-approve"], 0).says("2 destroyed");
    let calls = control(&scene.emulator, "GET /_cachestack/calls", "");
    let calls: serde_json::Value = serde_json::from_str(&calls).expect("calls");
    let sent = calls.as_object().expect("calls").iter().find(|(name, _)| name.contains("DeleteReplicationGroup"));
    assert!(sent.is_some_and(|(_, count)| count.as_u64() == Some(1)), "once: {calls}");
}
