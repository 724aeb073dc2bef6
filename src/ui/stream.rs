//! What `--json` prints while a command runs: one message per line, in the form of Terraform's machine-readable messages,
//! version 1.2. What Terraform has no member or type for stands beside; its readers pass over what they do not know.
//! Sources: docs/internals/machine-readable-ui of Terraform, and what 1.11.4 prints.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::address::{Address, Key};
use crate::apply::Event;
use crate::diag::visible;
use crate::diag::{Diagnostic, Severity, SourceMap};
use crate::plan::{Action, Blocked, Counts, Drift, Imported, Plan, Reason, Step, Waits, replace};
use crate::ui::plan::{Shown, counts, shown};
use crate::ui::progress::{Places, Running};
use crate::ui::terraform::{VERSION, names, outputs};
use crate::ui::{cost, duration, json as ours, pending};
use crate::value::Value;

/// The version of the messages.
const UI: &str = "1.2";

/// A message. Its time is put in when it is printed.
pub fn line(level: &str, message: impl Into<String>, kind: &str, members: Json) -> Json {
    let message: String = message.into();
    let mut line = json!({ "@level": level, "@message": message, "@module": "terraform.ui", "@timestamp": "" });
    if let (Json::Object(line), Json::Object(members)) = (&mut line, members) {
        line.extend(members);
    }
    line["type"] = kind.into();
    line
}

/// One of our own messages, out of an object with its type.
fn beside(level: &str, mut object: Json) -> Json {
    let kind = object["type"].as_str().unwrap_or("log").to_owned();
    let about = object["address"].as_str().map(|address| format!("{address}: ")).unwrap_or_default();
    let text = ["message", "reason"].iter().find_map(|name| object[*name].as_str());
    let message = format!("{about}{}", text.map_or_else(|| kind.replace('_', " "), str::to_owned));
    if let Some(object) = object.as_object_mut() {
        object.shift_remove("type");
    }
    line(level, message, &kind, object)
}

/// The first message of every stream.
pub fn version() -> Json {
    let own = env!("CARGO_PKG_VERSION");
    let members = json!({ "cachestack": own, "terraform": VERSION, "ui": UI });
    line("info", format!("cachestack {own}"), "version", members)
}

/// Something that has no place in a file.
pub fn log(level: &str, text: &str) -> Json {
    line(level, text, "log", json!({}))
}

/// An error that has no place in a file.
pub fn error(text: &str) -> Json {
    let diagnostic = json!({ "severity": "error", "summary": text, "detail": "" });
    line("error", format!("Error: {text}"), "diagnostic", json!({ "diagnostic": diagnostic }))
}

/// A diagnostic.
pub fn diagnostic(one: &Diagnostic, sources: &SourceMap) -> Json {
    let (level, word) = match one.severity {
        Severity::Error => ("error", "Error"),
        Severity::Warning => ("warn", "Warning"),
        Severity::Note => ("info", "Note"),
    };
    let body = ours::diagnostic_body(one, sources);
    let message = format!("{word}: {}", body["summary"].as_str().unwrap_or_default());
    line(level, message, "diagnostic", json!({ "diagnostic": body }))
}

/// A plan: what others have changed, every change with its steps, what is ours, the summary and the outputs.
pub fn plan(plan: &Plan, environment: &str) -> Vec<Json> {
    let mut lines: Vec<Json> = plan.drifted().iter().map(drift).collect();
    lines.extend(changes(plan));
    lines.extend(order(plan));
    lines.extend(ours::barriers(plan, &plan.places()).into_iter().map(|one| beside("info", one)));
    lines.extend(plan.waits.iter().map(|waits| beside("info", pending::json(waits))));
    for note in &plan.notes {
        let address = note.address.as_ref().map(ToString::to_string);
        lines.push(beside("info", json!({ "type": "note", "address": address, "message": note.text })));
    }
    let stopped = |kind: &str, one: &Blocked| {
        beside("warn", json!({ "type": kind, "address": one.address.to_string(), "reason": one.reason }))
    };
    lines.extend(plan.blocked.iter().map(|one| stopped("blocked", one)));
    let refused = |reason: &String| beside("warn", json!({ "type": "blocked", "address": null, "reason": reason }));
    lines.extend(plan.refused.iter().map(refused));
    lines.extend(plan.skipped.iter().map(|one| stopped("left_out", one)));
    lines.extend(cost::lines(&crate::plan::cost::of(plan)).into_iter().map(|one| beside("info", one)));
    lines.push(summary(plan, environment));
    lines.extend(planned_outputs(plan));
    lines
}

