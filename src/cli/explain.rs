//! `cachestack explain`

use crate::cli::args::Explain;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::diag::{codes, did_you_mean, examples};
use crate::lang::functions;

/// Explains the code of a diagnostic, a function, or a word of a plan.
pub fn run(context: &Context, args: &Explain) -> u8 {
    let ui = context.ui(false);
    if let Some((code, summary, explanation)) = codes::find(&args.code.to_uppercase()) {
        let example = examples::find(code).map(|example| format!("\n{}", example.shown())).unwrap_or_default();
        ui.out(&format!("{code}: {summary}\n\n{explanation}\n{example}"));
        return exit::OK;
    }
    if let Some(explanation) = functions::explain(&args.code) {
        ui.out(&explanation);
        return exit::OK;
    }
    if let Some(explanation) = super::topics::explain(&args.code) {
        ui.out(&explanation);
        return exit::OK;
    }
    let words = functions::names().chain(super::topics::words());
    let near = did_you_mean(&args.code, words).map(|near| format!("; did you mean `{near}`?"));
    let advice = near.unwrap_or_else(|| "; codes look like CS0401, functions like cidrsubnet".to_owned());
    ui.error(&format!("there is no code and no function `{}`{advice}", args.code));
    exit::ERROR
}
