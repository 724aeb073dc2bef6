//! Parameter group families and their parameters. Source: named in `data/parameter-families.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A parameter of a family.
#[derive(Debug, Deserialize)]
pub struct Parameter {
    /// The default, as text.
    #[serde(rename = "v")]
    pub default: Option<String>,
    /// `string`, `integer`, `float` or `boolean`.
    #[serde(rename = "t")]
    pub data_type: String,
    /// `1-75`, `0,20-`, `yes,no`; absent where anything goes.
    pub allow: Option<String>,
    /// Whether it may be set: true, false or `while-unused`.
    #[serde(rename = "mod")]
    pub modifiable: serde_json::Value,
    /// When a change takes effect: `immediate`, `requires-reboot`, and words to that effect.
    #[serde(rename = "chg")]
    pub change: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    families: Vec<String>,
    parameters: BTreeMap<String, BTreeMap<String, Parameter>>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| super::embedded(include_str!("data/parameter-families.json")));

/// Every family, `redis7` among them.
pub fn families() -> &'static [String] {
    &DATA.families
}

/// The parameters of a family; `None` where the table does not know them.
pub fn of_family(family: &str) -> Option<&'static BTreeMap<String, Parameter>> {
    DATA.parameters.get(family)
}

impl Parameter {
    /// Whether the group that holds it may set it at all.
    pub fn is_modifiable(&self) -> bool {
        self.modifiable != serde_json::Value::Bool(false)
    }

    /// Whether it is fixed once a cache uses the group.
    pub fn is_fixed_in_use(&self) -> bool {
        self.modifiable == "while-unused"
    }

    /// Whether a change waits for nodes to restart.
    pub fn needs_reboot(&self) -> bool {
        self.change.as_deref().is_some_and(|change| {
            let change = change.to_lowercase();
            change.contains("reboot") || change.contains("restart") || change.contains("launch")
        })
    }

    /// Whether the text is an allowed value.
    pub fn allows(&self, value: &str) -> bool {
        let is_of_type = match &*self.data_type {
            "integer" => value.parse::<i64>().is_ok(),
            "float" => value.parse::<f64>().is_ok_and(f64::is_finite),
            _ => true,
        };
        let Some(allow) = self.allow.as_ref().filter(|_| is_of_type) else { return is_of_type };
        allow.split(',').any(|part| allows_part(part.trim().trim_end_matches('?'), value))
    }

    /// The values of a list of words; none of a range.
    pub fn words(&self) -> Vec<&str> {
        let all = self.allow.as_deref().unwrap_or_default().split(',').map(|part| part.trim().trim_end_matches('?'));
        all.filter(|part| part.starts_with(|letter: char| letter.is_ascii_alphabetic())).collect()
    }

    /// What is allowed, in words: `noeviction, allkeys-lru`, `0, 20 or more (whole numbers)`.
    pub fn allowed(&self) -> String {
        let kind = if self.data_type == "integer" { "whole numbers" } else { "numbers" };
        let Some(allow) = &self.allow else { return kind.to_owned() };
        let parts: Vec<String> = allow.split(',').map(|part| in_words(part.trim().trim_end_matches('?'))).collect();
        let whole = if self.data_type == "integer" { format!(" ({kind})") } else { String::new() };
        format!("{}{whole}", parts.join(", "))
    }
}

/// `20-` as `20 or more`, `1-75` as `1 to 75`; words as they are.
fn in_words(part: &str) -> String {
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    match part.rsplit_once('-') {
        Some((low, "")) if is_number(low) => format!("{low} or more"),
        Some((low, high)) if is_number(low) && is_number(high) => format!("{low} to {high}"),
        _ if part == "-" => "any number".to_owned(),
        _ => part.to_owned(),
    }
}

/// `7`, `1-75`, `20-`, `-` for any number, `yes`
fn allows_part(part: &str, value: &str) -> bool {
    // What stands in parentheses is said in words.
    if part == value || part.starts_with('(') {
        return true;
    }
    if part == "-" {
        return value.parse::<f64>().is_ok();
    }
    let Some((low, high)) = part.rsplit_once('-').filter(|(low, _)| !low.is_empty()) else { return false };
    let (Ok(low), Ok(number)) = (low.parse::<f64>(), value.parse::<f64>()) else { return false };
    number >= low && (high.is_empty() || high.parse().is_ok_and(|high: f64| number <= high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_against_the_family() {
        let family = of_family("redis7").expect("family");
        let cases = [
            ("timeout", "0", true),
            ("timeout", "19", false),
            ("timeout", "300", true),
            ("activedefrag", "maybe", false),
            ("slowlog-log-slower-than", "-1", true),
            ("slowlog-log-slower-than", "never", false),
            ("timeout", "20.5", false),
            ("timeout", "1e2", false),
            ("timeout", "99999999999999999999", false),
            ("active-defrag-max-scan-fields", "1.0", false),
            ("rename-commands", "flushall blocked", true),
        ];
        for (name, value, want) in cases {
            assert_eq!(family[name].allows(value), want, "{name}={value}");
        }
        assert!(!family["maxclients"].is_modifiable());
        assert!(families().iter().all(|family| of_family(family).is_some() || family.as_str() < "redis5.0"));
    }
}
