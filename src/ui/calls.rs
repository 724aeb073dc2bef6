//! The calls of a step for people: what is sent, what it does to clients, and why.

use anstyle::Style;

use crate::kind::{Call, Impact};
use crate::plan::{Action, Step, shown};
use crate::ui::value::{inline, plain};
use crate::ui::{Ui, at_least, impact_style};
use crate::value::Value;

/// The calls, where there is more to say than the attributes do.
pub fn told(ui: Ui, steps: &[&Step]) -> String {
    let calls: Vec<(&Step, &Call)> =
        steps.iter().flat_map(|step| step.calls.iter().map(move |call| (*step, call))).collect();
    let says_more = |call: &Call| call.impact > Impact::None || call.seconds > 5 || call.why.is_some();
    if calls.len() < 2 && !calls.iter().any(|(_, call)| says_more(call)) {
        return String::new();
    }
    let mut out = String::new();
    for (index, (step, call)) in calls.iter().enumerate() {
        out.push_str(&format!("      call {}/{}: {}\n", index + 1, calls.len(), line(ui, step, call)));
        // What makes an object is written out above.
        let sent = match (step.action, &step.farewell) {
            (Action::Update, _) | (Action::Delete, Some(_)) => arguments(step, call),
            _ => Vec::new(),
        };
        if !sent.is_empty() {
            out.push_str(&format!("          {}\n", sent.join(", ")));
        }
        out.push_str(&call.why.iter().map(|why| format!("          {}\n", plain(why))).collect::<String>());
    }
    out
}

fn line(ui: Ui, step: &Step, call: &Call) -> String {
    let causes: Vec<&str> =
        call.causes.iter().map(|cause| if *cause == "tags_all" { "tags" } else { *cause }).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) };
    let marks: String = call.marks.iter().map(|mark| format!(", {}", mark.word())).collect();
    let time = if call.waits() {
        format!(", {}", step.until())
    } else if call.seconds > 5 {
        format!(", at least {}", at_least(call.seconds))
    } else {
        String::new()
    };
    let operation = ui.paint(Style::new().bold(), call.operation);
    let impact = ui.paint(impact_style(call.impact), call.impact.word());
    format!("{operation}{causes}: impact {impact}{marks}{time}")
}

/// What is sent, but for the name of the object and when it is done. What is secret is hidden.
fn arguments(step: &Step, call: &Call) -> Vec<String> {
    let is_name = |value: &Value| value.as_str().is_some_and(|text| Some(text) == step.id.as_deref());
    let all = shown::arguments(step, call).into_iter();
    let sent = all.filter(|(name, value)| *name != "ApplyImmediately" && !is_name(value));
    sent.map(|(name, value)| format!("{name} = {}", inline(&value))).collect()
}
