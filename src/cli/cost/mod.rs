//! `cachestack cost`

mod analyze;
mod estimate;
mod update;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::Subject;
use crate::catalog::prices::own::{self, List};
use crate::cli::args::{Cost, CostCommand, CostPriced, StackArgs, told};
use crate::cli::operand;
use crate::cli::run::Context;
use crate::diag::gather::join;
use crate::disk;
use crate::kind::Usage;
use crate::kinds;
use crate::ops::money::estimate::{Amount, Estimate, Given, estimate};
use crate::ops::money::{Wished, checked, wished};
use crate::ops::{Failure, Loaded, Session, SessionOptions};
use crate::ui::Ui;

/// Tells of money.
pub async fn run(context: &Context, args: &Cost) -> u8 {
    match &args.command {
        CostCommand::Estimate(args) => estimate::run(context, args),
        CostCommand::Reserved(args) => estimate::reserved(context, args),
        CostCommand::Analyze(args) => analyze::run(context, args).await,
        CostCommand::Update(args) => update::run(context, args).await,
        CostCommand::Report(args) => analyze::write(context, args).await,
    }
}

/// Reads the prices of the user, where there are any, for the whole run.
///
/// # Errors
/// The file is damaged; or it is named, and is not there.
pub fn take_prices(context: &Context) -> Result<(), String> {
    let Some(path) = own::place(context.process()) else { return Ok(()) };
    let path = context.path(&path);
    match list(&path)? {
        Some(list) => own::take(list),
        None if context.variable(PRICES).is_none() => {}
        None => {
            let path = path.display();
            return Err(format!(
                "{path}: {PRICES} names this file, and it is not there; cachestack cost update makes it"
            ));
        }
    }
    Ok(())
}

/// The variable that names another file of prices.
const PRICES: &str = "CACHESTACK_PRICES";

/// The most bytes that a list of prices may have; that of one region has a fifth of one million.
const MOST: u64 = 64 << 20;

/// The list of a file; none where there is no file.
fn list(path: &Path) -> Result<Option<List>, String> {
    let shown = path.display();
    let bytes =
        disk::read_regular(path, MOST).map_err(|error| format!("the prices of {shown} cannot be read: {error}"))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let list = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned());
    let list = list.and_then(|text| List::parse(&text)).map_err(|why| {
        format!("{shown} is no list of prices: {why}; remove it, and fetch it again with cachestack cost update")
    })?;
    Ok(Some(list))
}

/// What an operand means: the directory of a stack, or something in the stack of the current one.
fn meant(context: &Context, of: Option<&str>) -> (Option<PathBuf>, Option<Subject>) {
    let Some(text) = of else { return (None, None) };
    let path = PathBuf::from(text);
    match kinds::subject(text).filter(|_| !context.path(&path).exists()) {
        Some(subject) => (None, Some(subject)),
        None => (Some(path), None),
    }
}

/// The estimate of each environment that is meant, with its name.
fn estimates(context: &Context, ui: Ui, args: &CostPriced) -> Result<Vec<(String, Estimate)>, Failure> {
    let (stack, subject) = meant(context, args.of.as_deref());
    let stack = StackArgs { stack, inputs: args.inputs.clone() };
    let given = given(args)?;
    let (loaded, environments) = context.environments(ui, &stack, args.all)?;
    let mut made: Vec<(Session, Result<Estimate, Failure>)> = Vec::new();
    for options in environments {
        made.push(one(context, &loaded, options, subject.as_ref(), &given));
    }
    let (found, sources) = join(made.iter().map(|(session, _)| session.found()).collect());
    ui.diagnostics(&found, &sources);
    let named = |(session, made): (Session, Result<Estimate, Failure>)| {
        made.map(|made| (session.environment.name.to_string(), made))
    };
    made.into_iter().map(named).collect()
}

fn one(
    context: &Context,
    loaded: &Arc<Loaded>,
    options: SessionOptions,
    subject: Option<&Subject>,
    given: &Given,
) -> (Session, Result<Estimate, Failure>) {
    let mut session = Session::of(loaded, &SessionOptions { commands: false, ..options });
    let made = wished(&mut session, context.process()).and_then(|mut wished| {
        for subject in
            given.stored.iter().chain(&given.ecpus).filter_map(|amount| amount.subject.as_ref()).chain(subject)
        {
            checked(&session, subject)?;
        }
        metered(&wished, given)?;
        wished.retain(|one| subject.is_none_or(|subject| subject.contains(&one.address)));
        Ok(estimate(wished, given))
    });
    session.report(Vec::new());
    (session, made)
}

/// Amounts are told of what is billed by them.
fn metered(wished: &[Wished], given: &Given) -> Result<(), Failure> {
    for subject in given.stored.iter().chain(&given.ecpus).filter_map(|amount| amount.subject.as_ref()) {
        let mut of = wished.iter().filter(|one| subject.contains(&one.address)).peekable();
        // Of what nobody knows yet it may be so.
        if of.peek().is_some()
            && of.all(|one| one.usage.as_ref().is_ok_and(|usage| !matches!(usage, Usage::Metered(_))))
        {
            let why = format!("`{subject}` is billed by its nodes, not by what is stored or by ECPUs");
            return Err(Failure::Error(why));
        }
    }
    Ok(())
}

fn given(args: &CostPriced) -> Result<Given, Failure> {
    let amounts = |option: &str, texts: &[String]| -> Result<Vec<Amount>, Failure> {
        let amount = |text: &String| {
            let wrong = |why: String| Failure::Error(format!("{option} {text}: {why}"));
            let (of, micros) = told(text).map_err(wrong)?;
            let subject = of.map(|of| {
                operand::subject(of).map_err(|failure| match failure {
                    Failure::Error(why) => wrong(why),
                    failure => failure,
                })
            });
            Ok(Amount { subject: subject.transpose()?, micros })
        };
        texts.iter().map(amount).collect()
    };
    Ok(Given {
        hours: args.hours,
        stored: amounts("--stored-gb", &args.stored_gb)?,
        ecpus: amounts("--million-ecpus", &args.million_ecpus)?,
    })
}
