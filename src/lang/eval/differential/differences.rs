//! The table of differences in the documentation is true, on both sides.

use super::oracle::Workshop;

const PAGE: &str = include_str!("../../../../docs/language-differences.md");

/// The cells of the last table: expression, what is printed here, what Terraform prints.
fn rows() -> Vec<[String; 3]> {
    let table = PAGE.split("## Side by side").nth(1).expect("the table");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let cell = |cell: &str| cell.trim().trim_matches('`').replace("\\|", "|");
    rows.map(|row| {
        let cells: Vec<String> = row.trim_matches('|').split(" | ").map(cell).collect();
        cells.try_into().unwrap_or_else(|_| panic!("three cells: {row}"))
    })
    .collect()
}

/// A result on one line, without the comma behind the last element.
fn flat(shown: Option<String>) -> String {
    let Some(shown) = shown else { return "a mistake".to_string() };
    shown.split_whitespace().collect::<String>().replace(",]", "]").replace("(knownafterapply)", "(known after apply)")
}

#[test]
fn the_table_of_differences_is_true() {
    let workshop = Workshop::new();
    let mut scope = workshop.scope();
    scope.settings.eager = false;
    let there = workshop.console("1").is_some();
    let rows = rows();
    assert!(rows.len() > 8);
    for [expr, here, terraform] in rows {
        assert_eq!(flat(workshop.ours(&expr, &scope).map(|(value, _)| value)), here, "{expr}");
        if there {
            assert_eq!(flat(workshop.console(&expr)), terraform, "{expr} in Terraform");
        }
    }
    if !there {
        super::skip("the_table_of_differences_is_true (Terraform's side)");
    }
}
