//! `cachestack graph`

use crate::cli::args::GraphArgs;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, plan, saved, signals};
use crate::ops::Failure;
use crate::plan::Options;
use crate::ui::Ui;
use crate::ui::graph::Drawing;

/// Prints the graph of a stack, or of a plan.
pub async fn run(context: &Context, args: &GraphArgs) -> u8 {
    let ui = context.ui(false);
    let drawing = match &args.plan {
        None => of_stack(context, ui, args),
        Some(Some(file)) => saved::open(&context.path(file)).map(|opened| Drawing::of_plan(&opened.saved.plan)),
        Some(None) => of_plan(context, ui, args).await,
    };
    match drawing {
        Ok(drawing) => {
            ui.out(&drawing.written(args.format));
            exit::OK
        }
        Err(failure) => fail(ui, &failure),
    }
}

fn of_stack(context: &Context, ui: Ui, args: &GraphArgs) -> Result<Drawing, Failure> {
    let mut session = context.open(ui, &args.stack)?;
    session.report(Vec::new());
    if session.has_errors() {
        ui.diagnostics(&session.diagnostics, &session.sources);
        return Err(Failure::Stack);
    }
    Ok(Drawing::of_stack(&session.evaluator.stack().graph))
}

async fn of_plan(context: &Context, ui: Ui, args: &GraphArgs) -> Result<Drawing, Failure> {
    signals::listen(ui);
    let mut session = context.open(ui, &args.stack)?;
    let options = Options { destroy: args.destroy, ..Options::default() };
    let (plan, ..) = plan::prepare(ui, &mut session, &options, None).await?;
    Ok(Drawing::of_plan(&plan))
}
