//! Access strings: what they may hold, and the one spelling in which AWS gives them back, which is that of Valkey's
//! `ACL LIST`. Source of commands and categories: named in `data/acl.json`; of the spelling: what redis-server 7.0 and
//! Valkey 8.0 answer.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::diag::did_you_mean;

#[derive(serde::Deserialize)]
struct Data {
    categories: BTreeSet<String>,
    commands: BTreeSet<String>,
    unavailable: BTreeSet<String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| super::embedded(include_str!("data/acl.json")));

/// Categories that modules add.
const OF_MODULES: [&str; 3] = ["json", "search", "bloom"];

/// A rule that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The word as it is written.
    pub word: String,
    /// What is wrong with it, as a sentence.
    pub why: String,
    /// What to do.
    pub help: String,
}

fn wrong(word: &str, why: impl Into<String>, help: impl Into<String>) -> Wrong {
    Wrong { word: word.to_owned(), why: why.into(), help: help.into() }
}

/// What an access string comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Whether the user may log in.
    pub on: bool,
    root: Rules,
    selectors: Vec<Rules>,
}

/// What is allowed: by the string itself, or by one selector.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rules {
    keys: Patterns,
    channels: Patterns,
    databases: Option<String>,
    /// Whether everything is allowed that no later rule forbids.
    all_commands: bool,
    /// `+get`, `-@write`, in order.
    commands: Vec<String>,
}

/// Patterns in order, or all.
#[derive(Debug, Default, PartialEq, Eq)]
struct Patterns {
    all: bool,
    some: Vec<String>,
}

impl Patterns {
    fn set(&mut self, all: bool) {
        *self = Self { all, some: Vec::new() };
    }

    fn add(&mut self, word: &str, pattern: String) -> Result<(), Wrong> {
        if self.all {
            return Err(wrong(word, "It comes after the pattern that allows all.", "Take one of the two out."));
        }
        if !self.some.contains(&pattern) {
            self.some.push(pattern);
        }
        Ok(())
    }

    fn write(&self, all: &str, into: &mut Vec<String>) {
        into.extend(self.all.then(|| all.to_owned()));
        into.extend(self.some.iter().cloned());
    }
}

impl Access {
    /// Reads an access string; rules count from left to right.
    ///
    /// # Errors
    /// The first word that the engine, or ElastiCache, does not take.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let mut access = Self::default();
        for word in words(text)? {
            match word.to_ascii_lowercase().as_str() {
                "on" => access.on = true,
                "off" => access.on = false,
                "clearselectors" => access.selectors.clear(),
                _ => match word.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
                    Some(inside) => access.selectors.push(Rules::parse(inside)?),
                    None => access.root.add(&word)?,
                },
            }
        }
        Ok(access)
    }

    /// The string as AWS gives it back.
    pub fn canonical(&self) -> String {
        let mut words = vec![if self.on { "on" } else { "off" }.to_owned()];
        self.root.write(&mut words);
        for selector in &self.selectors {
            let mut inside = Vec::new();
            selector.write(&mut inside);
            words.push(format!("({})", inside.join(" ")));
        }
        words.join(" ")
    }

    /// Commands that are allowed by name, and that ElastiCache keeps to itself.
    pub fn unavailable(&self) -> Vec<&str> {
        let rules = std::iter::once(&self.root).chain(&self.selectors).flat_map(|rules| &rules.commands);
        rules.filter_map(|rule| rule.strip_prefix('+')).filter(|name| DATA.unavailable.contains(*name)).collect()
    }

    /// Whether it takes Valkey 9.1: rules about databases.
    pub fn names_databases(&self) -> bool {
        std::iter::once(&self.root).chain(&self.selectors).any(|rules| rules.databases.is_some())
    }

    /// Whether nothing is forbidden to who is logged in.
    fn allows_everything(&self) -> bool {
        let Rules { keys, channels, databases, all_commands, commands } = &self.root;
        let forbids = commands.iter().any(|rule| rule.starts_with('-'));
        keys.all && channels.all && databases.is_none() && *all_commands && !forbids
    }

    /// Whether whoever could do something with the old rules can do it with these: all is allowed, or words were added that
    /// allow.
    pub fn only_adds_to(&self, old: &Self) -> bool {
        if self.allows_everything() && (self.on || !old.on) {
            return true;
        }
        let (old_text, new_text) = (old.canonical(), self.canonical());
        let (Ok(old_words), Ok(new_words)) = (words(&old_text), words(&new_text)) else { return false };
        let mut wanted = old_words.iter().skip(1).peekable();
        let added_is_fine = new_words.iter().skip(1).all(|word| {
            let known = wanted.next_if(|old| *old == word).is_some();
            known || word.starts_with(['+', '~', '&', '%', '('])
        });
        added_is_fine && wanted.peek().is_none() && (self.on || !old.on)
    }

    /// Whether no command at all is allowed.
    pub fn allows_nothing(&self) -> bool {
        let nothing = |rules: &Rules| !rules.all_commands && !rules.commands.iter().any(|rule| rule.starts_with('+'));
        nothing(&self.root) && self.selectors.iter().all(nothing)
    }
}

