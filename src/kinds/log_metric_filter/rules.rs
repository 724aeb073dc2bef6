//! The rules of CloudWatch Logs for a metric filter. Source: the user guide, filter and pattern syntax, and the API
//! reference of MetricTransformation.

use super::pattern::{self, Form, Pattern};
use super::{text, transformation};
use crate::kind::Problem;
use crate::value::{Object, Value};

/// Applies every rule to a desired object. Unknown values are let pass.
pub(super) fn check(desired: &Object) -> Vec<Problem> {
    let mut problems = Vec::new();
    let pattern = match text(desired, "pattern").map(pattern::parse) {
        Some(Err(fault)) => {
            problems.push(bad_pattern(text(desired, "pattern").unwrap_or_default(), &fault));
            None
        }
        Some(Ok(pattern)) => Some(pattern),
        None => None,
    };
    let blocks = desired.get("metric_transformation");
    if blocks.is_none_or(|blocks| blocks.is_null() || blocks.as_items().is_some_and(<[Value]>::is_empty)) {
        problems.push(Problem::error(
            "CS0806",
            "metric_transformation",
            "No metric comes out",
            "There is no metric_transformation block.",
            "Write one, with name, namespace and value.",
        ));
    }
    if let Some(metric) = transformation(desired) {
        problems.extend(check_value(metric, pattern.as_ref()));
        problems.extend(check_dimensions(metric, pattern.as_ref()));
    }
    problems
}

fn bad_pattern(text: &str, fault: &pattern::Fault) -> Problem {
    let (before, after) = text.split_at(fault.at);
    let place = match (before.trim().is_empty(), after.trim().is_empty()) {
        (true, _) => "At its beginning".to_owned(),
        (_, true) => "At its end".to_owned(),
        _ => format!("At `{}`", after.chars().take(20).collect::<String>().trim_end()),
    };
    Problem::error(
        "CS0805",
        "pattern",
        "Invalid filter pattern",
        format!("{place}: {}.", fault.what),
        fault.help.to_owned(),
    )
}

/// A number, or a field that the pattern has.
fn check_value(metric: &Value, pattern: Option<&Pattern>) -> Vec<Problem> {
    let Some(value) = metric.get("value").and_then(Value::as_str) else { return Vec::new() };
    if !value.starts_with('$') {
        let number = value.parse::<f64>().is_ok_and(f64::is_finite);
        return if number { Vec::new() } else { vec![no_value(value)] };
    }
    pattern.and_then(|pattern| no_field(pattern, value, "value")).into_iter().collect()
}

fn no_value(value: &str) -> Problem {
    Problem::error(
        "CS0807",
        "metric_transformation",
        "Neither a number nor a field",
        format!("`value` is \"{value}\"; it must be a number or name a field of the pattern."),
        "Write \"1\" to count events, \"$.size\" for a field of JSON, \"$size\" for a field of [ ... ].",
    )
}

/// A field is named in the way of the pattern's form, and those of `[ ... ]` have the names that stand there.
fn no_field(pattern: &Pattern, field: &str, of: &str) -> Option<Problem> {
    let name = field.strip_prefix('$').unwrap_or(field);
    let (why, help) = match pattern.form {
        Form::Terms => ("terms have no fields", "Write a pattern of JSON { ... } or of fields [ ... ].".to_owned()),
        Form::Json if !name.starts_with(['.', '[']) => {
            ("fields of JSON begin with \"$.\"", format!("Write \"$.{name}\"."))
        }
        Form::Fields if !pattern.fields.iter().any(|field| field == name) => {
            ("the pattern has no field of that name", format!("The pattern has: {}.", pattern.fields.join(", ")))
        }
        _ => return None,
    };
    let detail = format!("`{of}` is \"{field}\", and {why}.");
    Some(Problem::error("CS0808", "metric_transformation", "The field is not in the pattern", detail, help))
}

fn check_dimensions(metric: &Value, pattern: Option<&Pattern>) -> Vec<Problem> {
    let Some(dimensions) = metric.get("dimensions").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    if metric.get("default_value").is_some_and(|value| !value.is_null()) {
        problems.push(Problem::error(
            "CS0809",
            "metric_transformation",
            "A default for which metric?",
            "`dimensions` make a metric for each of their values, so that `default_value` would be for none of them.",
            "Remove one of the two.",
        ));
    }
    if dimensions.len() > 3 {
        problems.push(Problem::error(
            "CS0810",
            "metric_transformation",
            "Too many dimensions",
            format!("There are {} dimensions; CloudWatch Logs takes 3.", dimensions.len()),
            "Keep those that tell metrics apart.",
        ));
    }
    let fields = dimensions.values().filter_map(Value::as_str);
    problems.extend(fields.filter_map(|field| no_field(pattern?, field, "dimensions")));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn rules() {
        let s = |text: &str| Value::string(text);
        let count = ("value", s("1"));
        let by = |field: &str| ("dimensions", Value::string_map([("D", field)]));
        let none = ("default_value", Value::int(0));
        let many = ("dimensions", Value::string_map(["a", "b", "c", "d"].map(|name| (name, "$.x"))));
        let cases: [(&str, &[(&str, Value)], &[&str]); 13] = [
            ("ERROR", &[count.clone(), none.clone()], &[]),
            ("{ $.x = 1 }", &[("value", s("$.x")), by("$.y")], &[]),
            ("[a, level = ERROR, ...]", &[("value", s("$a")), by("$level")], &[]),
            ("{ x = 1 }", &[count.clone()], &["CS0805"]),
            ("ERROR", &[], &["CS0806"]),
            ("ERROR", &[("value", s("one"))], &["CS0807"]),
            ("ERROR", &[("value", s("$size"))], &["CS0808"]),
            ("{ $.x = 1 }", &[("value", s("$x"))], &["CS0808"]),
            ("[a, b]", &[("value", s("$c"))], &["CS0808"]),
            ("ERROR", &[count.clone(), by("$x")], &["CS0808"]),
            ("{ $.x = 1 }", &[count.clone(), by("$.x"), none], &["CS0809"]),
            ("{ $.x = 1 }", &[count.clone(), many], &["CS0810"]),
            ("", &[count], &[]),
        ];
        for (pattern, block, codes) in cases {
            let block: Object = block.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
            let blocks = if block.is_empty() { Vec::new() } else { vec![Value::object(block)] };
            let object = Object::from([
                ("pattern".into(), s(pattern)),
                ("metric_transformation".into(), Value::list(Type::Any, blocks)),
            ]);
            let found: Vec<&str> = check(&object).iter().map(|problem| problem.code).collect();
            assert_eq!(found, codes, "{object:?}");
        }
    }
}
