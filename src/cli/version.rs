//! `cachestack version`, `cachestack completion` and `cachestack man`

use clap::CommandFactory;
use clap_complete::env::Shells;

use crate::cli::args::{Cli, Completion, Man, Version};
use crate::cli::run::{Context, fail};
use crate::cli::{complete, exit};
use crate::ops::Failure;

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
    ui.raw(&String::from_utf8_lossy(&script));
    exit::OK
}

/// Prints the manual page of the program, or writes those of all commands into a directory.
pub fn man(context: &Context, args: &Man) -> u8 {
    let ui = context.ui(false);
    let Some(directory) = &args.out else {
        ui.raw(&page());
        return exit::OK;
    };
    let whole = context.path(directory);
    match std::fs::create_dir_all(&whole).and_then(|()| clap_mangen::generate_to(Cli::command(), &whole)) {
        Ok(()) => {
            ui.say(&format!("Written: man {}\n", directory.join("cachestack.1").display()));
            exit::OK
        }
        Err(error) => fail(ui, &Failure::Error(format!("{}: {error}", directory.display()))),
    }
}

fn page() -> String {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
    debug_assert!(rendered.is_ok(), "memory takes every text");
    String::from_utf8_lossy(&page).into_owned()
}
