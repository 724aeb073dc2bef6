//! What several commands take alike.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Messages for programs.
#[derive(Debug, Args, Clone, Default)]
pub struct Messages {
    /// One message per line, in the form of Terraform's; plan and drift of several environments: one object.
    #[arg(long)]
    pub json: bool,
    /// The same into this file, beside what people read.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub json_into: Option<PathBuf>,
}

/// How a plan of a verb is carried out.
#[derive(Debug, Args, Clone, Default)]
pub struct Approval {
    /// Wait so long for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::clock::duration)]
    pub lock_timeout: Duration,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
}
