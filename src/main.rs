//! The `cachestack` program: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    cachestack::cli::run(std::env::args_os())
}
