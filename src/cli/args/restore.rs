//! The arguments of `restore`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::{Approval, InputArgs, Messages};
use crate::cli::complete;

/// `restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// What is restored: replication_group.NAME, cache_cluster.NAME or serverless_cache.NAME.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: String,
    /// The snapshot: its name, or `latest` for the newest of this cache.
    #[arg(long, value_name = "NAME|latest", add = ArgValueCompleter::new(complete::snapshots))]
    pub snapshot: String,
    /// Leave the cache as it is, and fill another one of this name: its block becomes a copy.
    #[arg(long = "as", value_name = "NAME")]
    pub copy: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Allow the cache to be replaced, where it is there: what it holds now is lost.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "all")]
    pub allow_destroy: Option<String>,
    /// Show the change of the file and the plan; write and send nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub approval: Approval,
    #[command(flatten)]
    pub messages: Messages,
}
