//! What single parts of a run cost: CPU time for each object, of a stack of a thousand alarms.
//!
//! `cargo bench --no-default-features --features simulation --bench parts [-- SHAPE SIZE]` prints a row for each part; a
//! part is done again and again for a third of a second. Shapes are those of `--bench growth`.

#[allow(dead_code, reason = "other benches use the rest")]
mod life;

use std::hint::black_box;
use std::path::Path;

use cachestack::diag::SourceMap;
use cachestack::lang::files;
use cachestack::lang::source::{self, Origin};
use cachestack::plan::{Options, file};
use cachestack::simulation::engine::{Command, Place, Verb};
use cachestack::stack::Stack;
use cachestack::state::file as records;
use life::Life;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

#[path = "../src/main/allocator.rs"]
mod allocator;

/// A part is done for so long, in microseconds.
const LONG: i64 = 300_000;

fn main() {
    allocator::keep();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let (shape, size) = match &args[..] {
        [shape, size] => (shape.as_str(), size.parse().expect("a size")),
        _ => ("alarms", 1_000),
    };
    println!("{:<38}{:>14}{:>14}", format!("{shape}, {size}"), "ms", "us an object");
    let tell = |part: &str, work: &mut dyn FnMut()| {
        let took = cpu_of(work);
        println!("{part:<38}{:>14.3}{:>14.3}", took / 1e3, took / size as f64);
    };
    let life = Life::new(shape, size);
    let place = life.place();
    read(&place.directory, &tell);
    tell("check: evaluate, judge, order", &mut || drop(black_box(place.check())));
    let options = Options::default();
    tell("plan of a new stack: and compile", &mut || drop(black_box(place.plan(&options))));
    let (plan, state) = place.plan(&options).expect("a plan");
    let plan = file::withheld(&plan, &state).expect("nothing hidden");
    let kept = file::write(&plan).expect("nothing hidden");
    tell("a plan into CBOR", &mut || drop(black_box(file::write(&plan))));
    tell("a plan out of CBOR", &mut || drop(black_box(file::read(&kept))));
    apply(place);
    tell("plan without change: read, compare", &mut || drop(black_box(place.plan(&options))));
    let (_, state) = place.plan(&options).expect("a plan");
    let text = records::encode(&state);
    tell("a state into JSON", &mut || drop(black_box(records::encode(&state))));
    tell("a state out of JSON", &mut || drop(black_box(records::decode(text.as_bytes()))));
    life.leave();
}

/// From files to declarations and what hangs on what.
fn read(directory: &Path, tell: &dyn Fn(&str, &mut dyn FnMut())) {
    tell("files into syntax", &mut || {
        let (mut sources, mut diagnostics) = (SourceMap::default(), Vec::new());
        let found = source::load(directory, &Origin::Disk, &mut sources, &mut diagnostics);
        drop(black_box(files::parse(&found.configuration, &sources, &mut diagnostics)));
    });
    tell("files into declarations and a graph", &mut || drop(black_box(Stack::load(directory, &mut Vec::new()))));
}

fn apply(place: &Place) {
    let command = Command { verb: Verb::Apply, allow: true, bare: true, ..Command::default() };
    let outcome = place.run(&command);
    assert_eq!(outcome.end, cachestack::simulation::engine::End::Done, "{}", outcome.told);
}

/// CPU time of some work, in microseconds: the mean of as many runs as fit.
fn cpu_of(work: &mut dyn FnMut()) -> f64 {
    work();
    let (start, mut runs) = (cpu(), 0);
    while cpu() - start < LONG {
        work();
        runs += 1;
    }
    (cpu() - start) as f64 / f64::from(runs)
}

fn cpu() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
    usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
}
