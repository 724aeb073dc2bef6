//! What a shell is offered while somebody types: commands and options by clap, addresses out of the stack and its state.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;

use crate::cli::Cli;
use crate::cli::args::{InputArgs, StackArgs};
use crate::cli::run::{Context, one};
use crate::ops::Session;
use crate::ui::Ui;

/// The variable in which the script of a shell names the shell.
pub const VARIABLE: &str = "CACHESTACK_COMPLETE";

/// Answers the script of a shell, where it is that which asks.
pub fn answered(arguments: &[OsString]) -> bool {
    let here = std::env::current_dir().ok();
    let complete = CompleteEnv::with_factory(Cli::command).var(VARIABLE).bin("cachestack");
    complete.try_complete(arguments.to_vec(), here.as_deref()).unwrap_or(true)
}

/// The options of the line that is typed which say where the stack is.
#[derive(Debug, Parser)]
#[command(ignore_errors = true, disable_help_flag = true, no_binary_name = true)]
struct Typed {
    #[arg(short = 'C', long = "chdir")]
    chdir: Option<PathBuf>,
    #[arg(short, long)]
    environment: Vec<String>,
    #[arg(long)]
    state: Option<String>,
}

/// The addresses that begin so: of blocks, and of what is recorded.
pub fn addresses(current: &OsStr) -> Vec<CompletionCandidate> {
    let begins = current.to_string_lossy().into_owned();
    let known = known().unwrap_or_default();
    known.into_iter().filter(|address| address.starts_with(&begins)).map(CompletionCandidate::new).collect()
}

fn known() -> Option<BTreeSet<String>> {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let typed = typed(words.skip_while(|word| word != "--").skip(2));
    let cli = Cli::try_parse_from(["cachestack", "version"]).ok()?;
    let cli = Cli { chdir: typed.chdir, ..cli };
    let context = Context::new(&cli).ok()?;
    let inputs = InputArgs { environment: typed.environment, state: typed.state, ..InputArgs::default() };
    let stack = StackArgs { stack: None, inputs };
    let (loaded, environments) = context.environments(Ui::plain().without_stream(), &stack, false).ok()?;
    let options = crate::ops::SessionOptions { commands: false, values: false, ..one(environments).ok()? };
    let session = Session::of(&loaded, &options);
    let declared = session.evaluator.stack().resources().map(|resource| resource.address.to_string());
    let mut all: BTreeSet<String> = declared.filter(|address| !address.contains("data.")).collect();
    if let Ok(store) = session.store() {
        all.extend(store.state().records.keys().map(ToString::to_string));
    }
    Some(all)
}

/// Those options, wherever they stand.
fn typed(words: impl Iterator<Item = String>) -> Typed {
    let mut kept = Vec::new();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let takes = ["-C", "--chdir", "-e", "--environment", "--state"].contains(&&*word);
        let whole = ["--chdir=", "--environment=", "--state="].iter().any(|start| word.starts_with(start));
        if takes {
            kept.extend([word].into_iter().chain(words.next()));
        } else if whole {
            kept.push(word);
        }
    }
    Typed::try_parse_from(kept).unwrap_or(Typed { chdir: None, environment: Vec::new(), state: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_says_where_the_stack_is() {
        let words = ["-C", "shop", "backup", "--state=s", "-e", "prod", "repl"].map(str::to_owned);
        let typed = typed(words.into_iter());
        assert_eq!((typed.chdir, typed.state), (Some(PathBuf::from("shop")), Some("s".to_owned())));
        assert_eq!(typed.environment, ["prod"]);
    }
}
