//! What `--json` prints while a command runs, beside what Terraform prints of the same files.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

use crate::harness::{Emulator, Place, files, root, run};
use crate::referees::{program, python_with};

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

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// Every member of the one is in the other, with a value of the same type.
fn is_within(theirs: &Json, ours: &Json, path: &str) {
    let word = |value: &Json| match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    assert_eq!(word(theirs), word(ours), "{path}: {theirs} and {ours}");
    if let Json::Object(members) = theirs {
        for (name, member) in members {
            let ours = ours.get(name).unwrap_or_else(|| panic!("{path}: no {name} in {ours}"));
            is_within(member, ours, &format!("{path}.{name}"));
        }
    }
}

/// The messages of a type by what they are about.
fn about(lines: &[Json], kind: &str) -> BTreeMap<String, Json> {
    let of = |line: &&Json| line["type"] == kind;
    let key = |line: &Json| {
        let resource = ["change", "hook"].iter().find_map(|name| line[*name]["resource"]["addr"].as_str());
        let operation = line["changes"]["operation"].as_str();
        resource.or(operation).unwrap_or_default().to_owned()
    };
    lines.iter().filter(of).map(|line| (key(line), line.clone())).collect()
}

/// All that Terraform says of managed resources we say, too.
fn compare(theirs: &[Json], ours: &[Json]) {
    assert_eq!(theirs[0]["type"], "version");
    is_within(&theirs[0], &ours[0], "version");
    assert_eq!(theirs[0]["ui"], ours[0]["ui"]);
    for line in ours {
        for member in ["@level", "@message", "@module", "@timestamp", "type"] {
            assert!(line[member].is_string(), "{member} of {line}");
        }
        assert!(line["@timestamp"].as_str().is_some_and(|time| time.len() == 27), "{line}");
    }
    for kind in ["planned_change", "change_summary", "apply_start", "apply_complete"] {
        let (theirs, ours) = (about(theirs, kind), about(ours, kind));
        // What is looked up we look up in bulk.
        let theirs = theirs.into_iter().filter(|(address, _)| !address.contains("data."));
        for (of, line) in theirs {
            let own = ours.get(&of).unwrap_or_else(|| panic!("no {kind} of {of}"));
            is_within(&line, own, &format!("{kind} of {of}"));
            let same = |path: &[&str]| {
                let at = |line: &Json| path.iter().fold(line.clone(), |line, name| line[*name].clone());
                assert_eq!(at(&line), at(own), "{path:?} of {kind} of {of}");
            };
            same(&["@level"]);
            same(&["change"]);
            same(&["hook", "resource"]);
            same(&["hook", "action"]);
            ["add", "change", "remove", "import", "operation"].iter().for_each(|name| same(&["changes", name]));
            if kind != "apply_complete" && kind != "apply_start" {
                same(&["@message"]);
            }
        }
    }
    let outputs = |lines: &[Json]| lines.iter().rfind(|line| line["type"] == "outputs").cloned().expect("outputs");
    let (theirs, ours) = (outputs(theirs), outputs(ours));
    assert_eq!(theirs["@message"], ours["@message"]);
    for (name, output) in theirs["outputs"].as_object().expect("outputs") {
        let own = &ours["outputs"][name];
        assert_eq!((&output["sensitive"], &output["action"]), (&own["sensitive"], &own["action"]), "output {name}");
    }
}

fn sample(name: &str) -> Vec<Json> {
    lines(&std::fs::read_to_string(root().join("tests/terraform").join(name)).expect("a sample"))
}

#[test]
fn messages_are_those_of_terraform() {
    let place = terraform_stack();
    let plan = place.run(&["plan", "--json", "--endpoint", "emulator"]).expect(0).stdout;
    compare(&sample("ui-plan-create.jsonl"), &lines(&plan));
    let apply = place.run(&["apply", "--json", "--auto-approve", "--endpoint", "emulator"]).expect(0).stdout;
    compare(&sample("ui-apply-create.jsonl"), &lines(&apply));
    let destroy = ["destroy", "--auto-approve", "--endpoint", "emulator", "--allow-destroy", "all"];
    let said = place.run(&[&destroy[..], &["--json-into", "ui.jsonl"]].concat()).expect(0);
    assert!(said.stdout.contains("Destroy complete"), "people read on");
    let told = lines(&place.read("ui.jsonl"));
    assert_eq!(told[0]["type"], "version");
    assert!(told.iter().any(|line| line["@message"] == "Destroy complete! Resources: 6 destroyed."));
    for text in [plan, apply, place.read("ui.jsonl")] {
        assert!(!text.contains("an-auth-token"), "a secret is told");
    }
}

