//! Kinds as pages of the documentation.

use super::{Page, Row};
use crate::schema::Update;

/// The page of a kind or look-up.
pub fn page(page: &Page) -> String {
    let mut out = format!("# {}\n\n{}", page.head, page.doc);
    if let Some(terraform) = page.terraform {
        out.push_str(&format!(" Terraform's name is `{terraform}`."));
    }
    out.push('\n');
    if !page.remarks.is_empty() {
        out.push('\n');
    }
    page.remarks.iter().for_each(|remark| out.push_str(&format!("- {remark}\n")));
    if page.rows.iter().any(|row| !row.impacts.is_empty()) {
        out.push_str(
            "\nBehind `in place` stands what such a change may do to clients, as plans of many random changes had it; where \
             nothing stands, none had it. The plan says which it is.\n",
        );
    }
    out.push_str("\n| attribute | type | who gives it | a change takes | |\n| --- | --- | --- | --- | --- |\n");
    page.rows.iter().for_each(|row| out.push_str(&line(row)));
    for (title, actions) in [("to plan", &page.permissions.0), ("to make, change and delete", &page.permissions.1)] {
        if !actions.is_empty() {
            let actions: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
            out.push_str(&format!("\nPermissions {title}: {}.\n", actions.join(", ")));
        }
    }
    out
}

fn line(row: &Row) -> String {
    let facts: String = row.facts.iter().map(|fact| format!(" {}.", capital(fact))).collect();
    let cells = [
        format!("`{}`", row.path),
        format!("`{}`", row.ty),
        row.mode().to_owned(),
        change(row),
        format!("{}{facts}", row.doc),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('<', "&lt;")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// What a change of it takes.
fn change(row: &Row) -> String {
    match row.update {
        None => String::new(),
        Some(Update::InPlace) if row.impacts.is_empty() => "in place".to_owned(),
        Some(Update::InPlace) => format!("in place: {}", row.impacts.join(", ")),
        Some(Update::Replace) => "a new object".to_owned(),
        Some(Update::Local) if let Some(other) = row.sent_as => format!("as `{other}`"),
        Some(Update::Local) => "nothing in AWS".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
