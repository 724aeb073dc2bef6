//! Rules about the value of a single attribute.

use crate::diag::did_you_mean;
use crate::value::{Data, Number, Value};

/// A rule about the value of a single attribute; for a collection it holds for each element unless it says otherwise.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A number from the first to the second, both included.
    Range(i64, i64),
    /// A text of so many characters, both included.
    Length(usize, usize),
    /// At most so many elements in the collection.
    MaxItems(usize),
    /// A test with the words that complete "must be ...".
    Test(fn(&str) -> bool, &'static str),
}

impl Rule {
    /// What is allowed, for the documentation.
    pub fn allowed(&self) -> String {
        match self {
            Rule::OneOf(words) => format!("one of {}", list(words)),
            Rule::Range(low, high) => format!("a whole number from {low} to {high}"),
            Rule::Length(low, high) => format!("{low} to {high} characters"),
            Rule::MaxItems(max) => format!("at most {max}"),
            Rule::Test(_, words) => (*words).to_owned(),
        }
    }

    /// What to do about a value that breaks it.
    pub fn advice(&self, value: &Value) -> String {
        let text = value.as_str().filter(|_| !value.is_sensitive_anywhere());
        let near = match (self, text) {
            (Rule::OneOf(_), Some("memcached")) => return MEMCACHED.to_owned(),
            (Rule::OneOf(words), Some(text)) => meant(text, words),
            _ => None,
        };
        let number = || value.as_number().and_then(Number::to_i64);
        match (near, self) {
            (Some(near), _) => format!("Did you mean \"{near}\"?"),
            // What is wrong has named them all.
            (None, Rule::OneOf(_)) => "Write one of these.".to_owned(),
            (None, Rule::MaxItems(max)) => format!("Keep {max} of them, or fewer."),
            (None, Rule::Range(low, high)) => match number() {
                Some(number) if number < *low => format!("Write {low}, or more."),
                Some(number) if number > *high => format!("Write {high}, or less."),
                _ => "Write a whole number.".to_owned(),
            },
            (None, Rule::Length(low, high)) => match text.map(|text| text.chars().count()) {
                Some(length) if length > *high => format!("Leave out {} of its characters.", length - high),
                _ => format!(
                    "Write at least {}.",
                    if *low == 1 { "one character".to_owned() } else { format!("{low} characters") }
                ),
            },
            (None, Rule::Test(_, words)) => format!("Write {words}."),
        }
    }

    /// The text that breaks a rule whose advice says all of it: the value itself, or the first such element of it.
    pub fn offender<'a>(&self, value: &'a Value) -> Option<&'a str> {
        let Rule::Test(test, _) = self else { return None };
        match value.as_str() {
            Some(text) => (!test(text)).then_some(text),
            None => value.children().find_map(|element| self.offender(element)),
        }
    }

    /// Whether an empty text breaks it, where that would not just be no value.
    pub fn refuses_empty(&self) -> bool {
        match self {
            Rule::OneOf(words) => !words.contains(&""),
            Rule::Length(low, _) => *low > 0,
            _ => false,
        }
    }

    /// What is wrong with the value, completing "must ..."; `None` when nothing is, or it is not known.
    pub fn violation(&self, value: &Value) -> Option<String> {
        if let Rule::MaxItems(max) = self {
            let count = value.as_items().map(<[Value]>::len)?;
            return (count > *max).then(|| format!("must have at most {max} elements, not {count}"));
        }
        if value.as_items().is_some() || matches!(value.data, Data::Map(..)) {
            return value.children().find_map(|item| self.violation(item));
        }
        match self {
            Rule::OneOf(words) => {
                let text = value.as_str()?;
                (!words.contains(&text)).then(|| format!("must be {}", self.allowed()))
            }
            Rule::Range(low, high) => {
                let number = value.as_number()?;
                let fits = number.to_i64().is_some_and(|n| (*low..=*high).contains(&n));
                (!fits).then(|| format!("must be {}", self.allowed()))
            }
            Rule::Length(low, high) => {
                let length = value.as_str()?.chars().count();
                let fits = (*low..=*high).contains(&length);
                (!fits).then(|| format!("must have {}, not {length}", self.allowed()))
            }
            Rule::Test(test, words) => (!test(value.as_str()?)).then(|| format!("must be {words}")),
            Rule::MaxItems(_) => None,
        }
    }
}

/// Where the engine belongs that has neither replicas nor users.
const MEMCACHED: &str = "Memcached is an engine of `cache_cluster` and of `serverless_cache`.";

/// The word that is meant: one that is spelled alike, or the only one that this may be short for.
pub fn meant<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let short = || {
        let mut longer = words.iter().filter(|word| is_short_for(text, word));
        longer.next().filter(|_| longer.next().is_none()).copied()
    };
    did_you_mean(text, words.iter().copied()).or_else(short)
}

/// Whether a text has letters of a word, in their order and from the first on: `avg` of `Average`.
fn is_short_for(text: &str, word: &str) -> bool {
    let alike = |a: char, b: char| a.eq_ignore_ascii_case(&b);
    let mut letters = word.chars();
    let first = text.chars().zip(word.chars()).next().is_some_and(|(a, b)| alike(a, b));
    first && text.chars().count() >= 2 && text.chars().all(|letter| letters.any(|other| alike(letter, other)))
}

/// The words with quotes and commas.
pub fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
