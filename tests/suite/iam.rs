//! Policies of IAM: what they allow is what is called, by the log of runs on the emulator and by the text of the program.

use std::collections::{BTreeMap, BTreeSet};

use cachestack::catalog::permissions::{BESIDE, OF_KINDS, of_kind};
use cachestack::kinds;
use serde_json::Value as Json;

use crate::harness::{Place, files, root};

/// Names of services in signatures whose names in IAM are others.
const SERVICES: [(&str, &str); 2] = [("monitoring", "cloudwatch"), ("tagging", "tag")];

/// What needs no permission: everyone may ask who they are.
const FREE: &str = "sts:GetCallerIdentity";

fn action(service: &str, operation: &str) -> String {
    let service = SERVICES.iter().find(|(signed, _)| *signed == service).map_or(service, |(_, name)| name);
    format!("{service}:{operation}")
}

/// What a log says was called.
fn called(log: &str) -> BTreeSet<String> {
    let lines = log.lines().map(|line| serde_json::from_str::<Json>(line).expect("a line is JSON"));
    let text = |line: &Json, name: &str| line[name].as_str().expect("a text").to_owned();
    let mut all: BTreeSet<String> =
        lines.map(|line| action(&text(&line, "service"), &text(&line, "operation"))).collect();
    all.remove(FREE);
    all
}

/// What the policy of a stack allows.
fn allowed(place: &Place, purpose: &str) -> BTreeSet<String> {
    let policy = place.run(&["iam-policy", "--for", purpose]).expect(0).stdout;
    let policy: Json = serde_json::from_str(&policy).expect("JSON");
    assert_eq!(policy["Version"], "2012-10-17");
    let (mut all, mut sids) = (BTreeSet::new(), BTreeSet::new());
    for statement in policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow");
        assert!(sids.insert(statement["Sid"].to_string()), "IAM takes no name of a statement twice: {policy}");
        let actions = &statement["Action"];
        let one = actions.as_str().map(str::to_owned);
        let many = actions.as_array().into_iter().flatten().map(|action| action.as_str().expect("a text").to_owned());
        all.extend(one.into_iter().chain(many));
    }
    all
}

#[test]
fn a_policy_allows_every_call_and_no_writing_one_of_a_plan() {
    for file in files(&root().join("examples/live"), "hcl") {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a file");
        let place = Place::new();
        let environment = "environment \"live\" {\n  endpoint = \"emulator\"\n  region   = \"us-west-2\"\n}\n";
        place.write("main.hcl", &format!("{text}\n{environment}"));
        let (plan, apply) = (allowed(&place, "plan"), allowed(&place, "apply"));
        for args in [&["apply"][..], &["apply", "--var", "again=true"], &["destroy"]] {
            place.run(&["plan", "--allow-destroy=all", "--log", "plan.jsonl"]).expect(0);
            let mut command: Vec<&str> = args.to_vec();
            command.extend(["--auto-approve", "--allow-destroy=all", "--log", "apply.jsonl"]);
            // What is bought is not.
            if name != "reserved_cache_node" {
                place.run(&command).expect(0);
            }
        }
        let read = called(&place.read("plan.jsonl"));
        assert!(read.is_subset(&plan), "{name}, plan: {:?}", read.difference(&plan).collect::<Vec<_>>());
        assert!(plan.is_subset(&apply), "{name}: {:?}", plan.difference(&apply).collect::<Vec<_>>());
        if name != "reserved_cache_node" {
            let written = called(&place.read("apply.jsonl"));
            assert!(written.is_subset(&apply), "{name}, apply: {:?}", written.difference(&apply).collect::<Vec<_>>());
        }
        let verbs = ["Describe", "Get", "List"];
        let writes =
            plan.iter().filter(|one| !verbs.iter().any(|verb| one.split(':').next_back().unwrap().starts_with(verb)));
        assert_eq!(writes.collect::<Vec<_>>(), Vec::<&String>::new(), "{name}");
    }
}

/// A call that no run of a test has made is still in the text of the program.
#[test]
fn every_operation_of_the_program_is_in_the_table() {
    let models: Json =
        serde_json::from_slice(&std::fs::read(root().join("crates/emulator/src/data/models.json")).expect("models"))
            .expect("JSON");
    let known: BTreeSet<&str> = models
        .as_object()
        .expect("services")
        .values()
        .flat_map(|service| service["operations"].as_object().into_iter().flatten())
        .map(|(name, _)| name.as_str())
        .collect();
    let tabled: BTreeSet<&str> = OF_KINDS
        .iter()
        .flat_map(|actions| of_kind(actions.kind))
        .flat_map(|(read, write)| read.into_iter().chain(write))
        .filter_map(|action| action.split(':').next_back())
        .collect();
    let mut missing: BTreeMap<String, String> = BTreeMap::new();
    for file in files(&root().join("src/kinds"), "rs") {
        let text = std::fs::read_to_string(&file).expect("a file");
        let words = text.split('"').skip(1).step_by(2).filter(|word| known.contains(word) && !tabled.contains(word));
        missing.extend(words.map(|word| (word.to_owned(), file.display().to_string())));
    }
    assert!(missing.is_empty(), "{missing:?}");
    for kind in kinds::KINDS.into_iter().filter(|kind| kind.local().is_none()) {
        assert!(of_kind(kind.schema().kind).is_some(), "{} is not in the table", kind.schema().kind);
    }
    for beside in BESIDE {
        assert!(beside.kinds.iter().all(|kind| kinds::get(kind).is_some()));
    }
}
