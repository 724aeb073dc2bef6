//! `timeouts` blocks: how long a step may take.

use std::time::Duration;

use crate::clock::duration;
use crate::diag::Diagnostic;
use crate::lang::ast::Expr;
use crate::lang::declare::Resource;
use crate::lang::eval::{Scope, eval};
use crate::plan::Action;

/// How long a step may take when the block does not say. Sources: Terraform's defaults, and acceptance runs that went
/// beyond them.
pub fn default(action: Action) -> Duration {
    Duration::from_secs(if action == Action::Update { 90 * 60 } else { 60 * 60 })
}

/// How long a block allows an action to take.
pub fn of(block: &Resource, action: Action, scope: &dyn Scope) -> Option<Duration> {
    let name = match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Read => "read",
        Action::Forget => return None,
    };
    read(block.meta.timeouts.get(name)?, scope).ok()?
}

/// Reports what is no duration.
pub fn check(block: &Resource, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) {
    for expr in block.meta.timeouts.values() {
        if let Err(mut wrong) = read(expr, scope) {
            diagnostics.append(&mut wrong);
        }
    }
}

fn read(expr: &Expr, scope: &dyn Scope) -> Result<Option<Duration>, Vec<Diagnostic>> {
    let value = eval(expr, scope)?;
    if value.is_null() || value.is_unknown() {
        return Ok(None);
    }
    let read = value.as_str().ok_or_else(|| "a timeout is a text".to_owned()).and_then(duration);
    read.map(Some).map_err(|why| {
        let why = if value.is_sensitive_anywhere() {
            "a timeout is no duration; it is sensitive and not shown".to_owned()
        } else {
            why
        };
        let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", format!("{why}."));
        vec![diagnostic.at(expr.span).help("Write how long it may take, such as \"90m\".")]
    })
}