/// The words of an access string; a selector in its parentheses is one.
fn words(text: &str) -> Result<Vec<String>, Wrong> {
    let mut words = Vec::new();
    let mut open: Option<String> = None;
    for word in text.split_whitespace() {
        let word = match open.take() {
            Some(begun) => format!("{begun} {word}"),
            None => word.to_owned(),
        };
        if word.starts_with('(') && !word.ends_with(')') { open = Some(word) } else { words.push(word) }
    }
    match open {
        Some(begun) => Err(wrong(&begun, "A selector has no end.", "Close its parenthesis.")),
        None => Ok(words),
    }
}

impl Rules {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let mut rules = Self::default();
        text.split_whitespace().try_for_each(|word| rules.add(word))?;
        Ok(rules)
    }

    fn add(&mut self, word: &str) -> Result<(), Wrong> {
        match word.to_ascii_lowercase().as_str() {
            "allkeys" | "~*" => self.keys.set(true),
            "resetkeys" => self.keys.set(false),
            "allchannels" | "&*" => self.channels.set(true),
            "resetchannels" => self.channels.set(false),
            "allcommands" | "+@all" => (self.all_commands, self.commands) = (true, Vec::new()),
            "nocommands" | "-@all" => (self.all_commands, self.commands) = (false, Vec::new()),
            "alldbs" => self.databases = None,
            lower => match word.as_bytes()[0] {
                b'~' | b'%' => self.keys.add(word, key_pattern(word)?)?,
                b'&' => self.channels.add(word, word.to_owned())?,
                b'+' | b'-' => self.add_command(word, lower)?,
                _ if is_databases(lower) => self.databases = Some(lower.to_owned()),
                _ => return Err(not_a_rule(word, lower)),
            },
        }
        Ok(())
    }

    /// A later rule takes the place of an earlier one on the same command or on parts of it.
    fn add_command(&mut self, word: &str, rule: &str) -> Result<(), Wrong> {
        let (sign, name) = rule.split_at(1);
        check_name(word, name, sign == "+")?;
        let covers = |other: &String| {
            let rest = other[1..].strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('|'))
        };
        self.commands.retain(|other| !covers(other));
        self.commands.push(rule.to_owned());
        Ok(())
    }

    fn write(&self, into: &mut Vec<String>) {
        self.keys.write("~*", into);
        self.channels.write("&*", into);
        into.extend(self.databases.clone());
        into.push(if self.all_commands { "+@all" } else { "-@all" }.to_owned());
        into.extend(self.commands.iter().cloned());
    }
}

/// `~pattern`, or `%R~pattern` with a permission.
fn key_pattern(word: &str) -> Result<String, Wrong> {
    let help = "Write ~PATTERN, %R~PATTERN to read, %W~PATTERN to write.";
    let (permission, pattern) =
        word.split_once('~').ok_or_else(|| wrong(word, "A permission has no pattern behind it.", help))?;
    match permission.to_ascii_uppercase().as_str() {
        "" | "%RW" | "%WR" => Ok(format!("~{pattern}")),
        permission @ ("%R" | "%W") => Ok(format!("{permission}~{pattern}")),
        _ => Err(wrong(word, "There is no such permission.", help)),
    }
}

/// `db=0,1`
fn is_databases(word: &str) -> bool {
    let list = word.strip_prefix("db=");
    list.is_some_and(|list| list.split(',').all(|number| number.parse::<u16>().is_ok()))
}

/// Whether a word would add or remove a password.
fn is_password(word: &str) -> bool {
    word.len() > 1 && word.starts_with(['>', '<', '#', '!'])
}

