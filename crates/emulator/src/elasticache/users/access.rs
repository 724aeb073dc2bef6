//! Access strings: what may stand in one, and the form in which AWS gives it back, which is that of Valkey's `ACL LIST`.

use super::super::super::failure::Failure;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Names that rules may use.
#[derive(Deserialize)]
struct Names {
    categories: BTreeSet<String>,
    commands: BTreeSet<String>,
}

/// Categories that modules add.
const OF_MODULES: [&str; 3] = ["json", "search", "bloom"];

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| serde_json::from_str(include_str!("../../data/acl.json")).expect("acl.json"))
}

/// What a user may do: once for the user as a whole, and once for each selector.
#[derive(Default)]
struct Rules {
    keys: Vec<String>,
    all_keys: bool,
    channels: Vec<String>,
    all_channels: bool,
    databases: Option<String>,
    /// Whether everything is allowed that no rule below forbids.
    all_commands: bool,
    /// `+get`, `-@write`, in the order in which they were given.
    commands: Vec<String>,
}

/// The access string as AWS keeps it.
pub fn canonical(text: &str, engine: &str) -> Result<String, Failure> {
    let wrong = |(word, why): (String, &str)| {
        Failure::value(format!("The access string is not valid. Error in '{word}': {why}"))
    };
    rewrite(text, engine).map_err(wrong)
}

/// The word that is wrong, and why, in the words of the engine.
type Wrong = (String, &'static str);

fn rewrite(text: &str, engine: &str) -> Result<String, Wrong> {
    let (mut on, mut root, mut selectors) = (false, Rules::default(), Vec::new());
    for word in words(text)? {
        match word.to_ascii_lowercase().as_str() {
            "on" => on = true,
            "off" => on = false,
            "clearselectors" => selectors.clear(),
            _ if word.starts_with('(') => {
                let mut inner = Rules::default();
                let bare = word.trim_start_matches('(').trim_end_matches(')');
                bare.split_whitespace().try_for_each(|word| inner.add(word, engine))?;
                selectors.push(format!("({})", inner.write()));
            }
            _ => root.add(&word, engine)?,
        }
    }
    let flag = if on { "on" } else { "off" };
    let parts = [flag.to_owned(), root.write()].into_iter().chain(selectors);
    Ok(parts.collect::<Vec<_>>().join(" "))
}

/// The words of an access string; a selector in its parentheses is one.
fn words(text: &str) -> Result<Vec<String>, Wrong> {
    let mut words: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    for word in text.split_whitespace() {
        let selector = match open.take() {
            Some(begun) => format!("{begun} {word}"),
            None if word.starts_with('(') => word.to_owned(),
            None => {
                words.push(word.to_owned());
                continue;
            }
        };
        if selector.ends_with(')') { words.push(selector) } else { open = Some(selector) }
    }
    match open {
        Some(begun) => Err((begun, "Unmatched parenthesis in acl selector")),
        None => Ok(words),
    }
}

impl Rules {
    fn add(&mut self, word: &str, engine: &str) -> Result<(), Wrong> {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "allkeys" | "~*" => (self.all_keys, self.keys) = (true, Vec::new()),
            "resetkeys" => (self.all_keys, self.keys) = (false, Vec::new()),
            "allchannels" | "&*" => (self.all_channels, self.channels) = (true, Vec::new()),
            "resetchannels" => (self.all_channels, self.channels) = (false, Vec::new()),
            "allcommands" | "+@all" => (self.all_commands, self.commands) = (true, Vec::new()),
            "nocommands" | "-@all" => (self.all_commands, self.commands) = (false, Vec::new()),
            "alldbs" if engine == "valkey" => self.databases = None,
            _ => match word.as_bytes()[0] {
                b'~' | b'%' => self.add_keys(word)?,
                b'&' if self.all_channels => return Err((word.to_owned(), AFTER_ALL)),
                b'&' => push_once(&mut self.channels, word.to_owned()),
                b'+' | b'-' => self.add_command(&lower)?,
                _ => self.databases = Some(databases(&lower, engine).ok_or((word.to_owned(), "Syntax error"))?),
            },
        }
        Ok(())
    }

    /// `~pattern`, or `%R~pattern` with a permission.
    fn add_keys(&mut self, word: &str) -> Result<(), Wrong> {
        if self.all_keys {
            return Err((word.to_owned(), AFTER_ALL));
        }
        let (permission, pattern) = word.split_once('~').ok_or((word.to_owned(), "Syntax error"))?;
        let permission = permission.to_ascii_uppercase();
        let permission = match permission.as_str() {
            "" | "%RW" | "%WR" => "",
            "%R" | "%W" => &permission,
            _ => return Err((word.to_owned(), "Syntax error")),
        };
        push_once(&mut self.keys, format!("{permission}~{pattern}"));
        Ok(())
    }

    /// A later rule on a command takes the place of an earlier one on it or on its subcommands.
    fn add_command(&mut self, rule: &str) -> Result<(), Wrong> {
        let (sign, name) = rule.split_at(1);
        if !is_known(name, sign == "+") {
            return Err((rule.to_owned(), "Unknown command or category name in ACL"));
        }
        self.commands.retain(|other| {
            let rest = other[1..].strip_prefix(name);
            !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('|'))
        });
        self.commands.push(rule.to_owned());
        Ok(())
    }

    fn write(&self) -> String {
        let all = |on: bool, word: &str| on.then(|| word.to_owned());
        let parts = all(self.all_keys, "~*").into_iter().chain(self.keys.iter().cloned());
        let parts = parts.chain(all(self.all_channels, "&*")).chain(self.channels.iter().cloned());
        let base = if self.all_commands { "+@all" } else { "-@all" };
        let parts = parts.chain(self.databases.clone()).chain([base.to_owned()]).chain(self.commands.iter().cloned());
        parts.collect::<Vec<_>>().join(" ")
    }
}

