//! Filters of EC2 descriptions: every filter must match, any of its values may.

use super::super::failure::Failure;
use super::super::input::Input;
use super::super::tags::Tags;

/// The filters of a request.
pub struct Filters {
    list: Vec<(String, Vec<String>)>,
}

impl Filters {
    /// Reads `Filters`.
    pub fn read(input: Input) -> Self {
        let list = input
            .structures("Filters")
            .filter_map(|filter| Some((filter.text("Name")?.to_owned(), filter.texts("Values"))));
        Self { list: list.collect() }
    }

    /// The values that a filter asks for, where there is such a filter and none of its values is a pattern.
    pub fn exact(&self, name: &str) -> Option<&[String]> {
        let (_, wanted) = self.list.iter().find(|(filter, _)| filter == name)?;
        wanted.iter().all(|value| !is_pattern(value)).then_some(wanted)
    }

    /// Whether an object passes. `values` yields an object's values for a filter's name, `None` where the kind
    /// has no such filter.
    pub fn pass(&self, tags: &Tags, values: impl Fn(&str) -> Option<Vec<String>>) -> Result<bool, Failure> {
        for (name, wanted) in &self.list {
            let found = match name.as_str() {
                "tag-key" => tags.keys().cloned().collect(),
                "tag-value" => tags.values().cloned().collect(),
                _ => match name.strip_prefix("tag:") {
                    Some(key) => tags.get(key).cloned().into_iter().collect(),
                    None => values(name).ok_or_else(|| Failure::value(format!("The filter '{name}' is invalid")))?,
                },
            };
            if !wanted.iter().any(|pattern| found.iter().any(|value| like(pattern, value))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether a value matches a pattern with `*` and `?`.
fn like(pattern: &str, value: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == value;
    }
    let (pattern, value): (Vec<char>, Vec<char>) = (pattern.chars().collect(), value.chars().collect());
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < value.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == value[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    (at, read) = (back + 1, from + 1);
                    star = Some((back, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}