/// Whether the source of an expression writes an access string with a password in it, as the engine itself takes them.
/// Only what stands in quotes or in a heredoc counts, and only if it begins with a rule: neither `!condition` nor a
/// sentence with a comparison in it is one.
pub fn holds_password(source: &str) -> bool {
    let source = source.trim();
    let quoted = source.split('"').skip(1).step_by(2);
    let heredoc = source.strip_prefix("<<").and_then(|rest| rest.split_once('\n')).map(|(_, body)| body);
    quoted.chain(heredoc).any(|text| {
        let words = || text.split_whitespace();
        let is_rule =
            |word: &str| matches!(word, "on" | "off" | "allkeys") || word.starts_with(['~', '+', '&', '%', '(']);
        words().next().is_some_and(|first| is_rule(first) || is_password(first) && words().any(is_rule))
            && words().any(is_password)
    })
}

fn not_a_rule(word: &str, lower: &str) -> Wrong {
    if is_password(lower) || matches!(lower, "reset" | "nopass" | "resetpass") {
        let why = "Passwords are no part of an access string in ElastiCache.";
        let shown = if is_password(lower) { format!("{}...", &word[..1]) } else { word.to_owned() };
        return wrong(&shown, why, "Take it out, and set `passwords` or `authentication_mode`.");
    }
    let words = ["on", "off", "allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands"];
    if let Some(near) = did_you_mean(lower, words) {
        return wrong(word, "There is no such rule.", format!("Did you mean \"{near}\"?"));
    }
    if is_command(lower) || DATA.categories.contains(lower) {
        let at = if is_command(lower) { "" } else { "@" };
        return wrong(word, "A rule about commands begins with + or -.", format!("Did you mean \"+{at}{lower}\"?"));
    }
    wrong(word, "There is no such rule.", "Rules are on, off, ~KEYS, &CHANNELS, +COMMAND, -COMMAND and +@CATEGORY.")
}

fn is_command(name: &str) -> bool {
    DATA.commands.contains(name)
}

