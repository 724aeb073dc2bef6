//! Reports for code hosts: what others' readers make of them.

use std::process::Command;

use serde_json::Value as Json;

use crate::harness::{Place, run};
use crate::referees::python_with;

const STACK: &str = r#"
environment "dev" { region = "us-west-2" }

environment "prod" { region = "us-west-2" }

parameter_group "p" {
  name   = "p"
  family = env.name == "dev" ? "redis7" : "redis99"
}

subnet_group "s" {
  name = "s"
  nope = 1
}
"#;

const SECRET: &str = "a-token-that-nobody-may-see-16";

fn stack() -> Place {
    let place = Place::new();
    place.write("sub dir/main.hcl", STACK);
    place
}

fn reports(place: &Place) {
    let args = ["--sarif", "out.sarif", "--junit", "out.xml", "--code-quality", "out.json"];
    place.run(&[&["validate", "sub dir"], &args[..]].concat()).expect(1);
}

#[test]
fn code_quality_is_what_gitlab_takes() {
    let place = stack();
    reports(&place);
    let found: Vec<Json> = serde_json::from_str(&place.read("out.json")).expect("an array");
    assert!(found.len() >= 2, "{found:?}");
    let prints: std::collections::BTreeSet<&str> = found.iter().filter_map(|one| one["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), found.len(), "fingerprints differ");
    for one in &found {
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&one["severity"].as_str().expect("a word")));
        assert_eq!(one["location"]["path"], "sub dir/main.hcl");
        assert!(one["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
    }
}

/// What stands above a mistake does not change what it is called.
#[test]
fn a_fingerprint_outlives_its_line() {
    let prints = |place: &Place| -> Vec<String> {
        reports(place);
        let found: Vec<Json> = serde_json::from_str(&place.read("out.json")).expect("an array");
        found.iter().map(|one| one["fingerprint"].to_string()).collect()
    };
    let place = stack();
    let before = prints(&place);
    place.write("sub dir/main.hcl", &format!("# One\n# more\n{STACK}"));
    assert_eq!(prints(&place), before);
}

#[test]
fn sarif_is_read_by_others() {
    let place = stack();
    reports(&place);
    let text = place.read("out.sarif");
    let document: Json = serde_json::from_str(&text).expect("JSON");
    let results = document["runs"][0]["results"].as_array().expect("results");
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "sub%20dir/main.hcl");
    }
    let Some(python) = python_with("sarif_is_read_by_others", "sarif.loader") else { return };
    let mut command = Command::new(python);
    let script = "import sys\nfrom sarif import loader\nd = loader.load_sarif_file(sys.argv[1])\nr = d.get_records()\nprint(len(r), d.get_distinct_tool_names(), sorted({x['Severity'] for x in r}), r[0]['Location'], r[0]['Line'])";
    command.args(["-c", script, "out.sarif"]).current_dir(place.path());
    run(command).expect(0).says(&format!("{} ['cachestack']", results.len())).says("sub%20dir/main.hcl");
}

#[test]
fn junit_is_read_by_others() {
    let place = stack();
    reports(&place);
    let text = place.read("out.xml");
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{text}");
    assert_eq!(text.matches("<testsuite ").count(), 2, "{text}");
    let Some(python) = python_with("junit_is_read_by_others", "junitparser") else { return };
    let mut command = Command::new(python);
    let script = "import sys\nfrom junitparser import JUnitXml\nfor s in JUnitXml.fromfile(sys.argv[1]):\n  failed = [c for c in s if c.result]\n  assert s.failures == len(failed), s\n  print(s.name, s.tests, s.failures, len({c.name for c in s}))\n  [print(c.result[0].text) for c in failed]";
    command.args(["-c", script, "out.xml"]).current_dir(place.path());
    let said = run(command).expect(0);
    assert!(said.stdout.contains("dev ") && said.stdout.contains("prod "), "{}", said.stdout);
    assert!(said.stdout.contains("redis99"), "{}", said.stdout);
}

/// GitHub gets lines of its own on stderr, a summary of the step, and no secret.
#[test]
fn github_gets_annotations_and_a_summary() {
    let mut place = stack();
    let checkout = place.path().to_owned();
    place.write("summary.md", "before\n");
    place.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", &checkout.display().to_string());
    place.env("GITHUB_STEP_SUMMARY", &checkout.join("summary.md").display().to_string());
    let said = place.run(&["validate", "sub dir"]).expect(1);
    let lines: Vec<&str> = said.stderr.lines().filter(|line| line.starts_with("::error ")).collect();
    assert!(!lines.is_empty(), "{}", said.stderr);
    assert!(lines.iter().all(|line| line.contains("file=sub dir/main.hcl,line=")), "{lines:?}");
    let summary = place.read("summary.md");
    assert!(summary.starts_with("before\n") && summary.contains("**Error**"), "{summary}");
}

/// A comment has the table first, the impact before the details, and no secret.
#[test]
fn a_comment_begins_with_the_table() {
    let mut place = Place::new();
    place.env("TOKEN", SECRET);
    let stack = STACK
        .replace("region = \"us-west-2\"", "endpoint = \"emulator\"")
        .replace("redis99", "redis7")
        .replace("  nope = 1\n", "  subnet_ids = data.subnets.all.ids\n");
    let more = r#"
data "vpc" "d" { default = true }
data "subnets" "all" {
  filter {
    name   = "vpc-id"
    values = [data.vpc.d.id]
  }
}
replication_group "g" {
  replication_group_id       = "g"
  description                = "g"
  node_type                  = "cache.t4g.small"
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN")
}
"#;
    place.write("main.hcl", &(stack + more));
    place.env("AWS_REGION", "us-east-1");
    place.run(&["plan", "--all", "--markdown", "comment.md"]).expect(0).says("Environment");
    let text = place.read("comment.md");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text}"));
    assert!(at("<!-- cachestack") < at("| dev | 3 | 0 | 0 |"));
    assert!(at("| prod | 3 | 0 | 0 |") < at("### dev"));
    assert!(at("### dev") < at("<details>") && text.matches("</details>").count() == 2);
    assert!(text.len() < 65_000 && !text.contains(SECRET));
    place.run(&["plan", "-e", "dev", "--markdown", "one.md"]).expect(0);
    assert!(place.read("one.md").contains("| dev | 3 | 0 | 0 |"));
}
