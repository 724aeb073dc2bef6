//! The stages of a plan as tables: what is there, what the stack says now, what is asked, and what comes of it.

mod order;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Address, Subject};
use crate::kind::Impact;
use crate::plan::{Action, Barrier, BarrierId, Options, Plan, Reason, Step, StepId, Wait, file};
use crate::simulation::clock::LeapingClock;
use crate::simulation::engine::{Command, End, Place, Verb};
use crate::simulation::faults::Faults;
use crate::state::State;

/// A stack that was applied, if any, and what is planned for the stack as it is now.
fn plan(before: &str, after: &str, options: &Options) -> Result<(Plan, State), Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::new(folder.path().to_owned(), LeapingClock::default(), Arc::new(Faults::none()), None);
    let write = |text: &str| {
        let head =
            "stack \"s\" {\n  default_environment = \"e\"\n}\nenvironment \"e\" {\n  region = \"us-east-1\"\n}\n";
        crate::disk::replace(&place.directory.join("main.hcl"), format!("{head}{text}").as_bytes()).expect("a file");
    };
    if !before.is_empty() {
        write(before);
        let outcome = place.run(&Command { verb: Verb::Apply, allow: true, ..Command::default() });
        assert_eq!(outcome.end, End::Done, "{}\n{}", outcome.plan, outcome.told);
    }
    write(after);
    place.plan(options)
}

/// The lines of a plan, or of what is wrong.
fn lines(before: &str, after: &str, options: &Options, line: fn(&Plan) -> Vec<String>) -> Vec<String> {
    plan(before, after, options).map_or_else(|wrong| wrong, |(plan, _)| line(&plan))
}

/// `update alarm.a: threshold`, `delete group.a (old first: name)`.
fn decided(plan: &Plan) -> Vec<String> {
    let notes = plan.notes.iter().map(|note| format!("note: {}", note.text));
    let steps = plan.steps.iter().map(|step| {
        let why = match &step.reason {
            Reason::Replaced { causes, create_first } => {
                let order = if *create_first { "new first" } else { "old first" };
                format!(" ({order}: {})", causes.join(", "))
            }
            Reason::Declared => String::new(),
            reason => format!(" ({reason:?})"),
        };
        let changed: Vec<&str> = step.changes.iter().map(|change| change.name).collect();
        let changed = if step.action == Action::Update { format!(": {}", changed.join(", ")) } else { String::new() };
        format!("{}{why}{changed}", name(step))
    });
    let unchanged = (plan.unchanged > 0).then(|| format!("{} unchanged", plan.unchanged));
    steps.chain(unchanged).chain(notes).collect()
}

/// The steps in their order, each with those that it waits for, barriers written out.
fn ordered(plan: &Plan) -> Vec<String> {
    let names: BTreeMap<StepId, String> = plan.steps.iter().map(|step| (step.step, name(step))).collect();
    let barriers: BTreeMap<BarrierId, &Barrier> =
        plan.barriers.iter().map(|barrier| (barrier.barrier, barrier)).collect();
    let of = |wait: &Wait| match wait {
        Wait::Step(step) => vec![*step],
        Wait::Barrier(barrier) => barriers[barrier].steps.clone(),
    };
    let line = |step: &Step| {
        let mut waits: Vec<StepId> = step.edges.iter().flat_map(of).collect();
        waits.sort_by_key(|wait| plan.steps.iter().position(|step| step.step == *wait));
        let waits: Vec<&str> = waits.iter().map(|wait| &*names[wait]).collect();
        if waits.is_empty() { name(step) } else { format!("{} <- {}", name(step), waits.join(", ")) }
    };
    plan.steps.iter().map(line).collect()
}

fn guarded(plan: &Plan) -> Vec<String> {
    plan.blocked.iter().map(|blocked| format!("{}: {}", blocked.address, blocked.reason)).collect()
}

fn selected(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(name).collect()
}

/// The steps that are left, and what is left out.
fn left(plan: &Plan) -> Vec<String> {
    let out = plan.skipped.iter().map(|one| format!("left out {}: {}", one.address, one.reason));
    selected(plan).into_iter().chain(out).chain(guarded(plan)).collect()
}

