//! The arguments of every command.

mod about;
mod backup;
mod connect;
mod cost;
mod doctor;
mod endpoints;
mod events;
mod failover;
mod graph;
mod import;
mod language;
mod metrics;
mod restore;
mod rotate;
mod shared;
mod snapshots;
mod state;
mod updates;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::complete;
use crate::ui::Colour;
pub use about::{Completion, Explain, Man, Version};
pub use backup::Backup;
pub use connect::Connect;
pub use cost::{Analyze as CostAnalyze, Analyzed as CostAnalyzed, Report as CostReport, Update as CostUpdate};
pub use cost::{Cost, CostCommand, Estimate, Priced as CostPriced, Reserved as CostReserved, told};
pub use doctor::Doctor;
pub use endpoints::{EndpointFormat, Endpoints};
pub use events::Events;
pub use failover::Failover;
pub use graph::GraphArgs;
pub use import::{Convert, Export, Import};
pub use language::{Console, Fmt};
pub use metrics::{Metrics, MetricsFormat};
pub use restore::Restore;
pub use rotate::Rotate;
pub use shared::{Approval, Messages};
pub use snapshots::{Snapshot, SnapshotCommand, SnapshotRun, Snapshots};
pub use state::{ForceUnlock, State, StateCommand, Surgery};
pub use updates::{UpdateRun, Updates, UpdatesCommand};

