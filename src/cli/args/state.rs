//! The arguments of `state` and `force-unlock`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `state`
#[derive(Debug, Args)]
pub struct State {
    /// What to do with the state.
    #[command(subcommand)]
    pub command: StateCommand,
}

/// `state list`, `state show`
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Lists the addresses of all records.
    List {
        /// Of these resources, modules or instances only.
        #[arg(value_name = "ADDRESS", add = ArgValueCompleter::new(complete::records))]
        addresses: Vec<String>,
        #[command(flatten)]
        inputs: InputArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Gives records another address, one or all of a block or module; nothing is asked of the account.
    Mv {
        /// What it is called.
        #[arg(add = ArgValueCompleter::new(complete::records))]
        from: String,
        /// What it is to be called.
        to: String,
        /// Change no state: write a `moved` block into the file of the new block, so that the next apply does it, in
        /// every environment.
        #[arg(long)]
        moved: bool,
        #[command(flatten)]
        surgery: Surgery,
    },
    /// Lets records go; the objects stay as they are, and nobody manages them.
    Rm {
        /// Which: resources, instances or modules.
        #[arg(required = true, add = ArgValueCompleter::new(complete::records))]
        addresses: Vec<String>,
        #[command(flatten)]
        surgery: Surgery,
    },
    /// Notes that an object has another name in AWS.
    ReplaceId {
        /// Which.
        #[arg(add = ArgValueCompleter::new(complete::records))]
        address: String,
        /// Its name in AWS.
        id: String,
        #[command(flatten)]
        surgery: Surgery,
    },
    /// Prints the state as it is kept, decrypted where it is encrypted.
    Pull {
        #[command(flatten)]
        inputs: InputArgs,
    },
    /// Puts a state in the place of the one that is there.
    Push {
        /// The file; `-` is standard input.
        file: PathBuf,
        /// Also a state of another stack, or an older one.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        surgery: Surgery,
    },
    /// Shows one record.
    Show {
        /// Which.
        #[arg(add = ArgValueCompleter::new(complete::records))]
        address: String,
        #[command(flatten)]
        inputs: InputArgs,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// How a state is changed by hand.
#[derive(Debug, Args)]
pub struct Surgery {
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Only say what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// Wait so long for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::clock::duration)]
    pub lock_timeout: Duration,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// `force-unlock`
#[derive(Debug, Args)]
pub struct ForceUnlock {
    /// The id of the lock, as it was told by whoever could not have it.
    pub id: String,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Do not ask.
    #[arg(long, alias = "auto-approve")]
    pub force: bool,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}
