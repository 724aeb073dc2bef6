//! Plans and states in the form of `terraform show -json`: plan format 1.2, state format 1.0, for the readers of such
//! documents. Types have Terraform's names. What must not be shown is a text that says so, where Terraform writes it out.

mod change;
mod configuration;
pub mod kept;
pub mod names;
mod values;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::address::{Address, Mode};
use crate::plan::Action;
use crate::plan::saved::Saved;
use crate::stack::Stack;
use crate::state::{Record, State};
use crate::value::{Object, Value};
use values::{Form, cty, form};

/// The version of Terraform whose form this is.
pub const VERSION: &str = "1.11.4";

/// An object at its address.
struct Row<'a> {
    address: &'a Address,
    object: Object,
    dependencies: &'a [Address],
    deposed: Option<String>,
}

/// A saved plan; the stack is that of its own files.
pub fn plan(saved: &Saved, stack: &Stack) -> Json {
    let values = saved.values.values();
    let mut planned: BTreeMap<&Address, Object> = BTreeMap::new();
    for (address, value) in values.iter().filter(|(address, _)| address.mode != Mode::Ephemeral) {
        planned.extend(value.as_object().map(|object| (address, object.clone())));
    }
    let plan = &saved.plan;
    let mut document = json!({ "format_version": "1.2", "terraform_version": VERSION });
    let variables = variables(&saved.values.variables);
    if !variables.is_empty() {
        document["variables"] = variables.into();
    }
    // Look-ups are planned only where they wait for the apply.
    let reads =
        |address: &Address| plan.steps.iter().any(|step| step.action == Action::Read && step.address == *address);
    let is_planned = |address: &Address| !saved.asked.destroy && (address.mode == Mode::Managed || reads(address));
    let rows = planned.iter().filter(|(address, _)| is_planned(address));
    let rows: Vec<Row> = rows.map(|(address, object)| row(address, object)).collect();
    let mut after = json!({});
    if !plan.outputs.is_empty() {
        after["outputs"] = outputs(plan.outputs.iter().map(|(name, value)| (name.as_str(), Some(value)))).into();
    }
    after["root_module"] = modules(rows);
    document["planned_values"] = after;
    let drift = change::drift(plan);
    if !drift.is_empty() {
        document["resource_drift"] = drift.into();
    }
    if !saved.asked.refresh_only {
        document["resource_changes"] = change::changes(plan, &planned).into();
    }
    let outputs_now = change::outputs(plan);
    if !outputs_now.is_empty() {
        document["output_changes"] = outputs_now.into();
    }
    if let Some(prior) = prior(saved, &planned) {
        document["prior_state"] = prior;
    }
    document["configuration"] = configuration::document(stack);
    let relevant = configuration::relevant(stack);
    if !relevant.is_empty() {
        document["relevant_attributes"] = relevant.into();
    }
    document["timestamp"] = saved.made.clone().into();
    document["applyable"] = (!plan.is_empty() && !plan.is_blocked()).into();
    document["complete"] = (!plan.partial).into();
    document["errored"] = false.into();
    document
}

/// A state, with what is ours of it beside: serial and lineage.
pub fn state(state: &State, chosen: &[(&Address, &Record)], whole: bool) -> Json {
    if chosen.is_empty() && state.outputs.is_empty() && state.lineage.is_empty() {
        return json!({ "format_version": "1.0" });
    }
    let one = |record: &Record| {
        let mut object = record.object.clone();
        let hidden = record.secrets.keys().chain(record.set.iter().filter(|name| record.hides(name)));
        for name in hidden {
            object.insert(name.as_str().into(), Value::string(values::HIDDEN).into_sensitive());
        }
        object.or_insert("id".into(), Value::string(&record.id));
        object.or_insert("region".into(), Value::string(&record.region));
        object
    };
    let rows = chosen.iter().map(|(address, record)| Row {
        address,
        object: one(record),
        dependencies: &record.dependencies,
        deposed: None,
    });
    let former = state.deposed.iter().filter(|_| whole).map(|old| Row {
        address: &old.address,
        object: one(&old.record),
        dependencies: &old.record.dependencies,
        deposed: Some(names::deposed(&old.record.id)),
    });
    let rows: Vec<Row> = rows.chain(former).collect();
    let mut values = json!({});
    if !state.outputs.is_empty() {
        values["outputs"] = outputs(state.outputs.iter().map(|(name, value)| (name.as_str(), value.as_ref()))).into();
    }
    values["root_module"] = modules(rows);
    json!({
        "format_version": "1.0",
        "terraform_version": VERSION,
        "values": values,
        "serial": state.serial,
        "lineage": state.lineage,
        "account": state.home.account,
    })
}

