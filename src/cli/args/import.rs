//! The arguments of `import`, of `export`, the way back, and of `convert`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{Approval, InputArgs, Messages};

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// The address that the object gets: replication_group.cache.
    #[arg(required_unless_present_any = ["discover", "from_tfstate"], requires = "id")]
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
    /// Take over what this state of Terraform has of our kinds: a file, s3://BUCKET/KEY or another URL, or `backend` for
    /// what the `backend` block names.
    #[arg(long, value_name = "FILE|URL|backend", conflicts_with_all = ["address", "discover"])]
    pub from_tfstate: Option<String>,
    /// Where Terraform's `removed` blocks for that are written, a new file [default: removed-from-terraform.tf.txt].
    #[arg(long, value_name = "FILE", requires = "from_tfstate")]
    pub removed_out: Option<PathBuf>,
    #[command(flatten)]
    pub approval: Approval,
    #[command(flatten)]
    pub messages: Messages,
}

/// `export`
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub inputs: InputArgs,
    /// A state of Terraform, version 4: into this new file, or else printed.
    #[arg(long, value_name = "FILE", num_args = 0..=1, required = true)]
    pub tfstate: Option<Option<PathBuf>>,
}

/// `convert`
#[derive(Debug, Args)]
pub struct Convert {
    /// The tool.
    #[arg(long, value_parser = ["cloudformation"])]
    pub from: String,
    /// The template, JSON or YAML; `-` is standard input.
    pub file: PathBuf,
    /// Write the stack into this new file; it is printed without.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
