//! The arguments of `updates`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `updates`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Updates {
    /// What to do with one; without it they are listed.
    #[command(subcommand)]
    pub command: Option<UpdatesCommand>,
    /// Only those of this cache; of all caches of the state without it.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: Option<String>,
    /// Also those that are done, and those that cannot be applied any more.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// `updates apply`, `updates stop`
#[derive(Debug, Subcommand)]
pub enum UpdatesCommand {
    /// Applies an update: nodes are replaced one after another.
    Apply(UpdateRun),
    /// Stops an update that has not begun; what is done stays.
    Stop(UpdateRun),
}

/// Which update of which cache.
#[derive(Debug, Args)]
pub struct UpdateRun {
    /// The cache: replication_group.NAME or cache_cluster.NAME.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: String,
    /// The update [default: the newest that can be applied, which brings earlier ones along].
    #[arg(long, value_name = "NAME")]
    pub update: Option<String>,
    /// Refuse one whose impact is worse: none, blip, failover, write-pause, reboot, data-loss.
    #[arg(long, value_name = "LEVEL")]
    pub max_impact: Option<String>,
    /// Allow a protected cache to lose what it holds; `all` allows every one.
    #[arg(long, value_name = "ADDRESS|all", add = ArgValueCompleter::new(complete::losing))]
    pub allow_destroy: Vec<String>,
    /// Wait until it is done.
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
