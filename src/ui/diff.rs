//! What changes of a text of configuration, without what no message may show.

use anstyle::{AnsiColor, Style};
use similar::TextDiff;

use crate::diag::SourceMap;
use crate::diag::shown::Shown;
use crate::lang::hide::hide;
use crate::ui::{GREEN, RED, Ui, style};

/// The lines that differ, with so many around them; empty where none do. `names` are those of the old and the new text.
pub fn diff(names: (&str, &str), old: &str, new: &str, around: usize) -> String {
    let [old, new] = [(names.0, old), (names.1, new)].map(|(name, text)| {
        let mut sources = SourceMap::default();
        let file = sources.add(name, text);
        Shown::new(hide(&sources).get(file), 0..text.len(), false).text
    });
    TextDiff::from_lines(&old, &new).unified_diff().context_radius(around).header(names.0, names.1).to_string()
}

/// The same with colours, where stdout takes them.
pub fn coloured(ui: Ui, diff: &str) -> String {
    diff.split_inclusive('\n').map(|line| one(ui, line)).collect()
}

fn one(ui: Ui, line: &str) -> String {
    let text = line.trim_end_matches('\n');
    let look = match () {
        () if text.starts_with("+++") || text.starts_with("---") => Style::new().bold(),
        () if text.starts_with("@@") => style(AnsiColor::Cyan),
        () if text.starts_with('+') => style(GREEN),
        () if text.starts_with('-') => style(RED),
        () => return line.to_owned(),
    };
    format!("{}{}", ui.paint(look, text), &line[text.len()..])
}
