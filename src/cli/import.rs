//! `cachestack import`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::address::{Address, Subject};
use crate::cli::apply::{self, Judge, Manner};
use crate::cli::args::{ApplyArgs, Import, ScopeArgs, StackArgs};
use crate::cli::operand;
use crate::cli::run::{Context, fail, one};
use crate::cli::{discover, signals, takeover};
use crate::diag::visible;
use crate::disk;
use crate::generate::{Generated, Spelling, imports};
use crate::lang::source::is_configuration;
use crate::ops::connect::{Purpose, connect};
use crate::ops::import::{only_lacks_blocks, spelling_of, write_missing as write};
use crate::ops::{Failure, Session};
use crate::plan::{Options, Plan};
use crate::shell;
use crate::state::State;
use crate::ui::Ui;

/// Takes over one object, or all that can be found.
pub async fn run(context: &Context, args: &Import) -> u8 {
    let ui = context.ui(args.messages.json);
    if let Err(failure) = context.beside(args.messages.json_into.as_deref()) {
        return fail(ui, &failure);
    }
    let done = match (&args.address, &args.id, &args.from_tfstate) {
        (Some(address), Some(id), _) => single(context, ui, args, address, id).await,
        (_, _, Some(state)) => takeover::run(context, ui, args, state).await,
        _ => discover::run(context, ui, args).await,
    };
    done.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn single(context: &Context, ui: Ui, args: &Import, address: &str, id: &str) -> Result<u8, Failure> {
    let to = operand::address(address)?;
    let stack = StackArgs { stack: None, inputs: args.inputs.clone() };
    let block = imports(&[(to.clone(), id.to_owned())], Spelling::Ours);
    let mut beside = BTreeMap::from([("<command line>".to_owned(), block)]);
    let session = open(context, ui, &stack, beside.clone())?;
    unrecorded(&session.store()?.state(), &to)?;
    if let Some(file) = &args.generate_config_out {
        if session.evaluator.stack().resource(&to).is_some() {
            let why = "has a block already; leave --generate-config-out out to import into it";
            return Err(Failure::Error(format!("`{to}` {why}")));
        }
        let path = context.path(file);
        if path.extension().is_some_and(|end| end == "json") || !is_part_of(&path, &session.evaluator.stack().directory)
        {
            let why = "is no file of the stack, so that the next apply would destroy what was imported: write NAME.hcl or NAME.tf in its directory";
            return Err(Failure::Error(format!("--generate-config-out: {} {why}", file.display())));
        }
        beside.extend(write_missing_of(context, ui, session, file).await?);
    }
    let taken = take(context, ui, args, (&stack, beside, &to)).await;
    // Without a record the block would make another object.
    if let Some(file) = &args.generate_config_out
        && !open(context, ui, &stack, BTreeMap::new())?.store()?.state().records.contains_key(&to)
        && std::fs::remove_file(context.path(file)).is_ok()
    {
        ui.tell(&format!("Nothing was imported; {} is taken away again.", file.display()));
    }
    taken
}

/// Carries out the import of one object.
async fn take(
    context: &Context,
    ui: Ui,
    args: &Import,
    (stack, beside, to): (&StackArgs, BTreeMap<String, String>, &Address),
) -> Result<u8, Failure> {
    let session = open(context, ui, stack, beside)?;
    let judge = |plan: &Plan, _: &State| match plan.imports.iter().any(|imported| imported.address == *to) {
        true => Ok(()),
        false => Err(Failure::Error(format!("`{to}` has a record now; nothing was imported"))),
    };
    let manner = manner(ui, &judge);
    let options = adoption(vec![to.clone()]);
    // Nothing in the account changes, as with Terraform: nobody is asked.
    let arguments = arguments(stack.clone(), args, true);
    Ok(apply::plan_and_apply(context, ui, &arguments, session, options, &manner).await?.0)
}

/// How an import is carried out: `judge` says whether the plan takes over what it should.
pub fn manner<'a>(ui: Ui, judge: &'a Judge<'a>) -> Manner<'a> {
    Manner { command: "cachestack import", destroy: false, judge, agreed: &|| Ok(()), stop: signals::listen(ui) }
}

/// A plan that takes these over and does nothing else.
pub fn adoption(addresses: Vec<Address>) -> Options {
    Options { targets: addresses.into_iter().map(Subject::Resource).collect(), adopt: true, ..Options::default() }
}

/// The arguments of the apply.
pub fn arguments(stack: StackArgs, args: &Import, auto_approve: bool) -> ApplyArgs {
    let scope = ScopeArgs { lock_timeout: args.approval.lock_timeout, parallelism: 10, ..ScopeArgs::default() };
    ApplyArgs { stack, scope, auto_approve, ..ApplyArgs::default() }
}

/// Opens a stack with more configuration in one environment.
pub fn open(
    context: &Context,
    ui: Ui,
    stack: &StackArgs,
    beside: BTreeMap<String, String>,
) -> Result<Session, Failure> {
    let (loaded, environments) = context.environments_with(ui, stack, false, beside)?;
    Ok(Session::of(&loaded, &one(environments)?))
}

/// Refuses an address that has a record.
fn unrecorded(state: &State, to: &Address) -> Result<(), Failure> {
    let Some(record) = state.records.get(to) else { return Ok(()) };
    let way = format!("let it go first: cachestack state rm {}", shell::quoted(&to.to_string()));
    Err(Failure::Error(format!(
        "`{to}` is \"{}\" in this state already; {way}; nothing was imported",
        visible::line(&record.id)
    )))
}

/// Writes blocks for `import` blocks of a stack that have none; answers what is to be read beside the stack then.
pub async fn write_missing(
    context: &Context,
    ui: Ui,
    stack: &StackArgs,
    file: &Path,
) -> Result<BTreeMap<String, String>, Failure> {
    let session = open(context, ui, stack, BTreeMap::new())?;
    write_missing_of(context, ui, session, file).await
}

async fn write_missing_of(
    context: &Context,
    ui: Ui,
    mut session: Session,
    file: &Path,
) -> Result<BTreeMap<String, String>, Failure> {
    let path = context.path(file);
    if path.exists() {
        let why = "--generate-config-out writes a new file, and there is one";
        return Err(Failure::Error(format!("{}: {why}", file.display())));
    }
    // Whatever else is wrong is told when the stack is opened with what was written.
    if !only_lacks_blocks(&session) {
        return Ok(BTreeMap::new());
    }
    let state = session.store()?.state().clone();
    let connection = connect(&mut session, Purpose::Look).await?;
    let spelling = spelling_of(file);
    let written = write(&session, &state, &connection, spelling).await?;
    if written.is_empty() {
        return Ok(BTreeMap::new());
    }
    tell_secrets(ui, &written, spelling);
    let texts: Vec<&str> = written.iter().flat_map(|one| one.files.values()).map(String::as_str).collect();
    let text = texts.join("\n");
    disk::create_new(&path, text.as_bytes())
        .map_err(|error| Failure::Error(format!("{}: {error}; nothing was written", file.display())))?;
    ui.tell(&format!("Written: {}", file.display()));
    Ok(match is_part_of(&path, &session.evaluator.stack().directory) {
        true => BTreeMap::new(),
        false => BTreeMap::from([(file.display().to_string(), text)]),
    })
}

/// Whether a file belongs to the configuration of a directory.
fn is_part_of(file: &Path, directory: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let parent = parent.map_or_else(|| PathBuf::from("."), Path::to_owned);
    name.is_some_and(is_configuration) && real(&parent).is_some() && real(&parent) == real(directory)
}

/// Says where secrets have to be given.
pub fn tell_secrets(ui: Ui, written: &[Generated], spelling: Spelling) {
    let all = written.iter().flat_map(|one| &one.secrets);
    let (what, more) = match spelling {
        Spelling::Ours => ("variable of the process", "without it the secret is not checked, and stays as it is"),
        Spelling::Terraform => ("variable of the stack", "without a value the secret stays as it is"),
    };
    for (address, name) in all {
        ui.tell(&format!("{address} has a secret, which AWS does not tell: it comes from the {what} {name}; {more}."));
    }
}
