//! A word that is no command or no option. What is known of other programs is answered; of words that only look like a
//! command, those that change an account are not guessed.

use clap::CommandFactory;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::cli::Cli;
use crate::diag::did_you_mean;

/// Words of Terraform and of everyday speech, and what does that here.
const MEANT: [(&[&str], &str); 18] = [
    (
        &["test"],
        "`validate` checks a stack, and `endpoint = \"emulator\"` of an environment tries it without an account",
    ),
    (&["taint"], "`plan --replace=ADDRESS` plans another object in the place of one"),
    (&["untaint"], "nothing is marked; leave --replace out of the next plan"),
    (&["workspace", "workspaces", "environments"], "`env list` lists the environments, and -e NAME chooses one"),
    (&["get", "fetch", "modules"], "`init` fetches the modules of a stack"),
    (
        &["providers", "login", "logout", "metadata"],
        "there are no providers and no service to log in to; `version` says what is built in",
    ),
    (&["refresh"], "`apply --refresh-only` takes what is there into the state, and `drift` only looks"),
    (&["ls", "list"], "`state list` lists what is recorded, and `snapshots` the snapshots"),
    (
        &["rm", "remove"],
        "`state rm ADDRESS` lets a record go; what is taken out of the files is destroyed by the next `apply`",
    ),
    (&["mv", "move", "rename"], "`state mv FROM TO` gives a record another address"),
    (
        &["deploy", "up", "create", "run", "update", "start"],
        "`plan` shows what would change, and `apply` carries it out",
    ),
    (
        &["delete", "down", "stop", "terminate"],
        "`destroy` deletes everything in the state; what is taken out of the files goes with the next `apply`",
    ),
    (&["preview", "diffs", "what-if", "check"], "`plan` shows what would change, and `validate` what is wrong"),
    (&["lint"], "`validate` knows the rules of ElastiCache, and `fmt -check` the layout"),
    (&["format"], "`fmt` lays out the files"),
    (
        &["status", "ps", "describe"],
        "`show` shows what is recorded, `drift` what others have changed, and `pending` what waits",
    ),
    (
        &["new", "template", "templates"],
        "`init --template NAME` writes a small stack; `init` in an empty directory lists the templates",
    ),
    (&["price", "prices", "estimate"], "`cost estimate` says what a stack costs in a month"),
];

/// The same behind `env`, where Terraform has `workspace`.
const ENVIRONMENTS: [(&[&str], &str); 4] = [
    (&["ls"], "`env list` lists the environments"),
    (&["new", "create", "add"], "an environment is a block in the files: environment \"NAME\" { region = \"...\" }"),
    (
        &["select", "use", "switch", "set"],
        "-e NAME chooses an environment; `default_environment` of the stack block says which one it is without -e",
    ),
    (&["delete", "rm", "remove"], "`destroy -e NAME` deletes what is in an environment; then take its block out"),
];

/// Options of other programs, and what does that here.
const OPTIONS: [(&[&str], &str); 9] = [
    (&["--output"], "--out FILE saves a plan"),
    (&["--port"], "`emulate --listen ADDRESS:PORT` says where the emulator listens"),
    (&["--yes", "-y", "--approve", "--assume-yes"], "--auto-approve leaves out the question"),
    (&["--verbose", "-v", "--debug"], "--log FILE writes a line for each call; --log-level says how much"),
    (&["--quiet", "-q", "--silent"], "send what is printed elsewhere: what is wrong goes to the standard error"),
    (&["--region"], "the region is that of the environment block, or of AWS_REGION"),
    (&["--profile"], "the profile is that of the environment block, or of AWS_PROFILE"),
    (&["--dry-run", "--check", "--what-if"], "`plan` only looks"),
    (&["--workspace", "--stage"], "-e NAME chooses an environment"),
];

/// What changes an account or a state.
const CHANGES: [&str; 14] = [
    "apply",
    "destroy",
    "restore",
    "rotate",
    "reboot",
    "failover",
    "backup",
    "import",
    "state",
    "rm",
    "mv",
    "push",
    "delete",
    "force-unlock",
];

/// The error with what may be meant.
pub fn told(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidSubcommand => of_command(error),
        ErrorKind::UnknownArgument => of_option(error),
        _ => error,
    }
}

