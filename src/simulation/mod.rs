//! The simulation: a whole engine, on a disk in memory and an account in memory, on time that leaps, from one seed.
//!
//! A seed brings a life: a stack ([`edits`]), changes of it and commands ([`scenario`]), what others do to the account,
//! and what goes wrong at calls, reads and writes ([`faults`]); some
//! lives are bent to a call that is rare ([`hunt`]). Commands run as the command line runs them ([`engine`]),
//! each as a process that can die. A witness sees every call that writes, and reads the state as it would be if the
//! power went at that moment; after every command, and in the quiet at the end, it is asked what must hold ([`check`],
//! [`run`]). What the checkers know of a stack comes from the generator ([`stack`]) and from nothing of the engine. A
//! life that breaks a rule is made short ([`shrink`]) and written down ([`case`]).
//!
//! The account ([`cloud`]) shares schemas and predictions with the engine: what AWS computes is what a kind foresees,
//! so the simulation tries the engine and not the kinds; those are tried against the emulator, which shares nothing.

pub mod case;
pub mod check;
pub mod clock;
pub mod cloud;
pub mod disk;
pub mod edits;
pub mod engine;
pub mod faults;
pub mod hunt;
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
    let hunt = hunt::draw(random.fork(3));
    let scenario = scenario::generate(random.fork(1), hunt);
    let report = run::live_with(&Case::from(&scenario), Faults::seeded(random.fork(2), hunt), bug);
    (scenario, report)
}

#[cfg(test)]
mod tests;
