//! `cachestack convert`

use std::io::Read as _;
use std::path::Path;

use crate::cli::args::Convert;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::disk;
use crate::generate::cloudformation;
use crate::ops::Failure;
use crate::ui::Ui;

/// A template may have so many bytes: CloudFormation takes one megabyte.
const MOST_BYTES: u64 = 16 << 20;

/// Converts a template of another tool into a stack.
pub fn run(context: &Context, args: &Convert) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &Convert) -> Result<u8, Failure> {
    let source = read(context, &args.file)?;
    let shown = args.file.display();
    let converted = cloudformation::convert(&source).map_err(|why| Failure::Error(format!("{shown}: {why}")))?;
    match &args.out {
        None => ui.raw(&converted.text),
        Some(out) => {
            let written = disk::create_new(&context.path(out), converted.text.as_bytes());
            written.map_err(|error| Failure::Error(format!("{}: {error}; nothing was written", out.display())))?;
            ui.say(&format!("Written: {}\n", out.display()));
        }
    }
    for note in converted.notes {
        ui.remark(&format!("Note: {note}."));
    }
    Ok(exit::OK)
}

fn read(context: &Context, file: &Path) -> Result<String, Failure> {
    let wrong = |why: String| Failure::Error(format!("{}: {why}", file.display()));
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
        return Ok(text);
    }
    let bytes = disk::read_regular(&context.path(file), MOST_BYTES).map_err(|error| wrong(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| wrong("there is no such file".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".to_owned()))
}
