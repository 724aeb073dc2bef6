//! Values that nobody has given are asked for, where somebody is at the keyboard.

use std::sync::Arc;

use crate::cli::run::Context;
use crate::diag::visible;
use crate::ops::{Loaded, Session, SessionOptions};
use crate::stack::variables::Given;
use crate::ui::{self, Ui};

/// Opens a stack in one environment, with the values of variables that are asked for. Where anything else is wrong, nobody
/// is asked: the values would not help.
pub fn session(context: &Context, ui: Ui, loaded: &Arc<Loaded>, mut options: SessionOptions) -> Session {
    let session = Session::of(loaded, &options);
    if ui.json || !context.may_ask() || !ui::is_attended() {
        return session;
    }
    let mut missing = missing(&session);
    if missing.is_empty() {
        return session;
    }
    // In the order in which they are written.
    let variables = &session.evaluator.stack().module.variables;
    missing.sort_by_key(|name| variables.get(name).map(|variable| (variable.span.file, variable.span.start)));
    for name in missing {
        match ask(ui, &session, &name) {
            Some(value) => options.given.push(Given::Var(name.to_string(), value)),
            // What is not answered is told as missing.
            None => return session,
        }
    }
    Session::of(loaded, &options)
}

/// The names of variables without a value; none where something else is wrong.
fn missing(session: &Session) -> Vec<Arc<str>> {
    let errors = session.diagnostics.iter().filter(|one| one.is_error());
    let names: Option<Vec<Arc<str>>> = errors.map(|one| one.about.clone().filter(|_| one.code == "CS0345")).collect();
    names.unwrap_or_default()
}

fn ask(ui: Ui, session: &Session, name: &str) -> Option<String> {
    let variable = session.evaluator.stack().module.variables.get(name);
    let description = variable.and_then(|variable| variable.description.as_deref()).map(visible::line);
    let question = format!("var.{name}{}: ", description.map(|text| format!(" ({text})")).unwrap_or_default());
    let is_secret = variable.is_some_and(|variable| variable.sensitive);
    let answer = if is_secret { ui.ask_secret(&question) } else { ui.ask(&question) };
    answer.filter(|answer| !answer.is_empty())
}
