//! Kinds and attributes for a terminal.

use super::{Page, Row};
use crate::schema::{Mode, Update};
use crate::ui::Ui;

/// A kind: what one has to write, may write, and is told.
pub fn page(ui: Ui, page: &Page) -> String {
    let mut out = format!("{}\n\n{}\n", ui.paint(crate::ui::name(), &page.head), page.doc);
    if let Some(terraform) = page.terraform {
        out.push_str(&format!("Terraform's name: {terraform}\n"));
    }
    page.remarks.iter().for_each(|remark| out.push_str(&format!("{remark}\n")));
    let sections: [(&str, &[Mode]); 3] = [
        ("Required", &[Mode::Required]),
        ("Optional", &[Mode::Optional, Mode::OptionalComputed]),
        ("Computed", &[Mode::Computed]),
    ];
    for (title, modes) in sections {
        let of = |row: &&Row| modes.contains(&row.mode) && !row.path.contains('.');
        let rows: Vec<&Row> = page.rows.iter().filter(of).collect();
        if !rows.is_empty() {
            out.push_str(&format!("\n{title}\n{}", list(&rows)));
        }
    }
    for (title, actions) in [("to plan", &page.permissions.0), ("to change", &page.permissions.1)] {
        if !actions.is_empty() {
            out.push_str(&format!("\nPermissions {title}\n  {}\n", actions.join("\n  ")));
        }
    }
    out.push_str(&format!("\nMore of one: cachestack explain {}.NAME\n", spelled(page)));
    out
}

/// As `explain` takes it.
fn spelled(page: &Page) -> String {
    page.head.replace("data \"", "data.").replace('"', "")
}

/// What a change of it takes, as a line.
fn change(row: &Row) -> String {
    let line = match row.update {
        None => return String::new(),
        Some(Update::InPlace) if row.impacts.is_empty() => "changes in place".to_owned(),
        Some(Update::InPlace) => format!("changes in place; impact {}", row.impacts.join(" or ")),
        Some(Update::Replace) => "a change takes a new object".to_owned(),
        Some(Update::Local) if let Some(other) = row.sent_as => format!("a change is sent as one of {other}"),
        Some(Update::Local) => "steers cachestack; a change sends nothing by itself".to_owned(),
    };
    format!("  {line}\n")
}

fn list(rows: &[&Row]) -> String {
    let width = rows.iter().map(|row| row.path.len()).max().unwrap_or(0);
    let told = |row: &Row| if row.doc.is_empty() { row.ty.clone() } else { row.doc.to_owned() };
    rows.iter().map(|row| format!("  {:width$}  {}\n", row.path, told(row))).collect()
}

/// An attribute, and what is in it when it is a block.
pub fn attribute(ui: Ui, page: &Page, path: &str) -> Option<String> {
    let row = page.rows.iter().find(|row| row.path == path)?;
    let head = format!("{}.{}", spelled(page), row.path);
    let doc = if row.doc.is_empty() { String::new() } else { format!("{}\n\n", row.doc) };
    let mut out = format!("{}\n\n{doc}", ui.paint(crate::ui::name(), &head));
    out.push_str(&format!("  {}, {}\n", row.ty, row.mode()));
    out.push_str(&change(row));
    row.facts.iter().for_each(|fact| out.push_str(&format!("  {fact}\n")));
    let inner = format!("{path}.");
    let within: Vec<&Row> = page.rows.iter().filter(|row| row.path.starts_with(&inner)).collect();
    if !within.is_empty() {
        out.push_str(&format!("\nIn it\n{}", list(&within)));
    }
    Some(out)
}
