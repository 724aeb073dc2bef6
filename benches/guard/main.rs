//! Keeps the engine as fast as it is: instructions and heap peaks of fixed workloads, beside those in `benches/guard.tsv`.
//!
//! `cargo bench --no-default-features --features simulation --bench guard` counts under valgrind, so a machine that is
//! busy counts the same as one that is not. It fails where a count is more than a tenth above that of the file, or
//! grows faster than a straight line; `CACHESTACK_UPDATE_GUARD=1` writes the file.
//!
//! A workload is one command in the life of a stack: what the life takes with it, less what it takes without. Every
//! process lives a small life first, so that what is made once in a process is not counted.

mod heap;
#[path = "../life/mod.rs"]
mod life;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use life::{COMMANDS, EXPONENT_MAX, Life, exponent};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/guard.tsv");
const UPDATE: &str = "CACHESTACK_UPDATE_GUARD=1 writes it";
const SIZES: [usize; 2] = [250, 1_000];
/// A count may be above that of the file by so much of it.
const MARGIN: f64 = 0.1;
/// Name, shape of the stack, and which of the commands is counted.
const WORKLOADS: [(&str, &str, usize); 6] = [
    ("check", "alarms", 0),
    ("plan of a new stack", "alarms", 1),
    ("apply", "alarms", 2),
    ("plan without change", "alarms", 3),
    ("destroy", "alarms", 4),
    ("plan of services", "services", 1),
];
/// What is counted, and how much of it is one of a unit.
const MEASURES: [(&str, f64, &str); 2] = [("instructions", 1e6, "M"), ("heap peak", 1024.0 * 1024.0, "MiB")];

/// One number of each measure, by workload and size.
type Counts = BTreeMap<(String, usize), [u64; 2]>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [shape, size, commands] = &args[..] {
        live(shape, size.parse().expect("a size"), commands.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if let Err(error) = Command::new("valgrind").arg("--version").output() {
        eprintln!("guard: skipped, nothing is counted: valgrind does not start: {error}");
        return ExitCode::SUCCESS;
    }
    let counts = count();
    if std::env::var_os("CACHESTACK_UPDATE_GUARD").is_some() {
        std::fs::write(FILE, written(&counts)).expect("the file can be written");
    }
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let made_by = text.lines().next().unwrap_or_default();
    if made_by != compiler() {
        println!("the file is of another compiler: {made_by}; this is {}", compiler());
    }
    let wrong = tell(&counts, &read(&text));
    wrong.iter().for_each(|why| eprintln!("guard: {why}"));
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lives the first commands of a life, and tells the heap peak of the last of them.
fn live(shape: &str, size: usize, commands: usize) {
    let small = Life::new(shape, 8);
    COMMANDS.iter().for_each(|command| small.run(command));
    small.leave();
    let life = Life::new(shape, size);
    let peak = COMMANDS[..commands].iter().fold(0, |_, command| heap::peak_of(|| life.run(command)));
    println!("{peak}");
    life.leave();
}

fn count() -> Counts {
    let mut lives = BTreeMap::new();
    let mut life = |shape: &'static str, size: usize, commands: usize| {
        *lives.entry((shape, size, commands)).or_insert_with(|| {
            let args = [shape, &size.to_string(), &commands.to_string()].map(str::to_owned);
            let (instructions, told) = life::instructions(&args).expect("valgrind starts");
            [instructions, told.trim().parse().expect("a number")]
        })
    };
    let mut counts = Counts::new();
    for (name, shape, command) in WORKLOADS {
        for size in SIZES {
            let ([before, _], [after, heap]) = (life(shape, size, command), life(shape, size, command + 1));
            counts.insert((name.to_owned(), size), [after - before, heap]);
        }
    }
    counts
}

/// Prints the table; answers what is wrong.
fn tell(counts: &Counts, file: &Counts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, (measure, unit, sign)) in MEASURES.into_iter().enumerate() {
        let sizes = SIZES.map(|size| format!("{size:>12} {:<13}", "beside file"));
        println!("\n{:<20}{} exponent", format!("{measure}, {sign}"), sizes.concat());
        for (name, ..) in WORKLOADS {
            let now = SIZES.map(|size| counts[&(name.to_owned(), size)][at] as f64);
            let then = SIZES.map(|size| file.get(&(name.to_owned(), size)).map(|counts| counts[at] as f64));
            let more = [0, 1].map(|size| then[size].map(|then| now[size] / then - 1.0));
            let cells = [0, 1]
                .map(|size| format!("{:>12.2} {:<13}", now[size] / unit, more[size].map_or("-".to_owned(), percent)));
            let exponent = exponent(&SIZES, &now);
            println!("{name:<20}{} {exponent:>8.2}", cells.concat());
            for (size, more) in SIZES.iter().zip(more) {
                judge(&format!("{name} of {size}: {measure}"), more, &mut wrong);
            }
            if exponent > EXPONENT_MAX {
                wrong.push(format!("{name}: {measure}: grows with exponent {exponent:.2}, above {EXPONENT_MAX}"));
            }
        }
    }
    wrong
}

/// Judges a count that is above that of the file by so much of it. A file that says too much guards nothing, but nothing
/// is wrong with the program then.
fn judge(of: &str, more: Option<f64>, wrong: &mut Vec<String>) {
    match more {
        None => wrong.push(format!("{of}: the file has no count: {UPDATE}")),
        Some(more) if more > MARGIN => {
            wrong.push(format!("{of}: {} beside the file: find out why; where it is wanted, {UPDATE}", percent(more)))
        }
        Some(more) if more < -MARGIN => {
            eprintln!("guard: {of}: {} beside the file: lower it: {UPDATE}", percent(more));
        }
        Some(_) => {}
    }
}

/// How much a count is above that of the file.
fn percent(more: f64) -> String {
    format!("{:+.1} %", 100.0 * more)
}

/// With what the code was made that was counted.
fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let version = told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default();
    format!("# {version}, {}", std::env::consts::ARCH)
}

fn written(counts: &Counts) -> String {
    let head = format!("{}\nworkload\tsize\tinstructions\theap peak in bytes\n", compiler());
    let row = |((name, size), [instructions, heap]): (&(String, usize), &[u64; 2])| {
        format!("{name}\t{size}\t{instructions}\t{heap}\n")
    };
    head + &counts.iter().map(row).collect::<String>()
}

fn read(text: &str) -> Counts {
    let row = |line: &str| {
        let [name, size, instructions, heap] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        Some(((name.to_owned(), size.parse().ok()?), [instructions.parse().ok()?, heap.parse().ok()?]))
    };
    text.lines().filter_map(row).collect()
}
