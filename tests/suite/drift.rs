//! `drift`: reads only, and tells what others did from what is not applied yet.

use crate::emulate::{aws, control};
use crate::harness::{Emulator, Place};

const STACK: &str = r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

parameter_group "main" {
  name        = "main"
  family      = "redis7"
  parameters  = { timeout = 20 }
  tags        = { owner = "us", cost = "1" }

  lifecycle { ignore_changes = [tags["cost"]] }
}

subnet_group "gone" {
  name       = "gone"
  subnet_ids = data.subnets.all.ids
}

subnet_group "stays" {
  name       = "stays"
  subnet_ids = data.subnets.all.ids
}

data "vpc" "default" { default = true }

data "subnets" "all" {
  filter {
    name   = "vpc-id"
    values = [data.vpc.default.id]
  }
}
"#;

/// What does more than look.
fn writes(emulator: &Emulator) -> Vec<String> {
    let calls = control(emulator, "GET /_cachestack/calls", "");
    let calls: serde_json::Value = serde_json::from_str(&calls).expect("calls");
    let operation = |name: &String| name.split(':').nth(1).unwrap_or_default().to_owned();
    let operations = calls.as_object().expect("calls").keys().map(operation);
    operations.filter(|name| !["Describe", "List", "Get"].iter().any(|read| name.starts_with(read))).collect()
}

#[test]
fn drift_is_found_by_reading_only() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    let stack = STACK.replace("URL", &emulator.url);
    place.write("main.hcl", &stack);
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["drift"]).expect(0).says("No drift in environment \"local\"").says("3 resources unchanged");
    let ask = |fields: &str| {
        assert_eq!(aws(&emulator, &format!("{fields}&Version=2015-02-02")).expect("an answer").0, 200, "{fields}")
    };
    ask(
        "Action=ModifyCacheParameterGroup&CacheParameterGroupName=main&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&ParameterNameValues.ParameterNameValue.1.ParameterValue=99",
    );
    ask("Action=DeleteCacheSubnetGroup&CacheSubnetGroupName=gone");
    // What is written and not applied yet is no drift.
    place.write(
        "main.hcl",
        &(stack.replace("name       = \"stays\"", "name       = \"stays\"\n  description = \"new\"")
            + "\nparameter_group \"new\" {\n  name   = \"new\"\n  family = \"redis7\"\n}\n"),
    );
    control(&emulator, "DELETE /_cachestack/calls", "");
    let said = place.run(&["drift", "--markdown", "drift.md"]).expect(2).stdout;
    assert_eq!(writes(&emulator), Vec::<String>::new());
    for text in
        ["parameter_group.main was changed by others", "subnet_group.gone is gone", "Not drift, but not applied yet"]
    {
        assert!(said.contains(text), "no {text:?} in\n{said}");
    }
    let unapplied = said.lines().find(|line| line.starts_with("Not drift")).expect("a line");
    assert!(unapplied.contains("parameter_group.new") && unapplied.contains("subnet_group.stays"), "{unapplied}");
    assert!(!unapplied.contains("subnet_group.gone") && !unapplied.contains("parameter_group.main"), "{unapplied}");
    // A plan says of what it puts back that others have changed it, and of what is new nothing.
    let said = place.run(&["plan"]).expect(0).stdout;
    assert_eq!(said.matches("# changed by others").count(), 1, "{said}");
    let lines = place.run(&["plan", "--json"]).expect(0).stdout;
    let drifted = lines.lines().filter(|line| line.contains("\"type\":\"resource_drift\"")).count();
    assert_eq!(drifted, 2, "what was changed, and what is gone");
    let report = place.read("drift.md");
    assert!(report.contains("| local | 2 | 0 | 2 | drift |"), "{report}");
    let lines = place.run(&["drift", "--json"]).expect(2).stdout;
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((of("version"), of("resource_drift"), of("drift_summary")), (1, 2, 1));
    // Taken over, it is no drift any more.
    place.write("main.hcl", &stack);
    place.run(&["apply", "--refresh-only", "--auto-approve"]).expect(0);
    place.run(&["drift"]).expect(0).says("No drift").says("Not drift, but not applied yet");
}

/// A part of an attribute that the block leaves to others is told apart.
#[test]
fn what_is_ignored_is_no_drift() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    place.write("main.hcl", &STACK.replace("URL", &emulator.url));
    place.run(&["apply", "--auto-approve"]).expect(0);
    let tag = |key: &str, value: &str| {
        let arn = "arn:aws:elasticache:us-east-1:123456789012:parametergroup:main";
        let fields = format!(
            "Action=AddTagsToResource&Version=2015-02-02&ResourceName={arn}&Tags.Tag.1.Key={key}&Tags.Tag.1.Value={value}"
        );
        let (status, answer) = aws(&emulator, &fields).expect("an answer");
        assert_eq!(status, 200, "{answer}");
    };
    tag("cost", "2");
    place.run(&["drift"]).expect(0).says("Ignored, as ignore_changes says").says("parameter_group.main");
    tag("owner", "them");
    let said = place.run(&["drift"]).expect(2).says("parameter_group.main was changed by others");
    assert!(said.stdout.contains("owner = \"us\" -> \"them\"") && !said.stdout.contains("cost"), "{}", said.stdout);
}

/// What the service tells of an object stands with it.
#[test]
fn events_stand_with_what_drifted() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    let environment = STACK.split("\n\n").next().expect("the environment").replace("URL", &emulator.url);
    let group = r#"
