//! The command line: arguments to workflows to output. One file per command.

mod apply;
mod approve;
mod args;
mod asked;
mod backup;
mod complete;
mod connect;
mod console;
mod convert;
mod cost;
mod day_two;
mod diff;
mod discover;
mod doctor;
mod drift;
mod emulate;
mod endpoints;
mod env;
mod events;
mod exit;
mod explain;
mod export;
mod failover;
mod fmt;
mod graph;
mod iam_policy;
mod import;
mod init;
mod language;
mod log;
pub mod manual;
mod metrics;
mod operand;
mod output;
mod panic;
mod pending;
mod plan;
mod reboot;
mod remarked;
mod report;
mod restore;
mod rotate;
mod run;
mod saved;
mod server;
mod several;
mod show;
mod signals;
mod snapshots;
mod spared;
mod spelling;
mod state;
mod takeover;
mod topics;
mod unlock;
mod updates;
mod validate;
mod version;
mod written;
mod wrong;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::diag::visible;
use crate::ui::{Ui, commands, live, lost};
pub use args::Cli;
use args::Command;

/// Runs a command line; answers the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let ui = Ui::plain();
    panic::say_where(ui);
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if complete::answered(&arguments) {
        return ExitCode::SUCCESS;
    }
    let arguments = match spelling::understood(arguments) {
        Ok(arguments) => arguments,
        Err(why) => {
            ui.error(&why);
            return ExitCode::from(told(ui, exit::ERROR));
        }
    };
    commands::of_run(&complete::scope(&arguments));
    let plain = !arguments.iter().any(|argument| argument.to_string_lossy().chars().any(visible::is_hidden));
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let error = wrong::told(error);
            ui.usage(&error, plain);
            return ExitCode::from(told(ui, if error.use_stderr() { exit::ERROR } else { exit::OK }));
        }
    };
    match runtime(&cli.command) {
        Ok(runtime) => {
            let code = panic::survive(|| runtime.block_on(dispatch(cli))).unwrap_or_else(exit::broken);
            // What is still asleep, such as a call that was abandoned, must not hold up the end.
            runtime.shutdown_background();
            ExitCode::from(told(ui, code))
        }
        Err(error) => {
            ui.error(&format!("the runtime cannot be started: {error}"));
            ExitCode::from(exit::ERROR)
        }
    }
}

/// What futures run on. Threads are started only for commands that have something to do at the same time.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    use Command::{Explain, Fmt, Man, Version};
    if matches!(command, Explain(_) | Fmt(_) | Man(_) | Version(_)) {
        return Builder::new_current_thread().build();
    }
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

/// The exit code, once more: a run whose output was lost did not do what it was asked for.
fn told(ui: Ui, code: u8) -> u8 {
    live::clear();
    if let Some(left) = crate::state::lock::left() {
        ui.error(&left);
    }
    let Some(why) = lost() else { return code };
    ui.error(&format!("the output is not complete: {why}"));
    if matches!(code, exit::OK | exit::DIFFERENCES) { exit::broken() } else { code }
}

/// Whether a command may tell what something costs.
fn shows_prices(command: &Command) -> bool {
    use Command::{Apply, Destroy, Import, Pending, Plan, Restore, Rotate, Show};
    matches!(command, Apply(_) | Destroy(_) | Import(_) | Pending(_) | Plan(_) | Restore(_) | Rotate(_) | Show(_))
        || matches!(command, Command::Cost(cost) if cost.reads_prices())
}

async fn dispatch(cli: Cli) -> u8 {
    let context = match run::Context::new(&cli) {
        Ok(context) => context,
        Err(why) => {
            Ui::new(false, cli.colour()).error(&why);
            return exit::ERROR;
        }
    };
    if let Err(why) = log::begin(&context, &cli) {
        context.ui(false).error(&why);
        return exit::ERROR;
    }
    if shows_prices(&cli.command)
        && let Err(why) = cost::take_prices(&context)
    {
        context.ui(false).error(&why);
        return exit::ERROR;
    }
    match cli.command {
        Command::Init(options) => init::run(&context, &options).await,
        Command::Validate(options) => validate::run(&context, &options),
        Command::Plan(options) => plan::run(&context, &options).await,
        Command::Apply(options) => apply::run(&context, &options, false).await,
        Command::Destroy(options) => apply::run(&context, &options, true).await,
        Command::Reboot(options) => reboot::run(&context, &options).await,
        Command::Pending(options) => pending::run(&context, &options).await,
        Command::Rotate(options) => rotate::run(&context, &options).await,
        Command::Backup(options) => backup::run(&context, &options).await,
        Command::Snapshots(options) => snapshots::run(&context, &options).await,
        Command::Snapshot(options) => snapshots::change(&context, &options).await,
        Command::Restore(options) => restore::run(&context, &options).await,
        Command::Doctor(options) => doctor::run(&context, &options).await,
        Command::Connect(options) => connect::run(&context, &options).await,
        Command::Failover(options) => failover::run(&context, &options).await,
        Command::Metrics(options) => metrics::run(&context, &options).await,
        Command::Events(options) => events::run(&context, &options).await,
        Command::Updates(options) => updates::run(&context, &options).await,
        Command::Cost(options) => cost::run(&context, &options).await,
        Command::Endpoints(options) => endpoints::run(&context, &options),
        Command::Drift(options) => drift::run(&context, &options).await,
        Command::Env(options) => env::run(&context, &options),
        Command::Diff(options) => diff::run(&context, &options),
        Command::IamPolicy(options) => iam_policy::run(&context, &options),
        Command::Output(options) => output::run(&context, &options),
        Command::Show(options) => show::run(&context, &options),
        Command::State(options) => state::run(&context, &options).await,
        Command::Import(options) => import::run(&context, &options).await,
        Command::Export(options) => export::run(&context, &options),
        Command::Convert(options) => convert::run(&context, &options),
        Command::ForceUnlock(options) => unlock::run(&context, &options),
        Command::Graph(options) => graph::run(&context, &options).await,
        Command::Console(options) => console::run(&context, &options).await,
        Command::Fmt(options) => fmt::run(&context, &options),
        Command::Emulate(options) => emulate::run(&context, &options).await,
        Command::Explain(options) => explain::run(&context, &options),
        Command::Completion(options) => version::completion(&context, &options),
        Command::Man(options) => manual::run(&context, &options),
        Command::Version(options) => version::run(&context, &options),
    }
}
