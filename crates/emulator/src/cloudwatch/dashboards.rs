//! Dashboards: their bodies are looked at, and kept as they are sent.

use super::super::context::{Context, partition};
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::TAGS;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::super::{paging, tags};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A dashboard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dashboard {
    pub name: String,
    pub body: String,
    pub modified: u64,
}

/// Dashboards by name. To AWS they belong to an account; here each region has its own.
pub const DASHBOARDS: Key<Dashboard> = Key::new("dashboards");

/// Dashboards as a part of the service.
pub const PART: Part = Part {
    operations: &[
        operation(
            "PutDashboard",
            put,
            "the body checked: widgets, places, properties by type",
            "each region has dashboards of its own; properties are looked at only as far as widgets need them",
        ),
        operation("GetDashboard", get, "the body as it was sent", ""),
        operation("ListDashboards", list, "by prefix, pages", ""),
        operation("DeleteDashboards", delete, "by name", "all or none; AWS deletes as many as it can"),
    ],
    tables: &[&DASHBOARDS],
    ..Part::NONE
};

/// The most widgets of a dashboard. Source: the quotas of CloudWatch.
const MOST: usize = 500;
const TYPES: [&str; 7] = ["metric", "text", "log", "alarm", "explorer", "custom", "chart"];

fn arn(context: &Context, name: &str) -> String {
    format!("{}:cloudwatch::{}:dashboard/{name}", partition(context.region_name), context.account)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.is_empty() && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Failure::value(
        "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
    ))
}

fn unknown(name: &str) -> Failure {
    Failure::missing("ResourceNotFound", format!("Dashboard {name} does not exist"))
}

fn put(context: &mut Context, input: Input) -> Answer {
    let name = input.text("DashboardName").unwrap_or("").to_owned();
    check_name(&name).map_err(|failure| Failure { code: "InvalidParameterInput".into(), ..failure })?;
    let body = input.text("DashboardBody").unwrap_or("").to_owned();
    let wrong = match serde_json::from_str::<Value>(&body) {
        Ok(body) => faults(&body),
        Err(_) => vec![fault("", "The field DashboardBody must be a valid JSON object")],
    };
    if !wrong.is_empty() {
        let list = Value::Array(wrong.clone());
        let count = wrong.len();
        return Err(Failure::new(
            "InvalidParameterInput",
            format!("The dashboard body is invalid, there are {count} validation errors: {list}"),
        ));
    }
    if !context.region[DASHBOARDS].contains(&name) {
        let new = tags::read(input, "Tags")?;
        let arn = arn(context, &name);
        tags::add(context.region, &arn, new, || Failure::value("Too many tags."))?;
    }
    let modified = context.now;
    context.region[DASHBOARDS].put(&name, Dashboard { name: name.clone(), body, modified });
    Ok(json!({ "DashboardValidationMessages": [] }))
}

fn fault(path: &str, message: &str) -> Value {
    json!({ "dataPath": path, "message": message })
}

/// What is wrong with a body. Source: the structure of a dashboard body in the CloudWatch reference; the texts are those
/// that pulumi/pulumi-aws#13059 shows.
fn faults(body: &Value) -> Vec<Value> {
    if !body.is_object() {
        return vec![fault("", "Should be object")];
    }
    let Some(widgets) = body.get("widgets") else { return vec![fault("", "Should have required property 'widgets'")] };
    let Some(widgets) = widgets.as_array() else { return vec![fault("/widgets", "Should be array")] };
    if widgets.len() > MOST {
        return vec![fault("/widgets", "Should NOT have more than 500 items")];
    }
    let mut wrong: Vec<Value> = Vec::new();
    for (index, widget) in widgets.iter().enumerate() {
        of_widget(&format!("/widgets/{index}"), widget, &mut wrong);
    }
    wrong
}

