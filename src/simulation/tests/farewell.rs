//! A deletion with a final snapshot that is cut off: the object goes with one snapshot or stays, and its name is told.

use super::Scene;
use crate::plan::Options;
use crate::simulation::engine::{Command, End, Outcome, Verb};
use crate::simulation::faults::{Fault, Faults, Moment, Script};
use crate::state::State;

const GROUP: &str = r#"
replication_group "g" {
  replication_group_id = "g"
  node_type            = "cache.t3.small"
  engine_version       = "7.1"
  num_cache_clusters   = 1
}
"#;

impl Scene {
    fn allowed(&self, number: usize) -> Outcome {
        self.place.faults.begin(number, true);
        let outcome = self.place.run(&Command { verb: Verb::Apply, allow: true, ..Command::default() });
        self.place.disk.end(self.place.faults.takes_power());
        outcome
    }

    fn state(&self, number: usize) -> State {
        self.place.faults.begin(number, true);
        let state = self.place.plan(&Options::default()).expect("a plan").1;
        self.place.disk.end(self.place.faults.takes_power());
        state
    }
}

#[test]
fn a_final_snapshot_is_told_by_whoever_sees_the_object_go() {
    for fault in ["crash-before", "crash-after", "lost-answer", "server-error-after", "denied"] {
        let moment = Moment { turn: 1, place: "call DeleteReplicationGroup".to_owned(), number: 0 };
        let script = Script::from([(moment, Fault::parse(fault).expect("a fault"))]);
        let scene = Scene::with(Faults::script(script));
        scene.write(GROUP);
        assert_eq!(scene.allowed(0).end, End::Done, "{fault}");
        scene.write(&GROUP.replace("= \"g\"", "= \"h\""));
        let first = scene.allowed(1);
        let asked = scene.state(3).records.values().find_map(|record| record.farewell.clone());
        let second = scene.allowed(2);
        assert_eq!(second.end, End::Done, "{fault}: {}", second.told);
        let state = scene.state(4);
        let [kept] = &*state.farewells else { panic!("{fault}: {:?}", state.farewells) };
        assert!(kept.address == "replication_group.g" && kept.name.starts_with("g-final-"), "{fault}: {kept:?}");
        let told = format!("{}{}{}{}", first.plan, first.told, second.plan, second.told);
        assert!(told.contains(&kept.name), "{fault}: {} is told by nobody: {told}", kept.name);
        match fault {
            // It had arrived: the name that was asked for is the name that is told, by the run that sees the object go.
            "crash-after" => {
                assert_eq!(asked.as_ref(), Some(&kept.name), "{fault}");
                assert!(second.plan.contains("its final snapshot is"), "{fault}: {}", second.plan);
            }
            // It had not: another attempt has another name.
            "crash-before" | "denied" => {
                assert!(asked.is_some() && asked.as_ref() != Some(&kept.name), "{fault}: {asked:?}")
            }
            _ => assert_eq!(first.end, End::Done, "{fault}: {}", first.told),
        }
        assert_eq!(scene.objects(), 1, "{fault}");
    }
}