/// The steps in the order in which they are carried out, where the lines of the changes are not in it: the halves of a
/// replacement need not follow one another.
fn order(plan: &Plan) -> Option<Json> {
    let places = plan.places();
    let lines = shown(plan);
    let told = lines.iter().flat_map(Shown::steps).map(|step| places[&step.step]);
    if told.is_sorted() {
        return None;
    }
    let one = |step: &Step| {
        let operations: Vec<&str> = step.calls.iter().map(|call| call.operation).collect();
        json!({
            "step": places[&step.step], "address": step.address.to_string(), "action": step.action.word(),
            "operations": operations,
        })
    };
    let steps: Vec<Json> = plan.steps.iter().map(one).collect();
    Some(beside("info", json!({ "type": "planned_order", "steps": steps })))
}

/// What waits for a maintenance window.
pub fn waiting(all: &[Waits]) -> Vec<Json> {
    let summary = line("info", format!("Waiting: {}", all.len()), "pending_summary", json!({ "resources": all.len() }));
    all.iter().map(|waits| beside("info", pending::json(waits))).chain([summary]).collect()
}

/// A line for each instance that changes, moves or is taken over.
fn changes(plan: &Plan) -> Vec<Json> {
    let places = plan.places();
    let shown = shown(plan);
    let from = |address: &Address| plan.moves.iter().find(|(_, to)| to == address).map(|(from, _)| from);
    let import = |address: &Address| plan.imports.iter().find(|import| import.address == *address);
    let mut lines = Vec::new();
    for one in &shown {
        let steps: Vec<Json> = one.steps().iter().map(|step| ours::step(step, &places)).collect();
        let (action, reason) = (action(one), reason(one.main));
        lines.push(change(one.address, action, (from(one.address), import(one.address)), reason, steps));
    }
    let is_shown = |address: &Address| shown.iter().any(|one| one.address == address);
    for imported in plan.imports.iter().filter(|imported| !is_shown(&imported.address)) {
        let of = (from(&imported.address), Some(imported));
        lines.push(change(&imported.address, "import", of, None, Vec::new()));
    }
    let taken_over = |address: &Address| import(address).is_some();
    for (from, to) in plan.moves.iter().filter(|(_, to)| !is_shown(to) && !taken_over(to)) {
        lines.push(change(to, "move", (Some(from), None), None, Vec::new()));
    }
    lines
}

fn change(
    address: &Address,
    action: &str,
    (from, import): (Option<&Address>, Option<&Imported>),
    reason: Option<&str>,
    steps: Vec<Json>,
) -> Json {
    let mut members = json!({ "resource": resource(address) });
    if let Some(from) = from {
        members["previous_resource"] = resource(from);
    }
    members["action"] = action.into();
    if let Some(reason) = reason {
        members["reason"] = reason.into();
    }
    if let Some(import) = import {
        members["importing"] = json!({ "id": import.record.id });
    }
    let message = format!("{}: Plan to {action}", names::address(address));
    let own = json!({ "change": members, "address": address.to_string(), "steps": steps });
    line("info", message, "planned_change", own)
}

fn action(one: &Shown) -> &'static str {
    match (&one.main.reason, one.other.is_some()) {
        (Reason::Replaced { .. }, true) => "replace",
        _ => word(one.main.action),
    }
}

/// Terraform's word for what a step does.
fn word(action: Action) -> &'static str {
    match action {
        Action::Forget => "remove",
        other => other.word(),
    }
}

