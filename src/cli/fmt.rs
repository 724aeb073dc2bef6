//! `cachestack fmt`

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::args::Fmt;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::diag::visible;
use crate::diag::{SourceMap, has_errors};
use crate::disk;
use crate::lang::fmt::format;
use crate::lang::source::is_formatted;
use crate::lang::syntax;
use crate::ui::{self, Ui};

/// Brings files to the canonical layout: the paths given, or every file of the current directory.
pub fn run(context: &Context, args: &Fmt) -> u8 {
    let ui = context.ui(false);
    if args.paths == [PathBuf::from("-")] {
        return standard_input(ui, args);
    }
    let given = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() };
    let (mut failed, mut differs) = (false, false);
    for path in given {
        let files = files(&context.path(&path), args.recursive).unwrap_or_else(|why| {
            ui.error(&why);
            failed = true;
            Vec::new()
        });
        // A file that cannot be laid out does not keep the others from it.
        for file in files {
            match one(ui, args, &file) {
                Ok(Some(changed)) => differs |= changed,
                Ok(None) => failed = true,
                Err(why) => {
                    ui.error(&why);
                    failed = true;
                }
            }
        }
    }
    match (failed, differs && args.check) {
        (true, _) => exit::ERROR,
        (_, true) => exit::DIFFERENCES,
        _ => exit::OK,
    }
}

/// Whether the text can be read; what is wrong with it is reported.
fn is_readable(ui: Ui, name: &str, text: &str) -> bool {
    let mut sources = SourceMap::default();
    let file = sources.add(name, text);
    let mut wrong = Vec::new();
    syntax::parse(file, text, &mut wrong);
    crate::diag::sort(&mut wrong);
    ui.diagnostics(&wrong, &sources);
    !has_errors(&wrong)
}

fn standard_input(ui: Ui, args: &Fmt) -> u8 {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        ui.error(&format!("standard input: {error}"));
        return exit::ERROR;
    }
    if !is_readable(ui, "<stdin>", &text) {
        return exit::ERROR;
    }
    let formatted = format(&text);
    if args.diff {
        ui.out(&diff(ui, "<stdin>", &text, &formatted));
    } else if !args.check {
        ui.raw(&formatted);
    }
    if args.check && formatted != text { exit::DIFFERENCES } else { exit::OK }
}

/// The files of a directory that have a layout; with `deep`, also of those in it that are not hidden, nor links.
fn files(path: &Path, deep: bool) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(failed)?;
    let mut entries: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let is = |path: &Path, test: fn(&str) -> bool| path.file_name().and_then(|name| name.to_str()).is_some_and(test);
    let (mut found, mut within) = (Vec::new(), Vec::new());
    for entry in entries {
        if entry.is_file() && is(&entry, is_formatted) {
            found.push(entry);
        } else if deep && entry.is_dir() && !entry.is_symlink() && is(&entry, |name| !name.starts_with('.')) {
            within.extend(files(&entry, deep)?);
        }
    }
    found.extend(within);
    Ok(found)
}

/// Whether the file was not in the canonical layout; `None` when it cannot be read, which has been reported.
fn one(ui: Ui, args: &Fmt, file: &Path) -> Result<Option<bool>, String> {
    let failed = |why: String| format!("{}: {why}", file.display());
    let bytes = disk::read(file).map_err(|error| failed(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| failed("there is no such file".to_owned()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))?;
    let shown = file.strip_prefix(".").unwrap_or(file).display().to_string();
    if !is_readable(ui, &shown, &text) {
        return Ok(None);
    }
    let formatted = format(&text);
    if formatted == text {
        return Ok(Some(false));
    }
    if args.list {
        ui.out(&format!("{shown}\n"));
    }
    if args.diff {
        ui.out(&diff(ui, &shown, &text, &formatted));
    }
    if args.write && !args.check {
        disk::replace(file, formatted.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    Ok(Some(true))
}

/// What changes, without what no message may show.
fn diff(ui: Ui, name: &str, old: &str, new: &str) -> String {
    let name = visible::line(name);
    ui::diff::coloured(ui, &ui::diff::diff((&format!("old/{name}"), &format!("new/{name}")), old, new, 3))
}
