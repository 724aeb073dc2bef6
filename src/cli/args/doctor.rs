//! The arguments of `doctor`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// What is looked at: a cache of the stack, or any server; rediss://HOST:PORT says that it has TLS.
    #[arg(value_name = "ADDRESS|HOST:PORT", add = ArgValueCompleter::new(complete::caches))]
    pub subject: String,
    /// Look at the metrics of the last hour instead.
    #[arg(long)]
    pub performance: bool,
    /// Log in as this user: user.NAME of the stack, or a name with --token-env.
    #[arg(long, value_name = "ADDRESS|NAME")]
    pub user: Option<String>,
    /// The variable of the process that has the token or password [default: the secret of the block].
    #[arg(long, value_name = "VARIABLE")]
    pub token_env: Option<String>,
    /// Clients come with TLS: of HOST:PORT it is looked for otherwise.
    #[arg(long, conflicts_with = "no_tls")]
    pub tls: bool,
    /// Clients come without TLS.
    #[arg(long)]
    pub no_tls: bool,
    /// Certificates of authorities, as PEM, in the place of the system's.
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Go there instead, for a tunnel; certificates are still those of the cache.
    #[arg(long, value_name = "HOST:PORT")]
    pub through: Option<String>,
    /// The server speaks the protocol of Memcached.
    #[arg(long)]
    pub memcached: bool,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
