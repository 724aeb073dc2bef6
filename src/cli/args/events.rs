//! The arguments of `events`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `events`
#[derive(Debug, Args)]
pub struct Events {
    /// Only those of this object and its nodes; all of the account and region without it.
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    pub address: Option<String>,
    /// How far back: 2h, 7d, or a time. AWS keeps 14 days.
    #[arg(long, value_name = "TIME", default_value = "1d")]
    pub since: String,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
