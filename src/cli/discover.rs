//! `cachestack import --discover`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::cli::apply;
use crate::cli::args::{Import, StackArgs};
use crate::cli::import::{adoption, arguments, manner, open, tell_secrets};
use crate::cli::remarked::remarked;
use crate::cli::run::Context;
use crate::cli::{exit, plan as plan_command, signals, written};
use crate::diag::visible;
use crate::generate::{Found, Generated, Spelling, generate, import_id, imports, laid_out, settings};
use crate::lang::source::is_configuration;
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::declared::{Meant, meant};
use crate::ops::discover::{Discovered, Filter, discover};
use crate::ops::import::around;
use crate::ops::plan::{check_stack, outline};
use crate::ops::{Failure, Session};
use crate::plan::{Action, Options, Plan};
use crate::state::State;
use crate::ui::Ui;
use crate::ui::live::Reading;

/// Finds what has no record, writes blocks for it, takes it over, and looks whether a plan is empty then.
pub async fn run(context: &Context, ui: Ui, args: &Import) -> Result<u8, Failure> {
    let filter = filter(args)?;
    let spelling = if args.terraform { Spelling::Terraform } else { Spelling::Ours };
    let directory = args.out.clone().unwrap_or_else(|| PathBuf::from("."));
    let place = context.path(&directory);
    std::fs::create_dir_all(&place).map_err(|error| unwritten(&directory, &error))?;
    let before = written::go_on(&place).map_err(|error| unwritten(&directory, &error))?;
    tell_written(ui, &directory, &before);
    let stack = StackArgs { stack: Some(directory.clone()), inputs: args.inputs.clone() };
    let is_new = !has_configuration(&place);
    let nothing = is_new.then(|| ("<nothing>".to_owned(), String::new())).into_iter().collect();
    let mut session = open(context, ui, &stack, nothing)?;
    if session.has_errors() {
        ui.diagnostics(&session.diagnostics, &session.sources);
        return Err(Failure::Stack);
    }
    let store = session.store()?;
    let state = store.state().clone();
    drop(store);
    check_stack(&state.home, &session)?;
    let connection = connect(&mut session, Purpose::Look).await?;
    let region = session.environment.region.as_deref().unwrap_or("us-east-1").to_owned();
    let own = |tags: (&str, &str)| session.environment.is_own(&session.evaluator.stack().name, tags);
    signals::listen(ui);
    let reading = Reading::begin(ui);
    let discovered = discover(&state, &connection, &region, own, &filter).await?;
    drop(reading);
    let found = left_in(ui, discovered, spelling, &region);
    if found.is_empty() {
        return Ok(exit::OK);
    }
    let plan = outline(&mut session, &state, &connection).await?;
    let meant = meant(&plan, &state, &found, &region);
    meant.all().for_each(|(address, at)| tell_meant(ui, address, &found[at]));
    let (mut generated, mut addresses) = write(&session, &state, &connection, spelling, (found, meant));
    if is_new {
        generated.files.insert("main".to_owned(), laid_out(settings(spelling, &region)));
    }
    let ending = format!(".{}", spelling.ending());
    let files = generated.files.iter().map(|(name, text)| (name.clone() + &ending, text.clone())).collect();
    let files = remarked(context, ui, &stack, &state, files)?;
    let files = files.into_iter().map(|(name, text)| (name.trim_end_matches(&*ending).to_owned(), text)).collect();
    let written = written::write(&place, &files, spelling.ending());
    tell_written(ui, &directory, &written.map_err(|error| unwritten(&directory, &error))?);
    tell_secrets(ui, std::slice::from_ref(&generated), spelling);
    addresses.extend(generated.imports.iter().map(|(address, _)| address.clone()));
    let session = open(context, ui, &stack, BTreeMap::new())?;
    let judge = |plan: &Plan, _: &State| complete(plan, &addresses);
    let manner = manner(ui, &judge);
    let arguments = arguments(stack.clone(), args, args.approval.auto_approve);
    let options = adoption(addresses.clone());
    let (code, state) = apply::plan_and_apply(context, ui, &arguments, session, options, &manner).await?;
    if state.is_none() || code != exit::OK {
        ui.tell("The files are there; `cachestack apply` takes over what imports names, and makes the differences.");
        return Ok(code);
    }
    exit::rest();
    prove(context, ui, &stack, addresses).await
}

fn filter(args: &Import) -> Result<Filter, Failure> {
    let tag = |text: &String| {
        named(text).ok_or_else(|| Failure::Error(format!("--tag {text}: write NAME=VALUE; a = in the name is \\=")))
    };
    let tags = args.tag.iter().map(tag).collect::<Result<_, _>>()?;
    Ok(Filter { vpcs: args.vpc.clone(), tags, names: args.name.clone() })
}

/// A name and a value: the first = that has no \\ before it stands between them.
fn named(text: &str) -> Option<(String, String)> {
    let bytes = text.as_bytes();
    let free = |at: &usize| bytes[*at] == b'=' && !text[..*at].ends_with('\\');
    let at = (0..bytes.len()).find(free).filter(|at| *at > 0)?;
    Some((text[..at].replace("\\=", "="), text[at + 1..].to_owned()))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Error(format!("{}: {error}; nothing was imported", path.display()))
}