fn reason(step: &Step) -> Option<&'static str> {
    match &step.reason {
        Reason::Replaced { causes, .. } if causes.iter().any(|cause| cause == replace::REQUESTED) => Some("requested"),
        Reason::Replaced { causes, .. } if replace::attributes(causes).count() == causes.len() => Some("cannot_update"),
        Reason::Replaced { .. } => Some("replace_triggered_by"),
        Reason::Orphan(gone) => Some(gone.terraform()),
        _ if step.action == Action::Read => Some("read_because_config_unknown"),
        _ => None,
    }
}

/// What others have changed.
pub fn drift(drift: &Drift) -> Json {
    let action = if drift.changes.is_empty() { "delete" } else { "update" };
    let message = format!("{}: Drift detected ({action})", names::address(&drift.address));
    let members = json!({
        "change": { "resource": resource(&drift.address), "action": action },
        "address": drift.address.to_string(),
        "id": drift.id,
        "changes": drift.changes.iter().map(ours::change).collect::<Vec<_>>(),
    });
    line("info", message, "resource_drift", members)
}

/// What tells an instance.
fn resource(address: &Address) -> Json {
    let own = Address { module: Vec::new(), ..address.clone() };
    let kind = names::kind(address.mode, &address.kind);
    let key = match &address.key {
        Some(Key::Index(index)) => json!(index),
        Some(Key::Name(name)) => json!(&**name),
        None => Json::Null,
    };
    json!({
        "addr": names::address(address),
        "module": names::module(address),
        "resource": names::address(&own),
        "implied_provider": kind.split('_').next().unwrap_or("aws"),
        "resource_type": kind,
        "resource_name": &*address.name,
        "resource_key": key,
    })
}

fn summary(plan: &Plan, environment: &str) -> Json {
    let own = plan.counts();
    let mut changes = changed(&own, "plan");
    changes["unchanged"] = plan.unchanged.into();
    let members = json!({ "changes": changes, "environment": environment, "impact": plan.impact().word() });
    line("info", format!("Plan: {}.", counts(own)), "change_summary", members)
}

fn changed(counts: &Counts, operation: &str) -> Json {
    json!({
        "add": counts.add, "change": counts.change, "import": counts.import, "remove": counts.destroy,
        "operation": operation, "forget": counts.forget, "taken_over": counts.drift,
    })
}

fn planned_outputs(plan: &Plan) -> Option<Json> {
    let names = plan.outputs.keys().chain(plan.old_outputs.keys());
    let one = |name: &String| {
        let (now, was) = (plan.outputs.get(name), plan.old_outputs.get(name));
        let action = match (was, now) {
            (None, _) => "create",
            (_, None) => "delete",
            _ if plan.changed_outputs.contains(name) => "update",
            _ => "noop",
        };
        let sensitive = now.is_some_and(Value::is_sensitive_anywhere) || matches!(was, Some(None));
        let mut member = json!({ "sensitive": sensitive, "action": action });
        if let Some(value) = now.filter(|value| action != "noop" && !sensitive && value.is_wholly_known()) {
            member["value"] = ours::value(value);
        }
        (name.clone(), member)
    };
    let outputs: Map<String, Json> = names.map(one).collect();
    (!outputs.is_empty()).then(|| told_outputs(outputs))
}

fn told_outputs(outputs: Map<String, Json>) -> Json {
    line("info", format!("Outputs: {}", outputs.len()), "outputs", json!({ "outputs": outputs }))
}

/// The outputs after an apply.
pub fn applied_outputs(all: &BTreeMap<String, Option<Value>>) -> Json {
    told_outputs(outputs(all.iter().map(|(name, value)| (name.as_str(), value.as_ref()))))
}

/// The end of an apply that has done everything.
pub fn applied(counts: &Counts, destroy: bool) -> Json {
    let imported = if counts.import > 0 { format!("{} imported, ", counts.import) } else { String::new() };
    let (message, operation) = match destroy {
        true => (format!("Destroy complete! Resources: {} destroyed.", counts.destroy), "destroy"),
        false => (
            format!(
                "Apply complete! Resources: {imported}{} added, {} changed, {} destroyed.",
                counts.add, counts.change, counts.destroy
            ),
            "apply",
        ),
    };
    line("info", message, "change_summary", json!({ "changes": changed(counts, operation) }))
}