const AFTER_ALL: &str =
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect.";

fn push_once(list: &mut Vec<String>, word: String) {
    if !list.contains(&word) {
        list.push(word);
    }
}

/// `db=0,1`, which Valkey has.
fn databases(word: &str, engine: &str) -> Option<String> {
    let list = word.strip_prefix("db=").filter(|_| engine == "valkey")?;
    list.split(',').all(|number| number.parse::<u16>().is_ok()).then(|| word.to_owned())
}

fn is_known(name: &str, allowing: bool) -> bool {
    let known = names();
    if let Some(category) = name.strip_prefix('@') {
        return known.categories.contains(category) || OF_MODULES.contains(&category);
    }
    if known.commands.contains(name) || (name.contains('.') && !name.contains('|')) {
        return true;
    }
    // A rule on the first argument of a command that has no subcommands.
    let Some((command, argument)) = name.split_once('|') else { return false };
    let container =
        known.commands.iter().any(|other| other.strip_prefix(command).is_some_and(|rest| rest.starts_with('|')));
    allowing && known.commands.contains(command) && !container && !argument.is_empty() && !argument.contains('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an engine of version 8.0 made of each, less what it says of payloads and channels.
    const REWRITTEN: &[(&str, &str)] = &[
        ("on ~* +@all", "on ~* +@all"),
        ("on", "on -@all"),
        ("~objects:* ~items:* ~public:*", "off ~objects:* ~items:* ~public:* -@all"),
        ("+get ~keys*", "off ~keys* -@all +get"),
        ("on ~app:* +@read", "on ~app:* -@all +@read"),
        ("on ~* +GET +Set", "on ~* -@all +get +set"),
        ("on ~* +@ALL", "on ~* +@all"),
        ("on allkeys allchannels allcommands", "on ~* &* +@all"),
        ("on ~* +@all -@dangerous +info", "on ~* +@all -@dangerous +info"),
        ("on ~* nocommands +@read -@dangerous", "on ~* -@all +@read -@dangerous"),
        ("on ~* +config|get -config|set", "on ~* -@all +config|get -config|set"),
        ("on %RW~c* %R~a* %W~b* +@all", "on ~c* %R~a* %W~b* +@all"),
        ("on ~x +get (~y +set)", "on ~x -@all +get (~y -@all +set)"),
        ("on ~x +get +get -get", "on ~x -@all -get"),
        ("on ~* +@all -@all", "on ~* -@all"),
        ("on ~* +@read +@read -@write", "on ~* -@all +@read -@write"),
        ("on &* ~* +@all", "on ~* &* +@all"),
        ("on ~* +client -client|kill", "on ~* -@all +client -client|kill"),
        ("on ~* +set -get +@string", "on ~* -@all +set -get +@string"),
        ("on ~* +get -@all +set", "on ~* -@all +set"),
        ("on ~a ~a +get", "on ~a -@all +get"),
        ("on ~b ~a +get", "on ~b ~a -@all +get"),
        ("on ~* +@hash -hset +hset", "on ~* -@all +@hash +hset"),
        ("on ~* +@all -debug -debug", "on ~* +@all -debug"),
        ("on ~a +select|0", "on ~a -@all +select|0"),
        ("on ~a off +json.get resetkeys ~b", "off ~b -@all +json.get"),
    ];

    const REFUSED: &[(&str, &str, &str)] = &[
        ("on ~* +@nosuch", "+@nosuch", "Unknown command or category name in ACL"),
        ("on ~* +nosuchcmd", "+nosuchcmd", "Unknown command or category name in ACL"),
        ("on ~* foo", "foo", "Syntax error"),
        ("on ~* +@all ~foo", "~foo", AFTER_ALL),
        ("on (~a +get", "(~a +get", "Unmatched parenthesis in acl selector"),
        ("on ~* +@read|x", "+@read|x", "Unknown command or category name in ACL"),
        ("on ~* -@nosuch", "-@nosuch", "Unknown command or category name in ACL"),
        ("on ~* +get~x", "+get~x", "Unknown command or category name in ACL"),
        ("on %~x", "%~x", "Syntax error"),
        ("on ~* + @all", "+", "Unknown command or category name in ACL"),
        ("on ~* -select|0", "-select|0", "Unknown command or category name in ACL"),
        ("on ~* +config|nosuch", "+config|nosuch", "Unknown command or category name in ACL"),
        ("on >password", ">password", "Syntax error"),
        ("on nopass", "nopass", "Syntax error"),
        ("reset", "reset", "Syntax error"),
        ("on db=0 +get", "db=0", "Syntax error"),
    ];

    #[test]
    fn access_strings_come_back_as_the_engine_lists_them() {
        for (given, wanted) in REWRITTEN {
            assert_eq!(rewrite(given, "redis").as_deref(), Ok(*wanted), "{given}");
            assert_eq!(rewrite(wanted, "redis").as_deref(), Ok(*wanted), "{wanted} again");
        }
        assert_eq!(rewrite("on db=0,1 ~* +get", "valkey").as_deref(), Ok("on ~* db=0,1 -@all +get"));
    }

    #[test]
    fn what_the_engine_refuses_is_refused() {
        for (given, word, why) in REFUSED {
            assert_eq!(rewrite(given, "redis"), Err(((*word).to_owned(), *why)), "{given}");
        }
    }
}
