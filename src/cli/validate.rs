//! `cachestack validate`

use crate::cli::args::Validate;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::diag::gather::gather;
use crate::diag::{Diagnostic, Severity, SourceMap};
use crate::ops::{Failure, Session, plan};
use crate::plan::Options;
use crate::state::State;
use crate::ui::{Ui, json};

/// Checks a stack offline, for every environment unless one is named.
pub fn run(context: &Context, args: &Validate) -> u8 {
    let ui = context.ui(args.json);
    match check(context, args) {
        Ok((diagnostics, sources, environments)) => report(ui, &diagnostics, &sources, &environments),
        Err(failure) => fail(ui, &failure),
    }
}

fn check(context: &Context, args: &Validate) -> Result<(Vec<Diagnostic>, SourceMap, Vec<String>), Failure> {
    let (_, options) = context.open(&args.stack)?;
    let mut environments = match &options.environment {
        Some(name) => vec![Some(name.clone())],
        None => Session::environments(&options).into_iter().map(Some).collect(),
    };
    if environments.is_empty() {
        environments.push(None);
    }
    let mut found: Vec<(String, Diagnostic)> = Vec::new();
    let mut sources = SourceMap::default();
    let mut names = Vec::new();
    for environment in environments {
        let mut options = options.clone();
        options.environment = environment;
        options.commands = false;
        let mut session = Session::open(&options);
        plan::check(&mut session, &State::default(), &Options::default());
        let name = session.environment.name.to_string();
        // Every environment reads the same files first, so the places stay true.
        found.extend(session.diagnostics.into_iter().map(|diagnostic| (name.clone(), diagnostic)));
        names.push(name);
        sources = session.sources;
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = found.iter().map(|(name, diagnostic)| (name.as_str(), diagnostic.clone())).collect();
    let mut found = gather(found, &all);
    crate::diag::sort(&mut found);
    Ok((found, sources, names))
}

fn report(ui: Ui, diagnostics: &[Diagnostic], sources: &SourceMap, environments: &[String]) -> u8 {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if ui.json {
        ui.json(&json::validation(diagnostics, sources));
    } else {
        ui.diagnostics(diagnostics, sources);
        let names = environments.join(", ");
        let warned = if warnings > 0 {
            format!(", {warnings} warning{}", if warnings == 1 { "" } else { "s" })
        } else {
            String::new()
        };
        match errors {
            0 => ui.out(&format!("The stack is valid (environments: {names}{warned}).\n")),
            _ => ui.err(&format!("{errors} error{}{warned}.", if errors == 1 { "" } else { "s" })),
        }
    }
    if errors == 0 { exit::OK } else { exit::ERROR }
}
