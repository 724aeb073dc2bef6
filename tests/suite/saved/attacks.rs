//! Plans that were cut off, damaged, edited, or are none.

use super::{place, plan};
use cachestack::plan::saved::{Saved, seal};

/// Every part of a real plan damaged, and cut at many lengths: never a plan, and never a panic.
#[test]
fn no_damage_of_a_plan_goes_unseen() {
    let place = place();
    plan(&place);
    let bytes = place.bytes("p.plan");
    assert!(Saved::read(&bytes).is_ok(), "it is sound");
    for at in (0..bytes.len()).step_by(1 + bytes.len() / 600) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(Saved::read(&damaged).is_err(), "byte {at}");
        assert!(Saved::read(&bytes[..at]).is_err(), "cut at {at}");
    }
}

/// Who seals an edited body anew gets past the digest: what cannot be a plan is refused all the same, and the rest by
/// the state.
#[test]
fn a_plan_that_was_edited_is_refused() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.write("main.hcl", &super::STACK.replace("allkeys-lru", "noeviction"));
    plan(&place);
    let bytes = place.bytes("p.plan");
    let opened = seal::open(&bytes).expect("sound");
    let body = opened.body(&bytes).to_vec();
    let mut read = 0;
    for at in (0..body.len()).step_by(1 + body.len() / 1500) {
        for change in [0x01u8, 0x20, 0x80] {
            let mut edited = body.clone();
            edited[at] ^= change;
            read += usize::from(Saved::read(&seal::seal(&edited, None)).is_ok());
        }
    }
    assert!(read > 0, "some are plans still");
    let find = |word: &[u8]| body.windows(word.len()).position(|part| part == word).expect("the word");
    let mut edited = body.clone();
    let at = find(b"noeviction");
    edited[at..at + 10].copy_from_slice(b"allkeys-ab");
    for key in [None, Some("a salt that is not that of the state")] {
        std::fs::write(place.path().join("edited.plan"), seal::seal(&edited, key)).expect("a file");
        let applied = place.run(&["apply", "edited.plan"]).expect(1);
        assert!(applied.stderr.contains("or was edited since"), "{}", applied.stderr);
    }
    place.run(&["apply", "p.plan"]).expect(0);
}

/// What begins otherwise is never taken for the stack in its directory where it may have been a plan.
#[test]
fn a_damaged_plan_is_not_taken_for_its_directory() {
    let place = place();
    plan(&place);
    let bytes = place.bytes("p.plan");
    let mut turned = bytes.clone();
    turned[0] ^= 1;
    let newer = [b"cachestack plan 9 9.0.0\n", &bytes[24..]].concat();
    let cases: [(&[u8], &str); 7] = [
        (&bytes[..bytes.len() - 1], "damaged"),
        (&bytes[..7], "no saved plan"),
        (b"", "an empty file"),
        (&turned, "no saved plan"),
        (b"PK\x03\x04\x00\xff", "a plan of Terraform"),
        (&newer, "the saved plan is of format 9, by cachestack 9.0.0"),
        (&bytes[..20], "it ends within its first lines"),
    ];
    for (bytes, why) in cases {
        std::fs::write(place.path().join("x.plan"), bytes).expect("a file");
        for args in [
            ["apply", "--auto-approve", "x.plan"],
            ["apply", "--auto-approve", "--plan=x.plan"],
            ["show", "--json", "x.plan"],
        ] {
            let run = place.run(&args).expect(1);
            assert!(run.stderr.contains(why), "{args:?}: {}", run.stderr);
        }
    }
    for args in [["show", "--json", "p.plan"], ["plan", "--json", "--target=log_group.none"]] {
        let told = place.run(&args).stdout;
        std::fs::write(place.path().join("plan.json"), told).expect("a file");
        let run = place.run(&["apply", "--auto-approve", "plan.json"]).expect(1);
        assert!(run.stderr.contains("it is a plan as JSON"), "{args:?}: {}", run.stderr);
    }
    assert!(!place.path().join(".cachestack").exists(), "nothing was carried out");
}