/// An error is a diagnostic, as Terraform's is: of the stack, of a step, of the command line.
#[test]
fn errors_are_diagnostics() {
    let place = Place::new();
    place.write("main.hcl", "environment \"a\" { endpoint = \"emulator\" }\nparameter_group \"p\" { name = 1 + }\n");
    let told = lines(&place.run(&["plan", "--json"]).expect(1).stdout);
    let found = told.iter().find(|line| line["type"] == "diagnostic").expect("a diagnostic");
    assert_eq!((&found["@level"], &found["diagnostic"]["severity"]), (&"error".into(), &"error".into()));
    assert_eq!(found["diagnostic"]["range"]["filename"], "main.hcl");
    let told = lines(&place.run(&["plan", "--json", "--target", "x y"]).expect(1).stdout);
    assert!(told.iter().any(|line| line["@level"] == "error" && line["type"] == "diagnostic"), "{told:?}");
}

/// The same with a Terraform that runs beside us, where there is one with providers.
#[test]
fn messages_are_those_of_a_terraform_here() {
    let name = "messages_are_those_of_a_terraform_here";
    let Some(terraform) = program(name, "terraform") else { return };
    let Some(mirror) = std::env::var_os("CACHESTACK_PROVIDERS") else {
        return eprintln!("skipped: {name}: no CACHESTACK_PROVIDERS");
    };
    let emulator = Emulator::start("instant");
    let place = terraform_stack();
    let mirror = mirror.to_string_lossy();
    place.write("rc", &format!("provider_installation {{ filesystem_mirror {{ path = \"{mirror}\" }} }}\n"));
    let terraform = |args: &[&str]| {
        let mut command = Command::new(&terraform);
        command.args(args).current_dir(place.path()).env("TF_CLI_CONFIG_FILE", place.path().join("rc"));
        command.env("TF_VAR_auth_token", "an-auth-token-of-32-characters-x").env("TF_VAR_endpoint", &emulator.url);
        command.envs([
            ("AWS_ENDPOINT_URL", emulator.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        run(command)
    };
    let _ = terraform(&["init", "-no-color", "-input=false"]).expect(0);
    let theirs = lines(&terraform(&["plan", "-json", "-input=false"]).expect(0).stdout);
    let ours = lines(&place.run(&["plan", "--json", "--endpoint", &emulator.url]).expect(0).stdout);
    compare(&theirs, &ours);
}

/// A reader of others counts the same: the words of the messages are those that programs look for.
#[test]
fn the_summary_has_the_words_that_programs_look_for() {
    let Some(_) = python_with("the_summary_has_the_words_that_programs_look_for", "json") else { return };
    let place = Place::new();
    place.write("main.hcl", "environment \"a\" {\n  endpoint = \"emulator\"\n  region = \"us-east-1\"\n}\nparameter_group \"p\" {\n  name = \"p\"\n  family = \"redis7\"\n}\n");
    let told = lines(&place.run(&["apply", "--json", "--auto-approve"]).expect(0).stdout);
    let messages: Vec<&str> = told.iter().filter_map(|line| line["@message"].as_str()).collect();
    for text in [
        "aws_elasticache_parameter_group.p: Plan to create",
        "Plan: 1 to add, 0 to change, 0 to destroy.",
        "aws_elasticache_parameter_group.p: Creating...",
        "aws_elasticache_parameter_group.p: Creation complete after 0s [id=p]",
        "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
        "Outputs: 0",
    ] {
        assert!(messages.contains(&text), "no {text:?} in {messages:?}");
    }
}
