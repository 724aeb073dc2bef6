//! The arguments of `rotate`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::{Approval, InputArgs, Messages};
use crate::cli::complete;

/// `rotate`: where nobody is asked, the former token stays valid until --finish.
#[derive(Debug, Args, Clone)]
pub struct Rotate {
    /// What has the token: replication_group.NAME.
    #[arg(add = ArgValueCompleter::new(complete::rotated))]
    pub address: String,
    /// Make the token that was let in the only one.
    #[arg(long)]
    pub finish: bool,
    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub approval: Approval,
    #[command(flatten)]
    pub messages: Messages,
}
