//! What becomes of several instances of one block in the same way, told once.

use anstyle::Style;

use crate::address::Address;
use crate::diag::visible;
use crate::kind::Impact;
use crate::plan::{Action, Step};
use crate::ui::Ui;

/// From so many on they are told together.
const MANY: usize = 3;

/// So many of them are named.
const NAMED: usize = 6;

/// What is told of one instance.
pub struct Told<'a> {
    /// Its step; of a replacement the half that makes.
    pub step: &'a Step,
    /// What becomes of it.
    pub words: String,
    /// What differs.
    pub body: String,
    /// The calls.
    pub calls: String,
}

impl Told<'_> {
    /// What is the same in all that are told together; none for what is always told alone: what is made, and what holds
    /// something that is lost.
    fn kind(&self) -> Option<(Address, &str, &str, &str)> {
        let body = match self.step.action {
            Action::Update => &*self.body,
            Action::Delete | Action::Forget if self.step.counts_as() < Impact::DataLoss => "",
            _ => return None,
        };
        Some((self.step.address.block(), &self.words, body, &self.calls))
    }

    fn alone(&self, ui: Ui) -> String {
        let address = ui.paint(Style::new().bold(), &self.step.address.to_string());
        format!("  # {address} {}\n{}{}\n", self.words, self.body, self.calls)
    }
}

/// The texts of all, in the order of the first of each; with everything in full, each has its own.
pub fn gathered(ui: Ui, all: Vec<Told>) -> Vec<String> {
    let mut groups: Vec<Vec<&Told>> = Vec::new();
    for told in &all {
        let like = |group: &&mut Vec<&Told>| !ui.full && told.kind().is_some() && group[0].kind() == told.kind();
        match groups.iter_mut().find(like) {
            Some(group) => group.push(told),
            None => groups.push(vec![told]),
        }
    }
    let text = |group: &Vec<&Told>| match group.len() {
        few if few < MANY => group.iter().map(|told| told.alone(ui)).collect(),
        _ => together(ui, group),
    };
    groups.iter().map(text).collect()
}

fn together(ui: Ui, group: &[&Told]) -> String {
    let first = group[0];
    let names = group.iter().take(NAMED).map(|told| name(told.step)).collect::<Vec<_>>().join(", ");
    let more = if group.len() > NAMED { format!(" and {} more", group.len() - NAMED) } else { String::new() };
    let block = ui.paint(Style::new().bold(), &first.step.address.block().to_string());
    let body = if first.step.action == Action::Update { &*first.body } else { "" };
    format!("  # {} of {block} {}: {names}{more}\n{body}{}\n", group.len(), first.words, first.calls)
}

/// What tells an instance from the others of its block.
fn name(step: &Step) -> String {
    let id = step.id.as_deref().map(|id| format!("\"{}\"", visible::line(id)));
    id.unwrap_or_else(|| step.address.to_string())
}