fn of_widget(path: &str, widget: &Value, wrong: &mut Vec<Value>) {
    let kind = widget.get("type").and_then(Value::as_str);
    match kind {
        None => wrong.push(fault(path, "Should have required property 'type'")),
        Some(kind) if !TYPES.contains(&kind) => {
            wrong.push(fault(&format!("{path}/type"), "Should be equal to one of the allowed values"));
        }
        Some(_) => {}
    }
    for (name, low, high) in [("x", 0, 23), ("y", 0, i64::MAX), ("width", 1, 24), ("height", 1, 1000)] {
        let Some(value) = widget.get(name) else { continue };
        if !value.as_i64().is_some_and(|number| (low..=high).contains(&number)) {
            let text = match value.as_i64() {
                Some(number) if number < low => format!("Should be >= {low}"),
                Some(_) => format!("Should be <= {high}"),
                None => "Should be integer".to_owned(),
            };
            wrong.push(fault(&format!("{path}/{name}"), &text));
        }
    }
    let Some(properties) = widget.get("properties").filter(|properties| properties.is_object()) else {
        return wrong.push(fault(path, "Should have required property 'properties'"));
    };
    of_properties(&format!("{path}/properties"), kind.unwrap_or(""), properties, wrong);
}

fn of_properties(path: &str, kind: &str, properties: &Value, wrong: &mut Vec<Value>) {
    let needs = match kind {
        "text" => "markdown",
        "alarm" => "alarms",
        _ => "",
    };
    if !needs.is_empty() && properties.get(needs).is_none() {
        wrong.push(fault(path, &format!("Should have required property '{needs}'")));
    }
    if kind != "metric" {
        return;
    }
    let annotated = properties.pointer("/annotations/alarms").is_some();
    let metrics = properties.get("metrics");
    if properties.get("region").is_none() || metrics.is_none() && !annotated {
        let text = "The metric widget should have specified a region and a data source or an alarm annotation";
        wrong.push(fault(path, text));
    }
    match metrics {
        Some(Value::Array(rows)) if rows.is_empty() => {
            wrong.push(fault(&format!("{path}/metrics"), "Should NOT have less than 1 items"));
        }
        Some(Value::Array(rows)) => {
            for (index, _) in rows.iter().enumerate().filter(|(_, row)| !row.is_array()) {
                wrong.push(fault(&format!("{path}/metrics/{index}"), "Should be array"));
            }
        }
        Some(_) => wrong.push(fault(&format!("{path}/metrics"), "Should be array")),
        None => {}
    }
}

fn get(context: &mut Context, input: Input) -> Answer {
    let name = input.text("DashboardName").unwrap_or("");
    check_name(name)?;
    let found = context.region[DASHBOARDS].get(name).ok_or_else(|| unknown(name))?;
    Ok(json!({ "DashboardArn": arn(context, name), "DashboardBody": found.body, "DashboardName": name }))
}

fn list(context: &mut Context, input: Input) -> Answer {
    let after = match input.filled("NextToken") {
        None => None,
        Some(token) => Some(paging::open(token).ok_or_else(|| Failure::value("The next token is invalid."))?),
    };
    let prefix = input.filled("DashboardNamePrefix").unwrap_or("");
    let rows = context.region[DASHBOARDS].iter().filter(|(name, _)| name.starts_with(prefix));
    let (page, next) = paging::page(rows, after.as_deref(), 1000);
    let entry = |dashboard: &std::sync::Arc<Dashboard>| {
        json!({
            "DashboardName": dashboard.name, "DashboardArn": arn(context, &dashboard.name),
            "LastModified": dashboard.modified, "Size": dashboard.body.len(),
        })
    };
    let entries: Vec<Value> = page.into_iter().map(entry).collect();
    Ok(json!({ "DashboardEntries": entries, "NextToken": next }))
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let names = input.texts("DashboardNames");
    names.iter().try_for_each(|name| check_name(name))?;
    if let Some(name) = names.iter().find(|name| !context.region[DASHBOARDS].contains(name)) {
        return Err(unknown(name));
    }
    for name in &names {
        let arn = arn(context, name);
        context.region[DASHBOARDS].remove(name);
        context.region[TAGS].remove(&arn);
    }
    Ok(json!({}))
}
