//! The simulation: a whole engine, on a disk in memory and an account in memory, on time that leaps, from one seed.

pub mod case;
pub mod check;
pub mod clock;
pub mod cloud;
pub mod disk;
pub mod edits;
pub mod engine;
pub mod faults;
pub mod random;
pub mod run;
pub mod scenario;
pub mod shrink;
pub mod stack;
pub mod text;

use case::Case;
use engine::Bug;
use faults::Faults;
use random::Random;
use run::Report;
use scenario::Scenario;

/// What a seed brings, and what comes of it.
pub fn simulate(seed: u64) -> (Scenario, Report) {
    simulate_with(seed, None)
}

/// The same with a fault of the engine that is planted.
pub fn simulate_with(seed: u64, bug: Option<Bug>) -> (Scenario, Report) {
    let random = Random::new(seed);
    let scenario = scenario::generate(random.fork(1));
    let report = run::live_with(&Case::from(&scenario), Faults::seeded(random.fork(2)), bug);
    (scenario, report)
}

#[cfg(test)]
mod tests;
