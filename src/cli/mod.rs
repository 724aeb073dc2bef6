//! The command line: arguments to workflows to output. One file per command.

mod apply;
mod args;
mod console;
mod emulate;
mod exit;
mod explain;
mod fmt;
mod graph;
mod init;
mod output;
mod plan;
mod run;
mod show;
mod state;
mod validate;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::ui::Ui;
pub use args::Cli;
use args::Command;

/// Runs a command line; answers the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = args::terraform_spelling(arguments);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if help { exit::OK } else { exit::ERROR });
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(dispatch(cli));
            // What is still asleep, such as a call that was abandoned, must not hold up the end.
            runtime.shutdown_background();
            ExitCode::from(code)
        }
        Err(error) => {
            Ui::new(false, true).error(&format!("the runtime cannot be started: {error}"));
            ExitCode::from(exit::ERROR)
        }
    }
}

async fn dispatch(cli: Cli) -> u8 {
    let context = match run::Context::new(&cli) {
        Ok(context) => context,
        Err(why) => {
            Ui::new(false, cli.no_color).error(&why);
            return exit::ERROR;
        }
    };
    match cli.command {
        Command::Init(options) => init::run(&context, &options),
        Command::Validate(options) => validate::run(&context, &options),
        Command::Plan(options) => plan::run(&context, &options).await,
        Command::Apply(options) => apply::run(&context, &options, false).await,
        Command::Destroy(options) => apply::run(&context, &options, true).await,
        Command::Output(options) => output::run(&context, &options),
        Command::Show(options) => show::run(&context, &options),
        Command::State(options) => state::run(&context, &options),
        Command::Graph(options) => graph::run(&context, &options),
        Command::Console(options) => console::run(&context, &options).await,
        Command::Fmt(options) => fmt::run(&context, &options),
        Command::Emulate(options) => emulate::run(&context, &options).await,
        Command::Explain(options) => explain::run(&context, &options),
        Command::Completion(options) => version::completion(&context, &options),
        Command::Version(options) => version::run(&context, &options),
    }
}
