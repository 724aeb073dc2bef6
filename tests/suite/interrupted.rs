//! Changes of several calls that are cut off, at each of them: what is said of them then is true, and an apply brings
//! them to their end.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::emulate::{aws, control};
use crate::harness::{Emulator, Place, Run};

/// What stands around the attributes that change.
const STACK: &str = r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

replication_group "g" {
  replication_group_id = "g"
  ATTRIBUTES
}
"#;

/// A change of one group: how it is written before and after, and how many calls it takes.
struct Change<'a> {
    before: &'a str,
    after: &'a str,
    calls: u64,
}

/// A group on an emulator that is as slow as AWS, but for its clock.
struct Scene {
    emulator: Emulator,
    place: Place,
}

impl Scene {
    fn new(change: &Change) -> Self {
        let emulator = Emulator::start("real");
        let mut place = Place::new();
        place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
        place.env("OLD", "correct-horse-battery-staple").env("NEW", "battery-staple-correct-horse");
        let scene = Self { emulator, place };
        scene.write(change.before);
        scene.to_the_end(&["apply", "--auto-approve"]);
        control(&scene.emulator, "DELETE /_cachestack/calls", "");
        scene.write(change.after);
        scene
    }

    fn write(&self, attributes: &str) {
        self.place.write("main.hcl", &STACK.replace("URL", &self.emulator.url).replace("ATTRIBUTES", attributes));
    }

    fn pass(&self, seconds: u64) {
        control(&self.emulator, "POST /_cachestack/clock", &format!("{{\"advance_seconds\": {seconds}}}"));
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut program = self.place.program(args);
        program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    }