/// What goes, and whether a final snapshot is taken of it.
fn farewells(plan: &Plan) -> Vec<String> {
    let going = plan.steps.iter().filter(|step| step.action == Action::Delete);
    let data = going.filter(|step| &*step.address.kind == "replication_group");
    let sent = |step: &Step| step.calls.iter().find_map(|call| call.text("FinalSnapshotIdentifier"));
    data.map(|step| {
        assert_eq!(step.farewell, sent(step), "what is told is what is sent");
        match &step.farewell {
            Some(name) if name.starts_with("g-final-") && name.len() == 16 => "a snapshot".to_owned(),
            Some(name) => name.clone(),
            None => "none".to_owned(),
        }
    })
    .collect()
}

fn name(step: &Step) -> String {
    format!("{} {}", step.action.word(), step.address)
}

/// A group with what it uses; a part of a line may be put in its place.
const GROUP: &str = r#"
subnet_group "s" {
  name       = "s"
  subnet_ids = ["subnet-1"]
}
replication_group "g" {
  replication_group_id = "g"
  description          = "one"
  engine_version       = "7.1"
  node_type            = "cache.t3.small"
  num_cache_clusters   = 2
  subnet_group_name    = subnet_group.s.name
}
alarm "a" {
  for_each            = replication_group.g.member_clusters
  alarm_name          = "a-${each.key}"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  dimensions          = { CacheClusterId = each.key }
  alarm_actions       = ["arn:aws:sns:us-east-1:111122223333:ops"]
}
"#;

