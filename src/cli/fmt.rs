//! `cachestack fmt`

use std::io::Read;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::cli::args::Fmt;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::disk;
use crate::lang::fmt::format;
use crate::lang::source::is_formatted;
use crate::ui::Ui;

/// Brings files to the canonical layout: the paths given, or every file of the current directory.
pub fn run(context: &Context, args: &Fmt) -> u8 {
    let ui = context.ui(false);
    if args.paths == [PathBuf::from("-")] {
        return standard_input(ui, args);
    }
    let given = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() };
    let mut code = exit::OK;
    for path in given {
        let files = files(&context.path(&path));
        let results =
            files.and_then(|files| files.iter().map(|file| one(ui, args, file)).collect::<Result<Vec<_>, _>>());
        match results {
            Ok(changed) if args.check && changed.contains(&true) => code = code.max(exit::DIFFERENCES),
            Ok(_) => {}
            Err(why) => {
                ui.error(&why);
                return exit::ERROR;
            }
        }
    }
    code
}

fn standard_input(ui: Ui, args: &Fmt) -> u8 {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        ui.error(&format!("standard input: {error}"));
        return exit::ERROR;
    }
    let formatted = format(&text);
    if args.diff {
        ui.out(&diff("<stdin>", &text, &formatted));
    } else if !args.check {
        ui.out(&formatted);
    }
    if args.check && formatted != text { exit::DIFFERENCES } else { exit::OK }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(failed)?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.is_file() && file.file_name().and_then(|name| name.to_str()).is_some_and(is_formatted));
    files.sort();
    Ok(files)
}

/// Whether the file was not in the canonical layout.
fn one(ui: Ui, args: &Fmt, file: &Path) -> Result<bool, String> {
    let failed = |why: String| format!("{}: {why}", file.display());
    let bytes = disk::read(file).map_err(|error| failed(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| failed("there is no such file".to_owned()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))?;
    let formatted = format(&text);
    if formatted == text {
        return Ok(false);
    }
    let shown = file.strip_prefix(".").unwrap_or(file).display().to_string();
    ui.out(&format!("{shown}\n"));
    if args.diff {
        ui.out(&diff(&shown, &text, &formatted));
    }
    if !args.check {
        disk::replace(file, formatted.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    Ok(true)
}

fn diff(name: &str, old: &str, new: &str) -> String {
    let (before, after) = (format!("old/{name}"), format!("new/{name}"));
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(&before, &after).to_string()
}