replication_group "g" {
  replication_group_id     = "shop"
  description              = "d"
  node_type                = "cache.t4g.small"
  snapshot_retention_limit = 1
}
"#;
    place.write("main.hcl", &(environment + group));
    place.run(&["apply", "--auto-approve"]).expect(0);
    let change = "Action=ModifyReplicationGroup&Version=2015-02-02&ReplicationGroupId=shop&SnapshotRetentionLimit=5&ApplyImmediately=true";
    assert_eq!(aws(&emulator, change).expect("an answer").0, 200);
    let said = place.run(&["drift"]).expect(2).says("snapshot_retention_limit = 1 -> 5");
    said.says("Replication group modified shop").says("CloudTrail knows who");
    let told = place.run(&["drift", "--json"]).expect(2).stdout;
    assert!(told.contains("\"events\":[{\"at\":\"20"), "{told}");
}

const WAITING: &str = r#"
variable "node_type" { default = "cache.r6g.large" }

environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

replication_group "g" {
  replication_group_id = "g"
  node_type            = var.node_type
  maintenance_window   = "sun:05:00-sun:06:00"
  apply_immediately    = false
}
"#;

/// What waits for the window because others have asked for it is their change; what we have asked for is ours.
#[test]
fn what_others_have_asked_for_is_drift() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    place.write("main.hcl", &WAITING.replace("URL", &emulator.url));
    place.run(&["apply", "--auto-approve"]).expect(0);
    let fields = "Action=ModifyReplicationGroup&ReplicationGroupId=g&CacheNodeType=cache.r6g.xlarge";
    assert_eq!(
        aws(&emulator, &format!("{fields}&ApplyImmediately=false&Version=2015-02-02")).expect("an answer").0,
        200
    );
    let wish = ["--var", "node_type=cache.r6g.xlarge"];
    let drift = place.run(&["drift"]).expect(2).stdout;
    let head = "replication_group.g will be changed, as others have asked AWS for (pending until sun 05:00 UTC)";
    assert!(drift.contains(head) && drift.contains("1 resource changed by others"), "{drift}");
    assert!(!drift.contains("not applied yet"), "{drift}");
    // What the stack says is asked for instead, and then it is ours.
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["drift"]).expect(0).says("No drift");
    place.run(&[&["apply", "--auto-approve"], &wish[..]].concat()).expect(0);
    place.run(&["drift"]).expect(0).says("No drift").says("Not drift, but not applied yet");
}

const OWN: &str = r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

log_group "slow" {
  name              = "/slow"
  retention_in_days = DAYS
  tags              = { owner = "OWNER" }
}
"#;

/// A run of ours that is cut off, or fails half way, did what it did: nobody else has changed that.
#[test]
fn what_a_run_of_ours_did_is_no_drift() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    let write = |days: &str, owner: &str| {
        let stack = OWN.replace("URL", &emulator.url).replace("DAYS", days).replace("OWNER", owner);
        place.write("main.hcl", &stack);
    };
    let faults = |rule: &str| {
        let rules = format!(r#"{{ "seed": 1, "rules": [{{ {rule} }}] }}"#);
        control(&emulator, "POST /_cachestack/faults", &rules);
    };
    let mend = || control(&emulator, "DELETE /_cachestack/faults", "");
    write("7", "us");
    place.run(&["apply", "--auto-approve"]).expect(0);
    write("14", "them");
    faults(r#""match": "logs:TagResource", "error": { "code": "AccessDenied", "status": 403 }"#);
    place.run(&["apply", "--auto-approve"]).expect(5);
    mend();
    place.run(&["drift"]).expect(0).says("No drift");
    place.run(&["apply", "--auto-approve"]).expect(0);
    write("30", "them");
    faults(r#""match": "logs:PutRetentionPolicy", "timeout": { "ms": 20000, "done": true }"#);
    control(&emulator, "DELETE /_cachestack/calls", "");
    let mut program = place.program(&["apply", "--auto-approve"]);
    program.stdout(std::process::Stdio::null());
    let mut killed = program.spawn().expect("the program starts");
    while !control(&emulator, "GET /_cachestack/calls", "").contains("PutRetentionPolicy") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    killed.kill().and_then(|()| killed.wait()).expect("it is killed");
    mend();
    place.run(&["drift"]).expect(0).says("No drift");
    place.run(&["apply", "--auto-approve"]).expect(0).says("No changes");
    place.run(&["drift"]).expect(0).says("No drift");
}

#[test]
fn what_was_unset_and_others_set_is_drift() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    let stack = format!(
        "environment \"local\" {{\n  endpoint = \"{}\"\n  region   = \"us-east-1\"\n}}\n\
         replication_group \"g\" {{\n  replication_group_id = \"g\"\n  description          = \"g\"\n  \
         node_type            = \"cache.t4g.micro\"\n  engine_version       = \"7.1\"\n}}\n\
         serverless_cache \"s\" {{\n  name   = \"s\"\n  engine = \"valkey\"\n}}\n",
        emulator.url
    );
    place.write("main.hcl", &stack);
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["drift"]).expect(0).says("2 resources unchanged");
    let topic = "arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%3Aalerts";
    for fields in [
        &*format!(
            "Action=ModifyReplicationGroup&ReplicationGroupId=g&NotificationTopicArn={topic}&ApplyImmediately=true"
        ),
        "Action=ModifyServerlessCache&ServerlessCacheName=s&Description=theirs",
    ] {
        assert_eq!(aws(&emulator, &format!("{fields}&Version=2015-02-02")).expect("an answer").0, 200, "{fields}");
    }
    let said = place.run(&["drift"]).expect(2).stdout;
    for text in
        ["notification_topic_arn", "\"theirs\"", "replication_group.g was changed", "serverless_cache.s was changed"]
    {
        assert!(said.contains(text), "no {text:?} in\n{said}");
    }
    assert!(!said.contains("status"), "{said}");
    place.run(&["apply", "--refresh-only", "--auto-approve"]).expect(0);
    place.run(&["drift"]).expect(0).says("Not drift, but not applied yet");
}