fn of_option(mut error: Error) -> Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg).cloned() else { return error };
    let meant = OPTIONS.iter().find(|(words, _)| words.contains(&&*word));
    let near = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(near)) => did_you_mean(&word, [&**near]).is_some(),
        _ => false,
    };
    if near && meant.is_none() {
        return error;
    }
    error.remove(ContextKind::Suggested);
    if error.remove(ContextKind::SuggestedArg).is_some() {
        // It is that of the option that is not meant.
        error.remove(ContextKind::Usage);
    }
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let behind = meant.is_none() && usage.contains("<COMMAND>") && is_of_a_command(&word);
    let behind = behind.then(|| format!("an option of a command stands behind it: cachestack COMMAND {word} ..."));
    if let Some(tip) = meant.map(|(_, tip)| (*tip).to_owned()).or(behind) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

/// Whether some command has such an option.
fn is_of_a_command(word: &str) -> bool {
    let bare = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    let all = Cli::command();
    let mut arguments = all.get_subcommands().flat_map(|command| command.get_arguments());
    arguments.any(|one| one.get_long() == Some(bare) || one.get_short().is_some_and(|short| bare == short.to_string()))
}

fn of_command(mut error: Error) -> Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand).cloned() else { return error };
    let near = match error.remove(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(near)) => near,
        Some(ContextValue::String(near)) => vec![near],
        // Behind `help` nobody has looked.
        _ => {
            let names: Vec<String> = Cli::command().get_subcommands().map(|it| it.get_name().to_owned()).collect();
            names.into_iter().filter(|name| strsim::damerau_levenshtein(&word, name) <= 2).collect()
        }
    };
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let of_environments = ENVIRONMENTS.iter().filter(|_| usage.contains("cachestack env "));
    match of_environments.chain(&MEANT).find(|(words, _)| words.contains(&&*word)) {
        Some((_, tip)) => {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from((*tip).to_owned())]));
        }
        None => {
            let near: Vec<String> = near.into_iter().filter(|known| is_surely(&word, known)).collect();
            if !near.is_empty() {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(near));
            }
        }
    }
    error
}

/// Whether a command is a letter away, or two where it only looks.
fn is_surely(word: &str, known: &str) -> bool {
    let most = if CHANGES.contains(&known) { 1 } else { 2 };
    known.starts_with(word) && word.len() > 2 || strsim::damerau_levenshtein(word, known) <= most
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn what_changes_something_is_not_guessed() {
        for (line, want, never) in [
            ("test", "validate", "destroy"),
            ("taint", "--replace", "apply"),
            ("aply", "'apply'", "plan"),
            ("destory", "'destroy'", "apply"),
            ("rest", "'restore'", "destroy"),
            ("resto", "'restore'", "destroy"),
            ("velidat", "'validate'", "apply"),
            ("rotten", "unrecognized", "rotate"),
            ("workspace", "env list", "apply"),
            ("help pln", "'plan'", "apply"),
            ("env new test", "environment \"NAME\" {", "init"),
            ("env select test", "-e NAME", "init"),
            ("state lst", "'list'", "'rm'"),
            ("state sm", "unrecognized", "move"),
        ] {
            let words = ["cachestack"].into_iter().chain(line.split(' '));
            let error = told(Cli::try_parse_from(words).expect_err(line)).render().to_string();
            assert!(error.contains(want) && !error.contains(never), "{line}: {error}");
        }
    }

    #[test]
    fn an_option_is_guessed_or_explained() {
        for (line, want, never) in [
            ("emulate --port=1", "--listen", "--operations"),
            ("emulate --lisen", "'--listen'", "ADDRESS:PORT` says"),
            ("plan -y", "--auto-approve", "similar"),
            ("plan --dry-run", "`plan` only looks", "similar"),
            ("plan --xyzzy", "unexpected argument", "similar"),
        ] {
            let words = ["cachestack"].into_iter().chain(line.split(' '));
            let error = told(Cli::try_parse_from(words).expect_err(line)).render().to_string();
            assert!(error.contains(want) && !error.contains(never), "{line}: {error}");
        }
    }

    #[test]
    fn no_command_is_explained_as_a_word_that_is_none() {
        let command = Cli::command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        for word in MEANT.iter().flat_map(|(words, _)| *words) {
            assert!(!names.contains(word), "{word} is a command");
        }
    }
}
