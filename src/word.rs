//! Words of the program in documents: names of attributes, operations and members are `&'static str` in memory, and the
//! same when they are read back.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// More words than this are no document of ours. Nothing here is ever a secret: what is read is checked to be a name.
const WORDS_MAX: usize = 20_000;
const LENGTH_MAX: usize = 100;

static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A word of a document as a word of the program; none where it can be none.
pub fn word(text: &str) -> Option<&'static str> {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = words.get(text) {
        return Some(known);
    }
    if text.is_empty() || text.len() > LENGTH_MAX || words.len() >= WORDS_MAX || !is_name(text) {
        return None;
    }
    let word: &'static str = Box::leak(text.to_owned().into_boxed_str());
    words.insert(word);
    Some(word)
}

/// A word of the program. Under a name of its own, because serde would borrow a `&str` from the document.
pub type Static = &'static str;

/// A word in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word(pub &'static str);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        word(&text).map(Word).ok_or_else(|| D::Error::custom("a word that the program cannot have written"))
    }
}

/// For `#[serde(with)]`: a word.
pub mod one {
    use super::*;

    /// Writes it.
    pub fn serialize<S: Serializer>(word: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        Word(word).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
        Word::deserialize(deserializer).map(|word| word.0)
    }
}

/// For `#[serde(with)]`: words, in anything that can be gathered.
pub mod many {
    use super::*;

    /// Writes them.
    pub fn serialize<'a, S: Serializer, I>(words: &'a I, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'a I: IntoIterator<Item = &'a &'static str>,
    {
        serializer.collect_seq(words.into_iter().map(|word| Word(word)))
    }

    /// Reads them.
    pub fn deserialize<'de, D: Deserializer<'de>, I: FromIterator<&'static str>>(
        deserializer: D,
    ) -> Result<I, D::Error> {
        Ok(Vec::<Word>::deserialize(deserializer)?.into_iter().map(|word| word.0).collect())
    }
}

/// For `#[serde(with)]`: values by words.
pub mod map {
    use std::collections::BTreeMap;

    use super::*;

    /// Writes them.
    pub fn serialize<S: Serializer, T: Serialize>(
        map: &BTreeMap<&'static str, T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map)
    }

    /// Reads them.
    pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<&'static str, T>, D::Error> {
        let map = BTreeMap::<Word, T>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(word, value)| (word.0, value)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_names() {
        assert_eq!(word("CreateCacheCluster"), Some("CreateCacheCluster"));
        assert!(std::ptr::eq(word("num_nodes").unwrap(), word("num_nodes").unwrap()));
        let long = "a".repeat(LENGTH_MAX + 1);
        for text in ["", "a b", "token-1", "é", &long] {
            assert_eq!(word(text), None, "{text}");
        }
    }
}
