//! What a shell is offered while somebody types: commands and options by clap, the rest out of the stack, its state, and
//! what is built in; the names of snapshots out of the account.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;

use crate::cli::args::{InputArgs, StackArgs};
use crate::cli::run::{Context, one};
use crate::cli::{Cli, day_two, explain, spelling};
use crate::diag::{codes, visible};
use crate::kind::{Filled, Impact, Kind};
use crate::kinds;
use crate::lang::declare::Module;
use crate::ops::Session;
use crate::ops::connect::Purpose;
use crate::ops::day_two::snapshots::list;
use crate::stack::environment::EMULATOR;
use crate::ui::{Ui, reference};
use crate::value::text;

/// How long a shell may be kept waiting for the account.
const PATIENCE: Duration = Duration::from_secs(3);

/// The variable in which the script of a shell names the shell.
pub const VARIABLE: &str = "CACHESTACK_COMPLETE";

/// The variable in which the script of bash tells the word as it is typed, with its quotes: what is put into an open
/// quote is written otherwise.
const TYPED: &str = "CACHESTACK_TYPED";

/// The script of bash, which also tells that word.
pub fn with_typed_word(script: &str) -> String {
    let told = format!("{TYPED}=\"${{COMP_WORDS[COMP_CWORD]}}\" \\\n        {VARIABLE}=\"bash\"");
    script.replace(&format!("{VARIABLE}=\"bash\""), &told)
}

/// The shell that asks.
static SHELL: OnceLock<String> = OnceLock::new();

/// Answers the script of a shell, where it is that which asks.
pub fn answered(arguments: &[OsString]) -> bool {
    let here = std::env::current_dir().ok();
    // The variable is gone by the time that candidates are looked for.
    let _ = SHELL.set(std::env::var(VARIABLE).unwrap_or_default());
    let complete = CompleteEnv::with_factory(Cli::command).var(VARIABLE).bin("cachestack");
    complete.try_complete(spelled(arguments), here.as_deref()).unwrap_or(true)
}

/// The line with Terraform's options as ours. Shells count the words, so that there must be as many of them.
fn spelled(arguments: &[OsString]) -> Vec<OsString> {
    let behind = arguments.iter().position(|word| word == "--").map_or(arguments.len(), |at| at + 1);
    let (before, typed) = arguments.split_at(behind);
    let typed = &joined(typed);
    let ours = spelling::understood(typed.iter().cloned()).ok().filter(|ours| ours.len() == typed.len());
    before.iter().cloned().chain(ours.unwrap_or_else(|| typed.to_vec())).collect()
}

/// Bash takes an equals sign for a word of its own. The number of words stays: a switch that means nothing fills it up.
fn joined(words: &[OsString]) -> Vec<OsString> {
    let mut words = words.to_vec();
    for at in 0..words.len().saturating_sub(2) {
        if words[at].to_string_lossy().starts_with('-') && words[at + 1] == "=" {
            words[at + 1] = std::mem::replace(&mut words[at], "--no-color".into());
        }
    }
    words
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
    #[arg(long)]
    endpoint: Option<String>,
    stack: Option<PathBuf>,
}

/// The addresses that begin so: of blocks, and of what is recorded.
pub fn addresses(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, known().unwrap_or_default())
}

/// The caches among them, which most verbs are about.
pub fn caches(current: &OsStr) -> Vec<CompletionCandidate> {
    of_kind(current, |kind| kind.filled_from().is_some())
}

/// Those whose nodes can be restarted.
pub fn rebooted(current: &OsStr) -> Vec<CompletionCandidate> {
    of_kind(current, |kind| matches!(kind.filled_from(), Some(Filled::ByName(_))))
}

/// Those whose data can be lost.
pub fn losing(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut all = of_kind(current, |kind| kind.holds_data());
    all.extend(offered(current, ["all".to_owned()]));
    all
}

/// Those in which a replica may take over.
pub fn failing_over(current: &OsStr) -> Vec<CompletionCandidate> {
    of_kind(current, |kind| kind.fails_over())
}

/// Those that have a token to rotate.
pub fn rotated(current: &OsStr) -> Vec<CompletionCandidate> {
    of_kind(current, |kind| kind.dates_secret().is_some())
}

