//! The arguments of `snapshots` and `snapshot`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `snapshots`
#[derive(Debug, Args)]
pub struct Snapshots {
    /// Only those of this cache; all without it, whoever made them.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// `snapshot`
#[derive(Debug, Args)]
pub struct Snapshot {
    /// What to do with it.
    #[command(subcommand)]
    pub command: SnapshotCommand,
}

/// `snapshot copy`, `export`, `delete`
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// Makes another one of the same data.
    Copy {
        /// Which; serverless:NAME is that of a serverless cache.
        #[arg(add = ArgValueCompleter::new(complete::snapshots))]
        name: String,
        /// The name of the other one.
        to: String,
        /// The key of KMS that encrypts the copy.
        #[arg(long, value_name = "KEY")]
        kms_key: Option<String>,
        #[command(flatten)]
        run: SnapshotRun,
    },
    /// Puts its files into a bucket of the same region.
    Export {
        /// Which; serverless:NAME is that of a serverless cache.
        #[arg(add = ArgValueCompleter::new(complete::snapshots))]
        name: String,
        /// The bucket: yours, and with a grant to ElastiCache.
        #[arg(long, value_name = "BUCKET")]
        bucket: String,
        /// What the files are called [default: the name of the snapshot].
        #[arg(long, value_name = "NAME")]
        to: Option<String>,
        #[command(flatten)]
        run: SnapshotRun,
    },
    /// Deletes it. What it holds cannot be brought back.
    Delete {
        /// Which; serverless:NAME is that of a serverless cache.
        #[arg(add = ArgValueCompleter::new(complete::snapshots))]
        name: String,
        /// Do not ask.
        #[arg(long)]
        auto_approve: bool,
        #[command(flatten)]
        run: SnapshotRun,
    },
}

/// Where, and how it is told.
#[derive(Debug, Args, Clone)]
pub struct SnapshotRun {
    /// Wait until it is done.
    #[arg(long)]
    pub wait: bool,
    /// The region [default: that of the environment].
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
