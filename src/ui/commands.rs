//! Commands that messages advise, with the options of the run that say which stack and which environment: what is pasted
//! as it is printed must not act elsewhere.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use regex::{Captures, Regex};

use crate::shell;

/// ` -e prod -C shop`: what stands behind the verb of every command that is advised.
static SCOPE: OnceLock<String> = OnceLock::new();

/// Verbs that take these options; the longer ones first.
static VERBS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs = "state (?:list|show|mv|rm|replace-id|push|pull)|snapshots? delete|updates (?:apply|stop)|force-unlock|iam-policy\
                 |snapshots|endpoints|validate|failover|destroy|restore|metrics|pending|updates|connect|backup|doctor|export\
                 |import|output|rotate|reboot|events|apply|drift|show|plan";
    // A directory or a saved plan behind the verb says itself where it belongs.
    Regex::new(&format!(r"cachestack ({verbs})\b( -e\b)?")).ok()
});

/// Notes the options of this run, once.
pub fn of_run(options: &[(&str, String)]) {
    let text: String = options.iter().map(|(name, value)| format!(" {name} {}", shell::word(value))).collect();
    let _ = SCOPE.set(text);
}

/// A message whose commands are those of this run.
pub fn here(text: &str) -> Cow<'_, str> {
    with(text, SCOPE.get().map_or("", String::as_str))
}

fn with<'a>(text: &'a str, scope: &str) -> Cow<'a, str> {
    let Some(verbs) = VERBS.as_ref().filter(|_| !scope.is_empty() && text.contains("cachestack ")) else {
        return Cow::Borrowed(text);
    };
    verbs.replace_all(text, |found: &Captures| match found.get(2) {
        Some(_) => found[0].to_owned(),
        None => format!("cachestack {}{scope}", &found[1]),
    })
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn a_command_that_is_advised_says_where() {
        let cases = [
            ("run `cachestack apply`; nothing was sent", "run `cachestack apply -e prod`; nothing was sent"),
            ("cachestack rotate 'a.b' --finish", "cachestack rotate -e prod 'a.b' --finish"),
            ("cachestack state rm 'a.b'", "cachestack state rm -e prod 'a.b'"),
            ("cachestack snapshots shows it", "cachestack snapshots -e prod shows it"),
            ("cachestack force-unlock 1", "cachestack force-unlock -e prod 1"),
            ("cachestack plan -e dev", "cachestack plan -e dev"),
            ("cachestack init --template a", "cachestack init --template a"),
            ("cachestack planned it", "cachestack planned it"),
        ];
        for (text, want) in cases {
            assert_eq!(with(text, " -e prod"), want);
            assert_eq!(with(text, ""), text);
        }
    }
}