/// Infrastructure as code for Amazon ElastiCache.
///
/// Exit codes: 0 done; 1 error, nothing was sent; 2 there are differences; 3 refused by a guard; 4 the state is
/// locked; 5 something was sent and something remains, safe to run again; 6 the saved plan is stale.
#[derive(Debug, Parser)]
#[command(name = "cachestack", version)]
pub struct Cli {
    /// Work as if started in this directory.
    #[arg(short = 'C', long = "chdir", global = true, value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// When there are colours [env: NO_COLOR, CLICOLOR_FORCE]; with `never` nothing is drawn, either.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// The same as --color=never.
    #[arg(long, global = true, conflicts_with = "color")]
    pub no_color: bool,
    /// Warnings in one line each.
    #[arg(long, global = true)]
    pub compact_warnings: bool,
    /// Whether anything may be asked [env: TF_INPUT].
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub input: Option<bool>,
    /// A line for each call to a service, as JSON, at the end of this file; `-` is stderr.
    #[arg(long, global = true, value_name = "FILE|-")]
    pub log: Option<PathBuf>,
    /// Which lines: off, error, warn or info [env: CACHESTACK_LOG].
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// When there are colours.
    pub fn colour(&self) -> Colour {
        if self.no_color { Colour::Never } else { self.color }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetches the modules of a stack; with --template, writes a small working stack.
    Init(Init),
    /// Checks a stack offline: syntax, names, types and the rules of ElastiCache.
    Validate(Validate),
    /// Shows what would change, with impact, cause and calls.
    Plan(PlanArgs),
    /// Brings the account to what the stack says.
    Apply(ApplyArgs),
    /// Destroys everything in the state.
    Destroy(ApplyArgs),
    /// Lists what waits for a maintenance window: since when, until when, and what it will do.
    Pending(PendingArgs),
    /// Restarts nodes so that parameters take effect, replicas first.
    Reboot(RebootArgs),
    /// Lets a new token in beside the one before, and makes it the only one when all clients have it.
    Rotate(Rotate),
    /// Takes a snapshot of a cache.
    Backup(Backup),
    /// Lists snapshots, of one cache or of all.
    Snapshots(Snapshots),
    /// Copies, exports or deletes a snapshot.
    Snapshot(Snapshot),
    /// Makes a cache anew out of a snapshot: writes it into the block, plans, asks and applies.
    Restore(Restore),
    /// Looks at what is between here and a cache: name, port, TLS, log-in, role, replication, slots; and what to do.
    Doctor(Doctor),
    /// Opens valkey-cli or redis-cli on a cache, with TLS and the token of its block.
    Connect(Connect),
    /// Makes a replica the primary, to see what clients make of it.
    Failover(Failover),
    /// Shows the metrics of a cache: a table with sparklines, JSON, CSV, a picture, a report.
    Metrics(Metrics),
    /// Shows what the service tells of the last days.
    Events(Events),
    /// Lists service updates of caches, with what they do; applies or stops one.
    Updates(Updates),
    /// Tells of money: what a stack costs, what could be saved, prices of today.
    Cost(Cost),
    /// Shows where clients reach the caches, also as variables, JSON, YAML or a ConfigMap.
    Endpoints(Endpoints),
    /// Shows what others have changed, apart from what is not applied yet; reads only.
    Drift(DriftArgs),
    /// Looks at the environments of a stack.
    Env(Env),
    /// Shows what differs between two environments besides their variables, offline.
    Diff(Diff),
    /// Prints the least policy of IAM with which the stack can be planned or applied, offline.
    IamPolicy(IamPolicy),
    /// Shows the outputs of the last apply.
    Output(Output),
    /// Shows the state, or a saved plan.
    Show(Show),
    /// Looks at the records of a state, and changes them by hand.
    State(State),
    /// Takes over what is there: one object, or all that can be found.
    Import(Box<Import>),
    /// Writes the state in the form of another tool.
    Export(Export),
    /// Converts a template of another tool into a stack.
    Convert(Convert),
    /// Takes the lock of a state away from a run that is gone.
    ForceUnlock(ForceUnlock),
    /// Draws the graph of a stack, or of a plan: for Graphviz, Mermaid, or as a picture.
    Graph(GraphArgs),
    /// Evaluates expressions from standard input.
    Console(Console),
    /// Brings files to the canonical layout.
    Fmt(Fmt),
    /// Runs the emulator as a server, for any AWS client.
    Emulate(Emulate),
    /// Explains the code of a diagnostic, a kind or attribute, a function, or a word of a plan.
    Explain(Explain),
    /// Prints a completion script for a shell.
    Completion(Completion),
    /// Prints a manual page, or writes that of every command.
    Man(Man),
    /// Prints the version.
    Version(Version),
}

/// Which stack, and with which values.
#[derive(Debug, Args, Clone, Default)]
pub struct StackArgs {
    /// The directory of the stack [default: the current one].
    pub stack: Option<PathBuf>,
    #[command(flatten)]
    pub inputs: InputArgs,
}

/// Environment and values of a stack.
#[derive(Debug, Args, Clone, Default)]
pub struct InputArgs {
    /// The environment [env: CACHESTACK_ENVIRONMENT]. Plan, apply, validate, drift, diff and cost take several: again,
    /// with commas, or a pattern, 'prod-*'.
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::environments))]
    pub environment: Vec<String>,
    /// A value for a variable: NAME=VALUE.
    #[arg(long, value_name = "NAME=VALUE", add = ArgValueCompleter::new(complete::variables))]
    pub var: Vec<String>,
    /// A file of values.
    #[arg(long, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
    /// `emulator`, or the URL of another endpoint for every service.
    #[arg(long, value_name = "emulator|URL", env = "CACHESTACK_ENDPOINT", add = ArgValueCompleter::new(complete::endpoints))]
    pub endpoint: Option<String>,
    /// The place of the state, a directory or a URL such as s3://BUCKET/PREFIX [default: .cachestack beside the stack].
    #[arg(long, value_name = "DIR|URL")]
    pub state: Option<String>,
}

