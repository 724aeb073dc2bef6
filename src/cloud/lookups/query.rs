//! What a look-up asks EC2 for, and the errors when there is not exactly one answer.

use serde_json::Value as Json;

use crate::cloud::ec2::{filter, items, text};
use crate::cloud::errors::fatal;
use crate::kind::{ErrorClass, RemoteError};
use crate::value::{Object, Value};

/// Filters of the EC2 API with their values.
#[derive(Debug, Default)]
pub struct Query {
    filters: Vec<(String, Vec<String>)>,
}

impl Query {
    /// Reads the arguments of these names as filters, and `tags` and `filter` as well.
    pub fn of(args: &Object, names: &[(&str, &str)]) -> Self {
        let mut query = Self::default();
        for (argument, filter) in names {
            if let Some(value) = args.get(argument).and_then(plain) {
                query.add(filter, vec![value]);
            }
        }
        for (key, value) in args.get("tags").and_then(Value::as_object).into_iter().flatten() {
            query.add(&format!("tag:{key}"), plain(value).into_iter().collect());
        }
        for block in args.get("filter").and_then(Value::as_items).unwrap_or_default() {
            let values = block.get("values").and_then(Value::as_items).unwrap_or_default();
            if let Some(name) = block.get("name").and_then(Value::as_str) {
                query.add(name, values.iter().filter_map(plain).collect());
            }
        }
        query
    }

    fn add(&mut self, name: &str, values: Vec<String>) {
        self.filters.push((name.to_owned(), values));
    }

    /// As EC2 takes it.
    pub fn filters(&self) -> Vec<Json> {
        self.filters.iter().map(|(name, values)| filter(name, values)).collect()
    }

    /// The one thing that was found. `name` says how a thing is told from others.
    pub fn only<T>(&self, what: &str, mut found: Vec<T>, name: impl Fn(&T) -> String) -> Result<T, RemoteError> {
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(RemoteError {
                class: ErrorClass::NotFound,
                code: "NoMatch".into(),
                message: format!("no {what} matches {self}"),
                request_id: None,
            }),
            count => {
                let mut names: Vec<String> = found.iter().map(name).collect();
                names.sort();
                let more = if count > 10 { ", ..." } else { "" };
                let names = names[..count.min(10)].join(", ");
                let advice = "narrow it down to one, for instance with `id`, `tags` or a `filter`";
                let text = format!("{count} match {self} where one {what} is wanted: {names}{more}; {advice}");
                Err(fatal("Ambiguous", text))
            }
        }
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.filters.is_empty() {
            return f.write_str("(no condition)");
        }
        let texts: Vec<String> =
            self.filters.iter().map(|(name, values)| format!("{name} = {}", values.join(" or "))).collect();
        f.write_str(&texts.join(" and "))
    }
}

fn plain(value: &Value) -> Option<String> {
    let flag = || value.as_bool().map(|flag| flag.to_string());
    let number = || value.as_number().map(|number| number.to_string());
    value.as_str().map(str::to_owned).or_else(flag).or_else(number)
}

/// What `member` says, which is an id, and the tag `Name` in parentheses, if there is one.
pub fn labelled(found: &Json, member: &str) -> String {
    let id = text(found, member).unwrap_or_default();
    let name = items(found, "tagSet").iter().find(|tag| text(tag, "key") == Some("Name"));
    match name.and_then(|tag| text(tag, "value")) {
        Some(name) => format!("{id} ({name})"),
        None => id.to_owned(),
    }
}
