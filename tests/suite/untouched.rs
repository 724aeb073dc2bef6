//! Commands that only look leave the directory as it was, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;

use crate::harness::Place;

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

parameter_group "redis" {
  name   = "redis"
  family = "redis7"
}

output "name" { value = parameter_group.redis.name }
"#;

/// Each with the exit code that it has before and after an apply.
const LOOKS: &[(&[&str], i32, i32)] = &[
    (&["validate"], 0, 0),
    (&["plan"], 0, 0),
    (&["plan", "--json"], 0, 0),
    (&["plan", "--detailed-exitcode"], 2, 0),
    (&["plan", "--refresh-only"], 0, 0),
    (&["plan", "--destroy"], 0, 0),
    (&["plan", "--var", "x=1"], 1, 1),
    (&["drift"], 0, 0),
    (&["env", "list"], 0, 0),
    (&["output"], 0, 0),
    (&["output", "--json"], 0, 0),
    (&["show"], 0, 0),
    (&["state", "list"], 0, 0),
    (&["graph"], 0, 0),
    (&["console"], 0, 0),
    (&["fmt", "--check"], 0, 0),
    (&["explain", "CS0101"], 0, 0),
    (&["version"], 0, 0),
];

/// Every file and directory below, with its bytes; nothing where there is no such directory.
pub fn listing(directory: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<_> = directory.is_dir().then(|| directory.to_owned()).into_iter().collect();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let bytes = path.is_file().then(|| std::fs::read(&path).expect("a file"));
            found.insert(path.display().to_string(), bytes);
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found
}

#[track_caller]
fn look(place: &Place, code: impl Fn(&(&[&str], i32, i32)) -> i32) {
    let before = listing(place.path());
    for row in LOOKS {
        let run = place.run(row.0);
        assert_eq!(run.code, code(row), "{:?}\n{}{}", row.0, run.stdout, run.stderr);
        assert_eq!(listing(place.path()), before, "{:?} changed the directory", row.0);
    }
}

#[test]
fn looking_leaves_no_trace() {
    let place = Place::new();
    place.write("main.hcl", STACK);
    look(&place, |row| row.1);
    assert!(!place.path().join(".cachestack").exists());
    place.run(&["apply", "--auto-approve"]).expect(0);
    assert!(place.path().join(".cachestack/local/emulator.json").exists(), "an apply keeps the world");
    look(&place, |row| row.2);
}

/// What a run that was killed leaves behind is for the next apply to clear away.
#[test]
fn looking_repairs_nothing() {
    let place = Place::new();
    place.write("main.hcl", STACK);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let world = ".cachestack/local/emulator.json";
    let whole = place.read(world);
    place.write(world, &format!("{whole}0123456789abcdef [[\"torn"));
    place.write(".cachestack/local/.emulator.json.abcdef.draft", "left");
    std::fs::remove_file(place.path().join(".cachestack/local/emulator.json.lock")).expect("the lock file goes");
    look(&place, |row| row.2);
    place.run(&["apply", "--auto-approve"]).expect(0);
    assert_eq!(place.read(world), whole, "an apply drops the torn line");
}