/// What of a stack, and what is allowed.
#[derive(Debug, Args, Clone, Default)]
pub struct ScopeArgs {
    /// Only this resource and what it hangs on; where things are destroyed, and what hangs on it.
    #[arg(long, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    pub target: Vec<String>,
    /// Not this resource, nor what hangs on it; where things are destroyed, nor what it hangs on.
    #[arg(long, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    pub exclude: Vec<String>,
    /// Replace this resource even if nothing differs.
    #[arg(long, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    pub replace: Vec<String>,
    /// Allow a resource that holds data to be destroyed or replaced; `all` allows every one.
    #[arg(long, value_name = "ADDRESS|all", alias = "allow-replace", add = ArgValueCompleter::new(complete::losing))]
    pub allow_destroy: Vec<String>,
    /// Make at once what of this waits for the maintenance window, and what would.
    #[arg(long, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    pub now: Vec<String>,
    /// Allow this to be bought, named one by one; nobody gives the money back.
    #[arg(long, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::purchases))]
    pub allow_purchase: Vec<String>,
    /// Refuse a plan whose impact is worse: none, blip, failover, write-pause, reboot, data-loss. What locks clients out
    /// counts as a reboot.
    #[arg(long, value_name = "LEVEL", add = ArgValueCompleter::new(complete::impacts))]
    pub max_impact: Option<String>,
    /// Refuse a plan that makes the bill grow by more dollars a month; a price that is not known counts as more.
    #[arg(long, value_name = "DOLLARS", value_parser = crate::catalog::prices::amount)]
    pub max_cost_increase: Option<i128>,
    /// Leave out what a guard stands against, with all that waits for it, and do the rest; `apply` then ends with 3.
    #[arg(long)]
    pub skip_blocked: bool,
    /// Take shards and memory away even where what is held has no room then, by the metrics of the last hour.
    #[arg(long)]
    pub force: bool,
    /// Only bring the records to what is there.
    #[arg(long, conflicts_with_all = ["replace", "allow_destroy", "allow_purchase", "max_impact", "now"])]
    pub refresh_only: bool,
    /// With `false`, a plan is made of what the state remembers, without a look at the account; and only shown.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub refresh: Option<bool>,
    /// Wait so long for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::clock::duration)]
    pub lock_timeout: Duration,
    /// What waits for a maintenance window or a restart counts as a difference: exit with 2, where differences are told by that.
    #[arg(long)]
    pub strict_pending: bool,
    /// How many calls are under way at once.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = parallelism)]
    pub parallelism: usize,
}

/// `plan`
#[derive(Debug, Args, Clone, Default)]
pub struct PlanArgs {
    #[command(flatten)]
    pub stack: StackArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Every environment of the stack.
    #[arg(long, conflicts_with = "environment")]
    pub all: bool,
    /// Plan to destroy everything.
    #[arg(long, conflicts_with_all = ["replace", "refresh_only"])]
    pub destroy: bool,
    /// Save the plan in this file, to be carried out by `apply FILE`; of several environments in this directory.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write blocks into this new file for `import` blocks whose resource has none.
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub generate_config_out: Option<PathBuf>,
    /// Exit with 2 when there are differences.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show everything: defaults, what is known after the apply, and each of those that are alike.
    #[arg(long)]
    pub full: bool,
    /// A report for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    #[command(flatten)]
    pub messages: Messages,
}

/// `pending`
#[derive(Debug, Args)]
pub struct PendingArgs {
    /// Only of this resource or module; all without it.
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    pub address: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// `reboot`
#[derive(Debug, Args)]
pub struct RebootArgs {
    /// Whose nodes: those that wait for a restart.
    #[arg(add = ArgValueCompleter::new(complete::rebooted))]
    pub address: String,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// All nodes, whether they wait for it or not.
    #[arg(long)]
    pub all: bool,
    /// Refuse a restart whose impact is worse: none, blip, failover, write-pause, reboot, data-loss.
    #[arg(long, value_name = "LEVEL", add = ArgValueCompleter::new(complete::impacts))]
    pub max_impact: Option<String>,
    /// Allow a protected resource to lose what the nodes hold that restart; `all` allows every one.
    #[arg(long, value_name = "ADDRESS|all", add = ArgValueCompleter::new(complete::losing))]
    pub allow_destroy: Vec<String>,
    #[command(flatten)]
    pub approval: Approval,
    #[command(flatten)]
    pub messages: Messages,
}

/// `apply` and `destroy`
#[derive(Debug, Args, Clone, Default)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub stack: StackArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// In every environment of the stack, one after another.
    #[arg(long, conflicts_with_all = ["environment", "plan"])]
    pub all: bool,
    /// Carry out this saved plan, without asking; also as the operand.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Show everything in the plan: defaults, what is known after the apply, and each of those that are alike.
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub messages: Messages,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// The directory of the stack [default: the current one].
    pub directory: Option<PathBuf>,
    /// Write the files of this template.
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::templates))]
    pub template: Option<String>,
    /// Overwrite files that are there.
    #[arg(long, requires = "template")]
    pub force: bool,
    /// Fetch every module anew, in the newest version that will do, and write the lock file anew.
    #[arg(long, conflicts_with = "template")]
    pub upgrade: bool,
    #[command(flatten)]
    pub terraform: TerraformInit,
}

