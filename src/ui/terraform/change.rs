//! `resource_changes`, `resource_drift` and `output_changes`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::address::{Address, Mode};
use crate::plan::{Action, Plan, Reason, Step, replace};
use crate::ui::terraform::names;
use crate::ui::terraform::values::{self, Form, form};
use crate::value::{Object, Value};

/// Every managed instance, with what becomes of it; look-ups that wait for the apply.
pub fn changes(plan: &Plan, planned: &BTreeMap<&Address, Object>) -> Vec<Json> {
    let mut rows = Vec::new();
    let mut steps: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        match step.deposed {
            true => rows.push(deposed(step)),
            false => steps.entry(&step.address).or_default().push(step),
        }
    }
    let of_steps: Vec<Json> = steps.iter().map(|(address, steps)| change(plan, address, steps)).collect();
    rows.extend(of_steps);
    let quiet = planned.iter().filter(|(address, _)| address.mode == Mode::Managed && !steps.contains_key(**address));
    rows.extend(quiet.map(|(address, object)| unchanged(plan, address, object)));
    let place = |row: &Json| (row["address"].to_string(), row.get("deposed").is_some());
    rows.sort_by_key(place);
    rows
}

fn entry(plan: &Plan, address: &Address, change: Json, reason: Option<&str>) -> Json {
    let mut members = names::identity(address);
    let from = plan.moves.iter().find(|(_, to)| to == address);
    members.extend(from.map(|(from, _)| ("previous_address".to_owned(), names::address(from).into())));
    members.insert("change".into(), change);
    members.extend(reason.map(|reason| ("action_reason".to_owned(), reason.into())));
    members.into()
}

fn change(plan: &Plan, address: &Address, steps: &[&Step]) -> Json {
    let first = steps[0];
    let before = steps.iter().find_map(|step| step.before.as_ref());
    let after = steps.iter().find_map(|step| step.after.as_ref());
    let actions: &[&str] = match (first.action, steps.len(), &first.reason) {
        (_, 2.., Reason::Replaced { create_first: true, .. }) => &["create", "delete"],
        (_, 2.., _) => &["delete", "create"],
        (Action::Create, ..) => &["create"],
        (Action::Update, ..) => &["update"],
        (Action::Delete, ..) => &["delete"],
        (Action::Forget, ..) => &["forget"],
        (Action::Read, ..) => &["read"],
    };
    let mut body = body(address, actions, before, after);
    let mut reason = None;
    match &first.reason {
        Reason::Replaced { causes, .. } => {
            let paths: Vec<Json> = replace::attributes(causes).map(|name| json!([name])).collect();
            reason = Some(match causes {
                _ if causes.iter().any(|cause| cause == replace::REQUESTED) => "replace_by_request",
                _ if paths.len() < causes.len() => "replace_by_triggers",
                _ => "replace_because_cannot_update",
            });
            if !paths.is_empty() {
                body["replace_paths"] = paths.into();
            }
        }
        Reason::Orphan(gone) => reason = Some(gone.terraform()),
        _ if first.action == Action::Read => reason = Some("read_because_config_unknown"),
        _ => {}
    }
    importing(plan, address, &mut body);
    entry(plan, address, body, reason)
}

fn unchanged(plan: &Plan, address: &Address, object: &Object) -> Json {
    let mut body = body(address, &["no-op"], Some(object), Some(object));
    body["after_unknown"] = json!({});
    importing(plan, address, &mut body);
    entry(plan, address, body, None)
}

fn importing(plan: &Plan, address: &Address, body: &mut Json) {
    if let Some(import) = plan.imports.iter().find(|import| import.address == *address) {
        body["importing"] = json!({ "id": import.record.id });
    }
}

fn deposed(step: &Step) -> Json {
    let body = body(&step.address, &["delete"], step.before.as_ref(), None);
    let mut members = names::identity(&step.address);
    members.insert("deposed".into(), names::deposed(step.id.as_deref().unwrap_or_default()).into());
    members.insert("change".into(), body);
    members.into()
}

fn body(address: &Address, actions: &[&str], before: Option<&Object>, after: Option<&Object>) -> Json {
    let before = before.map(|object| form(address, object));
    let after = after.map(|object| form(address, object));
    let nothing = || Form { value: Json::Null, unknown: json!({}), sensitive: false.into() };
    let (before, after) = (before.unwrap_or_else(nothing), after.unwrap_or_else(nothing));
    json!({
        "actions": actions,
        "before": before.value,
        "after": after.value,
        "after_unknown": after.unknown,
        "before_sensitive": before.sensitive,
        "after_sensitive": after.sensitive,
    })
}

/// What others have changed: the attributes that differ.
pub fn drift(plan: &Plan) -> Vec<Json> {
    let one = |drift: &crate::plan::Drift| {
        let object = |of: fn(&crate::plan::AttrChange) -> &Value| {
            Json::Object(
                drift.changes.iter().map(|change| (change.name.to_owned(), values::plain(of(change)))).collect(),
            )
        };
        let gone = drift.changes.is_empty();
        let body = json!({
            "actions": [if gone { "delete" } else { "update" }],
            "before": if gone { json!({ "id": drift.id }) } else { object(|change| &change.before) },
            "after": if gone { Json::Null } else { object(|change| &change.after) },
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": if gone { json!(false) } else { json!({}) },
        });
        entry(plan, &drift.address, body, None)
    };
    plan.drifted().iter().map(one).collect()
}

/// Every output, also those that stay.
pub fn outputs(plan: &Plan) -> Map<String, Json> {
    let names = plan.outputs.keys().chain(plan.old_outputs.keys());
    names.map(|name| (name.clone(), output(plan, name))).collect()
}

fn output(plan: &Plan, name: &str) -> Json {
    let (now, was) = (plan.outputs.get(name), plan.old_outputs.get(name));
    let hidden = now.is_some_and(Value::is_sensitive_anywhere) || matches!(was, Some(None));
    let action = match (was, now) {
        (None, _) => "create",
        (_, None) => "delete",
        _ if plan.changed_outputs.contains(name) => "update",
        _ => "no-op",
    };
    let show = |value: &Value| if hidden { values::HIDDEN.into() } else { values::plain(value) };
    let unknown = now.is_some_and(|now| !now.is_wholly_known() && !values::is_withheld(now));
    let mut body = json!({
        "actions": [action],
        "before": was.map(|was| was.as_ref().map_or_else(|| values::HIDDEN.into(), show)),
        "after_unknown": unknown,
        "before_sensitive": hidden,
        "after_sensitive": hidden,
    });
    if !unknown {
        body["after"] = now.map_or(Json::Null, show);
    }
    body
}
