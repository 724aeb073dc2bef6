//! A line that is typed on a terminal, with what was typed before and names that are completed.
//!
//! What was typed is kept in memory only: it may hold a secret.

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Helper};

/// Reads expressions from a terminal.
pub struct Editor {
    editor: rustyline::Editor<Help, MemHistory>,
}

impl Editor {
    /// An editor that completes these names; `is_open` tells whether more lines belong to a text. None where the
    /// terminal cannot be used so.
    pub fn new(names: Vec<String>, is_open: fn(&str) -> bool) -> Option<Self> {
        let config = Config::builder().completion_type(CompletionType::List).max_history_size(1_000).ok()?.build();
        let mut editor = rustyline::Editor::with_history(config, MemHistory::new()).ok()?;
        editor.set_helper(Some(Help { names, is_open }));
        Some(Self { editor })
    }

    /// The next text; none when there are no more. An interrupt drops what stands on the line.
    pub fn read(&mut self, prompt: &str) -> Option<String> {
        loop {
            match self.editor.readline(prompt) {
                Ok(text) => {
                    // Without a history that is only less convenient.
                    let _ = self.editor.add_history_entry(text.trim_end());
                    return Some(text);
                }
                Err(ReadlineError::Interrupted) => {}
                Err(_) => return None,
            }
        }
    }
}

struct Help {
    /// In alphabetical order.
    names: Vec<String>,
    is_open: fn(&str) -> bool,
}

impl Helper for Help {}
impl Highlighter for Help {}

impl Hinter for Help {
    type Hint = String;
}

impl Validator for Help {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let open = (self.is_open)(context.input());
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Help {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let start = start_of_name(&line[..at]);
        Ok((start, offered(&self.names, &line[start..at])))
    }
}

/// Where the name begins that ends at the end of a text.
fn start_of_name(text: &str) -> usize {
    let part_of = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    text.char_indices().rev().take_while(|(_, c)| part_of(*c)).last().map_or(text.len(), |(at, _)| at)
}

/// The names that begin so, up to the next dot: who types `replication_group.` sees blocks, and not all that is in each.
fn offered(names: &[String], begun: &str) -> Vec<String> {
    let until_dot = |name: &String| match name[begun.len()..].find('.') {
        Some(dot) => name[..begun.len() + dot].to_owned(),
        None => name.clone(),
    };
    let mut offered: Vec<String> = names.iter().filter(|name| name.starts_with(begun)).map(until_dot).collect();
    offered.dedup();
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_offered_part_by_part() {
        let names: Vec<String> = [
            "cidrhost(",
            "cidrsubnet(",
            "replication_group.a.arn",
            "replication_group.a.id",
            "replication_group.b.id",
            "var.x",
        ]
        .map(str::to_owned)
        .to_vec();
        let table: [(&str, &[&str]); 7] = [
            ("cidr", &["cidrhost(", "cidrsubnet("]),
            ("upper(va", &["var"]),
            ("var.", &["var.x"]),
            ("repl", &["replication_group"]),
            ("[replication_group.", &["replication_group.a", "replication_group.b"]),
            ("replication_group.a.", &["replication_group.a.arn", "replication_group.a.id"]),
            ("ü + nothing", &[]),
        ];
        for (typed, wanted) in table {
            assert_eq!(offered(&names, &typed[start_of_name(typed)..]), wanted, "{typed}");
        }
    }
}
