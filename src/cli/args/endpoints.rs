//! The arguments of `endpoints`.

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `endpoints`
#[derive(Debug, Args)]
pub struct Endpoints {
    /// Only those of this cache; all of the state without it.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: Option<String>,
    /// For whom: a table for people, variables of a process, JSON, YAML, or a ConfigMap of Kubernetes.
    #[arg(long, value_enum, default_value = "table")]
    pub format: EndpointFormat,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// How endpoints are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EndpointFormat {
    /// For people.
    Table,
    /// NAME=VALUE, for a shell or a file of variables.
    Env,
    /// One object.
    Json,
    /// The same as YAML.
    Yaml,
    /// A ConfigMap.
    K8s,
}
