//! `cachestack man`, and the page of the documentation that has every command: both out of the command line itself.

use clap::{Command, CommandFactory};

use crate::cli::args::{Cli, Man};
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::ops::Failure;

/// How wide the help is in the documentation.
const WIDTH: usize = 100;

/// Prints the manual page of the program, or writes those of all commands into a directory.
pub fn run(context: &Context, args: &Man) -> u8 {
    let ui = context.ui(false);
    let Some(directory) = &args.out else {
        ui.raw(&page());
        return exit::OK;
    };
    let whole = context.path(directory);
    match std::fs::create_dir_all(&whole).and_then(|()| clap_mangen::generate_to(documented(), &whole)) {
        Ok(()) => {
            ui.say(&format!("Written: man {}\n", directory.join("cachestack.1").display()));
            exit::OK
        }
        Err(error) => fail(ui, &Failure::Error(format!("{}: {error}", directory.display()))),
    }
}

/// The command line, with the exit codes at the end of the page of each command: those of the whole are in its own text.
fn documented() -> Command {
    fn ending(command: Command, codes: &str) -> Command {
        command.after_long_help(codes.to_owned()).mut_subcommands(|inner| ending(inner, codes))
    }
    let root = Cli::command();
    let about = root.get_long_about().map(ToString::to_string).unwrap_or_default();
    let codes = about.split("\n\n").last().unwrap_or_default().to_owned();
    root.mut_subcommands(|inner| ending(inner, &codes))
}

fn page() -> String {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
    debug_assert!(rendered.is_ok(), "memory takes every text");
    String::from_utf8_lossy(&page).into_owned()
}

/// Every command with its help, as a page of the documentation.
pub fn commands() -> String {
    let mut root = Cli::command().term_width(WIDTH).disable_help_subcommand(true);
    root.build();
    let mut out = String::from("# Commands\n\nWhat `cachestack COMMAND --help` prints.\n");
    section(&root, &mut out);
    out
}

fn section(command: &Command, out: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let help = command.clone().render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    out.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    command.get_subcommands().filter(|inner| !inner.is_hide_set()).for_each(|inner| section(inner, out));
}
