//! Where reports go: into files that are named, and to the pipeline that the program runs in.

use std::path::Path;

use crate::cli::run::Context;
use crate::cli::spared;
use crate::ops::Failure;
use crate::plan::Plan;
use crate::ui::environments::Row;
use crate::ui::report::markdown::{self, Section};
use crate::ui::report::{Finding, github, write};
use crate::ui::{self, Ui};

/// Writes a report in Markdown where one is wanted: into a file, into the summary of the step.
///
/// # Errors
/// It cannot be written.
pub fn publish(
    context: &Context,
    file: Option<&Path>,
    title: &str,
    columns: &[&str],
    sections: &[Section],
    findings: &[Finding],
) -> Result<(), Failure> {
    if file.is_none() && !github::is_here() {
        return Ok(());
    }
    let text = markdown::document(title, columns, sections, findings);
    if let Some(file) = file {
        save(context, file, &text)?;
    }
    github::summarize(&text).map_err(Failure::Error)
}

/// An environment with its plan: the impact first, then what stands against it.
pub fn of_plan(row: &Row, place: &str, error: Option<String>) -> Section {
    let name = row.environment;
    let lead = |plan: &Plan| {
        let blocked = plan.against().into_iter().map(|why| format!("BLOCKED {why}."));
        ui::plan::summary(Ui::plain(), plan).lines().map(str::to_owned).chain(blocked).collect()
    };
    Section {
        environment: name.to_owned(),
        cells: row.cells().to_vec(),
        lead: row.plan.map(lead).unwrap_or_default(),
        error,
        text: row.plan.map(|plan| ui::plan::render(Ui::plain(), plan, name, place)).unwrap_or_default(),
    }
}

/// Writes a report into a file that was named.
///
/// # Errors
/// It cannot be written.
pub fn save(context: &Context, file: &Path, text: &str) -> Result<(), Failure> {
    spared::check(file).map_err(Failure::Error)?;
    write(&context.path(file), text).map_err(Failure::Error)
}
