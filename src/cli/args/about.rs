//! The arguments of what is about the program: `explain`, `completion`, `man`, `version`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::complete;

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, CS0531; a kind or attribute, replication_group.node_type; a function, cidrsubnet; or a word of a plan or
    /// of the language, write-pause, for_each.
    #[arg(value_name = "CODE|KIND[.ATTRIBUTE]|FUNCTION|WORD", add = ArgValueCompleter::new(complete::words))]
    pub code: String,
}

/// `completion`
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct Man {
    /// Write the page of every command into this directory, in the place of printing the first one.
    #[arg(long, value_name = "DIRECTORY")]
    pub out: Option<PathBuf>,
}

/// `version`
#[derive(Debug, Args)]
pub struct Version {
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}
