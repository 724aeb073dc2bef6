//! How the CPU time of check, plan, apply and destroy grows with the number of instances, for stacks in which instances
//! hang on one another: the whole engine without what the simulation proves beside it, on an account and a disk in memory.
//!
//! Time is that of the program itself. What the kernel takes on top to supply memory is a row of its own: a page that a
//! virtual machine's host has to find first costs a multiple of one that is at hand, and small sizes find theirs at hand.
//!
//! `cargo bench --no-default-features --features simulation --bench growth [-- --quick|--far] [--check] [SHAPE]` prints CPU
//! time and peak memory by size, and the exponent of the growth: 1 is a straight line. With `--quick` sizes are small, with
//! `--far` they go up to 30,000; with `--check` an exponent above 1.1 is an error. `--instructions` counts instructions under `valgrind` in place of CPU
//! time: it tells growth of the work from memory that is slower the more of it there is.

mod life;

use std::process::{Command, ExitCode};

use life::shapes::SHAPES;
use life::{COMMANDS, EXPONENT_MAX, Life, exponent};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

#[path = "../src/main/allocator.rs"]
mod allocator;

const SIZES: [usize; 4] = [1_250, 2_500, 5_000, 10_000];
const FAR: [usize; 3] = [3_000, 10_000, 30_000];
const QUICK: [usize; 3] = [625, 1_250, 2_500];
/// Counting is some forty times slower than running.
const COUNTED: [usize; 3] = [500, 1_000, 2_000];
const RUNS: usize = 3;

fn main() -> ExitCode {
    allocator::keep();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [word, shape, size] = &args[..]
        && word == "one"
    {
        let life = Life::new(shape, size.parse().expect("a size"));
        timed(&life);
        return ExitCode::SUCCESS;
    }
    if let [word, shape, size, commands] = &args[..]
        && word == "first"
    {
        let life = Life::new(shape, size.parse().expect("a size"));
        COMMANDS.iter().take(commands.parse().expect("a number")).for_each(|command| life.run(command));
        life.leave();
        return ExitCode::SUCCESS;
    }
    let is_set = |name: &str| args.iter().any(|arg| arg == name);
    let named = |shape: &str| args.iter().all(|arg| arg.starts_with("--") || arg == shape);
    let mut worst: f64 = 0.0;
    for (shape, _) in SHAPES.iter().filter(|(shape, _)| named(shape)) {
        let exponent = match () {
            () if is_set("--instructions") => count(shape),
            () if is_set("--quick") => measure(shape, &QUICK),
            () if is_set("--far") => measure(shape, &FAR),
            () => measure(shape, &SIZES),
        };
        worst = worst.max(exponent);
    }
    if is_set("--check") && worst > EXPONENT_MAX {
        eprintln!("an exponent is {worst:.2}, above {EXPONENT_MAX}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints the table of a shape; answers the largest exponent of CPU time.
fn measure(shape: &str, sizes: &[usize]) -> f64 {
    let runs: Vec<Vec<f64>> = sizes.iter().map(|size| best(shape, *size)).collect();
    let column = |at: usize| runs.iter().map(|run| run[at]).collect::<Vec<f64>>();
    head(shape, sizes);
    let worst = (0..COMMANDS.len()).map(|at| row(COMMANDS[at].name, sizes, &column(at), |time| format!("{time:.3} s")));
    let worst = worst.fold(0.0, f64::max);
    row("the system's part", sizes, &column(COMMANDS.len()), |time| format!("{time:.3} s"));
    row("peak memory", sizes, &column(COMMANDS.len() + 1), |peak| format!("{peak:.0} MiB"));
    println!();
    worst
}

/// The same by instructions: what the first commands take less what all but the last of them take.
fn count(shape: &str) -> f64 {
    let taken = |size: &usize| (0..=COMMANDS.len()).map(|commands| instructions(shape, *size, commands)).collect();
    let runs: Vec<Vec<f64>> = COUNTED.iter().map(taken).collect();
    head(shape, &COUNTED);
    let worst = (0..COMMANDS.len()).map(|at| {
        let values: Vec<f64> = runs.iter().map(|run| run[at + 1] - run[at]).collect();
        row(COMMANDS[at].name, &COUNTED, &values, |count| format!("{:.1} M", count / 1e6))
    });
    let worst = worst.fold(0.0, f64::max);
    println!();
    worst
}

fn head(shape: &str, sizes: &[usize]) {
    let cells: Vec<String> = sizes.iter().map(|size| format!("{size:>10}")).collect();
    println!("{shape:<22}{}  exponent", cells.concat());
}

/// Prints a row; answers its exponent.
fn row(name: &str, sizes: &[usize], values: &[f64], shown: impl Fn(f64) -> String) -> f64 {
    let cells: Vec<String> = values.iter().map(|value| format!("{:>10}", shown(*value))).collect();
    let exponent = exponent(sizes, values);
    println!("{name:<22}{}  {exponent:.2}", cells.concat());
    exponent
}

/// The least of several runs: whatever else the machine does only adds to it.
fn best(shape: &str, size: usize) -> Vec<f64> {
    let runs: Vec<Vec<f64>> = (0..RUNS).map(|_| in_a_process(shape, size)).collect();
    (0..COMMANDS.len() + 2).map(|at| runs.iter().map(|run| run[at]).fold(f64::INFINITY, f64::min)).collect()
}

/// Seconds of each command, of the system for all, and MiB at most, of a process of its own: what one size leaves in memory costs no other.
fn in_a_process(shape: &str, size: usize) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(["one", shape, &size.to_string()]).output().expect("a process");
    assert!(output.status.success(), "{shape} {size}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

/// Instructions of the first commands of a life, with its start.
fn instructions(shape: &str, size: usize, commands: usize) -> f64 {
    let args = ["first", shape, &size.to_string(), &commands.to_string()].map(str::to_owned);
    life::instructions(&args).expect("--instructions needs valgrind on the PATH").0 as f64
}

/// Prints what each command took, what the system took for all of them, and the peak.
fn timed(life: &Life) {
    let (_, system) = cpu();
    for command in &COMMANDS {
        let (start, _) = cpu();
        life.run(command);
        println!("{}", cpu().0 - start);
    }
    println!("{}", cpu().1 - system);
    println!("{}", peak());
}

/// Seconds of all processors that this process has had, for itself and for what the system did for it.
fn cpu() -> (f64, f64) {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage of this process");
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    (seconds(usage.user_time()), seconds(usage.system_time()))
}

/// The most memory that this process has had, in MiB; zero where the system does not tell.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
