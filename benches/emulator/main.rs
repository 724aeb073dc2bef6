//! The emulator: how long a request takes in a small world and in a large one, what a page of a long list costs, and the
//! same requests to other emulators.
//!
//! `cargo bench --no-default-features --bench emulator [-- --requests | --pages | --beside]` prints tables; without a word,
//! the first two. `--pages` fails where a page takes more than 5 ms of CPU time. `--beside` starts this emulator,
//! `moto_server` and `ministack` as far as they are on the PATH.

mod beside;
mod pages;
mod requests;
mod world;

#[path = "../../src/main/allocator.rs"]
mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep();
    let is_set = |name: &str| std::env::args().any(|arg| arg == name);
    let every = !["--requests", "--pages", "--beside"].into_iter().any(is_set);
    if every || is_set("--requests") {
        requests::measure();
    }
    if is_set("--beside") {
        beside::measure();
    }
    if (every || is_set("--pages")) && !pages::measure() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