/// The group with some texts put in the place of others.
fn group(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(GROUP.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}

fn check(before: &str, after: &str, options: &Options, line: fn(&Plan) -> Vec<String>, expected: &[&str]) {
    let found = lines(before, after, options, line);
    assert_eq!(found, expected, "{before}\n=> {after}\n{options:?}");
}

#[test]
fn instances_are_decided() {
    let protected = group(&[("description          = \"one\"", "protect = true\n  description = \"one\"")]);
    for (before, after, options, expected) in [
        (
            "",
            GROUP,
            Options::default(),
            &[
                "create subnet_group.s",
                "create replication_group.g",
                "create alarm.a[\"g-001\"]",
                "create alarm.a[\"g-002\"]",
            ] as &[&str],
        ),
        (GROUP, GROUP, Options::default(), &["4 unchanged"]),
        (
            GROUP,
            &group(&[("\"one\"", "\"two\"")]),
            Options::default(),
            &["update replication_group.g: description", "3 unchanged"],
        ),
        (
            GROUP,
            &group(&[("80", "90")]),
            Options::default(),
            &["update alarm.a[\"g-001\"]: threshold", "update alarm.a[\"g-002\"]: threshold", "2 unchanged"],
        ),
        (
            GROUP,
            &group(&[("\"g\"\n", "\"h\"\n")]),
            Options::default(),
            &[
                "delete replication_group.g (old first: replication_group_id)",
                "create replication_group.g (old first: replication_group_id)",
                "create alarm.a[\"h-001\"]",
                "create alarm.a[\"h-002\"]",
                "delete alarm.a[\"g-001\"] (Orphan(Key))",
                "delete alarm.a[\"g-002\"] (Orphan(Key))",
                "1 unchanged",
            ],
        ),
        (
            GROUP,
            &group(&[("= \"s\"", "= \"t\"")]),
            Options::default(),
            &[
                "create subnet_group.s (new first: name)",
                "delete replication_group.g (old first: subnet_group_name)",
                "create replication_group.g (old first: subnet_group_name)",
                "delete subnet_group.s (new first: name)",
                "2 unchanged",
            ],
        ),
        (GROUP, &protected, Options::default(), &["update replication_group.g: protect", "3 unchanged"]),
        (
            GROUP,
            "",
            Options::default(),
            &[
                "delete alarm.a[\"g-001\"] (Orphan(Block))",
                "delete alarm.a[\"g-002\"] (Orphan(Block))",
                "delete replication_group.g (Orphan(Block))",
                "delete subnet_group.s (Orphan(Block))",
            ],
        ),
        (
            GROUP,
            GROUP,
            Options { destroy: true, ..Options::default() },
            &[
                "delete alarm.a[\"g-001\"] (Destroyed)",
                "delete alarm.a[\"g-002\"] (Destroyed)",
                "delete replication_group.g (Destroyed)",
                "delete subnet_group.s (Destroyed)",
            ],
        ),
        (
            GROUP,
            GROUP,
            Options { replace: vec![address("subnet_group.s")], ..Options::default() },
            &[
                "create subnet_group.s (new first: requested by --replace)",
                "delete replication_group.g (old first: subnet_group_name)",
                "create replication_group.g (old first: subnet_group_name)",
                "delete subnet_group.s (new first: requested by --replace)",
                "2 unchanged",
                "note: the new object is called \"s-1bab0f\", because the old one has the name until it is gone (versioned_names)",
            ],
        ),
        (
            GROUP,
            &group(&[("= 2\n  subnet", "= 3\n  subnet")]),
            Options::default(),
            &["update replication_group.g: num_cache_clusters", "create alarm.a[\"g-003\"]", "3 unchanged"],
        ),
    ] {
        check(before, after, &options, decided, expected);
    }
}

#[test]
fn guards_are_asked() {
    let of = |text: &str| group(&[("description          = \"one\"", text)]);
    let protected = of("protect = true\n  description = \"one\"");
    let prevented = of("lifecycle {\n    prevent_destroy = true\n  }\n  description = \"one\"");
    let renamed = |text: &str| text.replace("\"g\"\n", "\"h\"\n");
    let allowing = |text: &str| Options { allow_destroy: vec![address(text)], ..Options::default() };
    let destroy = Options { destroy: true, ..Options::default() };
    for (before, after, options, expected) in [
        (
            GROUP,
            &*renamed(GROUP),
            Options::default(),
            &[
                "replication_group.g: it would be replaced and lose its data; allow that with --allow-destroy 'replication_group.g'",
            ] as &[&str],
        ),
        (GROUP, &renamed(GROUP), allowing("replication_group.g"), &[]),
        (
            GROUP,
            &renamed(GROUP),
            allowing("replication_group.other"),
            &["CS0606 Neither the stack nor the state has `replication_group.other`.", "Stack"],
        ),
        (GROUP, &renamed(GROUP), Options { allow_all: true, ..Options::default() }, &[]),
        (
            GROUP,
            "",
            Options::default(),
            &[
                "replication_group.g: it would be destroyed with its data; allow that with --allow-destroy 'replication_group.g'",
            ],
        ),
        (GROUP, "", destroy.clone(), &[]),
        (
            &protected,
            &renamed(&protected),
            allowing("replication_group.g"),
            &["replication_group.g: it is protected and would be replaced; set protect = false and apply that first"],
        ),
        (
            &protected,
            "",
            allowing("replication_group.g"),
            &["replication_group.g: it is protected; set protect = false and apply that first"],
        ),
        (
            &protected,
            &protected,
            destroy.clone(),
            &["replication_group.g: it is protected; set protect = false and apply that first"],
        ),
        (
            &prevented,
            &renamed(&prevented),
            allowing("replication_group.g"),
            &["replication_group.g: its block says prevent_destroy = true, and it would be replaced"],
        ),
        (
            &prevented,
            &prevented,
            destroy.clone(),
            &["replication_group.g: its block says prevent_destroy = true; remove that first"],
        ),
        (
            GROUP,
            &group(&[("t3.small", "t3.medium")]),
            Options { max_impact: Some(Impact::Blip), ..Options::default() },
            &["replication_group.g: its impact is write-pause, above --max-impact blip"],
        ),
        (GROUP, &group(&[("80", "90")]), Options { max_impact: Some(Impact::None), ..Options::default() }, &[]),
    ] {
        check(before, after, &options, guarded, expected);
    }
}

#[test]
fn steps_are_selected() {
    let targets = |text: &str| Options { targets: vec![subject(text)], ..Options::default() };
    let excludes = |text: &str| Options { excludes: vec![subject(text)], ..Options::default() };
    for (before, after, options, expected) in [
        (
            "",
            GROUP,
            targets("replication_group.g"),
            &["create subnet_group.s", "create replication_group.g"] as &[&str],
        ),
        (
            "",
            GROUP,
            targets("alarm.a[\"g-001\"]"),
            &["create subnet_group.s", "create replication_group.g", "create alarm.a[\"g-001\"]"],
        ),
        ("", GROUP, excludes("alarm.a"), &["create subnet_group.s", "create replication_group.g"]),
        ("", GROUP, excludes("subnet_group.s"), &[]),
        (
            "",
            GROUP,
            excludes("alarm.a[\"g-001\"]"),
            &["create subnet_group.s", "create replication_group.g", "create alarm.a[\"g-002\"]"],
        ),
        (
            GROUP,
            "",
            targets("replication_group.g"),
            &["delete alarm.a[\"g-001\"]", "delete alarm.a[\"g-002\"]", "delete replication_group.g"],
        ),
        (GROUP, "", excludes("replication_group.g"), &["delete alarm.a[\"g-001\"]", "delete alarm.a[\"g-002\"]"]),
        (
            "",
            GROUP,
            targets("replication_group.h"),
            &["CS0606 Neither the stack nor the state has `replication_group.h`.", "Stack"],
        ),
    ] {
        check(before, after, &options, selected, expected);
    }
}

/// What is replaced, what was protected and what asks for it has a final snapshot, unless it says otherwise.
#[test]
fn final_snapshots_are_taken() {
    let of = |text: &str| group(&[("description          = \"one\"", text)]);
    let renamed = |text: &str| text.replace("\"g\"\n", "\"h\"\n");
    let asked = of("final_snapshot = true\n  description = \"one\"");
    let refused = of("final_snapshot = false\n  description = \"one\"");
    let named = of("final_snapshot_identifier = \"last\"\n  description = \"one\"");
    let protected = of("protect = true\n  description = \"one\"");
    let destroy = Options { destroy: true, ..Options::default() };
    for (before, after, options, expected) in [
        (GROUP, "", Options::default(), &["none"] as &[&str]),
        (GROUP, GROUP, destroy.clone(), &["none"]),
        (GROUP, &renamed(GROUP), Options::default(), &["a snapshot"]),
        (&asked, "", Options::default(), &["a snapshot"]),
        (&asked, &asked, destroy.clone(), &["a snapshot"]),
        (&refused, &renamed(&refused), Options::default(), &["none"]),
        (GROUP, &renamed(&refused), Options::default(), &["none"]),
        (&refused, &renamed(GROUP), Options::default(), &["a snapshot"]),
        (&named, "", Options::default(), &["last"]),
        (&named, &renamed(&named), Options::default(), &["last"]),
        (&protected, "", Options::default(), &["a snapshot"]),
        (&protected, &protected, destroy, &["a snapshot"]),
    ] {
        check(before, after, &options, farewells, expected);
    }
}

#[test]
fn what_is_blocked_is_left_out() {
    let protected = group(&[("description          = \"one\"", "protect = true\n  description = \"one\"")]);
    let skip = Options { skip_blocked: true, ..Options::default() };
    let leave = "it would be destroyed with its data; allow that with --allow-destroy 'replication_group.g'";
    let replaced = "it would be replaced and lose its data; allow that with --allow-destroy 'replication_group.g'";
    let other = "parameter_group \"p\" {\n  name = \"p\"\n  family = \"redis7\"\n}\n";
    for (before, after, options, expected) in [
        (GROUP, GROUP, skip.clone(), &[] as &[&str]),
        (
            GROUP,
            other,
            skip.clone(),
            &[
                "create parameter_group.p",
                "delete alarm.a[\"g-001\"]",
                "delete alarm.a[\"g-002\"]",
                &format!("left out replication_group.g: {leave}"),
                "left out subnet_group.s: it waits for replication_group.g, which is left out",
            ],
        ),
        // A replacement is left out as a whole, with all that waits for either half.
        (
            GROUP,
            &(group(&[("\"g\"\n", "\"h\"\n")]) + other),
            skip.clone(),
            &[
                "create parameter_group.p",
                &format!("left out replication_group.g: {replaced}"),
                "left out alarm.a[\"h-001\"]: it waits for replication_group.g, which is left out",
                "left out alarm.a[\"h-002\"]: it waits for replication_group.g, which is left out",
                "left out alarm.a[\"g-001\"]: it waits for replication_group.g, which is left out",
                "left out alarm.a[\"g-002\"]: it waits for replication_group.g, which is left out",
            ],
        ),
        (
            GROUP,
            &group(&[("= \"s\"", "= \"t\"")]),
            skip.clone(),
            &[
                "left out subnet_group.s: it waits for replication_group.g, which is left out",
                &format!("left out replication_group.g: {replaced}"),
            ],
        ),
        (
            &protected,
            &protected,
            Options { destroy: true, ..skip.clone() },
            &[
                "delete alarm.a[\"g-001\"]",
                "delete alarm.a[\"g-002\"]",
                "left out replication_group.g: it is protected; set protect = false and apply that first",
                "left out subnet_group.s: it waits for replication_group.g, which is left out",
            ],
        ),
        (
            GROUP,
            &(group(&[("t3.small", "t3.medium"), ("80", "90")]) + other),
            Options { max_impact: Some(Impact::Blip), ..skip },
            &[
                "create parameter_group.p",
                "left out replication_group.g: its impact is write-pause, above --max-impact blip",
                "left out alarm.a[\"g-001\"]: it waits for replication_group.g, which is left out",
                "left out alarm.a[\"g-002\"]: it waits for replication_group.g, which is left out",
            ],
        ),
    ] {
        check(before, after, &options, left, expected);
    }
}

/// Every plan of the tables, and one with secrets, is read as it was written, and what is hidden is not in it.
#[test]
fn plans_are_read_as_they_were_written() {
    let hidden = group(&[(
        "description          = \"one\"",
        "description = sensitive(\"NEEDLE-1\")\n  transit_encryption_enabled = true\n  auth_token = secret(\"env:TOKEN_1\")",
    )]) + r#"
parameter_group "p" {
  name       = "p"
  family     = "redis7"
  parameters = sensitive({ maxmemory-policy = "allkeys-lru" })
}
security_group "p" {
  name_prefix = "p"
  tags        = sensitive({ NEEDLE-4 = "NEEDLE-5" })
}
output "o" {
  value     = replication_group.g.description
  sensitive = true
}
"#;
    for (before, after) in
        [("", GROUP), (GROUP, ""), (GROUP, &group(&[("\"g\"\n", "\"h\"\n")])), ("", &hidden), (&hidden, "")]
    {
        let (plan, state) = plan(before, after, &Options::default()).expect("a plan");
        let plan = file::withheld(&plan, &state).expect("nothing tells what is hidden");
        let bytes = file::write(&plan).expect("nothing is hidden any more");
        let again = file::read(&bytes).expect("what was written");
        assert_eq!(again, plan);
        assert_eq!(file::write(&again).as_ref(), Ok(&bytes));
        let text = String::from_utf8_lossy(&bytes);
        for hidden in ["NEEDLE", "SECRET", "allkeys"] {
            let found = text.find(hidden).map(|at| text[..at].chars().rev().take(200).collect::<String>());
            assert_eq!(found.map(|before| before.chars().rev().collect::<String>()), None, "{hidden}: {after}");
        }
    }
    let (open, _) = plan("", &hidden, &Options::default()).expect("a plan");
    assert!(file::write(&open).is_err(), "what is hidden is not written by an oversight");
}

fn address(text: &str) -> Address {
    Address::parse(text).expect(text)
}

fn subject(text: &str) -> Subject {
    Subject::parse(text).expect(text)
}

/// A block of subnet groups, with a line that says how often it is there.
fn subnets(name: &str, repeated: &str) -> String {
    format!("subnet_group \"{name}\" {{\n  {repeated}\n  name = \"{name}\"\n  subnet_ids = [\"subnet-1\"]\n}}\n")
}

#[test]
fn what_goes_has_its_reason() {
    let by_key = |keys: &str| {
        format!(
            "subnet_group \"a\" {{\n  for_each = toset([{keys}])\n  name     = each.key\n  subnet_ids = [\"subnet-1\"]\n}}\n"
        )
    };
    let by_count = |count: u32| {
        format!(
            "subnet_group \"a\" {{\n  count = {count}\n  name  = \"a${{count.index}}\"\n  subnet_ids = [\"subnet-1\"]\n}}\n"
        )
    };
    let moved = "moved {\n  from = subnet_group.a\n  to   = subnet_group.b\n}\n";
    let table: [(String, String, &[&str]); 7] = [
        (subnets("a", ""), String::new(), &["delete subnet_group.a (Orphan(Block))"]),
        (subnets("a", ""), moved.to_owned(), &["delete subnet_group.b (Orphan(Target))"]),
        (by_key("\"x\", \"y\""), by_key("\"x\""), &["delete subnet_group.a[\"y\"] (Orphan(Key))", "1 unchanged"]),
        (by_count(2), by_count(1), &["delete subnet_group.a[1] (Orphan(Index))", "1 unchanged"]),
        (
            by_count(1),
            by_key("\"x\""),
            &["create subnet_group.a[\"x\"]", "delete subnet_group.a[0] (Orphan(Repetition))"],
        ),
        (
            by_key("\"x\""),
            subnets("a", ""),
            &["create subnet_group.a", "delete subnet_group.a[\"x\"] (Orphan(Repetition))"],
        ),
        (
            subnets("a", ""),
            subnets("a", "lifecycle {\n    enabled = false\n  }"),
            &["delete subnet_group.a (Orphan(Enabled))"],
        ),
    ];
    for (before, after, want) in table {
        let got = lines(&before, &after, &Options::default(), decided);
        assert_eq!(got, want, "{before}{after}");
    }
}
