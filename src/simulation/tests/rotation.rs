//! A rotation in two parts that is cut off at each of its calls: it goes on, the former token stays valid until somebody
//! says otherwise, and every plan says so meanwhile.

use super::Scene;
use crate::kind::SecretPhase;
use crate::simulation::engine::{Command, End, Outcome, Verb};
use crate::simulation::faults::{Fault, Faults, Moment, Script};

const FIRST: &str = r#"
replication_group "g" {
  replication_group_id       = "g"
  description                = "one"
  node_type                  = "cache.t3.small"
  engine_version             = "7.1"
  num_cache_clusters         = 1
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN_1")
}
"#;

const UNFINISHED: &str = "CS1017";

impl Scene {
    fn turn(&self, number: usize, rotate: Option<SecretPhase>) -> Outcome {
        self.place.faults.begin(number, true);
        let rotate = rotate.map(|only| ("replication_group.g".to_owned(), only));
        let targets = rotate.iter().map(|(address, _)| address.clone()).collect();
        let outcome = self.place.run(&Command { verb: Verb::Apply, rotate, targets, ..Command::default() });
        self.place.disk.end(self.place.faults.takes_power());
        outcome
    }

    /// How many tokens are valid.
    fn tokens(&self) -> usize {
        self.place.cloud.world().things().map(|(_, thing)| thing.tokens.len()).sum()
    }
}

/// Ways for a call not to come to its end, and whether it has its effect.
const CUTS: [(&str, bool); 5] = [
    ("crash-before", false),
    ("crash-after", true),
    ("lost-request", false),
    ("lost-answer", true),
    ("server-error-after", true),
];

fn at(turn: usize, fault: &str) -> Faults {
    let moment = Moment { turn, place: "call ModifyReplicationGroup".to_owned(), number: 0 };
    Faults::script(Script::from([(moment, Fault::parse(fault).expect("a fault"))]))
}

#[test]
fn a_rotation_that_is_cut_off_goes_on() {
    let second = FIRST.replace("TOKEN_1", "TOKEN_2").replace("\"one\"", "\"two\"");
    for (part, turn) in [(SecretPhase::LetIn, 1), (SecretPhase::Set, 4)] {
        for (fault, _) in CUTS {
            let scene = Scene::with(at(turn, fault));
            let label = format!("{part:?} {fault}");
            scene.write(FIRST);
            assert_eq!(scene.turn(0, None).end, End::Done, "{label}");
            scene.write(&second);
            scene.turn(1, Some(SecretPhase::LetIn));
            // Whatever became of it, the same command goes on, and sends nothing twice (the simulation would say so).
            let again = scene.turn(2, Some(SecretPhase::LetIn));
            assert_eq!((again.end, scene.tokens()), (End::Done, 2), "{label}: {}", again.told);
            // An apply changes what else differs, and leaves the former token valid.
            let apply = scene.turn(3, None);
            assert_eq!((apply.end, scene.tokens()), (End::Done, 2), "{label}: {}", apply.told);
            assert!(apply.told.contains(UNFINISHED) && apply.plan.contains("description"), "{label}: {}", apply.told);
            assert!(!apply.plan.contains("AuthToken"), "{label}: {}", apply.plan);
            scene.turn(4, Some(SecretPhase::Set));
            let last = scene.turn(5, Some(SecretPhase::Set));
            assert_eq!((last.end, scene.tokens()), (End::Done, 1), "{label}: {}", last.told);
            let plan = scene.turn(6, None);
            assert!(plan.empty && !plan.told.contains(UNFINISHED), "{label}: {}{}", plan.plan, plan.told);
        }
    }
}

/// What an interrupted rotation leaves is known: an apply right after it does not shut the former token out.
#[test]
fn an_apply_after_a_rotation_that_was_cut_off_keeps_both() {
    for (fault, sent) in CUTS {
        let scene = Scene::with(at(1, fault));
        scene.write(FIRST);
        assert_eq!(scene.turn(0, None).end, End::Done, "{fault}");
        scene.write(&FIRST.replace("TOKEN_1", "TOKEN_2"));
        let cut = scene.turn(1, Some(SecretPhase::LetIn)).end;
        let apply = scene.turn(2, None);
        // A token that has not arrived is an ordinary difference, which apply brings to its end.
        let both = sent || cut == End::Done;
        assert_eq!((apply.end, scene.tokens()), (End::Done, if both { 2 } else { 1 }), "{fault}: {}", apply.told);
        assert_eq!(apply.told.contains(UNFINISHED), both, "{fault}: {}", apply.told);
    }
}

/// An apply that was cut off between its two calls is finished by the next, unless a rotation is made of it.
#[test]
fn a_rotation_takes_over_what_an_apply_began() {
    let scene = Scene::with(Faults::script(Script::from([(
        Moment { turn: 1, place: "call ModifyReplicationGroup".to_owned(), number: 1 },
        Fault::CrashBefore,
    )])));
    scene.write(FIRST);
    assert_eq!(scene.turn(0, None).end, End::Done);
    scene.write(&FIRST.replace("TOKEN_1", "TOKEN_2"));
    assert_eq!((scene.turn(1, None).end, scene.tokens()), (End::Dead, 2));
    let taken = scene.turn(2, Some(SecretPhase::LetIn));
    assert_eq!((taken.end, scene.tokens()), (End::Done, 2), "{}", taken.told);
    let apply = scene.turn(3, None);
    assert_eq!((apply.empty, scene.tokens()), (true, 2), "{}", apply.plan);
    assert!(apply.told.contains(UNFINISHED), "{}", apply.told);
    // The former token, put back, is set without being let in once more.
    scene.write(FIRST);
    let back = scene.turn(4, None);
    assert_eq!((back.end, scene.tokens()), (End::Done, 1), "{}", back.told);
    assert_eq!(back.plan.matches("AuthTokenUpdateStrategy").count(), 1, "{}", back.plan);
    assert!(scene.turn(5, None).empty);
}

#[test]
fn what_is_no_rotation_is_refused() {
    let scene = Scene::new();
    scene.write(FIRST);
    assert_eq!(scene.turn(0, None).end, End::Done);
    let second = FIRST.replace("TOKEN_1", "TOKEN_2");
    scene.write(&second);
    assert_eq!(scene.turn(1, Some(SecretPhase::LetIn)).end, End::Done);
    let third = FIRST.replace("TOKEN_1", "TOKEN_3");
    for (part, text, said) in [
        (SecretPhase::LetIn, &*third, "there can be no third"),
        (SecretPhase::Set, &third, "is another one than was let in"),
        (SecretPhase::Set, &FIRST.replace("TOKEN_1", "TOKEN_9"), "that is not there"),
        (
            SecretPhase::LetIn,
            &FIRST.replace("  auth_token                 = secret(\"env:TOKEN_1\")\n", ""),
            "not written any more",
        ),
    ] {
        scene.write(text);
        let refused = scene.turn(2, Some(part));
        assert!(refused.told.contains(said), "{said}: {}", refused.told);
        assert_eq!(scene.tokens(), 2);
    }
    // An apply with a third one says whom that shuts out.
    scene.write(&third);
    let outcome = scene.place.run(&Command { verb: Verb::Plan, ..Command::default() });
    assert!(outcome.plan.contains("Two tokens are valid already"), "{}", outcome.plan);
}
