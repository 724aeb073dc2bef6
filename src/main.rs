//! The `cachestack` program: arguments in, exit code out.

#[path = "main/allocator.rs"]
mod allocator;

fn main() -> std::process::ExitCode {
    allocator::keep();
    cachestack::cli::run(std::env::args_os())
}
