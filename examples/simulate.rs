//! Lives of stacks under faults, from seeds: `cargo run --release --no-default-features --features simulation
//! --example simulate -- --seeds 20000 [--from N]`, or `--seed N` for one, told in full.

use std::collections::BTreeMap;
use std::time::Instant;

use cachestack::simulation::faults::Script;
use cachestack::simulation::simulate;

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut from, mut count, mut one) = (0, 1000, None);
    while let Some(name) = args.next() {
        let number = args.next().and_then(|text| text.parse().ok()).expect("a number behind each option");
        match name.as_str() {
            "--from" => from = number,
            "--seeds" => count = number,
            "--seed" => one = Some(number),
            _ => panic!("{name}: write --seeds N, --from N or --seed N"),
        }
    }
    // A panic of the engine is a violation like any other, and told as one.
    std::panic::set_hook(Box::new(|_| {}));
    match one {
        Some(seed) => tell(seed),
        None => many(from, count),
    }
}

fn tell(seed: u64) {
    let (_, report) = simulate(seed);
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

fn many(from: u64, count: u64) {
    let start = Instant::now();
    let mut rules: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    let mut hits: BTreeMap<String, u64> = BTreeMap::new();
    for seed in from..from + count {
        let (_, report) = simulate(seed);
        note(&report.struck, &mut hits);
        if let Some(first) = report.violations.first() {
            rules.entry(first.rule).or_default().push((seed, first.detail.clone()));
        }
    }
    for (what, times) in &hits {
        println!("{times:8} {what}");
    }
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

fn note(struck: &Script, hits: &mut BTreeMap<String, u64>) {
    for (moment, fault) in struck {
        *hits.entry(format!("{} at {}", fault.word(), moment.place)).or_default() += 1;
    }
}
