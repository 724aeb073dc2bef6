//! Diagnostics, values, steps and calls as JSON.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value as Json, json};

use crate::diag::shown::{Shown, concealed};
use crate::diag::{Diagnostic, FileId, Severity, SourceMap, Span};
use crate::kind::Call;
use crate::lang::ast::Body;
use crate::lang::hide::hide;
use crate::lang::syntax;
use crate::plan::{AttrChange, Barrier, BarrierId, Plan, Reason, Step, StepId, Wait, shown};
use crate::value::{Data, Object, Value, json::to_json};

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn range(span: Span, sources: &SourceMap) -> Json {
    let place = |byte: u32| {
        let (line, column) = sources.position(span.file, byte);
        json!({ "line": line, "column": column, "byte": byte })
    };
    json!({ "filename": &*sources.get(span.file).path, "start": place(span.start), "end": place(span.end) })
}

/// A diagnostic in the form of `terraform validate -json`, with code, help and address beside.
pub fn diagnostic_body(diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    body_of(diagnostic, sources, &mut Bodies::new())
}

fn body_of(diagnostic: &Diagnostic, sources: &SourceMap, bodies: &mut Bodies) -> Json {
    let diagnostic = &*concealed(diagnostic, sources);
    let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
    let mut body = json!({
        "severity": severity,
        "level": level(diagnostic.severity),
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
    });
    let mut set = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    set("help", diagnostic.help.clone().map(Json::from));
    let several = |names: &[String]| (!names.is_empty()).then(|| Json::from(names.to_vec()));
    set("instances", several(&diagnostic.instances));
    set(
        "of_instances",
        Some(diagnostic.of_instances)
            .filter(|count| *count > diagnostic.instances.len() && !diagnostic.instances.is_empty())
            .map(Json::from),
    );
    set("environments", several(&diagnostic.environments));
    set("address", diagnostic.address.clone().map(Json::from));
    set("range", diagnostic.span.map(|span| range(span, sources)));
    set("snippet", diagnostic.span.map(|span| snippet(span, &diagnostic.values, sources, bodies)));
    body
}

