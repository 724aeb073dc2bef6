//! What a process takes, with all that it starts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// What one command took.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub wall: Duration,
    /// CPU time of all its processes, the system's part with it.
    pub cpu: Duration,
    /// The most memory of all its processes together, in KiB.
    pub memory: u64,
    /// Calls that the emulator answered.
    pub calls: u64,
    pub code: i32,
    /// What it wrote, for those who ask why it failed.
    pub told: String,
}

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// Runs a program to its end, or ends it when patience does.
pub fn run(program: &Path, args: &[&str], place: &Path, patience: Duration) -> Sample {
    let out = place.join("told.log");
    let file = fs::File::create(&out).expect("a file");
    let mut command = Command::new(program);
    command.args(args).current_dir(place).stdin(Stdio::null());
    command.stdout(file.try_clone().expect("a file")).stderr(file).env("CHECKPOINT_DISABLE", "1");
    let (before, start) = (cpu_of_children(), Instant::now());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (pid, over) = (child.id(), AtomicBool::new(false));
    let (status, memory) = thread::scope(|scope| {
        let looker = scope.spawn(|| {
            let mut seen = BTreeMap::new();
            let mut most = 0;
            while !over.load(Ordering::Relaxed) && start.elapsed() < patience {
                most = most.max(memory_of(pid, &mut seen));
                thread::sleep(LOOK);
            }
            if start.elapsed() >= patience {
                let _ = Command::new("kill").arg(pid.to_string()).status();
            }
            most
        });
        let status = child.wait().expect("an end");
        over.store(true, Ordering::Relaxed);
        (status, looker.join().expect("a number"))
    });
    let wall = start.elapsed();
    let told = fs::read_to_string(&out).unwrap_or_default();
    Sample { wall, cpu: cpu_of_children() - before, memory, calls: 0, code: status.code().unwrap_or(-1), told }
}

/// CPU time of all that this process has started and seen end.
fn cpu_of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage of children");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros as u64)
}

/// The peaks of a process and its descendants that are alive, together, in KiB.
fn memory_of(pid: u32, seen: &mut BTreeMap<u32, u64>) -> u64 {
    let mut alive = vec![pid];
    let mut at = 0;
    while let Some(pid) = alive.get(at).copied() {
        at += 1;
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        alive.extend(children.flat_map(|text| text.split_whitespace().flat_map(str::parse).collect::<Vec<u32>>()));
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        seen.extend(peak.map(|peak| (pid, peak)));
    }
    alive.iter().filter_map(|pid| seen.get(pid)).sum()
}

/// The sample in the middle of each figure by itself.
pub fn median(samples: Vec<Sample>) -> Sample {
    fn middle<T: Ord>(mut all: Vec<T>) -> T {
        all.sort();
        let at = all.len() / 2;
        all.swap_remove(at)
    }
    Sample {
        wall: middle(samples.iter().map(|one| one.wall).collect()),
        cpu: middle(samples.iter().map(|one| one.cpu).collect()),
        memory: middle(samples.iter().map(|one| one.memory).collect()),
        calls: middle(samples.iter().map(|one| one.calls).collect()),
        ..Sample::default()
    }
}
