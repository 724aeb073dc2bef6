//! `cachestack drift`

use serde_json::json;

use crate::cli::args::DriftArgs;
use crate::cli::plan::told_apart;
use crate::cli::run::{Context, explain, fail};
use crate::cli::{exit, report, signals};
use crate::diag::gather::join;
use crate::ops::drift::{Found, find};
use crate::ops::{Failure, Session};
use crate::ui::environments::columns;
use crate::ui::live::Reading;
use crate::ui::report::findings;
use crate::ui::report::markdown::Section;
use crate::ui::{self, Ui};

/// An environment, and what was found there.
struct Looked {
    session: Session,
    found: Result<Found, Failure>,
}

impl Looked {
    fn code(&self) -> u8 {
        match &self.found {
            Ok(found) if found.all().next().is_none() => exit::OK,
            Ok(_) => exit::DIFFERENCES,
            Err(failure) => explain(failure).1,
        }
    }

    fn cells(&self) -> [String; 5] {
        let name = self.session.environment.name.to_string();
        let result = match self.code() {
            exit::OK => "no drift",
            exit::DIFFERENCES => "drift",
            exit::REFUSED => "refused",
            _ => "error",
        };
        match &self.found {
            Ok(found) => {
                let counts =
                    [found.all().count(), found.ignored.len(), found.unapplied.len()].map(|count| count.to_string());
                let [drifted, ignored, unapplied] = counts;
                [name, drifted, ignored, unapplied, result.to_owned()]
            }
            Err(_) => [name, "-".to_owned(), "-".to_owned(), "-".to_owned(), result.to_owned()],
        }
    }
}

const COLUMNS: [&str; 5] = ["Environment", "Drifted", "Ignored", "Not applied yet", "Result"];

/// Shows what others have changed. Reads only.
pub async fn run(context: &Context, args: &DriftArgs) -> u8 {
    let ui = context.ui(args.messages.json);
    if let Err(failure) = context.beside(args.messages.json_into.as_deref()) {
        return fail(ui, &failure);
    }
    signals::listen(ui);
    look(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn look(context: &Context, ui: Ui, args: &DriftArgs) -> Result<u8, Failure> {
    let (loaded, environments) = context.environments(ui, &args.stack, args.all)?;
    let reading = Reading::begin(ui);
    let looked = super::several::at_once(&loaded, environments, |session, runtime| {
        let found = runtime.block_on(find(session));
        session.report(Vec::new());
        found
    })
    .await;
    drop(reading);
    let looked: Vec<Looked> = looked.into_iter().map(|(session, found)| Looked { session, found }).collect();
    let (found, sources) = join(looked.iter().map(|one| one.session.found()).collect());
    match &looked[..] {
        [one] => {
            let ui = told_apart(ui, &loaded, &one.session);
            ui.diagnostics(&found, &sources);
            tell(ui, one);
        }
        several => {
            if ui.streams() {
                let diagnostics: Vec<_> = found.iter().map(|one| ui::json::diagnostic_body(one, &sources)).collect();
                let environments: Vec<_> = several.iter().map(|one| document(ui, one)).collect();
                ui.document(
                    &json!({ "format_version": "1.0", "environments": environments, "diagnostics": diagnostics }),
                );
            }
            if !ui.json {
                let ui = ui.without_stream();
                ui.diagnostics(&found, &sources);
                several.iter().for_each(|one| tell(ui.of(&one.session.environment.name), one));
                let rows: Vec<[String; 5]> = several.iter().map(Looked::cells).collect();
                ui.say(&format!("\n{}", columns(&COLUMNS, &rows, |column| (1..=3).contains(&column))));
            }
        }
    }
    let sections: Vec<Section> = looked.iter().map(section).collect();
    let title = format!("Drift of {}", loaded.name());
    let findings = findings(&found, &sources);
    report::publish(context, args.markdown.as_deref(), &title, &COLUMNS, &sections, &findings)?;
    Ok(exit::worst(looked.iter().map(Looked::code)))
}

fn tell(ui: Ui, one: &Looked) {
    match &one.found {
        Ok(found) => {
            let name = &one.session.environment.name;
            ui.stream(|| ui::drift::lines(found, name));
            ui.say(&ui::drift::render(ui, found, name));
        }
        Err(failure) => drop(fail(ui, failure)),
    }
}

fn document(ui: Ui, one: &Looked) -> serde_json::Value {
    let name = &*one.session.environment.name;
    let error = one.found.as_ref().err().and_then(|failure| explain(failure).0);
    let messages = one.found.as_ref().map(|found| ui::drift::lines(found, name)).unwrap_or_default();
    let messages: Vec<_> = messages.into_iter().map(|line| ui.stamped(line)).collect();
    let [_, drifted, ignored, unapplied, result] = one.cells();
    json!({
        "environment": name, "exit_code": one.code(), "result": result, "error": error, "messages": messages,
        "drifted": drifted.parse::<u64>().ok(), "ignored": ignored.parse::<u64>().ok(),
        "unapplied": unapplied.parse::<u64>().ok(),
    })
}

fn section(one: &Looked) -> Section {
    let text = one.found.as_ref().map(|found| ui::drift::render(Ui::plain(), found, &one.session.environment.name));
    Section {
        environment: one.session.environment.name.to_string(),
        cells: one.cells().to_vec(),
        lead: one.found.iter().flat_map(Found::all).map(|drift| drift.address.to_string()).collect(),
        error: one.found.as_ref().err().and_then(|failure| explain(failure).0),
        text: text.unwrap_or_default(),
    }
}
