//! The literals of each sort of argument, and what else makes an expression of a sort.

use std::collections::HashMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../../../tests/oracle/differential/literals.txt");

/// The literals of a sort.
#[derive(Default)]
pub struct Literals {
    /// Those that do.
    pub good: Vec<&'static str>,
    /// Those that mostly fail.
    pub odd: Vec<&'static str>,
}

static LITERALS: LazyLock<HashMap<&'static str, Literals>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Literals> = HashMap::new();
    let mut sort = "";
    for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let header = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        match header
            .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        {
            Some(name) => sort = name,
            _ => match line.strip_prefix("~ ") {
                Some(odd) => all.entry(sort).or_default().odd.push(odd),
                None => all.entry(sort).or_default().good.push(line),
            },
        }
    }
    all
});

/// The literals of a sort.
pub fn literals(sort: &str) -> &'static Literals {
    LITERALS.get(sort).unwrap_or_else(|| panic!("there is no sort {sort:?}"))
}

/// Shapes that yield an expression of a sort; none for a sort that only literals have.
pub fn shapes(sort: &str) -> &'static [&'static str] {
    match sort {
        "finite" => &["length({list})", "({finite} + {finite})", "({finite} * 3)", "floor({finite})", "-{finite}"],
        "full" => &["[{any}]", "[{any}, {any}]", "concat([{any}], {list})", "[{string}, {number}]"],
        "strings" => &[
            "[{string}, {string}]",
            "split({letter}, {string})",
            "keys({object})",
            "[for v in {list} : jsonencode(v)]",
            "formatlist(\"<%s>\", {strings})",
            "reverse({strings})",
        ],
        "numbers" => &["[{finite}, {finite}]", "[for v in {full} : 2]", "range(1, 4)", "tolist([{finite}])"],
        "bools" => &["[{bool}, {bool}]", "[for v in {strings} : v == \"a\"]"],
        "set" => &["toset({strings})", "toset({numbers})"],
        "map" => {
            &["tomap({ a = {string} })", "{ a = {string}, b = {string} }", "{ for v in toset({strings}) : v => v }"]
        }
        "fields" => &["{ a = {any}, b = {any}, name = {any} }", "merge({fields}, { a = {any} })"],
        _ => &[],
    }
}

/// What is unknown of a sort.
pub fn unknowns(sort: &str) -> &'static [&'static str] {
    match sort {
        "number" | "finite" | "positive" | "whole" | "small" | "bits" | "base" | "cost" | "radix" => {
            &["local.un", "local.un", "local.ud"]
        }
        "bool" => &["local.ub"],
        "list" | "strings" | "full" => &["local.ul", "local.ut", "local.ue", "local.ud"],
        "numbers" => &["[local.un, 1]"],
        "bools" => &["[local.ub, true]"],
        "set" => &["local.ue"],
        "object" | "map" | "fields" | "lists" => &["local.um", "local.uo", "local.ud"],
        "any" => &["local.ud", "local.us", "local.ut", "local.uo", "local.ux", "local.ul"],
        _ => &["local.us", "local.ux"],
    }
}
