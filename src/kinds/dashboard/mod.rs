//! CloudWatch dashboards: a body as it is written, or one that is laid out from what is to be watched.

mod body;
mod layout;

use std::sync::LazyLock;

use crate::kind::{Call, Change, Kind, Problem, Target};
use crate::kinds::tags;
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

/// The kind `dashboard`.
pub struct Dashboard;

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::required("dashboard_name", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(Rule::Test(is_name, "ASCII letters, digits, hyphens and underscores"))
            .doc("The name."),
        Attr::optional("dashboard_body", Type::String).fits(body::same).doc("What is shown, in CloudWatch's JSON."),
        Attr::optional("watch", Type::list(layout::watched_type())).ours_alone()
            .local()
            .sent_as("dashboard_body")
            .takes(layout::watched)
            .doc("Replication groups, clusters and serverless caches to show, instead of a body: [replication_group.a, cache_cluster.b]."),
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("dashboard_arn", Type::String).doc("The ARN."),
        tags::region(),
    ];
    Schema::new("dashboard", "aws_cloudwatch_dashboard", "A page of graphs.", attrs)
});

fn is_set(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

impl Kind for Dashboard {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// What is to be watched becomes a body. Where both are written both stay, and are refused.
    fn unite(&self, desired: &mut Object) {
        if is_set(desired, "dashboard_body") || desired.get("watch").is_none_or(|watch| layout::fault(watch).is_some())
        {
            return;
        }
        if let Some(watch) = desired.remove("watch").filter(|watch| !watch.is_null()) {
            desired.insert("dashboard_body".into(), layout::body(&watch));
        }
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let fault = desired.get("watch").and_then(layout::fault);
        if let Some(fault) = fault {
            let help =
                "Name replication groups, cache clusters and serverless caches: watch = [replication_group.NAME].";
            return vec![Problem::error("CS0861", "watch", "Nothing to watch", fault, help)];
        }
        match (desired.get("dashboard_body").filter(|body| !body.is_null()), is_set(desired, "watch")) {
            (Some(body), false) => body::check(body),
            (_, both) => {
                let detail = if both {
                    "`dashboard_body` and `watch` exclude each other."
                } else {
                    "Neither `dashboard_body` nor `watch` is set."
                };
                let help = "Write a body, or name what is to be watched: watch = [replication_group.NAME].";
                vec![Problem::error("CS0860", "dashboard_body", "A dashboard wants one body", detail, help)]
            }
        }
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("dashboard_name").and_then(Value::as_str).map(str::to_owned)
    }

    /// Dashboards belong to an account, so their ARNs have no region.
    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let Some(name) = self.identify(planned) else { return };
        if let Some(account) = &target.account {
            let arn = format!("arn:{}:cloudwatch::{account}:dashboard/{name}", target.partition());
            planned.insert("dashboard_arn".into(), Value::string(arn));
        }
        planned.insert("id".into(), Value::string(name));
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let name = change.id.map_or_else(|| change.new("dashboard_name"), Value::string);
        if change.after.is_none() {
            let names = Value::tuple(vec![name]);
            return Ok(vec![Call::new("DeleteDashboards", [("DashboardNames", names)]).vanishes(1)]);
        }
        let args = [("DashboardName", name), ("DashboardBody", change.new("dashboard_body"))];
        let put = Call::new("PutDashboard", args).settles(1);
        Ok(match (change.before, change.has("dashboard_body")) {
            (None, _) => vec![put],
            (Some(_), true) => vec![put.because(["dashboard_body"])],
            (Some(_), false) => Vec::new(),
        })
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("dashboard_name")
    }
}
