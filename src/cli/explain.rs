//! `cachestack explain`

use crate::cli::args::Explain;
use crate::cli::run::Context;
use crate::cli::{exit, language, topics};
use crate::diag::{codes, did_you_mean, examples};
use crate::kinds;
use crate::lang::functions;
use crate::ui::{Ui, reference};

/// Explains the code of a diagnostic, a kind or attribute, a function, or a word of a plan or of the language.
pub fn run(context: &Context, args: &Explain) -> u8 {
    if told(context.ui(false), &args.code) { exit::OK } else { exit::ERROR }
}

/// Says what a word means; whether it means anything.
pub fn told(ui: Ui, word: &str) -> bool {
    let beside = || topics::explain(word).or_else(|| language::explain(word));
    let found = code(word).or_else(|| kind(ui, word)).or_else(|| functions::explain(word)).or_else(beside);
    match &found {
        Some(text) => ui.out(text),
        None => ui.error(&unknown(word)),
    }
    found.is_some()
}

fn code(word: &str) -> Option<String> {
    let (code, summary, explanation) = codes::find(&word.to_uppercase())?;
    let example = examples::find(code).map(|example| format!("\n{}", example.shown())).unwrap_or_default();
    Some(format!("{code}: {summary}\n\n{explanation}\n{example}"))
}

fn kind(ui: Ui, word: &str) -> Option<String> {
    if let Some(page) = reference::find(word) {
        return Some(reference::text::page(ui, &page));
    }
    let (page, path) = reference::find_within(word)?;
    // What every block may have is of the language.
    reference::text::attribute(ui, &page, path)
        .or_else(|| of_blocks(&page.head, path).then(|| language::explain(path))?)
}

/// Whether it is an argument or a block of the language within the block of a kind.
fn of_blocks(kind: &str, word: &str) -> bool {
    let Some(schema) = kinds::get(kind).map(|kind| kind.schema()) else { return false };
    match word {
        "access" => schema.opens.is_some(),
        "alarms" => !schema.alarms.is_empty(),
        "target" | "per" => schema.aimed,
        _ => ["count", "depends_on", "for_each", "lifecycle", "protect", "provider", "timeouts"].contains(&word),
    }
}

/// Everything that is explained beside codes.
pub fn words() -> impl Iterator<Item = String> {
    reference::words().chain(topics::words().chain(language::words()).map(str::to_owned))
}

/// What is said of a word that means nothing.
fn unknown(word: &str) -> String {
    if let Some((page, path)) = reference::find_within(word) {
        let near = did_you_mean(path, page.rows.iter().map(|row| &*row.path));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return format!("{} has no `{path}`{near}", page.head);
    }
    let words: Vec<String> = words().collect();
    let near = did_you_mean(word, words.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
    let advice = near.unwrap_or_else(|| {
        "; codes look like CS0401, kinds like replication_group, attributes like replication_group.node_type, functions like cidrsubnet".to_owned()
    });
    format!("there is no code, kind, function or word of a plan or of the language `{word}`{advice}")
}
