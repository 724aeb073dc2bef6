//! `cachestack version` and `cachestack completion`

use clap::CommandFactory;

use crate::cli::Cli;
use crate::cli::args::{Completion, Version};
use crate::cli::exit;
use crate::cli::run::Context;

/// Prints the version and which sides are built in.
pub fn run(context: &Context, args: &Version) -> u8 {
    let version = env!("CARGO_PKG_VERSION");
    let (aws, ec2) = (cfg!(feature = "aws"), cfg!(feature = "ec2"));
    let ui = context.ui(false);
    if args.json {
        ui.json(&serde_json::json!({ "version": version, "aws": aws, "ec2": ec2 }));
        return exit::OK;
    }
    let without = [("aws", aws), ("ec2", ec2)]
        .into_iter()
        .filter(|(_, built)| !built)
        .map(|(name, _)| format!(" without {name}"));
    ui.out(&format!("cachestack {version}{}\n", without.collect::<String>()));
    exit::OK
}

/// Prints a completion script.
pub fn completion(context: &Context, args: &Completion) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cachestack", &mut script);
    context.ui(false).raw(&String::from_utf8_lossy(&script));
    exit::OK
}
