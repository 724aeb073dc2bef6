//! The arguments of `graph`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::StackArgs;
use crate::ui::graph::Format;

/// `graph`
#[derive(Debug, Args)]
pub struct GraphArgs {
    #[command(flatten)]
    pub stack: StackArgs,
    /// How it is written.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// The steps of a plan and what each waits for, in the place of blocks: of a new plan, or of a saved one.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub plan: Option<Option<PathBuf>>,
    /// With --plan, of a plan that destroys everything.
    #[arg(long, requires = "plan")]
    pub destroy: bool,
}
