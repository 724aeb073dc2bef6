//! `cachestack validate`

use std::collections::BTreeSet;

use crate::cli::args::Validate;
use crate::cli::exit;
use crate::cli::report::{publish, save};
use crate::cli::run::{Context, fail};
use crate::diag::gather::join;
use crate::diag::{Diagnostic, Severity, SourceMap, lint};
use crate::ops::{Failure, Loaded, Session, SessionOptions, plan};
use crate::plan::Options;
use crate::state::State;
use crate::ui::{Ui, json, report};

/// Checks a stack offline, for every environment unless one is named.
pub fn run(context: &Context, args: &Validate) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &Validate) -> Result<u8, Failure> {
    let every = context.named(&args.stack.inputs).is_empty();
    let (loaded, environments) = context.environments(ui, &args.stack, every)?;
    let check = |options: SessionOptions| {
        let mut session = Session::of(&loaded, &SessionOptions { commands: false, values: false, ..options });
        plan::check(&mut session, &State::default(), &Options::default());
        session
    };
    let mut sessions: Vec<Session> = environments.into_iter().map(check).collect();
    if every {
        tell_idle(&mut sessions);
    }
    let (found, sources) = join(sessions.iter().map(Session::found).collect());
    files(context, args, &loaded, &sessions, (&found, &sources))?;
    let names: Vec<&str> = sessions.iter().map(|session| &*session.environment.name).collect();
    Ok(tell(ui, &found, &sources, &names))
}

/// Tells of remarks that let nothing pass in any environment. Where something is wrong, or a value of a variable is
/// missing, rules may have been silent.
fn tell_idle(sessions: &mut [Session]) {
    let silent = |session: &Session| {
        session.has_errors() || session.evaluator.names().0.module.variables.values().any(|one| one.default.is_none())
    };
    if sessions.iter().any(silent) {
        return;
    }
    let of = |session: &Session| session.environment.lints.idle().collect::<BTreeSet<_>>();
    let idle = sessions.iter().map(of).reduce(|all, one| all.intersection(&one).copied().collect());
    for session in sessions {
        session.report(idle.iter().flatten().map(|(code, at)| lint::idle(code, *at)).collect());
    }
}

/// Writes the reports that are wanted.
fn files(
    context: &Context,
    args: &Validate,
    loaded: &Loaded,
    sessions: &[Session],
    (found, sources): (&[Diagnostic], &SourceMap),
) -> Result<(), Failure> {
    let findings = report::findings(found, sources);
    // What has no place is told of the first file.
    let first = sources.files().next().map_or("main.hcl", |(_, source)| source.path.as_ref()).to_owned();
    if let Some(file) = &args.sarif {
        save(context, file, &format!("{:#}\n", report::sarif::document(&findings, &first)))?;
    }
    if let Some(file) = &args.code_quality {
        save(context, file, &format!("{:#}\n", report::code_quality::document(&findings, &first)))?;
    }
    if let Some(file) = &args.junit {
        let of = |session: &Session| report::findings(&session.diagnostics, &session.sources);
        let suites: Vec<_> = sessions.iter().map(|session| (&*session.environment.name, of(session))).collect();
        let text = report::junit::document(&suites).map_err(|error| Failure::Error(error.to_string()))?;
        save(context, file, &text)?;
    }
    publish(context, None, &format!("Validation of {}", loaded.name()), &[], &[], &findings)
}

fn tell(ui: Ui, diagnostics: &[Diagnostic], sources: &SourceMap, environments: &[&str]) -> u8 {
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
