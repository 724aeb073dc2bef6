//! What becomes of several instances of one block in the same way, told once.

use std::collections::BTreeMap;

use anstyle::Style;

use crate::address::Address;
use crate::diag::visible;
use crate::kind::Impact;
use crate::plan::{Action, Reason, Step};
use crate::ui::Ui;

/// From so many on they are told together.
const MANY: usize = 3;

/// So many of them are named.
const NAMED: usize = 6;

/// The most characters of values that stand in one line.
const LINE_MAX: usize = 72;

/// What is told of one instance.
pub struct Told<'a> {
    /// Its step; of a replacement the half that makes.
    pub step: &'a Step,
    /// What becomes of it.
    pub words: String,
    /// How its block begins; nothing where none is shown.
    pub head: String,
    /// Its attributes.
    pub lines: Vec<Line>,
    /// How its block ends.
    pub tail: String,
    /// The calls.
    pub calls: String,
}

/// An attribute.
pub struct Line {
    /// As it is told alone: a line or more.
    pub text: String,
    /// What stands before its value.
    pub label: String,
    /// Its value, in a line.
    pub value: String,
}

/// What is the same in all that are told together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'a> {
    block: Address,
    words: &'a str,
    parts: Vec<&'a str>,
    calls: &'a str,
}

impl Told<'_> {
    /// How it is like others; none for what is always told alone: what is made in the place of something, and what holds
    /// something that is lost. What is made may differ in its values.
    fn likeness(&self) -> Option<Likeness<'_>> {
        let of = |line: fn(&Line) -> &String| {
            let lines = self.lines.iter().map(move |one| line(one).as_str());
            [&*self.head].into_iter().chain(lines).chain([&*self.tail]).collect()
        };
        let parts = match self.step.action {
            Action::Update => of(|line| &line.text),
            Action::Create if !matches!(self.step.reason, Reason::Replaced { .. }) => of(|line| &line.label),
            Action::Delete | Action::Forget if self.step.counts_as() < Impact::DataLoss => Vec::new(),
            _ => return None,
        };
        Some(Likeness { block: self.step.address.block(), words: &self.words, parts, calls: &self.calls })
    }

    fn alone(&self, ui: Ui) -> String {
        let address = ui.paint(Style::new().bold(), &self.step.address.to_string());
        let lines: String = self.lines.iter().map(|line| &*line.text).collect();
        format!("  # {address} {}\n{}{lines}{}{}\n", self.words, self.head, self.tail, self.calls)
    }
}

/// The texts of all, in the order of the first of each; with everything in full, each has its own.
pub fn gathered(ui: Ui, all: Vec<Told>) -> Vec<String> {
    let mut groups: Vec<Vec<&Told>> = Vec::new();
    let mut places: BTreeMap<Likeness, usize> = BTreeMap::new();
    for told in &all {
        let likeness = if ui.full { None } else { told.likeness() };
        match likeness.map(|likeness| *places.entry(likeness).or_insert(groups.len())) {
            Some(place) if place < groups.len() => groups[place].push(told),
            _ => groups.push(vec![told]),
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
    let block = ui.paint(Style::new().bold(), &first.step.address.block().to_string());
    let names: Vec<String> = group.iter().map(|told| name(told.step)).collect();
    let body = match first.step.action {
        Action::Update | Action::Create => {
            let lines: String = (0..first.lines.len()).map(|at| line(group, at)).collect();
            format!("{}{lines}{}", first.head, first.tail)
        }
        _ => String::new(),
    };
    let (count, words, calls) = (group.len(), &first.words, &first.calls);
    format!("  # {count} of {block} {words}: {}\n{body}{calls}\n", some(&names, usize::MAX))
}

/// An attribute of all of a group: the values where they differ.
fn line(group: &[&Told], at: usize) -> String {
    let first = &group[0].lines[at];
    if group.iter().all(|told| told.lines[at].text == first.text) {
        return first.text.clone();
    }
    let mut values: Vec<String> = group.iter().map(|told| told.lines[at].value.clone()).collect();
    values.dedup();
    format!("{} = {}\n", first.label, some(&values, LINE_MAX))
}

/// The first of many words, in so many characters, and how many more there are.
fn some(words: &[String], most: usize) -> String {
    let mut length = 0;
    let fits = |word: &&String| {
        length += word.chars().count() + 2;
        length <= most
    };
    let shown = words.iter().take(NAMED).take_while(fits).count();
    match (words.len() - shown, shown) {
        (0, _) => words.join(", "),
        (more, 0) => format!("({more} values)"),
        (more, _) => format!("{} and {more} more", words[..shown].join(", ")),
    }
}

/// What tells an instance from the others of its block.
fn name(step: &Step) -> String {
    let (whole, block) = (step.address.to_string(), step.address.block().to_string());
    let key = whole.strip_prefix(&*block).filter(|key| !key.is_empty());
    let id = step.id.as_deref().map(|id| format!("\"{}\"", visible::line(id)));
    id.or_else(|| key.map(str::to_owned)).unwrap_or(whole)
}