/// What is bought.
pub fn purchases(current: &OsStr) -> Vec<CompletionCandidate> {
    of_kind(current, |kind| kind.is_bought())
}

/// What is recorded.
pub fn records(current: &OsStr) -> Vec<CompletionCandidate> {
    let state = session().and_then(|session| Some(session.store().ok()?.state().clone())).unwrap_or_default();
    offered(current, state.records.keys().map(ToString::to_string))
}

/// The outputs that the stack declares.
pub fn outputs(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, declared(|module| module.outputs.keys().map(ToString::to_string).collect()))
}

/// The variables of the stack, each with an equals sign.
pub fn variables(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, declared(|module| module.variables.keys().map(|name| format!("{name}=")).collect()))
}

/// The endpoint that is no URL.
pub fn endpoints(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, [EMULATOR.to_owned()])
}

/// The addresses of kinds that are so.
fn of_kind(current: &OsStr, is: fn(&dyn Kind) -> bool) -> Vec<CompletionCandidate> {
    let fits = |address: &String| kinds::address(address).and_then(|it| kinds::get(&it.kind)).is_some_and(is);
    offered(current, known().unwrap_or_default().into_iter().filter(fits))
}

fn declared(names: fn(&Module) -> Vec<String>) -> Vec<String> {
    let session = session();
    session.as_ref().and_then(|it| it.evaluator.stack().declared(&[])).map(names).unwrap_or_default()
}

/// The environments of the stack.
pub fn environments(current: &OsStr) -> Vec<CompletionCandidate> {
    let all = place().and_then(|place| {
        let stack = StackArgs { stack: place.stack, inputs: InputArgs::default() };
        Some(place.context.environments(silent(), &stack, true).ok()?.0.environments())
    });
    offered(current, all.unwrap_or_default())
}

/// The templates of `init`.
pub fn templates(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, crate::templates::names().map(str::to_owned))
}

/// The levels of impact.
pub fn impacts(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, Impact::ALL.map(|impact| impact.word().to_owned()))
}

/// What `explain` explains. Attributes only of the kind that is typed: all of them would be thousands.
pub fn words(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    if let Some((page, _)) = reference::find_within(&typed) {
        let kind = &typed[..typed.len() - reference::find_within(&typed).map_or(0, |(_, path)| path.len())];
        return offered(current, page.rows.iter().map(|row| format!("{kind}{}", row.path)));
    }
    let codes = codes::all().map(str::to_owned);
    offered(current, explain::words().chain(codes))
}

/// The names of snapshots in the account, if it answers while somebody would wait for it.
pub fn snapshots(current: &OsStr) -> Vec<CompletionCandidate> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let names = runtime.ok().and_then(|runtime| {
        let names = runtime.block_on(async { tokio::time::timeout(PATIENCE, snapshot_names()).await });
        let names = names.ok().flatten();
        // Whatever is still under way is not waited for.
        runtime.shutdown_background();
        names
    });
    offered(current, names.unwrap_or_default())
}

async fn snapshot_names() -> Option<Vec<String>> {
    let place = place()?;
    let open = day_two::open(&place.context, silent(), &place.inputs, Purpose::Look).await.ok()?;
    let found = list(&open.session, &open.state, &open.connection, None).await.ok()?;
    Some(found.iter().filter_map(|one| text(&one.object, "id").map(str::to_owned)).collect())
}

/// Those that begin as what is typed. What could not be seen on the line is not offered.
fn offered(current: &OsStr, all: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let begins = current.to_string_lossy().replace('\\', "");
    let shell = SHELL.get().map_or("", String::as_str);
    let fits = |one: &String| one.starts_with(&*begins) && !one.chars().any(visible::is_hidden);
    all.into_iter().filter(fits).map(|one| inserted(&one, shell)).map(CompletionCandidate::new).collect()
}

/// A candidate as it is put into the line. Bash and PowerShell put it there as it is, where a key with `$(...)` would be
/// carried out; the others quote it.
fn inserted(text: &str, shell: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@=,".contains(c);
    let typed = std::env::var(TYPED).unwrap_or_default();
    match (shell, typed.chars().next()) {
        ("bash", Some('\'')) => text.replace('\'', "'\\''"),
        ("bash", Some('"')) => {
            text.chars().flat_map(|c| "\"$`\\".contains(c).then_some('\\').into_iter().chain([c])).collect()
        }
        ("bash", _) => text.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect(),
        ("powershell", _) if !text.chars().all(plain) => format!("'{}'", text.replace('\'', "''")),
        _ => text.to_owned(),
    }
}

