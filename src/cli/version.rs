//! `cachestack version` and `cachestack completion`

use clap_complete::env::Shells;

use crate::cli::args::{Completion, Version};
use crate::cli::run::Context;
use crate::cli::{complete, exit};

/// Prints the version, and whether AWS is built in.
pub fn run(context: &Context, args: &Version) -> u8 {
    let version = env!("CARGO_PKG_VERSION");
    let ui = context.ui(false);
    let aws = cfg!(feature = "aws");
    if args.json {
        ui.json(&serde_json::json!({ "version": version, "aws": aws }));
        return exit::OK;
    }
    ui.out(&format!("cachestack {version}{}\n", if aws { "" } else { " without aws" }));
    exit::OK
}

/// Prints a completion script. It asks the program itself, which knows the addresses of a stack.
pub fn completion(context: &Context, args: &Completion) -> u8 {
    let (ui, shell) = (context.ui(false), args.shell.to_string());
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let written = shells.completer(&shell).map(|shell| {
        shell.write_registration(complete::VARIABLE, "cachestack", "cachestack", "cachestack", &mut script)
    });
    if !matches!(written, Some(Ok(()))) {
        ui.error(&format!("there is no script for {shell}"));
        return exit::ERROR;
    }
    let script = String::from_utf8_lossy(&script);
    let script = if shell == "bash" { complete::with_typed_word(&script) } else { script.into_owned() };
    ui.raw(&script);
    exit::OK
}
