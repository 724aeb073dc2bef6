//! `cachestack explain`

use crate::cli::args::Explain;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::diag::codes;

/// Explains the code of a diagnostic.
pub fn run(context: &Context, args: &Explain) -> u8 {
    let ui = context.ui(false);
    match codes::find(&args.code.to_uppercase()) {
        Some((code, summary, explanation)) => {
            ui.out(&format!("{code}: {summary}\n\n{explanation}\n"));
            exit::OK
        }
        None => {
            ui.error(&format!("there is no code `{}`; codes look like CS0401", args.code));
            exit::ERROR
        }
    }
}
