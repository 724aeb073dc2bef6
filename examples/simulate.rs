//! Lives of stacks under faults, from seeds: `cargo run --release --no-default-features --features simulation
//! --example simulate -- --seeds 20000 [--from N] [--save FOLDER]`, or `--seed N` for one, told in full, or `--case FILE`.
//! With a folder, the first life that breaks a rule is made short and saved there, to be lived again by `--case`.

use std::collections::BTreeMap;
use std::time::Instant;

use cachestack::simulation::case::Case;
use cachestack::simulation::faults::{Fault, Faults, Script};
use cachestack::simulation::run::{Report, live};
use cachestack::simulation::shrink::shrink;
use cachestack::simulation::simulate;

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut from, mut count, mut save) = (0, 1000, None);
    // A panic of the engine is a violation like any other, and told as one.
    std::panic::set_hook(Box::new(|_| {}));
    while let Some(name) = args.next() {
        let text = args.next().expect("something behind each option");
        let number = || text.parse().expect("a number");
        match name.as_str() {
            "--from" => from = number(),
            "--seeds" => count = number(),
            "--save" => save = Some(text),
            "--seed" => return tell(&simulate(number()).1),
            "--case" => {
                let case = std::fs::read_to_string(&text).ok().and_then(|text| Case::parse(&text)).expect("a case");
                return tell(&live(&case, Faults::script(case.faults.clone())));
            }
            _ => panic!("{name}: write --seeds N, --from N, --save FOLDER, --seed N or --case FILE"),
        }
    }
    many(from, count, save.as_deref());
}

fn tell(report: &Report) {
    for part in &report.story {
        println!("{part}\n----");
    }
    for (moment, fault) in &report.struck {
        println!("fault {} {moment}", fault.word());
    }
    for violation in &report.violations {
        println!("VIOLATION {}: {}", violation.rule, violation.detail);
    }
}

fn many(from: u64, count: u64, save: Option<&str>) {
    let start = Instant::now();
    let mut rules: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    let mut hits = Hits::default();
    for seed in from..from + count {
        let (scenario, report) = simulate(seed);
        hits.note(&report.struck);
        if let Some(first) = report.violations.first() {
            let found = rules.entry(first.rule).or_default();
            if let Some(folder) = save.filter(|_| found.is_empty()) {
                let case = shrink(scenario, report.struck.clone(), first.rule);
                let name = first.rule.replace(|c: char| !c.is_alphanumeric(), "-");
                std::fs::write(format!("{folder}/{name}.txt"), case.print()).expect("the folder can be written");
            }
            found.push((seed, first.detail.clone()));
        }
    }
    hits.print();
    for (rule, found) in &rules {
        println!("{:8} VIOLATION {rule}", found.len());
        for (seed, detail) in found.iter().take(6) {
            println!(
                "           seed {seed}: {}",
                detail.lines().next().unwrap_or_default().chars().take(200).collect::<String>()
            );
        }
    }
    println!("{count} seeds in {:.1} s", start.elapsed().as_secs_f64());
    if !rules.is_empty() {
        std::process::exit(1);
    }
}

/// How often what went wrong, over all lives.
#[derive(Default)]
struct Hits {
    /// Deaths by place: before its deed, after it, amid it.
    crashes: BTreeMap<String, [u64; 3]>,
    /// Other faults by word and sort of place.
    faults: BTreeMap<(&'static str, String), u64>,
}

impl Hits {
    fn note(&mut self, struck: &Script) {
        for (moment, fault) in struck {
            let column = [Fault::CrashBefore, Fault::CrashAfter, Fault::Torn].iter().position(|crash| crash == fault);
            if let Some(column) = column {
                self.crashes.entry(moment.place.clone()).or_default()[column] += 1;
            } else {
                let sort = moment.place.split(' ').next().unwrap_or_default().to_owned();
                *self.faults.entry((fault.word(), sort)).or_default() += 1;
            }
        }
    }

    fn print(&self) {
        println!("  before    after     amid crashes at");
        for (place, [before, after, amid]) in &self.crashes {
            println!("{before:8} {after:8} {amid:8} {place}");
        }
        println!("   times faults at");
        for ((fault, sort), times) in &self.faults {
            println!("{times:8} {fault} at a {sort}");
        }
    }
}
