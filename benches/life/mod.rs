//! The life of a stack on an account and a disk in memory, command by command, for benches: the whole engine without what
//! the simulation proves beside it, on one thread.

pub mod shapes;

use std::path::PathBuf;
use std::process::Command as Process;
use std::sync::Arc;

use cachestack::simulation::clock::LeapingClock;
use cachestack::simulation::engine::{self, End, Place, Verb};
use cachestack::simulation::faults::Faults;
use tempfile::TempDir;

/// The most that counts as growth in a straight line.
pub const EXPONENT_MAX: f64 = 1.1;

/// A part of a life.
pub struct Command {
    pub name: &'static str,
    /// `None`: the stack is only checked, offline.
    verb: Option<Verb>,
    /// Whether the plan of it has no steps.
    empty: bool,
}

/// A life from its first day to its last.
pub const COMMANDS: [Command; 5] = [
    Command { name: "check", verb: None, empty: true },
    Command { name: "plan of a new stack", verb: Some(Verb::Plan), empty: false },
    Command { name: "apply", verb: Some(Verb::Apply), empty: false },
    Command { name: "plan without change", verb: Some(Verb::Plan), empty: true },
    Command { name: "destroy", verb: Some(Verb::Destroy), empty: false },
];

/// A stack of one size on an account and a disk of its own.
pub struct Life {
    place: Place,
    _folder: TempDir,
}

impl Life {
    pub fn new(shape: &str, size: usize) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        engine::write(&folder.path().join("main.hcl"), &shapes::stack(shape, size));
        let clock = LeapingClock::patient(200 * size as u64);
        Self { place: Place::new(PathBuf::from(folder.path()), clock, Arc::new(Faults::none()), None), _folder: folder }
    }

    pub fn run(&self, Command { name, verb, empty }: &Command) {
        self.place.disk.end(false);
        self.place.disk.take_history();
        self.place.faults.begin(0, false);
        let command = |verb| engine::Command { verb, allow: true, bare: true, ..engine::Command::default() };
        let outcome = verb.map_or_else(|| self.place.check(), |verb| self.place.run(&command(verb)));
        assert_eq!(outcome.end, End::Done, "{name}: {}", outcome.told);
        assert_eq!(outcome.empty, *empty, "{name}");
    }

    /// Where it is lived.
    #[allow(dead_code, reason = "not every bench looks")]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Ends without the work of letting go: what one command has left in the account is no work of that command.
    pub fn leave(self) {
        std::mem::forget(self.place);
    }
}

/// Instructions of this program with these arguments, under valgrind, and what it told; where there is no valgrind, why.
pub fn instructions(args: &[String]) -> Result<(u64, String), std::io::Error> {
    let program = std::env::current_exe()?;
    let mut counter = Process::new("valgrind");
    counter.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]).arg(program).args(args);
    // What the allocator gives back to the system depends on the time that goes by.
    let output = counter.env("MIMALLOC_PURGE_DELAY", "-1").output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
    let line = told.lines().find_map(|line| line.split_once("I   refs:").or(line.split_once("I refs:")));
    let count = line.expect("a count").1.trim().replace(',', "").parse().expect("a number");
    Ok((count, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The slope of the straight line through the logarithms, by least squares.
pub fn exponent(sizes: &[usize], values: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> =
        sizes.iter().zip(values).map(|(size, value)| ((*size as f64).ln(), value.max(1e-6).ln())).collect();
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let slope: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    slope / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}