/// Something that happened during an apply; nothing where nothing new is to be told.
pub fn event(event: &Event, running: &mut Running, places: &Places) -> Vec<Json> {
    let hook = |address: &Address, action: Action, more: Json| {
        let mut hook = json!({ "resource": resource(address), "action": word(action) });
        if let (Json::Object(hook), Json::Object(more)) = (&mut hook, more) {
            hook.extend(more);
        }
        json!({ "hook": hook, "address": address.to_string() })
    };
    let named = |id: &Option<String>| match id {
        Some(id) => json!({ "id_key": "id", "id_value": id }),
        None => json!({}),
    };
    let bracketed =
        |id: &Option<String>| id.as_ref().map(|id| format!(" [id={}]", visible::line(id))).unwrap_or_default();
    match event {
        Event::Started { address, action, id } => {
            let id = id.clone().filter(|_| *action != Action::Create);
            let message = format!("{}: {}...{}", names::address(address), doing(*action), bracketed(&id));
            vec![line("info", message, "apply_start", hook(address, *action, named(&id)))]
        }
        Event::Called { address, operation, number } => vec![line(
            "info",
            format!("{}: {operation}", names::address(address)),
            "apply_call",
            json!({ "address": address.to_string(), "operation": operation, "number": number.0, "of": number.1 }),
        )],
        Event::Progress { address, status, elapsed } => {
            let Some(action) = running.due(address, *elapsed) else { return Vec::new() };
            let (of, time) = (names::address(address), duration(*elapsed));
            let message = format!("{of}: Still {}... [{time} elapsed]", doing(action).to_lowercase());
            let mut members = hook(address, action, json!({ "elapsed_seconds": elapsed.as_secs() }));
            members["status"] = status.as_str().into();
            vec![line("info", message, "apply_progress", members)]
        }
        Event::Done { address, action, id, elapsed } => {
            let id = id.clone().filter(|_| !matches!(action, Action::Delete | Action::Forget));
            let (of, time) = (names::address(address), elapsed.as_secs());
            let message = format!("{of}: {} complete after {time}s{}", deed(*action), bracketed(&id));
            let mut more = named(&id);
            more["elapsed_seconds"] = time.into();
            vec![line("info", message, "apply_complete", hook(address, *action, more))]
        }
        Event::Failed { address, action, why, elapsed } => {
            let of = names::address(address);
            let message = format!("{of}: {} errored after {}s", deed(*action), elapsed.as_secs());
            let members = hook(address, *action, json!({ "elapsed_seconds": elapsed.as_secs() }));
            vec![line("info", message, "apply_errored", members), failure(address, why, places)]
        }
        Event::Waiting { id, status, elapsed } => vec![line(
            "info",
            format!("{id}: begun before this run; still {status}"),
            "apply_waiting",
            json!({ "id": id, "status": status, "elapsed_seconds": elapsed.as_secs() }),
        )],
        Event::Skipped { address, action } => vec![line(
            "warn",
            format!("{}: {} not begun", names::address(address), deed(*action)),
            "apply_skipped",
            json!({ "address": address.to_string(), "action": word(*action) }),
        )],
    }
}

/// Why a step failed, at its block.
fn failure(address: &Address, why: &str, places: &Places) -> Json {
    let of = names::address(address);
    let mut body = match places.spans.get(address) {
        Some(span) => ours::diagnostic_body(&Diagnostic::error("", why, "").at(*span), &places.sources),
        None => json!({ "severity": "error", "summary": why, "detail": "" }),
    };
    if let Some(body) = body.as_object_mut() {
        body.shift_remove("code");
        body.insert("address".into(), of.into());
    }
    line("error", format!("Error: {why}"), "diagnostic", json!({ "diagnostic": body }))
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "Creating",
        Action::Update => "Modifying",
        Action::Delete => "Destroying",
        Action::Forget => "Removing",
        Action::Read => "Reading",
    }
}

fn deed(action: Action) -> &'static str {
    match action {
        Action::Create => "Creation",
        Action::Update => "Modifications",
        Action::Delete => "Destruction",
        Action::Forget => "Removal",
        Action::Read => "Read",
    }
}
