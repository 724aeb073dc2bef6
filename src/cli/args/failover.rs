//! The arguments of `failover`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `failover`
#[derive(Debug, Args)]
pub struct Failover {
    /// The group: replication_group.NAME.
    #[arg(add = ArgValueCompleter::new(complete::failing_over))]
    pub address: String,
    /// The shard; it may be left out where there is one only.
    #[arg(long, value_name = "ID")]
    pub shard: Option<String>,
    /// Wait until a replica has taken over.
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
