//! Metric filters of log groups. Their names here are `group:filter`.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::args::{self, without_secrets};
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::errors::{fatal, own_not_found};
use super::log_group::{invoke, list};
use super::paging::at_most;
use super::{Found, Place, names};
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Type, Value};

const OPERATIONS: args::Operations = &[
    (
        "PutMetricFilter",
        &["logGroupName", "filterName", "filterPattern", "metricTransformations", "applyOnTransformedLogs"],
    ),
    ("DeleteMetricFilter", &["logGroupName", "filterName"]),
];

/// The metric filters of a region.
#[derive(Debug)]
pub(super) struct MetricFilters(pub Place);

impl Remote for MetricFilters {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { Err(fatal("NoTags", "metric filters have no tags")) })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let filters = list(&clients, "DescribeMetricFilters", json!({}), "metricFilters").await?;
            Ok(names(&filters.iter().filter_map(id).collect::<Vec<_>>(), |id| Some(id)))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let own = |error| match call.operation {
                // What is not there is the log group.
                "PutMetricFilter" => own_not_found(error, &[]),
                _ => error,
            };
            invoke(&clients, call, OPERATIONS).await.map_err(|error| without_secrets(own(error), call))
        })
    }
}

fn id(filter: &Json) -> Option<String> {
    Some(format!("{}:{}", filter.get("logGroupName")?.as_str()?, filter.get("filterName")?.as_str()?))
}

/// Reads group by group. A group that is not there has no filters.
async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let groups: BTreeSet<&str> = ids.iter().filter_map(|id| Some(id.split_once(':')?.0)).collect();
    let filters = at_most(4, groups, |group| async move {
        match list(clients, "DescribeMetricFilters", json!({ "logGroupName": group }), "metricFilters").await {
            Err(error) if error.class == ErrorClass::NotFound => Ok(Vec::new()),
            answer => answer,
        }
    });
    let named = |filter: &Json| {
        let id = id(filter)?;
        ids.contains(&id).then(|| (id, observe(filter)))
    };
    Ok(filters.await?.iter().flatten().filter_map(named).collect())
}

fn observe(filter: &Json) -> Observation {
    let text = |name: &str| filter.get(name).and_then(Json::as_str);
    let rows = filter.get("metricTransformations").and_then(Json::as_array);
    let blocks = rows.into_iter().flatten().map(transformation).collect();
    let mut attrs = Attrs::default();
    attrs
        .text("id", text("filterName"))
        .text("name", text("filterName"))
        .text("log_group_name", text("logGroupName"))
        .text("pattern", Some(text("filterPattern").unwrap_or_default()))
        .flag("apply_on_transformed_logs", Some(filter.get("applyOnTransformedLogs") == Some(&Json::Bool(true))))
        .put("metric_transformation", Value::list(transformation_type(), blocks));
    attrs.settled()
}

fn transformation_type() -> Type {
    fields(&[
        ("default_value", Type::Number),
        ("dimensions", Type::map(Type::String)),
        ("name", Type::String),
        ("namespace", Type::String),
        ("unit", Type::String),
        ("value", Type::String),
    ])
}

fn transformation(row: &Json) -> Value {
    let text = |name: &str| row.get(name).and_then(Json::as_str);
    let dimensions = row.get("dimensions").and_then(Json::as_object).into_iter().flatten();
    let dimensions = Value::string_map(dimensions.filter_map(|(name, value)| Some((name, value.as_str()?))));
    let mut attrs = Attrs::default();
    attrs
        .text("name", text("metricName"))
        .text("namespace", text("metricNamespace"))
        .text("value", text("metricValue"))
        .float("default_value", row.get("defaultValue").and_then(Json::as_f64))
        .text("unit", Some(text("unit").unwrap_or("None")))
        .put("dimensions", dimensions);
    attrs.into_value()
}
