//! The arguments of `backup`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `backup`
#[derive(Debug, Args)]
pub struct Backup {
    /// The cache: replication_group.NAME, cache_cluster.NAME or serverless_cache.NAME.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: String,
    /// The name of the snapshot, 40 characters at most [default: ID-manual-YYYYmmdd-HHMMSS, the id cut where it is long].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The key of KMS that encrypts it [default: that of the cache].
    #[arg(long, value_name = "KEY")]
    pub kms_key: Option<String>,
    /// Wait until it is ready.
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
