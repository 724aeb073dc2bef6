//! The simulation: a whole engine, on a disk in memory and an account in memory, on time that leaps, from one seed.

pub mod clock;
pub mod cloud;
pub mod engine;
pub mod faults;
pub mod random;
#[cfg(test)]
mod tests;
