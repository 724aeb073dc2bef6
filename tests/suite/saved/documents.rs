//! Plans and states as Terraform writes them: compared with what Terraform wrote of the same files, and given to readers
//! of such documents.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value as Json;

use crate::harness::{Place, files, root, run};
use crate::referees::python_with;

/// The stack that Terraform has planned, in a place of its own.
fn terraform_stack() -> Place {
    let mut place = Place::new();
    place.env("TF_VAR_auth_token", "an-auth-token-of-32-characters-x");
    let config = root().join("tests/terraform/config");
    for file in files(&config, "tf") {
        let name = file.strip_prefix(&config).expect("a file of the stack").to_string_lossy().into_owned();
        place.write(&name, &std::fs::read_to_string(&file).expect("a file"));
    }
    place
}

fn terraform_wrote(name: &str) -> Json {
    let text = std::fs::read_to_string(root().join("tests/terraform").join(name)).expect("a document");
    serde_json::from_str(&text).expect("JSON")
}

fn show(place: &Place, args: &[&str]) -> Json {
    let shown = place.run(&[&["show", "--json"], args].concat()).expect(0).stdout;
    assert!(!shown.contains("an-auth-token"), "a secret is shown");
    serde_json::from_str(&shown).expect("one JSON document")
}

/// Where a document has what: by path, the types that stand there and how often, and how often the member could be.
#[derive(Default)]
struct Shape {
    types: BTreeMap<String, BTreeSet<&'static str>>,
    objects: BTreeMap<String, usize>,
    members: BTreeMap<String, usize>,
}

impl Shape {
    fn of(document: &Json) -> Self {
        let mut shape = Self::default();
        shape.walk("", document);
        shape
    }

    fn walk(&mut self, path: &str, value: &Json) {
        let word = match value {
            Json::Null => "null",
            Json::Bool(_) => "bool",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        };
        self.types.entry(path.to_owned()).or_default().insert(word);
        match value {
            Json::Array(items) => items.iter().for_each(|item| self.walk(&format!("{path}[]"), item)),
            Json::Object(members) => {
                *self.objects.entry(path.to_owned()).or_default() += 1;
                // Attributes are told apart by the type of their resource.
                let of = members.get("type").and_then(Json::as_str).filter(|_| members.contains_key("provider_name"));
                for (name, member) in members {
                    let name = if is_free(path) { "*" } else { name };
                    let inner = match (of, name) {
                        (Some(of), "values" | "sensitive_values" | "change") => format!("{path}.{name}<{of}>"),
                        _ => format!("{path}.{name}"),
                    };
                    *self.members.entry(inner.clone()).or_default() += 1;
                    self.walk(&inner, member);
                }
            }
            _ => {}
        }
    }

    /// The members that every object of a path has.
    fn constant(&self) -> impl Iterator<Item = &String> {
        let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
        let whole = move |path: &&String| self.objects.get(&parent(path)) == self.members.get(*path);
        self.members.keys().filter(whole)
    }
}

/// Whether the members of an object are names that a person has chosen.
fn is_free(path: &str) -> bool {
    let ends = [
        ".variables",
        ".outputs",
        ".output_changes",
        ".module_calls",
        ".provider_config",
        "tags",
        "tags_all",
        "dimensions",
    ];
    ends.iter().any(|end| path.ends_with(end))
}

/// Attributes and members of Terraform's documents that ours have not, each with why.
const LACKING: &[(&str, &str)] = &[
    ("at_rest_encryption_enabled", "a text in the provider of that version, a truth before and after"),
    ("auto_minor_version_upgrade", "the same"),
    (".resource_drift", "Terraform tells nulls that became empty after a create"),
    (".expressions.ingress", "blocks of rules are lists, and Terraform takes them for one attribute"),
    (".checks", "conditions are told as diagnostics"),
    (".timeouts", "how long a step may take is not part of an object"),
    (".description", "of outputs and variables: not kept by the declarations"),
    (".version_constraint", "of the provider: there is none to choose"),
    ("_sensitive", "marks have the shape of what is known"),
    ("sensitive_values", "the same"),
    ("after_unknown", "the same"),
    (".prior_state", "what of it is known before the first apply"),
    ("data.", "look-ups"),
    ("<aws_vpc>", "a look-up tells what the block may need"),
    ("<aws_subnets>", "the same"),
];

/// What ours lacks of that which Terraform always has, and what has another type.
fn differences(theirs: &Json, ours: &Json) -> Vec<String> {
    let (theirs, ours) = (Shape::of(theirs), Shape::of(ours));
    let excused = |path: &String| LACKING.iter().any(|(part, _)| path.contains(part));
    let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
    let lacking = theirs.constant().filter(|path| ours.objects.contains_key(&parent(path)));
    let lacking = lacking.filter(|path| !ours.members.contains_key(*path) && !excused(path));
    let lacking = lacking.map(|path| format!("lacks {path}"));
    let other = ours.types.iter().filter_map(|(path, types)| {
        let known = theirs.types.get(path)?;
        // Null and a value are both fine where an attribute may be either; readers of a list of objects expect no null.
        let is_listed = path.rsplit('>').next().is_some_and(|own| own.contains("[]"));
        let is_fine = |word: &str| known.contains("null") || word == "null" && !is_listed;
        let strange: Vec<_> = types.difference(known).filter(|word| !is_fine(word)).collect();
        (!strange.is_empty() && !excused(path)).then(|| format!("{path} is {strange:?}, of Terraform {known:?}"))
    });
    lacking.chain(other).collect()
}