    /// Runs a command while hours go by.
    fn to_the_end(&self, args: &[&str]) {
        let mut child = self.start(args);
        loop {
            match child.try_wait().expect("a child") {
                Some(status) => return assert!(status.success(), "{args:?}: {status}"),
                None => self.pass(900),
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// How many calls have changed the group.
    fn calls(&self) -> u64 {
        let calls = control(&self.emulator, "GET /_cachestack/calls", "");
        let calls: serde_json::Value = serde_json::from_str(&calls).expect("calls");
        let changes = ["Modify", "Increase", "Decrease"];
        let is_change = |name: &str| changes.iter().any(|word| name.contains(&format!(":{word}")));
        let changing = calls.as_object().expect("calls").iter().filter(|(name, _)| is_change(name));
        changing.filter_map(|(_, count)| count.as_u64()).sum()
    }

    /// Kills an apply while the call of that number is under way.
    fn cut_off_at(&self, call: u64) {
        let mut child = self.start(&["apply", "--auto-approve"]);
        // Only between calls there is something to wait for: hours that go by while the first is sent would end it.
        for calls in std::iter::repeat_with(|| self.calls()).take_while(|calls| *calls < call) {
            assert!(child.try_wait().expect("a child").is_none(), "it is over before call {call}");
            if calls > 0 {
                self.pass(900);
            }
            std::thread::sleep(Duration::from_millis(60));
        }
        std::thread::sleep(Duration::from_millis(60));
        let _ = child.kill();
        let _ = child.wait();
    }

    /// What nothing and nobody else has done is not told as the doing of others, and nothing is refused.
    fn is_told_truly(&self) {
        self.quiet(&["validate"]);
        self.quiet(&["plan"]);
        self.quiet(&["drift"]);
        self.quiet(&["plan", "--refresh-only"]);
    }

    #[track_caller]
    fn quiet(&self, args: &[&str]) -> Run {
        let run = self.place.run(args).expect(0);
        assert!(!run.stdout.contains("by others"), "{args:?}: {}", run.stdout);
        assert!(!run.stdout.contains("must be replaced"), "{args:?}: {}", run.stdout);
        run
    }

    /// What AWS tells of the group and its nodes, but for times.
    fn group(&self) -> String {
        let told = |fields: &str, names: &[&str]| {
            let (_, answer) = aws(&self.emulator, fields).expect("an answer");
            let elements =
                answer.split('<').filter(|part| names.iter().any(|name| part.starts_with(&format!("{name}>"))));
            elements.collect::<Vec<_>>().join(" ")
        };
        let of_group = [
            "TransitEncryptionEnabled",
            "TransitEncryptionMode",
            "ClusterMode",
            "ClusterEnabled",
            "ClusterId",
            "NodeGroupId",
            "MultiAZ",
            "AutomaticFailover",
            "AuthTokenEnabled",
            "CacheNodeType",
        ];
        let of_nodes = ["CacheClusterId", "Engine", "EngineVersion", "CacheParameterGroupName"];
        let group = told("Action=DescribeReplicationGroups&ReplicationGroupId=g", &of_group);
        group + &told("Action=DescribeCacheClusters", &of_nodes)
    }
}

/// Cuts the change off at each of its calls.
fn check(change: &Change) {
    let whole = Scene::new(change);
    whole.to_the_end(&["apply", "--auto-approve"]);
    assert_eq!(whole.calls(), change.calls, "calls of the whole change");
    for call in 1..=change.calls {
        for refreshes in [false, true] {
            let scene = Scene::new(change);
            scene.cut_off_at(call);
            scene.is_told_truly();
            scene.pass(4 * 3600);
            scene.is_told_truly();
            if refreshes {
                scene.to_the_end(&["apply", "--refresh-only", "--auto-approve"]);
                scene.is_told_truly();
            }
            scene.to_the_end(&["apply", "--auto-approve"]);
            assert_eq!(scene.group(), whole.group(), "cut off at call {call}");
            scene.place.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes");
            assert_eq!(scene.calls(), change.calls, "nothing is sent twice, cut off at call {call}");
        }
    }
}

macro_rules! changes {
    ($($name:ident: $before:expr => $after:expr, $calls:expr;)*) => { $(
        #[test]
        fn $name() {
            check(&Change { before: $before, after: $after, calls: $calls });
        }
    )* };
}

macro_rules! nodes {
    ($text:literal) => {
        concat!(
            "node_type = \"cache.r6g.large\"\n  num_cache_clusters = 2\n  automatic_failover_enabled = true\n  ",
            $text
        )
    };
}

macro_rules! shards {
    ($text:literal) => {
        concat!("node_type = \"cache.r6g.large\"\n  automatic_failover_enabled = true\n  ", $text)
    };
}

changes! {
    encryption_that_is_turned_on:
        nodes!("engine_version = \"7.1\"") =>
        nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true"), 2;
    encryption_that_is_turned_off:
        nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true") =>
        nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = false"), 2;
    an_upgrade_with_encryption:
        nodes!("engine_version = \"6.2\"") =>
        nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true"), 3;
    cluster_mode_from_an_old_version:
        shards!("engine_version = \"6.2\"\n  replicas_per_node_group = 1") =>
        shards!("engine_version = \"7.1\"\n  replicas_per_node_group = 1\n  cluster_mode = \"enabled\"\n  num_node_groups = 3"), 4;
    another_engine_and_more_replicas:
        nodes!("engine = \"redis\"\n  engine_version = \"7.1\"") =>
        "node_type = \"cache.r6g.xlarge\"\n  num_cache_clusters = 3\n  automatic_failover_enabled = true\n  multi_az_enabled = true\n  engine = \"valkey\"\n  engine_version = \"8.0\"", 2;
    fewer_shards_and_replicas:
        shards!("engine_version = \"7.1\"\n  num_node_groups = 3\n  replicas_per_node_group = 2") =>
        shards!("engine_version = \"7.1\"\n  num_node_groups = 2\n  replicas_per_node_group = 1"), 2;
    a_token_that_is_rotated:
        nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true\n  auth_token = secret(\"env:OLD\")") =>
        nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true\n  auth_token = secret(\"env:NEW\")"), 2;
}

/// What cuts clients off is foreseen while AWS is still at the call before it.
#[test]
fn a_call_that_is_left_is_planned_while_one_is_under_way() {
    let scene = Scene::new(&Change {
        before: nodes!("engine_version = \"7.1\""),
        after: nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true"),
        calls: 2,
    });
    scene.cut_off_at(1);
    let run = scene.place.run(&["plan", "--detailed-exitcode"]).expect(2);
    run.says("TransitEncryptionMode = \"required\"").says("1 to change");
    scene.place.run(&["plan", "--max-impact", "failover"]).expect(3);
}

/// A wish that is taken back while AWS is at it waits for that, and what AWS is at is listed whatever the stack says.
#[test]
fn a_wish_that_is_taken_back_under_way_waits() {
    let scene = Scene::new(&Change {
        before: nodes!("engine_version = \"6.2\""),
        after: nodes!("engine_version = \"7.1\""),
        calls: 1,
    });
    scene.cut_off_at(1);
    scene.write(nodes!("engine_version = \"6.2\""));
    scene.quiet(&["plan"]).says("engine_version: AWS is making something else of it");
    scene.quiet(&["pending"]).says("being carried out").says("engine_version = \"6.2\" -> \"7.1\"");
    scene.pass(4 * 3600);
    scene.place.run(&["plan"]).expect(3).says("must be replaced");
    scene.quiet(&["pending"]).says("Nothing waits");
}

/// While AWS lets a token in, a plan knows that two will be valid: a third one keeps clients out, and one of the two is
/// only made the only one.
#[test]
fn a_token_that_is_being_let_in_counts() {
    let token = |text: &str| {
        let plain = nodes!("engine_version = \"7.1\"\n  transit_encryption_enabled = true");
        format!("{plain}\n  auth_token = \"{text}\"")
    };
    let (old, new) = (token("correct-horse-battery-staple"), token("battery-staple-correct-horse"));
    let scene = Scene::new(&Change { before: &old, after: &new, calls: 2 });
    scene.cut_off_at(1);
    let plan = scene.quiet(&["plan"]);
    plan.says("call 1/1").says("Strategy = \"SET\"");
    scene.write(&token("horse-correct-staple-battery"));
    let plan = scene.quiet(&["plan"]);
    plan.says("Two tokens are valid already, and AWS lets in no more");
    scene.write(&old);
    scene.quiet(&["plan"]).says("call 1/1").says("Only the token that is written is valid from then on");
}
