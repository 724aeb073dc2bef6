//! What the service model alone can refuse, in the words of each service.

use super::failure::Failure;
use super::input::{self, Breach};
use super::model::Service;
use serde_json::Value;

/// How a service words a request that breaks its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Missing members only, as ElastiCache says it.
    Cache,
    /// Missing members only, as EC2 says it.
    Compute,
    /// Everything that is wrong in one list, under a code.
    Listed(&'static str),
}

/// Refuses what breaks the model.
pub fn check(wording: Wording, model: &Service, shape: &str, value: &Value) -> Result<(), Failure> {
    let breaches = input::breaches(model, shape, value);
    let missing = breaches.iter().find(|breach| breach.missing);
    let missing = missing.map(|breach| breach.path.last().map_or("", String::as_str));
    match (wording, missing) {
        (Wording::Listed(code), _) if !breaches.is_empty() => Err(listed(code, &breaches)),
        (Wording::Cache, Some(name)) => {
            Err(Failure::value(format!("The parameter {name} must be provided and must not be null.")))
        }
        (Wording::Compute, Some(name)) => {
            let wire = model.shape(shape).members().find(|member| member.name == name);
            let wire = wire.map_or(name, |member| member.wire_in);
            let text = format!("The request must contain the parameter {}", lower_first(wire));
            Err(Failure::new("MissingParameter", text))
        }
        _ => Ok(()),
    }
}

fn listed(code: &str, breaches: &[Breach]) -> Failure {
    let lines: Vec<String> = breaches
        .iter()
        .map(|breach| {
            let path: Vec<String> = breach.path.iter().map(|part| lower_first(part)).collect();
            let value = if breach.missing { "null".into() } else { format!("'{}'", breach.value) };
            format!("Value {value} at '{}' failed to satisfy constraint: {}", path.join("."), breach.must)
        })
        .collect();
    let (count, noun) = (lines.len(), if lines.len() == 1 { "error" } else { "errors" });
    Failure::new(code, format!("{count} validation {noun} detected: {}", lines.join("; ")))
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}