#[test]
fn a_plan_has_the_shape_of_terraforms() {
    let place = terraform_stack();
    place.run(&["plan", "--endpoint", "emulator", "--out", "p.plan"]).expect(0);
    let ours = show(&place, &["p.plan"]);
    let wrong = differences(&terraform_wrote("plan-create.json"), &ours);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The comparison finds what is not so.
    let mut damaged = ours.clone();
    damaged["resource_changes"][0]["change"]["actions"] = "create".into();
    damaged["planned_values"]["root_module"]["resources"][0]["values"] = serde_json::json!({});
    assert!(differences(&terraform_wrote("plan-create.json"), &damaged).len() > 3);
    assert_eq!(addresses(&ours), addresses(&terraform_wrote("plan-create.json")));
    place.run(&["apply", "p.plan"]).expect(0);
    place.run(&["plan", "--endpoint", "emulator", "--out", "p.plan"]).expect(0).says("No changes");
    let ours = show(&place, &["p.plan"]);
    let wrong = differences(&terraform_wrote("plan-noop.json"), &ours);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((&ours["applyable"], &ours["errored"]), (&Json::from(false), &Json::from(false)));
    let state = show(&place, &["--endpoint", "emulator"]);
    let wrong = differences(&terraform_wrote("show-state.json"), &state);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is done, by address.
fn addresses(plan: &Json) -> BTreeMap<String, String> {
    let changes = plan["resource_changes"].as_array().expect("changes");
    changes.iter().map(|one| (one["address"].to_string(), one["change"]["actions"].to_string())).collect()
}

const UNSAFE: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}
replication_group "r" {
  replication_group_id       = "planted"
  description                = "Planted"
  node_type                  = "cache.t4g.micro"
  engine_version             = "7.1"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  at_rest_encryption_enabled = ENCRYPTED
  transit_encryption_enabled = true
}
security_group "s" {
  name = "planted"
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["SOURCE"]
  }
}
"#;

fn planned(encrypted: &str) -> Place {
    let place = Place::new();
    let source = if encrypted == "true" { "10.0.0.0/8" } else { "0.0.0.0/0" };
    place.write("main.hcl", &UNSAFE.replace("ENCRYPTED", encrypted).replace("SOURCE", source));
    place.run(&["plan", "--out", "p.plan"]).expect(0);
    let shown = place.run(&["show", "--json", "p.plan"]).expect(0).stdout;
    place.write("plan.json", &shown);
    place
}

/// checkov finds a group that is not encrypted and a port that is open to all, and only there.
#[test]
fn checkov_finds_a_planted_mistake() {
    let Some(python) = python_with("checkov_finds_a_planted_mistake", "checkov") else { return };
    for (encrypted, code, failed) in [("true", 0, 0), ("false", 1, 2)] {
        let place = planned(encrypted);
        let mut command = Command::new(&python);
        command.args(["-m", "checkov.main", "-f", "plan.json", "--framework", "terraform_plan", "--skip-download"]);
        command
            .args(["--check", "CKV_AWS_24,CKV_AWS_29,CKV_AWS_30", "-o", "json", "--compact"])
            .current_dir(place.path());
        let found = run(command).expect(code);
        let report: Json = serde_json::from_str(&found.stdout).expect("a report");
        assert_eq!(report["summary"]["failed"], failed, "{report:#}");
        assert_eq!(report["summary"]["passed"], 3 - failed, "{report:#}");
    }
}

const POLICY: &str = r#"
import sys, json
from regopy import Interpreter
rego = Interpreter()
rego.add_module("main", '''package main
deny contains change.address if {
  some change in input.resource_changes
  change.type == "aws_elasticache_replication_group"
  change.change.actions[_] == "create"
  change.change.after.at_rest_encryption_enabled == "false"
}
''')
rego.set_input(json.load(open(sys.argv[1])))
print(rego.query("data.main.deny"))
"#;

/// A policy in Rego refuses the same group. The provider has that switch as a text.
#[test]
fn a_policy_in_rego_finds_a_planted_mistake() {
    let Some(python) = python_with("a_policy_in_rego_finds_a_planted_mistake", "regopy") else { return };
    for (encrypted, found) in [("true", false), ("false", true)] {
        let place = planned(encrypted);
        let mut command = Command::new(&python);
        command.args(["-c", POLICY, "plan.json"]).current_dir(place.path());
        let said = run(command).expect(0).stdout;
        assert_eq!(said.contains("aws_elasticache_replication_group.r"), found, "{said}");
    }
}
