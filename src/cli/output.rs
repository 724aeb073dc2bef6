//! `cachestack output`

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::cli::args::{Output, StackArgs};
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::ops::{Failure, Session};
use crate::ui::{self, Ui, value};
use crate::value::{Value, json::to_json};

/// Shows the outputs of the last apply.
pub fn run(context: &Context, args: &Output) -> u8 {
    let ui = context.ui(false);
    show(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

/// The directory that stands where a name may.
fn directory(context: &Context, session: &Session, name: Option<&String>) -> Result<Option<PathBuf>, Failure> {
    let Some(name) = name.filter(|name| context.path(Path::new(name)).is_dir()) else { return Ok(None) };
    let is_output = session.store()?.state().outputs.contains_key(name);
    Ok((!is_output).then(|| PathBuf::from(name)))
}

fn show(context: &Context, ui: Ui, args: &Output) -> Result<u8, Failure> {
    let mut name = args.name.as_ref();
    let mut session = context.open_inputs(ui, &args.inputs)?;
    // Other commands take a directory here. What is no output and is one, is meant as one.
    if let Some(directory) = directory(context, &session, name)? {
        session = context.open(ui, &StackArgs { stack: Some(directory), inputs: args.inputs.clone() })?;
        name = None;
    }
    let store = session.kept()?;
    let outputs = &store.state().outputs.clone();
    let Some(name) = name else {
        if args.raw {
            return Err(Failure::Error("--raw wants the name of one output".to_owned()));
        }
        if args.json {
            ui.pretty(&outputs.iter().map(|(name, output)| (name.clone(), entry(output))).collect());
            return Ok(exit::OK);
        }
        let width = outputs.keys().map(String::len).max().unwrap_or(0);
        for (name, output) in outputs {
            let shown = output.as_ref().map_or_else(|| value::SENSITIVE.to_owned(), |output| value::whole(output, 0));
            ui.out(&format!("{} = {shown}\n", ui.paint(ui::name(), &format!("{name:width$}"))));
        }
        if outputs.is_empty() {
            ui.err("No outputs: the stack declares none, or has not been applied in this environment.");
        }
        return Ok(exit::OK);
    };
    let Some(output) = outputs.get(name) else {
        let known = outputs.keys().cloned().collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() {
            "there are none yet; apply the stack first".to_owned()
        } else {
            format!("there are: {known}")
        };
        return Err(Failure::Error(format!("there is no output `{name}`; {known}")));
    };
    let Some(output) = output else {
        return Err(Failure::Error(format!(
            "output `{name}` is sensitive, and sensitive values are not kept in the state"
        )));
    };
    match (args.json, args.raw) {
        (true, _) => ui.json(&to_json(output)),
        (_, true) => ui.raw(&raw(name, output)?),
        _ => ui.out(&format!("{}\n", value::whole(output, 0))),
    }
    Ok(exit::OK)
}

fn entry(output: &Option<Value>) -> Json {
    match output {
        Some(value) => json!({ "sensitive": false, "type": value.ty().to_string(), "value": to_json(value) }),
        None => json!({ "sensitive": true, "value": null }),
    }
}

/// The bare text, for another program.
fn raw(name: &str, output: &Value) -> Result<String, Failure> {
    match &output.data {
        crate::value::Data::String(text) => Ok(text.to_string()),
        crate::value::Data::Number(number) => Ok(number.to_string()),
        crate::value::Data::Bool(truth) => Ok(truth.to_string()),
        _ => Err(Failure::Error(format!("output `{name}` is not a text, a number or a bool; use --json"))),
    }
}