/// What pipelines pass to `terraform init`. There is nothing to ask and no backend to set up.
#[derive(Debug, Args)]
pub struct TerraformInit {
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true")]
    pub backend: Option<bool>,
    #[arg(long, hide = true)]
    pub backend_config: Vec<String>,
    #[arg(long, hide = true)]
    pub reconfigure: bool,
}

/// `drift`
#[derive(Debug, Args)]
pub struct DriftArgs {
    #[command(flatten)]
    pub stack: StackArgs,
    /// Every environment of the stack.
    #[arg(long, conflicts_with = "environment")]
    pub all: bool,
    #[command(flatten)]
    pub messages: Messages,
    /// Show everything: defaults, what is known after the apply, and each of those that are alike.
    #[arg(long)]
    pub full: bool,
    /// A report for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// `env`
#[derive(Debug, Args)]
pub struct Env {
    /// What to do with the environments.
    #[command(subcommand)]
    pub command: EnvCommand,
}

/// `env list`
#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    /// Lists them: where each is, its state, whether it is protected, and which one is meant by default.
    List {
        #[command(flatten)]
        stack: StackArgs,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// `diff`
#[derive(Debug, Args)]
pub struct Diff {
    #[command(flatten)]
    pub stack: StackArgs,
    /// Exit with 2 when something differs that does not follow from variables.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `iam-policy`
#[derive(Debug, Args)]
pub struct IamPolicy {
    #[command(flatten)]
    pub stack: StackArgs,
    /// What it is to allow.
    #[arg(long = "for", value_enum, default_value = "apply")]
    pub purpose: IamPurpose,
    /// For every kind there is, not for those only that the stack declares.
    #[arg(long)]
    pub all_kinds: bool,
}

/// What a policy of IAM is for.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum IamPurpose {
    /// Plan and drift: reads only.
    Plan,
    /// Apply, destroy and the like.
    Apply,
    /// The verbs of day two: backups, fail-overs, metrics and the like; nothing is made or changed by it.
    Operate,
}

/// `validate`
#[derive(Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    pub stack: StackArgs,
    /// One JSON object, in the form of Terraform's.
    #[arg(long)]
    pub json: bool,
    /// A report as JUnit's XML, for GitLab and Jenkins.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// A report as SARIF 2.1.0, for code scanning.
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
    /// A code quality report of GitLab.
    #[arg(long, value_name = "FILE")]
    pub code_quality: Option<PathBuf>,
}

/// `output`
#[derive(Debug, Args)]
pub struct Output {
    /// Which output; all without it, or of the stack in this directory.
    #[arg(add = ArgValueCompleter::new(complete::outputs))]
    pub name: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// A text without quotes.
    #[arg(long)]
    pub raw: bool,
}

/// `show`
#[derive(Debug, Args)]
pub struct Show {
    /// One resource, or the file of a saved plan; all resources without it.
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    pub address: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `emulate`
#[derive(Debug, Args)]
pub struct Emulate {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4566")]
    pub listen: String,
    /// Keep the world in this file; in memory without it.
    #[arg(long, value_name = "FILE")]
    pub world: Option<PathBuf>,
    /// Where the world's file is damaged, go on with what stands before the damage; the file as it was is kept beside it.
    #[arg(long, requires = "world")]
    pub cut_world: bool,
    /// A name by which the emulator may be called, besides localhost and the address that it listens on.
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// instant, fast, real, or a factor.
    #[arg(long, value_name = "SPEED", env = "CACHESTACK_EMULATOR_SPEED", default_value = "fast")]
    pub speed: String,
    /// Faults that requests meet: JSON, or a file of it.
    #[arg(long, value_name = "JSON|FILE")]
    pub faults: Option<String>,
    /// Answer only requests signed with the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this process, or with keys
    /// of a file such as ~/.aws/credentials.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub verify_signatures: Option<Option<PathBuf>>,
    /// Print the table of operations and stop.
    #[arg(long)]
    pub operations: bool,
}

/// How many calls may be under way: AWS would answer hundreds with rate limits only.
fn parallelism(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=256).contains(number));
    number.ok_or_else(|| "write a number from 1 to 256".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