fn has_configuration(directory: &Path) -> bool {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    files.filter_map(|file| file.file_name().into_string().ok()).any(|name| is_configuration(&name))
}

/// Says what was found and what is left aside; answers the rest.
fn left_in(ui: Ui, discovered: Discovered, spelling: Spelling, region: &str) -> Vec<Found> {
    let Discovered { found, recorded, others, unsettled, strangers } = discovered;
    let known = |one: &Found| spelling == Spelling::Ours || one.kind.has_provider();
    let (found, strange): (Vec<Found>, Vec<Found>) = found.into_iter().partition(known);
    for why in unsettled.into_iter().chain(strangers) {
        ui.tell(&format!("Left aside: {why}."));
    }
    for one in strange {
        ui.tell(&format!(
            "Left aside: {} \"{}\": Terraform's provider has no such type.",
            one.kind.schema().kind,
            visible::line(&one.id)
        ));
    }
    let count = found.len();
    let aside = if others > 0 { format!(", {others} are not looked for") } else { String::new() };
    ui.tell(&format!("{region}: {count} objects without a record; {recorded} have one{aside}."));
    found
}

/// Writes blocks for what has none, and imports for what has no record; answers the instances that have a block.
fn write(
    session: &Session,
    state: &State,
    connection: &Connection,
    spelling: Spelling,
    (found, meant): (Vec<Found>, Meant),
) -> (Generated, Vec<Address>) {
    let mut around = around(session, state, spelling, true);
    around.target.account = Some(connection.account.clone());
    let known = |(address, at): (&Address, usize)| (address.clone(), found[at].id.clone(), found[at].object.clone());
    around.recorded.extend(meant.all().map(known));
    let named = |(address, at): (&Address, &usize)| (address.clone(), import_id(&found[*at], spelling));
    let described: Vec<(Address, String)> = meant.described.iter().map(named).collect();
    let taken: BTreeSet<usize> = meant.all().map(|(_, at)| at).collect();
    let addresses = meant.all().map(|(address, _)| address.clone()).collect();
    let rest = found.into_iter().enumerate().filter(|(at, _)| !taken.contains(at)).map(|(_, one)| one);
    let mut generated = generate(rest.collect(), &around);
    if !described.is_empty() {
        let more = imports(&described, spelling);
        let file = generated.files.entry("imports".to_owned()).or_default();
        *file = [more.as_str(), file].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    }
    (generated, addresses)
}

fn tell_meant(ui: Ui, address: &Address, found: &Found) {
    ui.tell(&format!("Has a block: {} \"{}\" is {address}.", found.kind.schema().kind, visible::line(&found.id)));
}

fn tell_written(ui: Ui, directory: &Path, names: &[String]) {
    for name in names {
        let shown = if directory == Path::new(".") { PathBuf::from(name) } else { directory.join(name) };
        ui.tell(&format!("Written: {}", shown.display()));
    }
}

/// Refuses a plan that does not take over all that was found.
pub fn complete(plan: &Plan, addresses: &[Address]) -> Result<(), Failure> {
    let taken: BTreeSet<&Address> = plan.imports.iter().map(|imported| &imported.address).collect();
    let missing: Vec<String> =
        addresses.iter().filter(|address| !taken.contains(address)).map(ToString::to_string).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::Error(format!("not taken over: {}; nothing was imported", missing.join(", ")))),
    }
}

/// Plans what was taken over once more: nothing is to be done, or else that is told.
async fn prove(context: &Context, ui: Ui, stack: &StackArgs, addresses: Vec<Address>) -> Result<u8, Failure> {
    let mut session = open(context, ui, stack, BTreeMap::new())?;
    let options = Options { targets: adoption(addresses).targets, ..Options::default() };
    let (plan, _, connection) = plan_command::attempt(&mut session, &options, None).await?;
    let steps = plan.steps.iter().filter(|step| step.action != Action::Read);
    let differing: BTreeSet<&Address> = steps.map(|step| &step.address).collect();
    if differing.is_empty() {
        ui.tell("\nA plan of what was taken over is empty.");
        return Ok(exit::OK);
    }
    let name = session.environment.name.to_string();
    plan_command::show(ui, &plan, &name, &connection.place);
    ui.error("the blocks differ from what is there in what the plan shows: mend them before an apply");
    Ok(exit::DIFFERENCES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_split_at_its_first_free_sign() {
        for (text, want) in [
            ("team=shop", Some(("team", "shop"))),
            ("team=a=b", Some(("team", "a=b"))),
            ("a\\=b=c\\=d", Some(("a=b", "c\\=d"))),
            ("team=", Some(("team", ""))),
            ("=shop", None),
            ("team", None),
            ("a\\=b", None),
        ] {
            let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(named(text), want, "{text}");
        }
    }
}
