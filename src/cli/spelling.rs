//! Terraform's spelling of options: one dash, `=true` and `=false`. What has no meaning here is taken where it is
//! harmless, and refused by its whole name where somebody would rely on it.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{ArgAction, CommandFactory};

use crate::cli::args::Cli;

/// What is refused, with what to use. Where a value is given, only with that value.
const REFUSED: &[(&str, Option<&str>, &str)] = &[
    ("lock", Some("false"), "the state is locked always; wait for it with -lock-timeout=5m"),
    ("state-out", None, "the state is written where it was read; choose another place with --state DIRECTORY"),
    ("backup", None, "the state from before the last run lies beside it, as state.json.backup"),
    ("migrate-state", None, "a `backend` block is Terraform's and is not read for our state"),
    ("force-copy", None, "a `backend` block is Terraform's and is not read for our state"),
    ("from-module", None, "start from a template: init --template NAME"),
    ("plugin-dir", None, "there are no plugins"),
    ("lockfile", None, "there are no plugins; the lock file of modules is .cachestack.lock.json"),
    ("show-sensitive", None, "sensitive values are never shown"),
    ("concise", None, "only what changes is shown"),
    ("allow-missing-config", None, "write the block first"),
    ("ignore-remote-version", None, "there is no remote that runs another version"),
    ("type", None, "with --plan the graph is that of a plan, with --plan --destroy that of its end"),
    ("draw-cycles", None, "a cycle is an error, which tells the way round"),
    ("config", None, "name the directory of the stack, or use -chdir=DIR"),
];

/// What Terraform does by default and cannot be otherwise here: `-lock`.
const ALWAYS: [&str; 1] = ["lock"];

/// Lets Terraform's spelling through: `-auto-approve`, `-chdir=DIR`, `-var a=b`, `-no-color=true`, `-lock=true`.
///
/// # Errors
/// An option of Terraform that is refused, and what to use.
pub fn understood(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, String> {
    // Most command lines have no option, and to list all of them takes a third of the time of `version`.
    let long = LazyCell::new(long_options);
    let mut spelled = Vec::new();
    let mut behind = false;
    for argument in arguments {
        behind |= argument == "--";
        match argument.to_str().filter(|text| !behind && text.starts_with('-')) {
            // Otherwise it would be an option of that name.
            Some(amount) if is_amount(amount) && wants_value(spelled.last(), &long) => {
                let option = spelled.pop().unwrap_or_default();
                spelled.push([option, "=".into(), amount.into()].into_iter().collect());
            }
            Some(text) => match one(text, &long)? {
                Some(text) => spelled.push(text.into()),
                // The last word counts: `-auto-approve -auto-approve=false`.
                None => spelled.retain(|before| *before != *off(text)),
            },
            None => spelled.push(argument),
        }
    }
    Ok(spelled)
}

/// The switch that is turned off.
fn off(text: &str) -> String {
    let bare = text.trim_start_matches('-');
    format!("--{}", bare.split_once('=').map_or(bare, |(name, _)| name))
}

/// Whether it is an amount below zero: `-3`, `-3h`.
fn is_amount(text: &str) -> bool {
    text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit())
}

/// Whether it is one of our options, whose value is still to come.
fn wants_value(option: Option<&OsString>, long: &BTreeMap<String, bool>) -> bool {
    let name = option.and_then(|option| option.to_str()?.strip_prefix("--"));
    name.and_then(|name| long.get(name)).is_some_and(|is_switch| !is_switch)
}

/// An option in our spelling; nothing where it says what is so anyway.
fn one(text: &str, long: &BTreeMap<String, bool>) -> Result<Option<String>, String> {
    let bare = text.trim_start_matches('-');
    let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
    let is_ours = long.contains_key(name);
    if !is_ours {
        let matches = |wanted: &Option<&str>| wanted.is_none() || *wanted == value;
        if let Some((_, _, use_)) = REFUSED.iter().find(|(known, wanted, _)| *known == name && matches(wanted)) {
            return Err(format!("{text}: {use_}"));
        }
        if ALWAYS.contains(&name) && value.is_none_or(|value| value == "true") {
            return Ok(None);
        }
    }
    let is_switch = long.get(name).copied().unwrap_or(false);
    Ok(match value {
        Some("true") if is_switch => Some(format!("--{name}")),
        Some("false") if is_switch => None,
        _ if text.starts_with("--") || !(is_ours && name.len() > 1 || is_unknown(bare)) => Some(text.to_owned()),
        _ => Some(format!("--{bare}")),
    })
}

/// Whether a word behind one dash is none of our short options with its value: then it is told by its whole name.
fn is_unknown(bare: &str) -> bool {
    bare.chars().count() > 1 && !bare.starts_with(['C', 'e', 'h', 'V'])
}

/// The names of all long options, and whether each is a switch without a value.
pub fn long_options() -> BTreeMap<String, bool> {
    let command = Cli::command();
    let mut names = BTreeMap::from([("help".to_owned(), false), ("version".to_owned(), false)]);
    let mut open = vec![&command];
    while let Some(command) = open.pop() {
        for argument in command.get_arguments() {
            let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
            let aliases = argument.get_all_aliases().unwrap_or_default();
            for name in argument.get_long().into_iter().chain(aliases) {
                let known = names.entry(name.to_owned()).or_insert(is_switch);
                *known &= is_switch;
            }
        }
        open.extend(command.get_subcommands());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spelling_of_terraform_is_understood() {
        let cases: [(&str, Result<&str, &str>); 15] = [
            (
                "apply -auto-approve -e prod -C x -target=alarm.a",
                Ok("apply --auto-approve -e prod -C x --target=alarm.a"),
            ),
            ("plan -var a=-b -no-color=true -detailed-exitcode=false", Ok("plan --var a=-b --no-color")),
            ("plan -lock=true -lock -lock-timeout=5m", Ok("plan --lock-timeout=5m")),
            ("metrics -hours -3 --json -4", Ok("metrics --hours=-3 --json -4")),
            ("events --since -3h", Ok("events --since=-3h")),
            ("apply -auto-approve -no-color -auto-approve=false", Ok("apply --no-color")),
            ("plan -refresh=false", Ok("plan --refresh=false")),
            ("-chdir=x plan -eprod", Ok("--chdir=x plan -eprod")),
            ("init -input=false -upgrade", Ok("init --input=false --upgrade")),
            ("plan -unheard-of", Ok("plan --unheard-of")),
            ("plan - -- -lock=false", Ok("plan - -- -lock=false")),
            ("apply -allow-replace=all", Ok("apply --allow-replace=all")),
            ("graph -type=plan", Err("-type=plan: with --plan")),
            ("apply -lock=false", Err("-lock=false: the state is locked always")),
            ("plan -generate-config-out=x.tf", Ok("plan --generate-config-out=x.tf")),
        ];
        for (line, want) in cases {
            let spelled = understood(line.split(' ').map(OsString::from));
            let spelled = spelled.map(|words| words.join(" ".as_ref()).into_string().expect("text"));
            match want {
                Ok(want) => assert_eq!(spelled.as_deref(), Ok(want), "{line}"),
                Err(start) => assert!(spelled.as_ref().is_err_and(|why| why.starts_with(start)), "{line}: {spelled:?}"),
            }
        }
    }
}
