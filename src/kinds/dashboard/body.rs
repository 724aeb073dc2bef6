//! Bodies of dashboards. Source: the structure of a dashboard body in the reference of CloudWatch.

use serde_json::Value as Json;

use crate::kind::Problem;
use crate::value::Value;

const TYPES: [&str; 7] = ["metric", "text", "log", "alarm", "explorer", "custom", "chart"];
const MOST_WIDGETS: usize = 500;
const MOST_METRICS: usize = 500;

/// Whether two bodies are the same JSON.
pub fn same(now: &Value, wanted: &Value) -> bool {
    let read = |value: &Value| serde_json::from_str::<Json>(value.as_str()?).ok();
    matches!((read(now), read(wanted)), (Some(now), Some(wanted)) if now == wanted)
}

/// What CloudWatch refuses of a body, as far as it is known.
pub fn check(body: &Value) -> Vec<Problem> {
    let Some(text) = body.as_str() else { return Vec::new() };
    let faults = match serde_json::from_str::<Json>(text) {
        Ok(body) => faults(&body),
        Err(error) => vec![format!("It is not JSON: {error}.")],
    };
    let problem = |fault| {
        Problem::error(
            "CS0862",
            "dashboard_body",
            "Not the body of a dashboard",
            fault,
            "See \"Dashboard body structure and syntax\" in the reference of CloudWatch.",
        )
    };
    faults.into_iter().map(problem).collect()
}

fn faults(body: &Json) -> Vec<String> {
    let Some(widgets) = body.get("widgets").and_then(Json::as_array) else {
        return vec!["It must be an object with a list `widgets`.".to_owned()];
    };
    if widgets.len() > MOST_WIDGETS {
        return vec![format!("It has {} widgets; {MOST_WIDGETS} are allowed.", widgets.len())];
    }
    let each =
        |(index, widget): (usize, &Json)| of_widget(widget).map(move |fault| format!("widgets[{index}] {fault}."));
    widgets.iter().enumerate().filter_map(each).collect()
}

/// The first thing that is wrong with a widget.
fn of_widget(widget: &Json) -> Option<String> {
    let Some(kind) = widget.get("type").and_then(Json::as_str) else { return Some("has no `type`".to_owned()) };
    if !TYPES.contains(&kind) {
        return Some(format!("has the type \"{kind}\"; there are {}", TYPES.join(", ")));
    }
    let ranges = [("x", 0, 23), ("y", 0, i64::MAX), ("width", 1, 24), ("height", 1, 1000)];
    let outside = |(name, low, high): &(&str, i64, i64)| {
        widget.get(name).is_some_and(|value| !value.as_i64().is_some_and(|number| (*low..=*high).contains(&number)))
    };
    if let Some((name, low, high)) = ranges.into_iter().find(outside) {
        let to = if high == i64::MAX { String::new() } else { format!(" to {high}") };
        return Some(format!("has a `{name}` that is no whole number from {low}{to}"));
    }
    let Some(properties) = widget.get("properties").filter(|properties| properties.is_object()) else {
        return Some("has no `properties`".to_owned());
    };
    match kind {
        "text" if properties.get("markdown").is_none() => Some("is a text without `markdown`".to_owned()),
        "alarm" if properties.get("alarms").is_none() => Some("shows alarms and names none in `alarms`".to_owned()),
        "metric" => of_metrics(properties),
        _ => None,
    }
}

fn of_metrics(properties: &Json) -> Option<String> {
    let metrics = properties.get("metrics");
    if properties.get("region").is_none() {
        return Some("shows metrics and has no `region`".to_owned());
    }
    if metrics.is_none() && properties.pointer("/annotations/alarms").is_none() {
        return Some("has neither `metrics` nor an alarm in `annotations`".to_owned());
    }
    let rows = metrics.map(Json::as_array);
    match rows {
        None => None,
        Some(None) => Some("has `metrics` that are no list".to_owned()),
        Some(Some(rows)) if rows.is_empty() => Some("has no metric in `metrics`".to_owned()),
        Some(Some(rows)) if rows.len() > MOST_METRICS => {
            Some(format!("has {} metrics; {MOST_METRICS} are allowed", rows.len()))
        }
        Some(Some(rows)) if !rows.iter().all(Json::is_array) => Some("has a metric that is no list".to_owned()),
        Some(Some(_)) => None,
    }
}
