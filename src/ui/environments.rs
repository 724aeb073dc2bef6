//! Several environments at a glance: a table for people, and one document for programs.

use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use crate::plan::Plan;

/// What came of an environment.
#[derive(Debug)]
pub struct Row<'a> {
    /// Its name.
    pub environment: &'a str,
    /// Its plan, where one could be made.
    pub plan: Option<&'a Plan>,
    /// What it came to, in a word or two: `no changes`.
    pub result: String,
    /// The exit code that it would have had alone.
    pub code: u8,
}

impl Row<'_> {
    /// Its cells under [`COLUMNS`].
    pub fn cells(&self) -> [String; 6] {
        let name = self.environment.to_owned();
        let Some(plan) = self.plan else {
            let none = || "-".to_owned();
            return [name, none(), none(), none(), none(), self.result.clone()];
        };
        let counts = plan.counts();
        let number = |number: usize| number.to_string();
        [
            name,
            number(counts.add),
            number(counts.change),
            number(counts.destroy),
            plan.impact().word().to_owned(),
            self.result.clone(),
        ]
    }
}

/// The headings of the columns.
pub const COLUMNS: [&str; 6] = ["Environment", "Add", "Change", "Destroy", "Impact", "Result"];

/// Environments in rows, in lines of equal columns; numbers stand to the right.
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 6]> = rows.iter().map(Row::cells).collect();
    columns(&COLUMNS, &cells, |column| (1..=3).contains(&column))
}

/// Lines of equal columns, without blanks at their ends.
pub fn columns<const N: usize>(heading: &[&str; N], rows: &[[String; N]], is_number: impl Fn(usize) -> bool) -> String {
    let lines: Vec<[&str; N]> =
        std::iter::once(*heading).chain(rows.iter().map(|row| row.each_ref().map(String::as_str))).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].width()).max().unwrap_or(0);
    let cell = |column: usize, text: &str| {
        let gap = " ".repeat(width(column) - text.width());
        if is_number(column) { format!("{gap}{text}") } else { format!("{text}{gap}") }
    };
    let line = |line: &[&str; N]| {
        let cells: Vec<String> = line.iter().enumerate().map(|(column, text)| cell(column, text)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

/// A row as JSON, with what would be streamed of it alone.
pub fn json(row: &Row, error: Option<&str>, messages: Vec<Json>) -> Json {
    let mut document = json!({
        "environment": row.environment,
        "result": row.result,
        "exit_code": row.code,
        "error": error,
        "changes": null,
        "impact": null,
    });
    if let Some(plan) = row.plan {
        let counts = plan.counts();
        document["changes"] = json!({
            "import": counts.import, "add": counts.add, "change": counts.change, "remove": counts.destroy,
            "forget": counts.forget, "unchanged": plan.unchanged,
        });
        document["impact"] = plan.impact().word().into();
    }
    document["messages"] = messages.into();
    document
}
