//! How long a plan of a thousand resources takes, the whole program from start to end, against the emulator on a socket.
//!
//! `cargo bench --bench plan` prints the median and the fastest of the runs, and the calls of one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 9;

fn main() {
    let place = tempfile::tempdir().expect("a directory");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scale/main.hcl"), place.path().join("main.hcl"))
        .expect("the stack");
    let mut emulator = program(place.path(), &["emulate", "--listen", "127.0.0.1:0", "--speed", "instant"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the emulator starts");
    let mut line = String::new();
    BufReader::new(emulator.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
    let applied = timed(place.path(), &["apply", "--auto-approve", "--endpoint", &url]);
    println!("apply of 1000 resources: {:.2} s", applied.as_secs_f64());
    let mut plans: Vec<Duration> = (0..RUNS).map(|_| timed(place.path(), &["plan", "--endpoint", &url])).collect();
    plans.sort();
    println!(
        "plan of 1000 resources: median {:.2} s, fastest {:.2} s of {RUNS} runs",
        plans[RUNS / 2].as_secs_f64(),
        plans[0].as_secs_f64()
    );
    let checked = timed(place.path(), &["validate"]);
    println!("validate of 1000 resources: {:.2} s", checked.as_secs_f64());
    let _ = emulator.kill();
    let _ = emulator.wait();
}

fn program(place: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachestack"));
    command.args(args).current_dir(place);
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

/// How long a command takes that must end well.
fn timed(place: &Path, args: &[&str]) -> Duration {
    let start = Instant::now();
    let output = program(place, args).output().expect("the program starts");
    let took = start.elapsed();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    took
}