/// Whether a command or category may stand behind a sign.
fn check_name(word: &str, name: &str, allowing: bool) -> Result<(), Wrong> {
    if let Some(category) = name.strip_prefix('@') {
        if category == "all" || DATA.categories.contains(category) || OF_MODULES.contains(&category) {
            return Ok(());
        }
        let near = did_you_mean(category, DATA.categories.iter().map(String::as_str));
        let all = || format!("They are {}.", DATA.categories.iter().cloned().collect::<Vec<_>>().join(", "));
        let help = near.map_or_else(all, |near| format!("Did you mean \"@{near}\"?"));
        return Err(wrong(word, format!("There is no category \"{category}\"."), help));
    }
    // Those of modules have a dot in their names.
    if is_command(name) || name.contains('.') {
        return Ok(());
    }
    // What is no container of subcommands takes a rule about its first argument.
    let container = name.split_once('|').map(|(container, _)| container).filter(|container| is_command(container));
    if let Some(container) = container {
        let prefix = format!("{container}|");
        let of_it: Vec<&str> = DATA.commands.iter().filter_map(|known| known.strip_prefix(&prefix)).collect();
        if of_it.is_empty() && allowing {
            return Ok(());
        }
        let near = did_you_mean(name.trim_start_matches(&prefix), of_it.iter().copied());
        let help =
            near.map_or("Allow or forbid the whole command.".to_owned(), |near| format!("Did you mean \"{near}\"?"));
        return Err(wrong(word, format!("There is no command \"{}\".", name.replace('|', " ")), help));
    }
    let near = did_you_mean(name, DATA.commands.iter().map(String::as_str));
    let help = near.map_or("Take it out.".to_owned(), |near| format!("Did you mean \"{near}\"?"));
    Err(wrong(word, format!("There is no command \"{name}\"."), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Valkey 8.0.1 answers to `ACL LIST` after `ACL SETUSER`, without `sanitize-payload` and `resetchannels`.
    const SPELLINGS: [(&str, &str); 28] = [
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
        ("on ~a resetkeys ~b +get", "on ~b -@all +get"),
        ("on ~x (~y +get) clearselectors +set", "on ~x -@all +set"),
        ("on ~x +json.get", "on ~x -@all +json.get"),
    ];

    #[test]
    fn what_only_adds_takes_nothing_from_anybody() {
        let cases = [
            ("on ~app:* +@read", "on ~app:* +@read", true),
            ("on ~app:* +@read", "on ~app:* ~more:* +@read +set", true),
            ("off ~app:* +@read", "on ~app:* +@read", true),
            ("on ~* +@all", "on ~* +@all -flushall", false),
            ("on ~* +@all", "off ~* +@all", false),
            ("on ~app:* +@read", "on ~other:* +@read", false),
            ("on ~app:* +get +set", "on ~app:* +get", false),
            ("on ~app:* +get (~x +set)", "on ~app:* +get", false),
            ("on ~app:* +get", "on ~app:* +get (~x +set)", true),
            ("on ~app:* &app:* +@all -@admin (~x +set)", "on ~* &* +@all", true),
            ("on ~app:* +get", "off ~* &* +@all", false),
            ("on ~app:* +get", "on ~* &* +@all -flushall", false),
            ("on ~app:* +get", "on ~* &* +@all db=0", false),
        ];
        for (old, new, adds) in cases {
            let read = |text| Access::parse(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(read(new).only_adds_to(&read(old)), adds, "{old} -> {new}");
        }
    }

    #[test]
    fn a_string_comes_back_as_the_engine_lists_it() {
        for (text, canonical) in SPELLINGS {
            let access = Access::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
            assert_eq!(access.canonical(), canonical, "{text}");
            assert_eq!(Access::parse(canonical), Ok(access), "{canonical}");
        }
    }

    #[test]
    fn what_the_engine_refuses_is_wrong() {
        for (text, word, help) in [
            ("on ~* +@nosuch", "+@nosuch", "They are"),
            ("on ~* +@strng", "+@strng", "Did you mean \"@string\"?"),
            ("on ~* -@nosuch", "-@nosuch", "They are"),
            ("on ~* +gte", "+gte", "Did you mean"),
            ("on ~* banana", "banana", "Rules are"),
            ("on ~* get", "get", "Did you mean \"+get\"?"),
            ("on ~* read", "read", "Did you mean \"+@read\"?"),
            ("on allkey +get", "allkey", "Did you mean \"allkeys\"?"),
            ("on ~* ~foo +@all", "~foo", "Take one"),
            ("on &* &x", "&x", "Take one"),
            ("on (~a +get", "(~a +get", "Close"),
            ("on ~* +@read|x", "+@read|x", "Did you mean \"@read\"?"),
            ("on ~* +get~x", "+get~x", "Did you mean"),
            ("on %X~a +get", "%X~a", "Write ~PATTERN"),
            ("on ~* + @all", "+", "Take it out."),
            ("on db=x +get", "db=x", "Rules are"),
            ("on ~* +config|gett", "+config|gett", "Did you mean \"get\"?"),
            ("on ~* -get|x", "-get|x", "Allow or forbid"),
            ("on >secret +@all", ">...", "Take it out"),
            ("reset on", "reset", "Take it out"),
        ] {
            let wrong = Access::parse(text).expect_err(text);
            assert_eq!(wrong.word, word, "{text}");
            assert!(wrong.help.starts_with(help), "{text}: {wrong:?}");
        }
    }

    /// Looking for what was meant must not take as long as the word is.
    #[test]
    fn a_word_without_end_is_refused_at_once() {
        let wrong = Access::parse(&format!("on ~* +{}", "x".repeat(1_000_000))).expect_err("no such command");
        assert_eq!(wrong.help, "Take it out.");
    }

    #[test]
    fn what_is_useless_is_seen() {
        let access = |text| Access::parse(text).unwrap();
        assert_eq!(access("on ~* +@all +config +shutdown").unavailable(), ["config", "shutdown"]);
        assert!(access("on ~*").allows_nothing());
        assert!(!access("on ~* (~a +get)").allows_nothing());
        assert!(access("on db=0 +get").names_databases());
        for (text, holds) in [
            ("\"on >pw +@all\"", true),
            ("\"on ~* #abc\"", true),
            ("\">pw on\"", true),
            ("join(\" \", [\"on >pw\", \"+@all\"])", true),
            ("<<-EOT\n  on\n  >pw\n  ~*\nEOT", true),
            ("<<-EOT\n  ALARM(\"on\") AND\n  NOT ALARM(\"off\")\nEOT", false),
            ("a > b on c", false),
            ("!startswith(self.primary_endpoint_address, \"redis\")", false),
            ("(var.on && !var.off) ? \"a\" : \"b\"", false),
            ("\"Fires on >80% CPU\"", false),
            ("\"#team-cache\"", false),
        ] {
            assert_eq!(holds_password(text), holds, "{text}");
        }
    }
}
