//! Tags of any taggable object, by its ARN.

use super::failure::Failure;
use super::input::Input;
use super::region::Region;
use super::region::TAGS;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The tags of one object.
pub type Tags = BTreeMap<String, String>;

/// The most tags that an object may carry.
pub const MOST: usize = 50;

/// Reads `[{Key, Value}]`, refusing what AWS refuses everywhere.
pub fn read(input: Input, name: &str) -> Result<Tags, Failure> {
    let mut tags = Tags::new();
    for tag in input.structures(name) {
        let key = tag.text("Key").unwrap_or("");
        let value = tag.text("Value").unwrap_or("");
        check(key, value)?;
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::value(format!("Duplicate tag keys found: {key}. Tag keys must be unique.")));
        }
    }
    Ok(tags)
}

fn check(key: &str, value: &str) -> Result<(), Failure> {
    let length = key.chars().count();
    if length == 0 || length > 128 {
        return Err(Failure::value("Tag keys must be between 1 and 128 characters in length."));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(Failure::value("Tag keys starting with 'aws:' are reserved for system use."));
    }
    if value.chars().count() > 256 {
        return Err(Failure::value("Tag values may not be longer than 256 characters."));
    }
    let allowed = |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter);
    if let Some(letter) = key.chars().chain(value.chars()).find(|letter| !allowed(*letter)) {
        return Err(Failure::value(format!("Tag keys and values may not contain the character '{letter}'.")));
    }
    Ok(())
}

/// Adds tags to an object; `full` is the error when there would be too many.
pub fn add(region: &mut Region, arn: &str, tags: Tags, full: impl Fn() -> Failure) -> Result<(), Failure> {
    let mut all = region[TAGS].get(arn).map_or_else(Tags::new, |row| (*row).clone());
    all.extend(tags);
    if all.len() > MOST {
        return Err(full());
    }
    set(region, arn, all);
    Ok(())
}

/// Takes tags away from an object.
pub fn remove<'a>(region: &mut Region, arn: &str, keys: impl Iterator<Item = &'a str>) {
    let mut all = region[TAGS].get(arn).map_or_else(Tags::new, |row| (*row).clone());
    keys.for_each(|key| drop(all.remove(key)));
    set(region, arn, all);
}

/// Replaces the tags of an object.
pub fn set(region: &mut Region, arn: &str, tags: Tags) {
    if tags.is_empty() {
        region[TAGS].remove(arn);
    } else {
        region[TAGS].put(arn, tags);
    }
}

/// The tags of an object.
pub fn of(region: &Region, arn: &str) -> Tags {
    region[TAGS].get(arn).map_or_else(Tags::new, |row| (*row).clone())
}

/// `[{Key, Value}]`.
pub fn write(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}
