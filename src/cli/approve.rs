//! The question before a plan is carried out: what is at stake, and what is taken for a yes.

use std::collections::BTreeSet;

use crate::cli::run::Context;
use crate::diag::visible;
use crate::kind::Impact;
use crate::ops::Failure;
use crate::plan::{Plan, Step};
use crate::ui::{self, Ui};

/// Asks. Only the one answer that the question wants is a yes.
///
/// # Errors
/// Nobody may be asked, or nobody is there.
pub fn approved(context: &Context, ui: Ui, plan: &Plan, environment: &str) -> Result<bool, Failure> {
    if ui.json {
        return Err(Failure::Error("--json cannot ask: pass --auto-approve".to_owned()));
    }
    if !context.may_ask() {
        let why = "-input=false, so nobody is asked: pass --auto-approve, or carry out a saved plan; nothing was sent";
        return Err(Failure::Error(why.to_owned()));
    }
    let Question { text, answer } = question(plan, environment, ui::is_attended());
    match ui.ask(&format!("\n{text}")) {
        Some(given) => Ok(given.trim() == answer),
        // Somebody is there, and has ended the input.
        None if ui::is_attended() => Ok(false),
        None => Err(Failure::Error("nobody is there to answer: pass --auto-approve; nothing was sent".to_owned())),
    }
}

/// A question and the one answer that is a yes.
struct Question {
    text: String,
    answer: String,
}

/// Where somebody is at the keyboard, what is lost has to be named: the one object, or of several the environment.
fn question(plan: &Plan, environment: &str, attended: bool) -> Question {
    let lost: Vec<&Step> = plan.steps.iter().filter(|step| loses_data(step)).collect();
    let mut stakes = Vec::new();
    let destroyed = plan.counts().destroy;
    if destroyed > 0 {
        stakes.push(format!("{destroyed} to destroy"));
    }
    if let Some(at) = ui::plan::named(lost.iter().copied()) {
        stakes.push(format!("data loss in {at}"));
    }
    let ids: BTreeSet<&str> = lost.iter().filter_map(|step| step.id.as_deref()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let (how, answer) = match ids[..] {
        _ if !attended || lost.is_empty() => (None, "yes"),
        [id] => (Some("type its id"), id),
        _ => (Some("type the name of the environment"), environment),
    };
    let begin = format!("Carry this out in environment \"{environment}\"?");
    let begin = if stakes.is_empty() { begin } else { format!("{begin} {}", stakes.join(", ")) };
    let text = match (how, stakes.is_empty()) {
        (Some(how), _) => format!("{begin}: {how}, {}: ", visible::line(answer)),
        (None, true) => format!("{begin} Only \"yes\" is accepted: "),
        (None, false) => format!("{begin}; it cannot be brought back. Only \"yes\" is accepted: "),
    };
    Question { text, answer: answer.to_owned() }
}

/// Whether something that is stored is gone after a step.
fn loses_data(step: &Step) -> bool {
    step.calls.iter().any(|call| call.impact == Impact::DataLoss)
}
