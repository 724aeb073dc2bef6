//! `cachestack iam-policy`

use crate::cli::args::{IamPolicy, IamPurpose};
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::ops::Failure;
use crate::ops::iam::{Purpose, policy};
use crate::ui::Ui;

/// Prints the least policy for a stack, offline.
pub fn run(context: &Context, args: &IamPolicy) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &IamPolicy) -> Result<u8, Failure> {
    let session = context.open(ui, &args.stack)?;
    let (_, found, sources) = session.found();
    ui.diagnostics(&found, sources);
    if session.has_errors() {
        return Err(Failure::Stack);
    }
    let purpose = match args.purpose {
        IamPurpose::Plan => Purpose::Plan,
        IamPurpose::Apply => Purpose::Apply,
        IamPurpose::Operate => Purpose::Operate,
    };
    ui.out(&format!("{:#}\n", policy(&session, purpose, args.all_kinds)));
    Ok(exit::OK)
}