fn snippet(span: Span, values: &[(String, String)], sources: &SourceMap, bodies: &mut Bodies) -> Json {
    let source = sources.get(span.file);
    let text = &source.text;
    let start = text.floor_char_boundary(span.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text.floor_char_boundary((span.end as usize).max(start));
    let line_end = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    let shown = Shown::new(source, line_start..line_end, false);
    let highlight = shown.place(start..end.min(line_end).max(start));
    let (line, _) = sources.position(span.file, span.start);
    let values = values.iter().map(|(traversal, statement)| json!({ "traversal": traversal, "statement": statement }));
    json!({
        "context": context(span, sources, bodies),
        "code": shown.text,
        "start_line": line,
        "highlight_start_offset": highlight.start,
        "highlight_end_offset": highlight.end,
        "values": values.collect::<Vec<_>>(),
    })
}

/// The files that contexts were looked up in, since there may be many mistakes in one.
type Bodies = HashMap<FileId, Body>;

/// The header of the outermost block around a place: `variable "nodes"`.
fn context(span: Span, sources: &SourceMap, bodies: &mut Bodies) -> Option<String> {
    let parse = || syntax::parse(span.file, &sources.get(span.file).text, &mut Vec::new());
    let body = bodies.entry(span.file).or_insert_with(parse);
    let around = body.blocks.iter().rfind(|block| block.header_span.start <= span.start)?;
    if around.body.span.end < span.start {
        return None;
    }
    let labels = around.labels.iter().map(|label| format!(" {:?}", &*label.text));
    Some(format!("{}{}", around.kind, labels.collect::<String>()))
}

/// The answer of `validate --json`, in Terraform's documented form.
pub fn validation(diagnostics: &[Diagnostic], sources: &SourceMap) -> Json {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let shown = diagnostics.iter().filter(|diagnostic| diagnostic.severity != Severity::Note);
    let mut bodies = Bodies::new();
    let sources = &hide(sources);
    json!({
        "format_version": "1.0",
        "valid": count(Severity::Error) == 0,
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": shown.map(|diagnostic| body_of(diagnostic, sources, &mut bodies)).collect::<Vec<_>>(),
    })
}

/// A value with sensitive parts as `"(sensitive value)"` and unknown ones as null.
pub fn value(value: &Value) -> Json {
    if value.sensitive || matches!(value.data, Data::Secret(_)) {
        return "(sensitive value)".into();
    }
    match &value.data {
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items.iter().map(self::value).collect(),
        Data::Map(_, items) | Data::Object(items) => object(items),
        _ => to_json(value),
    }
}

fn object(object: &Object) -> Json {
    Json::Object(object.iter().map(|(name, item)| (name.to_string(), value(item))).collect())
}

/// An attribute that differs.
pub fn change(change: &AttrChange) -> Json {
    let hidden = change.before.is_sensitive_anywhere() || change.after.is_sensitive_anywhere();
    let show = |item: &Value| if hidden && !item.is_null() { "(sensitive value)".into() } else { value(item) };
    json!({
        "attribute": if change.name == "tags_all" { "tags" } else { change.name },
        "before": show(&change.before),
        "after": show(&change.after),
        "after_unknown": !change.after.is_wholly_known(),
        "forces_replacement": change.replaces,
    })
}

fn call(step: &Step, call: &Call) -> Json {
    let args = shown::arguments(step, call).into_iter().map(|(name, arg)| (name.to_owned(), value(&arg)));
    let args: serde_json::Map<String, Json> = args.collect();
    json!({
        "operation": call.operation,
        "args": args,
        "when": if call.waits() { "window" } else { "now" },
        "window": step.window().filter(|_| call.waits()).map(|window| window.word()),
        "impact": call.impact.word(),
        "marks": call.marks.iter().map(|mark| mark.word()).collect::<Vec<_>>(),
        "why": call.why,
        "causes": call.causes,
        "seconds": call.seconds,
    })
}

/// A step, with its calls; other steps are called by their places in the plan.
pub fn step(step: &Step, places: &BTreeMap<StepId, usize>) -> Json {
    let (reason, causes) = match &step.reason {
        Reason::Declared => ("declared", Vec::new()),
        Reason::Vanished => ("gone", Vec::new()),
        Reason::Replaced { causes, .. } => ("replaced", causes.clone()),
        Reason::Orphan(gone) => (gone.word(), Vec::new()),
        Reason::Destroyed => ("destroyed", Vec::new()),
        Reason::Deposed => ("deposed", Vec::new()),
        Reason::Rebooted => ("rebooted", Vec::new()),
    };
    let changes: Vec<Json> = step.changes.iter().map(change).collect();
    let calls: Vec<Json> = step.calls.iter().map(|one| call(step, one)).collect();
    let mut line = json!({
        "step": places[&step.step],
        "address": step.address.to_string(),
        "kind": &*step.address.kind,
        "action": step.action.word(),
        "reason": reason,
        "causes": causes,
        "region": step.region,
        "id": step.id,
        "impact": step.impact().word(),
        "changes": changes,
        "calls": calls,
        "after_steps": step.edges.iter().filter_map(after_step).map(|step| places[&step]).collect::<Vec<_>>(),
    });
    let barriers: Vec<u32> = step.edges.iter().filter_map(after_barrier).map(|barrier| barrier.0).collect();
    if let Some(name) = &step.farewell {
        line["final_snapshot"] = name.as_str().into();
    }
    if !barriers.is_empty() {
        line["after_barriers"] = barriers.into();
    }
    line
}

fn after_step(wait: &Wait) -> Option<StepId> {
    if let Wait::Step(step) = wait { Some(*step) } else { None }
}

fn after_barrier(wait: &Wait) -> Option<BarrierId> {
    if let Wait::Barrier(barrier) = wait { Some(*barrier) } else { None }
}

/// Steps that many steps wait for, written once: written at each of those, they would grow with the square.
pub fn barriers(plan: &Plan, places: &BTreeMap<StepId, usize>) -> Vec<Json> {
    let waited: BTreeSet<BarrierId> =
        plan.steps.iter().flat_map(|step| &step.edges).filter_map(after_barrier).collect();
    let line = |barrier: &Barrier| {
        let steps: Vec<usize> = barrier.steps.iter().map(|step| places[step]).collect();
        json!({ "type": "planned_barrier", "barrier": barrier.barrier.0, "steps": steps })
    };
    plan.barriers.iter().filter(|barrier| waited.contains(&barrier.barrier)).map(line).collect()
}
