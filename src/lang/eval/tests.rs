use super::{Empty, eval};
use crate::diag::FileId;
use crate::lang::syntax::parse_expression;
use crate::value::display::display;

/// What an expression prints, or the codes of its mistakes.
fn show(text: &str) -> String {
    let mut diagnostics = Vec::new();
    let Some(expr) = parse_expression(FileId(0), text, 0, &mut diagnostics) else {
        return diagnostics.iter().map(|d| format!("{} {}", d.code, d.detail)).collect::<Vec<_>>().join("; ");
    };
    match eval(&expr, &Empty::default()) {
        Ok(value) => display(&value),
        Err(mistakes) => mistakes.iter().map(|d| format!("{} {}", d.code, d.detail)).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn first() {
    assert_eq!(show("1 + 2"), "3");
}
