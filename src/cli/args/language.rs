//! The arguments of what is about the language: `console`, `fmt`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::cli::args::StackArgs;

/// `console`
#[derive(Debug, Args)]
pub struct Console {
    #[command(flatten)]
    pub stack: StackArgs,
    /// One JSON value per line.
    #[arg(long)]
    pub json: bool,
}

/// `fmt`
#[derive(Debug, Args)]
pub struct Fmt {
    /// Files and directories; `-` is standard input [default: the current directory].
    pub paths: Vec<PathBuf>,
    /// Write nothing; exit with 2 when a file is not in the canonical layout.
    #[arg(long)]
    pub check: bool,
    /// Show the differences.
    #[arg(long)]
    pub diff: bool,
    /// Directories with all that is in them, but for hidden ones.
    #[arg(long)]
    pub recursive: bool,
    /// Whether files are written [default: true].
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = true, hide_default_value = true, action = ArgAction::Set)]
    pub write: bool,
    /// Whether the names of files that differ are printed [default: true].
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = true, hide_default_value = true, action = ArgAction::Set)]
    pub list: bool,
}
