//! The differences that are meant, with their reasons.

use regex::Regex;

const TEXT: &str = include_str!("../../../../tests/oracle/disagreements.txt");

/// A listed difference: what the expression, Terraform's result and ours look like.
pub struct Listed {
    expression: Regex,
    terraform: Regex,
    here: Regex,
}

impl Listed {
    /// Whether it is this difference.
    pub fn covers(&self, expr: &str, theirs: &str, ours: &str) -> bool {
        self.expression.is_match(expr) && self.terraform.is_match(theirs) && self.here.is_match(ours)
    }
}

/// The paragraphs of the list; the comment above each is its reason.
pub fn listed() -> Vec<Listed> {
    let paragraphs = TEXT.split("\n\n").filter(|text| text.lines().any(|line| !line.starts_with('#')));
    let pattern = |paragraph: &str, name: &str| {
        let text = paragraph.lines().find_map(|line| line.strip_prefix(name)).unwrap_or(".*");
        Regex::new(&format!("(?s){}", text.trim())).unwrap_or_else(|error| panic!("{paragraph}: {error}"))
    };
    let entries = paragraphs.map(|paragraph| {
        assert!(paragraph.starts_with('#'), "a difference without its reason: {paragraph}");
        Listed {
            expression: pattern(paragraph, "expression:"),
            terraform: pattern(paragraph, "terraform:"),
            here: pattern(paragraph, "here:"),
        }
    });
    entries.collect()
}
