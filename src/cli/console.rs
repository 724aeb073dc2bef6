//! `cachestack console`

use crate::address::Address;
use crate::cli::args::Console;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::diag::visible;
use crate::kind::secret_name;
use crate::kinds;
use crate::lang::ast::{Expr, Node, Part};
use crate::lang::{eval, syntax};
use crate::ops::{Session, plan};
use crate::plan::Options;
use crate::state::Record;
use crate::ui::{self, Ui};
use crate::value::{Object, Origin, Type, Value, display, json};

/// Evaluates expressions from standard input, one after another. A mistake in one does not end the others.
pub async fn run(context: &Context, args: &Console) -> u8 {
    let ui = context.ui(false);
    let mut session = match context.open_inputs(ui, &args.inputs) {
        Ok(session) => session,
        Err(failure) => return fail(ui, &failure),
    };
    prepare(ui, &mut session);
    let interactive = ui::is_attended();
    let mut code = exit::OK;
    let mut text = String::new();
    let question = |text: &str| match (interactive, text.is_empty()) {
        (false, _) => "",
        (true, true) => "> ",
        (true, false) => ": ",
    };
    while let Some(line) = ui.ask(question(&text)) {
        if matches!(line.trim(), "exit" | "quit") {
            break;
        }
        text.push_str(&line);
        text.push('\n');
        if !is_open(&text) {
            if !text.trim().is_empty() && !evaluate(ui, &mut session, &text, args.json) {
                code = exit::ERROR;
            }
            text.clear();
        }
    }
    if !text.trim().is_empty() && !evaluate(ui, &mut session, &text, args.json) {
        code = exit::ERROR;
    }
    code
}

/// Gives names their values: those of the state where it has any, planned ones else. Works without a stack, too.
fn prepare(ui: Ui, session: &mut Session) {
    session.diagnostics.retain(|diagnostic| diagnostic.code != "CS0303");
    let state = session.store().map(|store| store.state().clone()).unwrap_or_default();
    plan::check(session, &state, &Options::default());
    for (address, record) in &state.records {
        let mut object = record.object.clone();
        object.extend(secrets(session, address, record));
        session.evaluator.set_instance(address, Value::object(object));
    }
    let errors: Vec<_> = session.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
    ui.diagnostics(&errors, &session.sources);
}

/// What an object has put into the vault: sensitive, and unknown where the vault cannot be read without the account.
fn secrets(session: &Session, address: &Address, record: &Record) -> Object {
    let names = kinds::local(&address.kind).map(|local| local.secrets()).unwrap_or_default();
    let secret = |name: &&str| {
        let stored = session.evaluator.secrets().stored(&secret_name(&record.id, name)).ok();
        let unknown = || Value::unknown(Type::String, Some(Origin::attribute(address, name)));
        ((*name).into(), stored.map_or_else(unknown, Value::string).into_sensitive())
    };
    names.iter().map(secret).collect()
}

/// Whether brackets are open or a heredoc has not ended, so that the next line belongs to the expression.
fn is_open(text: &str) -> bool {
    let mut depth = 0i32;
    let mut quoted = false;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '\n' => quoted = false,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    let heredoc = text.split_once("<<").map(|(_, rest)| rest.trim_start_matches('-')).and_then(|rest| {
        let (marker, body) = rest.split_once('\n')?;
        let named =
            !marker.is_empty() && marker.trim_end().chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        (named && !body.lines().any(|line| line.trim() == marker.trim_end())).then_some(())
    });
    depth > 0 || heredoc.is_some()
}

fn evaluate(ui: Ui, session: &mut Session, text: &str, as_json: bool) -> bool {
    let text = text.trim_end_matches('\n');
    let file = session.sources.add("<console>", text);
    let mut wrong = Vec::new();
    let parsed = syntax::parse_expression(file, text, 0, &mut wrong);
    let parsed = parsed.filter(|_| wrong.is_empty());
    let asked = parsed.as_ref().and_then(type_call);
    let value = match asked.or(parsed.as_ref()) {
        Some(expr) => eval::eval(expr, &session.evaluator),
        None => Err(wrong),
    };
    match value {
        Ok(value) if asked.is_some() && as_json => {
            ui.json(&display::describe(&value.ty()).into());
        }
        Ok(value) if asked.is_some() => ui.out(&format!("{}\n", display::describe(&value.ty()))),
        Ok(value) if as_json && value.is_sensitive_anywhere() => ui.json(&"(sensitive value)".into()),
        Ok(value) if as_json => ui.raw(&format!("{}\n", visible::json(&json::encode(&value)))),
        Ok(value) => ui.out(&format!("{}\n", display::display(&value))),
        Err(wrong) => {
            ui.diagnostics(&wrong, &session.sources);
            return false;
        }
    }
    true
}

/// The argument of `type(...)`, which only the console knows, and only as the whole of what is asked.
fn type_call(expr: &Expr) -> Option<&Expr> {
    match &*expr.node {
        Node::Call { name, args, expand: false, .. } if &**name == "type" && args.len() == 1 => args.first(),
        Node::Parens(inner) => type_call(inner),
        Node::Template(parts) => match parts.as_slice() {
            [Part::Interpolation(inner)] => type_call(inner),
            _ => None,
        },
        _ => None,
    }
}