/// Nobody reads what goes wrong while a shell asks.
fn silent() -> Ui {
    Ui::plain().without_stream()
}

/// Where the stack of the line is that is typed.
struct Place {
    context: Context,
    stack: Option<PathBuf>,
    inputs: InputArgs,
}

fn place() -> Option<Place> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let words = spelled(&arguments).into_iter().map(|word| word.to_string_lossy().into_owned());
    let typed = typed(words.skip_while(|word| word != "--").skip(2));
    let cli = Cli::try_parse_from(["cachestack", "version"]).ok()?;
    let context = Context::new(&Cli { chdir: typed.chdir, ..cli }).ok()?;
    let stack = typed.stack.filter(|stack| context.path(stack).is_dir());
    let inputs = InputArgs {
        environment: typed.environment,
        state: typed.state,
        endpoint: typed.endpoint,
        ..InputArgs::default()
    };
    Some(Place { context, stack, inputs })
}

fn session() -> Option<Session> {
    let place = place()?;
    let stack = StackArgs { stack: place.stack, inputs: place.inputs };
    let (loaded, environments) = place.context.environments(silent(), &stack, false).ok()?;
    let options = crate::ops::SessionOptions { commands: false, values: false, ..one(environments).ok()? };
    Some(Session::of(&loaded, &options))
}

fn known() -> Option<BTreeSet<String>> {
    let session = session()?;
    let declared = session.evaluator.stack().resources().map(|resource| resource.address.to_string());
    let mut all: BTreeSet<String> = declared.filter(|address| !address.contains("data.")).collect();
    if let Ok(store) = session.store() {
        all.extend(store.state().records.keys().map(ToString::to_string));
    }
    Some(all)
}

/// The options of a command line that say which stack and environment it is about, as another command takes them.
pub fn scope(arguments: &[OsString]) -> Vec<(&'static str, String)> {
    let typed = typed(arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).chain([String::new()]));
    let within =
        |directory: &PathBuf| typed.chdir.as_ref().map_or_else(|| directory.clone(), |chdir| chdir.join(directory));
    let is_stack = |directory: &PathBuf| kinds::address(&directory.to_string_lossy()).is_none() && directory.is_dir();
    let stack = typed.stack.as_ref().map(within).filter(is_stack).or_else(|| typed.chdir.clone());
    let environment = match &typed.environment[..] {
        [] => None,
        [one] if !one.contains('*') => Some(one.clone()),
        _ => Some("NAME".to_owned()),
    };
    let options = [
        ("-e", environment),
        ("-C", stack.map(|stack| stack.display().to_string())),
        ("--state", typed.state),
        ("--endpoint", typed.endpoint),
    ];
    options.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Those options, wherever they stand, and what may be the directory: the last whole word that is no option and neither
/// the command nor the value of an option.
fn typed(words: impl Iterator<Item = String>) -> Typed {
    let mut kept = Vec::new();
    let (mut bare, long) = (Vec::new(), spelling::long_options());
    let takes_value =
        |word: &str| word.strip_prefix("--").and_then(|name| long.get(name)).is_some_and(|switch| !switch);
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let takes = ["-C", "--chdir", "-e", "--environment", "--state", "--endpoint"].contains(&&*word);
        let whole =
            ["--chdir=", "--environment=", "--state=", "--endpoint="].iter().any(|start| word.starts_with(start));
        if takes {
            kept.extend([word].into_iter().chain(words.next()));
        } else if whole {
            kept.push(word);
        } else if takes_value(&word) {
            words.next();
        } else if !word.starts_with('-') && words.peek().is_some() {
            bare.push(word);
        }
    }
    // The command, and that within it: `state list`.
    let command = Cli::command();
    let nested = bare.first().and_then(|name| command.find_subcommand(name)).is_some_and(|it| it.has_subcommands());
    let stack = bare.into_iter().skip(if nested { 2 } else { 1 }).next_back();
    Typed::try_parse_from(kept.into_iter().chain(stack)).unwrap_or(Typed {
        chdir: None,
        environment: Vec::new(),
        state: None,
        endpoint: None,
        stack: None,
    })
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