/// What there was before: what is planned where nothing is done, and else what the steps found.
fn prior(saved: &Saved, planned: &BTreeMap<&Address, Object>) -> Option<Json> {
    let plan = &saved.plan;
    let known = |object: &Object| object.values().any(|value| !value.is_unknown() && !value.is_null());
    let mut rows = Vec::new();
    for (address, object) in planned {
        let mut steps = plan.steps.iter().filter(|step| step.address == **address && !step.deposed).peekable();
        match (steps.peek().is_some(), steps.find_map(|step| step.before.as_ref())) {
            (_, Some(before)) => rows.push(row(address, before)),
            (false, None) if known(object) => rows.push(row(address, object)),
            _ => {}
        }
    }
    let gone = plan.steps.iter().filter(|step| !planned.contains_key(&step.address) && !step.deposed);
    rows.extend(gone.filter_map(|step| Some(row(&step.address, step.before.as_ref()?))));
    rows.sort_by_key(|row| names::address(row.address));
    let told = plan.old_outputs.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    let told = outputs(told);
    if rows.is_empty() && told.is_empty() {
        return None;
    }
    let mut values = json!({});
    if !told.is_empty() {
        values["outputs"] = told.into();
    }
    values["root_module"] = modules(rows);
    Some(json!({ "format_version": "1.0", "terraform_version": VERSION, "values": values }))
}

fn row<'a>(address: &'a Address, object: &Object) -> Row<'a> {
    Row { address, object: object.clone(), dependencies: &[], deposed: None }
}

/// Resources by module, those of the root first.
fn modules(rows: Vec<Row>) -> Json {
    let mut by_module: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        by_module.entry(names::module(row.address)).or_default().push(row);
    }
    module("", &mut by_module)
}

fn module(path: &str, rows: &mut BTreeMap<String, Vec<Row>>) -> Json {
    let mut document = json!({});
    let mut own = rows.remove(path).unwrap_or_default();
    own.sort_by_key(|row| names::address(row.address));
    if !own.is_empty() {
        document["resources"] = own.iter().map(resource).collect();
    }
    if !path.is_empty() {
        document["address"] = path.into();
    }
    let below = |name: &String| {
        let rest = if path.is_empty() {
            Some(name.as_str())
        } else {
            name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'))
        };
        rest.filter(|rest| !rest.is_empty()).map(|rest| {
            let depth = names::first_module(rest).len();
            name[..name.len() - rest.len() + depth].to_owned()
        })
    };
    let mut children: Vec<String> = rows.keys().filter_map(below).collect();
    children.sort();
    children.dedup();
    if !children.is_empty() {
        document["child_modules"] = children.iter().map(|child| module(child, rows)).collect();
    }
    document
}

fn resource(row: &Row) -> Json {
    let Form { value, sensitive, .. } = form(row.address, &row.object);
    let mut document = names::identity(row.address);
    document.remove("module_address");
    document.insert("schema_version".into(), names::schema_version(row.address).into());
    document.insert("values".into(), value);
    document.insert("sensitive_values".into(), sensitive);
    if !row.dependencies.is_empty() {
        document.insert("depends_on".into(), row.dependencies.iter().map(names::address).collect());
    }
    document.extend(row.deposed.clone().map(|key| ("deposed_key".to_owned(), key.into())));
    document.into()
}

/// The variables of the root; of a sensitive one only that it is there.
fn variables(variables: &Object) -> Map<String, Json> {
    let one = |value: &Value| {
        if value.is_wholly_known() && !value.is_sensitive_anywhere() {
            json!({ "value": values::plain(value) })
        } else {
            json!({})
        }
    };
    variables.iter().map(|(name, value)| (name.to_string(), one(value))).collect()
}

/// Outputs by name; none of the value of a sensitive one, or of one that is not known.
pub fn outputs<'a>(outputs: impl Iterator<Item = (&'a str, Option<&'a Value>)>) -> Map<String, Json> {
    let one = |value: Option<&Value>| match value {
        Some(value) if value.is_sensitive_anywhere() => json!({ "sensitive": true }),
        Some(value) if value.is_wholly_known() => {
            json!({ "sensitive": false, "type": cty(&value.ty()), "value": values::plain(value) })
        }
        Some(_) => json!({ "sensitive": false }),
        None => json!({ "sensitive": true }),
    };
    outputs.map(|(name, value)| (name.to_owned(), one(value))).collect()
}
