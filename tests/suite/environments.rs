//! Several environments of one stack.

use std::process::Command;
use std::sync::Arc;

use cachestack::clock::SystemClock;
use cachestack::disk::SystemDisk;
use cachestack::entropy::SystemEntropy;
use cachestack::ops::{Loaded, Session, SessionOptions, plan};
use cachestack::plan::Options;
use cachestack::stack::variables::Given;
use cachestack::state::State;

use crate::harness::{Emulator, Place, run};

const ENVIRONMENTS: usize = 12;

/// A stack with many environments, a module, and files of values.
fn stack() -> Place {
    let place = Place::new();
    let block = |index: usize| {
        format!(
            "environment \"e{index}\" {{\n  endpoint = \"emulator\"\n  region   = \"us-west-2\"\n  vars     = {{ timeout = {} }}\n}}\n",
            index + 20
        )
    };
    place.write("environments.hcl", &(0..ENVIRONMENTS).map(block).collect::<String>());
    place.write(
        "main.hcl",
        "variable \"timeout\" {}\nvariable \"family\" {}\nvariable \"name\" {}\n\
         module \"group\" {\n  source  = \"./group\"\n  timeout = var.timeout\n  family  = var.family\n  name    = var.name\n}\n",
    );
    place.write(
        "group/main.hcl",
        "variable \"timeout\" {}\nvariable \"family\" {}\nvariable \"name\" {}\n\
         parameter_group \"main\" {\n  name       = var.name\n  family     = var.family\n  parameters = { timeout = var.timeout }\n}\n",
    );
    place.write("a.auto.hclvars", "family = \"redis7\"\n");
    place.write("name.tfvars", "name = \"shop\"\n");
    place
}

/// What was read is enough for all of them: the files may be gone.
#[test]
fn files_are_read_and_parsed_once() {
    let place = stack();
    let options = SessionOptions {
        directory: place.path().to_owned(),
        environment: None,
        given: vec![Given::File(place.path().join("name.tfvars"))],
        endpoint: None,
        state: None,
        process: Default::default(),
        commands: false,
        values: true,
        clock: Arc::new(SystemClock),
        disk: Arc::new(SystemDisk),
        entropy: Arc::new(SystemEntropy),
        kept: None,
        beside: Default::default(),
    };
    let loaded = Loaded::read(&options);
    for file in ["environments.hcl", "main.hcl", "group/main.hcl", "a.auto.hclvars", "name.tfvars"] {
        std::fs::remove_file(place.path().join(file)).expect("a file");
    }
    let names = loaded.environments();
    assert_eq!(names.len(), ENVIRONMENTS);
    for name in names {
        let mut session = Session::of(&loaded, &SessionOptions { environment: Some(name), ..options.clone() });
        plan::check(&mut session, &State::default(), &Options::default());
        assert_eq!(session.diagnostics, []);
        let groups = session.evaluator.snapshot(Clone::clone).values().len();
        assert_eq!(groups, 1);
    }
}

/// The system is asked: each file is opened once, however many environments are planned.
#[test]
fn each_file_is_opened_once() {
    if Command::new("strace").arg("-V").output().is_err() {
        return eprintln!("skipped: each_file_is_opened_once: no strace");
    }
    let place = stack();
    let program = place.program(&["plan", "--all", "--var-file", "name.tfvars"]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-e", "trace=open,openat", "-o", "trace"]).arg(program.get_program());
    traced.args(program.get_args()).current_dir(place.path()).env("CACHESTACK_EMULATOR_SPEED", "instant");
    let done = run(traced);
    if done.stderr.contains("Operation not permitted") && done.stdout.is_empty() {
        return eprintln!("skipped: each_file_is_opened_once: strace may not trace");
    }
    done.expect(0).says("e11");
    let trace = place.read("trace");
    for file in ["environments.hcl", "main.hcl", "group/main.hcl", "a.auto.hclvars", "name.tfvars"] {
        let opened = trace
            .lines()
            .filter(|line| line.contains(&format!("\"{file}\"")) || line.contains(&format!("\"./{file}\"")));
        assert_eq!(opened.count(), 1, "{file}");
    }
}

/// Plans of several environments that share an account share what the account allows: after the first refusals all of
/// them slow down, and every plan is made.
#[test]
fn environments_of_an_account_share_its_limits() {
    let emulator = Emulator::start("instant");
    let place = stack();
    let text =
        place.read("environments.hcl").replace("endpoint = \"emulator\"", &format!("endpoint = \"{}\"", emulator.url));
    place.write("environments.hcl", &text);
    let throttle =
        r#"{ "seed": 1, "rules": [{ "match": "elasticache:*", "throttle": { "per_second": 20, "burst": 2 } }] }"#;
    crate::emulate::control(&emulator, "POST /_cachestack/faults", throttle);
    let done = place.run(&["plan", "--all", "--var-file", "name.tfvars", "--json"]).expect(0);
    let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("one document");
    let all = document["environments"].as_array().expect("environments");
    assert_eq!(all.len(), ENVIRONMENTS);
    assert!(all.iter().all(|one| one["changes"]["add"] == 1 && one["exit_code"] == 0), "{document}");
}
