//! The arguments of `connect`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `connect`
#[derive(Debug, Args)]
pub struct Connect {
    /// The cache: replication_group.NAME, cache_cluster.NAME or serverless_cache.NAME.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: String,
    /// Which endpoint: primary, reader, configuration [default: the first that cachestack endpoints shows].
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// As this user: user.NAME, whose password is that of its block, or a name with --token-env. Without it, with the
    /// token of the group.
    #[arg(long, value_name = "ADDRESS|NAME", add = ArgValueCompleter::new(complete::addresses))]
    pub user: Option<String>,
    /// The variable of the process that has the token or password [default: the secret of the block].
    #[arg(long, value_name = "VARIABLE")]
    pub token_env: Option<String>,
    /// Certificates of authorities, as PEM, in the place of the system's.
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Go there instead, for a tunnel; certificates are still those of the cache.
    #[arg(long, value_name = "HOST:PORT")]
    pub through: Option<String>,
    /// This client [default: valkey-cli, or redis-cli, of PATH].
    #[arg(long, value_name = "PROGRAM")]
    pub client: Option<PathBuf>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// What else the client is told: a command, its options.
    #[arg(last = true)]
    pub arguments: Vec<String>,
}
