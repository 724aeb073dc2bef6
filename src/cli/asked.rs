//! Values that nobody has given are asked for, where somebody is at the keyboard.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli::run::Context;
use crate::diag::{Diagnostic, visible};
use crate::lang::typeexpr::type_constraint;
use crate::ops::{Loaded, Session, SessionOptions};
use crate::stack::variables::Given;
use crate::ui::{self, Ui};
use crate::value::Type;

/// So often a value is asked for that does not fit.
const ROUNDS: usize = 3;

/// Opens a stack in one environment, with the values of variables that are asked for. Where anything else is wrong, nobody
/// is asked: the values would not help.
pub fn session(context: &Context, ui: Ui, loaded: &Arc<Loaded>, mut options: SessionOptions) -> Session {
    let mut session = Session::of(loaded, &options);
    if ui.json || !context.may_ask() || !ui::is_attended() {
        return session;
    }
    let mut asked = BTreeSet::new();
    for round in 0..ROUNDS {
        let wanted = wanted(&session, &asked);
        if wanted.is_empty() {
            break;
        }
        if round > 0 {
            ui.diagnostics(&session.diagnostics, &session.sources);
        }
        for name in wanted {
            // What is not answered is told as missing, or as wrong.
            let Some(value) = ask(ui, &session, &name) else { return session };
            options.given.push(Given::Var(name.to_string(), value));
            asked.insert(name);
        }
        session = Session::of(loaded, &options);
    }
    session
}

/// The names of variables without a value, or whose answer does not fit, in the order in which they are written; none where
/// something else is wrong.
fn wanted(session: &Session, asked: &BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
    let errors = session.diagnostics.iter().filter(|one| one.is_error());
    let name = |one: &Diagnostic| one.about.clone().filter(|name| one.code == "CS0345" || asked.contains(name));
    let names: Option<BTreeSet<Arc<str>>> = errors.map(name).collect();
    let mut names: Vec<_> = names.unwrap_or_default().into_iter().collect();
    let variables = &session.evaluator.stack().module.variables;
    names.sort_by_key(|name| variables.get(name).map(|variable| (variable.span.file, variable.span.start)));
    names
}

fn ask(ui: Ui, session: &Session, name: &str) -> Option<String> {
    let variable = session.evaluator.stack().module.variables.get(name);
    let description = variable.and_then(|variable| variable.description.as_deref()).map(visible::line);
    let ty = variable.and_then(|variable| type_constraint(variable.ty.as_ref()?).ok());
    let shape = ty.as_ref().and_then(shape).map(|shape| format!(", {shape}")).unwrap_or_default();
    let question = format!("var.{name}{}{shape}: ", description.map(|text| format!(" ({text})")).unwrap_or_default());
    let is_secret = variable.is_some_and(|variable| variable.sensitive);
    let answer = if is_secret { ui.ask_secret(&question) } else { ui.ask(&question) };
    answer.filter(|answer| !answer.is_empty())
}

/// How a value is written that is no text.
fn shape(ty: &Type) -> Option<String> {
    match ty {
        Type::String | Type::Any => None,
        Type::Bool => Some("true or false".to_owned()),
        Type::Number => Some("a number".to_owned()),
        _ => Some(format!("{} as in {}", ty.with_article(), example(ty))),
    }
}

/// A value of a type.
fn example(ty: &Type) -> String {
    match ty {
        Type::Any | Type::String => "\"a\"".to_owned(),
        Type::Bool => "true".to_owned(),
        Type::Number => "1".to_owned(),
        Type::List(of) | Type::Set(of) => format!("[{}]", example(of)),
        Type::Tuple(types) => format!("[{}]", types.iter().map(example).collect::<Vec<_>>().join(", ")),
        Type::Map(of) => format!("{{ key = {} }}", example(of)),
        Type::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name} = {}", example(&field.ty)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}
