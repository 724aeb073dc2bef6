//! The arguments of `rotate`.

use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `rotate`
#[derive(Debug, Args, Clone)]
pub struct Rotate {
    /// What has the token: replication_group.NAME.
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    pub address: String,
    /// Make the token that was let in the only one.
    #[arg(long)]
    pub finish: bool,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Wait so long for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::clock::duration)]
    pub lock_timeout: Duration,
    /// Do not ask: the former token stays valid until --finish.
    #[arg(long)]
    pub auto_approve: bool,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
