//! The arguments of `import`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::args::InputArgs;

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// The address that the object gets: replication_group.cache.
    #[arg(required_unless_present = "discover", requires = "id")]
    pub address: Option<String>,
    /// Its name in AWS, as an `import` block takes it.
    pub id: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Write the block of the address into this new file.
    #[arg(long, value_name = "FILE", conflicts_with = "discover")]
    pub generate_config_out: Option<PathBuf>,
    /// Look for every object of the account and region that has no record, write blocks for them, and take them over.
    #[arg(long, conflicts_with = "address")]
    pub discover: bool,
    /// Only what is in this VPC, and what is about that.
    #[arg(long, value_name = "ID", requires = "discover")]
    pub vpc: Vec<String>,
    /// Only what has this tag.
    #[arg(long, value_name = "NAME=VALUE", requires = "discover")]
    pub tag: Vec<String>,
    /// Only what has this name, in which * stands for any letters and ? for one.
    #[arg(long, value_name = "PATTERN", requires = "discover")]
    pub name: Vec<String>,
    /// Write the blocks in Terraform's spelling.
    #[arg(long, requires = "discover")]
    pub terraform: bool,
    /// The directory of the stack that gets the files, made where there is none [default: the current one].
    #[arg(long, value_name = "DIR", requires = "discover")]
    pub out: Option<PathBuf>,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Wait so long for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::clock::duration)]
    pub lock_timeout: Duration,
}
