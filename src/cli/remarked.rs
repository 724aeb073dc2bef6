//! Files that were written for what is there, where a rule of ours speaks against it: the account has shown that AWS takes
//! it, so a remark lets the rule be broken in that line.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::args::StackArgs;
use crate::cli::import::open;
use crate::cli::run::Context;
use crate::diag::Diagnostic;
use crate::ops::plan::check;
use crate::ops::{Failure, Session};
use crate::plan::Options;
use crate::state::State;
use crate::ui::Ui;

/// Behind a rule that was broken there may be another.
const ROUNDS_MAX: usize = 8;

/// New files of a stack by their names, with remarks where they break rules.
///
/// # Errors
/// The stack cannot be opened with them.
pub fn remarked(
    context: &Context,
    ui: Ui,
    stack: &StackArgs,
    state: &State,
    mut files: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Failure> {
    for _ in 0..ROUNDS_MAX {
        let mut session = open(context, ui, stack, files.clone())?;
        check(&mut session, state, &Options::default());
        let broken: BTreeSet<_> = session.diagnostics.iter().filter_map(|one| place(&session, one)).collect();
        let mut more = false;
        for (name, text) in &mut files {
            let of_file: Vec<(usize, &str)> =
                broken.iter().filter(|(of, ..)| of == name).map(|(_, line, code)| (*line, *code)).collect();
            more |= !of_file.is_empty();
            *text = with_remarks(text, &of_file);
        }
        if !more {
            break;
        }
    }
    Ok(files)
}

/// File, line from 0, and code of a rule that is broken.
fn place(session: &Session, one: &Diagnostic) -> Option<(String, usize, &'static str)> {
    let span = one.span.filter(|_| one.rule && one.is_error())?;
    let (line, _) = session.sources.position(span.file, span.start);
    Some((session.sources.get(span.file).path.to_string(), line.saturating_sub(1), one.code))
}

/// Puts remarks above lines. A remark is no part of the structure of a file, so its lines are all that counts.
fn with_remarks(text: &str, broken: &[(usize, &str)]) -> String {
    let line = |(number, line): (usize, &str)| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let of_line = broken.iter().filter(|(at, _)| *at == number);
        let remarks = of_line.map(|(_, code)| format!("{indent}# cachestack:ignore {code} it is so in the account\n"));
        remarks.collect::<String>() + line
    };
    text.split_inclusive('\n').enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_stand_above_their_lines() {
        let text = "a {\n  b = 1\n\n  c = {\n    d = 2\n  }\n}\n";
        let want = "a {\n  # cachestack:ignore CS1 it is so in the account\n  # cachestack:ignore CS2 it is so in the account\n  b = 1\n\n  c = {\n    # cachestack:ignore CS1 it is so in the account\n    d = 2\n  }\n}\n";
        assert_eq!(with_remarks(text, &[(1, "CS1"), (1, "CS2"), (4, "CS1")]), want);
    }
}
