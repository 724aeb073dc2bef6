//! `cachestack fmt`

use crate::cli::args::Fmt;
use crate::cli::exit;
use crate::cli::run::Context;

/// Brings files to the canonical layout.
pub fn run(context: &Context, _args: &Fmt) -> u8 {
    context.ui(false).error("`fmt` is not built yet; `terraform fmt` formats the same language");
    exit::ERROR
}
